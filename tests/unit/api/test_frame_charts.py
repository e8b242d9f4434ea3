"""Charts: whole numbers all the way, nothing lost between the gram and the page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.frame.charts import HEIGHT, Period, categories, sparkline, stacked_bars
from ledger.units import GRAMS_PER_TONNE

T = GRAMS_PER_TONNE


def test_a_stack_stands_on_what_is_below_it() -> None:
    chart = stacked_bars("c", ("issued", "cancelled"), [Period("2026-01", (30 * T, 20 * T)), Period("2026-02", (0, T))])
    assert [tick.label for tick in chart.ticks] == ["0", "10", "20", "30", "40", "50"]
    first, second = chart.bars
    assert [(piece.series, piece.y, piece.height) for piece in first.pieces] == [(0, 88, 132), (1, 0, 88)]
    assert [piece.grams for piece in second.pieces] == [T]
    assert first.total == 50 * T
    assert chart.totals == (30 * T, 21 * T)
    assert (first.left, first.width, first.middle) == ("19%", "12%", "25%")
    assert (second.begin, second.whole) == ("50%", "50%")


@pytest.mark.parametrize(
    ("most", "labels"),
    [
        (0, ["0", "0.000001"]),
        (1, ["0", "0.000001"]),
        (7, ["0", "0.000002", "0.000004", "0.000006", "0.000008"]),
        (462 * T, ["0", "100", "200", "300", "400", "500"]),
        (1_234_567 * T, ["0", "500,000", "1,000,000", "1,500,000"]),
    ],
)
def test_ticks_are_round_numbers_of_tonnes(most: int, labels: list[str]) -> None:
    assert [tick.label for tick in stacked_bars("c", ("x",), [Period("1", (most,))]).ticks] == labels


@given(st.lists(st.tuples(*[st.integers(0, 2**63 - 1)] * 3), min_size=1, max_size=40))
def test_every_quantity_is_seen_and_none_leaves_the_plot(rows: list[tuple[int, ...]]) -> None:
    chart = stacked_bars("c", ("a", "b", "c"), [Period(str(at), row) for at, row in enumerate(rows)])
    assert [sum(piece.grams for piece in bar.pieces) for bar in chart.bars] == [sum(row) for row in rows]
    for bar, row in zip(chart.bars, rows, strict=True):
        assert [piece.series for piece in bar.pieces] == [at for at, grams in enumerate(row) if grams]
        assert all(piece.height >= 1 and -1 <= piece.y < HEIGHT for piece in bar.pieces)
        assert all(piece.y + piece.height <= HEIGHT for piece in bar.pieces)
    assert chart.ticks[0].y == HEIGHT
    assert chart.ticks[-1].y == 0


def test_few_labels_stand_on_a_narrow_screen_and_the_last_always() -> None:
    bars = stacked_bars("c", ("x",), [Period(f"2026-{month:02d}", (month,)) for month in range(1, 25)]).bars
    assert [bar.period.label for bar in bars if bar.label_class == ""] == ["2026-06", "2026-12", "2026-18", "2026-24"]
    assert sum(bar.label_class is not None for bar in bars) == 12


@pytest.mark.parametrize("wrong", [-1, 1.0, True])
def test_only_whole_grams_are_drawn(wrong: object) -> None:
    with pytest.raises(ValueError, match="no quantity that a chart shows"):
        stacked_bars("c", ("x",), [Period("1", (wrong,))])  # type: ignore[arg-type]  # what callers might give
    with pytest.raises(ValueError, match="no quantity that a chart shows"):
        categories([("x", wrong, None)])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="no quantity that a chart shows"):
        sparkline([wrong, 1])  # type: ignore[list-item]


def test_series_and_quantities_are_as_many() -> None:
    with pytest.raises(ValueError, match="1 has 1 quantities for 2 series"):
        stacked_bars("c", ("x", "y"), [Period("1", (1,))])
    with pytest.raises(ValueError, match="1 to 6 series, not 7"):
        stacked_bars("c", tuple("abcdefg"), [])


def test_a_chart_of_nothing_is_empty() -> None:
    assert stacked_bars("c", ("x",), []).is_empty
    assert stacked_bars("c", ("x",), [Period("1", (0,))]).is_empty
    assert not stacked_bars("c", ("x",), [Period("1", (1,))]).is_empty


def test_categories_are_shares_of_the_largest() -> None:
    rows = categories([("a", 3, "/a"), ("b", 1, None), ("c", 0, None)])
    assert [(row.label, row.share) for row in rows] == [("a", "100%"), ("b", "33.333%"), ("c", "0%")]
    assert categories([("a", 0, None)])[0].share == "0%"
    assert [row.share for row in categories([("a", 10**6, None), ("b", 1, None)])] == ["100%", "0.5%"]


def test_a_line_goes_from_edge_to_edge() -> None:
    assert sparkline([0, 5, 10]) == "2,22 48,12 94,2"
    assert sparkline([0, 0]) == "2,22 94,22"
    assert not sparkline([7])
