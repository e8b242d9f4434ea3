"""Many messages of one layout hashed by all processors."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ledger import encoding
from ledger.bulk import kernels
from ledger.bulk.columns import HASH_LENGTH, Hashes, Strings, checked
from ledger.bulk.sha256 import INITIAL_STATE
from ledger.errors import OutOfRange

SPAN = 1 << 14
"""Messages that a thread takes at a time: their columns stay in its processor's cache."""

_PIECES = 3
_NO_COLUMN = checked("nothing", np.empty((0, 0), np.uint8), np.uint8, 2)


@dataclass(frozen=True, eq=False)
class Piece:
    """`width` bytes from `first` on of each row of `column` [n, …], put at `place` of the head of each message."""

    column: NDArray[np.uint8]
    width: int
    place: int
    first: int = 0


def keyed_hashes(key: bytes, messages: Strings) -> Hashes:
    """HMAC-SHA256 of each message, as `ledger.encoding.keyed_hash`; `OutOfRange` for a key that is too short."""
    return hash_messages(len(messages), b"", strings=messages, key=key)


def plain_hashes(messages: Strings) -> Hashes:
    """SHA-256 of each message."""
    return hash_messages(len(messages), b"", strings=messages)


def hash_messages(
    count: int,
    head: bytes,
    pieces: Sequence[Piece] = (),
    *,
    strings: Strings | None = None,
    key: bytes | None = None,
    out: NDArray[np.uint8] | None = None,
    column: int = 0,
) -> NDArray[np.uint8]:
    """SHA-256, or HMAC-SHA256 under `key`, of `count` messages: head with pieces, then each one's string.

    Digests go to `out` [count, …] from `column` on; without `out` they are a new column.
    """
    digests = np.empty((count, HASH_LENGTH), np.uint8) if out is None else out
    inner, outer, before = _states(key)
    columns = tuple(checked("piece", piece.column, np.uint8, 2) for piece in pieces)
    columns += (_NO_COLUMN,) * (_PIECES - len(pieces))
    places = np.zeros((_PIECES, 3), np.int64)
    for number, piece in enumerate(pieces):
        places[number] = piece.first, piece.width, piece.place
    rest = columns, places, inner, before, outer, key is not None, digests, column

    if strings is None:
        padded = np.frombuffer(head.ljust(kernels.padded_length(len(head)), b"\0"), np.uint8)
        in_spans(count, lambda first, last: kernels.hash_heads(first, last, padded, len(head), *rest))
    else:
        start, offsets, data = np.frombuffer(head, np.uint8), strings.offsets, strings.data.reshape(1, -1)
        in_spans(count, lambda first, last: kernels.hash_strings(first, last, start, offsets, data, *rest))
    return digests


def in_spans(count: int, work: Callable[[int, int], None], span: int = SPAN) -> None:
    """Calls `work(first, last)` for spans of 0 to `count`, on a thread for each processor where there are several."""
    starts = range(0, count, span)
    if len(starts) <= 1:
        if count:
            work(0, count)
        return
    with ThreadPoolExecutor(processors()) as threads:
        for done in [threads.submit(work, first, min(first + span, count)) for first in starts]:
            done.result()


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _states(key: bytes | None) -> tuple[NDArray[np.uint32], NDArray[np.uint32], int]:
    """States before the message and before the inner digest, and how many bytes each has taken in (RFC 2104 §2)."""
    if key is None:
        return INITIAL_STATE, INITIAL_STATE, 0
    if len(key) < encoding.MIN_KEY_LENGTH:
        raise OutOfRange("key", f"be at least {encoding.MIN_KEY_LENGTH} bytes", f"{len(key)} bytes")
    short = key if len(key) <= kernels.BLOCK else plain_hashes(Strings.from_list([key])).tobytes()
    padded = np.frombuffer(short.ljust(kernels.BLOCK, b"\0"), np.uint8)
    return kernels.absorb(padded ^ np.uint8(0x36)), kernels.absorb(padded ^ np.uint8(0x5C)), kernels.BLOCK
