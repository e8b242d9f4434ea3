"""Reads mapping files: TOML that says how the rows of a file become operations. The reference is docs/import.md.

A mapping is read strictly: a key that the language does not know, a name that nothing defines and a pattern that does
not compile are `InvalidMapping`, named by their path in the file, before any data is opened.
"""

from __future__ import annotations

import codecs
import difflib
import itertools
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from scripts.importing.actions import ACTIONS, Action
from scripts.importing.errors import InvalidMapping
from scripts.importing.expressions import CLEANERS, TESTS, Condition, Template, Test
from scripts.importing.records import FileFormat

ALL_COLUMNS: Final = "*"

_ESCAPING: Final = {"utf-7", "unicode-escape", "raw-unicode-escape", "punycode", "idna"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to make a value: taken when its condition holds."""

    when: Condition
    template: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A text derived from the row: the first choice that applies, cleaned, taken apart by a pattern, translated."""

    name: str
    choices: tuple[Choice, ...]
    cleaners: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    translation: Mapping[str, str] | None = None
    otherwise: str | None = None
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A cell that is known to be wrong, what it should say, and why. Every use is reported."""

    column: str
    given: str
    correct: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Rows that are refused on purpose, and the reason."""

    when: Condition
    field: str
    rule: str
    message: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Another file that rows are joined with by a key column; its columns are then names `table.column`."""

    name: str
    path: str
    key: str
    of: Template
    columns: tuple[str, ...]
    file: FileFormat
    cleaners: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpivot:
    """Takes a wide table apart: each of the columns makes a row of its own, unless `skip` holds for its cell.

    The rows have the names `unpivot.column` and `unpivot.value`; each is applied or refused by itself.
    """

    columns: tuple[str, ...]
    skip: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationTemplate:
    """One operation that a row asks for; `ensure` makes it only where its subject is not there yet."""

    action: Action
    when: Condition
    ensure: bool
    arguments: Mapping[str, Template]
    record: Mapping[str, Template]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportMapping:
    """A whole mapping file. `columns` are the columns that the data file must have.

    `first_step` is the number of a row's first operation: a file that several mappings read must give each its own
    numbers, for the operations' ids follow from file, line and number.
    """

    path: str
    name: str
    description: str
    file: FileFormat
    row_id: Template | None
    first_step: int
    constants: Mapping[str, str]
    unpivot: Unpivot | None
    cleaners: Mapping[str, tuple[str, ...]]
    corrections: tuple[Correction, ...]
    tables: tuple[Table, ...]
    values: tuple[Value, ...]
    refusals: tuple[Refusal, ...]
    operations: tuple[OperationTemplate, ...]
    columns: tuple[str, ...]


_DEEPEST: Final = 32
"""Levels of tables and lists; the mapping language needs five."""


def load_mapping(path: Path, constants: Mapping[str, str] | None = None) -> ImportMapping:
    """The mapping in `path`, with `constants` instead of those it states.

    `InvalidMapping` names the file, the key and the rule.
    """
    return _Reader(str(path), read_document(path), constants or {}).mapping()


def read_document(path: Path) -> dict[str, Any]:
    """The TOML in `path`, of bounded depth; `InvalidMapping` if it is none."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidMapping("mapping", "be a file that can be read", error.strerror, str(path)) from None
    except UnicodeDecodeError as error:
        raise InvalidMapping("mapping", "be UTF-8", f"invalid at byte {error.start}", str(path)) from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidMapping("mapping", "be TOML", str(error), str(path)) from None
    except RecursionError:
        raise _too_deep(path) from None
    _check_depth(document, path)
    return document


def _check_depth(document: dict[str, Any], path: Path) -> None:
    """Dotted keys nest without recursion of the parser, but what shows such a value in an error recurses."""
    level: list[Any] = [document]
    for _ in range(_DEEPEST):
        parts = [part for part in level if isinstance(part, dict | list)]
        level = [member for part in parts for member in (part.values() if isinstance(part, dict) else part)]
        if not level:
            return
    raise _too_deep(path)


def _too_deep(path: Path) -> InvalidMapping:
    return InvalidMapping("mapping", f"be nested less than {_DEEPEST} deep", "deeper", str(path))


@dataclass(slots=True)
class _Part:
    """One table of the document. It knows where it stands, and which of its keys nobody asked for."""

    file: str
    path: str
    content: dict[str, Any]
    used: set[str] = field(default_factory=set)

    def place(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def wrong(self, key: str, rule: str, value: object) -> InvalidMapping:
        return InvalidMapping(self.place(key), rule, value, self.file)

    def take(self, key: str, default: object = None) -> Any:
        self.used.add(key)
        return self.content.get(key, default)

    def finish(self) -> None:
        """Refuses keys that nothing asked for: a misspelt key must not be a silent one."""
        for key in self.content:
            if key not in self.used:
                known = sorted(self.used)
                near = difflib.get_close_matches(key, [name for name in known if name not in self.content], n=1)
                meant = f" (perhaps {near[0]})" if near else ""
                raise self.wrong(key, f"be a key of this table{meant}: " + ", ".join(known), self.content[key])

    def text(self, key: str, default: str | None = None) -> str:
        value = self.take(key, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            raise self.wrong(key, "be text", value)
        return value

    def number(self, key: str, default: int, least: int = 1) -> int:
        value = self.take(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise self.wrong(key, f"be a whole number from {least}", value)
        return value

    def flag(self, key: str) -> bool:
        value = self.take(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "be true or false", value)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.take(key, [])
        if not isinstance(value, list) or not all(isinstance(member, str) for member in value):
            raise self.wrong(key, "be a list of texts", value)
        return tuple(value)

    def part(self, key: str) -> _Part:
        value = self.take(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, "be a table", value)
        return _Part(self.file, self.place(key), value)

    def parts(self, key: str) -> list[_Part]:
        value = self.take(key, [])
        if not isinstance(value, list) or not all(isinstance(member, dict) for member in value):
            raise self.wrong(key, "be a list of tables", value)
        return [_Part(self.file, f"{self.place(key)}[{number}]", member) for number, member in enumerate(value)]

    def template(self, key: str) -> Template:
        return Template(self.text(key))

    def pattern(self, key: str) -> re.Pattern[str] | None:
        if key not in self.content:
            self.used.add(key)
            return None
        try:
            return re.compile(self.text(key))
        except re.error as error:
            raise self.wrong(key, f"be a regular expression ({error})", self.content[key]) from None

    def cleaners(self, key: str) -> tuple[str, ...]:
        names = self.texts(key)
        for name in names:
            if name not in CLEANERS:
                raise self.wrong(key, "hold cleaning rules among " + ", ".join(CLEANERS), name)
        return names

    def condition(self, key: str) -> Condition:
        part = self.part(key)
        return Condition(tuple(part.test(name) for name in part.content))

    def test(self, name: str) -> Test:
        given = self.take(name)
        if isinstance(given, str):
            if given not in TESTS:
                raise self.wrong(name, "be a table, or one of " + ", ".join(TESTS), given)
            return Test(name, word=given)
        part = self.part(name)
        pattern = part.pattern("matches")
        one_of = (part.text("equals"),) if "equals" in part.content else part.texts("one_of")
        part.used.add("equals")
        same_as = part.text("same_as", "")
        part.finish()
        if pattern is None and not one_of and not same_as:
            raise self.wrong(name, "name equals, one_of, matches or same_as", given)
        return Test(name, one_of=one_of, pattern=pattern, same_as=same_as)


class _Reader:
    """Reads one document and checks every name that it uses."""

    def __init__(self, file: str, document: dict[str, Any], constants: Mapping[str, str]) -> None:
        self._top = _Part(file, "", document)
        self._given_constants = constants
        self._defined: set[str] = set()
        self._owners: set[str] = set()
        self._columns: dict[str, None] = {}

    def mapping(self) -> ImportMapping:
        """The whole mapping."""
        top = self._top
        head = top.part("mapping")
        name, description = head.text("name"), head.text("description", "")
        row_id = head.template("row_id") if "row_id" in head.content else None
        head.used.add("row_id")
        first_step = head.number("first_step", 0, least=0)
        head.finish()
        file = _file_format(top.part("file"))
        constants = self._constants()
        unpivot = self._unpivot() if "unpivot" in top.content else None
        cleaners = self._cleaners()
        corrections = tuple(self._correction(part) for part in top.parts("correct"))
        tables = tuple(self._table(part) for part in top.parts("table"))
        values = tuple(self._value(part) for part in top.parts("value"))
        refusals = tuple(self._refusal(part) for part in top.parts("refuse"))
        operations = tuple(self._operation(part) for part in top.parts("operation"))
        if not operations:
            raise top.wrong("operation", "be there at least once, under [[operation]]", None)
        for number, (one, following) in enumerate(itertools.pairwise(operations)):
            if following.ensure and not one.ensure:  # a refused step would keep back what other rows rely on
                raise top.wrong(f"operation[{number + 1}].ensure", "stand before the operations without it", True)
        if row_id is not None:
            self._need(row_id.names, head, "row_id")
        top.finish()
        return ImportMapping(
            path=top.file,
            name=name,
            description=description,
            file=file,
            row_id=row_id,
            first_step=first_step,
            constants=constants,
            unpivot=unpivot,
            cleaners=cleaners,
            corrections=corrections,
            tables=tables,
            values=values,
            refusals=refusals,
            operations=operations,
            columns=tuple(self._columns),
        )

    def _need(self, names: Iterable[str], part: _Part, key: str) -> None:
        """What is not defined by the mapping must be a column of the data."""
        for name in names:
            if name in self._defined:
                continue
            owner = name.partition(".")[0]
            if "." in name and owner in self._owners:
                raise part.wrong(key, f"use names that {owner} defines", name)
            self._columns[name] = None

    def _constants(self) -> Mapping[str, str]:
        part = self._top.part("constants")
        constants = {name: part.text(name) for name in part.content}
        for name, text in self._given_constants.items():
            if name not in constants:
                raise part.wrong(name, "be a constant of the mapping: " + ", ".join(constants), text)
            constants[name] = text
        for name, text in constants.items():
            if not text:
                raise part.wrong(name, f"be given, with --set {name}=VALUE", text)
        self._defined.update(constants)
        return constants

    def _unpivot(self) -> Unpivot:
        part = self._top.part("unpivot")
        made = Unpivot(columns=part.texts("columns"), skip=part.text("skip", "blank"))
        if made.skip not in TESTS:
            raise part.wrong("skip", "be one of " + ", ".join(TESTS), made.skip)
        part.finish()
        self._need(made.columns, part, "columns")
        self._owners.add("unpivot")
        self._defined.update({"unpivot.column", "unpivot.value"})
        return made

    def _cleaners(self) -> Mapping[str, tuple[str, ...]]:
        part = self._top.part("clean")
        cleaners = {column: part.cleaners(column) for column in part.content}
        self._need((column for column in cleaners if column != ALL_COLUMNS), self._top, "clean")
        return cleaners

    def _correction(self, part: _Part) -> Correction:
        column = part.text("column")
        self._need([column], part, "column")
        made = Correction(
            column=column, given=part.text("given"), correct=part.text("correct"), reason=part.text("reason")
        )
        part.finish()
        return made

    def _table(self, part: _Part) -> Table:
        name = part.text("name")
        of = part.template("of")
        self._need(of.names, part, "of")
        made = Table(
            name=name,
            path=part.text("path"),
            key=part.text("key"),
            of=of,
            columns=part.texts("columns"),
            file=_file_format(part.part("file")),
            cleaners=part.cleaners("clean"),
        )
        part.finish()
        self._owners.add(name)
        self._defined.update(f"{name}.{column}" for column in made.columns)
        return made

    def _value(self, part: _Part) -> Value:
        name = part.text("name")
        choices = tuple(self._choice(choice) for choice in part.parts("choose"))
        if "from" in part.content:
            template = part.template("from")
            self._need(template.names, part, "from")
            choices = (*choices, Choice(Condition(), template))
        part.used.add("from")
        if not choices:
            raise part.wrong("from", "be given, or choices under choose", None)
        pattern = part.pattern("pattern")
        made = Value(
            name=name,
            choices=choices,
            cleaners=part.cleaners("clean"),
            pattern=pattern,
            translation=_translation(part),
            otherwise=part.text("otherwise") if "otherwise" in part.content else None,
            required=part.flag("required"),
        )
        part.used.add("otherwise")
        part.finish()
        self._owners.add(name)
        self._defined.add(name)
        if pattern is not None:
            self._defined.update(f"{name}.{group}" for group in pattern.groupindex)
        return made

    def _choice(self, part: _Part) -> Choice:
        when, template = part.condition("when"), part.template("from")
        part.finish()
        self._need([*when.names, *template.names], part, "from")
        return Choice(when, template)

    def _refusal(self, part: _Part) -> Refusal:
        made = Refusal(
            when=part.condition("when"),
            field=part.text("field"),
            rule=part.text("rule"),
            message=part.template("message"),
        )
        part.finish()
        self._need([*made.when.names, *made.message.names], part, "message")
        return made

    def _operation(self, part: _Part) -> OperationTemplate:
        action = ACTIONS.get(part.text("do"))
        if action is None:
            raise part.wrong("do", "be one of " + ", ".join(ACTIONS), part.text("do"))
        known = [key for group in action.keys for key in group] + list(action.optional)
        arguments = {key: part.template(key) for key in known if key in part.content}
        part.used.update(known)
        for group in action.keys:
            if not any(key in arguments for key in group):
                raise part.wrong(group[0], f"be given for {action.label} (or: {', '.join(group)})", None)
        ensure = part.flag("ensure")
        if ensure and action.there is None:
            raise part.wrong("ensure", f"not be asked of {action.label}: only of what is opened once", True)
        record_part = part.part("record")
        record = {key: record_part.template(key) for key in record_part.content}
        when = part.condition("when")
        part.finish()
        for key, template in (*arguments.items(), *record.items()):
            self._need(template.names, part, key)
        self._need(when.names, part, "when")
        return OperationTemplate(action=action, when=when, ensure=ensure, arguments=arguments, record=record)


def _translation(part: _Part) -> Mapping[str, str] | None:
    translation = part.part("map")
    if not translation.content:
        return None
    return {key: translation.text(key) for key in translation.content}


def _is_text_encoding(name: str) -> bool:
    """Whether bytes in it are text and nothing else: codecs that pack or escape can give what is no Unicode text."""
    try:
        codec = codecs.lookup(name)
        "".encode(name)
    except (LookupError, ValueError):
        return False
    return codec.name not in _ESCAPING and codec.incrementaldecoder is not None


def _file_format(part: _Part) -> FileFormat:
    kind = part.text("format", "csv")
    if kind not in {"csv", "tsv", "parquet"}:
        raise part.wrong("format", "be csv, tsv or parquet", kind)
    encoding = part.text("encoding", "utf-8").lower()
    if not _is_text_encoding(encoding):
        raise part.wrong("encoding", "be a text encoding that Python knows, such as utf-8 or gb18030", encoding)
    delimiter = part.text("delimiter", "\t" if kind == "tsv" else ",")
    quote = part.text("quote", '"')
    if len(delimiter) != 1 or len(quote) > 1 or delimiter in {"\n", "\r", quote}:
        raise part.wrong("delimiter", "be one character, and the quote another or none", delimiter)
    plain = FileFormat()
    made = FileFormat(
        kind=kind,
        encoding=encoding,
        delimiter=delimiter,
        quote=quote,
        max_record_characters=part.number("max_record_characters", plain.max_record_characters),
        max_expanded_bytes=part.number("max_expanded_bytes", plain.max_expanded_bytes),
        max_expansion=part.number("max_expansion", plain.max_expansion),
        columns=part.texts("columns"),
    )
    if made.columns and kind == "parquet":
        raise part.wrong("columns", "be left out: Parquet names its own", list(made.columns))
    part.finish()
    return made


# What other mapping languages are read with.
Part = _Part
file_format = _file_format
