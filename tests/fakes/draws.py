"""How moves are drawn: mostly what fits, with an eye on the edges."""

from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]


def one_of(draw: Draw, right: list[Any], any_of: Iterable[Any]) -> Any:
    """Nine times in ten one of those that fit, if there are any."""
    if right and draw(st.integers(0, 9)):
        return draw(st.sampled_from(right))
    return draw(st.sampled_from(list(any_of)))


def quantity(draw: Draw, most: int, *, bits: int = 128) -> int:
    """Up to `most`, with an eye on the edges."""
    grams: int = draw(
        st.integers(1, max(most, 1)) | st.sampled_from([most, max(most, 1), most + 1, 0, 2**63 - 1, 2**bits - 1])
    )
    return grams
