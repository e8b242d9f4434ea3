"""docs/spec/10-pages.md §10.12: who is logged in, for how long, and which forms are taken."""

import pytest

from api.app import create_app
from api.web.console.visits import local_path
from api.web.sessions import SessionCookie, SessionStore, check_origin
from indexer.api_keys import ApiKeyStore
from tests.unit.api.browsers import PUBLIC_URL, Browser
from tests.unit.api.client import Client
from tests.unit.api.conftest import ConsoleOffice

COOKIE = "__Host-tanpuhui-console"


def test_somebody_with_a_key_logs_in_acts_as_their_body_and_logs_out(console: ConsoleOffice) -> None:
    browser = console.browser()
    page = browser.log_in(console.keys["regulator"].secret)
    assert page.status == 200
    assert "Municipal Bureau of Ecology and Environment" in page.text
    assert "Freeze and unfreeze accounts and lots" in page.text
    assert browser.fill_in(page, "/console/logout").path.startswith("/console/login")
    assert COOKIE not in browser.cookies
    assert browser.get("/console", follow=False).reply.header("location") == "/console/login?next=%2Fconsole"


def test_what_a_logged_out_browser_kept_opens_nothing(console: ConsoleOffice) -> None:
    browser = console.browser("regulator")
    kept = dict(browser.cookies)
    browser.fill_in(browser.get("/console"), "/console/logout")
    browser.cookies = kept
    assert browser.get("/console", follow=False).status == 303


@pytest.mark.parametrize("secret", ["", "short", "tph_" + "x" * 43, "no key\nat all", "密钥" * 20])
def test_every_wrong_key_gets_the_same_answer(console: ConsoleOffice, secret: str) -> None:
    page = console.browser().log_in(secret)
    assert page.status == 401
    assert "This key does not open the console" in page.text
    assert "login-refused" in page.text
    assert secret not in page.reply.body.decode() or not secret


def test_a_revoked_key_gets_it_too(console: ConsoleOffice) -> None:
    page = console.browser().log_in(console.keys["revoked"].secret)
    assert (page.status, "login-refused" in page.text) == (401, True)


def test_a_key_that_is_revoked_ends_its_sessions(console: ConsoleOffice) -> None:
    store, browser = ApiKeyStore(console.database), console.browser()
    made = store.create("somebody who leaves", ["freezes:write"])
    assert browser.log_in(made.secret).status == 200
    store.revoke(made.key.key_id)
    assert browser.get("/console", follow=False).status == 303


def test_the_cookie_is_for_this_host_and_no_script(console: ConsoleOffice) -> None:
    browser = console.browser()
    fields = {**browser.get("/console/login").form("/console/login"), "key": console.keys["centre"].secret}
    told = browser.send("/console/login", fields, follow=False).reply.header("set-cookie")
    assert told is not None
    name, _, rest = told.partition("=")
    assert name == COOKIE
    assert set(rest.split("; ")[1:]) == {"Path=/", "HttpOnly", "SameSite=Strict", "Secure"}


def test_over_plain_http_the_cookie_promises_nothing_that_it_cannot_keep() -> None:
    cookie = SessionCookie.of("tanpuhui-console", "http://127.0.0.1:8000")
    assert cookie.name == "tanpuhui-console"
    assert b"Secure" not in cookie.set("x")[1]


def test_an_id_that_was_there_before_the_login_is_worth_nothing_after_it(console: ConsoleOffice) -> None:
    browser = console.browser("centre")
    before = browser.cookies[COOKIE]
    browser.log_in(console.keys["regulator"].secret)
    assert browser.cookies[COOKIE] != before
    stranger = Browser(console.client, cookies={COOKIE: before})
    assert stranger.get("/console", follow=False).status == 303


