"""The one module that packs bytes which get hashed: every row of docs/spec/03-encodings.md and of §5.3 of
docs/spec/05-points.md, format 1. (`ledger.bulk` packs entries again, by the million; tests hold it to this module.)

Integers are big-endian and of fixed width; every hash is SHA-256; the first byte under each hash is a tag of its own.
A value that does not fit its place raises `OutOfRange` with the name of the place.
tests/vectors/encodings.json holds this module and contracts/src/types/Encodings.sol to the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import NamedTuple

from ledger.errors import OutOfRange
from ledger.ids import (
    ActivityId,
    Address,
    CampaignId,
    ClaimId,
    DebtorId,
    Hash32,
    IdentityCommitment,
    LeafHash,
    LotId,
    MethodologyId,
    OperationId,
    RecordHash,
)
from ledger.vocabulary import BatchKind, CancellationPurpose, OperationKind, ReductionClass

FORMAT = 1
SALT_LENGTH = 16
ROW_SEAL_LENGTH = 8
MAX_RECORD_FIELDS = 256
MIN_KEY_LENGTH = 16
"""Shortest key that an HMAC here accepts; anything shorter can be searched."""

EMPTY_ROOT = Hash32(hashlib.sha256(b"").digest())
"""Root of the empty log."""

_LEAF, _NODE = b"\x00", b"\x01"
_FORMAT = FORMAT.to_bytes(1, "big")
_CODE = re.compile(r"[\x21-\x7e]{1,64}")
_ORIGIN = re.compile(r"[^\x00-\x20\x7f]{1,255}")


class EntrySalts(NamedTuple):
    """Salts of the two fields of an entry, 16 bytes each."""

    account: bytes
    details: bytes


# Trees and records


def record_field_commitment(*, name: str, salt: bytes, canonical_value: bytes) -> Hash32:
    """Commitment to one field: `H(0x20 | u16 len(name) | name | salt[16] | JCS(value))`."""
    return _hash(b"\x20" + _text("name", name) + _salt(salt) + canonical_value)


def record_hash(*, kind: OperationKind | int, commitments: Sequence[bytes]) -> RecordHash:
    """Hash of a record whose field commitments are given in the order of the fields' names (1 to 256 of them)."""
    if not 1 <= len(commitments) <= MAX_RECORD_FIELDS:
        raise OutOfRange("commitments", f"number 1 to {MAX_RECORD_FIELDS}", len(commitments))
    for commitment in commitments:
        _fixed("commitment", commitment, 32)
    packed = b"".join(commitments)
    return RecordHash(
        _sha256(b"\x21" + _FORMAT + _uint("kind", kind, 2) + _uint("count", len(commitments), 2) + packed)
    )


def entry_leaf(*, kind: int, grams: int, entry_id: bytes, fields_root: bytes) -> Hash32:
    """Leaf of an entry tree: `H(0x00 | format | u8 kind | u64 grams | entryId[32] | fieldsRoot[32])`."""
    return _hash(
        _LEAF
        + _FORMAT
        + _uint("kind", kind, 1)
        + _uint("grams", grams, 8)
        + _fixed("entry_id", entry_id, 32)
        + _fixed("fields_root", fields_root, 32)
    )


def entry_node(*, left_grams: int, left_hash: bytes, right_grams: int, right_hash: bytes) -> tuple[int, bytes]:
    """Sum and hash of a node of an entry tree; both child sums are hashed. `OutOfRange` if the sum reaches 2**64.

    Plain bytes, as of `log_node`.
    """
    grams = left_grams + right_grams
    if grams >= 2**64:
        raise OutOfRange("sum of grams", "stay below 2**64", grams)
    left = _uint("left_grams", left_grams, 8) + _fixed("left_hash", left_hash, 32)
    right = _uint("right_grams", right_grams, 8) + _fixed("right_hash", right_hash, 32)
    return grams, hashlib.sha256(_NODE + left + right).digest()


