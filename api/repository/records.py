"""Records as the public may see them: what is disclosed with its salt, of the rest only the commitment."""

import orjson

from api.repository.snapshots import Snapshot

_PUBLIC = "SELECT CAST(public AS BLOB) FROM records WHERE record_hash = ?"


def public_record(snapshot: Snapshot, record_hash: bytes) -> orjson.Fragment | None:
    """The record of this hash with the fields that anyone may see; None where the document is not kept here."""
    row = snapshot.one(_PUBLIC, bytes(record_hash))
    return None if row is None else orjson.Fragment(bytes(row[0]))
