"""One builder per ledger function: typed arguments in, a `Call` with its calldata out.

Nothing is decided here: a call that the rules forbid is built all the same and refused by the contract. What cannot be
written into the calldata at all is refused with `OutOfRange` or `InvalidQuantity`.
"""

from dataclasses import dataclass

from chain.functions import Function, word_of_address, word_of_uint
from chain.operations import Call, ContractName
from ledger.errors import InvalidQuantity
from ledger.ids import ActivityId, Address, Hash32, IdentityCommitment, LotId, MethodologyId, OperationId, RecordHash
from ledger.vocabulary import (
    AccountKind,
    ActivityKind,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    OperationKind,
    ReductionClass,
)

PUBLICATION_TYPE = "(string,uint32,uint8,uint8,uint32,uint32,bytes32)"
REGISTRATION_TYPE = "(string,uint8,bytes32,address,address,uint32,uint32,bytes32,bytes32,uint128)"
_MAX_UINT128 = 2**128 - 1


@dataclass(frozen=True, slots=True)
class LedgerFunction:
    """A function that applies one operation, where it stands, and the kind of its leaf."""

    contract: ContractName
    function: Function
    kind: OperationKind

    def __call__(self, operation_id: OperationId, record_hash: RecordHash, *words: bytes) -> Call:
        """Operation id first and record hash last is the shape of every ledger function."""
        return self._call(
            operation_id, record_hash, b"".join((self.function.selector, operation_id, *words, record_hash))
        )

    def with_tuple(self, operation_id: OperationId, content: tuple[object, ...], record_hash: RecordHash) -> Call:
        """As `__call__`, for a function whose content is a tuple with text."""
        return self._call(operation_id, record_hash, self.function.encode(operation_id, content, record_hash))

    def record_hash_in(self, calldata: bytes) -> bytes:
        """The record hash that calldata of this function carries: its last argument."""
        at = 4 + 32 * (len(self.function.types) - 1)
        return calldata[at : at + 32]

    def _call(self, operation_id: OperationId, record_hash: RecordHash, calldata: bytes) -> Call:
        return Call(
            contract=self.contract,
            function=self.function.name,
            kind=self.kind,
            operation_id=operation_id,
            record_hash=record_hash,
            calldata=calldata,
        )


def _accounts(signature: str, kind: OperationKind) -> LedgerFunction:
    return LedgerFunction(ContractName.ACCOUNT_REGISTRY, Function(signature), kind)


def _methodologies(signature: str, kind: OperationKind) -> LedgerFunction:
    return LedgerFunction(ContractName.METHODOLOGY_REGISTRY, Function(signature), kind)


def _activities(signature: str, kind: OperationKind) -> LedgerFunction:
    return LedgerFunction(ContractName.ACTIVITY_REGISTRY, Function(signature), kind)


def _reductions(signature: str, kind: OperationKind) -> LedgerFunction:
    return LedgerFunction(ContractName.REDUCTION_LEDGER, Function(signature), kind)


OPEN_ACCOUNT = _accounts("open(bytes32,address,uint8,uint8,bytes32,bytes32)", OperationKind.ACCOUNT_OPENED)
FREEZE_ACCOUNT = _accounts("freeze(bytes32,address,bytes32)", OperationKind.ACCOUNT_FROZEN)
UNFREEZE_ACCOUNT = _accounts("unfreeze(bytes32,address,bytes32)", OperationKind.ACCOUNT_UNFROZEN)
CLOSE_ACCOUNT = _accounts("close(bytes32,address,bytes32)", OperationKind.ACCOUNT_CLOSED)

PUBLISH_METHODOLOGY = _methodologies(
    f"publish(bytes32,{PUBLICATION_TYPE},bytes32)", OperationKind.METHODOLOGY_PUBLISHED
)
WITHDRAW_METHODOLOGY = _methodologies("withdraw(bytes32,bytes32,bytes32)", OperationKind.METHODOLOGY_WITHDRAWN)

