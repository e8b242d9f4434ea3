"""A list of the API as a page and as a file: the same rows, the same filters, as of one block."""

import asyncio
import csv
import gc
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.requests import Request

from api.app import Application, create_app
from api.errors import DownloadsBusy, TableTooLong
from api.reading import ListRoute
from api.routes import lots
from api.settings import ApiSettings
from api.spools import Spools
from api.web.frame import downloads
from api.web.frame.columns import Column
from api.web.frame.frame import Frame
from api.web.frame.tables import Filter, TableRoute
from api.web.site import _add
from api.web.texts import texts
from tests.unit.api.client import Client, Reply
from tests.unit.api.test_certificate_pages import Page

LOTS = next(route for route in lots.ROUTES if isinstance(route, ListRoute) and route.path == "/v1/lots")
COLUMNS = (
    Column("lot_id", "lot", "hash", link=lambda document: f"/explorer/lots/{document['lot_id']}"),
    Column("activity.code", "activity"),
    Column("reduction_class", "class", "word", vocabulary="ReductionClass"),
    Column("status", "purpose", "word", vocabulary="LotStatus"),
    Column("credited_account", "account", "address"),
    Column("issued.quantity_gco2e", "quantity", "grams"),
    Column("first_day", "period", "day"),
    Column("first_serial", "serials", "number"),
)


def table(path: str = "/table", **other: Any) -> TableRoute:
    said = {"name": "lots", "section": "explorer", "heading": "lot", "lead": "said_note", "empty": "said_none"}
    return TableRoute(path, LOTS, **{"columns": COLUMNS, **said, **other})


@pytest.fixture(scope="module")
def application(settings: ApiSettings) -> Iterator[Application]:
    made = create_app(settings)
    context = made.context
    frame = Frame(context.problems, following=context.following, stale_seconds=10**9)
    filters = (Filter("reduction_class", "class", ("I", "II"), "ReductionClass"), Filter("activity_id", "activity"))
    _add(made.fastapi, frame, context, table(filters=filters))
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(application: Application) -> Client:
    return Client(application)


def ask(client: Client, target: str, **headers: str) -> Reply:
    return client.request("GET", target, headers, check=False)


def listed(client: Client, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ask(client, f"/v1/lots?limit=200{query}").body)["items"]
    assert found
    return found


def test_a_page_shows_what_the_api_says(client: Client) -> None:
    page = Page(ask(client, "/table?lang=zh"))
    documents = listed(client)
    assert [one["href"] for one in page.all("a") if "/explorer/lots/" in one.get("href", "")] == [
        f"/explorer/lots/{document['lot_id']}?lang=zh" for document in documents
    ]
    assert [one["value"] for one in page.all("data")] == [one["issued"]["quantity_gco2e"] for one in documents]
    assert "Ⅰ类" in page.text
    assert [one["scope"] for one in page.all("th")] == ["col"] * len(COLUMNS)
    assert any("tabindex" in one and one.get("role") == "region" for one in page.all("div"))


def test_filters_are_those_of_the_list_and_links_keep_them(client: Client) -> None:
    page = Page(ask(client, "/table?reduction_class=I&lang=en&limit=1"))
    assert [one["value"] for one in page.all("option") if "selected" in one] == ["I"]
    [link] = [one for one in page.all("a") if "format=csv" in one.get("href", "")]
    assert "download" not in link, "a browser would save the page that says why there is no file"
    download = link["href"]
    assert download == "/table?reduction_class=I&format=csv&lang=en"
    rows = rows_of(ask(client, download))
    assert [row["lot_id"] for row in rows] == [one["lot_id"] for one in listed(client, "&reduction_class=I")]


def test_filters_are_closed_until_one_is_given(client: Client) -> None:
    for target, is_open in (("/table", False), ("/table?reduction_class=I", True)):
        [one] = [one for one in Page(ask(client, target)).all("details") if one.get("class") == "filtering"]
        assert ("open" in one) is is_open


def test_every_cell_says_its_column_for_the_cards_of_a_phone(client: Client) -> None:
    page = Page(ask(client, "/table?lang=zh"))
    labels = [one["data-label"] for one in page.all("td")]
    assert labels[: len(COLUMNS)] == [texts("zh")[one.heading] for one in COLUMNS]
    assert all(labels)


def rows_of(reply: Reply) -> list[dict[str, str]]:
    assert reply.status == 200, reply.body
    return list(csv.DictReader(io.StringIO(reply.body.decode("utf-8-sig"), newline="")))


