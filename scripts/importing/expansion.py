"""The bytes of a file, expanded if they are a gzip stream, and never more of them than the format allows."""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterable, Iterator
from typing import Final

from scripts.importing.records import DataFile

_CHUNK_BYTES: Final = 1 << 18
_PIECE_BYTES: Final = 1 << 20
_RATIO_FROM_BYTES: Final = 16 << 20
_GZIP_MAGIC: Final = b"\x1f\x8b"


def expanded(file: DataFile) -> Generator[bytes]:
    """The bytes in pieces of at most a mebibyte; gzip is seen by its first bytes.

    `MalformedFile` for a stream that is damaged, cut off, or larger than `max_expanded_bytes` or `max_expansion` allow.
    """
    with file.path.open("rb") as opened:
        start = opened.read(len(_GZIP_MAGIC))
        opened.seek(0)
        chunks = iter(lambda: opened.read(_CHUNK_BYTES), b"")
        yield from _gunzip(file, chunks) if start == _GZIP_MAGIC else chunks


def _gunzip(file: DataFile, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The expanded stream, members one after another."""
    stream = zlib.decompressobj(wbits=31)
    within, consumed, produced = False, 0, 0
    for chunk in chunks:
        consumed += len(chunk)
        rest = chunk
        while rest or within:
            if not within and not rest.strip(b"\x00"):
                break
            within = True
            try:
                piece = stream.decompress(rest, _PIECE_BYTES)
            except zlib.error as error:
                raise file.malformed("gzip stream", "be intact", str(error)) from None
            produced += len(piece)
            _check_expansion(file, consumed, produced)
            if piece:
                yield piece
            rest = stream.unconsumed_tail
            if stream.eof:
                rest, within, stream = stream.unused_data, False, zlib.decompressobj(wbits=31)
            elif not piece and not rest:
                break
    if within:
        raise file.malformed("gzip stream", "be complete", "truncated")


def _check_expansion(file: DataFile, consumed: int, produced: int) -> None:
    limit, ratio = file.format.max_expanded_bytes, file.format.max_expansion
    if produced > limit:
        raise file.malformed("gzip stream", f"expand to at most {limit} bytes (max_expanded_bytes)", "larger")
    if produced > _RATIO_FROM_BYTES and produced > consumed * ratio:
        rule = f"expand at most {ratio} times (max_expansion)"
        raise file.malformed("gzip stream", rule, f"{consumed} bytes that expand beyond {produced}")


def most_bytes(file: DataFile) -> int:
    """How many bytes `expanded` gives at most: of a file that is not compressed, as many as it has."""
    size, limits = file.path.stat().st_size, file.format
    with file.path.open("rb") as opened:
        if opened.read(len(_GZIP_MAGIC)) != _GZIP_MAGIC:
            return size
    return min(max(size * limits.max_expansion, _RATIO_FROM_BYTES), limits.max_expanded_bytes)
