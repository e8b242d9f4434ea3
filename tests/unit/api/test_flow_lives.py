"""Every gram of a random ledger has exactly one fate, and the fates of a lot add up to what was issued (10-pages)."""

import itertools
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from api import lot_life
from api.lot_life import Fate
from api.repository import lot_lives, lots
from api.repository.lots import LotRow
from api.repository.snapshots import Snapshot
from api.routes.lots import read_lot_ends
from ledger.errors import InvalidIdentifier
from ledger.ids import LotId
from ledger.vocabulary import CancellationPurpose
from tests.unit.api.client import Client
from tests.unit.api.lives import made_life, reading, serving
from tests.unit.api.test_indexes import Explaining

SEEDS = (1, 2, 3, 5, 8)
TAKEN = LotRow(**dict.fromkeys(LotRow._fields, 0) | {"lot_id": bytes(32), "taken_back_grams": 1})  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=SEEDS)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return made_life(tmp_path_factory.mktemp("life"), request.param)


def every_lot(snapshot: Snapshot) -> list[LotRow]:
    nothing = {"activity_id": None, "reduction_class": None, "status": None, "credited_account": None}
    return lots.page(snapshot, **nothing, after=-1, limit=10_000)


def ends_of(snapshot: Snapshot, lot: LotRow, page: int = 3, **only: object) -> list[dict[str, Any]]:
    """All ends, read by small pages."""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        arguments = {"lot_id": LotId(lot.lot_id), "fate": None, "purpose": None, **only}
        rows = read_lot_ends(snapshot, arguments, page, after)
        found += [document for _, document in rows]
        if len(rows) < page:
            return found
        after = rows[-1][0]


def test_lives_have_every_fate_somewhere(tmp_path: Path) -> None:
    fates: set[str] = set()
    for seed in SEEDS:
        with reading(made_life(tmp_path, seed)) as snapshot:
            fates |= {end["fate"] for lot in every_lot(snapshot) for end in ends_of(snapshot, lot)}
    assert fates == {fate.value for fate in Fate}


def test_the_ends_of_a_lot_are_all_of_its_grams_once(url: str) -> None:
    with reading(url) as snapshot:
        assert every_lot(snapshot)
        for lot in every_lot(snapshot):
            ends = ends_of(snapshot, lot)
            assert sum(int(end["quantity_gco2e"]) for end in ends) == lot.issued_grams
            taken = [end for end in ends if end["first_serial"] is not None]
            ranges = sorted((int(end["first_serial"]), int(end["last_serial"])) for end in taken)
            assert all(last < first for (_, last), (first, _) in itertools.pairwise(ranges))
            assert all(
                int(end["last_serial"]) - int(end["first_serial"]) + 1 == int(end["quantity_gco2e"]) for end in taken
            )
            held = sum(int(end["quantity_gco2e"]) for end in ends if end["fate"] == Fate.HELD)
            assert held == lot_life.held(lot).grams
            free = [serial for serial in edges(lot) if not any(first <= serial <= last for first, last in ranges)]
            assert all(serial in lot_life.held(lot) for serial in free)


def test_the_ends_of_a_fate_or_a_purpose_are_those_of_all_ends(url: str) -> None:
    with reading(url) as snapshot:
        for lot in every_lot(snapshot):
            ends = ends_of(snapshot, lot)
            for fate in Fate:
                assert ends_of(snapshot, lot, fate=fate.value) == [end for end in ends if end["fate"] == fate]
            for purpose in CancellationPurpose:
                found = ends_of(snapshot, lot, purpose=purpose)
                assert found == [end for end in ends if end["purpose"] == purpose.label]


