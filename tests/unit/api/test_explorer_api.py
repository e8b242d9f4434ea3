"""What the explorer asks of the API: operations by lot, activity and day, postings, accounts, blocks, search."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.settings import ApiSettings
from indexer.database import open_database
from indexer.schema import Book, PointBook
from ledger import encoding
from tests.unit.api.client import Client
from tests.unit.api.sample import BUYER, CAMPAIGN_CODE, PLATFORM_HOLDER, SampleLedger, make_sample

DEBTOR = b"\x0d" * 32


def posted(sample: SampleLedger, leaf: int, position: int, *sides: tuple[Book, bytes], lot: bytes, grams: int) -> None:
    (debit_book, debit_owner), (credit_book, credit_owner) = sides
    sample.add(
        "postings",
        leaf_index=leaf,
        position=position,
        lot_id=lot,
        debit_book=int(debit_book),
        debit_owner=bytes(debit_owner),
        credit_book=int(credit_book),
        credit_owner=bytes(credit_owner),
        quantity_gco2e=grams,
    )


@pytest.fixture(scope="module")
def ledger() -> SampleLedger:
    """The sample with the postings of its first lot: issued with 2 t withheld, transferred, cancelled."""
    sample = make_sample()
    lot = sample.rows["lots"][0]["lot_id"]
    holder, buyer = bytes(PLATFORM_HOLDER), bytes(BUYER)
    posted(sample, 9, 0, (Book.ISSUED, holder), (Book.HELD, holder), lot=lot, grams=460_000_000)
    posted(sample, 9, 1, (Book.ISSUED, holder), (Book.TAKEN_BACK, holder), lot=lot, grams=2_000_000)
    posted(sample, 9, 2, (Book.DEFICIT, DEBTOR), (Book.FILLED, DEBTOR), lot=lot, grams=2_000_000)
    posted(sample, 14, 0, (Book.HELD, holder), (Book.HELD, buyer), lot=lot, grams=200_000_000)
    posted(sample, 15, 0, (Book.HELD, buyer), (Book.CANCELLED, buyer), lot=lot, grams=1_000_000)
    sample.add(
        "point_postings",
        leaf_index=22,
        position=0,
        reduction_class=1,
        debit_book=int(PointBook.PERSONAL),
        debit_owner=bytes(32),
        credit_book=int(PointBook.PROVIDER_POOL),
        credit_owner=bytes(31) + b"\x03",
        quantity_gco2e=300,
    )
    return sample


@pytest.fixture(scope="module")
def asking(ledger: SampleLedger, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    url = f"sqlite:///{tmp_path_factory.mktemp('explorer') / 'index.db'}"
    database = open_database(url)
    database.migrate()
    ledger.save(database)
    database.close()
    application = create_app(ApiSettings(database_url=url, rate_limits=False))
    yield Client(application)
    application.close()


def leaves(client: Client, query: str) -> list[int]:
    return [item["leaf_index"] for item in client.get(f"/v1/operations?{query}").json["items"]]


def first(client: Client, path: str, name: str) -> Any:
    return client.get(path).json["items"][0][name]


def test_operations_of_a_lot_are_its_whole_life(asking: Client) -> None:
    lot = first(asking, "/v1/lots", "lot_id")
    assert leaves(asking, f"lot_id={lot}") == [8, 9, 14, 15, 16, 17, 18]
    assert leaves(asking, f"lot_id={lot}&kind=reduction-cancelled&order=newest-first") == [17, 16, 15]
    assert leaves(asking, f"lot_id={lot}&account={BUYER.hex0x}") == [14, 15, 16, 17]
    assert leaves(asking, f"lot_id={lot}&first_leaf=9&last_leaf=15") == [9, 14, 15]


def test_operations_of_an_activity_are_its_own_its_lots_and_its_batches(asking: Client) -> None:
    solar = encoding.activity_id(code="SH-PV-0001").hex0x
    assert leaves(asking, f"activity_id={solar}") == [6, 8, 9, 10, 11, 14, 15, 16, 17, 18, 21]
    heat_lot = asking.get("/v1/lots").json["items"][2]["lot_id"]
    assert leaves(asking, f"activity_id={solar}&lot_id={heat_lot}") == []


def test_days_are_of_shanghai(tmp_path: Path) -> None:
    sample = make_sample()
    midnight = 1_763_049_600  # 2025-11-14T00:00:00+08:00
    for row in sample.rows["operations"]:
        row["timestamp"] = midnight - 1 if row["leaf_index"] < 10 else midnight
    database = open_database(f"sqlite:///{tmp_path / 'days.db'}")
    database.migrate()
    sample.save(database)
    database.close()
    application = create_app(ApiSettings(database_url=f"sqlite:///{tmp_path / 'days.db'}", rate_limits=False))
    client = Client(application)
    assert leaves(client, "last_day=2025-11-13") == list(range(10))
    assert leaves(client, "first_day=2025-11-14&last_day=2025-11-14") == list(range(10, 26))
    assert leaves(client, "first_day=2025-11-15") == leaves(client, "last_day=2025-11-12") == []
    application.close()


def test_an_account_sees_what_came_and_what_left(asking: Client) -> None:
    found = asking.get(f"/v1/accounts/{PLATFORM_HOLDER.hex0x}/postings").json["items"]
    assert [(one["leaf_index"], one["position"], one["direction"], one["quantity_gco2e"]) for one in found] == [
        (9, 0, "in", "460000000"),
        (9, 1, "beside", "2000000"),
        (14, 0, "out", "200000000"),
    ]
    assert found[1]["credit_book"] == "taken-back"
    assert found[2]["credit_owner"] == BUYER.hex0x
    newest = asking.get(f"/v1/accounts/{BUYER.hex0x}/postings?order=newest-first&limit=1").json
    assert [one["leaf_index"] for one in newest["items"]] == [15]
    assert [one["leaf_index"] for one in asking.get(newest["next"]).json["items"]] == [14]


@pytest.mark.parametrize("order", ["oldest-first", "newest-first"])
def test_postings_of_one_operation_may_be_on_two_pages(asking: Client, order: str) -> None:
    target: str | None = f"/v1/accounts/{PLATFORM_HOLDER.hex0x}/postings?order={order}&limit=1"
    found = []
    while target:
        page = asking.get(target).json
        found += [(one["leaf_index"], one["position"]) for one in page["items"]]
        target = page["next"]
    assert found == sorted([(9, 0), (9, 1), (14, 0)], reverse=order == "newest-first")


def test_an_operation_shows_what_moved(asking: Client, ledger: SampleLedger) -> None:
    def postings(leaf: int) -> Any:
        row = ledger.rows["operations"][leaf]
        return asking.get(f"/v1/operations/0x{row['operation_id'].hex()}").json["postings"]

    assert [(one["debit_book"], one["credit_book"]) for one in postings(9)] == [
        ("issued", "held"),
        ("issued", "taken-back"),
        ("deficit", "filled"),
    ]
    (of_points,) = postings(22)
    assert (of_points["ledger"], of_points["reduction_class"], of_points["lot_id"]) == ("points", "I", None)
    assert postings(0) == []


def test_a_block_names_its_leaves(asking: Client) -> None:
    block = asking.get("/v1/blocks/13").json
    assert (block["first_leaf_index"], block["operations"]) == (9, 3)
    assert asking.get(f"/v1/blocks/{block['hash']}").json == block
    assert leaves(asking, "first_leaf=9&last_leaf=11") == [9, 10, 11]


def found(client: Client, text: str) -> list[tuple[str, str, str]]:
    items = client.get(f"/v1/search?q={text}").json["items"]
    return [(one["kind"], one["matched"], one["key"]) for one in items]


def test_what_is_pasted_is_found_by_what_it_is(asking: Client, ledger: SampleLedger) -> None:
    row = ledger.rows["operations"][15]
    for name in ("operation_id", "record_hash", "leaf_hash", "transaction_hash"):
        assert found(asking, f"0x{row[name].hex()}") == [("operation", name.replace("_", "-"), "15")], name
    digits = row["leaf_hash"].hex().upper()
    assert found(asking, f"%20{digits[:8]}%20{digits[8:]}%0A") == [("operation", "leaf-hash", "15")]
    block = ledger.rows["blocks"][0]
    assert found(asking, f"0x{block['hash'].hex()}") == [("block", "block-hash", "10")]
    lot = "0x" + ledger.rows["lots"][0]["lot_id"].hex()
    assert found(asking, lot) == [("lot", "lot-id", lot)]
    assert found(asking, BUYER.hex0x) == [("account", "account-address", BUYER.hex0x)]
    assert found(asking, "SH-PV-0001") == [("activity", "activity-code", "SH-PV-0001")]
    assert found(asking, CAMPAIGN_CODE) == [("campaign", "campaign-code", CAMPAIGN_CODE)]
    assert [one[:2] for one in found(asking, "SHCER-PV-001")] == [("methodology", "methodology-code")]
    file_hash = ledger.rows["batches"][2]["file_hash"].hex()
    assert found(asking, file_hash) == [("batch", "file-hash", "3")]


def test_a_number_may_be_many_things(asking: Client, ledger: SampleLedger) -> None:
    lots = [f"0x{row['lot_id'].hex()}" for row in ledger.rows["lots"]]
    assert found(asking, "No.%204") == [
        ("batch", "batch-number", "4"),
        ("operation", "leaf-index", "4"),
        ("certificate", "certificate-number", "4"),
        ("lot", "serial-number", lots[0]),
    ]
    assert found(asking, "15") == [
        ("operation", "leaf-index", "15"),
        ("block", "block-number", "15"),
        ("checkpoint", "checkpoint-size", "15"),
        ("lot", "serial-number", lots[0]),
    ]
    assert found(asking, "462,000,001") == [("lot", "serial-number", lots[1])]
    # Certificate 6 is the campaign's; behind the last gram there is none.
    assert ("certificate", "certificate-number", "6") in found(asking, "6")
    assert found(asking, "569500002") == []


@pytest.mark.parametrize(
    ("text", "looked_for"),
    [
        ("0x" + "99" * 32, "leaf-hash"),
        ("0x" + "99" * 20, "account-address"),
        ("999999999999999999", "certificate-number"),
        ("9" * 19, "activity-code"),
        ("NO-SUCH", "methodology-code"),
        ("%E4%BD%A0%E5%A5%BD", None),
        ("0x12", "activity-code"),
        ("%27%20OR%201=1--", None),
    ],
)
def test_what_is_not_there_is_said_with_what_it_could_have_been(
    asking: Client, text: str, looked_for: str | None
) -> None:
    answer = asking.get(f"/v1/search?q={text}").json
    assert answer["items"] == []
    assert looked_for in answer["looked_for"] if looked_for else answer["looked_for"] == []
