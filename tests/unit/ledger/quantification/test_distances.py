"""Great circles: exactly rounded, also at the poles, across the date line and at the antipode."""

from decimal import Decimal, localcontext

import pytest

from ledger.quantification import distances
from ledger.quantification.distances import (
    HALF_TURN,
    QUARTER_TURN,
    Position,
    great_circle_metres,
    metres_in_decimals,
)
from ledger.quantification.refusals import InputOutOfRange

ORIGIN = Position(0, 0)


@pytest.mark.parametrize(
    ("start", "end", "metres"),
    [
        # pi and its parts times 6,371,000 m.
        (ORIGIN, Position(QUARTER_TURN, 0), 10_007_543),
        (ORIGIN, Position(0, QUARTER_TURN), 10_007_543),
        (ORIGIN, Position(HALF_TURN, 0), 20_015_087),
        (Position(0, QUARTER_TURN), Position(0, -QUARTER_TURN), 20_015_087),
        (Position(121_500_000, 31_200_000), Position(-58_500_000, -31_200_000), 20_015_087),
        (ORIGIN, Position(1_000_000, 0), 111_195),
        (ORIGIN, ORIGIN, 0),
        (Position(HALF_TURN, 0), Position(-HALF_TURN, 0), 0),
        (Position(HALF_TURN - 500_000, 0), Position(-HALF_TURN + 500_000, 0), 111_195),
        (Position(7, QUARTER_TURN), Position(-99, QUARTER_TURN), 0),
        # 4.5 millionths of a degree are 0.5004 m: 4 of them are 0.44 m, 5 are 0.56 m.
        (ORIGIN, Position(0, 4), 0),
        (ORIGIN, Position(0, 5), 1),
    ],
)
def test_known_distances(start: Position, end: Position, metres: int) -> None:
    assert great_circle_metres(start, end) == metres
    assert great_circle_metres(end, start) == metres
    assert metres_in_decimals(start, end) == metres


# Nearest to half a metre among 24 million pairs that were tried: nearer than floats can be trusted.
NEAR_HALF = [
    (Position(37_421_557, -49_106_965), Position(-152_738_947, -80_200_020), 5_622_404),
    (Position(168_718_636, 26_501_532), Position(50_487_845, 52_364_638), 9_402_184),
    (Position(-105_316_617, 59_032_821), Position(9_395_265, 7_012_575), 10_702_178),
    (Position(50_106_159, 72_379_409), Position(105_516_509, 29_947_666), 5_708_808),
]


@pytest.mark.parametrize(("start", "end", "metres"), NEAR_HALF)
def test_near_half_a_metre_decimals_decide(
    monkeypatch: pytest.MonkeyPatch, start: Position, end: Position, metres: int
) -> None:
    assert great_circle_metres(start, end) == metres
    monkeypatch.setattr(distances, "metres_in_decimals", lambda *_: -1)
    assert great_circle_metres(start, end) == -1


def test_floats_are_not_believed_near_half_a_metre(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an error bound as wide as a metre nothing is left to floats, and the decimals are asked."""
    asked = []

    def ask(start: Position, end: Position) -> int:
        asked.append((start, end))
        return -1

    monkeypatch.setattr(distances, "metres_in_decimals", ask)
    monkeypatch.setattr(distances, "RELATIVE_ERROR", 1.0)
    assert great_circle_metres(ORIGIN, Position(1_000_000, 0)) == -1
    assert asked == [(ORIGIN, Position(1_000_000, 0))]


def test_across_the_date_line_the_shorter_way_is_taken() -> None:
    """The sine of the longer way is the same, but its digits are lost to the half turn that it is beside."""
    assert distances._angles(Position(HALF_TURN - 1, 0), Position(-HALF_TURN + 1, 0))[1] == 1.0


def test_decimals_find_pi_and_halves() -> None:
    with localcontext(prec=50):
        assert abs(distances._pi() - Decimal("3.14159265358979323846264338327950288419716939937511")) < Decimal("1e-47")
        assert abs(distances._sine(distances._pi() / 6) - Decimal("0.5")) < Decimal("1e-47")
        assert abs(distances._arc_tangent(Decimal(1)) * 4 - distances._pi()) < Decimal("1e-47")
        assert distances._sine(Decimal(0)) == 0
        assert distances._arc_tangent(Decimal(0)) == 0


@pytest.mark.parametrize(
    ("longitude", "latitude", "name"),
    [
        (HALF_TURN + 1, 0, "longitude_microdegrees"),
        (-HALF_TURN - 1, 0, "longitude_microdegrees"),
        (0, QUARTER_TURN + 1, "latitude_microdegrees"),
        (31_200_000, 121_500_000, "latitude_microdegrees"),
    ],
)
def test_a_point_off_the_sphere_is_refused(longitude: int, latitude: int, name: str) -> None:
    with pytest.raises(InputOutOfRange) as caught:
        Position(longitude, latitude)
    assert caught.value.input == name
