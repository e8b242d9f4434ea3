"""The diagram of a lot holds every gram of it, in every column, however much there is to see (10-pages §10.9)."""

import itertools
import re
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from api.lot_life import Fate, Serials, TakenBack
from api.repository.lot_lives import CancellationRow, CancelledByRow, HolderRow, TakeBackRow, TransferredRow
from api.repository.lots import LotRow
from api.web.explorer.flow_drawing import Drawing, draw
from api.web.explorer.lot_flow import (
    MOST_ACCOUNTS,
    MOST_CANCELLATIONS,
    OTHERS,
    LotFlow,
    LotLife,
    lot_flow,
    read_life,
)
from indexer.schema import LotStatus
from ledger.vocabulary import AccountStatus, OperationKind
from tests.unit.api.lives import made_life, reading
from tests.unit.api.test_flow_lives import every_lot

CREDITED = bytes(19) + b"\x01"


def account(number: int) -> bytes:
    return CREDITED if number == 0 else (number + 1).to_bytes(20, "big")


def made_lot(issued: int, **given: int) -> LotRow:
    values = dict.fromkeys(LotRow._fields, 0) | {
        "lot_id": b"\x11" * 32,
        "credited_account": CREDITED,
        "first_serial": 1,
        "issued_grams": issued,
        "status": int(LotStatus.FREE),
    }
    return LotRow(**{**values, **given})  # type: ignore[arg-type]


def made(seed: int, *, cancellations: int, accounts: int, most: int = 10**9) -> LotLife:
    """A life with so many cancellations by so many accounts, which also hold something."""
    random = Random(seed)  # noqa: S311 - made-up lives are no secret
    rows: list[CancellationRow] = []
    serial = 1
    for number in range(1, cancellations + 1):
        grams = random.randint(1, random.choice((1, 1000, most)))
        row = CancellationRow(number, account(random.randrange(accounts)), random.randint(1, 4), grams, serial, number,
                              number.to_bytes(32, "big"), 0)  # fmt: skip
        rows.append(row)
        serial += grams
    sums: dict[tuple[bytes, int], tuple[int, int]] = {}
    for row in rows:
        count, grams = sums.get((row.account, row.purpose), (0, 0))
        sums[row.account, row.purpose] = count + 1, grams + row.grams
    holders = [HolderRow(account(number), random.randint(1, most), AccountStatus.ACTIVE) for number in range(accounts)]
    taken = random.randint(1, most)
    cancelled, held = serial - 1, sum(row.grams for row in holders)
    issued = cancelled + held + 2 * taken
    take_back = TakeBackRow(1, b"\x22" * 32, int(OperationKind.REDUCTION_CORRECTED), taken, 0)
    return LotLife(
        lot=made_lot(issued, cancelled_grams=cancelled, taken_back_grams=2 * taken, withheld_grams=taken),
        largest=sorted(sorted(rows, key=lambda row: (-row.grams, row.number))[:MOST_CANCELLATIONS]),
        cancelled_by=[CancelledByRow(owner, purpose, *both) for (owner, purpose), both in sums.items()],
        holders=holders,
        taken_back=[
            TakenBack(Fate.WITHHELD, Serials(issued - taken + 1, issued + 1), take_back),
            TakenBack(Fate.TAKEN_BACK, Serials(issued - 2 * taken + 1, issued - taken + 1), take_back),
        ],
        transferred=[TransferredRow(CREDITED, account(number), 1, 1) for number in range(1, accounts)],
    )


def assert_conserves(flow: LotFlow, life: LotLife) -> None:
    assert sum(end.grams for end in flow.ends) == flow.lot.issued_grams
    for one in flow.accounts:
        assert sum(end.parts.get(one.account, 0) for end in flow.ends) == one.grams
    assert sum(one.grams for one in flow.accounts) == flow.credited
    assert all(grams > 0 for end in flow.ends for grams in end.parts.values())
    cancelled = [end for end in flow.ends if end.fate is Fate.CANCELLED]
    assert sum(end.count for end in cancelled) == sum(row.certificates for row in life.cancelled_by)
    assert sum(end.count for end in flow.ends if end.fate is Fate.HELD) == len(life.holders)
    assert len([one for one in flow.accounts if one.account == OTHERS]) <= 1


