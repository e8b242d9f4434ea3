"""Where activities are: the district (区) that the public part of a registration's record names."""

from __future__ import annotations

import orjson

from api.repository.snapshots import Snapshot

FIELD = "district"
_NAMED = """
SELECT a.activity_id, CAST(r.public AS BLOB)
FROM activities a
JOIN operations o ON o.leaf_index = a.registered_leaf_index
JOIN records r ON r.record_hash = o.record_hash
WHERE r.public LIKE ?
"""
_LONGEST = 64


def districts(snapshot: Snapshot) -> dict[bytes, str]:
    """District by activity, of those whose registration names one for all to see. Never kept: what is public may change
    without any operation.
    """
    found: dict[bytes, str] = {}
    for activity_id, public in snapshot.all(_NAMED, f'%"name":"{FIELD}"%'):
        for field in orjson.loads(public)["fields"]:
            value = field.get("value")
            if field.get("name") == FIELD and isinstance(value, str) and _is_name(value.strip()):
                found[bytes(activity_id)] = value.strip()
    return found


def _is_name(text: str) -> bool:
    """Whether this names a district: `-` and the like do not."""
    return len(text) <= _LONGEST and any(one.isalnum() for one in text)
