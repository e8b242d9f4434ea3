"""What is done to whole columns of text: cleaned, tested, read as exact whole numbers and as moments.

Each reader gives the values and which rows it could not read; nothing raises for what one row says.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from scripts.importing import parquet
from scripts.importing.expressions import CLEANERS, TESTS, Condition, Test
from scripts.points.mapping import EPOCHS, Moment

Mask = NDArray[np.bool_]
Whole = NDArray[np.int64]

_DECIMAL: Final = r"^-?[0-9]{1,15}(\.[0-9]{1,18})?$"
_INTEGER: Final = r"^-?[0-9]{1,18}$"
_FAST_CLEANERS: Final[Mapping[str, Callable[[pa.Array], pa.Array]]] = {
    "strip": pc.utf8_trim_whitespace,
    "remove-commas": lambda column: pc.replace_substring(column, ",", ""),
}


class Read(NamedTuple):
    """Values of a column, 0 where they are blank or unreadable, and which rows are."""

    values: Whole
    blank: Mask
    wrong: Mask


def whole(table: pa.Table, name: str) -> pa.Array:
    """A column of a table as one array."""
    column = table.column(name).combine_chunks()
    return column if isinstance(column, pa.Array) else pa.concat_arrays(column.chunks)


def as_text(column: pa.Array) -> pa.Array:
    """A column as texts, nothing for null."""
    if pa.types.is_string(column.type):
        return column.fill_null("") if column.null_count else column
    if pa.types.is_integer(column.type):
        return column.cast(pa.string()).fill_null("")
    return pa.array(parquet.texts(column), pa.string())


def clean(column: pa.Array, cleaners: tuple[str, ...]) -> pa.Array:
    """A column of texts after each cleaner in turn."""
    for name in cleaners:
        if name in _FAST_CLEANERS:
            column = _FAST_CLEANERS[name](column)
        else:
            packed = column.dictionary_encode()
            texts = [CLEANERS[name](text) for text in packed.dictionary.to_pylist()]
            column = pa.array(texts, pa.string()).take(packed.indices)
    return column


def replaced(column: pa.Array, pattern: str, by: str) -> pa.Array:
    """A column of texts in which what `pattern` matches is replaced."""
    return pc.replace_substring_regex(column, pattern, by)


def holds(condition: Condition, columns: Mapping[str, pa.Array], rows: int) -> Mask:
    """The rows that pass every test."""
    passed = np.ones(rows, np.bool_)
    for test in condition.tests:
        text = as_text(columns[test.name])
        passed &= _mask(pc.equal(text, as_text(columns[test.same_as]))) if test.same_as else _passes(test, text)
    return passed


def blank(column: pa.Array) -> Mask:
    """The rows whose text is blank."""
    return _mask(pc.equal(pc.utf8_trim_whitespace(as_text(column)), ""))


def whole_units(column: pa.Array, decimals: int) -> Read:
    """Whole units of 10**-`decimals`, ties away from zero, as `ledger.quantification.readings.whole_units` reads one.

    Only plain decimal text of at most 15 digits before the point and 18 behind it is read.
    """
    if pa.types.is_integer(column.type):
        return _scaled(column, decimals)
    text = as_text(column)
    empty = _mask(pc.equal(text, ""))
    if decimals == 0 and pc.all(pc.or_(pc.match_substring_regex(text, _INTEGER), pc.equal(text, ""))).as_py():
        return _scaled(_kept(text, ~empty).cast(pa.int64()), 0)
    good = _mask(pc.match_substring_regex(text, _DECIMAL))
    exact = pc.round(_kept(text, good).cast(pa.decimal128(38, 18)), decimals, round_mode="half_towards_infinity")
    shifted = exact.cast(pa.decimal128(38, decimals))
    return _checked(_unscaled(shifted), good, empty)


def moments(moment: Moment, columns: Mapping[str, pa.Array]) -> Read:
    """Seconds since 1970 in UTC. What is ambiguous or does not exist in the zone, on a change of clocks, is wrong."""
    column = columns[moment.column]
    if pa.types.is_timestamp(column.type):
        seconds = column.cast(pa.timestamp("s", column.type.tz), safe=False)
        return _in_zone(seconds, moment, columns) if column.type.tz is None else _seconds(seconds)
    if moment.format in EPOCHS:
        read = whole_units(column, 0)
        return read._replace(values=read.values // EPOCHS[moment.format])
    text = as_text(column)
    parsed = pc.strptime(text, format=moment.format, unit="s", error_is_null=True)
    return _in_zone(_no_such_days(text, parsed, moment.format), moment, columns)


def _passes(test: Test, text: pa.Array) -> Mask:
    if test.pattern is None and not test.word:
        return _mask(pc.is_in(text, pa.array(test.one_of, pa.string())))
    if test.word in {"blank", "present"}:
        return blank(text) if test.word == "blank" else ~blank(text)
    # Python's patterns are not Arrow's: each different text is asked once.
    packed = text.dictionary_encode()
    if test.pattern is not None:
        answers = [test.pattern.fullmatch(value) is not None for value in packed.dictionary.to_pylist()]
    else:
        answers = [TESTS[test.word](value) for value in packed.dictionary.to_pylist()]
    passed: Mask = np.array(answers, np.bool_)[packed.indices.to_numpy()]
    return passed


def _scaled(column: pa.Array, decimals: int) -> Read:
    missing = _mask(column.is_null())
    values = column.cast(pa.int64(), safe=False).fill_null(0).to_numpy()
    limit = (2**63 - 1) // 10**decimals
    unsigned_overflow = pa.types.is_uint64(column.type) & (values < 0)
    wrong = (values > limit) | (values < -limit) | unsigned_overflow
    return Read(np.where(wrong, 0, values) * 10**decimals, missing, wrong)


def _unscaled(column: pa.Array) -> tuple[Whole, Mask]:
    """The unscaled whole numbers of a decimal column as 64 bits, and which do not fit."""
    halves = np.frombuffer(column.buffers()[1], np.int64)[2 * column.offset : 2 * (column.offset + len(column))]
    low, high = halves[0::2], halves[1::2]
    return low, high != low >> 63


def _checked(unscaled: tuple[Whole, Mask], good: Mask, empty: Mask) -> Read:
    values, large = unscaled
    fine = good & ~large
    return Read(np.where(fine, values, 0), empty, ~fine & ~empty)


def _in_zone(local: pa.Array, moment: Moment, columns: Mapping[str, pa.Array]) -> Read:
    if moment.offset_column:
        names = list(moment.offsets or {})
        place = pc.index_in(as_text(columns[moment.offset_column]), pa.array(names, pa.string()))
        offsets = pa.array(list((moment.offsets or {}).values()), pa.int64()).take(place)
        return _seconds(pc.subtract(local.cast(pa.int64()), offsets))
    early, late = (
        pc.assume_timezone(local, moment.zone, ambiguous=choice, nonexistent=choice)
        for choice in ("earliest", "latest")
    )
    sure = pc.equal(early, late)
    return _seconds(pc.if_else(sure, early, pa.scalar(None, early.type)))


def _seconds(column: pa.Array) -> Read:
    wrong = _mask(column.is_null())
    return Read(column.cast(pa.int64()).fill_null(0).to_numpy(), np.zeros(len(column), np.bool_), wrong)


def _no_such_days(text: pa.Array, parsed: pa.Array, pattern: str) -> pa.Array:
    """Arrow carries over what does not exist, 30 February and seconds 60 and 61: such rows are asked one by one."""
    doubtful = pc.fill_null(pc.or_(pc.less_equal(pc.day(parsed), 3), pc.less_equal(pc.second(parsed), 1)), False)
    rows = np.flatnonzero(_mask(doubtful))
    if len(rows) == 0:
        return parsed
    chosen = pa.array(rows)
    same = _mask(pc.equal(pc.strftime(parsed.take(chosen), format=pattern), text.take(chosen)))
    good = np.ones(len(text), np.bool_)
    for row in rows[~same].tolist():
        good[row] = _is_time(text[row].as_py(), pattern)
    return _kept(parsed, good)


def _is_time(text: str, pattern: str) -> bool:
    try:
        datetime.datetime.strptime(text, pattern)  # noqa: DTZ007 - only whether there is such a day
    except ValueError:
        return False
    return True


def _kept(column: pa.Array, good: Mask) -> pa.Array:
    """The column with null where it is not good."""
    return pc.if_else(pa.array(good), column, pa.scalar(None, column.type))


def _mask(column: pa.Array) -> Mask:
    return np.asarray(pc.fill_null(column, False).to_numpy(zero_copy_only=False), np.bool_)
