"""From the console's forms through contracts and index to a certificate: every body in its own browser."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.app import create_app
from api.chain_node import NodeChain
from api.chain_operations import ChainOperations
from api.settings import ApiSettings
from api.web.console.acts.tables import ACTS
from chain.submitter import Submitter
from indexer.api_keys import ApiKeyStore
from indexer.database import open_database
from indexer.follower import Follower
from indexer.outbox import SqlOutbox
from indexer.records import RecordStore
from ledger import encoding
from ledger.ids import IdentityCommitment
from ledger.records import RandomSalts
from ledger.vocabulary import Role
from tests.integration.chain.bodies import QUICK
from tests.integration.deployed import Deployed
from tests.unit.api.browsers import PUBLIC_URL, Browser, Shown
from tests.unit.api.client import Client
from tests.unit.api.conftest import KEYS

BODIES = {"platform": Role.PLATFORM, "regulator": Role.REGULATOR, "centre": Role.TECHNICAL_CENTRE}
COMMITMENT = IdentityCommitment(b"\x01" * 32)
HOLDER = encoding.custody_address(COMMITMENT)


@dataclass
class Console:
    """All bodies' people before one instance, as only a test has them."""

    client: Client
    follower: Follower
    operations: ChainOperations
    browsers: dict[str, Browser]

    def preview(self, act: str, **typed: str) -> Shown:
        who = next(name for name, role in BODIES.items() if role is ACTS[act].role)
        path = ACTS[act].path
        purpose = f"?purpose={typed['purpose']}" if ACTS[act].asks_purpose_first else ""
        return self.browsers[who].fill_in(self.browsers[who].get(path + purpose), path, **typed)

    def do(self, act: str, again: str = "", **typed: str) -> str:
        """An act from its form to its leaf; gives the operation's id."""
        page = self.preview(act, **typed)
        assert page.status == 200, page.text
        return self.confirm(act, page, again)

    def confirm(self, act: str, page: Shown, again: str = "") -> str:
        who = next(name for name, role in BODIES.items() if role is ACTS[act].role)
        fields = {**page.form(ACTS[act].path), "step": "sign", "again": again}
        told = self.browsers[who].send(ACTS[act].path, fields)
        assert told.path.startswith("/console/operations/0x"), told.text
        operation_id = told.path.partition("?")[0].rpartition("/")[2]
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            self.follower.catch_up()
            if self.client.get(f"/v1/operations/{operation_id}").status == 200:
                return operation_id
            time.sleep(0.05)
        raise AssertionError(self.browsers[who].get(told.path).text)


@pytest.fixture
def console(deployed: Deployed, tmp_path: Path) -> Iterator[Console]:
    url = f"sqlite:///{tmp_path / 'index.db'}"
    database = open_database(url)
    database.migrate()
    outbox, records = SqlOutbox(database), RecordStore(database)
    submitters = {
        role: Submitter(deployed.rpc, deployed.deployment, deployed.signers[role], outbox, QUICK)
        for role in BODIES.values()
    }
    operations = ChainOperations(
        rpc=deployed.rpc,
        deployment=deployed.deployment,
        submitters=submitters,
        outbox=outbox,
        records=records,
        salts=RandomSalts(),
    )
    follower = Follower(deployed.rpc, deployed.deployment, database)
    follower.catch_up()
    application = create_app(
        ApiSettings(database_url=url, public_url=PUBLIC_URL, rate_limits=False),
        database=database,
        operations=operations,
        chain=NodeChain(deployed.rpc, deployed.deployment, records, RandomSalts()),
    )
    client, store = Client(application), ApiKeyStore(database)
    browsers = {}
    for name in BODIES:
        browsers[name] = Browser(client)
        browsers[name].log_in(store.create(name, [str(scope) for scope in KEYS[name]]).secret)
    yield Console(client, follower, operations, browsers)
    application.close()
    operations.close()
    for submitter in submitters.values():
        submitter.close()
    database.close()


