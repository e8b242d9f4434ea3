"""The role table: who may call which restricted function, and which keys may hold which role.

docs/spec/01-concepts.md §1.1 in code. Functions that are not named here are open to everyone (transfer and cancel: the
contract looks at the caller's own account).
"""

from collections.abc import Mapping

from chain import calls
from chain.calls import LedgerFunction
from chain.functions import Function
from chain.operations import ContractName
from ledger.errors import InvalidInput
from ledger.ids import Address
from ledger.vocabulary import OperationKind, Role

ADD_HOLDINGS_SOURCE = Function("addHoldingsSource(address)")
APPEND = Function("append((bytes32,bytes32,uint16,bytes32,address,address,uint128,bytes32))")
RECORD_ISSUANCE = Function("recordIssuance(bytes32,uint32,uint32,uint128)")
RECORD_CORRECTION = Function("recordCorrection(bytes32,uint128,uint128)")
RECORD_EARNING = Function("recordEarning(bytes32,uint32,uint32,uint128)")
BUY_BACK = Function("buyBack(bytes32,address,uint8,uint128,bytes32)")
TAKE_CERTIFICATE_NUMBERS = Function("takeCertificateNumbers(uint64)")

OPEN_TO_HOLDERS = (calls.TRANSFER, calls.CANCEL)
"""Operations that anyone may send for what its own account holds."""

_OPERATIONS: dict[Role, tuple[LedgerFunction, ...]] = {
    Role.REGULATOR: (
        *(calls.FREEZE_ACCOUNT, calls.UNFREEZE_ACCOUNT, calls.PUBLISH_METHODOLOGY, calls.WITHDRAW_METHODOLOGY),
        *(calls.REGISTER_ACTIVITY, calls.SUSPEND_ACTIVITY, calls.RESUME_ACTIVITY, calls.CLOSE_ACTIVITY),
        *(calls.WITHDRAW_ACTIVITY, calls.CONFIRM_ISSUANCE, calls.REJECT_ISSUANCE, calls.CORRECT),
        *(calls.FREEZE_LOT, calls.UNFREEZE_LOT, calls.CORRECT_POINTS),
    ),
    Role.TECHNICAL_CENTRE: (calls.PROPOSE_ISSUANCE,),
    Role.EXCHANGE: (
        *(calls.ADMIT_PROVIDER, calls.SUSPEND_PROVIDER, calls.RESUME_PROVIDER, calls.CLOSE_PROVIDER),
        *(calls.OPEN_CAMPAIGN, calls.CLOSE_CAMPAIGN),
    ),
    Role.PLATFORM: (
        *(calls.OPEN_ACCOUNT, calls.CLOSE_ACCOUNT, calls.TRANSFER_FOR, calls.CANCEL_FOR),
        *(calls.EARN_POINTS, calls.RECORD_BEHAVIOUR, calls.REDEEM_POINTS, calls.DONATE_POINTS, calls.CANCEL_POINTS),
        *(calls.TAKE_SNAPSHOT, calls.CANCEL_CAMPAIGN),
    ),
}

_OTHERS: dict[ContractName, dict[Function, Role]] = {
    ContractName.TRANSPARENCY_LOG: {APPEND: Role.LEDGER},
    ContractName.ACCOUNT_REGISTRY: {ADD_HOLDINGS_SOURCE: Role.ADMINISTRATOR},
    ContractName.ACTIVITY_REGISTRY: {
        RECORD_ISSUANCE: Role.LEDGER,
        RECORD_CORRECTION: Role.LEDGER,
        RECORD_EARNING: Role.LEDGER,
    },
    ContractName.REDUCTION_LEDGER: {BUY_BACK: Role.LEDGER, TAKE_CERTIFICATE_NUMBERS: Role.LEDGER},
}

LEDGERS = (
    ContractName.ACCOUNT_REGISTRY,
    ContractName.METHODOLOGY_REGISTRY,
    ContractName.ACTIVITY_REGISTRY,
    ContractName.REDUCTION_LEDGER,
    ContractName.PROVIDER_REGISTRY,
    ContractName.CAMPAIGN_REGISTRY,
    ContractName.POINT_LEDGER,
)
"""The contracts that apply operations. They, and nobody else, hold the ledger role."""

REQUIRED_HOLDERS = (Role.ADMINISTRATOR, Role.REGULATOR, Role.TECHNICAL_CENTRE, Role.PLATFORM)
"""The exchange's key may come later: nothing else waits for the providers, campaigns and trades that it decides."""


def role_table() -> dict[ContractName, dict[Function, Role]]:
    """The role of every restricted function, by contract."""
    table: dict[ContractName, dict[Function, Role]] = {name: dict(_OTHERS.get(name, {})) for name in ContractName}
    for role, functions in _OPERATIONS.items():
        for entry in functions:
            table[entry.contract][entry.function] = role
    return {name: functions for name, functions in table.items() if functions}


def bodies_of(kind: OperationKind) -> tuple[Role, ...]:
    """Who may send an operation of this kind; nobody of one that a contract does within another's transaction."""
    return tuple(role for role, functions in _OPERATIONS.items() if any(one.kind is kind for one in functions))


def is_open_to_holders(kind: OperationKind) -> bool:
    """Whether the key of the account may send it too."""
    return any(one.kind is kind for one in OPEN_TO_HOLDERS)


def check_holders(holders: Mapping[Role, Address], deployer: Address) -> None:
    """Refuses keys that must not be: `InvalidInput` names the role.

    Each body has a key of its own (M5, M11: technical centre and regulator are two), the administrator cannot act, the
    ledger role belongs to contracts, and the deployer keeps nothing.
    """
    for role in REQUIRED_HOLDERS:
        if role not in holders or holders[role].is_zero:
            raise InvalidInput(role.label, "have a key to be granted to", "none")
    if Role.LEDGER in holders:
        raise InvalidInput(Role.LEDGER.label, "be held by contracts only", holders[Role.LEDGER].hex0x)
    taken: dict[bytes, str] = {deployer: "the deployer"}
    for role, address in holders.items():
        if address in taken:
            raise InvalidInput(
                role.label, f"have another key than {taken[address]}: bodies decide apart", address.hex0x
            )
        taken[address] = f"the {role.label.replace('-', ' ')}"
