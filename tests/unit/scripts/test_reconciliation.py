"""What a replay calls explained: arithmetic, and nothing that the regulator does not say."""

from __future__ import annotations

import pytest

from benchmarks._arb import BATCH_REASONS, Comparison, Explanation


@pytest.mark.parametrize(
    ("published", "replayed", "parts", "unexplained"),
    [
        (100, 100, [], 0),
        (100, 90, [], 10),
        (100, 90, [10], 0),
        (100, 90, [7], 3),
        (100, 90, [13], 3),
        (90, 100, [-10], 0),
        (90, 100, [10], 20),
        (100, 100, [5, -5], 0),
    ],
)
def test_what_is_left(published: int, replayed: int, parts: list[int], unexplained: int) -> None:
    explained = [Explanation(tonnes, "a reason") for tonnes in parts]

    assert Comparison("a figure", published, replayed, explained).unexplained == unexplained


def test_the_replaced_batches_are_those_of_the_footnotes() -> None:
    replaced = {batch for (_, batch), why in BATCH_REASONS.items() if "footnote" in why}
    assert replaced == {"CALS5040-C", "CALS5123-D"}