def log_leaf(
    *,
    chain_id: int,
    ledger: Address,
    kind: OperationKind | int,
    operation_id: bytes,
    subject: bytes,
    from_account: Address,
    to_account: Address,
    grams: int,
    record_hash: bytes,
    timestamp: int,
) -> LeafHash:
    """Leaf of the transparency log: the hash of `log_entry` under the leaf tag (docs/spec/03-encodings.md §3.1)."""
    entry = log_entry(
        chain_id=chain_id,
        ledger=ledger,
        kind=kind,
        operation_id=operation_id,
        subject=subject,
        from_account=from_account,
        to_account=to_account,
        grams=grams,
        record_hash=record_hash,
        timestamp=timestamp,
    )
    return LeafHash(_sha256(_LEAF + entry))


def log_entry(
    *,
    chain_id: int,
    ledger: bytes,
    kind: OperationKind | int,
    operation_id: bytes,
    subject: bytes,
    from_account: bytes,
    to_account: bytes,
    grams: int,
    record_hash: bytes,
    timestamp: int,
) -> bytes:
    """The 191 bytes of a log leaf under its tag: an entry of the log as tiles serve it (docs/spec/07-log.md §7.4)."""
    return (
        _FORMAT
        + _uint("chain_id", chain_id, 8)
        + _fixed("ledger", ledger, 20)
        + _uint("kind", kind, 2)
        + _fixed("operation_id", operation_id, 32)
        + _fixed("subject", subject, 32)
        + _fixed("from_account", from_account, 20)
        + _fixed("to_account", to_account, 20)
        + _uint("grams", grams, 16)
        + _fixed("record_hash", record_hash, 32)
        + _uint("timestamp", timestamp, 8)
    )


def log_node(left: bytes, right: bytes) -> bytes:
    """Node of the log: RFC 6962 §2.1, `H(0x01 | left | right)`. Plain bytes: this is the inner loop of every proof."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def checkpoint_body(*, origin: str, size: int, root: bytes) -> bytes:
    """C2SP tlog-checkpoint: origin, decimal size, base64 root, each ended by a line feed. The text that is signed."""
    if not _ORIGIN.fullmatch(origin):
        raise OutOfRange("origin", "be 1 to 255 characters without spaces or control characters", origin)
    _uint("size", size, 8)
    encoded_root = base64.b64encode(_fixed("root", root, 32)).decode()
    return f"{origin}\n{size}\n{encoded_root}\n".encode()


def deployment_id(
    *,
    chain_id: int,
    genesis_hash: bytes,
    transparency_log: Address,
    reduction_ledger: Address,
    point_ledger: Address,
) -> Hash32:
    """Id of a deployment, tag 0x47: the chain, its log, and the ledgers that give certificate numbers."""
    return _hash(
        b"\x47"
        + _FORMAT
        + _uint("chain_id", chain_id, 8)
        + _fixed("genesis_hash", genesis_hash, 32)
        + _fixed("transparency_log", transparency_log, 20)
        + _fixed("reduction_ledger", reduction_ledger, 20)
        + _fixed("point_ledger", point_ledger, 20)
    )


def log_origin(*, chain_id: int, deployment_id: bytes) -> str:
    """First line of the log's checkpoints and name of its key (docs/spec/07-log.md §7.1)."""
    return f"tanpuhui/{chain_id}/{_fixed('deployment_id', deployment_id, 32).hex()}"


def entry_id(*, feed_key: bytes, source_id: str, source_record_id: str) -> Hash32:
    """Id of an entry: HMAC-SHA256 under the feed's key of `u16 len | source id | u16 len | source record id`."""
    message = _text("source_id", source_id) + _text("source_record_id", source_record_id)
    return Hash32(_hmac("feed_key", feed_key, message))


def account_tag(*, person_key: bytes) -> Hash32:
    """What stands for a person in entries, tag 0x39; once the person's key is destroyed it stands for nobody."""
    return Hash32(_hmac("person_key", person_key, b"\x39" + _FORMAT))


def entry_salts(*, salt_key: bytes, entry_id: bytes) -> EntrySalts:
    """Salts of an entry's two fields under the batch's salt key, tag 0x3A."""
    salts = _hmac("salt_key", salt_key, b"\x3a" + _FORMAT + _fixed("entry_id", entry_id, 32))
    return EntrySalts(salts[:SALT_LENGTH], salts[SALT_LENGTH:])