def test_an_id_that_somebody_made_up_does_not_become_a_session(console: ConsoleOffice) -> None:
    browser = Browser(console.client, cookies={COOKIE: "a" * 43})
    browser.log_in(console.keys["centre"].secret)
    assert browser.cookies[COOKIE] != "a" * 43
    assert Browser(console.client, cookies={COOKIE: "a" * 43}).get("/console", follow=False).status == 303


def test_two_cookies_of_the_name_are_none(console: ConsoleOffice) -> None:
    browser = console.browser("centre")
    twice = f"{COOKIE}={browser.cookies[COOKIE]}; {COOKIE}={'b' * 43}"
    assert browser.get("/console", follow=False, cookie=twice).status == 303


def test_a_session_ends_when_nothing_was_done_for_a_quarter_of_an_hour(console: ConsoleOffice) -> None:
    browser = console.browser("centre")
    console.now[0] += 899
    assert browser.get("/console").status == 200
    console.now[0] += 899
    assert browser.get("/console").status == 200
    console.now[0] += 900
    assert browser.get("/console", follow=False).status == 303


def test_a_page_that_reloads_itself_keeps_nobody_logged_in(console: ConsoleOffice) -> None:
    browser = console.browser("centre")
    statuses = []
    for _ in range(3):
        console.now[0] += 300
        statuses.append(browser.get("/console/operations?refresh=1", follow=False).status)
    assert statuses == [200, 200, 303]


def test_a_session_ends_after_eight_hours_whatever_is_done(console: ConsoleOffice) -> None:
    browser = console.browser("centre")
    statuses = []
    for _ in range(36):
        console.now[0] += 800
        statuses.append(browser.get("/console", follow=False).status)
    assert statuses == [200] * 35 + [303]


def test_a_form_after_the_end_is_not_taken_and_not_lost(console: ConsoleOffice) -> None:
    browser = console.browser("two bodies")
    page = browser.get("/console")
    console.now[0] += 901
    late = browser.fill_in(page, "/console/body", role="platform", remark="a long text <b>typed</b> by hand")
    assert late.status == 401
    assert "Log in again" in late.text
    assert "a long text <b>typed</b> by hand" in late.text
    assert page.form("/console/body")["csrf"] not in late.reply.body.decode()
    [way] = [one for one in late.links if one.startswith("/console/login?next=")]
    back = browser.fill_in(browser.get(way), "/console/login", key=console.keys["two bodies"].secret)
    assert back.status == 200
    assert back.path.startswith("/console/body?kept=")


def test_somebody_is_led_back_to_where_they_wanted(console: ConsoleOffice) -> None:
    browser = console.browser()
    asked = browser.get("/console/operations?state=refused&lang=en")
    assert asked.path.startswith("/console/login?next=")
    page = browser.fill_in(asked, "/console/login", key=console.keys["centre"].secret)
    assert page.path == "/console/operations?state=refused&lang=en"


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/console", "//evil.example/console", "/\\evil.example", "/console/../v1", "/certificates",
        "/console//evil.example", "/console%2f%2fevil.example", "javascript:alert(1)", "/consolex", "", None, "console",
        "/console\r\nset-cookie: a=b", "/console/login?next=/console", "/console/logout", "http:///console",
        "/console/%5c",
        "/console/" + "x" * 2_048, "/console/\u202e", "/console/%0d%0a", "//[",
    ],
)  # fmt: skip
def test_a_login_leads_to_the_console_and_nowhere_else(text: str | None) -> None:
    assert local_path(text) == "/console"


@pytest.mark.parametrize("text", ["/console", "/console?lang=en", "/console/operations?state=refused&lang=en"])
def test_a_login_leads_to_pages_of_the_console(text: str) -> None:
    assert local_path(text) == text


def test_the_way_after_a_login_is_looked_at_in_the_form_too(console: ConsoleOffice) -> None:
    fields = {"key": console.keys["centre"].secret, "next": "https://evil.example/"}
    reply = console.browser().send("/console/login", fields, follow=False).reply
    assert reply.header("location") == "/console"


