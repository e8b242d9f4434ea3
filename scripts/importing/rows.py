"""Turns the rows of a file into steps, by a mapping. Nothing here asks the ledger whether a step is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from ledger import encoding
from ledger.errors import InvalidInput, MissingField, NotFound, TanpuhuiError, UnknownWord, shorten
from ledger.ids import ActivityId, Address, MethodologyId, OperationId
from ledger.vocabulary import ReductionClass
from scripts.importing.actions import Arguments, Given, Step
from scripts.importing.errors import RefusedByMapping
from scripts.importing.expressions import TESTS, clean
from scripts.importing.mapping import ALL_COLUMNS, ImportMapping, OperationTemplate, Table, Value
from scripts.importing.origins import Origin, Origins
from scripts.importing.records import BadRow, Row
from scripts.importing.sources import Source
from scripts.names import ActivityTerms, Directory, Names

_MOST_SHOWN_KEYS: Final = 5


RowKey = tuple[int, int]
"""Line, and part of the line."""


@dataclass(frozen=True, slots=True)
class RowPlan:
    """What a row asks for, in order. A row without steps asks for nothing (its conditions did not hold).

    `part` counts the rows that an unpivoted line makes, from 0; every other row is part 0 of its line. `done` are the
    steps that were found applied when the row was checked.
    """

    line: int
    cells: Sequence[str]
    steps: tuple[Step, ...]
    part: int = 0
    origin: Origin | None = None
    done: tuple[Step, ...] = ()

    @property
    def key(self) -> RowKey:
        """Which row it is."""
        return self.line, self.part


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRefusal:
    """A row that was not applied, and why.

    `by`: the file, the mapping, the check before sending, the outbox or the contract. `kept` are steps that other rows
    rely on and that are done all the same. `origin` is None where it cannot be told.
    """

    line: int
    cells: Sequence[str]
    by: str
    field: str
    rule: str
    code: str
    message: str
    part: int = 0
    kept: tuple[Step, ...] = ()
    origin: Origin | None = None

    @property
    def key(self) -> RowKey:
        """Which row it is."""
        return self.line, self.part

    @classmethod
    def of(
        cls,
        row: RowPlan | Row | BadRow,
        error: TanpuhuiError,
        by: str,
        *,
        part: int = 0,
        kept: tuple[Step, ...] = (),
        origin: Origin | None = None,
    ) -> RowRefusal:
        """The refusal that an error means."""
        name, rule = "", error.code
        if isinstance(error, InvalidInput):
            name, rule = error.field, error.rule
        elif isinstance(error, NotFound):
            name, rule = error.kind, "exist"
        by = "mapping" if isinstance(error, RefusedByMapping) else by
        return cls(
            line=row.line,
            cells=row.cells,
            part=row.part if isinstance(row, RowPlan) else part,
            by=by,
            field=name,
            rule=rule,
            code=error.code,
            message=_as_written(error.explain(), row.steps if isinstance(row, RowPlan) else ()),
            kept=kept,
            origin=row.origin if isinstance(row, RowPlan) else origin,
        )


def _as_written(message: str, steps: Sequence[Step]) -> str:
    """The message, with what the row calls a thing before the id that the ledger knows it by."""
    for identifier, text in {found: text for step in steps for found, text in step.written.items()}.items():
        message = message.replace(identifier, f"{shorten(text)} ({identifier})")
    return message


_Key = TypeVar("_Key")
_Fact = TypeVar("_Fact")


@dataclass(frozen=True, slots=True)
class CorrectionUse:
    """A cell that the mapping's table of corrections changed."""

    line: int
    column: str
    given: str
    correct: str
    reason: str


