"""Validators and cache rules (RFC 9110 §8.8, §13; RFC 9111)."""

from enum import Enum
from zlib import crc32


class CacheRule(Enum):
    """How long an answer may be kept without asking again.

    Even a leaf that never changes is answered with the block as of which it was read and whether the index has halted;
    a field that is disclosed today may be withdrawn tomorrow. So every answer is asked for again, and the entity tag
    makes that cheap.
    """

    REVALIDATED = b"public, no-cache"
    NEVER = b"no-store"


def strong_etag(mark: bytes, body: bytes) -> bytes:
    """A strong entity tag: which block (or program) the body is of, its length, and its CRC-32, which need only tell
    apart bodies of one address at one block.
    """
    return b'"%s-%x-%08x"' % (mark, len(body), crc32(body))


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Whether `If-None-Match` names this tag. Compares weakly, as RFC 9110 §13.1.2 demands for this header."""
    if if_none_match == etag:
        return True
    if if_none_match.strip() == b"*":
        return True
    return any(tag.strip().removeprefix(b"W/") == etag for tag in if_none_match.split(b","))
