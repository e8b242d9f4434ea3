"""Pages of lots and of single grams (10-pages §10.9, §10.10), over random lives in both languages."""

import re
import sqlite3
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from api.lot_life import Fate, gram, taken_back
from api.repository import lot_lives, lots
from api.repository.lots import LotRow
from api.schemas.common import hex0x
from api.web.explorer.lot_flow import MOST_ACCOUNTS
from ledger.units import format_tonnes
from tests.unit.api.client import Client
from tests.unit.api.lives import made_life, reading, serving
from tests.unit.api.test_flow_lives import ends_of, every_lot

LANGUAGES = ("zh", "en")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return made_life(tmp_path_factory.mktemp("life"), 1, 400)


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[Client]:
    with serving(url) as application:
        yield Client(application)


@pytest.fixture(scope="module")
def made(url: str) -> list[LotRow]:
    with reading(url) as snapshot:
        return every_lot(snapshot)


def page(client: Client, path: str, language: str = "zh", status: int = 200) -> str:
    reply = client.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
    assert reply.status == status, reply.body[:400]
    return reply.body.decode()


def rows(html: str) -> int:
    """How many rows the tables of a page have."""
    return sum(one.count("<tr>") for one in re.findall(r"<tbody>.*?</tbody>", html, re.DOTALL))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_lot_has_a_page_whose_diagram_leads_to_every_end(
    client: Client, url: str, made: list[LotRow], language: str
) -> None:
    with reading(url) as snapshot:
        for lot in made:
            html = page(client, f"/explorer/lots/0x{lot.lot_id.hex()}", language)
            diagram = html[html.index("<svg width=") : html.index("</svg>\n</div>")]
            ends = ends_of(snapshot, lot)
            if len({end["account"] for end in ends}) > MOST_ACCOUNTS:
                assert f"/explorer/lots/0x{lot.lot_id.hex()}/ends" in diagram
                continue
            for end in ends:
                if end["certificate_number"]:
                    assert f'href="/certificates/{end["certificate_number"]}?lang={language}"' in diagram
                elif end["fate"] == Fate.HELD:
                    assert f'href="/explorer/accounts/{end["account"]}?lang={language}"' in diagram
                else:
                    assert f'href="/explorer/operations/{end["operation_id"]}?lang={language}"' in diagram
            assert "style=" not in html
            assert "<script>" not in html


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE lots SET issued_gco2e = issued_gco2e + 1",
        "UPDATE lots SET cancelled_gco2e = cancelled_gco2e + 1",
        "UPDATE certificates SET quantity_gco2e = quantity_gco2e + 1",
        "UPDATE balances SET quantity_gco2e = quantity_gco2e + 1",
    ],
)
def test_figures_of_a_lot_that_were_changed_are_seen(url: str, tmp_path: Path, made: list[LotRow], change: str) -> None:
    changed = tmp_path / "changed.db"
    with sqlite3.connect(url.removeprefix("sqlite:///")) as true, sqlite3.connect(changed) as index:
        true.backup(index)
        index.execute("PRAGMA ignore_check_constraints = 1")
        index.execute(change)
    some = next(
        lot for lot in made if lot.cancelled_grams and lot.issued_grams > lot.cancelled_grams + lot.taken_back_grams
    )
    path = f"/explorer/lots/0x{some.lot_id.hex()}"
    with serving(f"sqlite:///{changed}") as application:
        html = page(Client(application), path, "en")
    assert "the figures of this lot are not those of the leaf" in html
    assert "to the gram." not in html


def test_figures_of_lots_that_nobody_changed_add_up(client: Client, made: list[LotRow]) -> None:
    for lot in made:
        assert "the figures of this lot are not" not in page(client, f"/explorer/lots/0x{lot.lot_id.hex()}", "en")


def test_a_lot_that_there_is_not_has_no_page(client: Client) -> None:
    page(client, f"/explorer/lots/0x{'ab' * 32}", status=404)
    page(client, "/explorer/lots/0x12", status=422)


def test_lots_are_listed_and_filtered(client: Client, made: list[LotRow]) -> None:
    assert rows(page(client, "/explorer/lots")) == min(50, len(made))
    code = next(lot.activity_code for lot in made if lot.activity_code)
    of_code = [lot for lot in made if lot.activity_code == code]
    assert rows(page(client, f"/explorer/lots?activity_code={code}")) == len(of_code)
    assert rows(page(client, "/explorer/lots?activity_code=NOBODY")) == 0
    of_two = [lot for lot in made if lot.reduction_class == 2]
    assert rows(page(client, "/explorer/lots?reduction_class=II")) == min(50, len(of_two))
    account = made[0].credited_account
    of_account = [lot for lot in made if lot.credited_account == account]
    assert rows(page(client, f"/explorer/lots?credited_account=0x{account.hex()}")) == min(50, len(of_account))
    page(client, "/explorer/lots?status=melted", status=422)


