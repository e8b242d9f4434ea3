"""What a person who shows a lookup token sees of the own points."""

import json
from typing import Any

from api.pagination import Key
from api.parameters import Arguments, id_parameter
from api.personal import Person, PersonRoute
from api.reading import Found, Keyed, ListRoute, ReadRoute
from api.repository import log, points
from api.repository.points import BatchRow
from api.repository.snapshots import Snapshot, rfc3339
from api.routes.operations import ORDER
from api.schemas.common import hex0x, label, quantity
from api.schemas.operations import links
from api.schemas.personal import EntryProofAnswer, PersonalEntriesAnswer, PointAccountAnswer, SnapshotAnswer
from api.schemas.points import CLASSES, batch_document
from indexer.entry_index import EntryPlace
from indexer.point_accounts import BatchHeader
from indexer.schema import BatchFileState
from ledger.entries import EntryProof
from ledger.errors import NotFound
from ledger.ids import Hash32
from ledger.vocabulary import BatchKind, ReductionClass

_MOST_BATCHES = 1_000


def read_point_account(person: Person, snapshot: Snapshot, _: Arguments) -> Found:
    """A person's points by class and by batch."""
    by_batch: dict[int, list[EntryPlace]] = {}
    for place in person.accounts.places(person.tag):
        by_batch.setdefault(place.batch.number, []).append(place)
    batches = []
    for number in sorted(by_batch, reverse=True)[:_MOST_BATCHES]:
        row = checked_batch(snapshot, by_batch[number][0])
        if row is None:
            continue
        amounts = [person.accounts.amount(header_of(row), place.row) for place in by_batch[number]]
        batches.append(
            {
                "batch_number": number,
                "kind": label(BatchKind, row.kind),
                "reduction_class": label(ReductionClass, row.reduction_class),
                "entries": len(amounts),
                "points": str(sum(amount.credited for amount in amounts)),
            }
        )
    return Found({"classes": balances(person), "batches": batches})


def balances(person: Person) -> list[dict[str, str]]:
    """A person's points of each class."""
    found = []
    for one in CLASSES:
        every, free = person.accounts.balance(person.tag, one)
        found.append({"reduction_class": one.label, "points": str(every), "available": str(free)})
    return found


def read_point_entries(
    person: Person, snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None
) -> list[Keyed]:
    """A person's entries in the order of the chain or against it."""
    places = person.accounts.places(person.tag)
    newest_first = arguments["order"] == "newest-first"
    if newest_first:
        places.reverse()
    if after is not None:
        begin = (int(after[0]), int(after[1]))
        places = [
            place
            for place in places
            if ((place.batch.number, place.row) < begin if newest_first else (place.batch.number, place.row) > begin)
        ]
    rows: list[Keyed] = []
    for place in places:
        if len(rows) == limit:
            break
        batch = checked_batch(snapshot, place)
        if batch is not None:
            rows.append(((place.batch.number, place.row), _entry_document(person, snapshot, place, batch)))
    return rows


def read_point_proof(person: Person, snapshot: Snapshot, arguments: Arguments) -> Found:
    """The proof of one of the person's entries; another's is not there."""
    entry_id = arguments["entry_id"]
    place, entry = person.accounts.place_of(person.tag, entry_id)
    batch = checked_batch(snapshot, place)
    if batch is None:
        raise NotFound("entry", entry_id.hex0x)
    header = header_of(batch)
    proof = person.accounts.proof(header, place.row, entry)
    document = {
        "proof": proof.to_json(),
        "offset": str(proof.verify()),
        "points": str(person.accounts.amount(header, place.row).credited),
        "batch": batch_document(batch),
        "leaf_proof": _leaf_proof(snapshot, batch.leaf_index),
        "links": links(batch.leaf_index, snapshot.as_of.log_size),
    }
    return Found(document)


def read_point_snapshot(person: Person, snapshot: Snapshot, _: Arguments) -> Found:
    """The person's balance in the last snapshot of each class."""
    found = []
    for one in CLASSES:
        batch = points.latest_snapshot(snapshot, int(one))
        if batch is None or batch.file_state != BatchFileState.CHECKED.value:
            continue
        header = header_of(batch)
        row = person.accounts.snapshot_row(header, person.tag)
        proof: EntryProof | None = None if row is None else person.accounts.proof(header, row)
        found.append(
            {
                "reduction_class": one.label,
                **quantity(0 if proof is None else proof.entry.grams),
                "proof": None if proof is None else proof.to_json(),
                "batch": batch_document(batch),
                "leaf_proof": _leaf_proof(snapshot, batch.leaf_index),
            }
        )
    return Found({"snapshots": found})


