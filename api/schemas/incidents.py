"""What happened to the index."""

from typing import Annotated, Any

from pydantic import Field

from api.repository.incidents import IncidentRow
from api.repository.snapshots import rfc3339
from api.schemas.common import Answered, Hash, Index, Model, Time, hex0x, optional_hex0x
from indexer.schema import IncidentKind


def incident_word(number: int) -> str:
    """The word of a kind: `wrong-batch`."""
    return IncidentKind(number).name.lower().replace("_", "-")


class Incident(Model):
    """One of them."""

    incident_id: Annotated[int, Field(ge=1, examples=[1])]
    kind: Annotated[str, Field(pattern=f"^({'|'.join(map(incident_word, IncidentKind))})$", examples=["reorg"])]
    """`reorg`: the chain took blocks back; `halt`: something broke a check, and nothing more was indexed until it was
    resolved; the others were found in the file of an anchored batch.
    """
    code: Annotated[str, Field(examples=["reorg"])]
    """Of the error, or of the rule that was broken. What more there is, is for the operator."""
    detected_time: Time
    """By the clock of whoever indexed; nothing proves it, nor the next."""
    resolved_time: Time | None
    """None of a reorg, which is over when it is written, and while it stands."""
    open: bool
    block_number: Index
    """Where the index stood."""
    block_hash: Hash
    halted_to: Index | None
    """Of a halt: the block on whose way it happened."""
    batch_number: Index | None
    ancestor_number: Index | None
    """Of a reorg: the last block that both chains share."""
    ancestor_hash: Hash | None


class IncidentsAnswer(Answered):
    """A page of them, newest first."""

    items: list[Incident]
    next: str | None


def incident_document(row: IncidentRow) -> dict[str, Any]:
    """An incident as JSON."""
    return {
        "incident_id": row.incident_id,
        "kind": incident_word(row.kind),
        "code": row.code,
        "detected_time": rfc3339(row.detected_at),
        "resolved_time": None if row.resolved_at is None else rfc3339(row.resolved_at),
        "open": row.resolved_at is None and row.kind != IncidentKind.REORG,
        "block_number": row.block_number,
        "block_hash": hex0x(row.block_hash),
        "halted_to": row.halted_to,
        "batch_number": row.batch_number,
        "ancestor_number": row.ancestor_number,
        "ancestor_hash": optional_hex0x(row.ancestor_hash),
    }