class LearningDirectory:
    """What is registered, and what the rows read so far will register.

    What a row adds is forgotten with `forget` when the row turns out to be wrong, and stays with `keep`.
    """

    def __init__(self, base: Directory) -> None:
        self._base = base
        self._accounts: set[Address] = set()
        self._methodologies: dict[MethodologyId, ReductionClass] = {}
        self._activities: dict[ActivityId, ActivityTerms] = {}
        self._looked_up: dict[ActivityId, ActivityTerms | None] = {}
        self._undo: list[Callable[[], object]] = []

    def account_exists(self, account: Address) -> bool:
        """Whether the account is open, or a row before opens it."""
        return account in self._accounts or self._base.account_exists(account)

    def methodology_class(self, methodology_id: MethodologyId) -> ReductionClass | None:
        """The class of a version that is published, or that a row before publishes."""
        return self._methodologies.get(methodology_id) or self._base.methodology_class(methodology_id)

    def activity_terms(self, activity_id: ActivityId) -> ActivityTerms | None:
        """The terms of an activity that is registered, or that a row before registers."""
        if activity_id in self._activities:
            return self._activities[activity_id]
        if activity_id not in self._looked_up:
            self._looked_up[activity_id] = self._base.activity_terms(activity_id)
        return self._looked_up[activity_id]

    def learn(self, action: str, made: Arguments) -> None:
        """Takes note of what a step will register."""
        if action == "open-account":
            self._learn_account(made["account"])
        elif action == "publish-methodology":
            identifier = encoding.methodology_id(code=made["code"], version=made["version"])
            self._learn(self._methodologies, identifier, made["reduction_class"])
        elif action == "register-activity":
            reduction_class = self.methodology_class(made["methodology_id"])
            if reduction_class is not None:
                terms = ActivityTerms(made["methodology_id"], reduction_class)
                self._learn(self._activities, encoding.activity_id(code=made["code"]), terms)

    def keep(self) -> None:
        """What was learned since the last call stays."""
        self._undo.clear()

    def forget(self) -> None:
        """What was learned since the last `keep` goes."""
        while self._undo:
            self._undo.pop()()

    def _learn_account(self, account: Address) -> None:
        if account not in self._accounts:
            self._accounts.add(account)
            self._undo.append(lambda: self._accounts.discard(account))

    def _learn(self, known: dict[_Key, _Fact], key: _Key, fact: _Fact) -> None:
        if key not in known:
            known[key] = fact
            self._undo.append(lambda: known.pop(key))


class RowReader:
    """Reads one file by one mapping. Each `rows()` is a new pass that starts from what is registered.

    `tables` overrides where the mapping's tables are; otherwise their paths are relative to the data file's folder.
    """

    def __init__(
        self,
        mapping: ImportMapping,
        source: Source,
        names: Callable[[Directory], Names],
        directory: Directory,
        tables: Mapping[str, Path] | None = None,
    ) -> None:
        self._mapping = mapping
        self._source = source
        self._names = names
        self._directory = directory
        given = tables or {}
        for name in given:
            if name not in {table.name for table in mapping.tables}:
                raise InvalidInput("table", f"be a table of the mapping {mapping.path}", name)
        folder = source.path.parent
        self._tables = {
            table.name: _load(table, given.get(table.name, folder / table.path)) for table in mapping.tables
        }
        self.corrections: list[CorrectionUse] = []

    @property
    def columns(self) -> list[str]:
        """The columns of the file."""
        return self._source.columns()

    def rows(self) -> Iterator[RowPlan | RowRefusal]:
        """Every row as what it asks for, or as the reason why it cannot be read."""
        self.corrections = []
        one_pass = _Pass(
            self._mapping,
            self._source,
            names=self._names,
            directory=self._directory,
            tables=self._tables,
            corrections=self.corrections,
        )
        for row in self._source.rows(needed=self._mapping.columns):
            yield from one_pass.plans(row)


LoadedTable = Mapping[str, Mapping[str, str] | None]
"""A table's rows by key; None where several different rows have the key."""


