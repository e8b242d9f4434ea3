"""Records: the off-chain documents of operations, each field salted so that it can be shown or kept back alone.

A record's hash goes on chain (docs/spec/03-encodings.md §3.1). A `Record` is the full document, a `Disclosure` the same
with some fields reduced to their commitments; both have the same hash. Salts are secret while a field is hidden: with
its salt, a hidden value can be guessed.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol, Self

from ledger import encoding
from ledger.canonical import canonical_json, parse_strict
from ledger.errors import InvalidRecord, Json, MissingField
from ledger.ids import (
    ActivityId,
    Address,
    CampaignId,
    FixedBytes,
    Hash32,
    LotId,
    MethodologyId,
    OperationId,
    RecordHash,
)
from ledger.quantification import Quantification
from ledger.units import civil_day_from_text, grams_from_decimal_string
from ledger.vocabulary import (
    AccountKind,
    ActivityKind,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    OperationKind,
    ProviderMode,
    ReductionClass,
    Word,
)

CURRENT_RULES = "沪环规〔2025〕10号"
"""Version of the rules that operations are done under today (M21, M23)."""

FIELD_NAMES = "field_names"
"""The field of every record that names all its fields, itself among them, in their order. It is always disclosed:
without it a record could hold a second `beneficiary` under a commitment (docs/spec/08-certificates.md §8.3)."""

_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SALT_HEX = re.compile(rf"0x[0-9a-f]{{{2 * encoding.SALT_LENGTH}}}", re.ASCII)

_SHOWN_MEMBERS, _HIDDEN_MEMBERS = {"name", "salt", "value"}, {"commitment"}

_OF_BATCH = ("rules", "class", "batch_root", "entry_count", "file_hash")
_OF_FEED = (*_OF_BATCH, "activity_id", "methodology_id", "sequence", "period_first_day", "period_last_day")

REQUIRED_FIELDS: Mapping[OperationKind, tuple[str, ...]] = {
    OperationKind.ACCOUNT_OPENED: ("rules", "account", "account_kind", "custody"),
    OperationKind.ACCOUNT_FROZEN: ("rules", "account"),
    OperationKind.ACCOUNT_UNFROZEN: ("rules", "account"),
    OperationKind.ACCOUNT_CLOSED: ("rules", "account"),
    OperationKind.METHODOLOGY_PUBLISHED: (
        "rules",
        "code",
        "version",
        "methodology_kind",
        "class",
        "effective_first_day",
        "effective_last_day",
        "document_hash",
    ),
    OperationKind.METHODOLOGY_WITHDRAWN: ("rules", "methodology_id"),
    OperationKind.ACTIVITY_REGISTERED: (
        "rules",
        "code",
        "activity_kind",
        "methodology_id",
        "operator_account",
        "crediting_first_day",
        "crediting_last_day",
        "cap_gco2e",
    ),
    OperationKind.ACTIVITY_SUSPENDED: ("rules", "activity_id"),
    OperationKind.ACTIVITY_RESUMED: ("rules", "activity_id"),
    OperationKind.ACTIVITY_CLOSED: ("rules", "activity_id"),
    OperationKind.ACTIVITY_WITHDRAWN: ("rules", "activity_id"),
    OperationKind.ISSUANCE_PROPOSED: (
        "rules",
        "activity_id",
        "period_first_day",
        "period_last_day",
        "quantity_gco2e",
    ),
    OperationKind.ISSUANCE_CONFIRMED: ("rules", "proposal_id"),
    OperationKind.ISSUANCE_REJECTED: ("rules", "proposal_id"),
    OperationKind.REDUCTION_TRANSFERRED: ("rules", "from_account", "to_account", "lot_id", "quantity_gco2e"),
    OperationKind.REDUCTION_CANCELLED: ("rules", "account", "lot_id", "quantity_gco2e", "purpose"),
    OperationKind.REDUCTION_CORRECTED: ("rules", "lot_id", "quantity_gco2e"),
    OperationKind.LOT_FROZEN: ("rules", "lot_id"),
    OperationKind.LOT_UNFROZEN: ("rules", "lot_id"),
    # Has no record of its own: its leaf carries the hash of the redemption's.
    OperationKind.POINTS_BOUGHT_BACK: ("rules",),
    OperationKind.PROVIDER_ADMITTED: (
        "rules",
        "account",
        "provider_mode",
        "application_hash",
        "evaluation_hash",
        "agreement_hash",
    ),
    OperationKind.PROVIDER_SUSPENDED: ("rules", "account"),
    OperationKind.PROVIDER_RESUMED: ("rules", "account"),
    OperationKind.PROVIDER_CLOSED: ("rules", "account"),
    OperationKind.CAMPAIGN_OPENED: (
        "rules",
        "code",
        "beneficiary_account",
        "purpose",
        "campaign_last_day",
        "document_hash",
    ),
    OperationKind.CAMPAIGN_CLOSED: ("rules", "campaign_id"),
    OperationKind.POINTS_EARNED: (*_OF_FEED, "quantity_gco2e"),
    OperationKind.POINTS_REDEEMED: (*_OF_BATCH, "provider_account", "quantity_gco2e"),
    OperationKind.POINTS_DONATED: (*_OF_BATCH, "campaign_id", "quantity_gco2e"),
    OperationKind.POINTS_CANCELLED: (*_OF_BATCH, "quantity_gco2e"),
    # What was taken from persons, if anything was, has its batch's fields too.
    OperationKind.POINTS_CORRECTED: ("rules", "batch_number", "quantity_gco2e", "reason"),
    OperationKind.BEHAVIOUR_RECORDED: (*_OF_FEED, "behaviour_value"),
    OperationKind.POINTS_SNAPSHOT_TAKEN: (*_OF_BATCH, "after_batch", "quantity_gco2e"),
    OperationKind.CAMPAIGN_CANCELLED: ("rules", "campaign_id", "class"),
}
"""What the record of each operation must name."""

PURPOSE_FIELDS: Mapping[CancellationPurpose, tuple[str, ...]] = {
    CancellationPurpose.ECOLOGICAL_RESTORATION: ("case_reference",),
    CancellationPurpose.EVENT_NEUTRALITY: ("event",),
    CancellationPurpose.VOLUNTARY_OFFSET: ("organisation", "period_first_day", "period_last_day"),
    CancellationPurpose.ETS_COMPLIANCE: ("compliance_year",),
}
"""What the record of a cancellation must name besides, by its purpose (M12 to M15)."""

PUBLIC_FIELDS: Mapping[OperationKind, tuple[str, ...]] = {
    OperationKind.METHODOLOGY_PUBLISHED: ("quantification",),
    OperationKind.POINTS_CORRECTED: ("batch_root", "entry_count", "file_hash", "taken_gco2e"),
}
"""What the record of an operation may name besides and is public like what it must name: how grams are reckoned, and
what a correction takes from persons, if anything."""


# Fields and records


@dataclass(frozen=True, slots=True)
class Field:
    """One field: name, 16-byte salt, JSON value without floats. Its repr keeps salt and value back."""

    name: str
    salt: bytes = field(repr=False, compare=False)
    value: Json = field(repr=False, compare=False)
    commitment: Hash32 = field(init=False, repr=False)
    canonical_value: bytes = field(init=False, repr=False, compare=False)
    """RFC 8785 bytes of the value, which are hashed here and stored with the record."""

    def __post_init__(self) -> None:
        _check_name(self.name)
        canonical_value = canonical_json(self.value)
        commitment = encoding.record_field_commitment(name=self.name, salt=self.salt, canonical_value=canonical_value)
        object.__setattr__(self, "commitment", commitment)
        object.__setattr__(self, "canonical_value", canonical_value)

    def to_json(self) -> dict[str, Json]:
        """`{"name": …, "salt": 0x-hex, "value": …}`."""
        return {"name": self.name, "salt": "0x" + self.salt.hex(), "value": self.value}


@dataclass(frozen=True, slots=True)
class Record:
    """The full record of one operation. Fields are sorted by name, unique, at most 256; `field_names` names them."""

    kind: OperationKind
    fields: tuple[Field, ...]
    hash: RecordHash = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_order(self.fields)
        check_field_names(self.fields)
        object.__setattr__(self, "hash", encoding.record_hash(kind=self.kind, commitments=self.commitments))

    @classmethod
    def of(cls, kind: OperationKind, values: Mapping[str, Json], salt: Callable[[str], bytes]) -> Self:
        """The record of these values and of `field_names`, each under the salt that its name gets."""
        names: list[Json] = [*sorted({*values, FIELD_NAMES})]
        whole = {**values, FIELD_NAMES: names}
        return cls(kind, tuple(Field(name, salt(name), whole[name]) for name in sorted(whole)))

    @property
    def commitments(self) -> tuple[Hash32, ...]:
        """The fields' commitments, in order."""
        return tuple(member.commitment for member in self.fields)

    @property
    def values(self) -> dict[str, Json]:
        """The fields' values by name."""
        return {member.name: member.value for member in self.fields}

    def disclose(self, names: Iterable[str]) -> Disclosure:
        """The same record with only `field_names` and the named fields shown; `InvalidRecord` for a name of none."""
        shown = {FIELD_NAMES, *names}
        if unknown := shown - {member.name for member in self.fields}:
            raise InvalidRecord("names", "be fields of the record", sorted(unknown))
        members = (member if member.name in shown else member.commitment for member in self.fields)
        return Disclosure(self.kind, tuple(members))

    def to_json(self) -> dict[str, Json]:
        """The document as it is stored: format, kind, every field with salt and value."""
        return {
            "format": encoding.FORMAT,
            "kind": self.kind.label,
            "fields": [member.to_json() for member in self.fields],
        }

    def to_bytes(self) -> bytes:
        """The document as RFC 8785 bytes."""
        return _document_bytes(self.kind, self.fields)

    @classmethod
    def from_json(cls, document: Json) -> Self:
        """Reads what `to_json` wrote; `InvalidRecord` or another `InvalidInput` for anything else."""
        kind, members = _read_document(document)
        fields = [member for member in members if isinstance(member, Field)]
        if len(fields) != len(members):
            raise InvalidRecord("fields", "all be disclosed in a record", "a bare commitment")
        return cls(kind, tuple(fields))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Reads a stored document strictly (`ledger.canonical.parse_strict`)."""
        return cls.from_json(parse_strict(data))


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A record of which some fields are shown and the rest are commitments; the order is the record's."""

    kind: OperationKind
    members: tuple[Field | Hash32, ...]
    hash: RecordHash = field(init=False, repr=False, compare=False)
    """The record's, computed from what is shown and from the commitments of what is not."""

    def __post_init__(self) -> None:
        _check_order(self.fields)
        commitments = [member.commitment if isinstance(member, Field) else member for member in self.members]
        object.__setattr__(self, "hash", encoding.record_hash(kind=self.kind, commitments=commitments))

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields that are shown."""
        return tuple(member for member in self.members if isinstance(member, Field))

    @property
    def values(self) -> dict[str, Json]:
        """The shown fields' values by name."""
        return {member.name: member.value for member in self.fields}

    def hide(self, names: Iterable[str]) -> Disclosure:
        """The same record with the named fields reduced to their commitments.

        `InvalidRecord` for `field_names`, and for a name that is no field of the record; fields that are hidden already
        stay hidden.
        """
        hidden = set(names)
        known = self.values.get(FIELD_NAMES)
        if FIELD_NAMES in hidden or (isinstance(known, list) and not hidden.issubset(known)):
            raise InvalidRecord("names", f"be fields of the record, but not {FIELD_NAMES}", sorted(hidden))
        return Disclosure(
            self.kind,
            tuple(
                member.commitment if isinstance(member, Field) and member.name in hidden else member
                for member in self.members
            ),
        )

    def to_json(self) -> dict[str, Json]:
        """As a record's document, with `{"commitment": 0x-hex}` for a field that is kept back."""
        members: list[Json] = [
            member.to_json() if isinstance(member, Field) else {"commitment": member.hex0x} for member in self.members
        ]
        return {"format": encoding.FORMAT, "kind": self.kind.label, "fields": members}

    def to_bytes(self) -> bytes:
        """The document as RFC 8785 bytes."""
        return _document_bytes(self.kind, self.members)

    @classmethod
    def from_json(cls, document: Json) -> Self:
        """Reads what `to_json` wrote; `InvalidRecord` or another `InvalidInput` for anything else."""
        kind, members = _read_document(document)
        return cls(kind, tuple(members))


