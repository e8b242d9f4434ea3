"""Kinds of columns, with the checks that each carries; the metadata that all tables are in."""

from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, LargeBinary, MetaData, Text

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# INTEGER is SQLite's 64-bit integer, and as a primary key the row's own key.
Int64 = BigInteger().with_variant(Integer(), "sqlite")
SmallInt = Integer()


def check(name: str, condition: str) -> CheckConstraint:
    """A rule that every row keeps to."""
    return CheckConstraint(condition, name=name)


def count(name: str, *, least: int = 0, primary_key: bool = False) -> Column[int]:
    """A whole number from `least` to 2**63 - 1."""
    rule = check(name, f"{name} >= {least}")
    return Column(name, Int64, rule, primary_key=primary_key, autoincrement=False, nullable=False)


def optional_count(name: str, *, least: int = 0) -> Column[int]:
    """The same, or nothing."""
    return Column(name, Int64, check(name, f"{name} >= {least}"), nullable=True)


def raw_bytes(name: str, length: int, *, primary_key: bool = False, nullable: bool = False) -> Column[bytes]:
    """So many bytes."""
    rule = check(name, f"length({name}) = {length}")
    return Column(name, LargeBinary, rule, primary_key=primary_key, nullable=nullable)


def hash32(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[bytes]:
    """A hash or an id."""
    return raw_bytes(name, 32, primary_key=primary_key, nullable=nullable)


def address(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[bytes]:
    """An account or a contract."""
    return raw_bytes(name, 20, primary_key=primary_key, nullable=nullable)


def word(name: str, words: type[IntEnum], *, primary_key: bool = False) -> Column[int]:
    """The number of a word, but not zero ("none", "unknown"), which no contract lets stand."""
    numbers = sorted(int(word) for word in words if word != 0)
    rule = check(name, " OR ".join(f"{name} BETWEEN {first} AND {last}" for first, last in _runs(numbers)))
    return Column(name, SmallInt, rule, primary_key=primary_key, autoincrement=False, nullable=False)


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """First and last of each run of numbers without gaps. SQLite checks a few ranges faster than one list."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def label(name: str, words: type[StrEnum]) -> Column[str]:
    """One of these words, as text."""
    allowed = ", ".join(f"'{word.value}'" for word in words)
    return Column(name, Text, check(name, f"{name} IN ({allowed})"), nullable=False)


def text_column(name: str, *, nullable: bool = False) -> Column[str]:
    """Text of any length."""
    return Column(name, Text, nullable=nullable)


def seal() -> Column[bytes]:
    """The last column of a kept table: `indexer.row_seals`, through which alone such tables are written."""
    return Column("seal", LargeBinary, nullable=False)


def leaf(name: str) -> Column[int]:
    """The operation that made something so."""
    return Column(name, Int64, ForeignKey("operations.leaf_index"), nullable=False)


def days_in_order(first: str, last: str) -> CheckConstraint:
    """The first day is not after the last."""
    return check(f"{first}_to_{last}", f"{first} <= {last}")


STRICT: dict[str, Any] = {"sqlite_strict": True}
# Rows stored in the order of a primary key that is no integer: half the size and one search less on SQLite.
KEYED: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}