class _Pass:
    """One reading of the file, from its first row to its last."""

    def __init__(
        self,
        mapping: ImportMapping,
        source: Source,
        *,
        names: Callable[[Directory], Names],
        directory: Directory,
        tables: Mapping[str, LoadedTable],
        corrections: list[CorrectionUse],
    ) -> None:
        self._mapping = mapping
        self._columns = source.columns()
        self._origins = Origins(mapping, source)
        self._known = LearningDirectory(directory)
        self._names = names(self._known)
        self._tables = tables
        self._values = {value.name: value for value in mapping.values}
        self._joins = {table.name: table for table in mapping.tables}
        self._corrections = corrections
        self._fixes = {(fix.column, fix.given): fix for fix in mapping.corrections}
        every = mapping.cleaners.get(ALL_COLUMNS, ())
        self._cleaners = [mapping.cleaners.get(column, every) for column in self._columns]

    def plans(self, row: Row | BadRow) -> Iterator[RowPlan | RowRefusal]:
        """What a line asks for, or why it cannot be read; several for a line that is unpivoted."""
        try:
            origin = self._origins.of(row)
        except InvalidInput as error:
            yield RowRefusal.of(row, error, "file")
            return
        if origin is None or isinstance(row, BadRow):
            if isinstance(row, BadRow):
                yield RowRefusal.of(row, row.error, "file", origin=origin)
            return
        for part, column, texts in self.parts(self.texts(row), origin.part):
            yield self.plan(row, part, texts, self._origins.part_of(origin, column))

    def plan(self, row: Row, part: int, texts: _Texts, origin: Origin) -> RowPlan | RowRefusal:
        """What one row asks for, or why it cannot be read."""
        try:
            for refusal in self._mapping.refusals:
                if refusal.when.holds(texts):
                    raise RefusedByMapping(refusal.field, refusal.rule, "", refusal.message.fill(texts))
            row_id = None if self._mapping.row_id is None else self._mapping.row_id.fill(texts)
            origin = self._origins.identified(origin, row_id)
            steps = self.steps(row, part, texts, lambda index: self._origins.operation_id(origin, row_id, index))
        except TanpuhuiError as error:
            return RowRefusal.of(row, error, "file", part=part, origin=origin)
        return RowPlan(row.line, row.cells, steps, part, origin)

    def texts(self, row: Row) -> dict[str, str]:
        """The cells by column, cleaned and corrected, and the constants."""
        cells = dict(self._mapping.constants)
        for column, cleaners, cell in zip(self._columns, self._cleaners, row.cells, strict=True):
            text = clean(cell, cleaners) if cleaners else cell
            fix = self._fixes.get((column, text))
            if fix is not None:
                self._corrections.append(CorrectionUse(row.line, column, text, fix.correct, fix.reason))
                text = fix.correct
            cells[column] = text
        return cells

    def parts(self, texts: dict[str, str], only: str) -> Iterator[tuple[int, str, _Texts]]:
        """The rows that a line makes: one, or one for each column that is unpivoted and not skipped (`only` one)."""
        unpivot = self._mapping.unpivot
        if unpivot is None:
            yield 0, only, self._scope(texts)
            return
        for part, column in enumerate(unpivot.columns):
            if only in ("", column) and not TESTS[unpivot.skip](texts[column]):
                yield part, column, self._scope({**texts, "unpivot.column": column, "unpivot.value": texts[column]})

    def steps(self, row: Row, part: int, texts: _Texts, operation_id: Callable[[int], OperationId]) -> tuple[Step, ...]:
        """The steps of a row; raises for the first thing that is wrong with it."""
        steps: list[Step] = []
        try:
            for index, template in enumerate(self._mapping.operations):
                if template.when.holds(texts):
                    given = self._given(template, texts, operation_id(index), tuple(steps))
                    steps += self._step((row.line, part), index, template, given, texts)
        except TanpuhuiError:
            self._known.forget()
            raise
        self._known.keep()
        return tuple(steps)

    def _scope(self, texts: dict[str, str]) -> _Texts:
        return _Texts(texts, self._values, self._joins, self._tables)

    def _given(
        self, template: OperationTemplate, texts: _Texts, operation_id: OperationId, earlier: tuple[Step, ...]
    ) -> Given:
        return Given(
            texts={key: argument.fill(texts) for key, argument in template.arguments.items()},
            labels={key: _label(argument.names, key) for key, argument in template.arguments.items()},
            names=self._names,
            operation_id=operation_id,
            earlier=earlier,
        )

    def _step(
        self, row: RowKey, index: int, template: OperationTemplate, given: Given, texts: _Texts
    ) -> Iterator[Step]:
        """The step; none if what it would make is there."""
        action = template.action
        arguments = action.read(given)
        if template.ensure and action.there is not None and action.there(arguments, self._known):
            return
        self._known.learn(action.label, arguments)
        yield Step(
            row=row,
            index=index,
            ensure=template.ensure,
            operation_id=given.operation_id,
            action=action,
            arguments=arguments,
            fields={name: text for name, field in template.record.items() if (text := field.fill(texts)).strip()},
            touches=action.touch(given, arguments),
            texts=given.texts,
        )