def _document_bytes(kind: OperationKind, members: Iterable[Field | Hash32]) -> bytes:
    """Written from the values' own bytes, in the order of their names: the other members need no escapes."""
    written = b",".join(
        b'{"name":"%b","salt":"0x%b","value":%b}'
        % (member.name.encode(), member.salt.hex().encode(), member.canonical_value)
        if isinstance(member, Field)
        else b'{"commitment":"0x%b"}' % member.hex().encode()
        for member in members
    )
    return b'{"fields":[%b],"format":%d,"kind":"%b"}' % (written, encoding.FORMAT, kind.label.encode())


# Salts


class SaltSource(Protocol):
    """Where the salts of a record's fields come from."""

    def salt(self, operation_id: OperationId, name: str) -> bytes:
        """16 bytes for the field `name` of the operation's record."""
        ...


class RandomSalts:
    """Fresh random salts: the record has to be saved, for it cannot be made again."""

    def salt(self, operation_id: OperationId, name: str) -> bytes:
        return secrets.token_bytes(encoding.SALT_LENGTH)


@dataclass(frozen=True, slots=True)
class DerivedSalts:
    """Salts from a key and the operation's id: the same operation gives the same record, until the key is destroyed."""

    salt_key: bytes = field(repr=False)

    def salt(self, operation_id: OperationId, name: str) -> bytes:
        return encoding.derived_salt(salt_key=self.salt_key, operation_id=operation_id, name=name)


