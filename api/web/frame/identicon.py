"""A small picture of an address, so that eyes tell accounts apart. It proves nothing: two addresses may look alike."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import Final

from markupsafe import Markup

_COLOURS: Final = (
    "#0b5d3c", "#1a4f8f", "#8a2f0b", "#5b2a86", "#9a1f4b", "#0e6470",
    "#6b4a00", "#34495e", "#3b6b12", "#a02b93", "#7a1f1f", "#20408f",
)  # fmt: skip
"""Each at least 4.5 to 1 on white."""
_SIDE: Final = 5
_HALF: Final = 3
"""Columns that are drawn; the others mirror them."""


@lru_cache(maxsize=4_096)
def identicon(address: str) -> Markup:
    """The picture of 0x and hexadecimal digits, in upper or lower case: five by five squares, alike left and right."""
    digest = sha256(bytes.fromhex(address.removeprefix("0x"))).digest()
    bits = int.from_bytes(digest[:2])
    colour = _COLOURS[digest[2] % len(_COLOURS)]
    squares = "".join(
        f"M{column} {row}h1v1h-1z"
        for row in range(_SIDE)
        for column in range(_SIDE)
        if bits >> (row * _HALF + min(column, _SIDE - 1 - column)) & 1
    )
    return Markup(  # noqa: S704 - a colour of ours and whole numbers: nothing of anyone else is in it
        '<svg class="identicon" width="20" height="20" viewBox="-1 -1 7 7" aria-hidden="true" focusable="false" '
        f'shape-rendering="crispEdges"><path fill="{colour}" d="{squares}"/></svg>'
    )