class _Texts(dict[str, str]):
    """The texts of one row by name; what is not a column is made when it is first asked for."""

    def __init__(
        self,
        cells: Mapping[str, str],
        values: Mapping[str, Value],
        joins: Mapping[str, Table],
        tables: Mapping[str, LoadedTable],
    ) -> None:
        super().__init__(cells)
        self._values = values
        self._joins = joins
        self._tables = tables

    def __missing__(self, name: str) -> str:
        owner = name.partition(".")[0]
        if owner in self._joins and name not in self._values:
            self._join(self._joins[owner])
        else:
            self._derive(self._values[name if name in self._values else owner])
        return self[name]

    def _join(self, table: Table) -> None:
        key = table.of.fill(self)
        label = _label(table.of.names, table.name)
        rows = self._tables[table.name]
        if key not in rows:
            raise InvalidInput(label, f"be a {table.key} of the table {table.name}", key)
        found = rows[key]
        if found is None:
            raise InvalidInput(label, f"be the {table.key} of one row of the table {table.name}, not of several", key)
        for column, text in found.items():
            self[f"{table.name}.{column}"] = text

    def _derive(self, value: Value) -> None:
        chosen = next((choice for choice in value.choices if choice.when.holds(self)), None)
        names = chosen.template.names if chosen else []
        label = _label(names, value.name)
        text = clean(chosen.template.fill(self), value.cleaners) if chosen else ""
        if value.pattern is not None:
            match = value.pattern.fullmatch(text)
            if match is None:
                raise InvalidInput(label, f"read as {value.pattern.pattern}", text)
            for group, part in match.groupdict().items():
                self[f"{value.name}.{group}"] = part or ""
        if value.translation is not None:
            text = _translate(value, text, label)
        if value.required and not text.strip():
            raise MissingField(label, "not be blank", text)
        self[value.name] = text


def _translate(value: Value, text: str, label: str) -> str:
    translation = value.translation or {}
    if text in translation:
        return translation[text]
    if value.otherwise is not None:
        return value.otherwise
    shown = ", ".join(list(translation)[:_MOST_SHOWN_KEYS])
    more = "" if len(translation) <= _MOST_SHOWN_KEYS else ", …"
    raise UnknownWord(label, f"be one of {shown}{more}", text)


def _label(names: Sequence[str], otherwise: str) -> str:
    """What to call a text in a message: the one column that it comes from, else its own name."""
    return names[0] if len(set(names)) == 1 else otherwise


def _load(table: Table, path: Path) -> LoadedTable:
    source = Source(path, table.file)
    columns = source.columns()
    rows: dict[str, Mapping[str, str] | None] = {}
    for row in source.rows(needed=[table.key, *table.columns]):
        if isinstance(row, BadRow):
            continue  # whatever refers to it is refused when it is looked up
        texts = {name: clean(cell, table.cleaners) for name, cell in zip(columns, row.cells, strict=True)}
        kept = {name: texts[name] for name in table.columns}
        key = texts[table.key]
        rows[key] = kept if rows.get(key, kept) == kept else None
    return rows
