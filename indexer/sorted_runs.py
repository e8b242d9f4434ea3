"""Sorted runs: columns of 64-bit words in memory-mapped files, sorted by their first column and merged geometrically.

A set of runs answers "where is this key" for a whole column of keys at a time. New rows come as a run of their own;
whenever `FAN_IN` runs stand on one level they become one run of the next, so that a row is written and a key is looked
up a number of times that grows with the logarithm of all rows only. Runs are derived and can be made again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
"""Rows of a run by column: shape (columns, rows)."""

FAN_IN: Final = 6
"""Runs of one level that become one of the next."""

_SLICE_ROWS: Final = 1 << 22
"""About how many rows are merged in memory at a time."""

Combine = Callable[[Words], Words]
"""Makes rows of sorted rows, for instance one of all rows with equal keys; must not tell rows of one first word apart
that it is given at different times."""


class Run(NamedTuple):
    """A file of rows: its name, how many rows it has, and how often they were merged."""

    name: str
    rows: int
    level: int


@dataclass(frozen=True, slots=True)
class Matches:
    """Rows with the keys that were looked for: which key (its place in the question) and the row's other columns."""

    keys: NDArray[np.int64]
    rows: Words


class RunFiles:
    """The run files of one folder with a fixed number of columns."""

    def __init__(self, folder: Path, columns: int) -> None:
        self._folder = folder
        self._columns = columns

    def write(self, name: str, rows: Words) -> Run:
        """Writes rows that are sorted already; on the disk when this returns."""
        return self._write(name, iter([rows]), rows.shape[1], 0)

    def merge(self, name: str, runs: Sequence[Run], combine: Combine | None = None) -> Run:
        """Writes one run of the next level that has the rows of all; the old files stay."""
        opened = [self.open(run) for run in runs]
        slices = _merged(opened)
        combined = slices if combine is None else (combine(part) for part in slices)
        most = sum(run.rows for run in runs)
        return self._write(name, combined, most, 1 + max(run.level for run in runs))

    def open(self, run: Run) -> Words:
        """The rows of a run, mapped and not read; `ValueError` if the file is too short, `FileNotFoundError`."""
        if run.rows == 0:
            return np.zeros((self._columns, 0), np.uint64)
        path = self._folder / run.name
        if path.stat().st_size < 8 * self._columns * run.rows:
            raise ValueError(f"{run.name} is shorter than its {run.rows} rows")
        # Each column has `capacity` words, of which the first `rows` are used: merged rows may be fewer than thought.
        capacity = path.stat().st_size // (8 * self._columns)
        return np.memmap(path, np.uint64, mode="r", shape=(self._columns, capacity))[:, : run.rows]

    def find(self, runs: Sequence[Run], keys: Words) -> Matches:
        """All rows whose first word is one of `keys`, which may stand in any order."""
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        places: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        found: list[Words] = [np.zeros((self._columns, 0), np.uint64)]
        for run in runs:
            rows = self.open(run)
            begin = np.searchsorted(rows[0], ordered, "left")
            hit = np.flatnonzero(_taken(rows[0], begin, ordered))
            if len(hit) == 0:
                continue
            begin = begin[hit]
            counts = np.searchsorted(rows[0], ordered[hit], "right") - begin
            chosen = _ranges(begin, counts)
            places.append(np.repeat(order[hit], counts))
            found.append(np.asarray(rows[:, chosen]))
        return Matches(np.concatenate(places), np.concatenate(found, axis=1))

    def _write(self, name: str, parts: Iterator[Words], capacity: int, level: int) -> Run:
        path = self._folder / name
        if capacity == 0:
            return Run(name, 0, level)
        with path.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            _reserve(file.fileno(), 8 * self._columns * capacity)
        target = np.memmap(path, np.uint64, mode="r+", shape=(self._columns, capacity))
        done = 0
        for part in parts:
            target[:, done : done + part.shape[1]] = part
            done += part.shape[1]
        target.flush()
        del target
        with path.open("rb") as file:
            os.fsync(file.fileno())
        return Run(name, done, level)


def _reserve(file: int, size: int) -> None:
    """Gives a file its size on the disk: a full one is an `OSError` here, not a signal that kills at the mapping."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
    else:
        os.ftruncate(file, size)


def due(runs: Sequence[Run]) -> list[Run]:
    """The runs that should be merged now: all of the lowest level that has `FAN_IN`; none if there is no such level."""
    for level in sorted({run.level for run in runs}):
        same = [run for run in runs if run.level == level]
        if len(same) >= FAN_IN:
            return same
    return []


def sorted_rows(columns: Sequence[Words]) -> Words:
    """Rows sorted by their first word; equal ones keep their order."""
    order = np.argsort(columns[0], kind="stable")
    return np.stack([column[order] for column in columns])


def words_of(hashes: NDArray[np.uint8]) -> Words:
    """Hashes as rows of big-endian words, so that words compare as bytes do: shape (4, n)."""
    return np.ascontiguousarray(hashes).view(">u8").astype(np.uint64).T


def hashes_of(words: Words) -> NDArray[np.uint8]:
    """The hashes whose words are given."""
    return np.ascontiguousarray(words.T).astype(">u8").view(np.uint8).reshape(-1, 8 * words.shape[0])


def _merged(runs: Sequence[Words]) -> Iterator[Words]:
    """The rows of sorted runs in order, a slice of the keys at a time; rows with one key are never parted."""
    for bounds in _cuts(runs):
        parts = [run[:, begin:end] for run, (begin, end) in zip(runs, bounds, strict=True) if end > begin]
        if parts:
            yield sorted_rows(list(np.concatenate(parts, axis=1)))


def _cuts(runs: Sequence[Words]) -> Iterator[list[tuple[int, int]]]:
    """Ranges of rows in each run that belong to the same slice of keys."""
    largest = max((run[0] for run in runs), key=len)
    total = sum(run.shape[1] for run in runs)
    pieces = max(1, -(-total // _SLICE_ROWS))
    keys = [largest[len(largest) * number // pieces] for number in range(1, pieces)] if len(largest) else []
    begins = [0] * len(runs)
    for key in keys:
        ends = [int(np.searchsorted(run[0], key, "left")) for run in runs]
        yield list(zip(begins, ends, strict=True))
        begins = ends
    yield [(begin, run.shape[1]) for begin, run in zip(begins, runs, strict=True)]


def _taken(column: Words, places: NDArray[np.int64], keys: Words) -> NDArray[np.bool_]:
    """Whether the keys stand at these places; a place may lie behind the end."""
    inside = places < len(column)
    taken = np.zeros(len(keys), np.bool_)
    taken[inside] = column[places[inside]] == keys[inside]
    return taken


def _ranges(begin: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """begin[0], begin[0] + 1, … (counts[0] of them), begin[1], …"""
    ends = np.cumsum(counts)
    ranges: NDArray[np.int64] = np.arange(counts.sum()) + np.repeat(begin - (ends - counts), counts)
    return ranges
