"""Exports of an index of a made life, and proofs in bulk: every row is there, and the ranges are held."""

import asyncio
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from api.app import Application, create_app
from api.chain_events import ChainEvents
from api.errors import ExportInterrupted
from api.exports import choose, parts
from api.repository.snapshots import open_readers
from api.routes.exports import EXPORTS, LEAVES, MOST_LEAVES, MOST_PROOFS
from api.settings import ApiSettings
from indexer import mirror, schema
from indexer.database import Database, open_database
from indexer.follower import Follower
from indexer.schema import Book, PointBook
from ledger import encoding
from ledger.errors import InvalidInput
from ledger.ids import Address
from ledger.log_tree import verify_inclusion
from ledger.vocabulary import OperationKind
from tests.fakes.event_chain import EventChain
from tests.unit.api.client import Client, Reply


@pytest.fixture(scope="module")
def chain() -> EventChain:
    made = EventChain(11, points=0.5)
    for operations in (120, 0, 260, 1, 40):
        made.mine(operations)
    return made


@pytest.fixture(scope="module")
def database(chain: EventChain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path_factory.mktemp('exports') / 'index.db'}")
    opened.migrate()
    Follower(chain, chain.deployment, opened).catch_up()
    yield opened
    opened.close()


def application_of(database: Database, chain: EventChain | None) -> Application:
    settings = ApiSettings(database_url=database.url, rate_limits=False)
    return create_app(settings, events=None if chain is None else ChainEvents(chain, chain.deployment))


@pytest.fixture(scope="module")
def client(database: Database, chain: EventChain) -> Iterator[Client]:
    application = application_of(database, chain)
    yield Client(application)
    application.close()


def lines(reply: Reply) -> list[dict[str, Any]]:
    assert reply.status == 200
    assert reply.header("content-type") == "application/x-ndjson"
    return [json.loads(line) for line in reply.body.splitlines()]


def raw(text: str | None, length: int) -> bytes:
    return bytes(length) if text is None else bytes.fromhex(text[2:])


# What is in them


def test_leaves_hash_to_the_log(client: Client, chain: EventChain) -> None:
    rows = lines(client.get("/v1/exports/leaves"))
    assert len(rows) == len(chain.head.leaf_hashes)
    for index, row in enumerate(rows):
        leaf = encoding.log_leaf(
            chain_id=row["chain_id"],
            ledger=Address(raw(row["ledger"], 20)),
            kind=row["kind_number"],
            operation_id=raw(row["operation_id"], 32),
            subject=raw(row["subject"], 32),
            from_account=Address(raw(row["from_account"], 20)),
            to_account=Address(raw(row["to_account"], 20)),
            grams=int(row["quantity_gco2e"]),
            record_hash=raw(row["record_hash"], 32),
            timestamp=row["timestamp"],
        )
        assert row["leaf_index"] == index
        assert row["kind"] == OperationKind.from_number(row["kind_number"]).label
        assert row["leaf_hash"] == leaf.hex0x == "0x" + chain.head.leaf_hashes[index].hex()


def test_postings_add_up_to_the_balances(client: Client, database: Database) -> None:
    books = {book.name.lower().replace("_", "-") for book in Book}
    points = {book.name.lower().replace("_", "-"): book for book in PointBook}
    found: Counter[tuple[Any, ...]] = Counter()
    rows = lines(client.get("/v1/exports/postings"))
    assert {row["ledger"] for row in rows} == {"reductions", "points"}
    for row in rows:
        if row["ledger"] != "points":
            continue
        grams = int(row["quantity_gco2e"])
        for side, sign in (("debit", -1), ("credit", 1)):
            book = points[row[f"{side}_book"]]
            flip = -1 if book is PointBook.ISSUED else 1
            found[int(book), row[f"{side}_owner"], row["class"]] += sign * flip * grams
    for row in rows:
        if row["ledger"] == "reductions":
            assert {row["debit_book"], row["credit_book"]} <= books
            assert row["class"] is None
    with database.read() as connection:
        kept = connection.execute(select(schema.point_balances)).all()
        count = len(connection.execute(select(schema.postings)).all())
    expected = {(row.book, "0x" + row.owner.hex(), "I" * row.reduction_class): row.quantity_gco2e for row in kept}
    assert {key: value for key, value in found.items() if value} == expected
    assert sum(row["ledger"] == "reductions" for row in rows) == count
    assert [row["leaf_index"] for row in rows] == sorted(row["leaf_index"] for row in rows)


def test_batches_are_those_of_the_mirror(client: Client, database: Database) -> None:
    rows = lines(client.get("/v1/exports/batches"))
    with database.read() as connection:
        kept = connection.execute(select(schema.batches).order_by(schema.batches.c.batch_number)).all()
    assert len(rows) == len(kept) > 5
    for row, expected in zip(rows, kept, strict=True):
        assert (row["batch_number"], row["leaf_index"]) == (expected.batch_number, expected.leaf_index)
        assert row["total"] == str(expected.total)
        assert row["root"] == (None if expected.root is None else "0x" + expected.root.hex())
        assert row["withheld_gco2e"] == str(expected.withheld_gco2e)


