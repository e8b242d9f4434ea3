"""Places on the page for the flow of a lot; `templates/explorer/lot_flow.html` draws them as SVG.

Whole tenths of a pixel throughout: nothing here is a float. A band is as wide as its share of what was issued, and
never thinner than `THINNEST`, so that a gram is seen beside a million tonnes; `thin` says of how many bands that is not
true to scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

from api.lot_life import Fate
from api.web.explorer.lot_flow import Account, End, LotFlow

WIDTH: Final = 9600
ISSUED_HEIGHT: Final = 3000
"""Of everything that was issued."""
THINNEST: Final = 15
_BAR: Final = 120
_ENDS: Final = 5700
_HEADING: Final = 340
_END: Final = 280
_ACCOUNT: Final = 520
_BETWEEN: Final = 60
_TOP: Final = 400
"""Room above the bars, for the names of the columns."""


class Bar(NamedTuple):
    """A node, as SVG writes it: pixels with one decimal."""

    x: str
    y: str
    width: str
    height: str
    label_x: str
    label_y: str


class Heading(NamedTuple):
    """What stands above the ends of one fate and purpose, and what they are together."""

    fate: Fate
    purpose: int | None
    grams: int
    pieces: int
    y: str


class DrawnAccount(NamedTuple):
    """An account, and the band by which its grams came to it."""

    account: Account
    bar: Bar
    band: str | None


class DrawnEnd(NamedTuple):
    """An end with the bands that lead to it."""

    end: End
    bar: Bar
    bands: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What is drawn. `credited` is the bar of the credited account where grams went on from it, `gathered` the band to
    it; `columns` are the left edges of the columns' names. Pixels with one decimal, but for the height.
    """

    height: int
    issuance: Bar
    credited: Bar | None
    gathered: str | None
    accounts: tuple[DrawnAccount, ...]
    headings: tuple[Heading, ...]
    ends: tuple[DrawnEnd, ...]
    columns: tuple[str, ...]
    thin: int

    @property
    def view_box(self) -> str:
        """Of the SVG."""
        return f"0 0 {WIDTH // 10} {self.height}"


