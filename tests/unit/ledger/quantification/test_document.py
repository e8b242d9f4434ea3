"""Quantifications: read strictly, written canonically, exact, and every rule of §5.6 in its order."""

import copy
import json
import pickle
from typing import Any

import pytest

from ledger.errors import InvalidInput, InvalidJson, InvalidQuantification, Json, NotQuantified
from ledger.quantification import Formula, Quantification, Range, Rounding
from ledger.quantification.document import MAX_INPUT
from ledger.quantification.refusals import (
    InputMissing,
    InputOutOfRange,
    NothingReduced,
    QuantityTooLarge,
    ReadingAboveNameplate,
    StationUnreachable,
    UnknownStation,
)

# As docs/spec/05-points.md §5.6 prints them.
TRIP: dict[str, Any] = {
    "format": 1,
    "formula": "per-trip",
    "parameters": {"grams_per_trip": "541.9"},
    "rounding": "half-up",
    "ranges": {},
}
DISTANCE: dict[str, Any] = {
    "format": 1,
    "formula": "per-distance",
    "parameters": {"grams_per_km": "150.5"},
    "rounding": "half-up",
    "ranges": {"distance_m": [1, 50000], "duration_s": [30, 86400]},
}
ENERGY: dict[str, Any] = {
    "format": 1,
    "formula": "metered-energy",
    "parameters": {"grams_per_kwh": "420"},
    "rounding": "half-up",
    "ranges": {"energy_wh": [1, 2_000_000_000], "nameplate_w": [1, 1_000_000]},
}


def energy(factor: str = "420", rounding: Rounding = Rounding.HALF_UP, *ranges: Range) -> Quantification:
    return Quantification(formula=Formula.METERED_ENERGY, factor=factor, rounding=rounding, ranges=ranges)


# Reading and writing


@pytest.mark.parametrize("document", [TRIP, DISTANCE, ENERGY], ids=lambda document: document["formula"])
def test_a_quantification_is_read_and_written_again(document: dict[str, Any]) -> None:
    read = Quantification.from_json(document)
    assert read.to_json() == document
    assert Quantification.from_bytes(read.to_bytes()) == read
    assert Quantification.from_bytes(json.dumps(document, indent=2).encode()).to_bytes() == read.to_bytes()
    assert pickle.loads(pickle.dumps(read)) == read  # noqa: S301 - our own bytes
    assert hash(read) == hash(Quantification.from_json(document))


def test_canonical_bytes() -> None:
    assert Quantification.from_json(TRIP).to_bytes() == (
        b'{"format":1,"formula":"per-trip","parameters":{"grams_per_trip":"541.9"},"ranges":{},"rounding":"half-up"}'
    )


def changed(path: str, value: Json) -> Json:
    document = copy.deepcopy(ENERGY)
    *parents, last = path.split("/")
    place = document
    for name in parents:
        place = place[name]
    place[last] = value
    return document


FACTOR = "quantification.parameters.grams_per_kwh"


@pytest.mark.parametrize(
    ("document", "field", "rule"),
    [
        ([], "quantification", "be an object of format"),
        ('{"format": 1}', "quantification", "be an object of format"),
        ({**ENERGY, "unit": "kg"}, "quantification", "be an object of format"),
        ({key: ENERGY[key] for key in ENERGY if key != "rounding"}, "quantification", "be an object of format"),
        (changed("format", 2), "quantification.format", "be 1"),
        (changed("format", True), "quantification.format", "be 1"),
        (changed("formula", "per-person"), "quantification.formula", "be one of per-trip, per-distance"),
        (changed("formula", "per-trip"), "quantification.parameters", "be an object of grams_per_trip"),
        (changed("rounding", "up"), "quantification.rounding", "be one of half-up, half-even, down"),
        (changed("parameters/grams_per_mwh", "1"), "quantification.parameters", "be an object of grams_per_kwh"),
        *((changed("parameters/grams_per_kwh", bad), FACTOR, "be a positive decimal string") for bad in (
            420, 0.42, None, "", "0", "0.0", "-1", "+1", "1e3", "420.0", "042", "4 2", "4,2", ".5", "5.", "٤٢", "NaN",
            "1234567890123", "0.1234567890123", "420\n",
        )),
        (changed("ranges", []), "quantification.ranges", "be an object of [least, most] by input"),
        (changed("ranges/distance_m", [1, 2]), "quantification.ranges", "be of inputs of metered-energy"),
        (changed("ranges/energy_wh", 5), "quantification.ranges.energy_wh", "be [least, most]"),
        (changed("ranges/energy_wh", [1, 2, 3]), "quantification.ranges.energy_wh", "be [least, most]"),
        (changed("ranges/energy_wh", [1, "2"]), "quantification.ranges.energy_wh", "have bounds that are whole"),
        (changed("ranges/energy_wh", [1, 2.0]), "quantification.ranges.energy_wh", "have bounds that are whole"),
        (changed("ranges/energy_wh", [True, 2]), "quantification.ranges.energy_wh", "have bounds that are whole"),
        (changed("ranges/energy_wh", [-1, 2]), "quantification.ranges.energy_wh", "have bounds that are whole"),
        (changed("ranges/energy_wh", [0, 2**53]), "quantification.ranges.energy_wh", "have bounds that are whole"),
        (changed("ranges/energy_wh", [3, 2]), "quantification.ranges.energy_wh", "begin with the lower bound"),
    ],
)  # fmt: skip
def test_a_document_that_breaks_a_rule_is_refused_by_key_and_rule(document: Json, field: str, rule: str) -> None:
    with pytest.raises(InvalidQuantification) as caught:
        Quantification.from_json(document)
    assert caught.value.field == field
    assert rule in caught.value.rule


