"""What does not fit is refused; what fits is compared with the shared vectors in tests/vectors."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ledger import encoding
from ledger.errors import OutOfRange
from ledger.ids import ZERO_ADDRESS, ActivityId, IdentityCommitment, LotId, MethodologyId, OperationId
from ledger.vocabulary import CancellationPurpose, OperationKind, ReductionClass

HASH = b"\x11" * 32
OPERATION = OperationId(HASH)
SALT = bytes(16)
KEY = b"k" * 16

VALID: dict[Callable[..., object], Mapping[str, Any]] = {
    encoding.record_field_commitment: {"name": "a", "salt": SALT, "canonical_value": b"1"},
    encoding.record_hash: {"kind": 1, "commitments": [HASH]},
    encoding.entry_leaf: {"kind": 1, "grams": 1, "entry_id": HASH, "fields_root": HASH},
    encoding.entry_node: {"left_grams": 1, "left_hash": HASH, "right_grams": 1, "right_hash": HASH},
    encoding.log_leaf: {
        "chain_id": 1,
        "ledger": ZERO_ADDRESS,
        "kind": OperationKind.ACCOUNT_OPENED,
        "operation_id": OPERATION,
        "subject": HASH,
        "from_account": ZERO_ADDRESS,
        "to_account": ZERO_ADDRESS,
        "grams": 0,
        "record_hash": HASH,
        "timestamp": 0,
    },
    encoding.checkpoint_body: {"origin": "example.org/log", "size": 0, "root": HASH},
    encoding.entry_id: {"feed_key": KEY, "source_id": "a", "source_record_id": "b"},
    encoding.lot_id: {
        "chain_id": 1,
        "ledger": ZERO_ADDRESS,
        "activity_id": ActivityId(HASH),
        "methodology_id": MethodologyId(HASH),
        "reduction_class": ReductionClass.I,
        "first_day": 0,
        "last_day": 1,
    },
    encoding.methodology_id: {"code": "M", "version": 1},
    encoding.activity_id: {"code": "A"},
    encoding.certificate_subject: {
        "certificate_number": 1,
        "lot_id": LotId(HASH),
        "purpose": CancellationPurpose.VOLUNTARY_OFFSET,
        "first_serial": 1,
    },
    encoding.identity_commitment: {"salt": SALT, "identity": "someone"},
    encoding.row_operation_id: {"file_hash": HASH, "line": 1, "step": 0},
    encoding.named_row_operation_id: {"namespace": "n", "row_id": "1", "step": 0},
    encoding.request_operation_id: {"api_key_id": "k", "idempotency_key": "i"},
    encoding.derived_salt: {"salt_key": KEY, "operation_id": OPERATION, "name": "a"},
}

TOO_LONG = "x" * 65_536
SURROGATE = "\ud800"
MISFITS: list[tuple[Callable[..., object], dict[str, Any], str]] = [
    (encoding.record_field_commitment, {"name": TOO_LONG}, "name must be at most 65535 bytes of UTF-8"),
    (encoding.record_field_commitment, {"name": SURROGATE}, "name must be text without lone surrogates"),
    (encoding.record_field_commitment, {"salt": bytes(15)}, "salt must be 16 bytes"),
    (encoding.record_hash, {"commitments": []}, "commitments must number 1 to 256"),
    (encoding.record_hash, {"commitments": [HASH] * 257}, "commitments must number 1 to 256"),
    (encoding.record_hash, {"commitments": [HASH[1:]]}, "commitment must be 32 bytes"),
    (encoding.record_hash, {"kind": 2**16}, r"kind must be a whole number from 0 to 2\*\*16 - 1"),
    (encoding.entry_leaf, {"kind": 256}, r"kind must be a whole number from 0 to 2\*\*8 - 1"),
    (encoding.entry_leaf, {"grams": 2**64}, r"grams must be a whole number from 0 to 2\*\*64 - 1"),
    (encoding.entry_leaf, {"grams": -1}, r"grams must be a whole number from 0 to 2\*\*64 - 1"),
    (encoding.entry_leaf, {"entry_id": b""}, "entry_id must be 32 bytes"),
    (encoding.entry_leaf, {"fields_root": HASH + b"\x00"}, "fields_root must be 32 bytes"),
    (encoding.entry_node, {"left_grams": -1}, "left_grams must be a whole number"),
    (encoding.entry_node, {"right_grams": -1}, "right_grams must be a whole number"),
    (encoding.entry_node, {"left_grams": 2**64 - 1}, r"sum of grams must stay below 2\*\*64"),
    (encoding.entry_node, {"left_hash": b""}, "left_hash must be 32 bytes"),
    (encoding.entry_node, {"right_hash": b""}, "right_hash must be 32 bytes"),
    (encoding.log_leaf, {"chain_id": 2**64}, "chain_id must be"),
    (encoding.log_leaf, {"ledger": HASH}, "ledger must be 20 bytes"),
    (encoding.log_leaf, {"kind": -1}, "kind must be"),
    (encoding.log_leaf, {"operation_id": b""}, "operation_id must be 32 bytes"),
    (encoding.log_leaf, {"subject": ZERO_ADDRESS}, "subject must be 32 bytes"),
    (encoding.log_leaf, {"from_account": HASH}, "from_account must be 20 bytes"),
    (encoding.log_leaf, {"to_account": HASH}, "to_account must be 20 bytes"),
    (encoding.log_leaf, {"grams": 2**128}, r"grams must be a whole number from 0 to 2\*\*128 - 1"),
    (encoding.log_leaf, {"record_hash": b""}, "record_hash must be 32 bytes"),
    (encoding.log_leaf, {"timestamp": 2**64}, "timestamp must be"),
    (encoding.checkpoint_body, {"origin": ""}, "origin must be 1 to 255 characters"),
    (encoding.checkpoint_body, {"origin": "two words"}, "origin must be 1 to 255 characters"),
    (encoding.checkpoint_body, {"origin": "a\nb"}, "origin must be 1 to 255 characters"),
    (encoding.checkpoint_body, {"size": -1}, "size must be"),
    (encoding.checkpoint_body, {"root": b""}, "root must be 32 bytes"),
    (encoding.entry_id, {"feed_key": b"short"}, 'feed_key must be at least 16 bytes, but is "5 bytes"'),
    (encoding.entry_id, {"source_id": TOO_LONG}, "source_id must be at most"),
    (encoding.entry_id, {"source_record_id": TOO_LONG}, "source_record_id must be at most"),
    (encoding.lot_id, {"first_day": 2**32}, "first_day must be"),
    (encoding.lot_id, {"last_day": -1}, "last_day must be"),
    (encoding.methodology_id, {"version": 2**32}, "version must be"),
    (encoding.certificate_subject, {"certificate_number": 2**64}, "certificate_number must be"),
    (encoding.certificate_subject, {"first_serial": 2**128}, "first_serial must be"),
    (encoding.identity_commitment, {"salt": b""}, "salt must be 16 bytes"),
    (encoding.identity_commitment, {"identity": TOO_LONG}, "identity must be at most"),
    (encoding.row_operation_id, {"line": 0}, "line must count from 1"),
    (encoding.row_operation_id, {"line": 2**64}, "line must be"),
    (encoding.row_operation_id, {"step": 2**16}, "step must be"),
    (encoding.row_operation_id, {"file_hash": b""}, "file_hash must be 32 bytes"),
    (encoding.named_row_operation_id, {"namespace": TOO_LONG}, "namespace must be at most"),
    (encoding.named_row_operation_id, {"row_id": SURROGATE}, "row_id must be text without"),
    (encoding.named_row_operation_id, {"step": -1}, "step must be"),
    (encoding.request_operation_id, {"api_key_id": TOO_LONG}, "api_key_id must be at most"),
    (encoding.request_operation_id, {"idempotency_key": TOO_LONG}, "idempotency_key must be at most"),
    (encoding.derived_salt, {"salt_key": b""}, 'salt_key must be at least 16 bytes, but is "0 bytes"'),
    (encoding.derived_salt, {"name": SURROGATE}, "name must be text without"),
    (encoding.derived_salt, {"operation_id": b""}, "operation_id must be 32 bytes"),
]


@pytest.mark.parametrize("function", VALID, ids=lambda function: function.__name__)
def test_the_valid_case_is_valid(function: Callable[..., object]) -> None:
    assert function(**VALID[function])


@pytest.mark.parametrize(("function", "changed", "message"), MISFITS)
def test_what_does_not_fit_is_refused(function: Callable[..., object], changed: dict[str, Any], message: str) -> None:
    with pytest.raises(OutOfRange, match=f"^{message}"):
        function(**{**VALID[function], **changed})


def test_secrets_are_not_repeated_in_errors() -> None:
    with pytest.raises(OutOfRange) as caught:
        encoding.derived_salt(salt_key=b"secret", operation_id=OPERATION, name="a")
    assert "secret" not in str(caught.value)
    with pytest.raises(OutOfRange) as caught:
        encoding.identity_commitment(salt=b"secret", identity="a")
    assert "secret" not in str(caught.value)


def test_custody_addresses_differ_by_commitment() -> None:
    one = encoding.custody_address(IdentityCommitment(HASH))
    other = encoding.custody_address(IdentityCommitment(b"\x12" * 32))
    assert one != other
    with pytest.raises(OutOfRange, match=r"^commitment must be 32 bytes"):
        encoding.custody_address(ZERO_ADDRESS)  # type: ignore[arg-type]


def test_one_total_split_in_two_ways_gives_two_nodes() -> None:
    """The broken Maxwell tree hashes one total with two child hashes, so that two users can be shown other sums."""
    _, honest = encoding.entry_node(left_grams=60, left_hash=HASH, right_grams=40, right_hash=HASH)
    _, forged = encoding.entry_node(left_grams=40, left_hash=HASH, right_grams=60, right_hash=HASH)
    assert honest != forged