def test_events_are_the_chains(client: Client, chain: EventChain) -> None:
    rows = lines(client.get("/v1/exports/events"))
    logs = [log for block in chain.blocks for log in block.logs]
    assert [(row["block_number"], row["log_index"], row["transaction_hash"]) for row in rows] == [
        (int(log["blockNumber"], 16), int(log["logIndex"], 16), log["transactionHash"]) for log in logs
    ]
    appended = [row["arguments"] for row in rows if row["event"] == "LeafAppended"]
    assert [one["leaf_hash"] for one in appended] == ["0x" + leaf.hex() for leaf in chain.head.leaf_hashes]
    assert all(isinstance(one["grams"], str) for one in appended)
    earned = next(row for row in rows if row["event"] == "PointsEarned")
    assert earned["contract"] == "point_ledger"
    assert earned["arguments"]["header"]["kind"] == "earn"
    assert earned["arguments"]["header"]["total"].isdigit()


@pytest.mark.parametrize("name", [export.name for export in EXPORTS])
def test_parquet_has_the_same_rows(client: Client, name: str) -> None:
    rows = lines(client.get(f"/v1/exports/{name}"))
    reply = client.get(f"/v1/exports/{name}?format=parquet")
    assert reply.header("content-type") == "application/vnd.apache.parquet"
    assert reply.header("content-disposition") == f'attachment; filename="{name}-{_range(reply)}.parquet"'
    table = pq.read_table(io.BytesIO(reply.body))
    assert table.column_names == list(rows[0])
    found = [{key: _as_json(key, value) for key, value in row.items()} for row in table.to_pylist()]
    assert found == rows
    assert table.schema.metadata[b"tanpuhui.as_of"].decode() == reply.header("tanpuhui-as-of")


def _range(reply: Reply) -> str:
    name = (reply.header("content-disposition") or "").partition('"')[2]
    return name.partition("-")[2].partition(".")[0]


def _as_json(name: str, value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if name == "arguments":
        return json.loads(value)
    quantity = name.endswith("_gco2e") or name == "total"
    return str(value) if quantity and value is not None else value


def test_every_column_is_of_the_tables_or_named_in_the_api() -> None:
    known = {column.name for table in schema.MIRROR for column in table.columns}
    known |= {"format", "chain_id", "kind_number", "class", "contract", "event", "arguments", "block_hash"}
    for export in EXPORTS:
        assert {column.name for column in export.columns} <= known, export.name


# Ranges


def test_ranges_follow_one_another(client: Client) -> None:
    whole = lines(client.get("/v1/exports/leaves"))
    found: list[dict[str, Any]] = []
    target: str | None = "/v1/exports/leaves?last=99"
    while target:
        reply = client.get(target)
        found += lines(reply)
        link = reply.header("link")
        target = None if link is None else link.partition("<")[2].partition(">")[0]
    assert found == whole


def test_a_range_is_inclusive(client: Client) -> None:
    assert [row["leaf_index"] for row in lines(client.get("/v1/exports/leaves?first=7&last=9"))] == [7, 8, 9]
    assert len(lines(client.get("/v1/exports/batches?first=2&last=2"))) == 1


def test_beyond_the_end_there_is_nothing_yet(client: Client, chain: EventChain) -> None:
    size = len(chain.head.leaf_hashes)
    reply = client.get(f"/v1/exports/leaves?first={size}")
    assert (lines(reply), reply.header("link")) == ([], None)
    empty = client.get(f"/v1/exports/leaves?first={size + 5}&format=parquet")
    assert pq.read_table(io.BytesIO(empty.body)).num_rows == 0
    assert lines(client.get("/v1/exports/batches?first=99999")) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("leaves?first=9&last=7", "last"),
        ("leaves?last=99999", "last"),
        (f"leaves?first=0&last={MOST_LEAVES}", "last"),
        ("leaves?first=-1", "first"),
        ("leaves?first=01", "first"),
        ("leaves?first=1&first=2", "first"),
        ("leaves?format=csv", "format"),
        ("leaves?what=1", "what"),
        ("batches?first=0", "first"),
        ("batches?last=99999", "last"),
        ("postings?last=99999", "last"),
        ("events?first=0", "first"),
        ("events?last=99999", "last"),
        ("events?first=1&last=20001", "last"),
    ],
)
def test_ranges_that_are_refused(client: Client, query: str, field: str) -> None:
    reply = client.get(f"/v1/exports/{query}")
    assert reply.status == 422
    assert reply.json["errors"][0]["field"] == field


def test_a_request_gives_at_most_so_much(client: Client, database: Database) -> None:
    readers = open_readers(database.url, cached_facts=16)
    with readers.snapshot() as snapshot:
        few = LEAVES._replace(most=10)
        chosen = choose(few, snapshot, 5, None, "ndjson")
        assert (chosen.first, chosen.last, chosen.more) == (5, 14, True)
        assert choose(few, snapshot, 5, 14, "ndjson") == chosen
        with pytest.raises(InvalidInput, match="be less than 10 after first"):
            choose(few, snapshot, 5, 15, "ndjson")
    readers.close()