# Building


def build_record(
    kind: OperationKind, operation_id: OperationId, fields: Mapping[str, Json], salts: SaltSource
) -> Record:
    """The record of an operation, with its `field_names`.

    Raises `MissingField` when a field of `REQUIRED_FIELDS` (or `PURPOSE_FIELDS`) is not there or empty, and an
    `InvalidInput` naming the field when a field of a known name is malformed. Further fields are free.
    """
    if FIELD_NAMES in fields:
        raise InvalidRecord(FIELD_NAMES, "be left to this program, which writes it", fields[FIELD_NAMES])
    check_fields(kind, fields)
    return Record.of(kind, fields, lambda name: salts.salt(operation_id, name))


def check_fields(kind: OperationKind, fields: Mapping[str, Json]) -> None:
    """Raises as `build_record` does; makes nothing."""
    _require(fields, REQUIRED_FIELDS[kind], f"be in the record of kind {kind.label}")
    for name, value in fields.items():
        if check := FIELD_CHECKS.get(name):
            check(value, name)
    if kind is OperationKind.REDUCTION_CANCELLED:
        purpose = CancellationPurpose.from_label(str(fields["purpose"]), "purpose")
        _require(fields, PURPOSE_FIELDS[purpose], f"be in the record of a cancellation for {purpose.label}")
    _check_period(fields)


