"""Pages of batches (10-pages §10.8): what a batch is and made, and nothing of any person."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.repository import points
from api.repository.points import BatchRow
from api.web.explorer.batches import depth_of, tree_figure
from ledger.vocabulary import BatchKind
from tests.unit.api.client import Client
from tests.unit.api.lives import made_life, reading, serving
from tests.unit.api.test_flow_pages import page, rows


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return made_life(tmp_path_factory.mktemp("life"), 7, 300, points=0.8)


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[Client]:
    with serving(url) as application:
        yield Client(application)


@pytest.fixture(scope="module")
def made(url: str) -> list[BatchRow]:
    with reading(url) as snapshot:
        return points.batch_page(snapshot, newest_first=False, after=None, limit=10_000)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_batch_has_a_page(client: Client, made: list[BatchRow], language: str) -> None:
    assert {BatchKind.from_number(row.kind) for row in made} == {
        BatchKind.from_label(label) for label in BatchKind.labels()
    }
    for row in made:
        html = page(client, f"/explorer/batches/{row.batch_number}", language)
        assert ("0x" + row.root.hex() in html) if row.root else ("tree-heading" not in html)
        assert "0x" + row.operation_id.hex() in html
        if row.first_certificate is not None:
            assert f"/certificates/{row.first_certificate}" in html
            assert str(row.first_certificate + row.entry_count - 1) in html
        assert ('value="' + str(row.total) + '"' in html) == (row.kind != BatchKind.BEHAVIOUR)


def test_a_redemption_leads_to_the_lot_that_it_was_bought_back_in(client: Client, made: list[BatchRow]) -> None:
    redeemed = [row for row in made if row.kind == BatchKind.REDEEM]
    assert any(row.bought_back_grams for row in redeemed)
    for row in redeemed:
        html = page(client, f"/explorer/batches/{row.batch_number}")
        assert ("/explorer/lots/0x" in html) == bool(row.bought_back_grams)


def test_batches_are_filtered_by_their_parties_and_days(client: Client, made: list[BatchRow]) -> None:
    earned = next(row for row in made if row.kind == BatchKind.EARN)
    day = client.get(f"/v1/batches/{earned.batch_number}").json["first_day"]
    of_day = [row for row in made if row.first_day is not None and row.last_day is not None
              and earned.first_day is not None and row.first_day <= earned.first_day <= row.last_day]  # fmt: skip
    assert rows(page(client, f"/explorer/batches?day={day}&limit=200")) == min(200, len(of_day))
    of_activity = [row for row in made if row.activity_id == earned.activity_id]
    assert rows(page(client, f"/explorer/batches?activity_code={earned.activity_code}&limit=200")) == len(of_activity)
    assert rows(page(client, "/explorer/batches?activity_code=NOBODY")) == 0
    donated = next(row for row in made if row.kind == BatchKind.DONATE)
    of_campaign = [row for row in made if row.campaign_id == donated.campaign_id]
    assert rows(page(client, f"/explorer/batches?campaign_code={donated.campaign_code}")) == len(of_campaign)
    assert rows(page(client, "/explorer/batches?campaign_code=NOTHING")) == 0
    page(client, "/explorer/batches?day=yesterday", status=422)
    other = next(row for row in made if row.activity_id not in {None, earned.activity_id})
    assert other.activity_id is not None
    both = f"activity_code={earned.activity_code}&activity_id=0x{other.activity_id.hex()}"
    assert rows(page(client, f"/explorer/batches?{both}")) == 0


def test_a_batch_that_there_is_not_has_no_page(client: Client, made: list[BatchRow]) -> None:
    page(client, f"/explorer/batches/{len(made) + 1}", status=404)
    page(client, "/explorer/batches/0", status=422)


def test_nothing_is_read_for_each_entry_of_a_batch() -> None:
    depths = [depth_of(entries) for entries in (1, 2, 3, 4, 5, 1_000_000, 2**20, 2**20 + 1)]
    assert depths == [0, 1, 2, 2, 3, 20, 20, 21]
    for entries in (1, 2, 3, 1_000_000):
        figure = tree_figure(entries)
        assert len(figure.levels) == min(4, depth_of(entries))
        assert all(14 <= x <= 626 for level in figure.levels for x in (level.on_x, level.beside_x))


def test_the_page_of_a_batch_names_nobody(client: Client, made: list[BatchRow], tmp_path: Path) -> None:
    for row in made:
        html = page(client, f"/explorer/batches/{row.batch_number}", "en")
        assert "/points" in html
        assert "account_tag" not in html
