"""Pages of the explorer: they show what the API says, compute every step anew, and show what was changed."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from api.app import create_app
from api.mirror_watch import Drift, HeadSeen, TotalsSeen
from api.settings import ApiSettings
from chain.operations import ContractName
from indexer.database import open_database
from ledger.notes import KeyType, SignerKey
from ledger.vocabulary import OperationKind
from tests.unit.api.client import Client
from tests.unit.api.sample import (
    BUYER,
    LOG_SEED,
    PLATFORM_HOLDER,
    WITNESS_KEY,
    SampleLedger,
    contract,
    hash32,
    make_sample,
)
from tests.unit.api.test_certificate_files import keys_of
from tests.unit.api.test_certificate_pages import page

HOLDER = PLATFORM_HOLDER.hex0x
FOUND = [
    "/explorer",
    "/explorer?q=1",
    "/explorer/operations",
    "/explorer/operations/0",
    "/explorer/operations/9",
    "/explorer/operations/15",
    "/explorer/operations/22",
    "/explorer/accounts",
    f"/explorer/accounts/{HOLDER}",
    f"/explorer/accounts/{HOLDER}/holdings",
    f"/explorer/accounts/{HOLDER}/postings",
    "/explorer/certificates",
    "/explorer/blocks",
    "/explorer/blocks/10",
    "/explorer/checkpoints",
    "/explorer/checkpoints/15",
    "/explorer/status",
    "/explorer/status/incidents",
    "/explorer/exports",
]
MISSING = [
    "/explorer?q=no-such",
    "/explorer/operations/900",
    f"/explorer/operations/0x{'99' * 32}",
    f"/explorer/accounts/0x{'99' * 20}",
    "/explorer/blocks/9",
    "/explorer/blocks/900",
    f"/explorer/blocks/0x{'99' * 32}",
    "/explorer/checkpoints/16",
]


_TO_KIND = text("UPDATE operations SET kind = :kind WHERE leaf_index = 12")


class Watching:
    """A watch that has seen what a test says."""

    def __init__(self, head: HeadSeen | None = None, totals: TotalsSeen | None = None) -> None:
        self._head = head
        self._totals = totals

    def head(self) -> HeadSeen | None:
        return self._head

    def totals(self) -> TotalsSeen | None:
        return self._totals


@contextmanager
def serving(folder: Path, *statements: str, sample: SampleLedger | None = None, **settings: Any) -> Iterator[Client]:
    """An instance over the sample, into which somebody wrote."""
    ledger = sample or make_sample()
    url = f"sqlite:///{folder / 'index.db'}"
    database = open_database(url)
    database.migrate()
    ledger.save(database)
    with database.write() as connection:
        for statement in statements:
            connection.execute(text(statement))
    database.close()
    watch = settings.pop("watch", None)
    made = ApiSettings(database_url=url, public_url="https://ledger.example", rate_limits=False, **settings)
    application = create_app(made, log_keys=keys_of(ledger), watch=watch)
    yield Client(application)
    application.close()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """An instance that was told the log's keys."""
    with serving(tmp_path_factory.mktemp("explorer")) as asking:
        yield asking


