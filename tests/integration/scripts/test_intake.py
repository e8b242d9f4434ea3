"""Files of the console on the real machinery: read, signed, anchored, applied, given up, gone on with after a crash."""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from eth_account.messages import encode_typed_data

from api.app import create_app
from api.intake_port import BUSY, FileKind, Purpose, RunView, Stage, Upload
from api.settings import ApiSettings
from api.web.console.intake.errors import WrongStage
from chain.functions import keccak256
from chain.signers import LocalSigner
from chain.typed_data import TypedData
from indexer.api_keys import ApiKeyStore
from ledger.errors import InvalidInput
from ledger.ids import Hash32
from ledger.vocabulary import BatchKind, ReductionClass, Role
from scripts.acting import chain_operations, node_chain
from scripts.importing.runner import BATCH
from scripts.intake.folders import UploadFolder
from scripts.intake.imports import ImportRuns
from scripts.intake.service import Intake
from scripts.operating import OperatingContext
from scripts.output import Output
from scripts.points.errors import HeaderNotSigned, NotTheFeedKey
from scripts.settings import load_settings
from tests.integration.scripts.conftest import Cli
from tests.integration.scripts.story import PERIOD, publish, register
from tests.integration.scripts.test_points import FEED_SECRET, MAPPING, METRES, STARTED, TRIPS, Points
from tests.unit.api.browsers import PUBLIC_URL, Browser, Shown
from tests.unit.api.client import Client, Reply

BOMB = gzip.compress(b"trip,card,started,metres\n" + (b"1,1,1," + b"1" * 8_000 + b"\n") * 2_500)
FEED = Purpose(kind=FileKind.FEED, mapping="metro", activity="SH-METRO-1")
ACCOUNTS = """
[mapping]
name = "accounts"
row_id = "{name}"

[[operation]]
do = "open-account"
account = "ref:{name}"
kind = "institution"
"""


@pytest.fixture
def points(cli: Cli, tmp_path: Path) -> Points:
    return Points(cli, tmp_path)


@pytest.fixture
def context(points: Points, cli: Cli) -> Iterator[OperatingContext]:
    (cli.home / "mappings").mkdir()
    (cli.home / "mappings" / "metro.toml").write_text(MAPPING)
    (cli.home / "mappings" / "accounts.toml").write_text(ACCOUNTS)
    (cli.home / "mappings" / "broken.toml").write_text("[feed]\n")
    with OperatingContext(load_settings(environment=cli.env), Output(as_json=True)) as context:
        yield context


@pytest.fixture
def intake(context: OperatingContext) -> Iterator[Intake]:
    with Intake(context) as intake:
        yield intake


def trips(count: int = TRIPS, first: int = 0) -> bytes:
    rows = [f"{first + n},{n % 4},{STARTED + n},{METRES}" for n in range(count)]
    return "\n".join(["trip,card,started,metres", *rows, ""]).encode()


def uploaded(intake: Intake, content: bytes, purpose: Purpose = FEED, name: str = "../trips.csv") -> str:
    path = intake.incoming()
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(content)
    given = Upload(
        path=path, file_name=name, bytes=len(content), sha256=Hash32(hashlib.sha256(content).digest()), by="a test"
    )
    run = intake.begin(given, purpose)
    assert not path.exists()
    return run


def settled(intake: Intake, run: str) -> RunView:
    deadline = time.monotonic() + 60
    while (view := intake.run(run)).stage in BUSY:
        assert time.monotonic() < deadline, view
        time.sleep(0.05)
    return view


