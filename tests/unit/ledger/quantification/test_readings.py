"""Decimal text to whole units, exactly."""

import pytest

from ledger.errors import InvalidQuantity
from ledger.quantification import Rounding
from ledger.quantification.readings import whole_units


@pytest.mark.parametrize(
    ("text", "decimals", "units"),
    [
        ("6.706", 3, 6_706),
        ("19.0955", 3, 19_096),
        ("19.0945", 3, 19_095),
        ("234.515360", 0, 235),
        ("0.5", 0, 1),
        ("0.49999999999999999999", 0, 0),
        ("121.439715575", 6, 121_439_716),
        ("-121.4397155", 6, -121_439_716),
        ("31.304000000000002", 6, 31_304_000),
        ("-0.0000004", 6, 0),
        ("5", 3, 5_000),
        ("007", 0, 7),
    ],
)
def test_text_is_read_exactly(text: str, decimals: int, units: int) -> None:
    assert whole_units(text, decimals=decimals, field="reading") == units


def test_rounding_may_be_chosen() -> None:
    assert whole_units("2.5", decimals=0, field="reading", rounding=Rounding.HALF_EVEN) == 2
    assert whole_units("-2.9", decimals=0, field="reading", rounding=Rounding.DOWN) == -2


@pytest.mark.parametrize(
    "text", ["", "NA", "1e3", "+1", " 1", "1,5", ".5", "5.", "--1", "nan", "١", None, 1.5, "1" * 31]
)
def test_anything_else_is_refused(text: object) -> None:
    with pytest.raises(InvalidQuantity, match="reading must be plain decimal text"):
        whole_units(text, decimals=3, field="reading")