def checked_batch(snapshot: Snapshot, place: EntryPlace) -> BatchRow | None:
    """The batch of an entry as the chain has it now; None where the chain took it back, or its file is not good."""
    row = points.batch(snapshot, place.batch.number)
    if row is None or row.file_hash != place.batch.file_hash or row.file_state != BatchFileState.CHECKED.value:
        return None
    return row


def header_of(row: BatchRow) -> BatchHeader:
    """What the chain says of a batch that has a file."""
    assert row.file_hash is not None  # noqa: S101 - it was checked
    assert row.root is not None  # noqa: S101 - as above
    return BatchHeader(
        file_hash=Hash32(row.file_hash),
        kind=BatchKind.from_number(row.kind),
        reduction_class=ReductionClass.from_number(row.reduction_class),
        root=Hash32(row.root),
        total=row.total,
        entry_count=row.entry_count,
        withheld=row.withheld_grams,
    )


def _entry_document(person: Person, snapshot: Snapshot, place: EntryPlace, batch: BatchRow) -> dict[str, Any]:
    entry = person.accounts.row(place)
    cancelled = batch.first_certificate
    return {
        "entry_id": hex0x(entry.entry_id),
        "batch_number": batch.batch_number,
        "index": place.row,
        "kind": label(BatchKind, batch.kind),
        "reduction_class": label(ReductionClass, batch.reduction_class),
        "grams": str(entry.grams),
        "points": str(person.accounts.amount(header_of(batch), place.row).credited),
        "details": json.loads(entry.details),
        "certificate_number": None if cancelled is None else cancelled + place.row,
        "campaign": _donated_to(snapshot, batch),
        "time": rfc3339(batch.timestamp),
    }


def _donated_to(snapshot: Snapshot, batch: BatchRow) -> dict[str, Any] | None:
    if batch.campaign_id is None:
        return None
    cancelled = points.cancellation_after(snapshot, batch)
    return {
        "campaign_id": hex0x(batch.campaign_id),
        "code": batch.campaign_code,
        "certificate_number": None if cancelled is None else cancelled.certificate_number,
    }


def _leaf_proof(snapshot: Snapshot, leaf_index: int) -> dict[str, Any]:
    size = snapshot.as_of.log_size
    leaf_hash, path = log.inclusion_proof(snapshot, leaf_index, size)
    return {
        "leaf_index": leaf_index,
        "leaf_hash": hex0x(leaf_hash),
        "tree_size": size,
        "root": hex0x(log.root_of(snapshot, size)),
        "path": [hex0x(member) for member in path],
    }


ROUTES = (
    PersonRoute(
        ReadRoute(
            "/v1/points/account",
            read_point_account,  # type: ignore[arg-type]  # the person comes first
            summary="A person's points, by class and by batch",
            description="With the person's lookup token. Only what this instance has checked counts.",
            model=PointAccountAnswer,
            tag="personal",
        ),
        read_point_account,
    ),
    PersonRoute(
        ListRoute(
            "/v1/points/account/entries",
            read_point_entries,  # type: ignore[arg-type]
            key_types=(int, int),
            summary="A person's entries",
            description="With the person's lookup token. Donations say where they went, and under which certificate.",
            model=PersonalEntriesAnswer,
            tag="personal",
            parameters=(ORDER,),
        ),
        read_point_entries,
    ),
    PersonRoute(
        ReadRoute(
            "/v1/points/account/entries/{entry_id}/proof",
            read_point_proof,  # type: ignore[arg-type]
            summary="The proof of one entry of the person",
            description="With the person's lookup token: the entry's path to its batch, and the batch's to the log.",
            model=EntryProofAnswer,
            tag="personal",
            parameters=(id_parameter("entry_id", Hash32, "Id of the entry."),),
            may_be_missing=True,
        ),
        read_point_proof,
    ),
    PersonRoute(
        ReadRoute(
            "/v1/points/account/snapshot",
            read_point_snapshot,  # type: ignore[arg-type]
            summary="The proof of the person's balance in the last snapshot of each class",
            description="With the person's lookup token.",
            model=SnapshotAnswer,
            tag="personal",
        ),
        read_point_snapshot,
    ),
)
