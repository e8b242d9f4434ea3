"""The `details` of entries by column, as docs/spec/05-points.md §5.3 has them: read strictly, each row for itself.

A batch's details are of a few forms: the same names, other numbers. A form is taken from a row that was read the slow
way (`ledger.canonical`), and whatever else has it is read by a compiled loop.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ledger.bulk import detail_kernels
from ledger.bulk.columns import Strings
from ledger.bulk.hashing import in_spans
from ledger.canonical import canonical_json, parse_canonical
from ledger.errors import InvalidJson, Json

Mask = NDArray[np.bool_]
Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NumberColumns:
    """Whole numbers by name. `missing`: rows that do not have the name; `malformed`: rows that are no object of whole
    numbers in RFC 8785 form, or have another name, ascending.
    """

    values: Mapping[str, Whole]
    missing: Mapping[str, Mask]
    malformed: Whole


def number_columns(details: Strings, names: Collection[str]) -> NumberColumns:
    """The details of an earn or behaviour batch, which may have these names and no others."""
    count = len(details)
    values: dict[str, Whole] = {}
    missing: dict[str, Mask] = {}
    malformed: list[int] = []
    todo = np.arange(count, dtype=np.int64)
    while len(todo):
        found = _names(_text(details, int(todo[0])))
        if found is None or not set(found) <= set(names):
            malformed.append(int(todo[0]))
            todo = todo[1:]
            continue
        for name in found:
            if name not in values:
                values[name], missing[name] = np.zeros(count, np.int64), np.ones(count, np.bool_)
        todo = todo[~_read_form(details, todo, found, values, missing)]
    return NumberColumns(values, missing, np.array(malformed, np.int64))


def malformed_references(details: Strings) -> Whole:
    """Rows of a batch of another kind that are not `{"reference": text}` in RFC 8785 form, ascending."""
    plain = np.zeros(len(details), np.bool_)
    before, after = (np.frombuffer(part, np.uint8) for part in (b'{"reference":"', b'"}'))
    offsets, data = details.offsets, details.data
    in_spans(
        len(details), lambda first, last: detail_kernels.find_plain(first, last, offsets, data, before, after, plain)
    )
    rest = np.flatnonzero(~plain)
    return np.array([row for row in rest.tolist() if not _is_reference(_text(details, row))], np.int64)


def _names(text: bytes) -> list[str] | None:
    """The names of a row in their order; None where it is malformed."""
    read = _canonical_object(text)
    if read is None or not all(type(value) is int for value in read.values()):
        return None
    return sorted(read, key=lambda name: name.encode("utf-16-be"))  # as RFC 8785 sorts them


def _canonical_object(text: bytes) -> dict[str, Json] | None:
    try:
        value = parse_canonical(text)
    except InvalidJson:
        return None
    return value if isinstance(value, dict) else None


def _is_reference(text: bytes) -> bool:
    read = _canonical_object(text)
    return read is not None and set(read) == {"reference"} and isinstance(read["reference"], str)


def _text(details: Strings, row: int) -> bytes:
    return details.data[details.offsets[row] : details.offsets[row + 1]].tobytes()


def _read_form(
    details: Strings, rows: Whole, names: list[str], values: dict[str, Whole], missing: dict[str, Mask]
) -> Mask:
    """Reads those of the rows that have these names; which they were."""
    literals = [("{" if place == 0 else ",") + canonical_json(name).decode() + ":" for place, name in enumerate(names)]
    joined = [part.encode() for part in (*literals, "}" if literals else "{}")]
    ends = np.cumsum([len(part) for part in joined], dtype=np.int64)
    literal = np.frombuffer(b"".join(joined), np.uint8)
    read = np.zeros((len(names), len(details)), np.int64)
    matched = np.zeros(len(rows), np.bool_)
    offsets, data = details.offsets, details.data
    in_spans(
        len(rows),
        lambda first, last: detail_kernels.read_numbers(first, last, offsets, data, rows, literal, ends, read, matched),
    )
    chosen = rows[matched]
    for place, name in enumerate(names):
        values[name][chosen] = read[place][chosen]
        missing[name][chosen] = False
    return matched