def proposed(console: Console, quantity: str = "462") -> str:
    """A proposal of a PV project of the holder."""
    console.do("open_account", kind="institution", custody="platform", identity_commitment=COMMITMENT.hex0x)
    console.do(
        "publish_methodology",
        code="SHCER-PV-001",
        version="1",
        kind="project",
        reduction_class="I",
        effective_first_day="2020-01-01",
        effective_last_day="2040-12-31",
        document_hash="0d" * 32,
    )
    console.do(
        "register_activity",
        code="SH-PV-0001",
        kind="project",
        methodology_id=encoding.methodology_id(code="SHCER-PV-001", version=1).hex0x,
        operator_account=HOLDER.hex0x,
        crediting_first_day="2020-01-01",
        crediting_last_day="2030-12-31",
        facility_id="0x" + "fa" * 32,
        pledge_hash="1e" * 32,
        cap_gco2e="1000",
    )
    return console.do(
        "propose_issuance",
        activity_id="SH-PV-0001",
        first_day="2023-01-01",
        last_day="2023-12-31",
        quantity_gco2e=quantity,
    )


def test_a_grams_whole_life_in_the_browser(console: Console) -> None:
    proposal = proposed(console)
    queue = console.browsers["regulator"].get("/console/queue")
    assert "1 in all, 462 t." in queue.text
    page = console.preview("confirm_issuance", proposal_id=proposal)
    assert "462 t are credited to account" in page.text
    console.confirm("confirm_issuance", page, again="462")
    assert "No issuance waits." in console.browsers["regulator"].get("/console/queue").text
    lot = console.client.get(f"/v1/issuances/{proposal}").json["lot_id"]
    given = {"account": HOLDER.hex0x, "lot_id": lot, "quantity_gco2e": "12.5", "purpose": "event-neutrality"}
    operation_id = console.do("cancel", again="12.5", event="上海半程马拉松", beneficiary="kept back", **given)
    certificate = console.client.get("/v1/certificates/1").json
    assert certificate["quantity_gco2e"] == "12500000"
    assert certificate["operation_id"] == operation_id
    shown = {field["name"]: field["value"] for field in certificate["record"]["fields"] if "name" in field}
    assert shown["event"] == "上海半程马拉松"
    assert "beneficiary" not in shown
    told = console.browsers["platform"].get(f"/console/operations/{operation_id}")
    assert any(link.startswith("/certificates/1") for link in told.links)


def test_the_contracts_refusal_is_told_before_anything_is_saved(console: Console) -> None:
    proposal = proposed(console)
    console.do("confirm_issuance", again="462", proposal_id=proposal)
    lot = console.client.get(f"/v1/issuances/{proposal}").json["lot_id"]
    given = {"account": HOLDER.hex0x, "lot_id": lot, "purpose": "event-neutrality", "event": "x"}
    size = console.client.get("/v1/log").json["size"]
    page = console.preview("cancel", quantity_gco2e="462.000001", **given)
    assert page.status == 422
    assert "reduction-ledger-insufficient-balance" in page.text
    assert "holds 462 t of lot" in page.text
    unknown = console.preview("cancel", quantity_gco2e="1", **{**given, "lot_id": "0x" + "77" * 32})
    assert "reduction-ledger-unknown-lot" in unknown.text
    again = console.preview("confirm_issuance", proposal_id=proposal)
    assert "reduction-ledger-proposal-wrong-status" in again.text
    console.follower.catch_up()
    assert console.client.get("/v1/log").json["size"] == size


def test_what_changed_between_preview_and_confirmation_is_refused_by_the_ledger(console: Console) -> None:
    proposal = proposed(console)
    page = console.preview("confirm_issuance", proposal_id=proposal)
    console.do("reject_issuance", proposal_id=proposal, reason="counted twice")
    path = ACTS["confirm_issuance"].path
    late = console.browsers["regulator"].send(path, {**page.form(path), "step": "sign", "again": "462"})
    assert (late.status, "reduction-ledger-proposal-wrong-status" in late.text) == (409, True)