def test_a_key_given_twice_is_refused() -> None:
    with pytest.raises(InvalidJson, match="once"):
        Quantification.from_bytes(b'{"format":1,"format":1}')


def test_ranges_out_of_order_cannot_be_made() -> None:
    ordered = (Range("duration_s", 0, 1), Range("energy_wh", 0, 1))
    energy("1", Rounding.DOWN, *ordered)
    for wrong in (ordered[::-1], (ordered[0], ordered[0])):
        with pytest.raises(InvalidQuantification, match="sorted"):
            energy("1", Rounding.DOWN, *wrong)


# Grams


def test_each_formula_makes_grams() -> None:
    assert Quantification.from_json(TRIP).grams({}) == 542
    assert Quantification.from_json(DISTANCE).grams({"distance_m": 1_000, "duration_s": 300}) == 151
    assert Quantification.from_json(ENERGY).grams({"energy_wh": 6_706, "nameplate_w": 7_000}) == 2_817


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [(Rounding.HALF_UP, [1, 2, 3, 1]), (Rounding.HALF_EVEN, [None, 2, 2, 1]), (Rounding.DOWN, [None, 1, 2, None])],
)
def test_ties_and_what_is_beside_them(rounding: Rounding, expected: list[int | None]) -> None:
    """0.5, 1.5, 2.5 and 0.501 g."""
    for watt_hours, grams in zip((500, 1_500, 2_500, 501), expected, strict=True):
        try:
            found: int | None = energy("1", rounding).grams({"energy_wh": watt_hours})
        except NothingReduced:
            found = None
        assert found == grams


def test_a_factor_that_no_float_holds() -> None:
    """0.1 has no exact float; 5 Wh of 100 g/kWh are exactly half a gram."""
    assert energy("100").grams({"energy_wh": 5}) == 1
    assert energy("100", Rounding.HALF_EVEN).grams({"energy_wh": 15}) == 2
    assert energy("0.000000000001").grams({"energy_wh": 500_000_000_000_000}) == 1


def test_the_worked_example_of_the_published_page() -> None:
    """1 MW x 1,100 h x 0.42 kg/kWh = 462 t."""
    plant = Quantification.from_json(ENERGY)
    year = {"energy_wh": 1_000_000 * 1_100, "nameplate_w": 1_000_000, "duration_s": 8_760 * 3_600}
    assert plant.grams(year) == 462 * 1_000_000


def test_the_misprint_of_the_published_page_is_refused() -> None:
    """The page prints 462 x 10^4 t: the energy that this would take is in no range of a plant of 1 MW."""
    plant = Quantification.from_json(ENERGY)
    misprinted = 462 * 10**4 * 1_000_000
    energy_wh = misprinted * 1_000 // 420
    with pytest.raises(InputOutOfRange) as caught:
        plant.grams({"energy_wh": energy_wh, "nameplate_w": 1_000_000})
    assert caught.value == InputOutOfRange("energy_wh", 11_000_000_000_000, 1, 2_000_000_000)
    without_range = energy("420")
    with pytest.raises(ReadingAboveNameplate):
        without_range.grams({"energy_wh": energy_wh, "nameplate_w": 1_000_000, "duration_s": 8_760 * 3_600})


# Rules


