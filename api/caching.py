"""Validators and cache rules (RFC 9110 §8.8, §13; RFC 9111)."""

from enum import Enum
from hashlib import sha256


class CacheRule(Enum):
    """How long an answer may be kept without asking again.

    IMMUTABLE is only for hashes that can never change (leaves, proofs for a given tree size). Whatever shows a
    document stays REVALIDATED, because a field that is disclosed today may be withdrawn tomorrow.
    """

    IMMUTABLE = b"public, max-age=31536000, immutable"
    REVALIDATED = b"public, no-cache"
    NEVER = b"no-store"


def strong_etag(body: bytes) -> bytes:
    """A strong entity tag: 96 bits of the SHA-256 of the body."""
    return b'"' + sha256(body).hexdigest()[:24].encode() + b'"'


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Whether `If-None-Match` names this tag. Compares weakly, as RFC 9110 §13.1.2 demands for this header."""
    if if_none_match == etag:
        return True
    if if_none_match.strip() == b"*":
        return True
    return any(tag.strip().removeprefix(b"W/") == etag for tag in if_none_match.split(b","))
