"""My points in a browser: one form with a token, a session that knows nothing else, and every way in which it ends."""

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

import pytest
from pypdf import PdfReader

from api.app import create_app
from api.personal import SECONDS_PER_WRONG_TOKEN, WRONG_TOKENS
from api.settings import ApiSettings
from api.web.citizen import points
from indexer.database import open_database
from indexer.errors import DatabaseUnusable
from indexer.point_accounts import PointAccounts
from ledger.bulk.columns import Strings
from ledger.bundle import Bundle
from ledger.entries import EntryProof
from tests.unit.api.client import Client, Reply
from tests.unit.api.test_citizen_pages import Page
from tests.unit.api.test_personal import ACCOUNT, Town, town

__all__ = ["town"]

ORIGIN = "https://ledger.example"
SAME = {"origin": ORIGIN, "sec_fetch_site": "same-origin"}
FORM = "application/x-www-form-urlencoded"


class Clock:
    """Stands still until it is moved."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Browser:
    """Keeps the cookie, as a browser does, and sends forms as one."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.cookie: str | None = None
        self.set: str | None = None

    def get(self, target: str, **headers: str) -> Reply:
        return self._kept(self.client.request("GET", target, {**self._cookies(), **headers}, check=False))

    def page(self, target: str) -> Page:
        return Page(self.get(target))

    def post(self, target: str, form: dict[str, str], **headers: str) -> Reply:
        sent = {**SAME, "content_type": FORM, **self._cookies(), **headers}
        return self._kept(self.client.request("POST", target, sent, urlencode(form).encode(), check=False))

    def enter(self, token: str) -> Reply:
        return self.post("/points", {"token": token})

    def csrf(self) -> str:
        (found,) = {one["value"] for one in self.page("/points").all("input") if one.get("name") == "csrf"}
        return str(found)

    def _cookies(self) -> dict[str, str]:
        return {} if self.cookie is None else {"cookie": f"other=1; {self.cookie}"}

    def _kept(self, reply: Reply) -> Reply:
        told = reply.header("set-cookie")
        if told is not None:
            self.set = told
            pair = told.partition(";")[0]
            self.cookie = None if "Max-Age=0" in told else pair
        return reply


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def client(town: Town, clock: Clock) -> Iterator[Client]:
    """An instance at HTTPS, whose sessions go by our clock."""
    settings = ApiSettings(
        database_url=str(town.city.database.engine.url), public_url=ORIGIN, rate_limits=False, stale_seconds=2**31
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(points.pages, "__kwdefaults__", {"clock": clock})
        application = create_app(settings, point_accounts=town.accounts)
    yield Client(application)
    application.close()


@pytest.fixture
def browser(client: Client) -> Browser:
    return Browser(client)


@pytest.fixture
def person(browser: Browser, town: Town) -> Browser:
    """The first person, who is in."""
    reply = browser.enter(town.token[1])
    assert (reply.status, reply.header("location")) == (303, "/points")
    return browser


def unkept(reply: Reply) -> None:
    """Nobody keeps it, and its address goes nowhere."""
    assert reply.header("cache-control") == "no-store", reply
    assert reply.header("referrer-policy") in {"same-origin", "no-referrer", None}


# Entering


def test_a_token_in_a_form_begins_a_session(browser: Browser, town: Town) -> None:
    first = browser.get("/points?lang=en")
    unkept(first)
    assert first.header("set-cookie") is None
    (form,) = [one for one in Page(first).all("form") if one.get("method") == "post"]
    assert (form["action"], form["method"]) == ("/points?lang=en", "post")
    reply = browser.enter(f"  0x{town.token[1][:32].upper()}\n{town.token[1][32:]} ")
    assert reply.status == 303
    assert re.fullmatch(
        r"__Host-tanpuhui-points=[\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Secure", browser.set or ""
    )
    found = browser.page("/points?lang=en")
    unkept(found.reply)
    assert "50 points" in found.text
    assert "-30" in found.text
    assert "+100" in found.text


def test_nothing_of_the_token_is_in_an_address_a_page_or_a_cookie(person: Browser, town: Town) -> None:
    token = town.token[1]
    for target in ("/points", "/points/entries", "/points/forget"):
        reply = person.get(target)
        assert token not in reply.body.decode()
        assert not [one for one in Page(reply).links if token in one]
    assert token not in (person.cookie or "")
    assert person.client.get(f"/points?token={token}").status == 422


@pytest.mark.parametrize("token", ["", " ", "x", "ab" * 32, "0x" + "ab" * 31, "ab" * 33, "<script>", "é" * 64])
def test_every_wrong_token_has_one_answer(browser: Browser, token: str) -> None:
    wrong, other = browser.enter(token), browser.enter("cd" * 32)
    assert wrong.status == other.status == 401
    assert wrong.body == other.body
    assert [name for name, _ in wrong.headers] == [name for name, _ in other.headers]
    assert wrong.header("set-cookie") is None
    unkept(wrong)
    assert "这个查询码在这里无效" in Page(wrong).text


def test_a_forgotten_person_is_answered_as_if_the_token_never_was(client: Client, town: Town) -> None:
    town.vault.tag_of_token(bytes.fromhex(town.token[2]))
    fresh = new_person(town, "forgotten before")
    town.vault.forget(["forgotten before"])
    browser = Browser(client)
    gone, never = browser.enter(fresh), browser.enter("cd" * 32)
    assert (gone.status, gone.body) == (never.status, never.body) == (401, never.body)


def new_person(town: Town, reference: str) -> str:
    """A person without entries; gives the lookup token."""
    town.vault.tags(Strings.from_list([reference.encode()]))
    return town.vault.issue_token(reference).hex()


def test_who_guesses_waits_and_the_page_says_how_long(town: Town) -> None:
    settings = ApiSettings(database_url=str(town.city.database.engine.url), public_url=ORIGIN)
    application = create_app(settings, point_accounts=town.accounts)
    browser = Browser(Client(application))
    for _ in range(WRONG_TOKENS):
        assert browser.enter("cd" * 32).status == 401
    for token in ("cd" * 32, town.token[1]):
        refused = browser.enter(token)
        assert refused.status == 429
        assert 0 < int(refused.header("retry-after") or 0) <= SECONDS_PER_WRONG_TOKEN
        assert "正确的查询码也会被拒绝" in Page(refused).text
        assert refused.header("set-cookie") is None
    assert browser.client.get(ACCOUNT, Authorization=f"Bearer {town.token[1]}").status == 429
    elsewhere = Browser(Client(application, host="198.51.100.9"))
    assert elsewhere.enter(town.token[1]).status == 303
    application.close()


def test_an_instance_without_persons_says_so(town: Town) -> None:
    application = create_app(ApiSettings(database_url=str(town.city.database.engine.url), public_url=ORIGIN))
    browser = Browser(Client(application))
    assert "不保存个人积分明细" in browser.page("/points").text
    assert browser.enter(town.token[1]).status == 501
    application.close()


# The session


@pytest.mark.parametrize("target", ["/points/entries", "/points/forget", "/points/entries/0x" + "1a" * 32])
def test_without_a_session_there_is_only_the_form(client: Client, target: str) -> None:
    for cookie in (
        None,
        "__Host-tanpuhui-points=" + "A" * 43,
        "__Host-tanpuhui-points=x",
        "tanpuhui-points=" + "A" * 43,
    ):
        browser = Browser(client)
        browser.cookie = cookie
        reply = browser.get(target)
        assert (reply.status, reply.header("location")) == (303, "/points")
        unkept(reply)


def test_an_idle_session_ends_and_nothing_is_done(person: Browser, clock: Clock, town: Town) -> None:
    csrf = person.csrf()
    clock.now += 899
    assert "50" in person.page("/points").text
    clock.now += 900
    reply = person.post("/points/forget", {"csrf": csrf, "understood": "yes"})
    assert (reply.status, reply.header("location")) == (303, "/points?said=ended")
    assert "会话已经结束" in person.page("/points?said=ended").text
    assert town.vault.tag_of_token(bytes.fromhex(town.token[1]))


def test_leaving_ends_it_at_once(person: Browser) -> None:
    cookie, csrf = person.cookie, person.csrf()
    reply = person.post("/points/leave", {"csrf": csrf})
    assert (reply.status, reply.header("location")) == (303, "/points?said=left")
    assert "Max-Age=0" in (person.set or "")
    person.cookie = cookie
    assert person.get("/points/entries").header("location") == "/points"


def test_another_token_begins_another_session_and_ends_this_one(person: Browser, town: Town) -> None:
    before = person.cookie
    assert person.enter(town.token[2]).status == 303
    assert person.cookie != before
    assert "45" in person.page("/points").text
    stale = Browser(person.client)
    stale.cookie = before
    assert stale.get("/points/entries").header("location") == "/points"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://evil.example"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"origin": "null", "sec_fetch_site": "cross-site"}, 403),
        ({"content_type": "application/json"}, 400),
    ],
)
def test_forms_of_other_sites_do_nothing(person: Browser, town: Town, headers: dict[str, str], status: int) -> None:
    csrf = person.csrf()
    for target, form in (
        ("/points/forget", {"csrf": csrf, "understood": "yes"}),
        ("/points/leave", {"csrf": csrf}),
        ("/points", {"token": town.token[2]}),
    ):
        reply = person.post(target, form, **headers)
        assert reply.status == status
        unkept(reply)
    assert "50" in person.page("/points").text


