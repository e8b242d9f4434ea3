"""The compiled loops of `ledger.bulk.details`: row i of `data`, a column of bytes, is from `offsets[i]` to the next."""

from __future__ import annotations

# mypy: disable-error-code="no-untyped-def"
from numba import njit

_ZERO, _NINE, _MINUS, _QUOTE, _BACKSLASH, _SPACE, _DELETE = 48, 57, 45, 34, 92, 32, 128
_MAX_DIGITS = 16
_LARGEST = 2**53 - 1


@njit(nogil=True, cache=True)
def read_numbers(first, last, offsets, data, rows, literals, ends, values, matched):
    """Reads the rows `rows[first:last]` that are literal, number, literal, number, …, literal, in RFC 8785 form.

    `literals` are joined, `ends` are their ends. Numbers of row `rows[i]` go to `values[:, rows[i]]`, and
    `matched[i]` says whether the row has this form.
    """
    count = len(ends) - 1
    for index in range(first, last):
        row = rows[index]
        place, end = offsets[row], offsets[row + 1]
        begin = 0
        good = True
        for number in range(count + 1):
            for at in range(begin, ends[number]):
                if place >= end or data[place] != literals[at]:
                    good = False
                    break
                place += 1
            begin = ends[number]
            if not good or number == count:
                break
            negative = place < end and data[place] == _MINUS
            if negative:
                place += 1
            start, value = place, 0
            while place < end and place - start < _MAX_DIGITS and _ZERO <= data[place] <= _NINE:
                value = value * 10 + (data[place] - _ZERO)
                place += 1
            if place == start or value > _LARGEST:
                good = False
                break
            if data[start] == _ZERO and (place - start > 1 or negative):
                good = False
                break
            values[number, row] = -value if negative else value
        matched[index] = good and place == end


@njit(nogil=True, cache=True)
def find_plain(first, last, offsets, data, before, after, plain):
    """Whether each row is `before`, bytes that a JSON string holds as they are and that are ASCII, and `after`."""
    least = len(before) + len(after)
    for row in range(first, last):
        begin, end = offsets[row], offsets[row + 1]
        good = end - begin >= least
        if good:
            for at in range(len(before)):
                if data[begin + at] != before[at]:
                    good = False
                    break
        if good:
            for at in range(len(after)):
                if data[end - len(after) + at] != after[at]:
                    good = False
                    break
        if good:
            for at in range(begin + len(before), end - len(after)):
                byte = data[at]
                if byte < _SPACE or byte >= _DELETE or byte in (_QUOTE, _BACKSLASH):
                    good = False
                    break
        plain[row] = good
