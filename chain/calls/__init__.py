"""One builder per ledger function: typed arguments in, a `Call` with its calldata out.

Nothing is decided here: a call that the rules forbid is built all the same and refused by the contract. What cannot be
written into the calldata at all is refused with `OutOfRange` or `InvalidQuantity`.

One module per contract; a new contract is one more, with its `FUNCTIONS` in `_CONTRACTS`.
"""

from chain.calls import accounts, activities, campaigns, methodologies, points, providers, reductions
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
from chain.calls.campaigns import CAMPAIGN_TYPE, CLOSE_CAMPAIGN, OPEN_CAMPAIGN, close_campaign, open_campaign
from chain.calls.ledger_function import LedgerFunction
from chain.calls.methodologies import (
    PUBLICATION_TYPE,
    PUBLISH_METHODOLOGY,
    WITHDRAW_METHODOLOGY,
    publish_methodology,
    withdraw_methodology,
)
from chain.calls.points import (
    CANCEL_CAMPAIGN,
    CANCEL_POINTS,
    COMMITMENT_TYPE,
    CORRECT_POINTS,
    DONATE_POINTS,
    EARN_POINTS,
    FEED_HEADER_TYPE,
    RECORD_BEHAVIOUR,
    REDEEM_POINTS,
    TAKE_SNAPSHOT,
    cancel_campaign,
    cancel_points,
    correct_points,
    donate_points,
    earn_points,
    record_behaviour,
    redeem_points,
    take_snapshot,
)
from chain.calls.providers import (
    ADMIT_PROVIDER,
    CLOSE_PROVIDER,
    RESUME_PROVIDER,
    SUSPEND_PROVIDER,
    admit_provider,
    close_provider,
    resume_provider,
    suspend_provider,
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
    "ADMIT_PROVIDER",
    "BY_SELECTOR",
    "CAMPAIGN_TYPE",
    "CANCEL",
    "CANCEL_CAMPAIGN",
    "CANCEL_FOR",
    "CANCEL_POINTS",
    "CLOSE_ACCOUNT",
    "CLOSE_ACTIVITY",
    "CLOSE_CAMPAIGN",
    "CLOSE_PROVIDER",
    "COMMITMENT_TYPE",
    "CONFIRM_ISSUANCE",
    "CORRECT",
    "CORRECT_POINTS",
    "DONATE_POINTS",
    "EARN_POINTS",
    "FEED_HEADER_TYPE",
    "FREEZE_ACCOUNT",
    "FREEZE_LOT",
    "LEDGER_FUNCTIONS",
    "OPEN_ACCOUNT",
    "OPEN_CAMPAIGN",
    "PROPOSE_ISSUANCE",
    "PUBLICATION_TYPE",
    "PUBLISH_METHODOLOGY",
    "RECORD_BEHAVIOUR",
    "REDEEM_POINTS",
    "REGISTER_ACTIVITY",
    "REGISTRATION_TYPE",
    "REJECT_ISSUANCE",
    "RESUME_ACTIVITY",
    "RESUME_PROVIDER",
    "SUSPEND_ACTIVITY",
    "SUSPEND_PROVIDER",
    "TAKE_SNAPSHOT",
    "TRANSFER",
    "TRANSFER_FOR",
    "UNFREEZE_ACCOUNT",
    "UNFREEZE_LOT",
    "WITHDRAW_ACTIVITY",
    "WITHDRAW_METHODOLOGY",
    "LedgerFunction",
    "admit_provider",
    "cancel",
    "cancel_campaign",
    "cancel_for",
    "cancel_points",
    "close_account",
    "close_activity",
    "close_campaign",
    "close_provider",
    "confirm_issuance",
    "correct",
    "correct_points",
    "donate_points",
    "earn_points",
    "freeze_account",
    "freeze_lot",
    "open_account",
    "open_campaign",
    "propose_issuance",
    "publish_methodology",
    "record_behaviour",
    "redeem_points",
    "register_activity",
    "reject_issuance",
    "resume_activity",
    "resume_provider",
    "suspend_activity",
    "suspend_provider",
    "take_snapshot",
    "transfer",
    "transfer_for",
    "unfreeze_account",
    "unfreeze_lot",
    "withdraw_activity",
    "withdraw_methodology",
]

_CONTRACTS = (accounts, methodologies, activities, reductions, providers, campaigns, points)

LEDGER_FUNCTIONS: tuple[LedgerFunction, ...] = tuple(entry for contract in _CONTRACTS for entry in contract.FUNCTIONS)
"""Every function that applies an operation."""

BY_SELECTOR: dict[tuple[ContractName, bytes], LedgerFunction] = {
    (entry.contract, entry.function.selector): entry for entry in LEDGER_FUNCTIONS
}
"""A ledger function by where it stands and its selector: registries share names and so selectors."""
