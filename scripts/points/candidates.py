"""From rows to candidates: whose entry, how many grams and what is recorded of it; or which rule the row breaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ledger.bulk.distances import Distances, great_circle_metres, network_metres
from ledger.bulk.quantification import quantify
from ledger.bulk.rules import RULES
from ledger.canonical import canonical_json
from ledger.errors import InvalidInput, NotQuantified
from ledger.quantification.document import Quantification
from ledger.units import MAX_CIVIL_DAY, MAX_GRAMS, SECONDS_PER_DAY, SHANGHAI_OFFSET_SECONDS, date_of_civil_day
from scripts.points import columns as of_columns
from scripts.points.columns import Mask, Read, Whole
from scripts.points.mapping import (
    Constant,
    Duration,
    FeedMapping,
    GreatCircle,
    Input,
    Moment,
    OverNetwork,
    Reading,
    wrong_inputs,
)
from scripts.points.refused import LINE, Verdicts, taps_of
from scripts.points.run_folder import CreditableDays

_SEPARATOR: Final = "\x1f"
_MICRODEGREE_DECIMALS: Final = 6
_ESCAPED: Final = r'["\\\x00-\x1f]'
_STARTED: Final = "started_at"
_ENDED: Final = "ended_at"


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows by column; what a refused row has in them means nothing. `days` is None for instructions.

    `record_ids` and `references` are texts, `details` RFC 8785 texts, `days` civil days in Shanghai.
    """

    rows: pa.Table
    verdicts: Verdicts
    record_ids: pa.Array
    references: pa.Array
    grams: NDArray[np.uint64]
    details: pa.Array
    days: Whole | None


def check_inputs(mapping: FeedMapping, quantification: Quantification) -> None:
    """`InvalidMapping` unless the methodology takes the mapping's inputs and needs no others."""
    try:
        quantification.check_names(mapping.inputs)
    except InvalidInput as error:
        raise wrong_inputs(mapping, error.rule, error.value) from None
    if missing := quantification.required - set(mapping.inputs):
        raise wrong_inputs(mapping, "hold all that the methodology needs", "without " + ", ".join(sorted(missing)))


def candidates(
    rows: pa.Table,
    mapping: FeedMapping,
    quantification: Quantification | None,
    creditable: CreditableDays | None = None,
) -> Candidates:
    """What the rows would become; `quantification` and `creditable` of earned points and behaviour."""
    draft = _Draft(rows, mapping)
    for refusal in mapping.refusals:
        broken = of_columns.holds(refusal.when, draft.columns, rows.num_rows)
        draft.verdicts.refuse(broken, refusal.rule, refusal.message)
    record_ids = draft.record_ids()
    references = draft.references()
    if quantification is None or creditable is None:
        grams, details, days = *draft.instruction(), None
    else:
        grams, details, days = draft.earned(quantification, creditable)
    return Candidates(rows, draft.verdicts, record_ids, references, grams, details, days)


