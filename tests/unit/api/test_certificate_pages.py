"""Pages of certificates: true, honest where something does not verify, safe against what others wrote, and readable."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from api.app import create_app
from api.settings import ApiSettings
from tests.unit.api.client import Client, Reply
from tests.unit.api.sample import make_sample
from tests.unit.api.test_certificate_files import keys_of, serving

PAGE = "/certificates/1"


class Page(HTMLParser):
    """What a reader sees, what is loaded, and where it leads."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, Any]]] = []
        self.texts: list[str] = []
        self.reply = reply
        self.feed(reply.body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, Any]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def outcome(self) -> str:
        (found,) = (one["class"] for one in self.all("section") if "verdict" in one.get("class", ""))
        return str(found).removeprefix("verdict ")


def page(client: Client, target: str, **headers: str) -> Page:
    reply = client.get(target, **headers)
    assert reply.header("content-type") == "text/html; charset=utf-8", reply
    return Page(reply)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """An instance that was told the log's keys."""
    with serving(make_sample(), tmp_path_factory.mktemp("told")) as asking:
        yield asking


def test_it_says_what_the_bundle_says_and_that_it_verifies(told: Client) -> None:
    found = page(told, PAGE + "?lang=en")
    assert found.reply.status == 200
    assert found.outcome == "verified"
    for part in (
        "Certificate of Cancellation", "1 t CO2e exactly 1,000,000 g", "1 – 1000000", "SH-PV-0001", "Half marathon",
        "Carbon neutrality of a large event", "2025-01-12 to 2025-02-10", "2025-11-13 10:13:35", "as of block 23",
        "independent witnesses cosigned", "tanpuhui verify certificate-1.json --log-key 'tanpuhui/31337/",
    ):  # fmt: skip
        assert part in found.text, part
    assert "3 more kept back (Account, Beneficiary, Lot id)" in found.text
    assert "kept back" not in found.text.replace("more kept back", "")  # which is what the beneficiary says
    links = {one["href"] for one in found.all("a")}
    assert {"/v1/certificates/1/bundle", "/v1/certificates/1/certificate.pdf", "/verify?lang=en"} <= links
    for link in ("/v1/certificates/1/bundle", "/v1/certificates/1/certificate.pdf"):
        assert told.get(link).status == 200


def test_without_keys_it_says_on_whose_word_it_rests(client: Client, tmp_path: Path) -> None:
    found = page(client, PAGE, Accept_Language="en")
    assert found.outcome == "verified weak"
    assert "only against its own copy of the log" in found.text
    assert "has not been given the log's public key" in found.text
    sample = make_sample()
    del sample.rows["checkpoints"]
    with serving(sample, tmp_path) as asking:
        found = page(asking, PAGE, Accept_Language="en")
    assert found.outcome == "verified weak"
    assert "No signed checkpoint covers this certificate yet" in found.text


def test_too_few_witnesses_are_said(tmp_path: Path, database_url: str) -> None:
    sample = make_sample()
    keys = keys_of(sample)
    stranger = type(keys.witnesses[0])("stranger", keys.witnesses[0].type, b"\x07" * 32)
    both = type(keys)(log_key=keys.log_key, witnesses=(*keys.witnesses, stranger), quorum=2)
    application = create_app(ApiSettings(database_url=database_url, rate_limits=False), log_keys=both)
    found = page(Client(application), PAGE, Accept_Language="en")
    application.close()
    assert found.outcome == "verified"
    assert "Fewer of the witnesses" in found.text


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE operations SET quantity_gco2e = quantity_gco2e + 1", "step 9, “Everything agrees”, failed"),
        ("UPDATE certificates SET quantity_gco2e = 5", "quantity_gco2e of table certificates is 5, but the leaf"),
        ("UPDATE operations SET timestamp = timestamp + 1", "step 12, “In the log”, failed"),
        ("UPDATE records SET public = replace(public, 'Half', 'Full')", "step 5, “Record and commitments”, failed"),
        ("UPDATE checkpoints SET note = replace(note, '— ', '— x')", "step 13, “Signature of the log”, failed"),
        ("UPDATE records SET public = '{}'", "step 3, “Form”, failed"),
    ],
)
def test_a_tampered_index_is_called_what_it_is(tmp_path: Path, statement: str, said: str) -> None:
    with serving(make_sample(), tmp_path, statement) as asking:
        found, chinese = page(asking, PAGE, Accept_Language="en"), page(asking, PAGE)
    assert found.outcome == "refused"
    assert "Does not verify" in found.text
    assert said in found.text
    assert "What this certificate proves" not in found.text
    assert "What was cancelled" not in found.text
    assert "/v1/certificates/1/certificate.pdf" not in {one["href"] for one in found.all("a")}
    assert "核验不通过" in chinese.text
    assert "核验通过" not in chinese.text


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM log_tiles",
        "UPDATE operations SET kind = 1",
        "DELETE FROM certificates WHERE number = 1",
    ],
)
def test_a_damaged_index_is_called_what_it_is(tmp_path: Path, statement: str) -> None:
    with serving(make_sample(), tmp_path, statement) as asking:
        found = page(asking, PAGE, Accept_Language="en")
    assert found.outcome in {"unchecked", "refused"}
    assert "Do not rely on this page" in found.text


