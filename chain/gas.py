"""Gas limits: fixed per function, high enough for every state of the log.

What an operation costs depends on where its leaf falls: an append joins up to log2(size) subtrees, at about 4,000 gas
each, so that an estimate made now may be too low for the place the leaf gets. Limits cost nothing: only the gas used is
charged and counted against the block. tests/integration/chain/test_gas.py measures each function at 2^20 leaves.
"""

from chain.operations import ContractName

SIMPLE = 600_000
"""Operations whose writes do not depend on their arguments."""

WITH_TEXT = 1_200_000
"""Publications and registrations: their code, up to 64 bytes, is stored."""

WITH_PERIOD = 3_000_000
"""Confirmations and earn batches look at and write one slot for each 256 days of their period, at 25,000 gas: 45 years
leave a quarter of the limit, and every day since 1970 fits."""

EMPTY = 21_000
"""A transaction that does nothing."""

WITH_BATCH = 1_200_000
"""Batches of points are stored whole, and a redemption may make a lot in the same transaction: two leaves."""

_LIMITS = {
    (ContractName.METHODOLOGY_REGISTRY, "publish"): WITH_TEXT,
    (ContractName.ACTIVITY_REGISTRY, "register"): WITH_TEXT,
    (ContractName.CAMPAIGN_REGISTRY, "open"): WITH_TEXT,
    (ContractName.REDUCTION_LEDGER, "proposeIssuance"): WITH_PERIOD,
    (ContractName.REDUCTION_LEDGER, "confirmIssuance"): WITH_PERIOD,
    (ContractName.POINT_LEDGER, "earn"): WITH_PERIOD,
    (ContractName.POINT_LEDGER, "recordBehaviour"): WITH_BATCH,
    (ContractName.POINT_LEDGER, "redeem"): WITH_BATCH,
    (ContractName.POINT_LEDGER, "donate"): WITH_BATCH,
    (ContractName.POINT_LEDGER, "cancel"): WITH_BATCH,
    (ContractName.POINT_LEDGER, "correct"): WITH_BATCH,
    (ContractName.POINT_LEDGER, "takeSnapshot"): WITH_BATCH,
}


def gas_limit(contract: ContractName, function: str) -> int:
    """The gas limit of a ledger function."""
    return _LIMITS.get((contract, function), SIMPLE)
