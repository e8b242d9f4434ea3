"""The file of refused rows: as they were, and why. It can be corrected and imported again by the same mapping."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from ledger.errors import InvalidInput
from scripts.importing import origins
from scripts.importing.rows import RowRefusal

COLUMNS: Final = (
    *origins.COLUMNS,
    "refused_by",
    "refused_field",
    "refused_rule",
    "refused_code",
    "refused_message",
)
"""Appended to the columns of the imported file. `refused_by`: file, mapping, check, outbox or contract.

The first ones say where the row comes from: `scripts.importing.origins` reads them when the file is imported in turn.
"""


class RefusedFile:
    """A CSV file in UTF-8 that is made when the first row is refused; a context manager."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self._columns = columns
        self._own = [place for place, name in enumerate(columns) if name not in COLUMNS]
        self._file: IO[str] | None = None
        self.count = 0

    def __enter__(self) -> RefusedFile:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, refusal: RowRefusal) -> None:
        """Writes one row."""
        if self._file is None:
            self._file = self._open()
            self._write([*(self._columns[place] for place in self._own), *COLUMNS])
        self.count += 1
        width = len(self._columns)
        cells = [*refusal.cells[:width], *([""] * (width - len(refusal.cells)))]
        self._write(
            [
                *(cells[place] for place in self._own),
                *(refusal.origin.cells if refusal.origin else self._given_origin(refusal)),
                refusal.by,
                refusal.field,
                refusal.rule,
                refusal.code,
                refusal.message,
            ]
        )

    def _given_origin(self, refusal: RowRefusal) -> Sequence[str]:
        """The cells as given, for a row whose origin they do not tell; blank where it is unknown which they are."""
        given = (
            dict(zip(self._columns, refusal.cells, strict=False)) if len(refusal.cells) == len(self._columns) else {}
        )
        return [given.get(name, "") for name in origins.COLUMNS]

    def _open(self) -> IO[str]:
        try:
            return self.path.open("w", encoding="utf-8", newline="")
        except OSError as error:
            rule = f"be a file that can be written ({error.strerror})"
            raise InvalidInput("refused", rule, str(self.path)) from None

    def _write(self, cells: Sequence[str]) -> None:
        assert self._file is not None  # noqa: S101 - opened by `add`
        csv.writer(self._file).writerow(cells)
