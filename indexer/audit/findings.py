"""What an audit finds, and where findings go: one JSON object a line, written as they are made (§9.3)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TextIO

from ledger.errors import Json
from ledger.files import unfinished
from ledger.ids import FixedBytes

WHOLE_ROW: Final = "*"
"""The column of a row that is missing or one too many."""

A_ROW: Final = "a row"
NO_ROW: Final = "no row"
_LONGEST_VALUE: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference.

    `table` is a table, or `contract NAME`, or `file HASH`; `key` is what the row (account, batch, entry) is known by,
    as `key_of` writes it; `column` is a column, or a field, or the view that a contract was asked. `expected` is what
    follows from the chain (of a seal: what the row hashes to), `found` what is there. Make one with `of`, which
    brings values into the form that JSON takes.
    """

    part: str
    table: str
    key: str
    column: str
    expected: Json
    found: Json

    @classmethod
    def of(cls, part: str, table: str, key: object, column: str, *, expected: object, found: object) -> Self:
        """A finding; `key` is one value or a tuple of the primary key's, in order."""
        return cls(
            part=part,
            table=table,
            key=key_of(key),
            column=column,
            expected=json_of(expected),
            found=json_of(found),
        )

    @classmethod
    def missing(cls, part: str, table: str, key: object) -> Self:
        """A row that should be there and is not."""
        return cls.of(part, table, key, WHOLE_ROW, expected=A_ROW, found=NO_ROW)

    @classmethod
    def surplus(cls, part: str, table: str, key: object) -> Self:
        """A row that should not be there."""
        return cls.of(part, table, key, WHOLE_ROW, expected=NO_ROW, found=A_ROW)

    def document(self) -> dict[str, Json]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Json]) -> Self:
        """What `document` gave."""
        return cls(**document)  # type: ignore[arg-type]

    def __str__(self) -> str:
        """One line in English: `tables: balances [2, 0x…, 0x…] quantity_gco2e: expected "5", found "6"`."""
        expected, found = (json.dumps(value, ensure_ascii=False) for value in (self.expected, self.found))
        return f"{self.part}: {self.table} [{self.key}] {self.column}: expected {expected}, found {found}"


def key_of(key: object) -> str:
    """The values of a key, joined by comma and space: bytes as 0x-hex, numbers in decimal, nothing as `null`."""
    values = key if isinstance(key, tuple) else (key,)
    return ", ".join("null" if value is None else str(json_of(value)) for value in values)


def json_of(value: object) -> Json:
    """A value as findings have it: whole numbers as decimal strings, bytes as 0x-hex, words by label, texts as is.

    Of what is longer than 256 characters the beginning, its length and its SHA-256, so that two that differ show it.
    """
    match value:
        case None | bool():
            return value
        case Enum():
            label = getattr(value, "label", None)
            return str(value.value if label is None else label)
        case FixedBytes():
            return value.hex0x
        case bytes() | bytearray() | memoryview():
            return _short("0x" + bytes(value).hex(), f"{len(value)} bytes")
        case int():
            return str(value)
        case _:
            text = str(value).encode("utf-8", "backslashreplace").decode()
            return _short(text, f"{len(text)} characters")


def _short(text: str, length: str) -> str:
    if len(text) <= _LONGEST_VALUE:
        return text
    return f"{text[:64]}… ({length}, SHA-256 of this text {sha256(text.encode()).hexdigest()})"


class FindingSink:
    """Writes findings to a file as they are made, one JSON object a line, and counts them by part. A context manager.

    Of what the file holds already it keeps the findings of the parts in `kept`, which are done, and no others.
    """

    def __init__(self, path: Path, kept: Collection[str] = ()) -> None:
        self._path = path
        self._file: TextIO | None = None
        self.counts: Counter[str] = Counter()
        with unfinished(path).open("w", encoding="utf-8") as file:
            for finding in read_findings(path):
                if finding.part in kept:
                    self._write(file, finding)
        unfinished(path).rename(path)

    def __enter__(self) -> Self:
        self._file = self._path.open("a", encoding="utf-8")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._file is not None  # noqa: S101 - as `__enter__` left it
        self._file.close()

    def add(self, finding: Finding) -> None:
        """Writes one finding; whoever follows the file sees it when this returns."""
        assert self._file is not None  # noqa: S101 - as `__enter__` left it
        self._write(self._file, finding)
        self._file.flush()

    def _write(self, file: TextIO, finding: Finding) -> None:
        file.write(json.dumps(finding.document(), ensure_ascii=False) + "\n")
        self.counts[finding.part] += 1


def read_findings(path: Path) -> Iterator[Finding]:
    """The findings of a file, in the order in which they were made; none if there is no file."""
    if path.exists():
        with path.open(encoding="utf-8") as file:
            for line in file:
                if line.endswith("\n"):  # the last one may have been cut off
                    yield Finding.from_document(json.loads(line))