@pytest.mark.parametrize(
    ("document", "inputs", "refusal"),
    [
        (DISTANCE, {"duration_s": 60}, InputMissing("distance_m")),
        (DISTANCE, {"distance_m": 100}, InputMissing("duration_s")),
        (DISTANCE, {"distance_m": 100, "duration_s": None}, InputMissing("duration_s")),
        (DISTANCE, {"distance_m": 0, "duration_s": 60}, InputOutOfRange("distance_m", 0, 1, 50_000)),
        (DISTANCE, {"distance_m": 1_500_000, "duration_s": 900}, InputOutOfRange("distance_m", 1_500_000, 1, 50_000)),
        (DISTANCE, {"distance_m": 50_001, "duration_s": 1}, InputOutOfRange("distance_m", 50_001, 1, 50_000)),
        (DISTANCE, {"distance_m": 50_000, "duration_s": 29}, InputOutOfRange("duration_s", 29, 30, 86_400)),
        (ENERGY, {"energy_wh": 1, "nameplate_w": 1_000_001}, InputOutOfRange("nameplate_w", 1_000_001, 1, 1_000_000)),
        (
            ENERGY,
            {"energy_wh": 1_001, "nameplate_w": 1_000, "duration_s": 3_600},
            ReadingAboveNameplate(1_001, 1_000, 3_600),
        ),
        (ENERGY, {"energy_wh": 1, "nameplate_w": 9}, NothingReduced((("energy_wh", 1), ("nameplate_w", 9)))),
    ],
)  # fmt: skip
def test_a_row_is_refused_by_the_first_rule_it_breaks(
    document: Json, inputs: dict[str, int | None], refusal: NotQuantified
) -> None:
    with pytest.raises(NotQuantified) as caught:
        Quantification.from_json(document).grams(inputs)
    assert caught.value == refusal


def test_the_bounds_of_a_range_belong_to_it() -> None:
    ride = Quantification.from_json(DISTANCE)
    assert ride.grams({"distance_m": 50_000, "duration_s": 86_400}) == 7_525
    with pytest.raises(NothingReduced):
        ride.grams({"distance_m": 1, "duration_s": 30})


def test_exactly_the_nameplate_is_not_above_it() -> None:
    plant = energy("420")
    assert plant.grams({"energy_wh": 1_000, "nameplate_w": 1_000, "duration_s": 3_600}) == 420
    with pytest.raises(ReadingAboveNameplate):
        plant.grams({"energy_wh": 1_000, "nameplate_w": 1_000, "duration_s": 3_599})
    assert plant.grams({"energy_wh": 1_000, "nameplate_w": 1}) == 420


@pytest.mark.parametrize("value", [-1, MAX_INPUT + 1, 2**64])
def test_what_cannot_be_measured_is_out_of_range_without_a_range_too(value: int) -> None:
    with pytest.raises(InputOutOfRange) as caught:
        energy().grams({"energy_wh": value})
    assert caught.value == InputOutOfRange("energy_wh", value, 0, MAX_INPUT)


def test_a_result_beyond_63_bits_is_refused() -> None:
    # 2**63 - 1 = 7^2 x 73 x 127 x 337 x 92737 x 649657.
    assert energy("649657000").grams({"energy_wh": (2**63 - 1) // 649657}) == 2**63 - 1
    assert energy("4096000").grams({"energy_wh": 2**51 - 1}) == 2**63 - 4096
    with pytest.raises(QuantityTooLarge) as caught:
        energy("4096000").grams({"energy_wh": 2**51})
    assert caught.value == QuantityTooLarge((("energy_wh", 2**51),), 2**63)
    with pytest.raises(QuantityTooLarge):
        energy("999999999999.999999999999").grams({"energy_wh": MAX_INPUT})


@pytest.mark.parametrize("value", [1.0, "1", True])
def test_an_input_that_is_no_whole_number_is_a_mistake_of_the_caller(value: object) -> None:
    with pytest.raises(InvalidInput, match="energy_wh must be a whole number"):
        energy().grams({"energy_wh": value})  # type: ignore[dict-item]


def test_an_input_that_the_formula_does_not_know_is_a_mistake_of_the_mapping() -> None:
    with pytest.raises(InvalidInput, match="be among duration_s, energy_wh, nameplate_w"):
        energy().grams({"energy_wh": 1, "distance_m": 1})


REFUSALS: list[NotQuantified] = [
    InputMissing("distance_m"),
    InputOutOfRange("distance_m", 1_500_000, 1, 50_000),
    ReadingAboveNameplate(2, 1, 3_600),
    NothingReduced((("energy_wh", 0),)),
    NothingReduced(()),
    QuantityTooLarge((("energy_wh", 2**52),), 2**63),
    UnknownStation("五角场"),
    StationUnreachable("A", "B"),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.code)
def test_refusals_explain_themselves_in_both_languages(refusal: NotQuantified) -> None:
    assert refusal.exit_code == 1
    assert refusal.explain().endswith(".")
    assert refusal.explain_chinese().endswith("。")
    assert refusal.explain_chinese() != refusal.explain()
    assert pickle.loads(pickle.dumps(refusal)) == refusal  # noqa: S301 - our own bytes
    json.dumps(refusal.details())


def test_codes_are_the_rules_of_the_specification() -> None:
    assert {type(refusal) for refusal in REFUSALS} == set(NotQuantified.__subclasses__())
    assert sorted({refusal.code for refusal in REFUSALS}) == [
        "input-missing",
        "input-out-of-range",
        "nothing-reduced",
        "quantity-too-large",
        "reading-above-nameplate",
        "station-unreachable",
        "unknown-station",
    ]