REGISTER_ACTIVITY = _activities(f"register(bytes32,{REGISTRATION_TYPE},bytes32)", OperationKind.ACTIVITY_REGISTERED)
SUSPEND_ACTIVITY = _activities("suspend(bytes32,bytes32,bytes32)", OperationKind.ACTIVITY_SUSPENDED)
RESUME_ACTIVITY = _activities("resume(bytes32,bytes32,bytes32)", OperationKind.ACTIVITY_RESUMED)
CLOSE_ACTIVITY = _activities("close(bytes32,bytes32,bytes32)", OperationKind.ACTIVITY_CLOSED)
WITHDRAW_ACTIVITY = _activities("withdraw(bytes32,bytes32,bytes32)", OperationKind.ACTIVITY_WITHDRAWN)

PROPOSE_ISSUANCE = _reductions(
    "proposeIssuance(bytes32,bytes32,uint32,uint32,uint128,bytes32)", OperationKind.ISSUANCE_PROPOSED
)
CONFIRM_ISSUANCE = _reductions("confirmIssuance(bytes32,bytes32,bytes32)", OperationKind.ISSUANCE_CONFIRMED)
REJECT_ISSUANCE = _reductions("rejectIssuance(bytes32,bytes32,bytes32)", OperationKind.ISSUANCE_REJECTED)
TRANSFER = _reductions("transfer(bytes32,address,uint256,uint128,bytes32)", OperationKind.REDUCTION_TRANSFERRED)
TRANSFER_FOR = _reductions(
    "transferFor(bytes32,address,address,uint256,uint128,bytes32)", OperationKind.REDUCTION_TRANSFERRED
)
CANCEL = _reductions("cancel(bytes32,uint256,uint128,uint8,bytes32)", OperationKind.REDUCTION_CANCELLED)
CANCEL_FOR = _reductions("cancelFor(bytes32,address,uint256,uint128,uint8,bytes32)", OperationKind.REDUCTION_CANCELLED)
CORRECT = _reductions("correct(bytes32,uint256,uint128,bytes32)", OperationKind.REDUCTION_CORRECTED)
FREEZE_LOT = _reductions("freezeLot(bytes32,uint256,bytes32)", OperationKind.LOT_FROZEN)
UNFREEZE_LOT = _reductions("unfreezeLot(bytes32,uint256,bytes32)", OperationKind.LOT_UNFROZEN)

LEDGER_FUNCTIONS: tuple[LedgerFunction, ...] = (
    *(OPEN_ACCOUNT, FREEZE_ACCOUNT, UNFREEZE_ACCOUNT, CLOSE_ACCOUNT),
    *(PUBLISH_METHODOLOGY, WITHDRAW_METHODOLOGY),
    *(REGISTER_ACTIVITY, SUSPEND_ACTIVITY, RESUME_ACTIVITY, CLOSE_ACTIVITY, WITHDRAW_ACTIVITY),
    *(PROPOSE_ISSUANCE, CONFIRM_ISSUANCE, REJECT_ISSUANCE),
    *(TRANSFER, TRANSFER_FOR, CANCEL, CANCEL_FOR, CORRECT, FREEZE_LOT, UNFREEZE_LOT),
)
"""Every function that applies an operation."""

BY_SELECTOR: dict[tuple[ContractName, bytes], LedgerFunction] = {
    (entry.contract, entry.function.selector): entry for entry in LEDGER_FUNCTIONS
}
"""A ledger function by where it stands and its selector: registries share names and so selectors."""


def open_account(
    *,
    operation_id: OperationId,
    account: Address,
    kind: AccountKind,
    custody: Custody,
    identity_commitment: IdentityCommitment,
    record_hash: RecordHash,
) -> Call:
    """Opens an account, by the platform."""
    words = (word_of_address(account), _word(kind), _word(custody), identity_commitment)
    return OPEN_ACCOUNT(operation_id, record_hash, *words)