def batch_salt_key(*, salt_key: bytes, context_hash: bytes) -> Hash32:
    """Salt key of one batch from the operator's, tag 0x3B: the same batch prepared again has the same salts."""
    return Hash32(_hmac("salt_key", salt_key, b"\x3b" + _FORMAT + _fixed("context_hash", context_hash, 32)))


def batch_context_hash(*, plan_hash: bytes, number: int) -> Hash32:
    """Context of a prepared batch's salt key, tag 0x46: its run's plan and its number in the run."""
    return _hash(b"\x46" + _FORMAT + _fixed("plan_hash", plan_hash, 32) + _uint("number", number, 8))


def snapshot_context_hash(*, reduction_class: ReductionClass | int, after_batch: int) -> Hash32:
    """Context of a snapshot's salt key, tag 0x44."""
    return _hash(b"\x44" + _FORMAT + _uint("class", reduction_class, 1) + _uint("after_batch", after_batch, 8))


def key_mark(*, key: bytes) -> Hash32:
    """What a plan says of a key, tag 0x45: whether it is the same, and nothing else."""
    return Hash32(_hmac("key", key, b"\x45" + _FORMAT))


def keyed_hash(*, key: bytes, message: bytes) -> Hash32:
    """HMAC-SHA256 (RFC 2104), as the reference hash of a person is (docs/spec/05-points.md §5.8)."""
    return Hash32(_hmac("key", key, message))


# Identifiers


def lot_id(
    *,
    chain_id: int,
    ledger: Address,
    activity_id: ActivityId,
    methodology_id: MethodologyId,
    reduction_class: ReductionClass,
    first_day: int,
    last_day: int,
) -> LotId:
    """Id of a lot, tag 0x30; its `token_id` is the ERC-1155 id. Days are civil days, both ends inclusive."""
    return LotId(
        _sha256(
            b"\x30"
            + _FORMAT
            + _uint("chain_id", chain_id, 8)
            + _fixed("ledger", ledger, 20)
            + _fixed("activity_id", activity_id, 32)
            + _fixed("methodology_id", methodology_id, 32)
            + _uint("reduction_class", reduction_class, 1)
            + _uint("first_day", first_day, 4)
            + _uint("last_day", last_day, 4)
        )
    )


def is_code(code: str) -> bool:
    """Whether `code` is 1 to 64 bytes of printable ASCII without spaces, as every public code is."""
    return _CODE.fullmatch(code) is not None


def methodology_id(*, code: str, version: int) -> MethodologyId:
    """Id of a methodology version, tag 0x31."""
    return MethodologyId(_sha256(b"\x31" + _FORMAT + _code(code) + _uint("version", version, 4)))


def activity_id(*, code: str) -> ActivityId:
    """Id of an activity, tag 0x32."""
    return ActivityId(_sha256(b"\x32" + _FORMAT + _code(code)))


def claim_id(*, activity_id: bytes, facility_id: bytes) -> ClaimId:
    """The activity's facility under tag 0x42, or the activity itself where it names none (a facility id of zeros)."""
    facility = _fixed("facility_id", facility_id, 32)
    return ClaimId(_sha256(b"\x42" + _FORMAT + facility) if any(facility) else activity_id)


def debtor_id(*, activity_id: bytes, facility_id: bytes, reduction_class: ReductionClass) -> DebtorId:
    """As `claim_id`, with the class under tag 0x43: a facility owes each class apart."""
    facility = _fixed("facility_id", facility_id, 32)
    if not any(facility):
        return DebtorId(activity_id)
    return DebtorId(_sha256(b"\x43" + _FORMAT + facility + _uint("reduction_class", reduction_class, 1)))


def certificate_subject(
    *, certificate_number: int, lot_id: LotId, purpose: CancellationPurpose, first_serial: int
) -> Hash32:
    """Subject of a cancellation's leaf, tag 0x33: binds what the chain decided."""
    return _hash(
        b"\x33"
        + _FORMAT
        + _uint("certificate_number", certificate_number, 8)
        + _fixed("lot_id", lot_id, 32)
        + _uint("purpose", purpose, 1)
        + _uint("first_serial", first_serial, 16)
    )


