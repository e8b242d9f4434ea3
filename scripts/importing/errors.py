"""What can be wrong with a mapping, a file or a row. All are `InvalidInput`: exit code 2, nothing was changed."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import InvalidInput, Json, shorten

REFUSAL_COLUMNS = ("line", "by", "field", "rule", "message")
"""What is said of a refused row on the screen and in JSON; `rule` is the stable name of the rule, as of an error."""


@dataclass(unsafe_hash=True)
class InvalidMapping(InvalidInput):
    """The mapping file says something that the mapping language does not know; `field` is the path of the key."""

    file: str = ""

    def explain(self) -> str:
        return f"{self.file}: {self.field} must {self.rule}, but is {shorten(self.value)}; see docs/import.md."

    def details(self) -> dict[str, Json]:
        return {"file": self.file, **InvalidInput.details(self)}


@dataclass(unsafe_hash=True)
class MalformedFile(InvalidInput):
    """The file as a whole cannot be read; no row of it was applied. `line` is 0 where no line can be named."""

    file: str = ""
    line: int = 0

    def explain(self) -> str:
        place = f"{self.file}, line {self.line}" if self.line else self.file
        return (
            f"{place}: {self.field} must {self.rule}, but is {shorten(self.value)}; "
            "no row was applied. Correct the file or the [file] part of the mapping and run the same command again."
        )

    def details(self) -> dict[str, Json]:
        return {"file": self.file, "line": self.line, **InvalidInput.details(self)}


@dataclass(unsafe_hash=True)
class RefusedByMapping(InvalidInput):
    """The mapping itself refuses rows of this sort, and says why."""

    message: str = ""

    def explain(self) -> str:
        return self.message

    def details(self) -> dict[str, Json]:
        return {**InvalidInput.details(self), "message": self.message}


@dataclass(unsafe_hash=True)
class RowsInvalid(InvalidInput):
    """Rows of the file break rules, and the file was to be applied as a whole: nothing was sent.

    `field` is the file, `value` says how many rows. `report` lists all `refused` of the `rows`, `first` are the first
    ones, in the columns `REFUSAL_COLUMNS`.
    """

    report: str = ""
    rows: int = 0
    refused: int = 0
    first: tuple[tuple[int, str, str, str, str], ...] = ()

    def explain(self) -> str:
        line, *_, message = self.first[0]
        return (
            f"{self.field}: {self.value} are refused, so nothing was applied. Line {line}: {message} "
            f"All are listed in {self.report}; correct them, or apply the valid rows with --row-wise."
        )

    def details(self) -> dict[str, Json]:
        first: list[Json] = [dict(zip(REFUSAL_COLUMNS, row, strict=True)) for row in self.first]
        counted: dict[str, Json] = {"report": self.report, "rows": self.rows, "refused": self.refused}
        return {**InvalidInput.details(self), **counted, "first_refused": first}


@dataclass(unsafe_hash=True)
class FileChanged(InvalidInput):
    """The file changed between the two times it was read, so what was checked is not what would be applied."""

    def explain(self) -> str:
        return f"{self.field} changed while it was being imported; run the same command again when it is complete."
