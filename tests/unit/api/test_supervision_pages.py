"""The supervision board: every figure leads to rows whose sum it is, in both languages (10-pages §10.11)."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from api.repository import activities
from api.repository.movements import Step
from api.web.supervision.board import months_of
from api.web.supervision.tables import behind, days_of
from tests.unit.api.client import Client
from tests.unit.api.lives import made_life, reading, serving
from tests.unit.api.test_flow_pages import page, rows
from tests.unit.api.test_supervision_lists import DISTRICTS, items, name_districts, total

LANGUAGES = ("zh", "en")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = made_life(tmp_path_factory.mktemp("life"), 7, 400, points=0.5)
    with reading(made) as snapshot:
        known = sorted(activities.codes(snapshot))
    name_districts(made, {one: DISTRICTS[at % 3] for at, one in enumerate(known[::2])})
    return made


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[Client]:
    with serving(url) as application:
        yield Client(application)


def api_of(href: str) -> str:
    """The list of the API behind a page, without the language."""
    path, _, query = unescape(href).partition("?")
    kept = "&".join(part for part in query.split("&") if part and not part.startswith("lang="))
    return f"/v1{path}?{kept}&limit=200"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_of_the_board_is_the_sum_of_the_rows_that_it_leads_to(client: Client, language: str) -> None:
    html = page(client, "/supervision", language)
    figures = re.findall(
        r'<a href="(/supervision/movements[^"]+)"><data class="quantity" value="(\d+)"', html.replace("\n", "")
    )
    assert len(figures) > 20
    for href, grams in figures:
        assert total(items(client, api_of(href))) == int(grams), href
    lines = re.findall(
        r'<th scope="row"><a href="(/supervision/movements[^"]+)">[^<]+</a></th>\s*'
        r'(?:<td class="grams"[^>]*>.*?</td>)*?<td[^>]*><data class="quantity" value="(\d+)"[^>]*>[^<]*'
        r"<span[^>]*>[^<]*</span></data>(?:<svg.*?</svg>)?</td></tr>",
        html,
        re.DOTALL,
    )
    assert len(lines) >= len(DISTRICTS)
    for href, grams in lines:
        assert total(items(client, api_of(href))) == int(grams), href
    assert "style=" not in html
    assert "Jing&#39;an &amp; &lt;Co&gt;" in html


@pytest.mark.parametrize("by", ["month", "reduction_class", "district", "purpose", "activity"])
def test_every_sum_of_the_table_leads_to_its_rows(client: Client, by: str) -> None:
    html = page(client, f"/supervision/sums?by={by}&limit=200", "en")
    figures = re.findall(r'<td class="grams"[^>]*><a href="([^"]+)"><data class="quantity" value="(\d+)"', html)
    assert len(figures) == rows(html) > 0
    for href, grams in figures:
        assert total(items(client, api_of(href))) == int(grams), href


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_table_has_a_page_and_files(client: Client, language: str) -> None:
    for name in ("sums", "movements", "unusual", "deficits"):
        html = page(client, f"/supervision/{name}", language)
        listed = client.get(f"/v1/supervision/{name}").json["items"]
        assert rows(html) == len(listed)
        assert ("format=xlsx" in html) == bool(listed)
    for step in Step:
        html = page(client, f"/supervision/movements?step={step}", language)
        for one in client.get(f"/v1/supervision/movements?step={step}").json["items"]:
            assert f"/explorer/operations/{one['operation_id']}" in html


def test_a_board_of_nothing_says_so(tmp_path: Path) -> None:
    with serving(made_life(tmp_path, 1, 0)) as application:
        empty = Client(application)
        html = page(empty, "/supervision")
        assert html.count('class="empty"') >= 6
        assert "尚无交易" in html


def test_there_are_no_quotes_and_the_board_says_so(client: Client) -> None:
    assert "尚无交易" in page(client, "/supervision")
    assert "There is no trading yet" in page(client, "/supervision", "en")


def test_the_rows_behind_a_month_are_of_all_its_days() -> None:
    assert days_of("2024-02") == ("2024-02-01", "2024-02-29")
    assert behind("month", "2026-12") == {"first_day": "2026-12-01", "last_day": "2026-12-31"}
    assert behind("district", None) == {"district": "-"}
    assert behind("activity", None) == {"without_activity": "yes"}


def test_months_without_anything_are_shown_between_others() -> None:
    class One:
        def __init__(self, month: str) -> None:
            self.month = month

    assert months_of([One("2025-11"), One("2026-02")]) == ["2025-11", "2025-12", "2026-01", "2026-02"]  # type: ignore[list-item]
    assert len(months_of([One("2000-01"), One("2026-02")])) == 24  # type: ignore[list-item]
    assert months_of([]) == []
