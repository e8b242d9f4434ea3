"""Checks a certificate as it was served, against the contracts: nothing that a server says is believed.

The steps are numbered and stop at the first that fails (`ProofMismatch`, exit code 6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ledger import encoding
from ledger.errors import InvalidInput, ProofMalformed, ProofMismatch
from ledger.ids import ZERO_ADDRESS, Address, Hash32, LeafHash, LotId, OperationId, RecordHash
from ledger.log_tree import verify_inclusion
from ledger.records import Disclosure
from ledger.vocabulary import CancellationPurpose, OperationKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCertificate:
    """A certificate that holds: its leaf is in the log of `log_size` leaves whose root the contract gives."""

    number: int
    leaf_hash: LeafHash
    leaf_index: int
    log_size: int
    log_root: Hash32


def check_certificate(
    certificate: Mapping[str, Any],
    proof: Mapping[str, Any],
    *,
    chain_id: int,
    ledger: Address,
    root_at: Callable[[int], Hash32],
) -> CheckedCertificate:
    """Checks the documents of `/v1/certificates/N` and `/v1/log/proof/inclusion`.

    `ledger` is the reduction ledger's address, `root_at` asks the log's contract for its root at a size. Raises
    `ProofMismatch` or `ProofMalformed`, whose step names the check, and whatever `root_at` raises.
    """
    try:
        subject, leaf_hash = _leaf(chain_id, ledger, certificate)
        _check(1, "subject", subject, certificate["subject"])
        if certificate["record"] is not None:
            record = Disclosure.from_json(certificate["record"])
            _check(2, "record", record.hash, certificate["record_hash"])
            _check_stated(record, certificate)
        _check(3, "leaf", leaf_hash, proof["leaf_hash"])
        size, index = int(proof["tree_size"]), int(proof["leaf_index"])
        root = Hash32.from_hex(proof["root"])
        path = [Hash32.from_hex(member) for member in proof["path"]]
    except (KeyError, TypeError, ValueError, InvalidInput) as error:
        raise ProofMalformed("certificate", f"a member is missing or malformed ({error})") from None
    # Step 4 is the inclusion proof, which names its own steps.
    verify_inclusion(leaf_hash=leaf_hash, index=index, size=size, proof=path, root=root)
    _check(5, "root of the contract", root_at(size), root.hex0x)
    return CheckedCertificate(
        number=int(certificate["number"]), leaf_hash=leaf_hash, leaf_index=index, log_size=size, log_root=root
    )


def _leaf(chain_id: int, ledger: Address, certificate: Mapping[str, Any]) -> tuple[Hash32, LeafHash]:
    """Subject and leaf, computed from what the certificate states."""
    subject = encoding.certificate_subject(
        certificate_number=int(certificate["number"]),
        lot_id=LotId.from_hex(certificate["lot"]["lot_id"]),
        purpose=CancellationPurpose.from_label(certificate["purpose"]),
        first_serial=int(certificate["first_serial"]),
    )
    leaf = encoding.log_leaf(
        chain_id=chain_id,
        ledger=ledger,
        kind=OperationKind.REDUCTION_CANCELLED,
        operation_id=OperationId.from_hex(certificate["operation_id"]),
        subject=subject,
        from_account=Address.from_hex(certificate["account"]),
        to_account=ZERO_ADDRESS,
        grams=int(certificate["quantity_gco2e"]),
        record_hash=RecordHash.from_hex(certificate["record_hash"]),
        timestamp=int(certificate["timestamp"]),
    )
    return subject, leaf


def _check_stated(record: Disclosure, certificate: Mapping[str, Any]) -> None:
    """What the record shows must be what the certificate states: no contract ever saw more than the record's hash."""
    if record.kind is not OperationKind.REDUCTION_CANCELLED:
        raise ProofMismatch("step 2, kind of the record", f"the record is of {record.kind.label}")
    stated = {
        "account": certificate["account"],
        "lot_id": certificate["lot"]["lot_id"],
        "quantity_gco2e": certificate["quantity_gco2e"],
        "purpose": certificate["purpose"],
    }
    shown = record.values
    for name, value in stated.items():
        if name in shown and str(shown[name]).lower() != str(value).lower():
            difference = f"the record says {shown[name]}, the certificate {value}"
            raise ProofMismatch(f"step 2, {name} of the record", difference)


def _check(number: int, what: str, computed: Hash32, given: object) -> None:
    if computed.hex0x != given:
        raise ProofMismatch(f"step {number}, {what}", f"computed {computed.hex0x}, given {given}")