class _Draft:
    """One block of rows on the way."""

    def __init__(self, rows: pa.Table, mapping: FeedMapping) -> None:
        self.columns: Mapping[str, pa.Array] = {name: of_columns.whole(rows, name) for name in mapping.names}
        self.verdicts = Verdicts(rows.num_rows)
        self._count = rows.num_rows
        self._mapping = mapping
        self._lines = taps_of(rows)[0].column(LINE)

    def record_ids(self) -> pa.Array:
        parts = [of_columns.as_text(self.columns[name]) for name in self._mapping.record_id]
        for name, part in zip(self._mapping.record_id, parts, strict=True):
            self.verdicts.refuse(of_columns.blank(part), "record-id-missing", f"{name} is blank, but tells rows apart.")
        return parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, _SEPARATOR)

    def references(self) -> pa.Array:
        account = of_columns.as_text(self.columns[self._mapping.account])
        missing = f"{self._mapping.account} is blank, but says whose entry it is."
        self.verdicts.refuse(of_columns.blank(account), "account-missing", missing)
        space = self._mapping.account_space
        return pc.binary_join_element_wise(space, account, ":") if space else account

    def instruction(self) -> tuple[NDArray[np.uint64], pa.Array]:
        quantity = self._mapping.quantity
        assert quantity is not None  # noqa: S101 - a mapping of instructions has one
        read = of_columns.whole_units(self.columns[quantity.column], quantity.decimals)
        wrong = read.wrong | read.blank | (read.values <= 0) | (read.values > MAX_GRAMS)
        self.verdicts.refuse(wrong, "quantity-unreadable", f"{quantity.column} is no quantity of 1 g or more.")
        reference = of_columns.as_text(self.columns[self._mapping.reference])
        self.verdicts.refuse(of_columns.blank(reference), "reference-missing", f"{self._mapping.reference} is blank.")
        details = pc.binary_join_element_wise('{"reference":', _quoted(reference), "}", "")
        return np.where(wrong, 0, read.values).astype(np.uint64), details

    def earned(
        self, quantification: Quantification, creditable: CreditableDays
    ) -> tuple[NDArray[np.uint64], pa.Array, Whole]:
        times = self._times()
        days = self._days(times, creditable)
        inputs = {name: self._input(given, times) for name, given in self._mapping.inputs.items()}
        values = {name: read.values for name, read in inputs.items()}
        missing = {name: read.blank for name, read in inputs.items()}
        quantified = quantify(values, quantification, rows=self._count, missing=missing)

        def explain(row: int) -> str:
            given = {name: None if read.blank[row] else int(read.values[row]) for name, read in inputs.items()}
            try:
                quantification.grams(given)
            except NotQuantified as error:
                return error.explain()
            raise AssertionError("the column was refused, the row is not")

        for number, rule in enumerate(RULES):
            if number:
                self.verdicts.refuse(quantified.rule == number, rule, explain)
        shown = {**inputs, **times}
        return quantified.grams, self._details(shown), days

    def _days(self, times: Mapping[str, Read], creditable: CreditableDays) -> Whole:
        """The days of the entries. One outside keeps the chain from taking the whole batch, or stretches its days."""
        moment = times.get(_STARTED, times.get(_ENDED))
        assert moment is not None  # noqa: S101 - a mapping has at least one of the two
        days = (moment.values + SHANGHAI_OFFSET_SECONDS) // SECONDS_PER_DAY

        def explain(row: int) -> str:
            day, first, latest = (
                date_of_civil_day(int(day)) for day in (days[row], creditable.first, creditable.latest)
            )
            if creditable.latest < creditable.first:
                return f"The day is {day}, but no day of the activity's crediting period, from {first} on, is over."
            return (
                f"The day is {day}, but only those from {first} to {latest} can be credited: in the period, and over."
            )

        outside = (days < creditable.first) | (days > creditable.latest)
        self.verdicts.refuse(outside, "day-not-creditable", explain)
        return days

    def _times(self) -> dict[str, Read]:
        times: dict[str, Read] = {}
        for name, moment in ((_STARTED, self._mapping.started_at), (_ENDED, self._mapping.ended_at)):
            if moment is not None:
                times[name] = self._time(moment)
        if len(times) == 2:
            backwards = times[_ENDED].values < times[_STARTED].values
            self.verdicts.refuse(backwards, "ends-before-it-starts", "The end lies before the beginning.")
        return times

    def _time(self, moment: Moment) -> Read:
        read = of_columns.moments(moment, self.columns)
        text = self.columns[moment.column]

        def unreadable(row: int) -> str:
            return f"{moment.column} is no time as the mapping says, or not one time only: {str(text[row])[:60]!r}."

        self.verdicts.refuse(read.wrong | read.blank, "time-unreadable", unreadable)
        latest = (MAX_CIVIL_DAY + 1) * SECONDS_PER_DAY - SHANGHAI_OFFSET_SECONDS - 1
        outside = (read.values < 0) | (read.values > latest)
        self.verdicts.refuse(outside, "time-out-of-range", f"{moment.column} lies before 1970 or after 9999.")
        return read

    def _input(self, given: Input, times: Mapping[str, Read]) -> Read:
        nothing = np.zeros(self._count, np.bool_)
        match given:
            case Constant():
                return Read(np.full(self._count, given.value, np.int64), nothing, nothing)
            case Duration():
                return Read(times[_ENDED].values - times[_STARTED].values, nothing, nothing)
            case Reading():
                return self._reading(given.column, given.decimals)
            case GreatCircle():
                reads = [self._reading(column, _MICRODEGREE_DECIMALS) for column in given.columns]
                for column, read in zip(given.columns, reads, strict=True):
                    self.verdicts.refuse(read.blank, "input-missing", f"{column} is blank, but needed for a distance.")
                found = great_circle_metres(*(read.values for read in reads))
                return self._distance(
                    found, lambda row: f"A coordinate of line {self._lines[row]} is off the globe.", nothing
                )
            case OverNetwork():
                return self._over_network(given, nothing)

    def _over_network(self, given: OverNetwork, nothing: Mask) -> Read:
        stations = [of_columns.as_text(self.columns[name]) for name in (given.origin, given.destination)]
        packed = pa.chunked_array(stations).dictionary_encode().unify_dictionaries()
        names = packed.chunk(0).dictionary.to_pylist()
        origins, destinations = (chunk.indices.to_numpy() for chunk in packed.chunks)

        def explain(row: int) -> str:
            try:
                given.network.metres(stations[0][row].as_py(), stations[1][row].as_py())
            except NotQuantified as error:
                return error.explain()
            raise AssertionError("the column was refused, the row is not")

        found = network_metres(given.network, names, origins, destinations)
        return self._distance(found, explain, nothing)

    def _distance(self, found: Distances, explain: object, nothing: Mask) -> Read:
        for number in np.unique(found.rule[found.rule > 0]).tolist():
            self.verdicts.refuse(found.rule == number, RULES[number], explain)  # type: ignore[arg-type]
        return Read(found.metres, nothing, nothing)

    def _reading(self, column: str, decimals: int) -> Read:
        read = of_columns.whole_units(self.columns[column], decimals)
        text = self.columns[column]

        def unreadable(row: int) -> str:
            return f"{column} is no plain decimal number: {str(text[row])[:60]!r}."

        self.verdicts.refuse(read.wrong, "input-unreadable", unreadable)
        return read

    def _details(self, shown: Mapping[str, Read]) -> pa.Array:
        """`{"distance_m":5,"ended_at":…}`, names sorted as RFC 8785 has them, without what was not measured."""
        names = sorted(shown)
        sure = [name for name in names if not shown[name].blank.any()]
        first_is_sure = bool(names) and names[0] in sure
        parts: list[object] = ["{"]
        for place, name in enumerate(names):
            value = pa.array(shown[name].values).cast(pa.string())
            begin = f'"{name}":' if place == 0 else f',"{name}":'
            if name in sure:
                parts += [begin, value]
            else:
                written = pc.binary_join_element_wise(begin, value, "")
                parts.append(pc.if_else(pa.array(shown[name].blank), "", written))
        joined = pc.binary_join_element_wise(*parts, "}", "")
        if isinstance(joined, pa.Scalar):
            return pa.repeat(joined, self._count)
        return joined if first_is_sure else pc.replace_substring(joined, "{,", "{", max_replacements=1)


def _quoted(text: pa.Array) -> pa.Array:
    """Texts as RFC 8785 writes them."""
    plain = pc.binary_join_element_wise('"', text, '"', "")
    rows = np.flatnonzero(pc.match_substring_regex(text, _ESCAPED).to_numpy(zero_copy_only=False))
    if len(rows) == 0:
        return plain
    values = plain.to_pylist()
    for row in rows.tolist():
        values[row] = canonical_json(text[row].as_py()).decode()
    return pa.array(values, pa.string())
