"""Bundles of certificates, made from the mirror and the kept records (docs/spec/08-certificates.md).

A handful of statements for each `MOST_AT_ONCE` certificates, none for each of them. What is made is stated and not
verified: who serves it gives the bytes to `ledger.verifier` like anybody else.

A bundle's checkpoint is the earliest published one that covers its leaf (§7.3), so that the same certificate with the
same disclosure is the same bytes for ever. Before there is one, it carries the unsigned text of the log's present size.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, NamedTuple

from chain.operations import ContractName
from indexer.questions import Questions
from ledger import encoding
from ledger.canonical import canonical_json, parse_strict
from ledger.checkpoints import Checkpoint
from ledger.entries import EntryProof
from ledger.errors import InvalidJson, Json, NotFound
from ledger.ids import ZERO_ADDRESS, Address, Hash32
from ledger.log_tree import NodeSource, inclusion_path, read_path
from ledger.units import date_of_civil_day
from ledger.vocabulary import CancellationPurpose, OperationKind, ReductionClass, Word

MOST_AT_ONCE: Final = 512
"""Certificates of one round of statements."""

_LIST_LENGTHS = (1, 16, MOST_AT_ONCE)
"""Lengths of the lists in statements, so that few different statements are prepared; the last value fills the rest."""

_BINDING = "SELECT chain_id, genesis_hash FROM chain_binding WHERE id = 1"
_CONTRACTS = "SELECT name, address FROM bound_contracts"
_CURSOR = "SELECT log_size, log_root FROM cursor WHERE id = 1"

_LEAF = """o.leaf_index, o.kind, o.ledger, o.operation_id, o.subject, o.from_account, o.to_account, o.quantity_gco2e,
       o.record_hash, o.timestamp, CAST(r.{record} AS BLOB)"""
_LEAF_JOIN = """JOIN operations o ON o.leaf_index = c.leaf_index
LEFT JOIN records r ON r.record_hash = o.record_hash"""

_REDUCTIONS = f"""
SELECT {_LEAF}, c.number, c.lot_id, c.purpose, c.first_serial, c.account, c.quantity_gco2e, a.code, m.code, m.version,
       l.reduction_class, l.first_day, l.last_day, l.redeem_operation_id
FROM certificates c
{_LEAF_JOIN}
JOIN lots l ON l.lot_id = c.lot_id
LEFT JOIN activities a ON a.activity_id = l.activity_id
LEFT JOIN methodologies m ON m.methodology_id = l.methodology_id
WHERE c.number IN (%s)
"""  # noqa: S608 - constants of ours
_CAMPAIGNS = f"""
SELECT {_LEAF}, c.certificate_number, g.code, c.reduction_class, c.purpose, c.quantity_gco2e
FROM campaign_cancellations c
{_LEAF_JOIN}
JOIN campaigns g ON g.campaign_id = c.campaign_id
WHERE c.certificate_number IN (%s)
"""  # noqa: S608 - as above
# Batches from the one that holds the least number, if one does, to the one that holds the greatest.
_BATCHES = f"""
SELECT {_LEAF}, c.batch_number, c.reduction_class, c.root, c.total, c.entry_count, c.file_hash, c.first_certificate
FROM batches c
{_LEAF_JOIN}
WHERE c.first_certificate <= ?
  AND c.first_certificate >= COALESCE((SELECT MAX(first_certificate) FROM batches WHERE first_certificate <= ?), 0)
ORDER BY c.first_certificate
"""  # noqa: S608 - as above
_CHECKPOINTS = """
SELECT size, note FROM checkpoints
WHERE size IN (
    SELECT (
        SELECT MIN(k.size) FROM checkpoints k
        WHERE k.size > o.leaf_index AND k.size <= ? AND k.published_at IS NOT NULL
    )
    FROM operations o WHERE o.leaf_index IN (%s)
)
ORDER BY size
"""


class Contradiction(NamedTuple):
    """A value of the mirror beside the leaf that is not the leaf's: one of the two was changed."""

    table: str
    column: str
    found: str
    leaf: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the database says of one certificate: a bundle, whole but for the person's entry where it needs one."""

    number: int
    document: dict[str, Json] = field(repr=False)
    signed: bool
    """Whether a published checkpoint covers it: then its bytes are the same for ever."""
    log_size: int
    """Of the log that its proof leads to."""
    contradictions: tuple[Contradiction, ...] = ()

    @property
    def kind(self) -> str:
        """`reductions`, `points` or `campaign` (§8.2)."""
        certificate = self.document["certificate"]
        assert isinstance(certificate, dict)  # noqa: S101 - it was made here
        return str(certificate["kind"])

    @property
    def personal(self) -> bool:
        """Whether it is of a person's entry, without which there is no bundle."""
        return self.kind == "points"

    def to_bytes(self, entry: EntryProof | None = None) -> bytes:
        """The bundle; `entry` where and only where the certificate is a person's."""
        assert (entry is not None) == self.personal  # noqa: S101 - whoever asks for it knows the kind
        return canonical_json(self.document if entry is None else {**self.document, "entry": entry.to_json()})


