"""Pages for the public: figures that add up and lead to their rows, searches that find, and honest words where not."""

from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text

from api.app import create_app
from api.repository import snapshots
from api.repository.volumes import Step, Volume
from api.settings import ApiSettings
from api.web.citizen.certificates import command_of
from api.web.citizen.home import MOST_MONTHS, Holding, days_of, months_of
from api.web.texts import texts
from indexer.database import open_database
from ledger.verifier import Level
from tests.unit.api.client import Client, Reply
from tests.unit.api.sample import CAMPAIGN_CODE, SampleLedger, make_sample
from tests.unit.api.test_certificate_files import keys_of, serving

PAGES = (
    "/",
    "/certificates",
    "/activities",
    "/activities/SH-PV-0001",
    "/methodologies",
    "/methodologies/SHCER-PV-001",
    "/campaigns",
    f"/campaigns/{CAMPAIGN_CODE}",
    "/about",
    "/points",
)


class Page(HTMLParser):
    """What a reader sees, and where it leads."""

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
    def links(self) -> set[str]:
        return {one["href"] for one in self.all("a") if "href" in one}


def page(client: Client, target: str, **headers: str) -> Page:
    reply = client.get(target, **headers)
    assert reply.header("content-type") == "text/html; charset=utf-8", reply
    return Page(reply)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving(make_sample(), tmp_path_factory.mktemp("told")) as asking:
        yield asking


# Every page


@pytest.mark.parametrize("target", PAGES)
def test_every_page_stands_in_both_languages_and_is_whole(told: Client, target: str) -> None:
    for language, lang in (("zh", "zh-Hans"), ("en", "en")):
        found = page(told, f"{target}?lang={language}")
        assert found.reply.status == 200
        assert found.all("html")[0]["lang"] == lang
        assert len(found.all("h1")) == 1
        levels = [int(tag[1]) for tag, _ in found.elements if tag in {"h1", "h2", "h3", "h4"}]
        assert all(later <= earlier + 1 for earlier, later in pairwise(levels)), levels
        labelled = {one["for"] for one in found.all("label") if "for" in one}
        for field in (*found.all("input"), *found.all("select")):
            assert field.get("type") in {"hidden", "checkbox"} or field["id"] in labelled, field
        assert len(found.all("caption")) == len(found.all("table"))
        assert all(one.get("scope") in {"col", "row"} for one in found.all("th"))
        assert not [1 for _, attributes in found.elements if "style" in attributes]
        assert all(one.get("src") for one in found.all("script"))
        own = [link for link in found.links if link.startswith("/") and "." not in link.rpartition("/")[2]]
        assert all("lang=" in link for link in own if not link.startswith(("/docs", "/v1/"))), own


@pytest.mark.parametrize("target", PAGES[:-2])
def test_every_page_of_the_index_says_its_block_and_what_is_wrong(
    told: Client, empty_client: Client, halted_client: Client, target: str
) -> None:
    assert (told.get(target).header("tanpuhui-as-of") or "").startswith("23;")
    down = page(empty_client, target)
    assert down.reply.status == 503
    assert down.all("form")[0]["action"] == "/certificates"
    halted = page(halted_client, f"{target}?lang=en")
    assert "stopped at block 23" in halted.text
    assert halted.reply.header("cache-control") == "no-store"


@pytest.mark.parametrize("target", [*PAGES, "/activities/x", "/certificates?purpose=fun", "/campaigns?order=x"])
def test_what_a_page_does_not_know_is_said_by_a_page(told: Client, target: str) -> None:
    sign = "&" if "?" in target else "?"
    found = page(told, f"{target}{sign}nonsense=1", Accept="text/html")
    assert found.reply.status == 422
    assert len(found.all("h1")) == 1


# Home


def test_home_says_where_every_gram_is(told: Client) -> None:
    found = page(told, "/?lang=en")
    one = told.get("/v1/totals").json["classes"][0]
    points = told.get("/v1/points/totals").json["classes"][0]
    grams = [int(entry["value"]) for entry in found.all("data")[:15]]
    in_points = sum(int(points[name]["quantity_gco2e"]) for name in ("personal", "provider_pools", "campaign_pools"))
    assert grams[:5] == [
        562_501_000,
        int(one["held"]["quantity_gco2e"]),
        in_points,
        int(one["cancelled"]["quantity_gco2e"]) + 300,
        0,
    ]
    assert grams[0] == sum(grams[1:5])
    assert grams[10:] == [first + second for first, second in zip(grams[:5], grams[5:10], strict=True)]
    assert "Both sides are equal, to the gram" in found.text
    assert "6 certificates" in found.text
    purposes = {link for link in found.links if link.startswith("/certificates?purpose=")}
    assert len(purposes) == 4
    behind = {link for link in found.links if link.startswith(("/explorer/", "/campaigns?"))}
    assert "/explorer/operations?kind=issuance-confirmed&first_day=2025-11-01&last_day=2025-11-30&lang=en" in behind
    for link in purposes | behind:
        assert told.get(link).status == 200, link


