"""Entries of batches: one person's earning, redemption, donation, cancellation, correction, behaviour or balance.

docs/spec/05-points.md §5.1 to §5.3. What an entry says of a person stands in two salted fields, so that an entry and
its place in a batch can be shown while whose it is, or what happened, is kept back. Salts are secret while a field is
hidden: with its salt, a hidden value can be guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from ledger import encoding
from ledger.encoding import EntrySalts
from ledger.errors import InvalidRecord, Json, ProofMismatch
from ledger.ids import Hash32, RecordHash
from ledger.records import Field, read_member
from ledger.sum_tree import SumNode, verify_entry
from ledger.units import check_grams, grams_from_decimal_string
from ledger.vocabulary import BatchKind, OperationKind

ACCOUNT, DETAILS = "account", "details"
"""The names of an entry's fields, in the order in which they are hashed."""

OPERATION_KINDS: Mapping[BatchKind, OperationKind] = {
    BatchKind.EARN: OperationKind.POINTS_EARNED,
    BatchKind.REDEEM: OperationKind.POINTS_REDEEMED,
    BatchKind.DONATE: OperationKind.POINTS_DONATED,
    BatchKind.CANCEL: OperationKind.POINTS_CANCELLED,
    BatchKind.CORRECT: OperationKind.POINTS_CORRECTED,
    BatchKind.BEHAVIOUR: OperationKind.BEHAVIOUR_RECORDED,
    BatchKind.SNAPSHOT: OperationKind.POINTS_SNAPSHOT_TAKEN,
}
"""The operation that anchors a batch of each kind (§5.4); its number is hashed with the fields of its entries."""

