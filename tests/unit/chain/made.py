"""Made operations and a signer, for tests without a node."""

from hashlib import sha256

from chain import calls
from chain.operations import Operation
from chain.signers import LocalSigner
from ledger.ids import Address, IdentityCommitment, OperationId
from ledger.records import DerivedSalts, build_record
from ledger.vocabulary import AccountKind, Custody, OperationKind

SIGNER = LocalSigner(b"\x07" * 32)
SALTS = DerivedSalts(b"salt key of tests")


def opening(number: int, *, sender: Address = SIGNER.address, account_number: int | None = None) -> Operation:
    """An account opening, the same for the same number; `account_number` gives it other content under the same id."""
    seed = sha256(b"account %d" % (number if account_number is None else account_number)).digest()
    operation_id = OperationId(sha256(b"operation %d" % number).digest())
    account = Address(seed[:20])
    record = build_record(
        kind=OperationKind.ACCOUNT_OPENED,
        operation_id=operation_id,
        fields={"rules": "made", "account": account.hex0x, "account_kind": "personal", "custody": "holder"},
        salts=SALTS,
    )
    call = calls.open_account(
        operation_id=operation_id,
        account=account,
        kind=AccountKind.PERSONAL,
        custody=Custody.HOLDER,
        identity_commitment=IdentityCommitment(seed),
        record_hash=record.hash,
    )
    return Operation(call=call, sender=sender, record=record)