def draft(questions: Questions, nodes: NodeSource, number: int, *, whole: bool = False) -> Draft:
    """One certificate's bundle; `NotFound` where the number was not given yet."""
    for found in drafts(questions, nodes, (number,), whole=whole):
        return found
    raise NotFound("certificate", number)


def drafts(questions: Questions, nodes: NodeSource, numbers: Iterable[int], *, whole: bool = False) -> Iterator[Draft]:
    """The bundles of certificates in the order of `numbers`; numbers that were not given yet are left out.

    Records as anyone may see them, or with `whole` with every field. `nodes` are the log's, of the same state.
    """
    log = _Log.read(questions, nodes)
    column = "document" if whole else "public"
    left = iter(numbers)
    while part := list(islice(left, MOST_AT_ONCE)):
        found = dict(_rows(questions, part, column))
        log.look_up(questions, {one.leaf.leaf_index for one in found.values()})
        for number in part:
            if number in found:
                yield _draft(log, number, found[number])


class _Leaf(NamedTuple):
    """A row of `operations` with its record."""

    leaf_index: int
    kind: int
    ledger: bytes
    operation_id: bytes
    subject: bytes
    from_account: bytes | None
    to_account: bytes | None
    grams: int
    record_hash: bytes
    timestamp: int
    record: bytes | None


_LEAF_COLUMNS = len(_Leaf._fields)


class _Found(NamedTuple):
    """A certificate as its own table has it, and its leaf."""

    leaf: _Leaf
    certificate: dict[str, Json]
    contradictions: tuple[Contradiction, ...] = ()


def _rows(questions: Questions, numbers: Sequence[int], column: str) -> Iterator[tuple[int, _Found]]:
    """Every certificate of `numbers` that there is, by its number."""
    marks, values = _list(numbers)
    for row in questions.all(_REDUCTIONS.format(record=column) % marks, *values):
        yield row[_LEAF_COLUMNS], _reductions(row)
    for row in questions.all(_CAMPAIGNS.format(record=column) % marks, *values):
        yield row[_LEAF_COLUMNS], _campaign(row)
    batches = questions.all(_BATCHES.format(record=column), max(numbers), min(numbers))
    firsts = [row[-1] for row in batches]
    for number in numbers:
        place = bisect_right(firsts, number) - 1
        if place >= 0 and number < firsts[place] + batches[place][-3]:
            yield number, _points(batches[place], number)


def _list(values: Sequence[int]) -> tuple[str, list[int]]:
    """Question marks for a list in a statement, and as many values."""
    length = next(one for one in _LIST_LENGTHS if one >= len(values))
    return ", ".join("?" * length), [*values, *[values[-1]] * (length - len(values))]


# ------------------------------------------------------------------------------------------------------- certificates


def _reductions(row: Sequence[Any]) -> _Found:
    leaf, said = _Leaf._make(row[:_LEAF_COLUMNS]), row[_LEAF_COLUMNS:]
    number, lot_id, purpose, first_serial, account, grams, *origin = said
    certificate: dict[str, Json] = {
        "kind": "reductions",
        "number": number,
        "lot_id": _hex(lot_id),
        "purpose": CancellationPurpose.from_number(purpose).label,
        "first_serial": str(first_serial),
        "lot": _lot(*origin),
    }
    contradictions = _contradictions(
        "certificates",
        ("account", _hex(account), _address(leaf.from_account)),
        ("quantity_gco2e", str(grams), str(leaf.grams)),
    )
    return _Found(leaf, certificate, contradictions)


def _lot(  # noqa: PLR0917 - columns in their order
    activity: str | None,
    methodology: str | None,
    version: int | None,
    reduction_class: int,
    first_day: int | None,
    last_day: int | None,
    redeem_operation_id: bytes | None,
) -> Json:
    """What opens the lot's id (§8.2)."""
    if redeem_operation_id is not None:
        return {"redeem_operation_id": _hex(redeem_operation_id), "class": _word(ReductionClass, reduction_class)}
    return {
        "activity_code": activity,
        "methodology_code": methodology,
        "methodology_version": version,
        "class": _word(ReductionClass, reduction_class),
        "period_first_day": date_of_civil_day(first_day).isoformat(),
        "period_last_day": date_of_civil_day(last_day).isoformat(),
    }


def _campaign(row: Sequence[Any]) -> _Found:
    leaf, said = _Leaf._make(row[:_LEAF_COLUMNS]), row[_LEAF_COLUMNS:]
    number, code, reduction_class, purpose, grams = said
    certificate: dict[str, Json] = {
        "kind": "campaign",
        "number": number,
        "campaign_code": code,
        "class": _word(ReductionClass, reduction_class),
        "purpose": _word(CancellationPurpose, purpose),
    }
    quantity = ("quantity_gco2e", str(grams), str(leaf.grams))
    return _Found(leaf, certificate, _contradictions("campaign_cancellations", quantity))