def test_a_file_of_trips_becomes_anchored_points(intake: Intake, cli: Cli) -> None:
    content = trips() + b"60,1,soon,5\n"
    run = uploaded(intake, content)
    ready = settled(intake, run)
    assert (ready.stage, ready.problem) == (Stage.READY, None)
    assert ready.columns == ("trip", "card", "started", "metres")
    assert ready.first_rows[0] == ("0", "0", str(STARTED), str(METRES))
    assert ready.prepared is not None
    assert (ready.prepared.entries, ready.prepared.total, ready.prepared.rows) == (TRIPS, 3_000_000, TRIPS + 1)
    assert ready.refused == {"time-unreadable": 1}
    [row] = intake.refused_rows(run, 0, 10).rows
    assert (row.line, row.rule, row.cells) == (TRIPS + 2, "time-unreadable", ("1", "5", "soon", "60"))
    assert b"soon" in intake.refused_file(run).read_bytes()
    assert not list((cli.home / "intake").rglob(hashlib.sha256(content).hexdigest()[:16])), "the file is gone"

    found = intake.consequence(run)
    assert found is not None
    assert (found.cap_left, found.cap_left_after, found.withheld) == (1_000_000_000, 997_000_000, 0)
    with pytest.raises(HeaderNotSigned):
        intake.send(run)
    assert intake.holds_feed_key
    intake.sign(run)
    intake.send(run)
    done = settled(intake, run)
    assert (done.stage, done.problem) == (Stage.DONE, None)
    assert done.prepared is not None
    assert [batch.batch_number for batch in done.prepared.batches] == [1]
    assert cli.json("points", "balance", "metro:1")["balances"][0]["balance_gco2e"] == "750000"
    with pytest.raises(WrongStage):
        intake.abandon(run)


def test_a_wallet_signs_the_very_header_and_nobody_else(intake: Intake) -> None:
    run = uploaded(intake, trips())
    settled(intake, run)
    [header] = intake.headers_for_wallet(run)
    assert (header.sequence, header.document["primaryType"], header.signed) == (1, "FeedHeader", False)
    wallet = LocalSigner(FEED_SECRET)
    assert header.feed_signer == wallet.address
    data = _typed(header.document)
    with pytest.raises(NotTheFeedKey):
        intake.accept_signature(run, header.number, LocalSigner(bytes([9]) * 32).sign_typed_data(data))
    with pytest.raises(InvalidInput, match="signature"):
        intake.accept_signature(run, header.number, b"\x01" * 64)
    intake.accept_signature(run, header.number, wallet.sign_typed_data(data))
    assert [one.signed for one in intake.headers_for_wallet(run)] == [True]
    intake.send(run)
    assert settled(intake, run).stage is Stage.DONE


def test_the_same_file_is_the_same_run_and_another_files_rows_count_once(intake: Intake) -> None:
    run = uploaded(intake, trips())
    assert uploaded(intake, trips()) == run
    settled(intake, run)
    again = settled(intake, uploaded(intake, trips(TRIPS + 1)))
    assert again.prepared is not None
    assert (again.prepared.entries, again.refused) == (1, {"duplicate-entry": TRIPS})
    intake.abandon(run)
    assert intake.run(run).stage is Stage.ABANDONED
    with pytest.raises(WrongStage):
        intake.sign(run)
    anew = uploaded(intake, trips())
    assert anew != run
    view = settled(intake, anew)
    assert view.prepared is not None
    assert view.prepared.entries == TRIPS


@pytest.mark.parametrize(
    ("content", "field", "line"),
    [
        (b"", "header", 0),
        (b"a,b\n1,2\n", "card", 1),
        (b"\x00\x01\x02PNG", "header", 1),
        (b"trip,card,started,metres\n\xff\xfe\n", "encoding", 2),
        (b"trip,card,started,metres\n" + b"9" * 200_000, "row", 2),
        (BOMB, "gzip stream", 2_097),
    ],
)
def test_a_file_that_is_none_says_where(intake: Intake, content: bytes, field: str, line: int) -> None:
    view = settled(intake, uploaded(intake, content))
    assert view.stage is Stage.FAILED
    assert view.problem is not None
    assert view.problem.code == "malformed-file"
    assert (view.problem.field, view.problem.line) == (field, line)
    assert "/" not in view.problem.english


def test_operations_are_checked_and_then_applied(intake: Intake, cli: Cli) -> None:
    purpose = Purpose(kind=FileKind.OPERATIONS, mapping="accounts")
    run = uploaded(intake, b"name\nnorth\nsouth\noperator\n", purpose)
    ready = settled(intake, run)
    assert (ready.stage, ready.problem) == (Stage.READY, None)
    assert ready.checked is not None
    assert (ready.checked.rows, ready.checked.refused_rows) == (3, 1)
    assert [(one.action, one.count) for one in ready.checked.operations] == [("open-account", 2)]
    assert list(ready.refused) == ["account-registry-already-opened"]
    [row] = intake.refused_rows(run, 0, 10).rows
    assert (row.line, row.cells) == (4, ("operator",))
    with pytest.raises(WrongStage):
        intake.send(run)
    intake.send(run, row_wise=True)
    done = settled(intake, run)
    assert done.stage is Stage.DONE
    assert done.checked is not None
    assert done.checked.applied == 2
    assert cli.json("account", "show", "ref:north")["status"] == "active"