# ------------------------------------------------------------------------------------------------ forgery


@pytest.mark.parametrize("token", [None, "", "wrong", "x" * 43, "é"])
def test_a_form_without_the_sessions_secret_does_nothing(console: ConsoleOffice, token: str | None) -> None:
    browser = console.browser("two bodies")
    fields = {"role": "platform"} if token is None else {"role": "platform", "csrf": token}
    page = browser.send("/console/body", fields)
    assert page.status == 403
    assert "form-not-ours" in page.text
    assert "No body chosen yet" in browser.get("/console").text


def test_a_form_with_another_sessions_secret_does_nothing(console: ConsoleOffice) -> None:
    browser, other = console.browser("two bodies"), console.browser("two bodies")
    token = other.get("/console").form("/console/body")["csrf"]
    page = browser.send("/console/body", {"role": "platform", "csrf": token})
    assert (page.status, "form-not-ours" in page.text) == (403, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example", "sec_fetch_site": "cross-site"},
        {"origin": "https://evil.example", "sec_fetch_site": "same-origin"},
        {"origin": "https://evil.example"},
        {"origin": "https://ledger.example.evil.example"},
        {"origin": "http://ledger.example"},
        {"origin": "https://ledger.example:8443"},
        {"origin": "null"},
        {"origin": "nonsense"},
        {"origin": PUBLIC_URL, "sec_fetch_site": "same-site"},
        {"origin": PUBLIC_URL, "sec_fetch_site": "cross-site"},
        {"origin": PUBLIC_URL, "sec_fetch_site": "none"},
        {},
    ],
)
def test_a_form_from_elsewhere_does_nothing(console: ConsoleOffice, headers: dict[str, str]) -> None:
    browser = console.browser("two bodies")
    fields = {**browser.get("/console").form("/console/body"), "role": "platform"}
    absent = tuple(name for name in ("origin", "sec_fetch_site") if name not in headers)
    page = browser.send("/console/body", fields, headers=headers, without=absent)
    assert page.status == 403
    assert "request-from-elsewhere" in page.text
    assert PUBLIC_URL in page.text
    assert "No body chosen yet" in browser.get("/console").text


def test_a_login_from_elsewhere_logs_nobody_in(console: ConsoleOffice) -> None:
    browser = console.browser()
    fields = {"key": console.keys["centre"].secret}
    page = browser.send(
        "/console/login", fields, headers={"origin": "https://evil.example", "sec_fetch_site": "cross-site"}
    )
    assert (page.status, browser.cookies) == (403, {})


def test_what_was_sent_from_elsewhere_is_not_kept_for_anyone(console: ConsoleOffice) -> None:
    page = console.browser().send("/console/body", {"role": "platform"}, headers={"origin": "https://evil.example"})
    assert (page.status, "kept=" in page.reply.body.decode()) == (403, False)


@pytest.mark.parametrize(
    "headers",
    [
        {b"origin": b"https://ledger.example"},
        {b"origin": b"https://ledger.example:443"},
        {b"origin": b"null", b"sec-fetch-site": b"same-origin"},
        {b"sec-fetch-site": b"same-origin"},
    ],
)
def test_forms_of_our_own_pages_are_taken(headers: dict[bytes, bytes]) -> None:
    check_origin(headers, PUBLIC_URL)


