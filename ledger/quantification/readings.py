"""Readings as operators write them, exactly: decimal text to whole units."""

from __future__ import annotations

import re

from ledger.errors import InvalidQuantity
from ledger.quantification.rounding import Rounding, rounded_ratio

_DECIMAL = re.compile(r"(-?)([0-9]{1,30})(?:\.([0-9]{1,30}))?", re.ASCII)


def whole_units(text: object, *, decimals: int, field: str, rounding: Rounding = Rounding.HALF_UP) -> int:
    """Whole units of 10**-`decimals` from decimal text: "6.706" kWh with 3 decimals is 6706 Wh.

    Finer digits are rounded exactly, ties away from zero under `HALF_UP`; "-121.4397155" degrees with 6 decimals is
    -121439716 millionths. Raises `InvalidQuantity` for anything but plain decimal text, a minus sign allowed.
    """
    parts = _DECIMAL.fullmatch(text) if isinstance(text, str) else None
    if parts is None:
        raise InvalidQuantity(field, "be plain decimal text without plus sign, spaces or exponent", text)
    sign, whole, fraction = parts[1], parts[2], parts[3] or ""
    numerator = int(f"{sign}{whole}{fraction}") * 10**decimals
    return rounded_ratio(numerator, 10 ** len(fraction), rounding)
