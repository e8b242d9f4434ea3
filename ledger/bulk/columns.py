"""Columns of a batch: hashes [n, 32], grams [n], strings as Arrow has them. Checked once, on the way in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from ledger.bulk import kernels
from ledger.errors import InvalidQuantity, OutOfRange
from ledger.units import MAX_GRAMS

HASH_LENGTH = 32

Hashes = NDArray[np.uint8]
"""Hashes, ids, tags or keys: uint8 [n, 32], C-contiguous."""

Salts = NDArray[np.uint8]
"""Salts of entries: uint8 [n, 32]; bytes 0 to 15 salt `account`, 16 to 31 `details`."""

Grams = NDArray[np.uint64]
"""Grams of entries: uint64 [n]."""


@dataclass(frozen=True, eq=False)
class Strings:
    """Byte strings one after another, as an Arrow column has them: string i is `data[offsets[i]:offsets[i + 1]]`.

    `offsets[0]` may be above 0, as in a slice. `OutOfRange` for offsets that descend or leave the data.
    """

    offsets: NDArray[np.int64]
    data: NDArray[np.uint8]

    def __post_init__(self) -> None:
        offsets = np.ascontiguousarray(self.offsets, np.int64)
        data = checked("data", self.data, np.uint8, 1)
        if offsets.ndim != 1 or len(offsets) == 0:
            raise OutOfRange("offsets", "be one more than the strings", offsets.shape)
        if offsets[0] < 0 or offsets[-1] > len(data) or bool((offsets[1:] < offsets[:-1]).any()):
            raise OutOfRange("offsets", f"ascend from 0 or more to {len(data)}, the length of the data", offsets)
        object.__setattr__(self, "offsets", checked("offsets", offsets, np.int64, 1))
        object.__setattr__(self, "data", data)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Bytes of each string."""
        return self.offsets[1:] - self.offsets[:-1]

    def part(self, first: int, last: int) -> Strings:
        """Strings `first` to `last - 1`; nothing is copied."""
        return Strings(self.offsets[first : last + 1], self.data)

    def take(self, indices: NDArray[np.int64]) -> Strings:
        """The strings at `indices`, in this order, as a column of its own."""
        starts = self.offsets[:-1][indices]
        offsets = np.zeros(len(starts) + 1, np.int64)
        np.cumsum(self.lengths[indices], out=offsets[1:])
        data = np.empty((1, offsets[-1]), np.uint8)
        kernels.take_strings(0, len(starts), starts, self.data.reshape(1, -1), offsets, data)
        return Strings(offsets, data[0])

    def to_list(self) -> list[bytes]:
        """The strings as Python has them."""
        data = self.data.tobytes()
        offsets = self.offsets.tolist()
        return [data[first:last] for first, last in pairwise(offsets)]

    @classmethod
    def from_list(cls, strings: Sequence[bytes]) -> Self:
        """A column of these strings."""
        offsets = np.fromiter(accumulate(map(len, strings), initial=0), np.int64, len(strings) + 1)
        return cls(offsets, np.frombuffer(b"".join(strings), np.uint8))


def take_hashes(column: Hashes, indices: NDArray[np.int64]) -> Hashes:
    """The hashes at `indices`, in this order; IndexError for one outside."""
    hashes = checked_hashes("column", column)
    if len(indices) and (indices.min() < 0 or indices.max() >= len(hashes)):
        raise IndexError(f"indices reach from {indices.min()} to {indices.max()} in a column of {len(hashes)}")
    taken = np.empty((len(indices), HASH_LENGTH), np.uint8)
    kernels.take_rows(0, len(indices), hashes, np.ascontiguousarray(indices, np.int64), taken)
    return taken


_Number = TypeVar("_Number", bound=np.generic)


def checked(name: str, column: NDArray[_Number], kind: type[_Number], dimensions: int) -> NDArray[_Number]:
    """The column as a read-only C-contiguous view; `OutOfRange` for another dtype or number of dimensions.

    Read-only, so that numba compiles each loop once, whether or not the caller's memory may be written.
    """
    if column.dtype != kind or column.ndim != dimensions:
        rule = f"be an array of {kind.__name__} of {dimensions} dimensions"
        raise OutOfRange(name, rule, f"{column.dtype} {column.shape}")
    view = np.ascontiguousarray(column).view()
    view.flags.writeable = False
    return view


def checked_hashes(name: str, column: Hashes, count: int | None = None) -> Hashes:
    """A column of `count` hashes; `OutOfRange` for anything else."""
    hashes = checked(name, column, np.uint8, 2)
    if hashes.shape[1] != HASH_LENGTH:
        raise OutOfRange(name, f"be {HASH_LENGTH} bytes wide", hashes.shape[1])
    check_count(name, len(hashes), count)
    return hashes


def checked_grams(grams: Grams, count: int | None = None) -> Grams:
    """A column of `count` entries' grams, each 1 to `MAX_GRAMS`; `OutOfRange`, or `InvalidQuantity` for the first
    that is not.
    """
    column = checked("grams", grams, np.uint64, 1)
    check_count("grams", len(column), count)
    wrong = np.flatnonzero((column == 0) | (column > MAX_GRAMS))
    if len(wrong):
        index = int(wrong[0])
        raise InvalidQuantity(f"grams of entry {index}", f"be 1 to {MAX_GRAMS} g", int(column[index]))
    return column


def check_count(name: str, found: int, expected: int | None) -> None:
    """Raises `OutOfRange` unless a column has as many members as the others."""
    if expected is not None and found != expected:
        raise OutOfRange(name, f"number {expected} like the other columns", found)
