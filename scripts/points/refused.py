"""Rows that are refused, each with the first rule that it breaks, and the file that tells them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from ledger.files import open_private, sync_file
from scripts.points.columns import Mask, as_text
from scripts.points.mapping import ENTER, LEAVE

FILE: Final = "\x00file"
LINE: Final = "\x00line"
"""Where a row comes from: the number of its file and its line. No column of a file can be called so."""

COLUMNS: Final = ("refused_file", "refused_line", "refused_rule", "refused_message")
"""Before the columns of the row itself in the file of refused rows."""

Explain = str | Callable[[int], str]
"""What is wrong: the same for all rows, or told from the row's place."""


@dataclass(frozen=True, slots=True)
class RefusedRows:
    """Rows of files with the rule that each broke."""

    rows: pa.Table
    rules: Sequence[str]
    messages: Sequence[str]


class Verdicts:
    """The first rule that each of a number of rows breaks."""

    def __init__(self, rows: int) -> None:
        self._number = np.zeros(rows, np.int16)
        self._rules: list[tuple[str, Explain]] = [("", "")]

    @property
    def passed(self) -> Mask:
        """The rows that break no rule so far."""
        passed: Mask = self._number == 0
        return passed

    def refuse(self, broken: Mask, rule: str, explain: Explain) -> None:
        """Marks the rows that break this rule, but for those that broke an earlier one."""
        fresh = broken & (self._number == 0)
        if fresh.any():
            self._number[fresh] = len(self._rules)
            self._rules.append((rule, explain))

    def refused(self, rows: pa.Table) -> list[RefusedRows]:
        """What was refused of `rows`; of a pair both taps."""
        places = np.flatnonzero(self._number)
        if len(places) == 0:
            return []
        broken = [self._rules[number] for number in self._number[places].tolist()]
        rules = [rule for rule, _ in broken]
        messages = [
            explain if isinstance(explain, str) else explain(place)
            for place, (_, explain) in zip(places.tolist(), broken, strict=True)
        ]
        chosen = rows.take(pa.array(places))
        return [RefusedRows(taps, rules, messages) for taps in taps_of(chosen)]


def taps_of(rows: pa.Table) -> list[pa.Table]:
    """The rows as the file has them: of pairs the two taps, of others themselves."""
    if FILE in rows.column_names:
        return [rows]
    parts = []
    for prefix in (ENTER, LEAVE):
        names = [name for name in rows.column_names if name.startswith(prefix)]
        parts.append(rows.select(names).rename_columns([name.removeprefix(prefix) for name in names]))
    return parts


def write_refused(path: Path, refused: Sequence[RefusedRows], columns: Sequence[str], files: Sequence[str]) -> None:
    """Writes refused rows, in the order of files and lines, to a CSV file that only its owner may read."""
    tables = [_told(part, columns) for part in refused]
    table = pa.concat_tables(tables) if tables else _nothing(columns)
    table = table.sort_by([(COLUMNS[0], "ascending"), (COLUMNS[1], "ascending")])
    named = pa.array(files, pa.string()).take(table.column(0).combine_chunks())
    table = table.set_column(0, COLUMNS[0], named)
    with open_private(path) as file:
        arrow_csv.write_csv(table, file)
        sync_file(file)


def count_rules(refused: Sequence[RefusedRows]) -> dict[str, int]:
    """How many rows each rule refused."""
    return dict(sorted(Counter(rule for part in refused for rule in part.rules).items()))


def _told(part: RefusedRows, columns: Sequence[str]) -> pa.Table:
    given = [as_text(part.rows.column(name).combine_chunks()) for name in columns]
    where = [pc.cast(part.rows.column(name), pa.int64()) for name in (FILE, LINE)]
    said = [pa.array(part.rules, pa.string()), pa.array(part.messages, pa.string())]
    return pa.table([*where, *said, *given], names=[*COLUMNS, *columns])


def _nothing(columns: Sequence[str]) -> pa.Table:
    kinds = [pa.int64(), pa.int64(), *[pa.string()] * (2 + len(columns))]
    return pa.table([pa.array([], kind) for kind in kinds], names=[*COLUMNS, *columns])