def freeze_account(*, operation_id: OperationId, account: Address, record_hash: RecordHash) -> Call:
    """Active -> Frozen, by the regulator."""
    return FREEZE_ACCOUNT(operation_id, record_hash, word_of_address(account))


def unfreeze_account(*, operation_id: OperationId, account: Address, record_hash: RecordHash) -> Call:
    """Frozen -> Active, by the regulator."""
    return UNFREEZE_ACCOUNT(operation_id, record_hash, word_of_address(account))


def close_account(*, operation_id: OperationId, account: Address, record_hash: RecordHash) -> Call:
    """Active -> Closed, for an account that holds nothing, by the platform."""
    return CLOSE_ACCOUNT(operation_id, record_hash, word_of_address(account))


def publish_methodology(
    *,
    operation_id: OperationId,
    code: str,
    version: int,
    kind: MethodologyKind,
    reduction_class: ReductionClass,
    effective_first_day: int,
    effective_last_day: int,
    document_hash: Hash32,
    record_hash: RecordHash,
) -> Call:
    """Publishes a methodology version, by the regulator. Days are civil days in Shanghai, both inclusive."""
    word_of_uint(32, version, "version")
    _check_days("effective", effective_first_day, effective_last_day)
    publication = (
        *(code, version, int(kind), int(reduction_class), effective_first_day, effective_last_day),
        document_hash,
    )
    return PUBLISH_METHODOLOGY.with_tuple(operation_id, publication, record_hash)


def withdraw_methodology(*, operation_id: OperationId, methodology_id: MethodologyId, record_hash: RecordHash) -> Call:
    """Published -> Withdrawn, by the regulator."""
    return WITHDRAW_METHODOLOGY(operation_id, record_hash, methodology_id)


def register_activity(
    *,
    operation_id: OperationId,
    code: str,
    kind: ActivityKind,
    methodology_id: MethodologyId,
    operator_account: Address,
    feed_signer: Address,
    crediting_first_day: int,
    crediting_last_day: int,
    facility_id: Hash32,
    pledge_hash: Hash32,
    cap_grams: int,
    record_hash: RecordHash,
) -> Call:
    """Registers an activity, by the regulator. Days are civil days in Shanghai, both inclusive; cap in g CO2e."""
    _check_days("crediting", crediting_first_day, crediting_last_day)
    _word_of_grams(cap_grams, "cap_gco2e")
    registration = (
        *(code, int(kind), methodology_id, operator_account, feed_signer),
        *(crediting_first_day, crediting_last_day, facility_id, pledge_hash, cap_grams),
    )
    return REGISTER_ACTIVITY.with_tuple(operation_id, registration, record_hash)


def suspend_activity(*, operation_id: OperationId, activity_id: ActivityId, record_hash: RecordHash) -> Call:
    """Active -> Suspended, by the regulator."""
    return SUSPEND_ACTIVITY(operation_id, record_hash, activity_id)


def resume_activity(*, operation_id: OperationId, activity_id: ActivityId, record_hash: RecordHash) -> Call:
    """Suspended -> Active, by the regulator."""
    return RESUME_ACTIVITY(operation_id, record_hash, activity_id)


def close_activity(*, operation_id: OperationId, activity_id: ActivityId, record_hash: RecordHash) -> Call:
    """Active or Suspended -> Closed, by the regulator."""
    return CLOSE_ACTIVITY(operation_id, record_hash, activity_id)


def withdraw_activity(*, operation_id: OperationId, activity_id: ActivityId, record_hash: RecordHash) -> Call:
    """Active or Suspended -> Withdrawn, by the regulator."""
    return WITHDRAW_ACTIVITY(operation_id, record_hash, activity_id)