def test_a_halted_index_is_said_first(halted_client: Client) -> None:
    found = page(halted_client, PAGE, Accept_Language="en")
    assert "found something wrong on the chain and stopped at block 23" in found.text
    assert found.reply.header("cache-control") == "no-store"


@pytest.mark.parametrize("fixture", ["empty_client", "missing_client"])
def test_an_index_that_is_not_there(fixture: str, request: pytest.FixtureRequest) -> None:
    found = page(request.getfixturevalue(fixture), PAGE, Accept_Language="en")
    assert found.reply.status == 503
    assert "cannot say whether this certificate exists" in found.text


def test_of_a_persons_points_it_shows_the_batch_and_nothing_of_the_person(client: Client) -> None:
    found = page(client, "/certificates/4", Accept_Language="en")
    assert (found.reply.status, found.outcome) == (200, "unchecked")
    assert "How much a person cancelled is not public" in found.text
    assert "batch 4, 2 entries, 100 g together" in found.text
    assert not any("/bundle" in one["href"] for one in found.all("a"))


# What others wrote


def test_nothing_that_others_wrote_runs(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    written: dict[str, Any] = {"event": evil, "beneficiary": '"><b>x\u202ey', "note": {"a": "</dd>{{ 7 * 7 }}"}}
    with serving(make_sample(written=written), tmp_path) as asking:
        found = page(asking, PAGE, Accept_Language="en")
    assert evil in found.text
    assert '"><b>x[U+202E]y' in found.text
    assert "{{ 7 * 7 }}" in found.text
    assert "49" not in found.text.split("{{ 7 * 7 }}")[0][-20:]
    assert [one.get("src") for one in found.all("script")] == ["/static/site.js", "/static/certificate.js"]
    assert [one.get("src") for one in found.all("img")] == ["/static/mark.svg"]
    assert not found.all("b")
    assert "[U+…]" in found.text


def test_pages_run_and_load_only_what_this_server_has(told: Client) -> None:
    for target in (PAGE, "/certificates", "/certificates/99", "/certificates/4"):
        found = page(told, target)
        policy = found.reply.header("content-security-policy") or ""
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not found.all("style")
        assert all(one.get("src") for one in found.all("script"))
        assert not [name for _, attributes in found.elements for name in attributes if name.startswith("on")]
        assert not [1 for _, attributes in found.elements if "style" in attributes]
        for attribute, tag in (("href", "link"), ("src", "script")):
            for one in found.all(tag):
                assert told.get(one[attribute]).status == 200
        assert found.reply.header("vary") == "accept-language"
        assert found.reply.header("referrer-policy") == "no-referrer"
        assert found.reply.header("x-content-type-options") == "nosniff"


# Languages, numbers, caching


def test_chinese_unless_asked_otherwise(told: Client) -> None:
    for headers, target, language in (
        ({}, PAGE, "zh-Hans"),
        ({"Accept_Language": "fr"}, PAGE, "zh-Hans"),
        ({"Accept_Language": "en-US,en;q=0.9,zh;q=0.1"}, PAGE, "en"),
        ({"Accept_Language": "en"}, PAGE + "?lang=zh", "zh-Hans"),
        ({}, PAGE + "?lang=en", "en"),
    ):
        found = page(told, target, **headers)
        assert found.all("html")[0]["lang"] == language
        assert found.reply.header("content-language") == language
    assert told.get(PAGE + "?lang=fr").status == 422
    assert told.get(PAGE + "?x=1").status == 422


@pytest.mark.parametrize("number", ["7", "99", "9223372036854775807"])
def test_an_unknown_number_is_helped_along(told: Client, number: str) -> None:
    found = page(told, f"/certificates/{number}", Accept_Language="en")
    assert found.reply.status == 404
    assert f"There is no certificate {number}" in found.text
    assert found.all("form")[0]["action"] == "/certificates"
    assert "as of block 23" in found.text


NUMBERS: dict[str, int | None] = {
    "1": 1,
    " 1 024 ": 1024,
    "1,024": 1024,
    "１０２４": 1024,
    "007": 7,
    "No. 7": 7,
    "№7": 7,
    "#7": 7,
    "0": None,
    "x": None,
    "1.5": None,
    "-1": None,
    "9" * 19: None,
    "１" * 80: None,
}


@pytest.mark.parametrize(("written", "number"), NUMBERS.items())
def test_numbers_are_read_as_people_write_them(told: Client, written: str, number: int | None) -> None:
    reply = told.get("/certificates?number=" + "".join(f"%{byte:02x}" for byte in written.encode()))
    if number is None:
        assert reply.status == 422
    else:
        assert (reply.status, reply.header("location")) == (303, f"/certificates/{number}")


def test_a_number_in_the_address_is_read_so_too(told: Client) -> None:
    reply = told.get("/certificates/%201%20?lang=en")
    assert (reply.status, reply.header("location")) == (303, "/certificates/1?lang=en")
    wrong = page(told, "/certificates/%3Cb%3E", Accept_Language="en")
    assert wrong.reply.status == 404
    assert "“<b>” is no certificate number" in wrong.text


def test_a_page_is_kept_while_it_is_true(told: Client) -> None:
    reply = told.get(PAGE)
    assert reply.header("cache-control") == "public, no-cache"
    assert (reply.header("tanpuhui-as-of") or "").startswith("23;")
    assert told.get(PAGE, If_None_Match=str(reply.header("etag"))).status == 304
    assert told.get(PAGE + "?lang=en", If_None_Match=str(reply.header("etag"))).status == 200


# Files


def test_files_of_pages(told: Client, client: Client) -> None:
    assert (told.get("/verify").status, told.get("/verify").header("location")) == (303, "/static/verify.html")
    checking = told.get("/static/verify.html")
    assert checking.status == 200
    assert "connect-src 'self' http: https:" in str(checking.header("content-security-policy"))
    script = told.get("/static/verifier/verify.js")
    assert script.header("content-type") == "text/javascript; charset=utf-8"
    assert told.get("/static/verifier/verify.js", If_None_Match=str(script.header("etag"))).status == 304
    assert told.get("/static/trust.json").json["log_key"].startswith("tanpuhui/31337/")
    assert client.get("/static/trust.json").status == 404  # it knows no keys


@pytest.mark.parametrize(
    "path", ["", "nothing.js", "../site.py", "..%2fsite.py", "%2e%2e/texts.py", "verifier", "//etc/passwd"]
)
def test_nothing_else_is_served(told: Client, path: str) -> None:
    assert told.get(f"/static/{path}").status == 404


def test_a_certificate_page_weighs_little(told: Client) -> None:
    """With every file that it loads before a reader asks for more: under 100 kB, and most of that is kept."""
    found = page(told, PAGE)
    targets = {one["href"] for one in found.all("link")} | {
        one["src"] for one in found.all("img") + found.all("script")
    }
    waiting, weights = list(targets), {PAGE: len(found.reply.body)}
    while waiting:
        target = waiting.pop()
        if target not in weights:
            body = told.get(target).body
            weights[target] = len(body)
            imported = re.findall(rb'^import .* from "([^"]+)";$', body, re.MULTILINE)
            waiting += [urljoin(target, name.decode()) for name in imported]
    assert {"/static/tanpuhui.css", "/static/certificate.js", "/static/verifier/hash.js"} <= set(weights)
    assert sum(weights.values()) < 100_000, weights