def batch_subject(
    *,
    batch_number: int,
    kind: BatchKind,
    reduction_class: ReductionClass,
    party: bytes,
    root: bytes,
    total: int,
    entry_count: int,
    file_hash: bytes,
    withheld_grams: int,
    first_certificate: int,
) -> Hash32:
    """Subject of the leaf of a points batch, tag 0x3C: what was committed to and what the chain decided about it.

    `party` is what docs/spec/05-points.md §5.3 says for the kind; `withheld_grams` and `first_certificate` are 0 where
    the kind has none.
    """
    return _hash(
        b"\x3c"
        + _FORMAT
        + _uint("batch_number", batch_number, 8)
        + _uint("kind", kind, 1)
        + _uint("reduction_class", reduction_class, 1)
        + _fixed("party", party, 32)
        + _fixed("root", root, 32)
        + _uint("total", total, 8)
        + _uint("entry_count", entry_count, 8)
        + _fixed("file_hash", file_hash, 32)
        + _uint("withheld_grams", withheld_grams, 8)
        + _uint("first_certificate", first_certificate, 8)
    )


def buy_back_lot_id(
    *, chain_id: int, ledger: Address, operation_id: OperationId, reduction_class: ReductionClass
) -> LotId:
    """Id of a lot of points bought back, tag 0x3D; `operation_id` is the buy-back's own."""
    return LotId(
        _sha256(
            b"\x3d"
            + _FORMAT
            + _uint("chain_id", chain_id, 8)
            + _fixed("ledger", ledger, 20)
            + _fixed("operation_id", operation_id, 32)
            + _uint("reduction_class", reduction_class, 1)
        )
    )


def buy_back_operation_id(*, redeem_id: bytes) -> OperationId:
    """Operation id of the buy-back that a redemption sets off, tag 0x3E."""
    return OperationId(_sha256(b"\x3e" + _FORMAT + _fixed("redeem_id", redeem_id, 32)))


def campaign_id(*, code: str) -> CampaignId:
    """Id of a campaign, tag 0x3F."""
    return CampaignId(_sha256(b"\x3f" + _FORMAT + _code(code)))


def campaign_cancellation_subject(
    *,
    certificate_number: int,
    campaign_id: CampaignId,
    reduction_class: ReductionClass,
    purpose: CancellationPurpose,
) -> Hash32:
    """Subject of the leaf of a campaign's cancellation, tag 0x40."""
    return _hash(
        b"\x40"
        + _FORMAT
        + _uint("certificate_number", certificate_number, 8)
        + _fixed("campaign_id", campaign_id, 32)
        + _uint("reduction_class", reduction_class, 1)
        + _uint("purpose", purpose, 1)
    )


def batch_operation_id(
    *,
    chain_id: int,
    ledger: Address,
    kind: BatchKind,
    reduction_class: ReductionClass,
    party: bytes,
    sequence: int,
    root: bytes,
    total: int,
    file_hash: bytes,
) -> OperationId:
    """Operation id of an anchored batch, tag 0x41: the same batch has the same id whoever prepares it again.

    `sequence` is 0 where the batch has no feed header. Not for corrections, of which two may look alike.
    """
    return OperationId(
        _sha256(
            b"\x41"
            + _FORMAT
            + _uint("chain_id", chain_id, 8)
            + _fixed("ledger", ledger, 20)
            + _uint("kind", kind, 1)
            + _uint("reduction_class", reduction_class, 1)
            + _fixed("party", party, 32)
            + _uint("sequence", sequence, 8)
            + _fixed("root", root, 32)
            + _uint("total", total, 8)
            + _fixed("file_hash", file_hash, 32)
        )
    )


def identity_commitment(*, salt: bytes, identity: str) -> IdentityCommitment:
    """Salted commitment to the identity behind an account, tag 0x34."""
    return IdentityCommitment(_sha256(b"\x34" + _FORMAT + _salt(salt) + _text("identity", identity)))