def draw(flow: LotFlow) -> Drawing:
    """The flow with its places."""
    scale = _Scale(flow.lot.issued_grams)
    ends, ends_height = _stacked_ends(flow, scale)
    accounts = sorted(flow.accounts, key=lambda one: _middle(one, flow.ends))
    tall = {one.account: _height(one, flow.ends, scale) for one in accounts}
    accounts_height = sum(max(_ACCOUNT, inside + _BETWEEN) for inside in tall.values())
    height = max(ends_height, accounts_height, ISSUED_HEIGHT)
    x = _columns(flow)
    nodes = _stacked_accounts(accounts, tall, x[-2], _TOP + (height - accounts_height) // 2)
    down = (height - ends_height) // 2
    for node, _ in ends:
        node.y += down
    inflow = {one.account: scale.width(one.grams) for one in accounts}
    withheld = sum(scale.width(end.grams) for end in flow.ends if end.fate is Fate.WITHHELD)
    first = _Node(x[0], _TOP + (height - sum(inflow.values()) - withheld) // 2, sum(inflow.values()) + withheld)
    credited = _Node(x[1], first.y, sum(inflow.values())) if flow.received else None
    gathered = None if credited is None else first.band(credited, credited.height)
    drawn = tuple(
        DrawnAccount(one, nodes[one.account].bar(), (credited or first).band(nodes[one.account], inflow[one.account]))
        for one in accounts
    )
    nodes[b""] = first
    return Drawing(
        height=(_TOP + height + _BETWEEN) // 10,
        issuance=first.bar(),
        credited=None if credited is None else credited.bar(),
        gathered=gathered,
        accounts=drawn,
        headings=tuple(_headings(flow, [node.y + node.above for node, _ in ends])),
        ends=tuple(_draw_end(node, end, nodes, scale) for node, end in ends),
        columns=tuple(map(_px, x)),
        thin=scale.thin(flow),
    )


@dataclass(slots=True)
class _Node:
    """A bar, and how far its two sides are taken. `above`: from its top up to where its slot begins, below zero."""

    x: int
    y: int
    height: int
    above: int = 0
    left: int = 0
    right: int = 0

    def bar(self) -> Bar:
        middle = self.y + self.height // 2
        return Bar(*map(_px, (self.x, self.y, _BAR, self.height, self.x + _BAR + 80, middle)))

    def band(self, to: _Node, width: int) -> str:
        """A band of this width from the next free place of its right side to the next of the other's left."""
        begin, end = self.y + self.right, to.y + to.left
        self.right += width
        to.left += width
        x1, x2 = self.x + _BAR, to.x
        bend = (x1 + x2) // 2
        points = (x1, begin, bend, begin, bend, end, x2, end, x2, end + width, bend, end + width)
        back = (bend, begin + width, x1, begin + width)
        return "M{} {}C{} {} {} {} {} {}L{} {}C{} {} {} {} {} {}Z".format(*map(_px, (*points, *back)))


@dataclass(frozen=True, slots=True)
class _Scale:
    issued_grams: int

    def width(self, grams: int) -> int:
        """Of a band of this many grams."""
        return max(THINNEST, grams * ISSUED_HEIGHT // self.issued_grams)

    def thin(self, flow: LotFlow) -> int:
        """How many bands are drawn wider than their share."""
        widths = [grams for end in flow.ends for grams in end.parts.values()]
        return sum(grams * ISSUED_HEIGHT < THINNEST * self.issued_grams for grams in widths)


def _px(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}" if tenths % 10 else str(tenths // 10)


def _columns(flow: LotFlow) -> tuple[int, ...]:
    """Left edges: issuance, the credited account where it gave something on, accounts, ends."""
    return (0, 1750, 3500, _ENDS) if flow.received else (0, 2600, _ENDS)


def _stacked_ends(flow: LotFlow, scale: _Scale) -> tuple[list[tuple[_Node, End]], int]:
    """The right column from the top down, with room for a heading over each fate and purpose; and its height."""
    found: list[tuple[_Node, End]] = []
    y = _TOP
    for _, alike in groupby(flow.ends, key=_kind):
        above = _HEADING
        for end in alike:
            inside = sum(scale.width(grams) for grams in end.parts.values())
            slot = max(_END, inside + _BETWEEN)
            begin = y + above
            node = _Node(_ENDS, begin + (slot - inside) // 2, inside)
            node.above = y - node.y
            found.append((node, end))
            y, above = begin + slot, 0
    return found, y - _TOP


def _kind(end: End) -> tuple[Fate, int | None]:
    return end.fate, end.purpose


def _headings(flow: LotFlow, slots: Sequence[int]) -> list[Heading]:
    found: list[Heading] = []
    at = 0
    for (fate, purpose), group in groupby(flow.ends, key=_kind):
        alike = list(group)
        grams, count = sum(end.grams for end in alike), sum(end.count for end in alike)
        found.append(Heading(fate, purpose, grams, count, _px(slots[at] + _HEADING - 90)))
        at += len(alike)
    return found


def _middle(account: Account, ends: Sequence[End]) -> tuple[int, bytes]:
    """Where the ends of an account are, on average by their number: bands then cross as little as may be."""
    places = [at for at, end in enumerate(ends) if account.account in end.parts]
    return 1000 * sum(places) // max(1, len(places)), account.account


def _height(account: Account, ends: Sequence[End], scale: _Scale) -> int:
    """Of the wider of its two sides: each band on the right may be drawn wider than its share."""
    right = sum(scale.width(end.parts[account.account]) for end in ends if account.account in end.parts)
    return max(right, scale.width(account.grams))


def _stacked_accounts(accounts: Sequence[Account], tall: Mapping[bytes, int], x: int, y: int) -> dict[bytes, _Node]:
    nodes: dict[bytes, _Node] = {}
    for one in accounts:
        inside = tall[one.account]
        slot = max(_ACCOUNT, inside + _BETWEEN)
        nodes[one.account] = _Node(x, y + (slot - inside) // 2, inside)
        y += slot
    return nodes


def _draw_end(node: _Node, end: End, nodes: Mapping[bytes, _Node], scale: _Scale) -> DrawnEnd:
    bands = tuple(nodes[account].band(node, scale.width(grams)) for account, grams in end.parts.items())
    return DrawnEnd(end, node.bar(), bands)