def test_a_ledger_that_has_changed_since_the_check_sends_nothing(intake: Intake, cli: Cli) -> None:
    run = uploaded(intake, b"name\nnorth\nsouth\n", Purpose(kind=FileKind.OPERATIONS, mapping="accounts"))
    ready = settled(intake, run)
    assert (ready.stage, ready.refused) == (Stage.READY, {})
    cli.json("account", "open", "ref:south")
    intake.send(run)
    again = settled(intake, run)
    assert again.stage is Stage.READY
    assert again.problem is not None
    assert again.problem.code == "rows-invalid"
    assert again.refused == {"account-registry-already-opened": 1}
    assert cli.json("account", "show", "ref:north", code=4)["code"] == "not-found"
    intake.send(run, row_wise=True)
    assert settled(intake, run).stage is Stage.DONE
    assert cli.json("account", "show", "ref:north")["status"] == "active"


def test_a_file_of_operations_is_given_up_while_it_waits_and_while_it_is_read(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise one that takes hours keeps everybody else's from being read."""
    purpose, check = Purpose(kind=FileKind.OPERATIONS, mapping="accounts"), ImportRuns.check
    began, ended = threading.Event(), threading.Event()

    def endless(runs: ImportRuns, folder: UploadFolder, told: Callable[[int], None]) -> None:
        if b"long" not in folder.upload.path.read_bytes():
            check(runs, folder, told)
            return
        began.set()
        try:
            for row in range(6_000):
                told(row)
                time.sleep(0.01)
        finally:
            ended.set()

    with monkeypatch.context() as patch:
        patch.setattr(ImportRuns, "check", endless)
        long = uploaded(intake, b"name\nlong\n", purpose)
        assert began.wait(60)
        waiting, small = uploaded(intake, b"name\nwaits\n", purpose), uploaded(intake, b"name\nsmall\n", purpose)
        points = uploaded(intake, trips())
        assert [intake.run(run).stage for run in (long, waiting, points)] == [Stage.READING, *[Stage.WAITING] * 2]
        for run in (waiting, points, long):
            intake.abandon(run)
        assert settled(intake, small).stage is Stage.READY
        assert ended.is_set()
    for run in (waiting, points, long):
        view = intake.run(run)
        assert (view.stage, view.problem, view.checked) == (Stage.ABANDONED, None, None)
        with pytest.raises(WrongStage):
            intake.send(run)
    assert settled(intake, uploaded(intake, b"name\nlong\n", purpose)).stage is Stage.READY


def test_the_first_pass_over_a_file_of_operations_tells_how_far_it_is(
    intake: Intake, context: OperatingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may take long too, and who is told may want it to end."""

    class EnoughError(Exception):
        pass

    def told(_: int) -> None:
        raise EnoughError

    purpose = Purpose(kind=FileKind.OPERATIONS, mapping="accounts")
    run = uploaded(intake, "\n".join(["name", *map(str, range(BATCH))]).encode(), purpose)
    settled(intake, run)
    monkeypatch.setattr(context, "resume", lambda _: pytest.fail("the file was read to its end"))
    with pytest.raises(EnoughError):
        intake._imports.check(intake._folder(run), told)


CLOSINGS = """
[mapping]
name = "closings"
row_id = "{name}"

[[operation]]
do = "close-account"
account = "ref:{name}"
"""


def test_what_was_shown_as_refused_is_not_applied_later(intake: Intake, cli: Cli) -> None:
    """The ledger changes between the check and the confirmation, so that a refused row would pass."""
    (cli.home / "mappings" / "closings.toml").write_text(CLOSINGS)
    settled_run = uploaded(intake, b"name\nnorth\n", Purpose(kind=FileKind.OPERATIONS, mapping="accounts"))
    settled(intake, settled_run)
    intake.send(settled_run)
    settled(intake, settled_run)
    run = uploaded(intake, b"name\nlate\nnorth\n", Purpose(kind=FileKind.OPERATIONS, mapping="closings"))
    ready = settled(intake, run)
    assert ready.checked is not None
    assert (ready.checked.new, ready.checked.refused_rows) == (1, 1)
    late = uploaded(intake, b"name\nlate\n", Purpose(kind=FileKind.OPERATIONS, mapping="accounts"))
    settled(intake, late)
    intake.send(late)
    assert settled(intake, late).stage is Stage.DONE
    intake.send(run, row_wise=True)
    done = settled(intake, run)
    assert (done.stage, done.problem) == (Stage.DONE, None)
    assert cli.json("account", "show", "ref:north")["status"] == "closed"
    assert cli.json("account", "show", "ref:late")["status"] == "active"
    [row] = intake.refused_rows(run, 0, 10).rows
    assert (row.line, "passed the check" in row.message) == (2, True)


def test_a_mapping_that_changed_after_the_check_applies_nothing(intake: Intake, cli: Cli) -> None:
    run = uploaded(intake, b"name\nnorth\n", Purpose(kind=FileKind.OPERATIONS, mapping="accounts"))
    settled(intake, run)
    (cli.home / "mappings" / "accounts.toml").write_text(ACCOUNTS.replace("ref:{name}", "ref:other-{name}"))
    intake.send(run)
    stopped = settled(intake, run)
    assert stopped.stage is Stage.STOPPED
    assert stopped.problem is not None
    assert (stopped.problem.code, stopped.problem.rule[:14]) == ("invalid-mapping", "stay as it was")
    assert stopped.checked is not None
    assert stopped.checked.applied is None


CONFIRMING = """
[mapping]
name = "confirming"
row_id = "{proposal}"

[[operation]]
do = "confirm"
proposal = "{proposal}"
"""


def test_confirming_by_a_file_shows_the_tonnes_that_it_issues(intake: Intake, cli: Cli) -> None:
    """No row of it names a quantity: they are those of the proposals."""
    (cli.home / "mappings" / "confirming.toml").write_text(CONFIRMING)
    cli.json("account", "open", "ref:owner")
    publish(cli)
    register(cli)
    proposed = cli.json("issue", "propose", "SH-PV-1", *PERIOD, "--quantity", "462")["operation_id"]
    run = uploaded(intake, f"proposal\n{proposed}\n".encode(), Purpose(kind=FileKind.OPERATIONS, mapping="confirming"))
    checked = settled(intake, run).checked
    assert checked is not None
    assert [(one.action, one.count, one.grams) for one in checked.operations] == [("confirm", 1, 462_000_000)]
    assert checked.new_grams == 462_000_000
    intake.send(run)
    assert settled(intake, run).stage is Stage.DONE
    again_file = f"proposal,note\n{proposed},again\n".encode()
    later = uploaded(intake, again_file, Purpose(kind=FileKind.OPERATIONS, mapping="confirming"))
    again = settled(intake, later).checked
    assert again is not None
    assert (again.repeated, again.new_grams) == (1, 0), "what was confirmed before is no part of what is confirmed now"


def test_what_a_crash_left_goes_on(context: OperatingContext) -> None:
    """The process dies with one file waiting and another on its way to the chain."""
    with Intake(context) as before:
        run = uploaded(before, trips())
        settled(before, run)
        before.sign(run)
        folder = before._folder(run)
    folder.move(Stage.SENDING)
    (folder.path.parent.parent / "incoming").mkdir(exist_ok=True)
    (folder.path.parent.parent / "incoming" / "half").write_bytes(b"half a file")
    with Intake(context) as after:
        assert settled(after, run).stage is Stage.DONE
    assert not list((folder.path.parent.parent / "incoming").glob("*"))


def test_mappings_are_offered_by_name_and_no_path_is_one(intake: Intake) -> None:
    offered = {one.name: (one.kind, one.refused is None) for one in intake.mappings()}
    assert offered == {
        "metro": (FileKind.FEED, True),
        "accounts": (FileKind.OPERATIONS, True),
        "broken": (FileKind.OPERATIONS, False),
    }
    for mapping in ("../metro", "/etc/passwd", "metro.toml", ""):
        with pytest.raises(Exception, match="mapping"):
            uploaded(intake, trips(), Purpose(kind=FileKind.FEED, mapping=mapping, activity="SH-METRO-1"))
    with pytest.raises(InvalidInput, match="mapping"):
        uploaded(intake, trips(), Purpose(kind=FileKind.OPERATIONS, mapping="metro"))
    assert not intake.runs()


def test_instructions_spend_what_persons_have(intake: Intake, points: Points) -> None:
    points.earn()
    purpose = Purpose(kind=FileKind.INSTRUCTIONS, batch_kind=BatchKind.CANCEL, reduction_class=ReductionClass.I)
    rows = points.instructions("cancel", ("0", 50_000), ("1", 750_001)).read_bytes()
    run = uploaded(intake, rows, purpose)
    ready = settled(intake, run)
    assert ready.refused == {"more-than-held": 1}
    intake.send(run)
    done = settled(intake, run)
    assert (done.stage, done.problem) == (Stage.DONE, None)


@pytest.fixture
def browser(context: OperatingContext) -> Iterator[Browser]:
    """Somebody of the platform who is logged in to the console of an instance over all of this."""
    operations = chain_operations(context, [Role.PLATFORM])
    secret = ApiKeyStore(context.database).create("somebody", ["points:write"]).secret
    settings = ApiSettings(database_url=context.settings.database_url, public_url=PUBLIC_URL)
    with Intake(context) as intake:
        application = create_app(
            settings, database=context.database, operations=operations, chain=node_chain(context), intake=intake
        )
        browser = Browser(Client(application))
        browser.log_in(secret)
        yield browser
        application.close()
    operations.close()


def test_from_the_form_to_the_explorer(browser: Browser) -> None:
    """Everything by the pages: uploaded, prepared, signed, anchored once, found by anyone."""
    form = browser.get("/console/uploads").form("/console/uploads")
    fields = {"csrf": form["csrf"], "kind": "feed", "feed_mapping": "metro", "activity": "SH-METRO-1"}
    reply = sent_file(browser, fields, trips() + b"60,1,soon,5\n")
    assert reply.status == 303, reply.body.decode()
    run = reply.header("location") or ""
    page = until(browser, run, "Ready")
    assert "3 t" in page.text
    assert "The time cannot be read" in page.text
    browser.fill_in(browser.get(f"{run}/sign"), f"{run}/sign", by="server")
    sending = browser.get(f"{run}/send")
    assert "1,000 t" in sending.text, "what is left of the cap"
    for _ in range(2):
        browser.send(f"{run}/send", {**sending.form(f"{run}/send"), "confirm": "3"})
    assert "Anchored as batch 1" in until(browser, run, "Done").text
    batches = browser.client.get("/v1/batches").json["items"]
    assert [(batch["batch_number"], batch["total"], batch["entry_count"]) for batch in batches] == [(1, "3000000", 60)]
    assert batches[0]["root"][2:10] in browser.get("/explorer/batches/1").reply.body.decode()
    assert "SH-METRO-1" in browser.get("/console/batches").text


def sent_file(browser: Browser, fields: Mapping[str, str], content: bytes) -> Reply:
    """A form with a file, as a browser sends it."""
    parts = [f'--b\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items()]
    head = '--b\r\ncontent-disposition: form-data; name="file"; filename="trips.csv"\r\n\r\n'
    headers = {
        "origin": PUBLIC_URL,
        "content_type": "multipart/form-data; boundary=b",
        "cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items()),
    }
    body = "".join(parts).encode() + head.encode() + content + b"\r\n--b--\r\n"
    return browser.client.request("POST", "/console/uploads", headers, body, check=False)


def until(browser: Browser, run: str, stage: str) -> Shown:
    """The page of a run once it says so."""
    deadline = time.monotonic() + 60
    while f" {stage} " not in (page := browser.get(run)).text:
        assert time.monotonic() < deadline, page.text
        time.sleep(0.1)
    return page


def _typed(document: Mapping[str, Any]) -> TypedData:
    """Typed data as a wallet reads it from the page, hashed by somebody else's program."""
    message = encode_typed_data(full_message=dict(document))
    digest = keccak256(b"\x19" + message.version + message.header + message.body)
    return TypedData(document, Hash32(digest))