def _require(fields: Mapping[str, Json], names: Iterable[str], rule: str) -> None:
    for name in names:
        value = fields.get(name)
        if value is None or value == "":
            raise MissingField(name, rule, value)


def _check_period(fields: Mapping[str, Json]) -> None:
    first, last = fields.get("period_first_day"), fields.get("period_last_day")
    if isinstance(first, str) and isinstance(last, str) and first > last:
        raise InvalidRecord("period_last_day", f"not precede period_first_day {first}", last)


def _hex(kind: type[FixedBytes]) -> Callable[[Json, str], object]:
    return kind.from_hex


def _word(kind: type[Word]) -> Callable[[Json, str], object]:
    return lambda value, name: kind.from_label(str(value), name)


def _text(value: Json, name: str) -> None:
    if not isinstance(value, str) or not value.strip():
        raise InvalidRecord(name, "be text", value)


def _year(value: Json, name: str) -> None:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}", value, re.ASCII):
        raise InvalidRecord(name, "be a year written YYYY", value)


def _number(value: Json, name: str) -> None:
    if not isinstance(value, str) or not re.fullmatch(r"0|[1-9][0-9]{0,18}", value, re.ASCII):
        raise InvalidRecord(name, "be a whole number written in decimal digits", value)


FIELD_CHECKS: Mapping[str, Callable[[Json, str], object]] = {
    "rules": _text,
    "account": _hex(Address),
    "from_account": _hex(Address),
    "to_account": _hex(Address),
    "operator_account": _hex(Address),
    "account_kind": _word(AccountKind),
    "custody": _word(Custody),
    "code": _text,
    "methodology_kind": _word(MethodologyKind),
    "class": _word(ReductionClass),
    "activity_kind": _word(ActivityKind),
    "effective_first_day": civil_day_from_text,
    "effective_last_day": civil_day_from_text,
    "crediting_first_day": civil_day_from_text,
    "crediting_last_day": civil_day_from_text,
    "period_first_day": civil_day_from_text,
    "period_last_day": civil_day_from_text,
    "document_hash": _hex(Hash32),
    "pledge_hash": _hex(Hash32),
    "methodology_id": _hex(MethodologyId),
    "activity_id": _hex(ActivityId),
    "proposal_id": _hex(Hash32),
    "lot_id": _hex(LotId),
    "quantity_gco2e": grams_from_decimal_string,
    "cap_gco2e": grams_from_decimal_string,
    "purpose": _word(CancellationPurpose),
    "case_reference": _text,
    "event": _text,
    "organisation": _text,
    "compliance_year": _year,
    "beneficiary": _text,
    "provider_mode": _word(ProviderMode),
    "application_hash": _hex(Hash32),
    "evaluation_hash": _hex(Hash32),
    "agreement_hash": _hex(Hash32),
    "provider_account": _hex(Address),
    "beneficiary_account": _hex(Address),
    "campaign_id": _hex(CampaignId),
    "campaign_last_day": civil_day_from_text,
    "batch_root": _hex(Hash32),
    "file_hash": _hex(Hash32),
    "entry_count": _number,
    "sequence": _number,
    "batch_number": _number,
    "after_batch": _number,
    "behaviour_value": _number,
    "taken_gco2e": grams_from_decimal_string,
    "reason": _text,
    "quantification": Quantification.from_json,
}
"""What a field of a known name must be, in whatever record it stands."""


