"""Gas limits: fixed per function, high enough for every state of the log.

What an operation costs depends on where its leaf falls: an append joins up to log2(size) subtrees, at about 4,000 gas
each, so that an estimate made now may be too low for the place the leaf gets. Limits cost nothing: only the gas used is
charged and counted against the block. tests/integration/chain/test_gas.py measures each function at 2^20 leaves.
"""

SIMPLE = 600_000
"""Operations whose writes do not depend on their arguments."""

WITH_TEXT = 1_200_000
"""Publications and registrations: their code, up to 64 bytes, is stored."""

WITH_PERIOD = 3_000_000
"""Confirmations write one slot for each 256 days of the monitoring period, at 22,100 gas: room for 70 years."""

EMPTY = 21_000
"""A transaction that does nothing."""

_LIMITS = {
    "publish": WITH_TEXT,
    "register": WITH_TEXT,
    "proposeIssuance": WITH_PERIOD,
    "confirmIssuance": WITH_PERIOD,
}


def gas_limit(function: str) -> int:
    """The gas limit of a ledger function."""
    return _LIMITS.get(function, SIMPLE)
