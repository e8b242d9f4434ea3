"""What no page answers: a page to who reads pages, a problem document to programs; and never a way to another host."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.app import READ_ROUTES, Application, create_app
from api.parameters import Parameter
from api.settings import ApiSettings
from api.web.frame.refusals import wants_page
from api.web.frame.rules import rule_in
from ledger.errors import InvalidInput
from tests.unit.api.client import Client, Reply
from tests.unit.api.test_certificate_pages import Page

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


def ask(client: Client, target: str, method: str = "GET", **headers: str) -> Reply:
    return client.request(method, target, {"accept": BROWSER, **headers}, check=False)


@pytest.mark.parametrize(
    ("path", "accept", "wanted"),
    [
        ("/nothing", BROWSER, True),
        ("/nothing", "text/html", True),
        ("/nothing", "application/json, text/html;q=0.5", False),
        ("/nothing", "application/problem+json;q=0.3, text/html;q=0.5", True),
        ("/nothing", "*/*", False),
        ("/nothing", "text/html;q=0", False),
        ("/nothing", "text/html;q=x", False),
        ("/nothing", "", False),
        ("/v1/nothing", BROWSER, False),
        ("/static/nothing.css", BROWSER, False),
    ],
)
def test_who_reads_pages(path: str, accept: str, wanted: bool) -> None:
    assert wants_page(path, accept.encode()) == wanted
    assert not wants_page(path, None)


def test_an_unknown_address_is_a_page_in_the_readers_language(client: Client) -> None:
    reply = ask(client, "/nothing?lang=zh", accept_language="en")
    page = Page(reply)
    assert (reply.status, reply.header("content-type")) == (404, "text/html; charset=utf-8")
    assert "没有这个页面" in page.text
    assert reply.header("cache-control") == "no-store"
    assert "default-src 'none'" in (reply.header("content-security-policy") or "")
    assert "There is no such page" in Page(ask(client, "/nothing", accept_language="en")).text
    assert ask(client, "/nothing", "HEAD").body == b""


def test_programs_get_problem_documents(client: Client) -> None:
    for reply in (ask(client, "/v1/nothing"), ask(client, "/nothing", accept="application/json")):
        assert (reply.status, json.loads(reply.body)["code"]) == (404, "route-unknown")


def test_a_method_that_is_not_taken_says_which_are(client: Client) -> None:
    reply = ask(client, "/certificates", "DELETE", accept_language="en")
    assert (reply.status, reply.header("allow")) == (405, "GET")
    assert "not used that way" in Page(reply).text


@pytest.mark.parametrize("path", ["//evil.example", "///evil.example/x", "/%5Cevil.example", "/%22%3E%3Cscript%3E"])
def test_no_address_leads_elsewhere(client: Client, path: str) -> None:
    page = Page(ask(client, path))
    assert page.reply.status == 404
    links = [one["href"] for one in page.all("a") + page.all("link")]
    assert all(link.startswith(("/", "#")) and not link.startswith(("//", "/\\")) for link in links)
    assert [one.get("src") for one in page.all("script")] == ["/static/site.js"]


@pytest.fixture
def limited(database_url: str) -> Iterator[Application]:
    made = create_app(ApiSettings(database_url=database_url, public_requests=2, public_requests_per_second=0.01))
    yield made
    made.close()


def test_who_asks_too_often_is_told_when_to_come_back(limited: Application) -> None:
    client = Client(limited)
    for _ in range(2):
        ask(client, "/nothing")
    for _ in range(2):
        reply = ask(client, "/certificates", accept_language="en")
        assert (reply.status, reply.header("content-type")) == (429, "text/html; charset=utf-8")
        assert int(reply.header("retry-after") or "") > 0
        assert "Too many requests" in Page(reply).text
    assert ask(client, "/v1/lots").header("content-type") == "application/problem+json"


def test_what_is_too_large_is_said_on_a_page(client: Client) -> None:
    reply = ask(client, "/certificates", "POST", content_length="999999999", accept_language="en")
    assert (reply.status, reply.header("content-type")) == (413, "text/html; charset=utf-8")
    assert "Too large" in Page(reply).text
    long = ask(client, "/certificates?number=" + "1" * 5_000, accept_language="en")
    assert long.status == 414
    assert "The request cannot be taken" in Page(long).text


def test_what_fails_here_is_a_page_with_an_id_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    application = create_app(ApiSettings(database_url=f"sqlite:///{tmp_path / 'none.db'}", rate_limits=False))

    async def broken() -> None:
        raise RuntimeError("secret of ours")

    application.fastapi.add_api_route("/broken", broken)
    reply = ask(Client(application), "/broken", accept_language="en")
    application.close()
    assert reply.status == 500
    page = Page(reply)
    assert "Something went wrong here" in page.text
    assert b"secret" not in reply.body
    found = re.search(r"error id ([0-9a-f]{16})", page.text)
    assert found is not None
    assert any(record.getMessage() == f"error {found[1]}" for record in caplog.records)


def test_rules_are_said_in_the_readers_language() -> None:
    for rule in ("be one of I, II", "be 0x and 40 hexadecimal digits", "be given", "be a whole number from 1 to 200"):
        said, language = rule_in(rule, "zh")
        assert (language, said.isascii()) == ("zh-Hans", False)
        assert rule_in(rule, "en") == (rule, "en")
    assert rule_in("be something new", "zh") == ("be something new", "en")


_REFUSED = [
    (route, one, written)
    for route in READ_ROUTES
    for one in route.parameters
    if one.place == "query"
    for written in ("!" * 70, "-1", "\u4e0a")
]


@pytest.mark.parametrize(
    ("one", "written"),
    [(one, written) for _, one, written in _REFUSED],
    ids=[f"{route.path}-{one.name}-{ascii(written)[:4]}" for route, one, written in _REFUSED],
)
def test_what_lists_refuse_is_said_in_chinese(one: Parameter, written: str) -> None:
    assert all(rule_in(rule, "zh")[1] == "zh-Hans" for rule in _refused(one, written))


def _refused(one: Parameter, written: str) -> list[str]:
    try:
        one.parse(written, one.name)
    except InvalidInput as error:
        return [error.rule]
    return []
