"""The quantification of a methodology version: formula, factor, rounding and ranges, as data (§5.6 of the points)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Self, TypeVar

from ledger.canonical import MAX_EXACT_INTEGER, canonical_json, parse_strict
from ledger.errors import InvalidInput, InvalidQuantification, Json
from ledger.quantification.refusals import (
    InputMissing,
    InputOutOfRange,
    NothingReduced,
    QuantityTooLarge,
    ReadingAboveNameplate,
)
from ledger.quantification.rounding import Rounding, rounded_ratio
from ledger.units import MAX_GRAMS

FORMAT = 1
SECONDS_PER_HOUR = 3600
MAX_INPUT = MAX_EXACT_INTEGER
"""Largest input: they stand as JSON numbers in the details of an entry."""

# One text for each value, so that equal quantifications have equal bytes. Twelve digits either side reach from a
# picogram to a million tonnes for each unit.
_FACTOR = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{0,11}[1-9])?", re.ASCII)
_FACTOR_RULE = (
    "be a positive decimal string of at most 12 digits either side of the point, without sign, exponent or zeros "
    'that say nothing, such as "150.5"'
)


class Formula(StrEnum):
    """What is multiplied. The values are the words of the JSON."""

    PER_TRIP = "per-trip"
    PER_DISTANCE = "per-distance"
    METERED_ENERGY = "metered-energy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a formula is made of."""

    parameter: str
    """Name of the factor, which says its unit."""
    measured: str | None
    """The input that the factor multiplies; none where every row counts once."""
    measured_per_unit: int
    """How many of `measured` make one unit of the factor: 1,000 m a kilometre."""
    others: frozenset[str]
    """Further inputs that may have ranges."""


TERMS: Mapping[Formula, Terms] = {
    Formula.PER_TRIP: Terms(
        parameter="grams_per_trip",
        measured=None,
        measured_per_unit=1,
        others=frozenset({"distance_m", "duration_s"}),
    ),
    Formula.PER_DISTANCE: Terms(
        parameter="grams_per_km",
        measured="distance_m",
        measured_per_unit=1000,
        others=frozenset({"duration_s"}),
    ),
    Formula.METERED_ENERGY: Terms(
        parameter="grams_per_kwh",
        measured="energy_wh",
        measured_per_unit=1000,
        others=frozenset({"nameplate_w", "duration_s"}),
    ),
}