@pytest.mark.parametrize("csrf", [None, "", "x" * 43])
def test_a_form_without_the_sessions_secret_does_nothing(person: Browser, town: Town, csrf: str | None) -> None:
    form = {"understood": "yes"} if csrf is None else {"understood": "yes", "csrf": csrf}
    assert person.post("/points/forget", form).status == 403
    assert person.post("/points/leave", {"csrf": csrf or ""}).status == 403
    assert town.vault.tag_of_token(bytes.fromhex(town.token[1]))
    assert "50" in person.page("/points").text


def test_too_much_is_not_read(person: Browser) -> None:
    assert person.post("/points", {"token": "x" * 70_000}).status == 413


# What is shown


def test_history_is_paged_and_newest_first(person: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points, "DEFAULT_LIMIT", 2)
    first = person.page("/points/entries?lang=en")
    (further,) = {link for link in first.links if "cursor=" in link}
    rest = person.page(further)
    kinds = [re.findall(r"Cancel|Donate|Earn", shown.text.partition("Proof")[2]) for shown in (first, rest)]
    assert kinds[0][:2] == ["Cancel", "Donate"]
    assert kinds[1][:1] == ["Earn"]
    assert "/points/entries?lang=en" in rest.links
    assert person.get("/points/entries?cursor=nonsense").status == 422


