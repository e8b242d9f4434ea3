"""The rows of a feed's files, many at a time: read, cleaned, filtered, and of two taps made one trip."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from ledger.files import open_private
from scripts.importing.mapping import ALL_COLUMNS
from scripts.importing.records import BadRow, Chunk
from scripts.importing.sources import Source
from scripts.points import columns as of_columns
from scripts.points.mapping import ENTER, LEAVE, FeedMapping, Pairing
from scripts.points.refused import FILE, LINE, RefusedRows, Verdicts

_BLOCK_ROWS: Final = 131_072
_PARTITION_BYTES: Final = 128 << 20
_MOST_PARTITIONS: Final = 256
"""Files of taps that are open at once."""
_ROW_UNREADABLE: Final = "row-unreadable"


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows by column, with `FILE` and `LINE`, or pairs whose columns begin with `in.` and `out.`.

    `refused` could not become rows; `left_out` counts those that the mapping does not want.
    """

    rows: pa.Table
    refused: Sequence[RefusedRows] = field(default=())
    left_out: int = 0


def read_blocks(sources: Sequence[Source], mapping: FeedMapping, folder: Path) -> Iterator[Block]:
    """The rows of all files in their order, or their pairs. `folder` takes what does not fit in memory for a while.

    Raises `MalformedFile` for a file that is wrong as a whole.
    """
    blocks = _plain(sources, mapping)
    if mapping.pairing is None:
        return blocks
    size = sum(source.most_bytes for source in sources)  # known before they are read: a killed run cuts the same
    return _paired(blocks, mapping.pairing, folder, min(1 + size // _PARTITION_BYTES, _MOST_PARTITIONS))


def portions(blocks: Iterator[Block], rows: int) -> Iterator[Block]:
    """Blocks of exactly so many rows, whatever the size of those given, but for the last.

    A block also ends where as many rows were refused: a file of nothing but bad rows does not fill the memory.
    """
    waiting: list[pa.Table] = []
    refused: list[RefusedRows] = []
    have = bad = left_out = 0
    last = pa.table({})
    for block in blocks:
        refused += block.refused
        bad += sum(len(part.rules) for part in block.refused)
        left_out += block.left_out
        rest = block.rows
        while have + rest.num_rows >= rows:
            taken = rows - have
            yield Block(_joined([*waiting, rest.slice(0, taken)]), refused, left_out)
            rest, waiting, refused, have, bad, left_out = rest.slice(taken), [], [], 0, 0, 0
        if rest.num_rows:
            waiting.append(rest)
            have += rest.num_rows
        last = rest
        if bad >= rows:
            yield Block(_joined(waiting or [last]), refused, left_out)
            waiting, refused, have, bad, left_out = [], [], 0, 0, 0
    if waiting or refused or left_out:
        yield Block(_joined(waiting or [last]), refused, left_out)


def _joined(tables: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables).combine_chunks()


def _plain(sources: Sequence[Source], mapping: FeedMapping) -> Iterator[Block]:
    for number, source in enumerate(sources):
        wanted = mapping.columns
        header = source.columns() if mapping.file.kind != "parquet" else wanted
        waiting: list[Chunk] = []
        for chunk in source.chunks(wanted):
            waiting.append(chunk)
            if sum(len(part.lines) + len(part.bad) for part in waiting) >= _BLOCK_ROWS:
                yield _block(waiting, number, mapping, header)
                waiting = []
        if waiting:
            yield _block(waiting, number, mapping, header)


def _block(chunks: Sequence[Chunk], number: int, mapping: FeedMapping, header: Sequence[str]) -> Block:
    table = pa.Table.from_batches([chunk.columns for chunk in chunks]).combine_chunks()
    lines = pa.concat_arrays([chunk.lines for chunk in chunks])
    bad = [row for chunk in chunks for row in chunk.bad]
    for place, name in enumerate(table.column_names):
        column = _cleaned(of_columns.whole(table, name), name, mapping)
        table = table.set_column(place, name, column)
    table = table.append_column(FILE, pa.array(np.full(len(lines), number, np.int64))).append_column(LINE, lines)
    kept = np.ones(len(lines), np.bool_)
    for condition in mapping.left_out:
        kept &= ~of_columns.holds(
            condition, {name: of_columns.whole(table, name) for name in condition.names}, len(lines)
        )
    rows = table if kept.all() else table.filter(pa.array(kept))
    return Block(rows, [_unreadable(bad, number, mapping, header)] if bad else [], int((~kept).sum()))


def _cleaned(column: pa.Array, name: str, mapping: FeedMapping) -> pa.Array:
    cleaners = (*mapping.cleaners.get(ALL_COLUMNS, ()), *mapping.cleaners.get(name, ()))
    if cleaners:
        column = of_columns.clean(of_columns.as_text(column), cleaners)
    for rule in mapping.replacements:
        if rule.column == name:
            column = of_columns.replaced(of_columns.as_text(column), rule.pattern, rule.by)
    return column


def _unreadable(bad: Sequence[BadRow], number: int, mapping: FeedMapping, header: Sequence[str]) -> RefusedRows:
    named = [dict(zip(header, row.cells, strict=False)) for row in bad]
    cells = [[row.get(name, "").replace("\x00", "") for row in named] for name in mapping.columns]
    columns = [pa.array(texts, pa.string()) for texts in cells]
    where = [pa.array([number] * len(bad), pa.int64()), pa.array([row.line for row in bad], pa.int64())]
    table = pa.table([*columns, *where], names=[*mapping.columns, FILE, LINE])
    return RefusedRows(table, [_ROW_UNREADABLE] * len(bad), [row.error.explain() for row in bad])


# Two taps, one trip


def _paired(blocks: Iterator[Block], pairing: Pairing, folder: Path, partitions: int) -> Iterator[Block]:
    """Pairs of taps. All taps of a card are in one of the partitions, each of which is paired in memory."""
    if partitions == 1:
        taken = list(blocks)
        if taken:
            refused = [part for block in taken for part in block.refused]
            left_out = sum(block.left_out for block in taken)
            yield _pairs(_joined([block.rows for block in taken]), pairing, refused, left_out)
        return
    paths = [folder / f"taps-{number:04d}.arrow" for number in range(partitions)]
    try:
        yield from _spill(blocks, pairing, paths)
        for path in paths:
            if path.exists():
                with pa.OSFile(str(path), "rb") as file, pa.ipc.open_stream(file) as reader:
                    taps = reader.read_all()
                yield _pairs(taps.combine_chunks(), pairing, [], 0)
                path.unlink()
    finally:
        for path in paths:
            path.unlink(missing_ok=True)


def _spill(blocks: Iterator[Block], pairing: Pairing, paths: Sequence[Path]) -> Iterator[Block]:
    """Writes taps to the files of their cards' partitions; gives what was refused or left out, without rows."""
    with ExitStack() as stack:
        writers: dict[int, pa.ipc.RecordBatchStreamWriter] = {}
        empty = None
        for block in blocks:
            packed = of_columns.as_text(of_columns.whole(block.rows, pairing.card)).dictionary_encode()
            parts = [zlib.crc32(card.encode()) % len(paths) for card in packed.dictionary.to_pylist()]
            part_of = np.array(parts, np.int64)[packed.indices.to_numpy()] if len(packed) else np.zeros(0, np.int64)
            for part in np.unique(part_of).tolist():
                if part not in writers:
                    file = stack.enter_context(open_private(paths[part]))
                    writers[part] = stack.enter_context(pa.ipc.new_stream(file, block.rows.schema))
                writers[part].write_table(block.rows.filter(pa.array(part_of == part)))
            empty = _pairs(block.rows.slice(0, 0), pairing, [], 0).rows if empty is None else empty
            if block.refused or block.left_out:
                yield Block(empty, block.refused, block.left_out)


def _pairs(taps: pa.Table, pairing: Pairing, refused: Sequence[RefusedRows], left_out: int) -> Block:
    names = {pairing.card, pairing.time.column, *pairing.enter.names, *pairing.leave.names}
    columns = {name: of_columns.whole(taps, name) for name in names}
    count = taps.num_rows
    verdicts = Verdicts(count)
    read = of_columns.moments(pairing.time, columns)
    verdicts.refuse(of_columns.blank(columns[pairing.card]), "card-missing", f"{pairing.card} is blank.")
    verdicts.refuse(
        read.wrong | read.blank, "time-unreadable", f"{pairing.time.column} is no time as the mapping says."
    )
    enter, leave = (of_columns.holds(mark, columns, count) for mark in (pairing.enter, pairing.leave))
    verdicts.refuse(enter == leave, "tap-of-no-kind", "This is neither a tap that enters nor one that leaves.")
    rows = np.flatnonzero(verdicts.passed)
    cards = of_columns.as_text(columns[pairing.card]).dictionary_encode().indices.to_numpy()
    order = rows[np.lexsort((rows, read.values[rows], cards[rows]))]
    first, second = order[:-1], order[1:]
    follows = (cards[first] == cards[second]) & enter[first] & leave[second]
    begins, ends = first[follows], second[follows]
    long = read.values[ends] - read.values[begins] > pairing.limit_s
    beyond = np.zeros(count, np.bool_)
    beyond[begins[long]] = beyond[ends[long]] = True
    verdicts.refuse(beyond, "pair-too-long", f"More than {pairing.limit_s} s lie between entering and leaving.")
    alone = np.ones(count, np.bool_)
    alone[begins] = alone[ends] = False
    verdicts.refuse(alone & enter, "tap-without-exit", "The card's next tap does not leave: no trip is known.")
    verdicts.refuse(alone & leave, "tap-without-entry", "The card's tap before does not enter: no trip is known.")
    begins, ends = begins[~long], ends[~long]
    again = np.argsort(begins, kind="stable")
    pairs = [
        taps.take(pa.array(places[again])).rename_columns([prefix + name for name in taps.column_names])
        for prefix, places in ((ENTER, begins), (LEAVE, ends))
    ]
    joined = pa.table([*pairs[0].columns, *pairs[1].columns], names=[*pairs[0].column_names, *pairs[1].column_names])
    return Block(joined, [*refused, *verdicts.refused(taps)], left_out)