# -------------------------------------------------------------------------------------------------- forms


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{}", "application/json"),
        (b"csrf=%ff", "application/x-www-form-urlencoded"),
        (b"csrf=\xff", "application/x-www-form-urlencoded"),
        (b"&".join(b"f%d=1" % number for number in range(201)), "application/x-www-form-urlencoded"),
        (b"csrf=a&csrf=b", "application/x-www-form-urlencoded"),
        (b"role=a%00b", "application/x-www-form-urlencoded"),
        (b"a<script>=1", "application/x-www-form-urlencoded"),
        (b"--x\r\nno part", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\n", "multipart/form-data"),
        (b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\ncut o', "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\n1\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_what_is_no_form_of_ours_is_refused(console: ConsoleOffice, body: bytes, content_type: str) -> None:
    browser = console.browser("two bodies")
    cookie = f"{COOKIE}={browser.cookies[COOKIE]}"
    headers = {"origin": PUBLIC_URL, "content_type": content_type, "cookie": cookie, "accept_language": "en"}
    reply = console.client.request("POST", "/console/body", headers, body, check=False)
    assert reply.status == 400
    assert b"form-malformed" in reply.body


def test_a_form_may_come_in_parts(console: ConsoleOffice) -> None:
    browser = console.browser("two bodies")
    fields = {**browser.get("/console").form("/console/body"), "role": "platform"}
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    )
    cookie = f"{COOKIE}={browser.cookies[COOKIE]}"
    headers = {"origin": PUBLIC_URL, "content_type": "multipart/form-data; boundary=x", "cookie": cookie}
    reply = console.client.request("POST", "/console/body", headers, f"{parts}--x--\r\n".encode(), check=False)
    assert reply.status == 303
    assert "Operating platform" in browser.get("/console").text


def test_a_form_is_small(console: ConsoleOffice) -> None:
    browser = console.browser("two bodies")
    page = browser.fill_in(browser.get("/console"), "/console/body", remark="x" * 65_536)
    assert (page.status, "body-too-large" in page.text) == (413, True)


# --------------------------------------------------------------------------------------------------- edge


def test_no_cache_keeps_a_page_and_no_other_site_reads_it(console: ConsoleOffice) -> None:
    for target in ("/console", "/console/login", "/console/none"):
        reply = console.browser("centre").get(target).reply
        assert reply.header("access-control-allow-origin") is None
        assert reply.header("cache-control") == "no-store"
    reply = console.browser("centre").get("/console").reply
    assert "form-action 'self'" in (reply.header("content-security-policy") or "")
    assert "script-src 'self'" in (reply.header("content-security-policy") or "")
    assert reply.header("referrer-policy") == "same-origin"
    preflight = console.client.request("OPTIONS", "/console", {"origin": "https://evil.example"}, check=False)
    assert preflight.header("access-control-allow-origin") is None


def test_logins_are_counted_by_address(console: ConsoleOffice) -> None:
    settings = console.client.application.context.settings.model_copy(update={"rate_limits": True})
    limited = create_app(settings, database=console.database, operations=console.port, chain=console.chain)
    try:
        browser = Browser(Client(limited))
        statuses = [browser.log_in("tph_" + "x" * 43).status for _ in range(11)]
        other = Browser(Client(limited, host="198.51.100.9")).log_in(console.keys["centre"].secret)
    finally:
        limited.close()
    assert statuses == [401] * 10 + [429]
    assert other.status == 200


# -------------------------------------------------------------------------------------------------- store


def test_the_store_keeps_no_id_and_lets_the_oldest_go() -> None:
    store = SessionStore[str](idle_seconds=10, absolute_seconds=100, clock=lambda: 0.0, most=2)
    ids = [store.begin(name) for name in ("first", "second", "third")]
    assert [found and found.payload for found in map(store.find, ids)] == [None, "second", "third"]
    assert all(len(one) == 43 for one in ids)
    assert not any(one in repr(vars(store)) for one in ids)


def test_a_changed_session_keeps_its_secret_and_its_times() -> None:
    now = [0.0]
    store = SessionStore[str](idle_seconds=10, absolute_seconds=15, clock=lambda: now[0])
    session_id = store.begin("nobody")
    before = store.find(session_id)
    now[0] = 9
    store.change(session_id, "somebody")
    found = store.find(session_id)
    assert before is not None
    assert found is not None
    assert (found.payload, found.csrf) == ("somebody", before.csrf)
    now[0] = 15
    assert store.find(session_id) is None
    store.change(session_id, "again")
    assert store.find(session_id) is None