def edges(lot: LotRow) -> list[int]:
    """Serial numbers at the edges of the three parts of a lot, and some within."""
    bounds = {lot.first_serial, lot_life.cancelled(lot).end, lot_life.held(lot).end, lot_life.issued(lot).end}
    near = {bound + step for bound in bounds for step in (-1, 0, 1)} | {lot.first_serial + lot.issued_grams // 2}
    return sorted(serial for serial in near if serial in lot_life.issued(lot))


def test_a_gram_has_the_fate_of_the_end_that_holds_its_serial_number(url: str) -> None:
    with reading(url) as snapshot:
        for lot in every_lot(snapshot):
            ends = ends_of(snapshot, lot)
            starts = [int(end["first_serial"]) for end in ends if end["first_serial"] is not None]
            stops = [int(end["last_serial"]) for end in ends if end["first_serial"] is not None]
            for serial in {*edges(lot), *starts, *stops}:
                life = lot_life.gram(snapshot, serial)
                assert life is not None
                assert life.lot.lot_id == lot.lot_id
                holding = [
                    end
                    for end in ends
                    if end["first_serial"] is not None and int(end["first_serial"]) <= serial <= int(end["last_serial"])
                ]
                assert len(holding) == (0 if life.fate is Fate.HELD else 1)
                if holding:
                    assert holding[0]["fate"] == life.fate
                    taken = None if life.taken_back is None else life.taken_back.row.leaf_index
                    made = taken if life.cancellation is None else life.cancellation.leaf_index
                    assert holding[0]["leaf_index"] == made


def test_beyond_the_last_serial_number_there_is_no_gram(url: str) -> None:
    with reading(url) as snapshot:
        last = lots.last_serial(snapshot)
        assert last == sum(lot.issued_grams for lot in every_lot(snapshot))
        assert lot_life.gram(snapshot, last) is not None
        assert lot_life.gram(snapshot, last + 1) is None


def test_a_cursor_that_the_list_never_made_is_refused(url: str) -> None:
    with reading(url) as snapshot:
        lot = {"lot_id": LotId(every_lot(snapshot)[0].lot_id), "fate": None, "purpose": None}
        for forged in ((0, "x"), (1, "7"), (2, "ab"), (3, "7"), (-1, ""), (0, "9" * 30)):
            with pytest.raises(InvalidIdentifier, match="cursor"):
                read_lot_ends(snapshot, lot, 10, forged)


def test_the_api_says_the_fate_of_a_gram(url: str) -> None:
    with reading(url) as snapshot:
        last = lots.last_serial(snapshot)
        lot = every_lot(snapshot)[0]
    with serving(url) as application:
        client = Client(application)
        gram = client.get(f"/v1/serials/{lot.first_serial}").json
        assert gram["lot"]["lot_id"] == "0x" + lot.lot_id.hex()
        assert gram["serial"] == str(lot.first_serial)
        ends = client.get(f"/v1/lots/0x{lot.lot_id.hex()}/ends").json["items"]
        assert sum(int(end["quantity_gco2e"]) for end in ends) == lot.issued_grams
        assert client.get(f"/v1/serials/{last + 1}").status == 404
        assert client.get("/v1/serials/0").status == 422


@pytest.mark.parametrize(
    ("read", "index"),
    [
        (
            lambda shot: lot_lives.cancellations(shot, bytes(32), purpose=1, after=1, limit=2),
            "lot_id (lot_id=? AND num",
        ),
        (lambda shot: lot_lives.cancelled_by(shot, bytes(32)), "ix_certificates_lot_id (lot_id=?"),
        (lambda shot: lot_lives.largest_cancellations(shot, bytes(32), 30), "ix_certificates_lot_id (lot_id=?"),
        (lambda shot: lot_lives.holders(shot, bytes(32)), "ix_balances_lot_id (lot_id=?"),
        (lambda shot: lot_lives.transferred(shot, bytes(32)), "ix_operations_subject (subject=?"),
        (lambda shot: lot_lives.take_backs(shot, TAKEN), "ix_operations_subject (subject=?"),
    ],
)
def test_a_life_is_read_by_the_indexes_of_its_lot(url: str, read: Callable[[Explaining], object], index: str) -> None:
    explaining = Explaining(sqlite3.connect(str(make_url(url).database)))
    read(explaining)
    explaining.close()
    assert index in " ".join(explaining.plan)
