"""Seals of the rows that the operator keeps (docs/spec/09-audit.md §9.4), and the one way in which they are written.

Nothing on the chain says when an API key was made or an incident was seen. So each row carries 8 bytes for each of its
columns, which an audit computes again: a value that somebody changed by hand, or a disk did, is found, and its column
is named. (Nothing to do with the seals of validators in block headers, `ledger.seals`.)

What is written anew is sealed anew and nothing else: the seal of a value that was tampered with stays broken whatever
happens to the rest of its row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, func, select, text

from ledger.canonical import canonical_text
from ledger.encoding import ROW_SEAL_LENGTH, row_seal, row_seal_key, row_seal_prefix
from ledger.errors import InvalidJson

SEAL: Final = "seal"
"""The last column of every kept table: 8 bytes for each other column in their order, and 8 bytes that seal these."""

_NOTHING: Final = bytes(ROW_SEAL_LENGTH)
"""Seal of NULL."""

Values = Mapping[str, Any]


class Held(NamedTuple):
    """A row that is about to be changed in this transaction: its primary key, and its seal."""

    key: tuple[Any, ...]
    seal: bytes


# -------------------------------------------------------------------------------------------------------------- sealing


def seal_of(table: Table, row: Values) -> bytes:
    """The seal of a row; a column that the row does not name is NULL."""
    key = _key([row.get(name) for name in _keys(table)])
    get = row.get
    return _closed(
        table.name,
        b"".join(
            [
                _NOTHING if (value := get(name)) is None else row_seal(prefix, key, _canonical(value))
                for name, prefix in _prefixes(table).items()
            ]
        ),
    )


def changed_seal(table: Table, held: Held, changes: Values) -> bytes:
    """The seal of a row once `changes` are made to it; what is not changed keeps the seal that it has."""
    prefixes, places = _prefixes(table), _places(table)
    length = len(places) * ROW_SEAL_LENGTH
    key = _key(held.key)
    body = bytearray(held.seal[:length].ljust(length, b"\0"))
    for name, value in changes.items():
        at = places[name]
        sealed = _NOTHING if value is None else row_seal(prefixes[name], key, _canonical(value))
        body[at : at + ROW_SEAL_LENGTH] = sealed
    return _closed(table.name, bytes(body))


class Broken(NamedTuple):
    """A column that is not as it was sealed: what its value hashes to, and what the row's seal says."""

    column: str
    computed: bytes
    sealed: bytes | None


def broken_columns(table: Table, row: Values) -> list[Broken]:
    """The columns of a row that are not as they were sealed.

    Where the seal itself was changed, `seal` alone; where no value fits it, the key's columns: the key is in all seals.
    """
    expected, found = seal_of(table, row), row[SEAL]
    if found == expected:
        return []
    places = _places(table)
    if found is None or _closed(table.name, bytes(found[: len(places) * ROW_SEAL_LENGTH])) != found:
        return [Broken(SEAL, expected, found)]
    broken = [
        Broken(name, expected[at : at + ROW_SEAL_LENGTH], bytes(found[at : at + ROW_SEAL_LENGTH]))
        for name, at in places.items()
        if expected[at : at + ROW_SEAL_LENGTH] != found[at : at + ROW_SEAL_LENGTH]
    ]
    keys = _keys(table)
    values = sum(row[name] is not None for name in places)
    return [one for one in broken if one.column in keys] if len(broken) == values else broken


def _closed(table: str, body: bytes) -> bytes:
    """The seals of all other columns, and the seal of these, in whose place no key stands."""
    return body + row_seal(_prefix(table, SEAL), _key(()), _canonical(body))


@cache
def _prefixes(table: Table) -> dict[str, bytes]:
    """Of the columns that are sealed, in their order."""
    return {column.name: _prefix(table.name, column.name) for column in table.columns if column.name != SEAL}


@cache
def _places(table: Table) -> dict[str, int]:
    """Where the seal of each column begins."""
    return {name: number * ROW_SEAL_LENGTH for number, name in enumerate(_prefixes(table))}