# What may go wrong


def test_without_a_node_there_are_no_events(database: Database) -> None:
    application = application_of(database, None)
    reply = Client(application).get("/v1/exports/events")
    assert (reply.status, reply.json["code"]) == (501, "node-not-configured")
    assert Client(application).get("/v1/exports/leaves").status == 200
    application.close()


def test_a_node_with_other_blocks_is_refused(database: Database) -> None:
    other = EventChain(11, points=0.5)
    for operations in (120, 0, 260, 2, 40):
        other.mine(operations)
    application = application_of(database, other)
    reply = Client(application).get("/v1/exports/events")
    assert (reply.status, reply.json["code"]) == (503, "node-on-other-blocks")
    application.close()


def test_a_node_that_leaves_out_a_block_is_refused(database: Database, chain: EventChain) -> None:
    def leave_out(method: str, _: Any, result: Any) -> Any:
        return [log for log in result if log["blockNumber"] != "0x2"] if method == "eth_getLogs" else result

    chain.tamper.append(leave_out)
    application = application_of(database, chain)
    reply = Client(application).get("/v1/exports/events")
    chain.tamper.clear()
    assert (reply.status, reply.json["code"]) == (503, "node-on-other-blocks")
    application.close()


def test_a_mirror_that_is_rebuilt_meanwhile_breaks_the_file(chain: EventChain, tmp_path: Path) -> None:
    copy = open_database(f"sqlite:///{tmp_path / 'copy.db'}")
    copy.migrate()
    Follower(chain, chain.deployment, copy).catch_up()
    readers = open_readers(copy.url, cached_facts=16)
    with readers.snapshot() as snapshot:
        chosen = choose(LEAVES._replace(part=100), snapshot, None, None, "ndjson")
    pieces = parts(chosen, readers, None)
    assert next(pieces).count(b"\n") == 100
    with copy.write() as connection:
        mirror.begin_generation(connection)
    with pytest.raises(ExportInterrupted):
        next(pieces)
    readers.close()
    copy.close()


def test_what_breaks_in_the_middle_is_no_whole_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message that says that the body is at its end never comes, so that the server breaks the connection."""
    asked = 0

    def unchanged_at_first(*_: Any) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise ExportInterrupted

    monkeypatch.setattr("api.routes.exports.require_unchanged", unchanged_at_first)
    sent: list[Any] = []

    async def ask() -> None:
        async def receive() -> Any:
            await asyncio.sleep(3600)

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/v1/log/proofs/inclusion", "query_string": b"count=300"}
        await client.application({**scope, "headers": [], "root_path": "", "scheme": "http"}, receive, send)

    asyncio.run(ask())
    assert sent[0]["status"] == 200
    assert sent[1]["body"].count(b"\n") == 256
    assert all(message["more_body"] for message in sent[1:])


# Proofs in bulk


def test_proofs_in_bulk_are_those_of_single_requests(client: Client, chain: EventChain) -> None:
    size = len(chain.head.leaf_hashes)
    assert size > 256
    for tree_size in (size, 256, 257, 300, 1):
        found = lines(client.get(f"/v1/log/proofs/inclusion?count={MOST_PROOFS}&tree_size={tree_size}"))
        assert [row["leaf_index"] for row in found] == list(range(tree_size))
        for row in found[:: max(1, tree_size // 7)]:
            target = f"/v1/log/proof/inclusion?leaf_index={row['leaf_index']}&tree_size={tree_size}"
            single = client.get(target).json
            single.pop("as_of")
            assert row == single
        for row in found:
            verify_inclusion(
                leaf_hash=chain.head.leaf_hashes[row["leaf_index"]],
                index=row["leaf_index"],
                size=tree_size,
                proof=[bytes.fromhex(member[2:]) for member in row["path"]],
                root=bytes.fromhex(row["root"][2:]),
            )


def test_a_run_of_proofs_leads_on(client: Client, chain: EventChain) -> None:
    found: list[int] = []
    target: str | None = "/v1/log/proofs/inclusion?first=3&count=100&tree_size=270"
    while target:
        reply = client.get(target)
        found += [row["leaf_index"] for row in lines(reply)]
        link = reply.header("link")
        target = None if link is None else link.partition("<")[2].partition(">")[0]
    assert found == list(range(3, 270))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("first=270&tree_size=270", "first"),
        ("first=99999", "first"),
        ("tree_size=99999", "tree_size"),
        ("tree_size=0", "tree_size"),
        ("count=0", "count"),
        (f"count={MOST_PROOFS + 1}", "count"),
    ],
)
def test_proofs_that_are_refused(client: Client, query: str, field: str) -> None:
    reply = client.get(f"/v1/log/proofs/inclusion?{query}")
    assert reply.status == 422
    assert reply.json["errors"][0]["field"] == field
