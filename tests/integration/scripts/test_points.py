"""Points by command: prepared, signed, anchored, redeemed, donated, cancelled, corrected, proved."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from chain.keystores import write_keystore
from chain.signers import LocalSigner
from indexer import schema as tables
from indexer.database import open_database
from indexer.outbox import SqlOutbox
from ledger.entries import EntryProof
from ledger.ids import OperationId
from tests.integration.scripts.conftest import LIGHT, PASSWORD, Cli
from tests.integration.scripts.story import document

FEED_SECRET = bytes([7]) * 32
MAPPING = """
[feed]
name = "made-metro"
kind = "earn"
record_id = ["trip"]
account = "card"
account_space = "metro"

[times]
format = "epoch-s"
started_at = "started"

[inputs.distance_m]
column = "metres"
unit = "m"
"""
FORMULA = {
    "format": 1,
    "formula": "per-distance",
    "parameters": {"grams_per_km": "1000"},
    "rounding": "half-up",
    "ranges": {},
}
STARTED = 1_750_000_000  # 2025-06-15
CARDS = 4
TRIPS = 60
METRES = 50_000


class Points:
    """A scenario of class I that earned 3 t of points for four cards, in batches of 20 trips."""

    def __init__(self, cli: Cli, folder: Path) -> None:
        self.cli = cli
        self.folder = folder
        for name in ("operator", "mall", "office"):
            cli.json("account", "open", f"ref:{name}")
        formula = self.file("formula.json", json.dumps(FORMULA))
        cli.json(
            *("methodology", "publish", "SH-METRO", "--kind", "scenario", "--class", "I"),
            *("--effective-first-day", "2024-01-01", "--effective-last-day", "2099-12-31"),
            *("--document", document(cli.home), "--quantification", formula),
        )
        keys = folder / "feed.json"
        write_keystore(keys, FEED_SECRET, PASSWORD, work=LIGHT)
        cli.env["TANPUHUI_KEYSTORE_FEED"] = str(keys)
        cli.env["TANPUHUI_PASSWORD_FEED"] = PASSWORD
        cli.json(
            *("activity", "register", "SH-METRO-1", "--methodology", "SH-METRO@1", "--operator", "ref:operator"),
            *("--kind", "reduction-scenario", "--crediting-first-day", "2025-01-01"),
            *("--crediting-last-day", "2034-12-31", "--cap", "1000"),
            *("--feed-signer", LocalSigner(FEED_SECRET).address.hex0x),
        )

    def file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def prepare(self, run: str = "june", first: int = 0) -> Any:
        rows = [f"{first + n},{n % CARDS},{STARTED + n},{METRES}" for n in range(TRIPS)]
        feed = self.file(f"{run}.csv", "\n".join(["trip,card,started,metres", *rows]))
        mapping = self.file("metro.toml", MAPPING)
        return self.cli.json(
            *("points", "prepare", feed, "--mapping", mapping, "--activity", "SH-METRO-1", "--run", run),
            *("--batch-size", 20),
        )

    def earn(self, run: str = "june", first: int = 0) -> Any:
        self.prepare(run, first)
        self.cli.json("points", "sign", run)
        return self.cli.json("points", "anchor", run)

    def instructions(self, name: str, *rows: tuple[str, int]) -> Path:
        lines = [f"{name}-{n},metro:{card},{grams},order {n}" for n, (card, grams) in enumerate(rows)]
        return self.file(f"{name}.csv", "\n".join(["instruction_id,account,points,reference", *lines]))

    def admit(self) -> None:
        paper = document(self.cli.home)
        self.cli.json(
            *("provider", "admit", "ref:mall", "--mode", "third-party-mall"),
            *("--application", paper, "--evaluation", paper, "--agreement", paper),
        )


@pytest.fixture
def points(cli: Cli, tmp_path: Path) -> Points:
    return Points(cli, tmp_path)


def test_points_from_feed_to_certificates(points: Points) -> None:
    cli = points.cli
    prepared = points.prepare()
    assert (prepared["batches"], prepared["entries"], prepared["points"]) == (3, 60, "3000000")
    signed = cli.json("points", "sign", "june")
    assert (signed["first_sequence"], signed["last_sequence"]) == (1, 3)
    anchored = cli.json("points", "anchor", "june")
    assert anchored["sent_now"] == 3
    assert [row["batch_number"] for row in anchored["items"]] == [1, 2, 3]
    assert cli.json("points", "anchor", "june")["sent_now"] == 0

    balance = cli.json("points", "balance", "metro:1")
    assert balance["balances"][0] == {"class": "I", "balance_gco2e": "750000", "spendable_gco2e": "750000"}

    points.admit()
    asked = points.instructions("redeem", ("0", 700_000), ("1", 400_000), ("2", 750_001))
    told = cli.json("points", "redeem", asked, "--provider", "ref:mall", "--class", "I")
    assert (told["points"], told["bought_back_gco2e"], told["refused_rows"]) == ("1100000", "1000000", 1)
    redeemed = cli.json("points", "redeem", asked, "--provider", "ref:mall", "--class", "I", "--yes")
    assert redeemed["bought_back_gco2e"] == "1000000"
    assert cli.json("provider", "show", "ref:mall")["pools"][0]["quantity_gco2e"] == "100000"

    cli.json(
        *("campaign", "open", "MARATHON", "--beneficiary", "ref:office", "--last-day", "2099-01-01"),
        *("--document", document(cli.home)),
    )
    gift = points.instructions("donate", ("2", 200_000))
    cli.json("points", "donate", gift, "--campaign", "MARATHON", "--class", "I", "--yes")
    certificate = cli.json("campaign", "cancel", "MARATHON", "--class", "I", "--field", "event=a marathon")
    assert (certificate["certificate_number"], certificate["quantity_gco2e"]) == (1, "200000")

    own = points.instructions("cancel", ("3", 50_000), ("2", 1))
    cancelled = cli.json("points", "cancel", own, "--class", "I", "--yes")
    assert sorted(row["certificate_number"] for row in cancelled["certificates"]) == [2, 3]
    assert {row["quantity_gco2e"] for row in cancelled["certificates"]} == {"50000", "1"}

    snapshot = cli.json("points", "snapshot", "--class", "I")
    assert snapshot["points"] == str(3_000_000 - 1_100_000 - 200_000 - 50_001)

    totals = cli.json("points", "status")["totals"][0]
    assert totals == {
        "class": "I",
        "issued_gco2e": "3000000",
        "personal_gco2e": "1649999",
        "providers_gco2e": "100000",
        "campaigns_gco2e": "0",
        "bought_back_gco2e": "1000000",
        "cancelled_gco2e": "250001",
        "taken_back_gco2e": "0",
    }

    cli("index", "run")
    pins = ("--rpc", cli.env["TANPUHUI_RPC_URL"], "--deployment", cli.env["TANPUHUI_DEPLOYMENT"])
    for number, disclose in ((1, ""), (2, ""), (3, "details,account")):
        file = cli.home / f"certificate-{number}.json"
        cli("certificate", "export", number, "--disclose", disclose, "--output", file)
        proved = cli.json("verify", file, *pins)
        assert proved["verified"] is True, proved
        assert sorted(proved["facts"]["entry"]) == sorted(name for name in disclose.split(",") if name)


def test_proof_by_token_verifies_and_forgetting_ends_it(points: Points, tmp_path: Path) -> None:
    cli = points.cli
    points.earn()
    token, path = tmp_path / "card.token", tmp_path / "proof.json"
    cli.json("account", "token", "metro:1", "--output", token)
    entry = cli.json("points", "balance", "--token", token)["items"][0]["entry_id"]
    told = cli.json("points", "proof", "--token", token, "--entry", entry, "--output", path)
    proof = EntryProof.from_json(json.loads(path.read_text()))
    proof.verify()
    assert (proof.root.hex0x, str(proof.total)) == (told["root"], told["total"])
    assert told["credited_points"] == str(METRES)
    cli.json("account", "forget", "metro:1")
    cli.json("points", "balance", "metro:1")
    assert cli.json("account", "forget", "metro:1", "--yes") == {"persons": 1, "unknown": 0}
    assert cli.json("points", "balance", "--token", token, code=4)["code"] == "not-found"
    proof.verify()


def test_a_correction_takes_from_persons_and_the_rest_is_owed(points: Points) -> None:
    cli = points.cli
    points.earn()
    back = points.instructions("correct", ("0", 30_000))
    told = cli.json(
        *("points", "correct", 1, "--quantity", "50000g", "--reason", "gate 12 counted twice", "--file", back, "--yes")
    )
    assert told["items"][0]["batch_number"] == 4
    assert points.earn("july", first=1000)["withheld_gco2e"] == "20000"
    cli.json("points", "snapshot", "--class", "I")


def test_signing_needs_the_registered_key_and_anchoring_the_signature(points: Points, tmp_path: Path) -> None:
    cli = points.cli
    points.prepare()
    unsigned = cli.json("points", "anchor", "june", code=2)
    assert unsigned["code"] == "header-not-signed"
    other = tmp_path / "other.json"
    write_keystore(other, bytes([8]) * 32, PASSWORD, work=LIGHT)
    wrong = cli.json("points", "sign", "june", "--keystore", other, code=2)
    assert wrong["code"] == "not-the-feed-key"
    assert LocalSigner(FEED_SECRET).address.hex0x in wrong["detail"]


def test_a_changed_batch_file_is_not_anchored(points: Points) -> None:
    cli = points.cli
    prepared = points.prepare()
    cli.json("points", "sign", "june")
    name = prepared["items"][1]["file_hash"][2:]
    path = cli.home / "points" / "store" / name[:2] / f"{name}.parquet"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    assert cli.json("points", "anchor", "june", code=7)["code"] == "corrupt-batch"
    content[100] ^= 1
    path.write_bytes(content)
    anchored = cli.json("points", "anchor", "june")
    assert (anchored["sent_now"], anchored["batches"]) == (2, 3)


def test_a_refused_batch_is_anchored_once_the_reason_is_gone(points: Points) -> None:
    cli = points.cli
    points.prepare()
    cli.json("points", "sign", "june")
    cli.json("activity", "suspend", "SH-METRO-1")
    assert "suspended" in cli.json("points", "anchor", "june", code=1)["detail"]
    cli.json("activity", "resume", "SH-METRO-1")
    assert cli.json("points", "anchor", "june")["sent_now"] == 3


def test_a_snapshot_that_is_off_is_refused_with_the_batch_at_fault(points: Points) -> None:
    cli = points.cli
    points.earn()
    index, saved = cli.home / "points" / "index", cli.home / "saved"
    shutil.copytree(index, saved)
    points.earn("july", first=1000)
    shutil.rmtree(index)
    saved.rename(index)
    refused = cli.json("points", "snapshot", "--class", "I", code=7)
    assert refused["code"] == "balances-differ"
    assert "batch 4 (earn, 1000000 g" in refused["detail"]


def test_runs_signed_one_after_the_other_have_sequences_that_follow(points: Points) -> None:
    cli = points.cli
    points.prepare("june")
    points.prepare("july", first=1000)
    cli.json("points", "sign", "june")
    signed = cli.json("points", "sign", "july")
    assert (signed["first_sequence"], signed["last_sequence"]) == (4, 6)
    assert "sequence" in cli.json("points", "anchor", "july", code=1)["detail"]
    cli.json("points", "anchor", "june")
    assert cli.json("points", "anchor", "july")["sent_now"] == 3


def test_an_abandoned_run_is_not_anchored_and_its_records_are_prepared_again(points: Points) -> None:
    cli = points.cli
    points.prepare("june")
    cli.json("points", "sign", "june")
    told = cli.json("points", "abandon", "june")
    assert (told["withdrawn_batches"], told["withdrawn_entries"], told["anchored_batches"]) == (3, TRIPS, 0)
    assert cli.json("points", "abandon", "june")["withdrawn_batches"] == 3
    for command in ("sign", "anchor"):
        assert cli.json("points", command, "june", code=1)["code"] == "run-abandoned"
    assert cli.json("points", "status")["runs"][0]["abandoned"] is True
    shutil.copy(points.folder / "june.csv", points.folder / "again.csv")
    again = points.prepare("again")
    assert (again["entries"], again["refused_rows"]) == (TRIPS, 0)
    signed = cli.json("points", "sign", "again")
    assert signed["first_sequence"] == 1
    assert cli.json("points", "anchor", "again")["sent_now"] == 3
    assert points.prepare("once-more")["refused_rows"] == TRIPS


def test_what_is_anchored_of_an_abandoned_run_stays(points: Points) -> None:
    cli = points.cli
    points.earn("june")
    told = cli.json("points", "abandon", "june")
    assert (told["withdrawn_batches"], told["anchored_batches"]) == (0, 3)
    assert cli.json("points", "balance", "metro:1")["balances"][0]["balance_gco2e"] == "750000"
    assert points.prepare("july")["refused_rows"] == TRIPS
    assert cli.json("points", "abandon", "nothing", code=4)["code"] == "not-found"


def test_a_batch_that_was_refused_can_be_abandoned_but_not_one_on_its_way(points: Points) -> None:
    cli = points.cli
    points.prepare("june")
    cli.json("points", "sign", "june")
    cli.json("activity", "suspend", "SH-METRO-1")
    cli.json("points", "anchor", "june", code=1)
    database = open_database(f"sqlite:///{cli.home / 'tanpuhui.db'}")
    try:
        outbox = SqlOutbox(database)
        with database.read() as connection:
            [refused] = connection.scalars(select(tables.outbox.c.operation_id).where(tables.outbox.c.kind == 80))
        assert outbox.take_up([OperationId(refused)]) == 1
        assert cli.json("points", "abandon", "june", code=1)["code"] == "batch-on-its-way"
    finally:
        database.close()
    assert cli.json("points", "anchor", "june", code=1)["code"] != "run-abandoned"
    assert cli.json("points", "abandon", "june")["withdrawn_batches"] == 3


def test_anchoring_that_is_killed_goes_on_and_sends_each_batch_once(points: Points) -> None:
    """Killed again and again by the operating system, a little later each time."""
    cli = points.cli
    points.prepare()
    cli.json("points", "sign", "june")
    for milliseconds in (400, 800, 1000, 1200, 1400, 1600):
        process = cli.start("points", "anchor", "june")
        time.sleep(milliseconds / 1000)
        process.kill()
        process.communicate()
    anchored = cli.json("points", "anchor", "june")
    assert [row["batch_number"] for row in anchored["items"]] == [1, 2, 3]
    status = cli.json("points", "status")
    assert (status["batch_count"], status["totals"][0]["issued_gco2e"]) == (3, "3000000")
    assert cli.json("points", "balance", "metro:0")["balances"][0]["balance_gco2e"] == "750000"