def test_on_a_phone_each_entry_is_a_card_whose_lines_are_named(person: Browser) -> None:
    shown = person.get("/points/entries?lang=en").body.decode()
    table = shown[shown.index('class="rows entries stack"') :]
    assert "<td>" not in table
    assert re.findall(r'data-label="([^"]+)"', table)[:3] == ["Time", "What", "Points"]


def entries(person: Browser) -> list[str]:
    shown = person.get("/points").body.decode()
    return list(dict.fromkeys(re.findall(r"/points/entries/0x[0-9a-f]{64}", shown)))


def test_every_entry_has_its_proof_in_words_and_as_a_file(person: Browser, town: Town) -> None:
    found = entries(person)
    assert len(found) == 3
    for link in found:
        shown = person.page(f"{link}?lang=en")
        unkept(shown.reply)
        assert "Joined" in shown.text
        assert "But that was us" in shown.text
        reply = person.get(f"{link}/proof")
        assert (reply.status, reply.header("content-type")) == (200, "application/json")
        assert (reply.header("content-disposition") or "").startswith('attachment; filename="entry-')
        unkept(reply)
        document = json.loads(reply.body)
        proof = EntryProof.from_json(document["proof"])
        assert proof.verify() == int(document["offset"])
        api = person.client.get(
            f"{ACCOUNT}/entries/{link.rpartition('/')[2]}/proof", Authorization=f"Bearer {town.token[1]}"
        )
        assert document == api.json
    assert "distance_m" in person.page(f"{found[-1]}?lang=en").text


def test_another_persons_entries_are_not_there(person: Browser, town: Town) -> None:
    other = Browser(person.client)
    other.enter(town.token[2])
    (link, *_) = entries(other)
    for target in (link, f"{link}/proof"):
        reply = person.get(target)
        assert reply.status == 404
        unkept(reply)


