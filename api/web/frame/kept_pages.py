"""The memory of pages that were drawn: bounded, and small where pages are alike."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from threading import Lock
from typing import Final, NamedTuple

from api.repository.snapshots import Version

_OVERHEAD: Final = 512
"""Bytes that a page takes besides itself and its key, about."""
_LEVEL: Final = 1
_RAW: Final = -15


class Key(NamedTuple):
    """Of a page. Pages of one `group` (a route in a language) differ in few places."""

    group: str
    address: str


class Kept(NamedTuple):
    """A page that was found true at a version of the index, made of `basis` if it says of what, with the warning
    `stale` in it.
    """

    version: Version | None
    basis: bytes | None
    stale: object
    packed: bytes
    first: bytes

    @property
    def page(self) -> bytes:
        """The page, with its gap for the as-of line."""
        return zlib.decompressobj(_RAW, zdict=self.first).decompress(self.packed)


class KeptPages:
    """Pages by their key, up to so many bytes in all; those used last stay.

    A page is kept as its difference from the first of its group: some 700 bytes of 10,000.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._pages: OrderedDict[Key, Kept] = OrderedDict()
        self._firsts: dict[str, bytes] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._pages)

    def get(self, key: Key) -> Kept | None:
        """The page, if it is here."""
        with self._lock:
            found = self._pages.get(key)
            if found is not None:
                self._pages.move_to_end(key)
            return found

    def put(self, key: Key, version: Version | None, basis: bytes | None, stale: object, page: bytes) -> None:
        """Keeps a page in the place of the one that was kept before. One of no version and no basis is of no use."""
        if version is None and basis is None:
            return
        first = self._firsts.setdefault(key.group, page)
        deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, zdict=first)
        kept = Kept(version, basis, stale, deflater.compress(page) + deflater.flush(), first)
        with self._lock:
            self._drop(key)
            self._pages[key] = kept
            self._bytes += _size(key, kept)
            while self._bytes > self._most_bytes:
                self._drop(next(iter(self._pages)))

    def confirm(self, key: Key, version: Version | None) -> None:
        """What is kept under this key was found true at another version too."""
        with self._lock:
            if (found := self._pages.get(key)) is not None:
                self._pages[key] = found._replace(version=version)

    def _drop(self, key: Key) -> None:
        if (found := self._pages.pop(key, None)) is not None:
            self._bytes -= _size(key, found)


def _size(key: Key, kept: Kept) -> int:
    return _OVERHEAD + len(kept.packed) + len(key.address)
