"""A record that contradicts its certificate does not hold, however well it hashes."""

from typing import Any

import pytest

from ledger import encoding
from ledger.errors import ProofMismatch
from ledger.ids import ZERO_ADDRESS, Address, Hash32, LotId, OperationId
from ledger.log_tree import root
from ledger.records import DerivedSalts, Record, build_record
from ledger.vocabulary import CancellationPurpose, OperationKind
from scripts.certificates import CheckedCertificate, check_certificate

LEDGER, ACCOUNT = Address(b"\x04" * 20), Address(b"\xa6" * 20)
LOT, OPERATION = LotId(b"\xb5" * 32), OperationId(b"\x07" * 32)
TRUE = {
    "rules": "made",
    "account": ACCOUNT.hex0x,
    "lot_id": LOT.hex0x,
    "quantity_gco2e": "500",
    "purpose": "ets-compliance",
    "compliance_year": "2026",
    "event": "Marathon",
}


def check(record: Record) -> CheckedCertificate:
    """The certificate and proof of 500 g of LOT, cancelled with this record, in a log of one leaf."""
    subject = encoding.certificate_subject(
        certificate_number=1, lot_id=LOT, purpose=CancellationPurpose.ETS_COMPLIANCE, first_serial=1
    )
    leaf = encoding.log_leaf(
        chain_id=1,
        ledger=LEDGER,
        kind=OperationKind.REDUCTION_CANCELLED,
        operation_id=OPERATION,
        subject=subject,
        from_account=ACCOUNT,
        to_account=ZERO_ADDRESS,
        grams=500,
        record_hash=record.hash,
        timestamp=1_790_000_000,
    )
    log_root = Hash32(root([leaf]))
    certificate: dict[str, Any] = {
        "number": 1,
        "account": ACCOUNT.hex0x,
        "purpose": "ets-compliance",
        "quantity_gco2e": "500",
        "lot": {"lot_id": LOT.hex0x},
        "first_serial": "1",
        "operation_id": OPERATION.hex0x,
        "timestamp": 1_790_000_000,
        "subject": subject.hex0x,
        "record_hash": record.hash.hex0x,
        "record": record.disclose(member.name for member in record.fields).to_json(),
        "leaf_index": 0,
    }
    proof = {"leaf_index": 0, "leaf_hash": leaf.hex0x, "tree_size": 1, "root": log_root.hex0x, "path": []}
    return check_certificate(certificate, proof, chain_id=1, ledger=LEDGER, root_at=lambda _: log_root)


def made(kind: OperationKind = OperationKind.REDUCTION_CANCELLED, /, **changes: str) -> Record:
    return build_record(kind, OPERATION, {**TRUE, **changes}, DerivedSalts(b"k" * 32))


def test_a_true_record_holds() -> None:
    assert check(made()).number == 1


@pytest.mark.parametrize(
    ("field", "lie"),
    [
        ("account", "0x" + "11" * 20),
        ("lot_id", "0x" + "11" * 32),
        ("quantity_gco2e", "500000000"),
        ("purpose", "event-neutrality"),
    ],
)
def test_a_record_that_says_otherwise_does_not_hold(field: str, lie: str) -> None:
    with pytest.raises(ProofMismatch) as caught:
        check(made(**{field: lie}))
    assert caught.value.step == f"step 2, {field} of the record"


def test_a_record_of_another_kind_does_not_hold() -> None:
    with pytest.raises(ProofMismatch, match="lot-frozen"):
        check(made(OperationKind.LOT_FROZEN))