@cache
def _keys(table: Table) -> list[str]:
    """The columns of the primary key."""
    return [column.name for column in table.primary_key.columns]


@cache
def _prefix(table: str, column: str) -> bytes:
    return row_seal_prefix(table=table, column=column)


def _key(values: Sequence[Any]) -> bytes:
    return row_seal_key(b"[" + b",".join(map(_canonical, values)) + b"]")


def _canonical(value: Any) -> bytes:
    """RFC 8785 bytes: whole numbers as decimal strings, bytes as 0x-hex."""
    if isinstance(value, bytes | memoryview):
        return b'"0x%b"' % value.hex().encode()
    if isinstance(value, int):
        return b'"%d"' % value
    if value is None:
        return b"null"
    if not isinstance(value, str):
        raise TypeError(type(value).__name__)
    try:
        return canonical_text(value)
    except InvalidJson:  # no text that was ever written here, but an audit meets it
        return repr(value).encode()


# -------------------------------------------------------------------------------------------------------------- writing
# Many rows at once, for which SQLAlchemy's own statements cost more than the database. Only names of the schema stand
# in the SQL, values travel as parameters (as in `indexer.bulk`).


def add(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Inserts rows, sealed, each naming the same columns. A key that the database would number is numbered here."""
    if not rows:
        return
    rows = _numbered(connection, table, rows)
    names = (*rows[0], SEAL)
    mark = _mark(connection)
    statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(mark for _ in names)})"  # noqa: S608
    connection.exec_driver_sql(statement, [(*row.values(), seal_of(table, row)) for row in rows])


def hold(connection: Connection, table: Table, where: ColumnElement[bool], *also: str) -> list[tuple[Any, ...]]:
    """The rows that are to be changed, until the transaction ends nobody else's: a `Held`, then the columns `also`."""
    keys = [*table.primary_key.columns]
    question = select(*keys, table.c[SEAL], *(table.c[name] for name in also)).where(where).order_by(*keys)
    count = len(keys)
    return [
        (Held(tuple(row[:count]), bytes(row[count])), *row[count + 1 :])
        for row in connection.execute(question.with_for_update())
    ]


def change_each(connection: Connection, table: Table, changes: Iterable[tuple[Held, Values]]) -> None:
    """Changes rows that are held, each naming the same columns."""
    made = [(*values.values(), changed_seal(table, held, values), *held.key, values) for held, values in changes]
    if not made:
        return
    mark = _mark(connection)
    assigned = ", ".join(f"{name} = {mark}" for name in (*made[0][-1], SEAL))
    here = " AND ".join(f"{name} = {mark}" for name in _keys(table))
    statement = f"UPDATE {table.name} SET {assigned} WHERE {here}"  # noqa: S608 - see above
    connection.exec_driver_sql(statement, [row[:-1] for row in made])


def change(connection: Connection, table: Table, where: ColumnElement[bool], values: Values) -> int:
    """Gives the rows these values; how many rows there were."""
    held = [row for (row,) in hold(connection, table, where)]
    change_each(connection, table, [(row, values) for row in held])
    return len(held)


def _numbered(connection: Connection, table: Table, rows: Sequence[Values]) -> Sequence[Values]:
    """A row's key is in its seals, so that a number is taken before the row is written."""
    column = table.autoincrement_column
    if column is None or column.name in rows[0]:
        return rows
    if connection.dialect.name == "sqlite":
        # One transaction at a time writes.
        last = connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one()
        numbers: Iterable[int] = range(last + 1, last + 1 + len(rows))
    else:
        taken = text("SELECT nextval(pg_get_serial_sequence(:table, :column)) FROM generate_series(1, :count)")
        given = {"table": table.name, "column": column.name, "count": len(rows)}
        numbers = connection.scalars(taken, given).all()
    return [{column.name: number, **row} for number, row in zip(numbers, rows, strict=True)]


def _mark(connection: Connection) -> str:
    return "?" if connection.dialect.name == "sqlite" else "%s"