def test_own_certificates_are_taken_away_as_narrow_as_wanted(person: Browser, town: Town) -> None:
    (number,) = set(re.findall(r"/points/certificates/(\d+)/", person.get("/points").body.decode()))
    for show, values in (("nothing", 0), ("details", 1), ("all", 2)):
        reply = person.get(f"/points/certificates/{number}/bundle?show={show}")
        assert reply.header("content-disposition") == f'attachment; filename="certificate-{number}.json"'
        unkept(reply)
        assert Bundle.from_bytes(reply.body).entry is not None
        entry = json.loads(reply.body)["entry"]["entry"]
        assert entry["grams"] == "20"
        assert sum("value" in field for field in entry["fields"]) == values
    pdf = person.get(f"/points/certificates/{number}/pdf?show=details")
    assert pdf.header("content-type") == "application/pdf"
    unkept(pdf)
    attached = PdfReader(BytesIO(pdf.body)).attachments
    assert [data for one in attached.values() for data in one] == [
        person.get(f"/points/certificates/{number}/bundle?show=details").body
    ]
    other = str(int(number) + 1)
    assert person.get(f"/points/certificates/{other}/bundle").status == 404
    assert person.get(f"/points/certificates/{number}/bundle?show=much").status == 422


# Forgetting


def test_forgetting_is_explained_before_it_is_done(person: Browser, town: Town) -> None:
    shown = person.page("/points/forget?lang=en")
    for part in ("nobody can bring it back", "50 points", "Entries, batches and proofs stay", "I understand"):
        assert part in shown.text, part
    hasty = person.post("/points/forget", {"csrf": person.csrf()})
    assert hasty.status == 422
    assert "请先确认您明白后果" in Page(hasty).text
    assert town.vault.tag_of_token(bytes.fromhex(town.token[1]))


def test_who_is_forgotten_is_nobody_at_once_everywhere(client: Client, town: Town) -> None:
    token, second = new_person(town, "forget me"), town.vault.issue_token("forget me").hex()
    here, there = Browser(client), Browser(client)
    here.enter(token)
    there.enter(second)
    csrf = here.csrf()
    reply = here.post("/points/forget", {"csrf": csrf, "understood": "yes"})
    assert (reply.status, reply.header("location")) == (303, "/points?said=forgotten")
    assert "Max-Age=0" in (here.set or "")
    assert "查询码已失效" in here.page("/points?said=forgotten").text
    for gone in (token, second):
        assert here.enter(gone).status == 401
        assert client.get(ACCOUNT, Authorization=f"Bearer {gone}").status == 401
    assert there.get("/points/entries").header("location") == "/points"
    assert town.vault.tag_of_token(bytes.fromhex(town.token[1]))


def test_a_journal_that_is_read_is_said_and_told(
    client: Client, town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    token = new_person(town, "forget me halfway")
    browser = Browser(client)
    browser.enter(token)
    forget = PointAccounts.forget

    def busy(self: PointAccounts, tag: object) -> bool:
        forget(self, tag)  # type: ignore[arg-type]  # as it is given
        raise DatabaseUnusable("sqlite:///persons.db", "another process reads it")

    monkeypatch.setattr(PointAccounts, "forget", busy)
    reply = browser.post("/points/forget", {"csrf": browser.csrf(), "understood": "yes"})
    assert reply.header("location") == "/points?said=forgotten-rest"
    assert "还没有覆写完" in browser.page("/points?said=forgotten-rest").text
    assert "journal" in caplog.text
    assert browser.enter(token).status == 401


def test_a_session_is_no_good_once_its_token_is_gone(client: Client, town: Town) -> None:
    """Forgotten by the operator meanwhile."""
    browser = Browser(client)
    browser.enter(new_person(town, "gone meanwhile"))
    assert browser.get("/points").status == 200
    town.vault.forget(["gone meanwhile"])
    assert browser.get("/points/entries").header("location") == "/points"


def test_with_the_index_down_nothing_is_shown(town: Town, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    database = open_database(url)
    database.migrate()
    database.close()
    application = create_app(
        ApiSettings(database_url=url, public_url=ORIGIN, rate_limits=False), point_accounts=town.accounts
    )
    browser = Browser(Client(application))
    assert browser.get("/points").status == 200
    browser.enter(town.token[1])
    reply = browser.get("/points")
    assert reply.status == 503
    unkept(reply)
    application.close()
