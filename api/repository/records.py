"""Records as the public may see them: what is disclosed with its salt, of the rest only the commitment."""

from typing import Any

import orjson

from api.repository.snapshots import Snapshot

_PUBLIC = "SELECT CAST(public AS BLOB) FROM records WHERE record_hash = ?"
_PUBLIC_OF_LEAF = """
SELECT CAST(r.public AS BLOB)
FROM operations o
JOIN records r ON r.record_hash = o.record_hash
WHERE o.leaf_index = ?
"""


def public_record(snapshot: Snapshot, record_hash: bytes) -> orjson.Fragment | None:
    """The record of this hash with the fields that anyone may see; None where the document is not kept here."""
    row = snapshot.one(_PUBLIC, bytes(record_hash))
    return None if row is None else orjson.Fragment(bytes(row[0]))


def public_value(snapshot: Snapshot, leaf_index: int, name: str) -> Any:
    """The value of a field of an operation's record; None where the record is not kept here or the field not shown."""
    row = snapshot.one(_PUBLIC_OF_LEAF, leaf_index)
    fields = [] if row is None else orjson.loads(row[0])["fields"]
    return next((field["value"] for field in fields if field.get("name") == name), None)