def test_home_says_when_the_ledger_does_not_add_up(tmp_path: Path) -> None:
    with serving(
        make_sample(), tmp_path, "UPDATE balances SET quantity_gco2e = quantity_gco2e + 1 WHERE book = 2"
    ) as asking:
        found = page(asking, "/?lang=en")
    assert "are not equal" in found.text
    assert "Both sides are equal" not in found.text
    assert Holding(None, 5, 1, 1, 1, 2).adds_up
    assert not Holding(None, 5, 1, 1, 1, 1).adds_up


def test_home_is_not_summed_again_for_each_reader(told: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    told.get("/")
    asked: list[str] = []
    execute = snapshots._Connection.all

    def watched(self: Any, statement: str, *arguments: object) -> Any:
        asked.append(statement)
        return execute(self, statement, *arguments)

    monkeypatch.setattr(snapshots._Connection, "all", watched)
    assert told.get("/").status == 200
    assert asked == []


def volume(month: str) -> Volume:
    return Volume(month, 1, Step.ISSUED, 0, 5, 1)


def test_months_have_no_gaps_and_are_not_too_many() -> None:
    assert months_of([]) == []
    assert months_of([volume("2025-11"), volume("2026-02")]) == ["2025-11", "2025-12", "2026-01", "2026-02"]
    many = months_of([volume("2001-01"), volume("2026-02")])
    assert (len(many), many[0], many[-1]) == (MOST_MONTHS, "2023-03", "2026-02")
    assert days_of("2028-02") == {"first_day": "2028-02-01", "last_day": "2028-02-29"}


# Certificates


def test_certificates_are_found_by_purpose_day_and_project(told: Client) -> None:
    whole = page(told, "/certificates?lang=en")
    numbers = [one["href"] for one in whole.all("a") if one.get("href", "").startswith("/certificates/")]
    assert numbers[:2] == ["/certificates/3?lang=en", "/certificates/2?lang=en"]
    activity = told.get("/v1/activities/SH-PV-0001").json["activity_id"]
    for query, found in (
        ("purpose=event-neutrality", True),
        ("purpose=ets-compliance", False),
        (f"activity_id={activity}&first_day=2025-11-13&last_day=2025-11-13", True),
        ("first_day=2025-11-14", False),
    ):
        shown = page(told, f"/certificates?lang=en&{query}")
        assert ("/certificates/3?lang=en" in shown.links) is found
        assert ("No certificate is like that" in shown.text) is not found
    rows = told.get("/certificates?purpose=event-neutrality&format=csv")
    assert rows.body.decode().count("\n") == 4


@pytest.mark.parametrize("number", ["x", "0", "1.5", "<script>alert(1)</script>"])
def test_a_wrong_number_is_helped_along(told: Client, number: str) -> None:
    found = page(told, f"/certificates?lang=en&number={quote(number)}")
    assert found.reply.status == 422
    assert f"“{number}” is no certificate number" in found.text
    assert not [one for one in found.all("script") if "src" not in one]


def test_scanning_is_offered_by_a_script_alone_and_loads_its_decoder_late(told: Client) -> None:
    found = page(told, "/certificates")
    (section,) = (one for one in found.all("section") if one.get("id") == "scan")
    assert "hidden" in section
    assert section["data-public-url"] == "https://ledger.example"
    assert not [one for one in found.all("script") if "packages" in one["src"]]
    decoder = told.get("/static/packages/qr/decode.js")
    assert decoder.header("content-type") == "text/javascript; charset=utf-8"
    assert told.get("/static/packages/qr/index.js").status == 200
    for other in (
        "packages/qr/package.json",
        "packages/qr/../qr/decode.js",
        "packages/@embedpdf/fonts-sc/package.json",
    ):
        assert told.get(f"/static/{other}").status == 404


def test_the_command_pins_what_the_level_of_the_page_needs(told: Client) -> None:
    keys = keys_of(make_sample())
    witness = f"--witness '{keys.witnesses[0]}' --quorum 1"
    found = page(told, "/certificates/1?lang=en")
    assert witness in found.text
    assert witness in command_of(1, keys, Level.WITNESSED, "KEY")
    assert "--witness" not in command_of(1, keys, Level.LOG, "KEY")
    assert command_of(7, None, Level.NODE, "your 'key'").endswith(r"--log-key 'your '\''key'\'''")


def test_a_certificate_leads_on_to_where_it_came_from(told: Client) -> None:
    found = page(told, "/certificates/1?lang=en")
    assert "/activities/SH-PV-0001?lang=en" in found.links
    assert [link for link in found.links if link.startswith("/explorer/lots/0x")]
    campaign = page(told, "/certificates/6?lang=en")
    assert f"/campaigns/{CAMPAIGN_CODE}?lang=en" in campaign.links
    personal = page(told, "/certificates/4?lang=en")
    assert "/points?lang=en" in personal.links
    assert "/v1/points/account/certificates/NUMBER/bundle" in personal.text


# Projects, methodologies, campaigns


def test_a_project_shows_its_totals_lots_and_certificates(told: Client) -> None:
    listed = page(told, "/activities?lang=en&code_contains=pv")
    assert "/activities/SH-PV-0001?lang=en" in listed.links
    assert "SH-HEAT" not in listed.text
    assert "No project or scenario is like that" in page(told, "/activities?lang=en&code_contains=zz").text
    found = page(told, "/activities/SH-PV-0001?lang=en")
    for part in (
        "562.5 t",
        "3.000003 t",
        "0.001 t",
        "SHCER-PV-001",
        "version 1",
        "2025-01-01 to 2030-12-31",
        "10,000 t",
    ):
        assert part in found.text, part
    activity = told.get("/v1/activities/SH-PV-0001").json["activity_id"]
    assert f"/certificates?activity_id={activity}&lang=en" in found.links
    assert len([link for link in found.links if link.startswith("/explorer/lots/0x")]) == 2


def test_a_code_with_a_slash_is_a_code(told: Client) -> None:
    assert "SH-HEAT/0002" in page(told, "/activities/SH-HEAT%2F0002").text
    listed = page(told, "/activities")
    assert any(link.startswith("/activities/SH-HEAT%2F0002") for link in listed.links)
    assert "SHCER/HEAT-002" in page(told, "/methodologies/SHCER%2FHEAT-002").text


def test_deficits_and_ends_are_said(tmp_path: Path) -> None:
    sample = make_sample()
    debtor = sample.rows["activities"][0]["debtor_id"]
    sample.add("balances", book=6, owner=debtor, lot_id=bytes(32), quantity_gco2e=5)
    with serving(sample, tmp_path, "UPDATE activities SET status = 4") as asking:
        found = page(asking, "/activities/SH-PV-0001?lang=en")
    assert "0.000005 t" in found.text
    assert "The next issuance of the same facility fills it first" in found.text
    assert "was withdrawn and issues nothing more" in found.text


def test_a_methodology_shows_its_rules_as_they_were_written(told: Client) -> None:
    found = page(told, "/methodologies/SHCER-PV-001?lang=en")
    for part in ("version 2", "metered-energy", "grams_per_kwh", "420", "1 – 1000000"):
        assert part in found.text, part
    first = told.get("/v1/methodologies/SHCER-PV-001/1").json["methodology_id"]
    older = page(told, f"/methodologies/{first}?lang=en")
    assert "does not state in the ledger how it calculates" in older.text
    assert "/activities/SH-PV-0001?lang=en" in older.links


def test_a_campaign_leads_to_its_certificates(told: Client) -> None:
    found = page(told, f"/campaigns/{CAMPAIGN_CODE}?lang=en")
    assert "/certificates/6?lang=en" in found.links
    assert "0.0002 t" in found.text
    assert f"/explorer/accounts/0x{'0' * 39}2?lang=en" in found.links


@pytest.mark.parametrize(
    "target",
    [
        "/activities/none",
        "/activities/0x" + "1a" * 32,
        "/methodologies/none",
        "/campaigns/none",
        "/campaigns/%E5%85%89",
    ],
)
def test_what_is_not_registered_is_said_by_a_page(told: Client, target: str) -> None:
    found = page(told, target, Accept="text/html")
    assert found.reply.status in {404, 422}
    assert len(found.all("h1")) == 1


def test_what_others_wrote_is_text(tmp_path: Path) -> None:
    """A code is printable ASCII, which markup is too."""
    evil = "<script>alert(1)</script>"
    rename = f"UPDATE activities SET code = '{evil}' WHERE code = 'SH-PV-0001'"  # noqa: S608 - ours
    with serving(make_sample(), tmp_path, rename) as asking:
        for target in ("/", "/certificates", "/activities", f"/activities/{quote(evil, safe='')}"):
            found = page(asking, target)
            assert found.reply.status == 200
            assert all("src" in one for one in found.all("script"))
        assert evil in page(asking, "/certificates").text


# About


def test_about_explains_every_level_term_and_question(told: Client, client: Client) -> None:
    for language in ("zh", "en"):
        found = page(told, f"/about?lang={language}")
        for name, value in texts(language).items():
            if name.startswith("about_"):
                assert " ".join(value.split()) in found.text, name
        assert str(keys_of(make_sample()).log_key) in found.text
    assert f"--log-key '{texts('en')['log_key']}'" in page(client, "/about?lang=en").text


def test_pages_of_a_ledger_in_which_nothing_happened(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'index.db'}"
    database = open_database(url)
    database.migrate()
    _blank().save(database)
    with database.write() as connection:
        for table in ("certificates", "balances", "postings", "lots", "proposals", "activities", "methodologies"):
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - names of ours
    database.close()
    application = create_app(ApiSettings(database_url=url, rate_limits=False))
    asking = Client(application)
    for target in ("/", "/certificates", "/activities", "/methodologies", "/campaigns"):
        found = page(asking, f"{target}?lang=en")
        assert found.reply.status == 200
        assert "0 certificates" in found.text or "like that" in found.text
    application.close()


def _blank() -> SampleLedger:
    sample = make_sample()
    for table in (
        "batches",
        "campaign_cancellations",
        "campaigns",
        "point_balances",
        "providers",
        "provider_admissions",
    ):
        del sample.rows[table]
    return sample