_NODE_MEMBERS = {"grams", "hash"}
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,19}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry, whole. Its repr keeps back what happened and the salts."""

    kind: BatchKind
    grams: int
    """1 to 2**63 - 1. Of a behaviour its value, which is no grams."""
    entry_id: Hash32
    account_tag: Hash32
    details: dict[str, Json] = field(repr=False)
    """Of an earning or a behaviour the inputs of the quantification, whole numbers; else `{"reference": text}`."""
    salts: EntrySalts = field(repr=False)
    fields: tuple[Field, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_head(self.kind, self.grams)
        _check_details(self.kind, self.details)
        if self.kind is BatchKind.SNAPSHOT and self.entry_id != self.account_tag:
            raise InvalidRecord("entry_id", "be the account tag in a snapshot", self.entry_id.hex0x)
        account = Field(ACCOUNT, self.salts.account, self.account_tag.hex0x)
        object.__setattr__(self, "fields", (account, Field(DETAILS, self.salts.details, self.details)))

    @classmethod
    def salted(
        cls,
        *,
        salt_key: bytes,
        kind: BatchKind,
        grams: int,
        entry_id: Hash32,
        account_tag: Hash32,
        details: dict[str, Json],
    ) -> Self:
        """An entry with the salts that the batch's salt key gives it."""
        return cls(
            kind=kind,
            grams=grams,
            entry_id=entry_id,
            account_tag=account_tag,
            details=details,
            salts=encoding.entry_salts(salt_key=salt_key, entry_id=entry_id),
        )

    @property
    def fields_root(self) -> RecordHash:
        """Hash of the record of both fields."""
        return self.disclose(()).fields_root

    @property
    def leaf(self) -> Hash32:
        """Hash of the entry's leaf in the sum tree."""
        return self.disclose(()).leaf

    def disclose(self, names: Iterable[str]) -> DisclosedEntry:
        """The same entry with only the named fields ("account", "details") shown."""
        shown = _known(names)
        account, details = (member if member.name in shown else member.commitment for member in self.fields)
        return DisclosedEntry(
            kind=self.kind, grams=self.grams, entry_id=self.entry_id, account=account, details=details
        )

    def to_json(self) -> dict[str, Json]:
        """The whole entry, salts included."""
        return self.disclose((ACCOUNT, DETAILS)).to_json()

    @classmethod
    def from_json(cls, document: Json) -> Self:
        """Reads what `to_json` wrote; `InvalidRecord` or another `InvalidInput` for anything else."""
        shown = DisclosedEntry.from_json(document)
        if not isinstance(shown.account, Field) or not isinstance(shown.details, Field):
            raise InvalidRecord("fields", "both be disclosed in an entry", "a bare commitment")
        tag, details = shown.account.value, shown.details.value
        return cls(
            kind=shown.kind,
            grams=shown.grams,
            entry_id=shown.entry_id,
            account_tag=Hash32.from_hex(tag, ACCOUNT),
            details=details if isinstance(details, dict) else {},
            salts=EntrySalts(shown.account.salt, shown.details.salt),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosedEntry:
    """An entry of which each field is shown or is a commitment."""

    kind: BatchKind
    grams: int
    entry_id: Hash32
    account: Field | Hash32
    details: Field | Hash32

    def __post_init__(self) -> None:
        _check_head(self.kind, self.grams)
        for name, member in ((ACCOUNT, self.account), (DETAILS, self.details)):
            if isinstance(member, Field) and member.name != name:
                raise InvalidRecord("fields", f"be {ACCOUNT} and {DETAILS}, in this order", member.name)
        if isinstance(self.account, Field):
            _check_tag(self.account.value)
        if isinstance(self.details, Field):
            _check_details(self.kind, self.details.value)

    def hide(self, names: Iterable[str]) -> DisclosedEntry:
        """The same entry with the named fields ("account", "details") reduced to their commitments."""
        hidden = _known(names)
        account, details = (
            member.commitment if isinstance(member, Field) and name in hidden else member
            for name, member in ((ACCOUNT, self.account), (DETAILS, self.details))
        )
        return replace(self, account=account, details=details)

    @property
    def values(self) -> dict[str, Json]:
        """The shown fields' values by name."""
        return {member.name: member.value for member in (self.account, self.details) if isinstance(member, Field)}

    @property
    def fields_root(self) -> RecordHash:
        """Hash of the record of both fields, from what is shown and the commitments of what is not."""
        commitments = [
            member.commitment if isinstance(member, Field) else member for member in (self.account, self.details)
        ]
        return encoding.record_hash(kind=OPERATION_KINDS[self.kind], commitments=commitments)

    @property
    def leaf(self) -> Hash32:
        """Hash of the entry's leaf in the sum tree."""
        return encoding.entry_leaf(
            kind=self.kind, grams=self.grams, entry_id=self.entry_id, fields_root=self.fields_root
        )

    def to_json(self) -> dict[str, Json]:
        """Format, kind, grams as a decimal string, entry id, fields as in a record's document."""
        fields: list[Json] = [
            member.to_json() if isinstance(member, Field) else {"commitment": member.hex0x}
            for member in (self.account, self.details)
        ]
        return {
            "format": encoding.FORMAT,
            "kind": self.kind.label,
            "grams": str(self.grams),
            "entry_id": self.entry_id.hex0x,
            "fields": fields,
        }

    @classmethod
    def from_json(cls, document: Json) -> Self:
        """Reads what `to_json` wrote; `InvalidRecord` or another `InvalidInput` for anything else."""
        given = _members("entry", document, ("format", "kind", "grams", "entry_id", "fields"))
        fields = given["fields"]
        if not isinstance(fields, list) or len(fields) != 2:
            raise InvalidRecord("fields", f"be the list of {ACCOUNT} and {DETAILS}", fields)
        account, details = (read_member(member) for member in fields)
        return cls(
            kind=BatchKind.from_label(str(given["kind"]), "kind"),
            grams=grams_from_decimal_string(given["grams"], "grams"),
            entry_id=Hash32.from_hex(given["entry_id"], "entry_id"),
            account=account,
            details=details,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryProof:
    """An entry and the path that leads from it to the total and the root of its batch."""

    entry: DisclosedEntry
    index: int
    """Place within the batch, from 0."""
    size: int
    """Entries of the batch."""
    total: int
    root: Hash32
    path: tuple[SumNode, ...]

    def verify(self) -> int:
        """Checks the path and gives the entry's offset, the sum of grams before it (`ledger.sum_tree.verify_entry`).

        Says nothing unless kind, size, total and root are those of the batch on chain: `verify_in` compares them.
        """
        return verify_entry(
            kind=self.entry.kind,
            grams=self.entry.grams,
            entry_id=self.entry.entry_id,
            fields_root=self.entry.fields_root,
            index=self.index,
            size=self.size,
            proof=self.path,
            total=self.total,
            root=self.root,
        )

    def verify_in(self, *, kind: BatchKind, size: int, total: int, root: Hash32) -> int:
        """`verify` in the batch that the chain anchored so; `ProofMismatch` names what the proof says otherwise.

        A leaf hashes its kind, but a tree may hold leaves of any: only the chain says what its batch is.
        """
        anchored = {"kind": kind, "size": size, "total": total, "root": root}
        said = {"kind": self.entry.kind, "size": self.size, "total": self.total, "root": self.root}
        for name, value in anchored.items():
            if said[name] != value:
                raise ProofMismatch("batch", f"its {name} is {said[name]}, but the chain's batch has {value}")
        return self.verify()

    def to_json(self) -> dict[str, Json]:
        """The proof for the API and for certificates; sums as decimal strings."""
        path: list[Json] = [{"grams": str(node.grams), "hash": "0x" + node.hash.hex()} for node in self.path]
        return {
            "format": encoding.FORMAT,
            "entry": self.entry.to_json(),
            "index": self.index,
            "size": self.size,
            "total": str(self.total),
            "root": self.root.hex0x,
            "path": path,
        }

    @classmethod
    def from_json(cls, document: Json) -> Self:
        """Reads what `to_json` wrote; `InvalidRecord` or another `InvalidInput` for anything else. Proves nothing."""
        given = _members("entry proof", document, ("format", "entry", "index", "size", "total", "root", "path"))
        path = given["path"]
        if not isinstance(path, list):
            raise InvalidRecord("path", "be a list", path)
        return cls(
            entry=DisclosedEntry.from_json(given["entry"]),
            index=_count("index", given["index"]),
            size=_count("size", given["size"]),
            total=_sum("total", given["total"]),
            root=Hash32.from_hex(given["root"], "root"),
            path=tuple(map(_read_node, path)),
        )


# Reading and checking


def _known(names: Iterable[str]) -> set[str]:
    given = set(names)
    if unknown := given - {ACCOUNT, DETAILS}:
        raise InvalidRecord("names", f"be of {ACCOUNT} and {DETAILS}", sorted(unknown))
    return given


def _check_head(kind: BatchKind, grams: int) -> None:
    if kind is BatchKind.NONE:
        raise InvalidRecord("kind", "be one of " + ", ".join(BatchKind.labels()), kind.label)
    check_grams(grams, "grams")


def _check_tag(value: Json) -> None:
    if Hash32.from_hex(value, ACCOUNT).hex0x != value:
        raise InvalidRecord(ACCOUNT, "be written in lower case", value)


def _check_details(kind: BatchKind, details: Json) -> None:
    if not isinstance(details, dict):
        raise InvalidRecord(DETAILS, "be an object", details)
    if kind.is_of_feed:
        for name, value in details.items():
            if type(value) is not int:
                raise InvalidRecord(f"{DETAILS}.{name}", f"be a whole number in a batch of kind {kind.label}", value)
    elif set(details) != {"reference"} or not isinstance(details["reference"], str):
        raise InvalidRecord(DETAILS, f"be a reference and nothing else in a batch of kind {kind.label}", details)


def _members(name: str, document: Json, names: tuple[str, ...]) -> dict[str, Json]:
    if not isinstance(document, dict) or set(document) != set(names):
        raise InvalidRecord(name, f"be an object of {', '.join(names)}", document)
    if document["format"] != encoding.FORMAT or type(document["format"]) is not int:
        raise InvalidRecord("format", f"be {encoding.FORMAT}, the only format so far", document["format"])
    return document


def _read_node(node: Json) -> SumNode:
    if not isinstance(node, dict) or node.keys() != _NODE_MEMBERS:
        raise InvalidRecord("path", "hold objects of grams and hash", node)
    return SumNode(_sum("grams", node["grams"]), Hash32.from_hex(node["hash"], "hash"))


def _count(name: str, value: Json) -> int:
    if type(value) is not int or value < 0:
        raise InvalidRecord(name, "be a whole number of 0 or more", value)
    return value


def _sum(name: str, value: Json) -> int:
    if isinstance(value, str) and _DECIMAL.fullmatch(value) and (number := int(value)) < 2**64:
        return number
    raise InvalidRecord(name, "be a decimal string without sign or leading zeros, below 2**64", value)