def test_figures_of_a_lot_lead_to_rows_that_add_up_to_them(client: Client, url: str, made: list[LotRow]) -> None:
    """The link of a figure is followed through the API that its table is made of."""
    for lot in made[:12]:
        html = page(client, f"/explorer/lots/0x{lot.lot_id.hex()}")
        figures = re.findall(r'<dt>[^<]+</dt><dd><a href="([^"]+)"><data class="quantity" value="(\d+)"', html)
        assert len(figures) == (5 if lot.withheld_grams else 4)
        assert int(figures[0][1]) == sum(int(grams) for _, grams in figures[1:]) == lot.issued_grams
        for href, grams in figures:
            path, _, query = unescape(href).partition("?")
            assert rows(page(client, f"{path}?{query}".replace("lang=zh", "limit=50"))) >= (grams != "0")
            kept = "&".join(part for part in query.split("&") if not part.startswith("lang="))
            items = client.get(path.replace("/explorer/", "/v1/") + f"?limit=200&{kept}").json["items"]
            assert sum(int(item["quantity_gco2e"]) for item in items) == int(grams)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_gram_of_every_fate_has_a_page_with_its_steps_and_proofs(
    client: Client, url: str, made: list[LotRow], language: str
) -> None:
    seen: set[Fate] = set()
    with reading(url) as snapshot:
        for lot in made:
            last = lot.first_serial + lot.issued_grams - 1
            withheld = [one.serials.first for one in taken_back(lot, lot_lives.take_backs(snapshot, lot))]
            for serial in (lot.first_serial, lot.first_serial + lot.cancelled_grams, last, *withheld):
                life = gram(snapshot, serial)
                if life is None or life.fate in seen:
                    continue
                seen.add(life.fate)
                html = page(client, f"/explorer/serials/{serial}", language)
                assert f'class="fate {life.fate}"' in html
                assert f"/explorer/lots/{hex0x(life.lot.lot_id)}" in html
                assert f"leaf_index={life.lot.issued_leaf_index}&amp;tree_size={snapshot.as_of.log_size}" in html
                if life.cancellation:
                    assert f"/certificates/{life.cancellation.number}" in html
                    assert f"leaf_index={life.cancellation.leaf_index}&" in html
                if life.fate is Fate.HELD:
                    holders = lot_lives.holders(snapshot, life.lot.lot_id)
                    for holder in sorted(holders, key=lambda one: (-one.grams, one.account))[:10]:
                        assert hex0x(holder.account) in html
                        assert f'value="{holder.grams}"' in html
    assert seen == set(Fate)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_serial_number_that_was_not_issued_yet_is_said_plainly(client: Client, url: str, language: str) -> None:
    with reading(url) as snapshot:
        last = lots.last_serial(snapshot)
    html = page(client, f"/explorer/serials/{last + 1}", language, status=404)
    assert str(last) in html
    assert str(last + 1) in html


def test_a_serial_number_that_is_entered_leads_to_its_page(client: Client) -> None:
    reply = client.get("/explorer/serials?serial=7&lang=en")
    assert reply.status == 303
    assert reply.header("location") == "/explorer/serials/7?lang=en"
    page(client, "/explorer/serials")
    for wrong in ("0", "-1", "1e3", "seven", "9" * 20):
        page(client, f"/explorer/serials?serial={wrong}", status=422)


def test_quantities_are_exact_on_the_page(client: Client, made: list[LotRow]) -> None:
    lot = max(made, key=lambda one: len(format_tonnes(one.issued_grams)))
    whole, _, decimals = format_tonnes(lot.issued_grams).partition(".")
    shown = f"{int(whole):,}" + (f".{decimals}" if decimals else "")
    assert f"{shown} 吨" in page(client, f"/explorer/lots/0x{lot.lot_id.hex()}")


def test_an_empty_ledger_has_no_lot_and_no_serial_number(tmp_path: Path) -> None:
    with serving(made_life(tmp_path, 1, 0)) as application:
        client = Client(application)
        assert rows(page(client, "/explorer/lots")) == 0
        assert "还没有签发任何一克" in page(client, "/explorer/serials/1", status=404)