def assert_drawable(flow: LotFlow, drawing: Drawing) -> None:
    """Every end has its place, none overlaps the one above it, and nothing leaves the picture."""
    assert len(drawing.ends) == len(flow.ends)
    assert len(drawing.accounts) == len(flow.accounts)
    bars = [(float(one.bar.y), float(one.bar.height), float(one.bar.label_y)) for one in drawing.ends]
    assert all(y >= before + height for (before, height, _), (y, _, _) in itertools.pairwise(bars))
    labels = [label for _, _, label in bars]
    assert all(after - before >= 24 for before, after in itertools.pairwise(labels))
    accounts = sorted((float(one.bar.y), float(one.bar.height)) for one in drawing.accounts)
    assert all(y >= before + height for (before, height), (y, _) in itertools.pairwise(accounts))
    for paths in ([one.band for one in drawing.accounts], *[one.bands for one in drawing.ends]):
        for path in filter(None, paths):
            numbers = [float(number) for number in re.findall(r"-?[0-9.]+", path)]
            assert all(0 <= x <= 960 for x in numbers[::2])
            assert all(0 <= y <= drawing.height for y in numbers[1::2])


@pytest.mark.parametrize("cancellations", [0, 1, 30, 31, 500])
@pytest.mark.parametrize("accounts", [1, 2, 12, 13, 100])
def test_every_gram_is_drawn_once(cancellations: int, accounts: int) -> None:
    life = made(cancellations + accounts, cancellations=cancellations, accounts=accounts)
    flow = lot_flow(life)
    assert_conserves(flow, life)
    assert_drawable(flow, draw(flow))
    assert len(flow.ends) <= MOST_CANCELLATIONS + 4 + MOST_ACCOUNTS + 2
    assert len(flow.accounts) <= MOST_ACCOUNTS


def test_the_lots_of_random_lives_are_drawn_whole(tmp_path: Path) -> None:
    drawn = 0
    for seed in (1, 2, 3, 5, 8, 13):
        with reading(made_life(tmp_path, seed)) as snapshot:
            for lot in every_lot(snapshot):
                life = read_life(snapshot, lot)
                flow = lot_flow(life)
                assert_conserves(flow, life)
                assert_drawable(flow, draw(flow))
                drawn += 1
    assert drawn > 30


def test_a_band_is_as_wide_as_its_share_but_never_too_thin_to_see() -> None:
    flow = lot_flow(made(3, cancellations=40, accounts=3, most=10**12))
    drawing = draw(flow)
    for one in drawing.ends:
        for path, grams in zip(one.bands, one.end.parts.values(), strict=True):
            numbers = [float(number) for number in re.findall(r"-?[0-9.]+", path)]
            wide = numbers[-1] - numbers[1]
            share = 300 * grams / flow.lot.issued_grams
            assert wide == pytest.approx(max(1.5, share), abs=0.11)
    assert drawing.thin == sum(
        300 * grams < 1.5 * flow.lot.issued_grams for end in flow.ends for grams in end.parts.values()
    )


def test_what_stands_for_several_says_how_many_and_of_what() -> None:
    flow = lot_flow(made(9, cancellations=500, accounts=100))
    assert sum(end.count for end in flow.together if end.fate is Fate.CANCELLED) == 500 - MOST_CANCELLATIONS
    assert {end.purpose for end in flow.together if end.fate is Fate.CANCELLED} == {1, 2, 3, 4}
    others = next(one for one in flow.accounts if one.account == OTHERS)
    assert others.count == 100 - (MOST_ACCOUNTS - 1)
    held = next(end for end in flow.together if end.fate is Fate.HELD)
    assert held.count == others.count


def test_frozen_grams_are_marked() -> None:
    life = made(4, cancellations=2, accounts=3)
    assert not any(end.frozen for end in lot_flow(life).ends)
    holders = [row._replace(account_status=AccountStatus.FROZEN) for row in life.holders[:1]] + list(life.holders[1:])
    marked = [end for end in lot_flow(replace(life, holders=holders)).ends if end.frozen]
    assert [end.account for end in marked] == [holders[0].account]
    locked = replace(life, lot=life.lot._replace(status=int(LotStatus.FROZEN)))
    assert all(end.frozen for end in lot_flow(locked).ends if end.fate is Fate.HELD)
