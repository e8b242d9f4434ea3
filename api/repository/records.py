"""Records as the public may see them: what is disclosed with its salt, of the rest only the commitment."""

from functools import lru_cache
from typing import Any

import orjson

from api.repository.snapshots import Snapshot
from ledger.canonical import canonical_json
from ledger.encoding import record_field_commitment

_RECORD = "SELECT CAST(document AS BLOB), disclosed FROM records WHERE record_hash = ?"


def public_record(snapshot: Snapshot, record_hash: bytes) -> dict[str, Any] | None:
    """The record of this hash with the fields that anyone may see; None where the document is not kept here."""
    row = snapshot.one(_RECORD, bytes(record_hash))
    return None if row is None else disclose(row[0], row[1])


def disclose(document: bytes, disclosed: str) -> dict[str, Any]:
    """`Record.disclose(names).to_json()` of `ledger.records`, without checking anew what was checked when it was saved.

    Tests hold the two equal. `document` is canonical JSON in UTF-8, `disclosed` a JSON array of names.
    """
    record: dict[str, Any] = orjson.loads(document)
    shown = _names(disclosed)
    record["fields"] = [
        field if field["name"] in shown else {"commitment": _commitment(field)} for field in record["fields"]
    ]
    return record


@lru_cache(maxsize=4_096)
def _names(disclosed: str) -> frozenset[str]:
    return frozenset(orjson.loads(disclosed))


def _commitment(field: dict[str, Any]) -> str:
    value = field["value"]
    # Of text the canonical bytes are those that orjson writes (tests/unit/api/test_records.py), four times faster.
    canonical = orjson.dumps(value) if type(value) is str else canonical_json(value)
    salt = bytes.fromhex(field["salt"][2:])
    return "0x" + record_field_commitment(name=field["name"], salt=salt, canonical_value=canonical).hex()