@dataclass(frozen=True, slots=True)
class Range:
    """The closed range of an input: whole numbers from 0 to `MAX_INPUT`, in the unit that ends the input's name."""

    input: str
    least: int
    most: int

    def __post_init__(self) -> None:
        name = f"ranges.{self.input}"
        for bound in (self.least, self.most):
            if type(bound) is not int or not 0 <= bound <= MAX_INPUT:
                raise InvalidQuantification(name, f"have bounds that are whole numbers from 0 to {MAX_INPUT}", bound)
        if self.least > self.most:
            raise InvalidQuantification(name, "begin with the lower bound", [self.least, self.most])


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantification:
    """How a measurement becomes grams. `factor` is decimal text in grams for each unit of the formula.

    Raises `InvalidQuantification`, whose field is the path of the key.
    """

    formula: Formula
    factor: str
    rounding: Rounding
    ranges: tuple[Range, ...] = ()
    """Sorted by input, each once."""
    grams_per_measured: Fraction = field(init=False, repr=False, compare=False)
    """Grams for each trip, metre or watt-hour."""

    def __post_init__(self) -> None:
        terms = TERMS[self.formula]
        name = f"parameters.{terms.parameter}"
        if type(self.factor) is not str or not _FACTOR.fullmatch(self.factor) or self.factor == "0":
            raise InvalidQuantification(name, _FACTOR_RULE, self.factor)
        for one, next_one in pairwise(self.ranges):
            if one.input >= next_one.input:
                raise InvalidQuantification("ranges", "be sorted, each input once", [one.input, next_one.input])
        for one in self.ranges:
            if one.input not in self.inputs:
                rule = f"be of inputs of {self.formula}: {', '.join(sorted(self.inputs))}"
                raise InvalidQuantification("ranges", rule, one.input)
        object.__setattr__(self, "grams_per_measured", Fraction(self.factor) / terms.measured_per_unit)

    @property
    def inputs(self) -> frozenset[str]:
        """Names of the inputs that may be given."""
        terms = TERMS[self.formula]
        return terms.others if terms.measured is None else terms.others | {terms.measured}

    @property
    def required(self) -> frozenset[str]:
        """Names of the inputs that must be given: what is multiplied, and whatever has a range.

        A range that one could escape by leaving the input out would be none.
        """
        measured = TERMS[self.formula].measured
        return frozenset({one.input for one in self.ranges} | ({measured} if measured else set()))

    def limits(self, name: str) -> tuple[int, int]:
        """The closed range of an input: the methodology's, else what an input can be at all."""
        return next(((one.least, one.most) for one in self.ranges if one.input == name), (0, MAX_INPUT))

    def check_names(self, names: Mapping[str, object]) -> None:
        """`InvalidInput` for a name that the formula does not know: a mistake of the mapping, not of a row."""
        if unknown := set(names) - self.inputs:
            raise InvalidInput("inputs", f"be among {', '.join(sorted(self.inputs))}", sorted(unknown))

    def grams(self, inputs: Mapping[str, int | None]) -> int:
        """Grams of one row, from 1 to `MAX_GRAMS`; None and no entry both mean that an input was not measured.

        Raises the refusals of `ledger.quantification.refusals`, the first broken rule in this order: missing, out of
        range (both by the inputs' names), above nameplate, too large, nothing reduced. `InvalidInput` for names that
        the formula does not know and for values that are no whole numbers.
        """
        self.check_names(inputs)
        given = {name: _whole(name, value) for name, value in sorted(inputs.items()) if value is not None}
        self._check_given(given)
        _check_nameplate(given)
        measured = TERMS[self.formula].measured
        count = 1 if measured is None else given[measured]
        numerator, denominator = self.grams_per_measured.as_integer_ratio()
        grams = rounded_ratio(count * numerator, denominator, self.rounding)
        if grams > MAX_GRAMS:
            raise QuantityTooLarge(tuple(given.items()), grams)
        if grams == 0:
            raise NothingReduced(tuple(given.items()))
        return grams

    def _check_given(self, given: Mapping[str, int]) -> None:
        for name in sorted(self.required):
            if name not in given:
                raise InputMissing(name)
        for name, value in given.items():
            least, most = self.limits(name)
            if not least <= value <= most:
                raise InputOutOfRange(name, value, least, most)

    def to_json(self) -> dict[str, Json]:
        """The object of §5.6."""
        return {
            "format": FORMAT,
            "formula": self.formula.value,
            "parameters": {TERMS[self.formula].parameter: self.factor},
            "rounding": self.rounding.value,
            "ranges": {one.input: [one.least, one.most] for one in self.ranges},
        }

    def to_bytes(self) -> bytes:
        """The object as RFC 8785 bytes."""
        return canonical_json(self.to_json())

    @classmethod
    def from_json(cls, document: Json, name: str = "quantification") -> Self:
        """Reads what `to_json` wrote and nothing else; `InvalidQuantification` names the key, under `name`."""
        try:
            return cls._read(document)
        except InvalidQuantification as error:
            place = f"{name}.{error.field}" if error.field else name
            raise InvalidQuantification(place, error.rule, error.value) from None

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Reads a document strictly (`ledger.canonical.parse_strict`), in canonical form or not."""
        return cls.from_json(parse_strict(data))

    @classmethod
    def _read(cls, document: Json) -> Self:
        members = _object(document, "", frozenset({"format", "formula", "parameters", "rounding", "ranges"}))
        if type(members["format"]) is not int or members["format"] != FORMAT:
            raise InvalidQuantification("format", f"be {FORMAT}, the only format so far", members["format"])
        formula = _word(Formula, members["formula"], "formula")
        parameter = TERMS[formula].parameter
        factor = _object(members["parameters"], "parameters", frozenset({parameter}))[parameter]
        if not isinstance(factor, str):
            raise InvalidQuantification(f"parameters.{parameter}", _FACTOR_RULE, factor)
        return cls(
            formula=formula,
            factor=factor,
            rounding=_word(Rounding, members["rounding"], "rounding"),
            ranges=_ranges(members["ranges"]),
        )


_Words = TypeVar("_Words", bound=StrEnum)


def _word(words: type[_Words], value: Json, name: str) -> _Words:
    try:
        return words(str(value))
    except ValueError:
        raise InvalidQuantification(name, "be one of " + ", ".join(words), value) from None


def _object(value: Json, name: str, keys: frozenset[str]) -> dict[str, Json]:
    if not isinstance(value, dict) or set(value) != keys:
        raise InvalidQuantification(name, f"be an object of {', '.join(sorted(keys))}", value)
    return value


def _ranges(value: Json) -> tuple[Range, ...]:
    if not isinstance(value, dict):
        raise InvalidQuantification("ranges", "be an object of [least, most] by input", value)
    for name, bounds in value.items():
        if not isinstance(bounds, list) or len(bounds) != 2:
            raise InvalidQuantification(f"ranges.{name}", "be [least, most]", bounds)
    return tuple(Range(name, *bounds) for name, bounds in sorted(value.items()))  # type: ignore[misc]  # checked above


def _whole(name: str, value: object) -> int:
    if type(value) is not int:
        raise InvalidInput(name, "be a whole number", value)
    return value


def _check_nameplate(given: Mapping[str, int]) -> None:
    """More than nameplate power times duration cannot have been made; only where both are known."""
    energy, nameplate, duration = given.get("energy_wh"), given.get("nameplate_w"), given.get("duration_s")
    if energy is None or nameplate is None or duration is None:
        return
    if energy * SECONDS_PER_HOUR > nameplate * duration:
        raise ReadingAboveNameplate(energy, nameplate, duration)