def row_operation_id(*, file_hash: bytes, line: int, step: int = 0) -> OperationId:
    """Operation id of an import row without an id, tag 0x35.

    `file_hash` is the SHA-256 of the file's bytes as given, `line` counts from 1, `step` is the operation's index
    within the row.
    """
    if line < 1:
        raise OutOfRange("line", "count from 1", line)
    return OperationId(
        _sha256(
            b"\x35" + _FORMAT + _fixed("file_hash", file_hash, 32) + _uint("line", line, 8) + _uint("step", step, 2)
        )
    )


def named_row_operation_id(*, namespace: str, row_id: str, step: int = 0) -> OperationId:
    """Operation id of an import row that has an id of its own within `namespace`, tag 0x36."""
    return OperationId(
        _sha256(b"\x36" + _FORMAT + _text("namespace", namespace) + _text("row_id", row_id) + _uint("step", step, 2))
    )


def request_operation_id(*, api_key_id: str, idempotency_key: str) -> OperationId:
    """Operation id of an API request with an `Idempotency-Key`, tag 0x37."""
    return OperationId(
        _sha256(b"\x37" + _FORMAT + _text("api_key_id", api_key_id) + _text("idempotency_key", idempotency_key))
    )


def custody_address(commitment: IdentityCommitment) -> Address:
    """Address of an account in platform custody, tag 0x38: nobody has a key to it."""
    return Address(_sha256(b"\x38" + _FORMAT + _fixed("commitment", commitment, 32))[12:])


def derived_salt(*, salt_key: bytes, operation_id: OperationId, name: str) -> bytes:
    """Salt of a record's field, 16 bytes, from a key whose deletion unlinks the person (03-encodings §3.2)."""
    message = _fixed("operation_id", operation_id, 32) + _utf8("name", name)
    return _hmac("salt_key", salt_key, message)[:SALT_LENGTH]


def row_seal_prefix(*, table: str, column: str) -> bytes:
    """What the seals of a column's values begin with, tag 0x48 (docs/spec/09-audit.md §9.4)."""
    return b"\x48" + _FORMAT + _text("table", table) + _text("column", column)


def row_seal_key(canonical_key: bytes) -> bytes:
    """What follows the prefix: the RFC 8785 bytes of the list of the row's key, after their length."""
    return _uint("length of the key", len(canonical_key), 2) + canonical_key


def row_seal(prefix: bytes, key: bytes, canonical_value: bytes) -> bytes:
    """Seal of one value, 8 bytes, by prefix of its column, key of its row, and RFC 8785 bytes of the value."""
    return hashlib.sha256(prefix + key + canonical_value).digest()[:ROW_SEAL_LENGTH]


# Packing


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _hash(data: bytes) -> Hash32:
    return Hash32(hashlib.sha256(data).digest())


def _hmac(field: str, key: bytes, message: bytes) -> bytes:
    if len(key) < MIN_KEY_LENGTH:
        raise OutOfRange(field, f"be at least {MIN_KEY_LENGTH} bytes", f"{len(key)} bytes")
    return hmac.digest(key, message, "sha256")


def _uint(field: str, value: int, width: int) -> bytes:
    try:
        return value.to_bytes(width, "big")
    except OverflowError:
        raise OutOfRange(field, f"be a whole number from 0 to 2**{8 * width} - 1", value) from None


def _fixed(field: str, value: bytes, length: int) -> bytes:
    if len(value) != length:
        raise OutOfRange(field, f"be {length} bytes", f"{len(value)} bytes")
    return value


def _salt(salt: bytes) -> bytes:
    return _fixed("salt", salt, SALT_LENGTH)


def _utf8(field: str, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise OutOfRange(field, "be text without lone surrogates", text) from None


def _text(field: str, text: str) -> bytes:
    encoded = _utf8(field, text)
    if len(encoded) >= 2**16:
        raise OutOfRange(field, "be at most 65535 bytes of UTF-8", f"{len(encoded)} bytes")
    return len(encoded).to_bytes(2, "big") + encoded


def _code(code: str) -> bytes:
    if not is_code(code):
        raise OutOfRange("code", "be 1 to 64 printable ASCII characters without spaces", code)
    return _text("code", code)