# Reading and checking


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not _FIELD_NAME.fullmatch(name):
        raise InvalidRecord("field name", "be 1 to 64 lower-case letters, digits and underscores, a letter first", name)


def _check_order(fields: tuple[Field, ...]) -> None:
    for one, next_one in pairwise(fields):
        if one.name >= next_one.name:
            raise InvalidRecord("fields", "be sorted by name, each name once", [one.name, next_one.name])


def check_field_names(members: Sequence[Field | Hash32]) -> None:
    """Raises `InvalidRecord` unless `field_names` is shown and says which fields these are (§8.3): as many strictly
    ascending names as there are members, and each member that is shown at its name's place.
    """
    named = next((member for member in members if isinstance(member, Field) and member.name == FIELD_NAMES), None)
    if named is None:
        raise InvalidRecord(FIELD_NAMES, "be shown: without it a record could hold a field twice", None)
    names = named.value
    if not isinstance(names, list) or len(names) != len(members):
        raise InvalidRecord(FIELD_NAMES, f"be a list of the names of all {len(members)} fields", names)
    for name in names:
        _check_name(name)
    if any(str(one) >= str(next_one) for one, next_one in pairwise(names)):
        raise InvalidRecord(FIELD_NAMES, "be sorted, each name once", names)
    for name, member in zip(names, members, strict=True):
        if isinstance(member, Field) and member.name != name:
            raise InvalidRecord(FIELD_NAMES, f"name {member.name} at its place", names)


def _read_document(document: Json) -> tuple[OperationKind, list[Field | Hash32]]:
    if not isinstance(document, dict) or set(document) != {"format", "kind", "fields"}:
        raise InvalidRecord("record", "be an object of format, kind and fields", document)
    if document["format"] != encoding.FORMAT or type(document["format"]) is not int:
        raise InvalidRecord("format", f"be {encoding.FORMAT}, the only format so far", document["format"])
    if not isinstance(document["fields"], list):
        raise InvalidRecord("fields", "be a list", document["fields"])
    kind = OperationKind.from_label(str(document["kind"]), "kind")
    return kind, [read_member(member) for member in document["fields"]]


def read_member(member: Json) -> Field | Hash32:
    """A field of a document, or the commitment to it; `InvalidRecord` or another `InvalidInput` for anything else."""
    if isinstance(member, dict) and member.keys() == _HIDDEN_MEMBERS:
        return Hash32.from_hex(member["commitment"], "commitment")
    if not isinstance(member, dict) or member.keys() != _SHOWN_MEMBERS:
        raise InvalidRecord("fields", "hold objects of name, salt and value, or of commitment", member)
    name, salt = member["name"], member["salt"]
    if not isinstance(salt, str) or not _SALT_HEX.fullmatch(salt):
        raise InvalidRecord("salt", f"be 0x and {2 * encoding.SALT_LENGTH} lower-case hexadecimal digits", salt)
    return Field(name, bytes.fromhex(salt[2:]), member["value"])  # type: ignore[arg-type]  # checks its name itself
