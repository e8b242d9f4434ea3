"""docs/spec/10-pages.md §10.14: files in the console, from the form to the run, and who may see and do what."""

import asyncio
import re
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from api.intake_port import FileKind, OperationsOfKind, Purpose, RunView, Stage
from api.web.console.intake import uploading
from api.web.console.intake.allowed import SCOPE_OF_ACTION
from ledger.vocabulary import BatchKind, ReductionClass, Role
from scripts.importing.actions import ACTIONS
from tests.unit.api.browsers import PUBLIC_URL, Browser, Shown
from tests.unit.api.client import Client, Reply
from tests.unit.api.conftest import ConsoleOffice
from tests.unit.api.fake_intake import (
    CHECKED,
    FEED,
    MALFORMED,
    NODE_DOWN,
    PREPARED,
    operations_run,
    run,
)
from tests.unit.api.fake_port import SENDERS

UPLOADS = "/console/uploads"
BOUNDARY = "----our-boundary"
FORM = {"kind": "feed", "feed_mapping": "metro", "activity": "SH-METRO-1"}
CONTENT = b"trip,card\n1,7\n"


def multipart(fields: Iterable[tuple[str, str]], content: bytes | None = CONTENT, name: str = "trips.csv") -> bytes:
    parts = [f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="{key}"\r\n\r\n{text}\r\n' for key, text in fields]
    body = "".join(parts).encode()
    if content is not None:
        head = f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body += head.encode() + content + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def csrf_of(browser: Browser) -> str:
    return browser.get(UPLOADS).form(UPLOADS)["csrf"]


def headers_of(browser: Browser, **changes: str) -> dict[str, str]:
    return {
        "origin": PUBLIC_URL,
        "sec_fetch_site": "same-origin",
        "content_type": f"multipart/form-data; boundary={BOUNDARY}",
        "cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items()),
        "accept_language": browser.language,
        **changes,
    }


def upload(browser: Browser, body: bytes, **changes: str) -> Reply:
    return browser.client.request("POST", UPLOADS, headers_of(browser, **changes), body, check=False)


def whole(browser: Browser, form: dict[str, str] = FORM, **given: Any) -> bytes:
    return multipart([("csrf", csrf_of(browser)), *form.items()], **given)


# Uploads


def test_a_file_becomes_a_run_whose_page_follows(console: ConsoleOffice) -> None:
    browser = console.browser("platform")
    reply = upload(browser, whole(browser))
    assert (reply.status, reply.header("location")) == (303, f"{UPLOADS}/upload-1")
    assert console.intake.asked == [("begin", "trips.csv", len(CONTENT), FEED)]
    assert console.intake.contents == [CONTENT]
    assert "trips.csv" in browser.get(f"{UPLOADS}/upload-1").text


@pytest.mark.parametrize(
    ("form", "purpose"),
    [
        (
            {"kind": "instructions", "batch_kind": "redeem", "reduction_class": "II", "party": "ref:mall"},
            Purpose(
                kind=FileKind.INSTRUCTIONS,
                batch_kind=BatchKind.REDEEM,
                reduction_class=ReductionClass.II,
                party="ref:mall",
            ),
        ),
        (
            {"kind": "instructions", "batch_kind": "cancel", "reduction_class": "I", "party": "ignored"},
            Purpose(kind=FileKind.INSTRUCTIONS, batch_kind=BatchKind.CANCEL, reduction_class=ReductionClass.I),
        ),
        (
            {"kind": "operations", "operations_mapping": "transfers", "activity": "of another kind"},
            Purpose(kind=FileKind.OPERATIONS, mapping="transfers"),
        ),
    ],
)
def test_of_each_kind_only_its_own_fields_count(console: ConsoleOffice, form: dict[str, str], purpose: Purpose) -> None:
    browser = console.browser("platform")
    assert upload(browser, whole(browser, form)).status == 303
    assert console.intake.asked[0][3] == purpose


Break = Callable[[Browser], tuple[bytes, dict[str, str]]]
REFUSALS: dict[str, tuple[int, str, Break]] = {
    "another session's secret": (403, "form-not-ours", lambda b: (multipart([("csrf", "x" * 43), *FORM.items()]), {})),
    "no secret": (403, "form-not-ours", lambda b: (multipart(FORM.items()), {})),
    "the file before the secret": (
        403,
        "form-not-ours",
        lambda b: (multipart([], CONTENT)[:-30] + multipart([("csrf", csrf_of(b))]), {}),
    ),
    "another site's form": (403, "request-from-elsewhere", lambda b: (whole(b), {"origin": "https://evil.example"})),
    "no browser": (
        403,
        "request-from-elsewhere",
        lambda b: (whole(b), {"origin": "null", "sec_fetch_site": "cross-site"}),
    ),
    "no such kind": (422, "unknown-word", lambda b: (whole(b, {"kind": "film"}), {})),
    "no activity": (422, "invalid-input", lambda b: (whole(b, {"kind": "feed", "feed_mapping": "metro"}), {})),
    "no file chosen": (422, "invalid-input", lambda b: (whole(b, content=b"", name=""), {})),
    "no file field": (422, "invalid-input", lambda b: (whole(b, content=None), {})),
    "no multipart form": (400, "upload-cut-off", lambda b: (b"kind=feed", {"content_type": "text/plain"})),
    "no boundary": (400, "upload-cut-off", lambda b: (whole(b), {"content_type": "multipart/form-data"})),
    "cut off": (400, "upload-cut-off", lambda b: (whole(b)[:-20], {})),
    "no multipart": (400, "upload-cut-off", lambda b: (b"\x00" * 100, {})),
    "fields without end": (400, "upload-cut-off", lambda b: (whole(b, {**FORM, "more": "x" * 20_000}), {})),
    "two files": (
        400,
        "upload-cut-off",
        lambda b: (whole(b)[: -len(f"--{BOUNDARY}--\r\n")] + multipart([]), {}),
    ),
    "a mapping of another body": (
        403,
        "another-body-acts",
        lambda b: (whole(b, {"kind": "operations", "operations_mapping": "monitoring"}), {}),
    ),
    "a mapping of two bodies": (
        422,
        "invalid-input",
        lambda b: (whole(b, {"kind": "operations", "operations_mapping": "whole"}), {}),
    ),
    "a path for a mapping": (
        404,
        "not-found",
        lambda b: (whole(b, {"kind": "operations", "operations_mapping": "../../etc/passwd"}), {}),
    ),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_what_is_no_upload_of_ours_is_refused_and_nothing_is_kept(console: ConsoleOffice, why: str) -> None:
    status, code, broken = REFUSALS[why]
    browser = console.browser("platform")
    body, changes = broken(browser)
    reply = upload(browser, body, **changes)
    assert (reply.status, code in reply.body.decode()) == (status, True), reply.body.decode()
    assert reply.header("connection") == "close"
    assert not console.intake.asked
    assert not list(console.intake.folder.glob("incoming-*"))


@pytest.mark.parametrize(("who", "code"), [("exchange", "another-body-acts"), ("regulator", "another-body-acts")])
def test_who_may_not_is_refused_before_the_file_is_opened(console: ConsoleOffice, who: str, code: str) -> None:
    browser = console.browser(who)
    secret = browser.get("/console").form("/console/logout")["csrf"]
    reply = upload(browser, multipart([("csrf", secret), *FORM.items()]))
    assert (reply.status, code in reply.body.decode()) == (403, True)
    assert console.intake.opened == 0


def test_a_role_that_the_chain_took_away_is_missed_before_the_file_is_opened(console: ConsoleOffice) -> None:
    browser = console.browser("platform")
    body = whole(browser)
    console.chain.roles[SENDERS[Role.PLATFORM]] = frozenset()
    reply = upload(browser, body)
    assert (reply.status, "role-not-held" in reply.body.decode()) == (403, True)
    assert console.intake.opened == 0


def test_a_session_that_has_ended_says_so_and_the_file_is_not_read(console: ConsoleOffice) -> None:
    browser = console.browser("platform")
    body = whole(browser)
    console.now[0] += 100_000
    reply, asked = _streamed(console.client, headers_of(browser), [body])
    assert (reply.status, asked) == (401, 0)
    assert "Your session has ended" in reply.body.decode()
    assert console.intake.opened == 0


def test_a_session_that_ends_while_the_file_comes_ends_the_upload(
    console: ConsoleOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = console.browser("platform")
    body = whole(browser, content=b"x" * 3_000_000)

    def parts() -> Iterable[bytes]:
        yield body[:2_000_000]
        console.now[0] += 100_000
        yield body[2_000_000:]

    monkeypatch.setattr(uploading, "_SEEN_SECONDS", -1.0)
    reply, _ = _streamed(console.client, headers_of(browser), parts())
    assert (reply.status, "session-ended" in reply.body.decode()) == (401, True)
    assert not console.intake.asked
    assert not list(console.intake.folder.glob("incoming-*"))


def test_two_hundred_megabytes_are_refused_at_once(console: ConsoleOffice) -> None:
    """By what the request says of itself: not a byte is read."""
    browser = console.browser("platform")
    headers = headers_of(browser, content_length=str(200 << 20))
    reply, asked = _streamed(console.client, headers, [b"x"])
    page = reply.body.decode()
    assert (reply.status, asked) == (413, 0)
    assert "upload-too-large" in page
    assert "67,108,864 bytes" in page
    assert '<form method="post"' in page, "the page with its form, to go on from"
    assert reply.header("connection") == "close"


def test_a_body_that_lies_about_its_length_is_cut_off_and_memory_stays_flat(console: ConsoleOffice) -> None:
    browser = console.browser("platform")
    begin = whole(browser)[: -len(f"--{BOUNDARY}--\r\n") - 2]
    portion = b"7" * (1 << 20)
    tracemalloc.start()
    reply, asked = _streamed(console.client, headers_of(browser), [begin, *[portion] * 200])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (reply.status, "upload-too-large" in reply.body.decode()) == (413, True)
    assert asked < 70, "no more is read than may be kept"
    assert peak < 16 << 20
    assert not list(console.intake.folder.glob("incoming-*"))


def test_an_upload_that_stands_still_is_ended(console: ConsoleOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = console.browser("platform")
    body = whole(browser, content=b"x" * 300_000)
    monkeypatch.setitem(vars(console.client.application.context.settings), "upload_seconds", 0.05)
    reply, _ = _streamed(console.client, headers_of(browser), [body[:200_000], None, body[200_000:]])
    assert (reply.status, "upload-too-slow" in reply.body.decode()) == (408, True)
    assert not list(console.intake.folder.glob("incoming-*"))


def test_only_a_few_files_come_at_a_time(console: ConsoleOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = console.browser("platform")
    body = whole(browser)
    monkeypatch.setattr(uploading, "MOST_AT_A_TIME", 0)
    reply = upload(browser, body)
    assert (reply.status, "too-many-uploads" in reply.body.decode()) == (429, True)


@pytest.mark.parametrize("who", ["exchange", "regulator"])
def test_who_may_upload_nothing_takes_no_place_of_those_who_may(console: ConsoleOffice, who: str) -> None:
    """Refused before a byte of the body is asked for."""
    reply, asked = _streamed(console.client, headers_of(console.browser(who)), [b"x"])
    assert (reply.status, "another-body-acts" in reply.body.decode(), asked) == (403, True, 0)


@pytest.mark.parametrize("where", ["before", "after"])
def test_what_stands_around_the_form_does_not_go_on_for_ever(console: ConsoleOffice, where: str) -> None:
    browser = console.browser("platform")
    form = multipart([("csrf", csrf_of(browser)), *FORM.items()], None)
    more = [b"\r\n" * 8_192] * 100
    reply, asked = _streamed(console.client, headers_of(browser), [*more, form] if where == "before" else [form, *more])
    assert (reply.status, "upload-cut-off" in reply.body.decode()) == (400, True)
    assert asked < 6


def test_a_wrong_secret_is_said_when_it_has_come_and_not_when_a_mebibyte_has(console: ConsoleOffice) -> None:
    browser = console.browser("platform")
    body = multipart([("csrf", "x" * 43), *FORM.items()])[:-24]
    reply, asked = _streamed(console.client, headers_of(browser), [body, *[b"x" * 100] * 100])
    assert (reply.status, asked) == (403, 1)


def test_a_file_name_is_text_and_nothing_else(console: ConsoleOffice) -> None:
    browser = console.browser("platform")
    name = "../../etc/<script>alert(1)</script>\u202egnp.csv"
    upload(browser, whole(browser, name=name))
    assert console.intake.asked[0][1] == name
    page = browser.get(f"{UPLOADS}/upload-1").reply.body.decode()
    assert "<script>alert" not in page
    assert "[U+202E]" in page


def test_other_routes_keep_their_bound(console: ConsoleOffice) -> None:
    headers = {"content_type": "application/json", "content_length": str(1 << 20)}
    reply = asyncio.run(console.client.ask("POST", "/v1/transfers", headers))
    assert reply.status == 413


# Pages


STAGES = [
    run(stage=Stage.WAITING, prepared=None, first_rows=(), has_refused_file=False),
    run(stage=Stage.READING, done=131_072, prepared=None),
    run(stage=Stage.FAILED, problem=MALFORMED, prepared=None),
    run(),
    run(prepared=replace(PREPARED, batches=(replace(PREPARED.batches[0], sequence=4),))),
    run(stage=Stage.SENDING, done=1, total=3),
    run(stage=Stage.SENDING, problem=NODE_DOWN, retrying=True),
    run(stage=Stage.STOPPED, problem=NODE_DOWN),
    run(stage=Stage.DONE, prepared=replace(PREPARED, batches=(replace(PREPARED.batches[0], batch_number=7),))),
    run(stage=Stage.ABANDONED, prepared=replace(PREPARED, batches=(replace(PREPARED.batches[0], withdrawn=True),))),
    run(prepared=replace(PREPARED, kind=BatchKind.BEHAVIOUR)),
    operations_run(),
    operations_run(stage=Stage.SENDING, done=4),
    operations_run(stage=Stage.DONE),
]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("number", range(len(STAGES)))
def test_every_stage_has_its_page(console: ConsoleOffice, number: int, language: str) -> None:
    view = console.intake.put(STAGES[number])
    browser = console.browser("platform")
    page = browser.get(f"{UPLOADS}/{view.run}?lang={language}")
    assert page.status == 200
    assert page.reply.header("cache-control") == "no-store"
    html = page.reply.body.decode()
    assert ("data-unfinished" in html) is (view.stage in {Stage.WAITING, Stage.READING, Stage.SENDING})
    assert "<b>7</b>" not in html
    assert "{" not in page.text
    listed = browser.get(f"{UPLOADS}?lang={language}")
    assert (listed.status, view.file_name in listed.text) == (200, True)


def test_what_is_wrong_with_a_file_names_line_field_and_rule(console: ConsoleOffice) -> None:
    console.intake.put(run(stage=Stage.FAILED, problem=MALFORMED, prepared=None))
    page = console.browser("platform").get(f"{UPLOADS}/upload-1")
    for said in ("Line 1", "card", "be a column of the file", "not among: a, b", "malformed-file"):
        assert said in page.text


def test_while_the_node_is_down_the_page_says_what_is_kept_and_what_will_happen(console: ConsoleOffice) -> None:
    console.intake.put(run(stage=Stage.SENDING, problem=NODE_DOWN, retrying=True))
    browser = console.browser("platform")
    console.chain.down = console.intake.down = True
    page = browser.get(f"{UPLOADS}/upload-1")
    assert page.status == 200
    assert "each exactly once; if the node or the server stops, it goes on where it stopped" in page.text
    assert NODE_DOWN.english in page.text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_refused_rows_are_paged_and_their_file_is_for_whoever_may_see_the_run(
    console: ConsoleOffice, language: str
) -> None:
    console.intake.put(run())
    browser = console.browser("platform")
    page = browser.get(f"{UPLOADS}/upload-1/refused?lang={language}")
    assert page.status == 200
    assert "<i>soon" not in page.reply.body.decode()
    assert any("from=50" in link for link in page.links)
    assert browser.get(f"{UPLOADS}/upload-1/refused?from={2**63 - 1}&lang={language}").status == 422
    last = browser.get(f"{UPLOADS}/upload-1/refused?from=50&lang={language}")
    assert not any("from=100" in link for link in last.links)
    file = browser.get(f"{UPLOADS}/upload-1/refused.csv").reply
    assert (file.status, file.body) == (200, b"refused_line,trip\n7,soon\n")
    assert file.header("content-disposition") == 'attachment; filename="upload-1.refused.csv"'
    assert file.header("cache-control") == "no-store"
    assert console.browser("exchange").get(f"{UPLOADS}/upload-1/refused.csv").status == 403
    assert console.browser().get(f"{UPLOADS}/upload-1/refused.csv", follow=False).status == 303


@pytest.mark.parametrize("path", ["", "/refused"])
def test_a_file_of_raw_cells_comes_with_a_word_about_spreadsheets(console: ConsoleOffice, path: str) -> None:
    """What an operator of a feed wrote into a cell must be importable again, so formulas stay as they are."""
    console.intake.put(run())
    for language, told in (("en", "with every column as text"), ("zh", "各列设为文本")):
        page = console.browser("platform").get(f"{UPLOADS}/upload-1{path}?lang={language}")
        assert told in page.text
        assert "refused.csv" in page.reply.body.decode()


@pytest.mark.parametrize("path", ["", "/refused", "/refused.csv", "/send", "/abandon", "/sign"])
def test_nobody_but_the_platform_sees_its_files(console: ConsoleOffice, path: str) -> None:
    console.intake.put(run())
    for who in ("exchange", "regulator", "centre"):
        browser = console.browser(who)
        assert browser.get(f"{UPLOADS}/upload-1{path}").status == 403
        assert "trips.csv" not in browser.get(UPLOADS).text
    assert console.browser("platform").get(f"{UPLOADS}/nothing{path}").status == 404


# Sending


def sent(console: ConsoleOffice, view: Any, **fields: str) -> Shown:
    console.intake.put(view)
    browser = console.browser("platform")
    page = browser.get(f"{UPLOADS}/{view.run}/send")
    return browser.fill_in(page, f"{UPLOADS}/{view.run}/send", **fields)


SIGNED = run(prepared=replace(PREPARED, batches=(replace(PREPARED.batches[0], sequence=4),)))


def test_anchoring_shows_its_consequence_and_wants_the_tonnes_typed(console: ConsoleOffice) -> None:
    console.intake.put(SIGNED)
    page = console.browser("platform").get(f"{UPLOADS}/upload-1/send")
    for said in ("3 t", "0.1 t", "9 t", "6 t", "2.9 t", "Type the total in tonnes, 3, to confirm"):
        assert said in page.text
    for typed in ("", "2", "3000000", "0,3", ",3", "3,"):
        assert "not-confirmed" in sent(console, SIGNED, confirm=typed).text
    assert not console.intake.asked
    for typed in ("3", " 3 t", "3吨"):
        assert sent(console, SIGNED, confirm=typed).path == f"{UPLOADS}/upload-1"
    assert console.intake.asked == [("send", "upload-1", False)] * 3


def test_an_unsigned_run_cannot_be_sent(console: ConsoleOffice) -> None:
    console.intake.put(run())
    page = console.browser("platform").get(f"{UPLOADS}/upload-1/send")
    assert page.path == f"{UPLOADS}/upload-1"
    assert "The scenario's operator has to sign" in page.text


def test_operations_with_refused_rows_are_applied_when_that_is_said(console: ConsoleOffice) -> None:
    view = operations_run()
    console.intake.put(view)
    page = console.browser("platform").get(f"{UPLOADS}/upload-1/send")
    assert "12.345678 t" in page.text
    assert "2 rows break a rule and will not be applied" in page.text
    told = console.browser("platform").get(f"{UPLOADS}/upload-1").text
    assert "leave the columns that begin with refused_ as they are" in told
    assert "never counted twice" not in told, "that holds of points only"
    sent(console, view, confirm="12", row_wise="yes")
    assert console.intake.asked == [("send", "upload-1", True)]


def test_operations_that_move_grams_want_their_tonnes_typed_and_others_their_number(console: ConsoleOffice) -> None:
    """Two tonnes and two hundred are the same number of rows; what was applied before is not typed again."""
    console.intake.put(operations_run())
    page = console.browser("platform").get(f"{UPLOADS}/upload-1/send")
    assert "Type the total in tonnes, 12, to confirm" in page.text
    for typed in (str(CHECKED.new), "12.345678", "6", ""):
        assert "not-confirmed" in sent(console, operations_run(), confirm=typed, row_wise="yes").text
    assert not console.intake.asked
    openings = (OperationsOfKind(action="open-account", count=6, grams=0),)
    without = operations_run(checked=replace(CHECKED, operations=openings, repeated_grams=0))
    sent(console, without, confirm="5", row_wise="yes")
    assert console.intake.asked == [("send", "upload-1", True)]


def test_what_is_done_twice_is_refused_the_second_time(console: ConsoleOffice) -> None:
    console.intake.put(SIGNED)
    browser = console.browser("platform")
    page = browser.get(f"{UPLOADS}/upload-1/send")
    console.intake.put(replace(SIGNED, stage=Stage.SENDING))
    again = browser.fill_in(page, f"{UPLOADS}/upload-1/send", confirm="3")
    assert (again.status, "wrong-stage" in again.text) == (409, True)


@pytest.mark.parametrize(
    ("view", "offered"),
    [
        (run(stage=Stage.WAITING, prepared=None), True),
        (run(stage=Stage.READING, prepared=None), False),
        (operations_run(stage=Stage.WAITING, checked=None), True),
        (operations_run(stage=Stage.READING, checked=None), True),
        (operations_run(stage=Stage.SENDING), False),
        (operations_run(stage=Stage.DONE), False),
    ],
)
def test_a_file_that_keeps_others_waiting_can_be_given_up(console: ConsoleOffice, view: RunView, offered: bool) -> None:
    console.intake.put(view)
    page = console.browser("platform").get(f"{UPLOADS}/upload-1").reply.body.decode()
    assert (f"{UPLOADS}/upload-1/abandon" in page) is offered


def test_giving_up_wants_a_tick(console: ConsoleOffice) -> None:
    console.intake.put(run())
    browser = console.browser("platform")
    page = browser.get(f"{UPLOADS}/upload-1/abandon")
    assert "not-confirmed" in browser.fill_in(page, f"{UPLOADS}/upload-1/abandon").text
    browser.fill_in(page, f"{UPLOADS}/upload-1/abandon", confirm="yes")
    assert console.intake.asked == [("abandon", "upload-1")]


# Signing


def test_the_header_is_shown_field_by_field_and_a_signature_goes_with_its_batch(console: ConsoleOffice) -> None:
    console.intake.put(run())
    browser = console.browser("platform")
    page = browser.get(f"{UPLOADS}/upload-1/sign")
    html = page.reply.body.decode()
    names = ["kind", "activityId", "methodologyId", "class", "sequence", "firstDay", "lastDay", "root", "total"]
    shown = re.findall(r'<code class="note">(\w+)</code></dt>', html)
    assert shown == [*names, "entryCount", "fileHash"]
    assert 'data-wallet="typed-data"' in html
    for bad in ("", "0x12", "no signature", "0x" + "zz" * 65):
        again = browser.fill_in(page, f"{UPLOADS}/upload-1/sign", by="wallet", number="1", signature=bad)
        assert (again.status, "invalid-input" in again.text) == (422, True)
    browser.fill_in(page, f"{UPLOADS}/upload-1/sign", by="wallet", number="1", signature="0x" + "ab" * 65)
    browser.fill_in(page, f"{UPLOADS}/upload-1/sign", by="server")
    assert console.intake.asked == [("accept", "upload-1", 1, b"\xab" * 65), ("sign", "upload-1")]


def test_a_key_that_is_not_here_is_not_offered(console: ConsoleOffice) -> None:
    console.intake.put(run())
    console.intake.holds_feed_key = False
    page = console.browser("platform").get(f"{UPLOADS}/upload-1/sign")
    assert "Sign with the operator's key on this server" not in page.text


# Batches


@pytest.mark.parametrize("language", ["zh", "en"])
def test_batches_are_listed_with_what_was_found_in_them(console: ConsoleOffice, language: str) -> None:
    page = console.browser("platform").get(f"/console/batches?lang={language}")
    assert page.status == 200
    assert "{" not in page.text


def test_every_action_of_a_mapping_has_its_scope() -> None:
    assert set(SCOPE_OF_ACTION) == set(ACTIONS)


def _streamed(client: Client, headers: dict[str, str], parts: Iterable[bytes | None]) -> tuple[Reply, int]:
    """A body that comes in parts, with a pause where None stands; how many of them were asked for."""
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": UPLOADS,
        "raw_path": UPLOADS.encode(), "query_string": b"", "root_path": "", "headers": given,
        "client": ("203.0.113.7", 40_000), "server": ("testserver", 80), "scheme": "https",
    }  # fmt: skip
    waiting, asked, sent = iter(parts), 0, []

    async def receive() -> Any:
        nonlocal asked
        asked += 1
        part = next(waiting, b"")
        if part is None:
            await asyncio.sleep(0.5)
        return {"type": "http.request", "body": part or b"", "more_body": part != b""}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(client.application(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Reply(sent[0]["status"], list(sent[0]["headers"]), body), asked