def test_a_file_has_every_row_however_many_are_read_at_a_time(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "_ROWS_A_READ", 1)
    reply = ask(client, "/table?format=csv&limit=1")
    rows, documents = rows_of(reply), listed(client)
    assert len(rows) > 1
    for row, document in zip(rows, documents, strict=True):
        assert row["lot_id"] == document["lot_id"]
        assert row["issued.quantity_gco2e"] == document["issued"]["quantity_gco2e"]
        assert row["issued.quantity_tonnes"] == document["issued"]["quantity_tonnes"]
        assert row["reduction_class"] == document["reduction_class"]
    block = json.loads(ask(client, "/v1/lots").body)["as_of"]["block_number"]
    assert reply.header("content-disposition") == f'attachment; filename="lots-{block}.csv"'
    assert reply.header("content-type") == "text/csv; charset=utf-8"
    assert (reply.header("tanpuhui-as-of") or "").startswith(f"{block};")
    assert reply.header("content-length") == str(len(reply.body))


def test_an_xlsx_is_a_zip_and_goes_by_its_type(client: Client) -> None:
    reply = ask(client, "/table?format=xlsx")
    assert reply.status == 200
    assert reply.body.startswith(b"PK\x03\x04")
    assert (reply.header("content-type") or "").endswith("spreadsheetml.sheet")


def test_a_table_that_is_too_long_says_where_to_find_it_all(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "MOST_ROWS", {"csv": 1, "xlsx": 1})
    for form in ("csv", "xlsx"):
        reply = ask(client, f"/table?format={form}&lang=en")
        assert reply.status == 422
        assert "more than 1 rows" in Page(reply).text
        assert "/explorer/exports" in Page(reply).text
    assert TableTooLong(1).code == "table-too-long"


@pytest.mark.parametrize("query", ["format=pdf", "format=csv&reduction_class=III", "format=csv&nothing=1", "nothing=1"])
def test_what_it_cannot_take_is_answered_by_a_page(client: Client, query: str) -> None:
    reply = ask(client, f"/table?{query}")
    assert (reply.status, reply.header("content-type")) == (422, "text/html; charset=utf-8")


def test_there_is_room_for_so_many_files(application: Application) -> None:
    spools = Spools(2)
    first, second = spools.open(), spools.open()
    with pytest.raises(DownloadsBusy):
        spools.open()
    second.file.write(b"abc")
    assert list(second.pieces()) == [b"abc"]
    assert second.file.closed
    third = spools.open()
    pieces = third.pieces()
    del third, pieces
    gc.collect()
    spools.open().close()
    first.close()


def test_one_caller_leaves_room_for_others() -> None:
    spools = Spools(3, of_one=2)
    first, second = spools.open("one"), spools.open("one")
    with pytest.raises(DownloadsBusy):
        spools.open("one")
    other = spools.open("other")
    first.close()
    spools.open("one").close()
    second.close()
    other.close()


def test_an_address_that_takes_nothing_of_what_it_asked_for_keeps_nobody_from_downloading(
    settings: ApiSettings,
) -> None:
    application = create_app(settings.model_copy(update={"rate_limits": True}))
    slow, other = (Client(application, host=host) for host in ("203.0.113.7", "203.0.113.8"))
    target = "/explorer/lots?format=csv"
    taken = [application.context.spools.open("203.0.113.7") for _ in range(4)]
    refused = ask(slow, target)
    assert (refused.status, "downloads-busy" in refused.body.decode()) == (503, True)
    assert ask(other, target).status == 200
    for one in taken:
        one.close()
    for _ in range(5):  # what is refused takes no room either
        assert ask(slow, f"{target}&nothing=1").status == 422
    assert ask(slow, target).status == 200
    application.close()


def test_a_reader_who_goes_away_leaves_no_file_behind(application: Application) -> None:
    route = next(route for route in application.fastapi.routes if getattr(route, "name", "") == "page lots")
    scope = {"type": "http", "method": "GET", "path": "/table", "query_string": b"format=csv", "headers": []}
    closed = []

    async def ask_and_leave() -> None:
        response = await route.endpoint(Request({**scope, "path_params": {}}))  # type: ignore[attr-defined]  # an APIRoute
        closed.append(response)

    asyncio.run(ask_and_leave())
    closed.clear()
    gc.collect()
    spools = application.context.spools
    taken = [spools.open(str(number)) for number in range(16)]
    for one in taken:
        one.close()


def test_columns_are_what_a_table_can_draw() -> None:
    with pytest.raises(ValueError, match="of no known kind, colour"):
        table(columns=(Column("x", "lot", "colour"),))
    with pytest.raises(ValueError, match="needs a vocabulary if it is a word"):
        table(columns=(Column("x", "lot", "word"),))
    with pytest.raises(ValueError, match="the list has no parameter nothing"):
        table(filters=(Filter("nothing", "lot"),))
