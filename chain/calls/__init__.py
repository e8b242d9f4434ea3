"""One builder per ledger function: typed arguments in, a `Call` with its calldata out.

Nothing is decided here: a call that the rules forbid is built all the same and refused by the contract. What cannot be
written into the calldata at all is refused with `OutOfRange` or `InvalidQuantity`.

One module per contract; a new contract is one more, with its `FUNCTIONS` in `_CONTRACTS`.
"""

from chain.calls import accounts, activities, methodologies, reductions
from chain.calls.accounts import (
    CLOSE_ACCOUNT,
    FREEZE_ACCOUNT,
    OPEN_ACCOUNT,
    UNFREEZE_ACCOUNT,
    close_account,
    freeze_account,
    open_account,
    unfreeze_account,
)
from chain.calls.activities import (
    CLOSE_ACTIVITY,
    REGISTER_ACTIVITY,
    REGISTRATION_TYPE,
    RESUME_ACTIVITY,
    SUSPEND_ACTIVITY,
    WITHDRAW_ACTIVITY,
    close_activity,
    register_activity,
    resume_activity,
    suspend_activity,
    withdraw_activity,
)
from chain.calls.ledger_function import LedgerFunction
from chain.calls.methodologies import (
    PUBLICATION_TYPE,
    PUBLISH_METHODOLOGY,
    WITHDRAW_METHODOLOGY,
    publish_methodology,
    withdraw_methodology,
)
from chain.calls.reductions import (
    CANCEL,
    CANCEL_FOR,
    CONFIRM_ISSUANCE,
    CORRECT,
    FREEZE_LOT,
    PROPOSE_ISSUANCE,
    REJECT_ISSUANCE,
    TRANSFER,
    TRANSFER_FOR,
    UNFREEZE_LOT,
    cancel,
    cancel_for,
    confirm_issuance,
    correct,
    freeze_lot,
    propose_issuance,
    reject_issuance,
    transfer,
    transfer_for,
    unfreeze_lot,
)
from chain.operations import ContractName

__all__ = [
    "BY_SELECTOR",
    "CANCEL",
    "CANCEL_FOR",
    "CLOSE_ACCOUNT",
    "CLOSE_ACTIVITY",
    "CONFIRM_ISSUANCE",
    "CORRECT",
    "FREEZE_ACCOUNT",
    "FREEZE_LOT",
    "LEDGER_FUNCTIONS",
    "OPEN_ACCOUNT",
    "PROPOSE_ISSUANCE",
    "PUBLICATION_TYPE",
    "PUBLISH_METHODOLOGY",
    "REGISTER_ACTIVITY",
    "REGISTRATION_TYPE",
    "REJECT_ISSUANCE",
    "RESUME_ACTIVITY",
    "SUSPEND_ACTIVITY",
    "TRANSFER",
    "TRANSFER_FOR",
    "UNFREEZE_ACCOUNT",
    "UNFREEZE_LOT",
    "WITHDRAW_ACTIVITY",
    "WITHDRAW_METHODOLOGY",
    "LedgerFunction",
    "cancel",
    "cancel_for",
    "close_account",
    "close_activity",
    "confirm_issuance",
    "correct",
    "freeze_account",
    "freeze_lot",
    "open_account",
    "propose_issuance",
    "publish_methodology",
    "register_activity",
    "reject_issuance",
    "resume_activity",
    "suspend_activity",
    "transfer",
    "transfer_for",
    "unfreeze_account",
    "unfreeze_lot",
    "withdraw_activity",
    "withdraw_methodology",
]

_CONTRACTS = (accounts, methodologies, activities, reductions)

LEDGER_FUNCTIONS: tuple[LedgerFunction, ...] = tuple(entry for contract in _CONTRACTS for entry in contract.FUNCTIONS)
"""Every function that applies an operation."""

BY_SELECTOR: dict[tuple[ContractName, bytes], LedgerFunction] = {
    (entry.contract, entry.function.selector): entry for entry in LEDGER_FUNCTIONS
}
"""A ledger function by where it stands and its selector: registries share names and so selectors."""