def _points(row: Sequence[Any], number: int) -> _Found:
    leaf, said = _Leaf._make(row[:_LEAF_COLUMNS]), row[_LEAF_COLUMNS:]
    batch_number, reduction_class, root, total, entry_count, file_hash, first_certificate = said
    certificate: dict[str, Json] = {
        "kind": "points",
        "number": number,
        "batch": {
            "number": batch_number,
            "class": _word(ReductionClass, reduction_class),
            "root": _hex(root),
            "total": str(total),
            "entry_count": entry_count,
            "file_hash": _hex(file_hash),
            "first_certificate": first_certificate,
        },
    }
    return _Found(leaf, certificate)


def _contradictions(table: str, *compared: tuple[str, str, str]) -> tuple[Contradiction, ...]:
    return tuple(Contradiction(table, *one) for one in compared if one[1] != one[2])


# ----------------------------------------------------------------------------------------------------------- the rest


def _draft(log: _Log, number: int, found: _Found) -> Draft:
    leaf = found.leaf
    note, size = log.checkpoint_of(leaf.leaf_index)
    inclusion: list[Json] = [_hex(member) for member in log.inclusion(leaf.leaf_index, size)]
    document: dict[str, Json] = {
        "type": "tanpuhui-certificate",
        "format": encoding.FORMAT,
        "deployment": log.deployment,
        "certificate": found.certificate,
        "record": _record(leaf.record),
        "leaf": {
            "index": leaf.leaf_index,
            "kind": _word(OperationKind, leaf.kind),
            "ledger": _hex(leaf.ledger),
            "operation_id": _hex(leaf.operation_id),
            "subject": _hex(leaf.subject),
            "from": _address(leaf.from_account),
            "to": _address(leaf.to_account),
            "quantity_gco2e": str(leaf.grams),
            "record_hash": _hex(leaf.record_hash),
            "timestamp": leaf.timestamp,
        },
        "proof": {"type": "log", "inclusion": inclusion, "checkpoint": note},
    }
    return Draft(
        number=number,
        document=document,
        signed=size in log.published,
        log_size=size,
        contradictions=found.contradictions,
    )


def _record(text: bytes | None) -> Json:
    """The kept document, whatever it says; what is no JSON any more is as good as not kept."""
    if text is None:
        return None
    try:
        return parse_strict(bytes(text))
    except InvalidJson:
        return None


@dataclass(slots=True)
class _Log:
    """What the bundles of one state of the database have in common."""

    deployment: dict[str, Json]
    origin: str
    size: int
    root: bytes
    nodes: NodeSource
    published: dict[int, str] = field(default_factory=dict)
    """Notes by the size that they state."""

    @classmethod
    def read(cls, questions: Questions, nodes: NodeSource) -> _Log:
        binding, cursor = questions.all(_BINDING), questions.all(_CURSOR)
        if not binding or not cursor:
            raise NotFound("index", "the deployment that it is bound to")
        (chain_id, genesis_hash), (size, root) = binding[0], cursor[0]
        contracts = {name: Address(bytes(address)) for name, address in questions.all(_CONTRACTS)}
        log, reductions, points = (
            contracts[name]
            for name in (ContractName.TRANSPARENCY_LOG, ContractName.REDUCTION_LEDGER, ContractName.POINT_LEDGER)
        )
        deployment_id = encoding.deployment_id(
            chain_id=chain_id,
            genesis_hash=Hash32(bytes(genesis_hash)),
            transparency_log=log,
            reduction_ledger=reductions,
            point_ledger=points,
        )
        document: dict[str, Json] = {
            "chain_id": chain_id,
            "genesis_hash": _hex(genesis_hash),
            "transparency_log": log.hex0x,
            "reduction_ledger": reductions.hex0x,
            "point_ledger": points.hex0x,
        }
        origin = encoding.log_origin(chain_id=chain_id, deployment_id=deployment_id)
        return cls(document, origin, size, bytes(root), nodes)

    def look_up(self, questions: Questions, leaf_indexes: Iterable[int]) -> None:
        """Reads the checkpoints of these leaves. One of a size that this mirror has not reached yet does not count."""
        if wanted := sorted(leaf_indexes):
            marks, values = _list(wanted)
            self.published = dict(questions.all(_CHECKPOINTS % marks, self.size, *values))

    def checkpoint_of(self, leaf_index: int) -> tuple[str, int]:
        """The checkpoint of a leaf and its size: the note, or the unsigned text of the log as it is now."""
        for size, note in self.published.items():
            if size > leaf_index:
                return note, size
        return Checkpoint(self.origin, self.size, Hash32(self.root)).text, self.size

    def inclusion(self, leaf_index: int, size: int) -> list[bytes]:
        return read_path(inclusion_path(leaf_index, size), self.nodes)


def _hex(value: bytes) -> str:
    return "0x" + bytes(value).hex()


def _address(value: bytes | None) -> str:
    return ZERO_ADDRESS.hex0x if value is None else _hex(value)


def _word(kind: type[Word], number: int) -> str:
    return kind.from_number(number).label
