"""Values on pages: exact, in Shanghai's time, and the same picture for the same address."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.frame.identicon import identicon
from api.web.frame.values import (
    FILTERS,
    count,
    day,
    grams_of,
    grams_text,
    grouped,
    iso_shanghai,
    shanghai_time,
    short,
    tonnes,
)
from api.web.frame.words import word
from indexer.schema import BatchFileState, LotStatus
from ledger import vocabulary
from ledger.errors import InvalidDay
from ledger.units import GRAMS_PER_TONNE
from ledger.vocabulary import AccountStatus, ReductionClass, Word


@pytest.mark.parametrize(
    ("grams", "shown"),
    [
        (0, "0"),
        (1, "0.000001"),
        ("462000000", "462"),
        (1_234_500_000, "1,234.5"),
        (-2_500_000, "-2.5"),
        (-1_234_567_890_000, "-1,234,567.89"),
        (2**63 - 1, "9,223,372,036,854.775807"),
    ],
)
def test_tonnes_are_exact(grams: int | str, shown: str) -> None:
    assert tonnes(grams) == shown


@given(st.integers(-(2**63), 2**63))
def test_grams_come_back_from_either_text(grams: int) -> None:
    assert int(grams_text(grams).replace(",", "")) == grams
    sign = -1 if grams < 0 else 1
    whole, _, rest = tonnes(str(grams)).replace(",", "").removeprefix("-").partition(".")
    assert sign * (int(whole) * GRAMS_PER_TONNE + int(rest.ljust(6, "0"))) == grams


@pytest.mark.parametrize("wrong", [1.0, True, "1.5", "", "1e6", "1,000", "١", None])
def test_what_is_not_whole_grams_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="is no whole number of grams"):
        grams_of(wrong)  # type: ignore[arg-type]  # what templates might give


def test_counts_and_digits_are_grouped() -> None:
    assert count(1_234_567) == "1,234,567"
    assert grouped("1234567.25") == "1,234,567.25"
    assert grouped("999") == "999"


@pytest.mark.parametrize("given_day", [20778, "2026-11-21"])
def test_days_are_written_alike(given_day: int | str) -> None:
    assert day(given_day) == "2026-11-21"


@pytest.mark.parametrize("wrong", ["2026-13-01", "21.11.2026", -1, True])
def test_no_other_days(wrong: object) -> None:
    with pytest.raises(InvalidDay):
        day(wrong)  # type: ignore[arg-type]  # what templates might give


MOMENT = int(datetime(2026, 11, 21, 16, 30, 5, tzinfo=UTC).timestamp())


@pytest.mark.parametrize("moment", [MOMENT, "2026-11-21T16:30:05Z", "2026-11-22T00:30:05+08:00"])
def test_times_are_those_of_shanghai(moment: int | str) -> None:
    assert shanghai_time(moment) == "2026-11-22 00:30:05"
    assert iso_shanghai(moment) == "2026-11-22T00:30:05+08:00"


def test_a_time_without_a_zone_is_no_time() -> None:
    with pytest.raises(ValueError, match="is a time without a zone"):
        shanghai_time("2026-11-21T16:30:05")


@pytest.mark.parametrize(
    ("digits", "shown"),
    [("0x" + "12ab" + "00" * 28 + "34cd", "0x12ab…34cd"), ("0x12ab34cd", "0x12ab34cd"), ("0x12ab534cd", "0x12ab534cd")],
)
def test_long_digits_are_shown_by_their_ends(digits: str, shown: str) -> None:
    assert short(digits) == shown


def test_words_in_both_languages() -> None:
    assert word(AccountStatus.CLOSED, "zh") == "已销户"
    assert word("closed", "zh", "CampaignStatus") == "已结束"
    assert word(ReductionClass.II, "en") == "Class II"
    assert word("reduction-cancelled", "en", "OperationKind") == "Reduction cancelled"
    assert word("frozen", "zh", "LotStatus") == "冻结"


@pytest.mark.parametrize(("label", "name"), [("closed", ""), ("closed", "LotStatus"), ("x", "Nothing"), ("x", "Enum")])
def test_a_label_needs_its_vocabulary(label: str, name: str) -> None:
    with pytest.raises(LookupError):
        word(label, "zh", name)


@pytest.mark.parametrize("kind", [one for one in vars(vocabulary).values() if isinstance(one, type)], ids=str)
def test_every_word_has_both(kind: type) -> None:
    if issubclass(kind, Word) and kind is not Word:
        assert all(word(one, "zh") and word(one, "en").isascii() for one in kind)


def test_the_words_of_the_index_have_both() -> None:
    for status in LotStatus:
        assert word(status.name.lower(), "en", "LotStatus")
    for state in BatchFileState:
        assert word(state.value, "en", "BatchFileState")


ADDRESS = "0x5B38Da6a701c568545dCfcB03FcB875f56beddC4"


def test_an_identicon_is_of_the_address_and_alike_on_both_sides() -> None:
    drawn = identicon(ADDRESS)
    assert drawn == identicon(ADDRESS.lower())
    assert drawn != identicon("0x" + "00" * 20)
    assert 'aria-hidden="true"' in drawn
    assert "style" not in drawn
    squares = {(int(x), int(y)) for x, y in re.findall(r"M(\d) (\d)h1v1h-1z", drawn)}
    assert squares
    assert squares == {(4 - x, y) for x, y in squares}


def test_only_digits_are_drawn() -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        identicon('"><script>')


def test_templates_have_them_by_name() -> None:
    assert FILTERS["tonnes"] is tonnes
    assert sorted(FILTERS) == list(FILTERS)
