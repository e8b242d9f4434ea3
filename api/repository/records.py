"""Records as the public may see them: what is disclosed with its salt, of the rest only the commitment."""

from typing import Any

import orjson

from api.repository.snapshots import Snapshot
from ledger.canonical import canonical_json
from ledger.encoding import record_field_commitment

_RECORD = "SELECT document, disclosed FROM records WHERE record_hash = ?"


def public_record(snapshot: Snapshot, record_hash: bytes) -> dict[str, Any] | None:
    """The record of this hash with the fields that anyone may see; None where the document is not kept here."""
    row = snapshot.one(_RECORD, bytes(record_hash))
    return None if row is None else disclose(row[0], row[1])


def disclose(document: str, disclosed: str) -> dict[str, Any]:
    """`Record.disclose(names).to_json()` of `ledger.records`, without checking anew what was checked when it was saved.

    Tests hold the two equal. `disclosed` is a JSON array of names.
    """
    record: dict[str, Any] = orjson.loads(document)
    shown = set(orjson.loads(disclosed))
    record["fields"] = [
        field if field["name"] in shown else {"commitment": _commitment(field)} for field in record["fields"]
    ]
    return record


def _commitment(field: dict[str, Any]) -> str:
    commitment = record_field_commitment(
        name=field["name"], salt=bytes.fromhex(field["salt"][2:]), canonical_value=canonical_json(field["value"])
    )
    return "0x" + commitment.hex()
