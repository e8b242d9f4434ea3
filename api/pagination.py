"""Keyset pagination: a cursor holds the sort key of the last row shown, and which list it belongs to.

A cursor is opaque to callers and validated when it comes back: form, list and filters must be those it was made for,
so that none can be made to skip a filter. It holds nothing that its page did not show.
"""

import base64
import binascii
from collections.abc import Sequence
from hashlib import sha256

import orjson

from ledger.errors import InvalidIdentifier

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200
_LONGEST_CURSOR = 512

Key = tuple[int | str, ...]


def encode_cursor(listing: str, filters: Sequence[object], key: Key) -> str:
    """The cursor after the row with this sort key."""
    payload = orjson.dumps([_digest(listing, filters), *key])
    return base64.urlsafe_b64encode(payload).rstrip(b"=").decode()


def decode_cursor(cursor: str, listing: str, filters: Sequence[object], key_types: Sequence[type]) -> Key:
    """The sort key inside a cursor; `InvalidIdentifier` unless it was made for this list with these filters."""
    malformed = InvalidIdentifier(
        "cursor", "be a cursor that this list returned, used with the same filters", cursor[:80]
    )
    if len(cursor) > _LONGEST_CURSOR:
        raise malformed
    try:
        payload = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise malformed from None
    if not isinstance(payload, list) or len(payload) != 1 + len(key_types) or payload[0] != _digest(listing, filters):
        raise malformed
    key = payload[1:]
    if any(type(part) is not kind for part, kind in zip(key, key_types, strict=True)):
        raise malformed
    if any(isinstance(part, int) and not -(2**63) <= part < 2**63 for part in key):
        raise malformed
    return tuple(key)


def _digest(listing: str, filters: Sequence[object]) -> str:
    return sha256(repr((listing, [str(value) for value in filters])).encode()).hexdigest()[:16]