class Outline(HTMLParser):
    """Headings, and what no page may have."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.labels: set[str] = set()
        self.inputs: set[str] = set()
        self.inline: list[str] = []
        self.feed(body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag == "label" and given.get("for"):
            self.labels.add(str(given["for"]))
        if tag in {"input", "select"} and given.get("type") not in {"hidden", "checkbox"}:
            self.inputs.add(str(given.get("id")))
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        if tag == "script" and not given.get("src"):
            self.inline.append("script")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("target", FOUND + MISSING)
def test_every_page_is_whole_in_both_languages(told: Client, target: str, language: str) -> None:
    found = page(told, f"{target}{'&' if '?' in target else '?'}lang={language}")
    assert found.reply.status == (404 if target in MISSING else 200)
    assert found.reply.header("tanpuhui-as-of"), target
    assert found.all("html")[0]["lang"] == {"zh": "zh-Hans", "en": "en"}[language]
    outline = Outline(found.reply.body)
    assert outline.levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in zip(outline.levels, outline.levels[1:], strict=False))
    assert outline.inputs <= outline.labels
    assert outline.inline == []
    links = [one["href"] for one in found.all("a") if one["href"].startswith("/explorer") and "hreflang" not in one]
    assert links
    assert all(f"lang={language}" in one for one in links), links


# Operations


def test_an_operation_shows_what_the_api_says(told: Client, sample: SampleLedger) -> None:
    operation_id = f"0x{sample.rows['operations'][15]['operation_id'].hex()}"
    said = told.get(f"/v1/operations/{operation_id}").json
    for target in ("/explorer/operations/15", f"/explorer/operations/{operation_id}"):
        found = page(told, f"{target}?lang=en")
        for name in ("operation_id", "transaction_hash", "record_hash", "leaf_hash"):
            assert said[name] in found.text, name
        for member in said["record"]["fields"]:
            if "value" in member:
                assert member["name"] in found.text
                assert member["salt"] in found.reply.body.decode()
            else:
                assert member["commitment"] in found.reply.body.decode()
        assert "Reduction cancelled · leaf 15" in found.text
        assert "record, leaf and proof agree, and the checkpoint of 26 leaves covers it" in found.text
        assert "5 of 8 fields are disclosed" in found.text
        assert found.text.count("withheld") == 3 + 1  # and once in the sentence above them
        links = {one.get("href") for one in found.all("a")}
        assert {
            "/certificates/1?lang=en",
            f"/explorer/accounts/{BUYER.hex0x}?lang=en",
            "/explorer/blocks/15?lang=en",
            "/explorer/checkpoints/26?lang=en",
            "/activities/SH-PV-0001?lang=en",
            "/verify?lang=en",
            f"/v1/operations/{operation_id}",
        } <= links
        raw = json.loads(unescape(found.reply.body.decode().split("<code>")[-1].split("</code>")[0]))
        assert raw == {name: value for name, value in said.items() if name != "as_of"}


def test_the_bytes_of_a_leaf_hash_to_it_and_lead_to_the_root_that_was_signed(told: Client) -> None:
    for leaf in (0, 3, 15, 25):
        body = told.get(f"/explorer/operations/{leaf}?lang=en").body.decode()
        section = body.split('id="leaf"')[1].split('id="proof"')[0]
        pieces = re.findall(r"<td><code>([0-9a-f]+)</code>", section)
        data = bytes.fromhex("".join(pieces))
        assert len(data) == 192
        leaf_hash = told.get(f"/v1/log/leaves/{leaf}").json["leaf_hash"]
        assert "0x" + sha256(data).hexdigest() == leaf_hash
        assert f"printf &#39;{data.hex()}&#39; | xxd -r -p | sha256sum" in body
        # Climb by what the page says of each step and nothing else.
        computed = sha256(data).digest()
        steps = re.findall(r'<li class="(left|right)">.*?<code>0x([0-9a-f]{64})</code>', body, re.DOTALL)
        for side, digits in steps:
            sibling = bytes.fromhex(digits)
            computed = sha256(b"\x01" + (sibling + computed if side == "left" else computed + sibling)).digest()
        size = 15 if leaf < 15 else 26
        assert "0x" + computed.hex() == told.get(f"/v1/log/checkpoints/{size}").json["root"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "UPDATE records SET public = replace(public, 'event-neutrality', 'voluntary-offset')",
            "Record hash, computed from the fields",
        ),
        (
            "UPDATE records SET public = replace(public, 'format', 'fromat')",
            "is no record: record must be an object of format",
        ),
        ("UPDATE operations SET quantity_gco2e = quantity_gco2e + 1 WHERE leaf_index = 15", "Leaf hash, computed"),
        ("UPDATE operations SET timestamp = timestamp + 1 WHERE leaf_index = 15", "Leaf hash, computed"),
        ("UPDATE operations SET leaf_hash = record_hash WHERE leaf_index = 15", "Leaf hash, computed"),
        (
            "UPDATE log_tiles SET nodes = CAST(substr(nodes, 1, 32) || zeroblob(length(nodes) - 32) AS BLOB)",
            "proof-mismatch",
        ),
        ("DELETE FROM log_tiles", "log-tiles-missing"),
        (
            (
                "INSERT INTO postings (leaf_index, position, lot_id, debit_book, debit_owner, credit_book, "
                "credit_owner, quantity_gco2e) "
                "SELECT 15, 0, lot_id, 2, credited_account, 3, credited_account, 999999 FROM lots LIMIT 1"
            ),
            "These rows do not move the grams that the leaf says",
        ),
        ("UPDATE checkpoints SET root = zeroblob(32) WHERE size = 26", "proof-mismatch"),
    ],
)
def test_a_changed_row_is_seen(tmp_path: Path, statement: str, said: str) -> None:
    with serving(tmp_path, statement) as client:
        found = page(client, "/explorer/operations/15?lang=en")
    assert found.reply.status == 200
    assert "what was computed anew is not what the index holds" in found.text
    assert said in found.text
    if said.endswith(("fields", "computed")):
        assert re.search(said + r" 0x[0-9a-f]{64} +differs", found.text), found.text


def test_an_operation_whose_record_is_elsewhere_or_that_nothing_has_signed_says_so(tmp_path: Path) -> None:
    with serving(tmp_path, "DELETE FROM checkpoints") as client:
        found = page(client, "/explorer/operations/16?lang=en")
    assert "The record is not kept on this server" in found.text
    assert "No checkpoint covers it yet" in found.text
    assert "this index's own log of 26 leaves" in found.text
    assert "https://ledger.example/v1/log/proof/inclusion?leaf_index=16&tree_size=26" in found.text


def test_what_others_wrote_is_text(tmp_path: Path) -> None:
    sample = make_sample(written={"event": "<script>alert(1)</script>\u202egnp.exe"})
    with serving(tmp_path, sample=sample) as client:
        found = page(client, "/explorer/operations/15?lang=en")
    assert "<script>alert(1)</script>[U+202E]gnp.exe" in found.text
    assert "<script>alert" not in found.reply.body.decode()


def test_who_may_do_it_is_said_by_the_role_table(told: Client) -> None:
    assert "Technical centre" in page(told, "/explorer/operations/8?lang=en").text
    assert "Municipal Bureau of Ecology and Environment" in page(told, "/explorer/operations/9?lang=en").text
    assert (
        "Operating platform, or the key of the account's holder" in page(told, "/explorer/operations/14?lang=en").text
    )
    assert "Proposer's key" in page(told, "/explorer/operations/8?lang=en").text


def test_every_kind_of_operation_has_a_page(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        database = open_database(f"sqlite:///{tmp_path / 'index.db'}")
        for kind in OperationKind:
            with database.write() as connection:
                connection.execute(_TO_KIND, {"kind": int(kind)})
            assert client.get("/explorer/operations/12").status == 200, kind
        database.close()


# Search


def test_what_only_one_thing_has_leads_there(told: Client, sample: SampleLedger) -> None:
    row = sample.rows["operations"][15]
    for name in ("operation_id", "record_hash", "leaf_hash", "transaction_hash"):
        reply = told.get(f"/explorer?q={row[name].hex()}&lang=en")
        assert (reply.status, reply.header("location")) == (303, "/explorer/operations/15?lang=en")
    assert told.get("/explorer?q=SH-HEAT%2F0002").header("location") == "/activities/SH-HEAT%2F0002"
    assert told.get("/explorer?q=462000001").header("location") == "/explorer/serials/462000001"
    assert told.get(f"/explorer?q={BUYER.hex0x.upper()}").header("location") == f"/explorer/accounts/{BUYER.hex0x}"


def test_what_many_things_have_is_chosen_from(told: Client) -> None:
    found = page(told, "/explorer?q=15&lang=en")
    choices = [one["href"] for one in found.all("a") if "class" not in one and one["href"].startswith("/explorer/")]
    for path in ("operations/15", "blocks/15", "checkpoints/15", "serials/15"):
        assert f"/explorer/{path}?lang=en" in choices
    assert "Matches: 4 15" in found.text


def test_where_nothing_is_found_it_is_said_what_was_looked_for(told: Client) -> None:
    found = page(told, f"/explorer?q=0x{'99' * 32}&lang=en")
    assert found.reply.status == 404
    for name in ("leaf hash", "record hash", "transaction hash", "block hash", "lot id"):
        assert name in found.text
    assert "reads as no id" not in found.text
    assert "reads as no id" in page(told, "/explorer?q=0xabc&lang=en").text
    assert "&lt;b&gt;" in told.get("/explorer?q=%3Cb%3E").body.decode()
    assert told.get("/explorer?q=" + "x" * 201).status == 422
    assert told.get("/explorer?q=%20&lang=en").status == 200
    assert told.get("/explorer?query=1").status == 422


# Accounts, blocks, checkpoints


def test_an_account_shows_what_it_is_and_holds(told: Client) -> None:
    found = page(told, f"/explorer/accounts/{HOLDER}?lang=en")
    held = told.get(f"/v1/accounts/{HOLDER}/holdings").json["items"]
    by_class = {"I": 0, "II": 0}
    for one in held:
        by_class[one["reduction_class"]] += int(one["quantity_gco2e"])
        assert one["lot_id"] in found.reply.body.decode()
    for name, grams in by_class.items():
        assert f"Held, Class {name}" in found.text
        assert f"{grams:,} g" in found.text
    for word in ("Institution", "Active", "Platform", "does not know who stands behind"):
        assert word in found.text
    assert "identity" not in found.text


def test_the_address_of_a_contract_is_known_for_one(told: Client) -> None:
    found = page(told, f"/explorer/accounts/{contract(ContractName.REDUCTION_LEDGER).hex0x}?lang=en")
    assert found.reply.status == 404
    assert "is a contract of the ledger: reduction_ledger" in found.text


def test_a_block_leads_to_its_neighbours_and_says_where_there_is_none(told: Client) -> None:
    found = page(told, "/explorer/blocks/13?lang=en")
    rows = [one["href"] for one in found.all("a")]
    assert {"/explorer/blocks/12?lang=en", "/explorer/blocks/14?lang=en"} <= set(rows)
    assert [rows.count(f"/explorer/operations/{leaf}?lang=en") > 0 for leaf in (8, 9, 10, 11, 12)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert "holds no event of the ledger" in page(told, "/explorer/blocks/9?lang=en").text
    assert "not indexed yet" in page(told, "/explorer/blocks/900?lang=en").text
    for wrong in ("x", "0x12", "-1", "01", "9" * 20):
        assert told.get(f"/explorer/blocks/{wrong}").status == 422, wrong


@pytest.mark.parametrize("wrong", ["x", "0x12", "-1", "01", "9" * 20, "0x" + "g" * 64])
def test_malformed_ids_are_refused_by_a_page(told: Client, wrong: str) -> None:
    for path in ("operations", "accounts", "checkpoints"):
        reply = told.get(f"/explorer/{path}/{wrong}?lang=en")
        assert reply.status == 422, path
        assert "<h1>" in reply.body.decode()
    assert told.get(f"/explorer/operations?cursor={wrong}").status == 422
    assert told.get("/explorer/operations?cursor=" + "A" * 600).status == 422


def test_a_checkpoint_shows_who_signed_and_that_the_log_only_grew(told: Client) -> None:
    found = page(told, "/explorer/checkpoints/15?lang=en")
    said = told.get("/v1/log/checkpoints/15").json
    assert said["note"].replace("\n", " ").replace("  ", " ").strip() in found.text
    assert "1 witnesses have validly cosigned (at least 1 must)" in found.text
    assert "the log itself" in found.text
    assert "does not verify" not in found.text
    assert "The log of 26 leaves begins with the log of 15" in found.text
    assert "Operations since the checkpoint before: 15" in found.text
    newest = page(told, "/explorer/checkpoints/26?lang=en")
    assert "Operations since the checkpoint before: 11" in newest.text
    assert "This is the newest" in newest.text


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE checkpoints SET root = zeroblob(32) WHERE size = 15", "The index holds another log"),
        ("UPDATE checkpoints SET root = zeroblob(32) WHERE size = 26", "The proof from 15 to 26 does not hold"),
        (
            "UPDATE checkpoints SET note = replace(note, char(10) || '15' || char(10), char(10) || '14' || char(10))",
            "does not verify",
        ),
        ("UPDATE log_tiles SET nodes = zeroblob(length(nodes))", "The index holds another log"),
        ("DELETE FROM log_tiles", "The index holds another log"),
    ],
)
def test_a_changed_checkpoint_is_seen(tmp_path: Path, statement: str, said: str) -> None:
    with serving(tmp_path, statement) as client:
        assert said in page(client, "/explorer/checkpoints/15?lang=en").text


def test_a_log_that_was_written_anew_around_true_notes_is_seen(tmp_path: Path) -> None:
    forged = make_sample(written={"event": "never happened"})
    for row, true in zip(forged.rows["checkpoints"], make_sample().rows["checkpoints"], strict=True):
        row["note"] = true["note"]
    with serving(tmp_path, sample=forged) as client:
        operation = page(client, "/explorer/operations/15?lang=en").text
        checkpoint = page(client, "/explorer/checkpoints/26?lang=en").text
    assert "what was computed anew is not what the index holds" in operation
    assert "What the index says of this checkpoint is not what its note says" in operation
    assert "What the index says of this checkpoint is not what its note says" in checkpoint
    assert "The proof from 15 to 26 does not hold" in checkpoint


@pytest.mark.parametrize("note", ["no note", "{origin}\n26\n{root}\n\n— {origin} AAAAAAAAAA==\n"])
def test_a_note_that_the_log_did_not_sign_proves_no_operation(tmp_path: Path, note: str) -> None:
    sample = make_sample()
    newest = sample.rows["checkpoints"][-1]
    newest["note"] = note.format(origin=sample.origin, root=newest["note"].split("\n")[2])
    with serving(tmp_path, sample=sample) as client:
        for target in ("operations/15", "checkpoints/26"):
            found = page(client, f"/explorer/{target}?lang=en")
            assert found.reply.status == 200
            assert "What the index says of this checkpoint is not what its note says" in found.text


def test_lines_of_keys_that_nobody_told_are_neither_counted_nor_called_wrong(client: Client) -> None:
    found = page(client, "/explorer/checkpoints/15?lang=en")
    assert "not known to this server" in found.text
    assert "0 witnesses have validly cosigned" in found.text
    assert "does not verify" not in found.text
    assert "Nobody told this server the keys of witnesses" in page(client, "/explorer/checkpoints?lang=en").text


def test_a_witness_that_lags_is_seen(tmp_path: Path) -> None:
    sample = make_sample()
    log_key = SignerKey(sample.origin, KeyType.LOG, LOG_SEED)
    newest = sample.rows["checkpoints"][-1]
    newest["note"] = "\n".join(line for line in newest["note"].split("\n") if "witness" not in line)
    assert log_key.name in newest["note"]
    with serving(tmp_path, sample=sample) as client:
        found = page(client, "/explorer/checkpoints?lang=en")
        assert f"{WITNESS_KEY.name} 15 2025-11-13" in found.text
        assert re.search(r"10:13:20 11 ", found.text), found.text
    for row in sample.rows["checkpoints"]:
        row["note"] = "\n".join(line for line in row["note"].split("\n") if "witness" not in line)
    silent = tmp_path / "silent"
    silent.mkdir()
    fresh = make_sample()
    fresh.rows["checkpoints"] = sample.rows["checkpoints"]
    with serving(silent, sample=fresh) as client:
        assert "no cosignature in the newest 2 checkpoints" in page(client, "/explorer/checkpoints?lang=en").text


# The mirror


def test_the_node_is_shown_as_it_was_seen_last(tmp_path: Path) -> None:
    watch = Watching(HeadSeen(asked_at=1, block_number=30, timestamp=2), TotalsSeen(asked_at=1, block_number=23))
    with serving(tmp_path, watch=watch) as client:
        found = page(client, "/explorer/status?lang=en")
        assert "blocks: 7" in found.text
        assert "As of block 23 every total is the same" in found.text
        assert found.reply.header("cache-control") == "no-store"
        watch._head = HeadSeen(asked_at=1, error="node-unreachable")
        watch._totals = TotalsSeen(asked_at=1, error="rpc-failure")
        found = page(client, "/explorer/status?lang=en")
        assert "the node does not answer" in found.text
        assert "node-unreachable" in found.text
        assert "The last comparison could not be done: rpc-failure" in found.text
        watch._totals = TotalsSeen(
            asked_at=1,
            block_number=23,
            differing=(Drift("contract reduction_ledger", "I", "totalsOf.held_grams", "5", "<6>"),),
        )
        found = page(client, "/explorer/status?lang=en")
        assert "As of block 23 these totals differ" in found.text
        assert "totalsOf.held_grams 5 <6>" in found.text
        watch._head = watch._totals = None
        assert "not asked yet" in page(client, "/explorer/status?lang=en").text
        # A head that was seen before the index went on is no lag.
        watch._head = HeadSeen(asked_at=1, block_number=20, timestamp=2)
        assert "up to date" in page(client, "/explorer/status?lang=en").text


def test_without_a_node_it_is_said_that_nobody_was_asked(told: Client) -> None:
    found = page(told, "/explorer/status?lang=en")
    assert found.text.count("This server asks no node") == 2
    assert "was never audited, or nobody told it where the report is" in found.text
    for row in told.get("/v1/deployment").json["contracts"]:
        assert row["name"] in found.text
        assert row["code_hash"] in found.reply.body.decode()


def test_incidents_are_shown_without_what_is_the_operators(tmp_path: Path) -> None:
    sample = make_sample()
    common = {"detected_at": 1_763_000_000, "block_number": 20, "block_hash": bytes(hash32(1))}
    reorg = {"kind": 1, "code": "reorg", "ancestor_number": 18, "ancestor_hash": bytes(32), "halted_to": None}
    halt = {"kind": 2, "code": "broken-log", "ancestor_number": None, "ancestor_hash": None, "halted_to": 25}
    for number, one in ((1, reorg), (2, halt)):
        nothing = {"batch_number": None, "resolved_at": None, "detail": "secret path /srv"}
        sample.add("incidents", incident_id=number, **common, **one, **nothing)
    with serving(tmp_path, sample=sample) as client:
        found = page(client, "/explorer/status?lang=en")
        assert "The chain took blocks back" in found.text
        assert "stopped after block 20: broken-log" in found.text
        assert "secret" not in found.text
        items = client.get("/v1/incidents").json["items"]
        assert [(one["kind"], one["open"]) for one in items] == [("halt", True), ("reorg", False)]
        assert "secret" not in json.dumps(items)
        assert "notice warn stale" in client.get("/explorer/operations/15").body.decode()


def test_a_page_of_an_index_that_is_not_there_says_so(empty_client: Client, missing_client: Client) -> None:
    for client in (empty_client, missing_client):
        for target in ("/explorer", "/explorer/operations/1", "/explorer/status", "/explorer/checkpoints"):
            reply = client.get(target)
            assert reply.status == 503, target
            assert "<h1>" in reply.body.decode()


def test_exports_are_all_there_with_their_ranges(told: Client) -> None:
    found = page(told, "/explorer/exports?lang=en")
    body = found.reply.body.decode()
    for name in ("leaves", "batches", "postings", "events"):
        assert f"tanpuhui export {name} --format parquet" in body
    assert "leaves 0 – 25" in found.text
    assert "batches 1 – 4" in found.text
    assert "https://ledger.example/v1/exports/leaves?format=parquet" in body
    assert "This server asks no node and cannot export events" in found.text
    assert "/v1/exports/events?" not in body


def test_tables_of_the_explorer_can_be_taken_away(told: Client) -> None:
    for target in ("operations", "accounts", "blocks", "checkpoints", "certificates", f"accounts/{HOLDER}/postings"):
        reply = told.get(f"/explorer/{target}?format=csv")
        assert (reply.status, reply.header("content-type")) == (200, "text/csv; charset=utf-8"), target
    rows = told.get("/explorer/operations?format=csv").body.decode().splitlines()
    assert len(rows) == 1 + 26
