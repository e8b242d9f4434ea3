"""A file of rows: CSV and TSV, plain or gzipped, and Parquet, read row by row as text or many rows at once by column.

Reading is bounded: a record longer than `max_record_characters`, or a gzip stream that grows beyond its limits, ends
with `MalformedFile` before it fills the memory. What is wrong with the file as a whole raises; what is wrong with one
row comes as a `BadRow`, because the caller may go on with the others.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.importing import delimited, parquet
from scripts.importing.errors import FileChanged
from scripts.importing.expansion import most_bytes
from scripts.importing.records import BadRow, Chunk, DataFile, FileFormat, Row


@dataclass(frozen=True, slots=True)
class _Identity:
    """What tells whether a file is still the one that was read before."""

    size: int
    modified_ns: int
    inode: int


class Source:
    """A file of rows. It can be read several times and notices when it was changed in between."""

    def __init__(self, path: Path, file_format: FileFormat) -> None:
        """`MalformedFile` when there is no such file, or none that can be read; nothing of it is read yet."""
        self.path = path
        self._file = DataFile(path, file_format)
        self._sha256: bytes | None = None
        rule = "be a file that can be read"
        try:
            mode = path.stat().st_mode
            if not stat.S_ISREG(mode):  # a pipe could be read only once
                raise self._file.malformed("file", rule, "no regular file")
            path.open("rb").close()
            self._identity = self._stat()
        except OSError as error:
            raise self._file.malformed("file", rule, error.strerror or "unreadable") from None

    @property
    def format(self) -> FileFormat:
        """How its bytes are read."""
        return self._file.format

    @property
    def sha256(self) -> bytes:
        """SHA-256 of the file's bytes as given, compressed if it is compressed."""
        if self._sha256 is None:
            with self.path.open("rb") as file:
                self._sha256 = hashlib.file_digest(file, "sha256").digest()
        return self._sha256

    @property
    def most_bytes(self) -> int:
        """How much the file may expand to. Of Parquet nothing is said but by its row groups: what one of them may."""
        return self.format.max_expanded_bytes if self._is_parquet else most_bytes(self._file)

    def columns(self) -> list[str]:
        """The names of the columns, without spaces around them."""
        return parquet.columns(self._file) if self._is_parquet else delimited.columns(self._file)

    def rows(self, needed: Iterable[str] = ()) -> Iterator[Row | BadRow]:
        """The rows after the header, with the cells of all columns; `needed` ones must be there (`MalformedFile`)."""
        names = self._checked(needed)
        return parquet.rows(self._file, names) if self._is_parquet else delimited.rows(self._file)

    def chunks(self, columns: Sequence[str]) -> Iterator[Chunk]:
        """The same rows, many at once by column: only `columns`, in that order; all must be there (`MalformedFile`).

        Several times as fast as `rows` where the text has no quotes. A `BadRow` of Parquet has the cells of `columns`.
        """
        names = self._checked(columns)
        if not names:
            raise ValueError("no columns to read")
        return parquet.chunks(self._file, names) if self._is_parquet else delimited.chunks(self._file, names)

    @property
    def _is_parquet(self) -> bool:
        return self._file.format.kind == "parquet"

    def _checked(self, needed: Iterable[str]) -> list[str]:
        """`needed`, once it is known that they are columns of the file as it was when it was first seen."""
        if self._stat() != self._identity:
            raise FileChanged(str(self.path), "stay as it is while it is imported", "changed")
        names, columns = list(needed), self.columns()
        for name in names:
            if name not in columns:
                shown = ", ".join(columns)
                raise self._file.malformed(name, "be a column of the file", f"not among: {shown}", line=1)
        return names

    def _stat(self) -> _Identity:
        found = self.path.stat()
        return _Identity(found.st_size, found.st_mtime_ns, found.st_ino)
