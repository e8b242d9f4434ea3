"""What a command says: tables and sentences for people, or one JSON document; and how an error is said.

A command returns a `Result`. On standard output stands the result and nothing else; progress, notes and, without
`--json`, errors go to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final, NoReturn

import typer
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from api.problems import family_of
from ledger.errors import InvalidInput, Json, TanpuhuiError
from ledger.ids import FixedBytes
from ledger.refusals import ContractRefusal
from ledger.units import date_of_civil_day, format_tonnes
from ledger.vocabulary import Word

FILE_WIDTH: Final = 240
"""Columns of a table that goes to a file or a pipe, where nothing should be folded."""


@dataclass(frozen=True, slots=True)
class Grams:
    """A quantity in grams of CO2e: tonnes for people, a decimal string of grams in JSON."""

    grams: int

    def __str__(self) -> str:
        return format_tonnes(self.grams) + " t"


@dataclass(frozen=True, slots=True)
class Day:
    """A civil day in Shanghai."""

    day: int

    def __str__(self) -> str:
        return date_of_civil_day(self.day).isoformat()


@dataclass(frozen=True, slots=True)
class Facts:
    """One thing: its properties by name, in order. Names end in the unit; people read them without underscores."""

    title: str
    values: Mapping[str, object]

    def document(self) -> dict[str, Json]:
        """As JSON."""
        return {name: json_value(value) for name, value in self.values.items()}

    def renderable(self) -> RenderableType:
        """For people: a line for each, never wrapped, so that ids can be copied."""
        width = max((cell_len(label(name)) for name in self.values), default=0)
        lines = Text(self.title, style="bold")
        for name, value in self.values.items():
            lines.append("\n")
            lines.append(f"  {label(name)}{' ' * (width - cell_len(label(name)))}  ", style="dim not bold")
            lines.append_text(shown(value))
        return lines


@dataclass(frozen=True, slots=True)
class Listing:
    """Many things of one kind: a row each."""

    title: str
    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]

    def document(self) -> dict[str, Json]:
        """As JSON: a list of objects under `name`."""
        return {
            self.name: [
                {column: json_value(value) for column, value in zip(self.columns, row, strict=True)}
                for row in self.rows
            ]
        }

    def renderable(self) -> RenderableType:
        """For people."""
        if not self.rows:
            return Text(f"{self.title}: none")
        table = Table(title=escape(self.title), title_justify="left")
        for position, column in enumerate(self.columns):
            numeric = isinstance(self.rows[0][position], Grams | int) and not isinstance(self.rows[0][position], Enum)
            table.add_column(label(column), justify="right" if numeric else "left", overflow="fold")
        for row in self.rows:
            table.add_row(*(shown(value) for value in row))
        return table


@dataclass(frozen=True, slots=True)
class Result:
    """What a command answers: parts that are shown one under the other and whose JSON objects are joined.

    `whole`, where it is given, is the JSON document instead: commands that read answer what the API answers.
    """

    parts: Sequence[Facts | Listing] = ()
    note: str = ""
    whole: Json = None
    exit_code: int = 0

    def document(self) -> Json:
        """As one JSON object."""
        if self.whole is not None:
            return self.whole
        joined: dict[str, Json] = {}
        for part in self.parts:
            joined |= part.document()
        return joined

    def renderables(self) -> Iterator[RenderableType]:
        """For people, one under the other."""
        yield from (part.renderable() for part in self.parts)
        if self.note:
            yield Text(self.note, style="dim")


def read_values(document: Mapping[str, Any], prefix: str = "") -> dict[str, object]:
    """The values of a JSON object of the API as facts: nested names joined, quantities in tonnes, lists left out."""
    values: dict[str, object] = {}
    for name, value in document.items():
        whole = f"{prefix}{name}"
        if isinstance(value, Mapping):
            values |= _read_object(whole, value)
        elif name == "quantity_tonnes" or isinstance(value, list):
            continue
        elif name == "quantity_gco2e":
            values[whole] = Grams(int(value))
        else:
            values[whole] = value
    return values


def _read_object(name: str, value: Mapping[str, Any]) -> dict[str, object]:
    if "quantity_gco2e" in value:
        return {name: Grams(int(value["quantity_gco2e"]))}
    return read_values(value, f"{name}.")


def label(name: str) -> str:
    """`quantity_gco2e` -> "quantity": people see tonnes with their unit."""
    return name.removesuffix("_gco2e").replace("_", " ").replace(".", " ")


def shown(value: object) -> Text:
    """A value as people see it."""
    match value:
        case None | "":
            return Text("-", style="dim")
        case bool():
            return Text("yes" if value else "no")
        case Word():
            return Text(f"{value.label} {value.chinese}")
        case bytes():
            return Text("0x" + value.hex())
        case _:
            return Text(printable(str(value)))


def printable(text: str) -> str:
    """`text` without characters that could steer the terminal."""
    return "".join(char if char.isprintable() or char == "\n" else f"\\x{ord(char):02x}" for char in text)


def json_value(value: object) -> Json:
    """A value as JSON: quantities as decimal strings of grams, ids and bytes as 0x-hex, days as YYYY-MM-DD."""
    match value:
        case None | bool() | str():
            return value
        case Grams():
            return str(value.grams)
        case Word():
            return value.label
        case FixedBytes():
            return value.hex0x
        case bytes():
            return "0x" + value.hex()
        case int():
            return value
        case Mapping():
            return {str(name): json_value(member) for name, member in value.items()}
        case list() | tuple():
            return [json_value(member) for member in value]
        case _:
            return str(value)


def problem(error: TanpuhuiError) -> dict[str, Json]:
    """An error as a problem document (RFC 9457), with the exit code in place of an HTTP status."""
    _, title, _ = family_of(type(error))
    document: dict[str, Json] = {
        "type": f"urn:tanpuhui:problem:{error.code}",
        "title": title,
        "detail": error.explain(),
        "code": error.code,
        "exit_code": error.exit_code,
    }
    if isinstance(error, InvalidInput):
        document["errors"] = [{"field": error.field, "rule": error.rule}]
    if isinstance(error, ContractRefusal):
        document["refusal"] = {"name": type(error).__name__, "arguments": error.details()}
    else:
        document["arguments"] = error.details()
    return document


class Output:
    """Standard output and standard error of one command."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.out = Console(highlight=False, width=None if sys.stdout.isatty() else FILE_WIDTH)
        self.err = Console(stderr=True, highlight=False)

    def show(self, result: Result) -> None:
        """The command's answer."""
        if self.as_json:
            self.document(result.document())
        else:
            for part in result.renderables():
                self.out.print(part, soft_wrap=isinstance(part, Text))

    def document(self, document: Json) -> None:
        """One JSON document on standard output."""
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """Something to know meanwhile; on standard error."""
        self.err.print(Text(printable(text), style="dim"), soft_wrap=True)

    def aside(self, part: Facts | Listing) -> None:
        """Something that belongs to an error; on standard error, and with --json in the document instead."""
        if not self.as_json:
            self.err.print(part.renderable())

    def warn(self, error: TanpuhuiError) -> None:
        """Something that went wrong beside what the command does; on standard error."""
        line = Text("error: ", style="bold red").append(printable(error.explain()), style="default")
        self.err.print(line, soft_wrap=True)

    def fail(self, error: TanpuhuiError) -> NoReturn:
        """Says what is wrong and what to do, and ends with the error's exit code."""
        if self.as_json:
            self.document(problem(error))
        else:
            self.warn(error)
        raise typer.Exit(error.exit_code)

    def progress(self) -> ProgressWatcher:
        """A progress bar on standard error; silent where that is no terminal or JSON is asked for."""
        return ProgressWatcher(self.err, visible=not self.as_json and self.err.is_terminal)


class ProgressWatcher:
    """Shows how far something is; a context manager."""

    def __init__(self, console: Console, *, visible: bool) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not visible,
            transient=True,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> ProgressWatcher:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, what: str, total: int | None) -> None:
        """A new stage."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(what, total=total)

    def reach(self, done: int, total: int | None) -> None:
        """So much of so much is done; None where nobody knows of how much."""
        if self._task is not None:
            self._progress.update(self._task, completed=done, total=total)

    def advance(self, rows: int) -> None:
        """So much more is done."""
        if self._task is not None:
            self._progress.advance(self._task, rows)


def write_private(path: Path, content: str | bytes) -> None:
    """A file that only its owner may read; one that is there is not overwritten."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise InvalidInput("output", f"be a new file in a folder that is there ({error.strerror})", str(path)) from None
    with os.fdopen(handle, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