def propose_issuance(
    *,
    operation_id: OperationId,
    activity_id: ActivityId,
    first_day: int,
    last_day: int,
    grams: int,
    record_hash: RecordHash,
) -> Call:
    """Proposes an issuance of `grams` g CO2e for a monitoring period, by the technical centre."""
    words = (
        activity_id,
        word_of_uint(32, first_day, "period_first_day"),
        word_of_uint(32, last_day, "period_last_day"),
        _word_of_grams(grams),
    )
    return PROPOSE_ISSUANCE(operation_id, record_hash, *words)


def confirm_issuance(*, operation_id: OperationId, proposal_id: OperationId, record_hash: RecordHash) -> Call:
    """Proposed -> Confirmed, by the regulator."""
    return CONFIRM_ISSUANCE(operation_id, record_hash, proposal_id)


def reject_issuance(*, operation_id: OperationId, proposal_id: OperationId, record_hash: RecordHash) -> Call:
    """Proposed -> Rejected, by the regulator."""
    return REJECT_ISSUANCE(operation_id, record_hash, proposal_id)


def transfer(*, operation_id: OperationId, to: Address, lot_id: LotId, grams: int, record_hash: RecordHash) -> Call:
    """Moves `grams` g CO2e of a lot from the sender's own account."""
    return TRANSFER(operation_id, record_hash, word_of_address(to), lot_id, _word_of_grams(grams))


def transfer_for(
    *, operation_id: OperationId, from_account: Address, to: Address, lot_id: LotId, grams: int, record_hash: RecordHash
) -> Call:
    """Moves `grams` g CO2e of a lot from an account in the platform's custody, by the platform."""
    words = (word_of_address(from_account), word_of_address(to), lot_id, _word_of_grams(grams))
    return TRANSFER_FOR(operation_id, record_hash, *words)


def cancel(
    *, operation_id: OperationId, lot_id: LotId, grams: int, purpose: CancellationPurpose, record_hash: RecordHash
) -> Call:
    """Cancels `grams` g CO2e of a lot in the sender's own account, for ever."""
    return CANCEL(operation_id, record_hash, lot_id, _word_of_grams(grams), _word(purpose))


def cancel_for(
    *,
    operation_id: OperationId,
    account: Address,
    lot_id: LotId,
    grams: int,
    purpose: CancellationPurpose,
    record_hash: RecordHash,
) -> Call:
    """Cancels `grams` g CO2e of a lot in an account in the platform's custody, for ever, by the platform."""
    words = (word_of_address(account), lot_id, _word_of_grams(grams), _word(purpose))
    return CANCEL_FOR(operation_id, record_hash, *words)


def correct(*, operation_id: OperationId, lot_id: LotId, grams: int, record_hash: RecordHash) -> Call:
    """Takes back `grams` over-credited g CO2e of a lot, by the regulator."""
    return CORRECT(operation_id, record_hash, lot_id, _word_of_grams(grams))


def freeze_lot(*, operation_id: OperationId, lot_id: LotId, record_hash: RecordHash) -> Call:
    """Free -> Frozen, by the regulator."""
    return FREEZE_LOT(operation_id, record_hash, lot_id)


def unfreeze_lot(*, operation_id: OperationId, lot_id: LotId, record_hash: RecordHash) -> Call:
    """Frozen -> Free, by the regulator."""
    return UNFREEZE_LOT(operation_id, record_hash, lot_id)


def _word(member: int) -> bytes:
    return int(member).to_bytes(32, "big")


def _word_of_grams(grams: object, name: str = "quantity_gco2e") -> bytes:
    """Zero is let through: that a quantity must be more is the contract's rule."""
    if isinstance(grams, bool) or not isinstance(grams, int) or not 0 <= grams <= _MAX_UINT128:
        raise InvalidQuantity(name, "be a whole number of grams, not negative and below 2^128", grams)
    return grams.to_bytes(32, "big")


def _check_days(name: str, first_day: int, last_day: int) -> None:
    word_of_uint(32, first_day, f"{name}_first_day")
    word_of_uint(32, last_day, f"{name}_last_day")
