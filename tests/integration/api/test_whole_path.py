"""From the operators' routes through contracts and index to a certificate, checked against the contract's root."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.auth import KeyScope
from api.chain_operations import ChainOperations
from api.settings import ApiSettings
from chain.calls import transfer as transfer_call
from chain.functions import keccak256
from chain.operations import ContractName
from chain.submitter import Submitter
from chain.transactions import Transaction
from indexer.api_keys import ApiKeyStore
from indexer.database import Database, open_database
from indexer.follower import Follower
from indexer.outbox import SqlOutbox
from indexer.records import RecordStore
from ledger import encoding
from ledger.errors import NodeUnreachable
from ledger.ids import Hash32, IdentityCommitment, LotId, OperationId
from ledger.log_tree import verify_inclusion
from ledger.records import RandomSalts, build_record
from ledger.vocabulary import OperationKind, Role
from tests.integration.chain.bodies import QUICK
from tests.integration.deployed import Deployed
from tests.unit.api.client import Client, Reply

DAY = "2026-01-01"
COMMITMENTS = [IdentityCommitment(bytes([number]) * 32) for number in (1, 2)]
HOLDER, BUYER = (encoding.custody_address(commitment) for commitment in COMMITMENTS)


@dataclass
class Office:
    """All bodies in one instance, as only a test has them."""

    client: Client
    database: Database
    follower: Follower
    operations: ChainOperations
    secret: str

    def post(self, target: str, body: object, key: str, *, index: bool = True, **headers: str) -> Reply:
        given = {"authorization": f"Bearer {self.secret}", "idempotency_key": key, "prefer": "wait=20", **headers}
        reply = self.client.post(target, body, **given)
        if index:
            self.follower.catch_up()
        return reply

    def done(self, target: str, body: object, key: str) -> Any:
        reply = self.post(target, body, key)
        assert reply.status == 201, reply.body
        return reply.json


@pytest.fixture
def office(deployed: Deployed, tmp_path: Path) -> Iterator[Office]:
    url = f"sqlite:///{tmp_path / 'index.db'}"
    database = open_database(url)
    database.migrate()
    outbox = SqlOutbox(database)
    roles = (Role.PLATFORM, Role.REGULATOR, Role.TECHNICAL_CENTRE)
    submitters = {
        role: Submitter(deployed.rpc, deployed.deployment, deployed.signers[role], outbox, QUICK) for role in roles
    }
    operations = ChainOperations(
        rpc=deployed.rpc,
        deployment=deployed.deployment,
        submitters=submitters,
        outbox=outbox,
        records=RecordStore(database),
        salts=RandomSalts(),
    )
    application = create_app(ApiSettings(database_url=url), database=database, operations=operations)
    secret = ApiKeyStore(database).create("test", [str(scope) for scope in KeyScope]).secret
    follower = Follower(deployed.rpc, deployed.deployment, database)
    yield Office(Client(application), database, follower, operations, secret)
    application.close()
    operations.close()
    for submitter in submitters.values():
        submitter.close()
    database.close()


def open_accounts(office: Office) -> None:
    for number, commitment in enumerate(COMMITMENTS):
        body = {"kind": "institution", "custody": "platform", "identity_commitment": commitment.hex0x}
        office.done("/v1/accounts", body, f"open-{number}")


def issue(office: Office) -> str:
    """462 t of a PV project to the holder; gives the lot."""
    methodology = {
        "code": "SHCER-PV-001",
        "version": 1,
        "kind": "project",
        "reduction_class": "I",
        "effective_first_day": "2020-01-01",
        "effective_last_day": "2040-12-31",
        "document_hash": Hash32(b"\x0d" * 32).hex0x,
    }
    office.done("/v1/methodologies", methodology, "publish")
    methodology_id = office.client.get("/v1/methodologies/SHCER-PV-001").json["methodology_id"]
    activity = {
        "code": "SH-PV-0001",
        "kind": "project",
        "methodology_id": methodology_id,
        "operator_account": HOLDER.hex0x,
        "crediting_first_day": "2020-01-01",
        "crediting_last_day": "2030-12-31",
        "facility_id": Hash32(b"\xfa" * 32).hex0x,
        "pledge_hash": Hash32(b"\x1e" * 32).hex0x,
        "cap_gco2e": "1000000000",
    }
    office.done("/v1/activities", activity, "register")
    proposal = {
        "activity_id": office.client.get("/v1/activities/SH-PV-0001").json["activity_id"],
        "first_day": "2023-01-01",
        "last_day": "2023-12-31",
        "quantity_gco2e": "462000000",
    }
    proposed = office.done("/v1/issuances", proposal, "propose")
    assert (
        office.client.get("/v1/issuances?status=proposed").json["items"][0]["proposal_id"] == proposed["operation_id"]
    )
    office.done(f"/v1/issuances/{proposed['operation_id']}/confirm", {}, "confirm")
    lot: str = office.client.get(f"/v1/issuances/{proposed['operation_id']}").json["lot_id"]
    return lot


def transfer(lot: str, quantity: str = "200000000") -> dict[str, Any]:
    return {"from_account": HOLDER.hex0x, "to_account": BUYER.hex0x, "lot_id": lot, "quantity_gco2e": quantity}


def cancellation(lot: str, quantity: str = "100000001") -> dict[str, Any]:
    return {
        "account": BUYER.hex0x,
        "lot_id": lot,
        "quantity_gco2e": quantity,
        "purpose": "event-neutrality",
        "fields": {"event": "上海半程马拉松", "beneficiary": "kept back"},
    }


def test_a_grams_whole_life(office: Office, deployed: Deployed) -> None:
    open_accounts(office)
    lot = issue(office)
    office.done("/v1/transfers", transfer(lot), "transfer")
    cancelled = office.done("/v1/cancellations", cancellation(lot), "cancel")
    status = office.client.get(
        office.post("/v1/cancellations", cancellation(lot), "cancel").json["links"]["status"],
        authorization=f"Bearer {office.secret}",
    ).json
    assert (status["state"], status["certificate_number"]) == ("done", 1)

    certificate = office.client.get("/v1/certificates/1").json
    assert certificate["quantity_tonnes"] == "100.000001"
    assert cancelled["leaf_index"] == certificate["leaf_index"]
    shown = {field["name"]: field["value"] for field in certificate["record"]["fields"] if "name" in field}
    assert shown["event"] == "上海半程马拉松"
    assert "beneficiary" not in shown
    assert {"commitment"} in [set(field) for field in certificate["record"]["fields"]]
    proof = office.client.get(certificate["links"]["inclusion_proof"]).json
    root = _root_at(deployed, proof["tree_size"])
    verify_inclusion(
        leaf_hash=bytes.fromhex(certificate["leaf_hash"][2:]),
        index=certificate["leaf_index"],
        size=proof["tree_size"],
        proof=[bytes.fromhex(member[2:]) for member in proof["path"]],
        root=root,
    )
    [first, _] = office.client.get("/v1/totals").json["classes"]
    assert first["invariant"]["holds"]
    assert first["cancelled"]["quantity_gco2e"] == "100000001"
    assert first["held"]["quantity_gco2e"] == "361999999"
    held = office.client.get(f"/v1/accounts/{BUYER.hex0x}/holdings").json["items"]
    assert [item["quantity_gco2e"] for item in held] == ["99999999"]


def _root_at(deployed: Deployed, size: int) -> bytes:
    address = deployed.deployment.address(ContractName.TRANSPARENCY_LOG).hex0x
    data = keccak256(b"rootAt(uint64)")[:4] + size.to_bytes(32, "big")
    found = deployed.rpc.call("eth_call", [{"to": address, "data": "0x" + data.hex()}, "latest"])
    return bytes.fromhex(str(found)[2:])


def test_what_the_contract_refuses_leaves_nothing_behind(office: Office) -> None:
    open_accounts(office)
    lot = issue(office)
    size = office.client.get("/v1/log").json["size"]
    reply = office.post("/v1/transfers", transfer(lot, "462000001"), "too-much")
    assert (reply.status, reply.json["code"]) == (409, "reduction-ledger-insufficient-balance")
    assert reply.json["refusal"]["arguments"]["held_grams"] == "462000000"
    again = office.post("/v1/transfers", transfer(lot, "462000001"), "too-much")
    assert again.json == reply.json
    frozen = office.post(f"/v1/lots/{lot}/freeze", {"fields": {"reason": "under review"}}, "freeze")
    assert frozen.status == 201
    assert office.client.get(f"/v1/lots/{lot}").json["status"] == "frozen"
    assert office.post("/v1/transfers", transfer(lot), "frozen").json["code"] == "reduction-ledger-lot-frozen"
    assert office.client.get("/v1/log").json["size"] == size + 1


def test_one_key_sent_many_times_at_once_has_one_effect(office: Office) -> None:
    open_accounts(office)
    lot = issue(office)
    replies: list[Reply] = []

    def send() -> None:
        replies.append(office.post("/v1/transfers", transfer(lot), "once", index=False))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    office.follower.catch_up()
    assert {reply.status for reply in replies} == {201}
    assert len({reply.json["operation_id"] for reply in replies}) == 1
    assert len(office.client.get("/v1/transfers").json["items"]) == 1


def test_a_holder_keeps_its_key(office: Office, deployed: Deployed) -> None:
    holder = deployed.signers[Role.EXCHANGE]  # any key: here it is an account's, and its role does not matter
    body = {
        "kind": "institution",
        "custody": "holder",
        "identity_commitment": Hash32(b"\x09" * 32).hex0x,
        "account": holder.address.hex0x,
    }
    office.done("/v1/accounts", body, "open-holder")
    open_accounts(office)
    lot = issue(office)
    office.done("/v1/transfers", {**transfer(lot), "to_account": holder.address.hex0x}, "to-holder")
    operation_id = OperationId(b"\x77" * 32)
    fields = {
        "rules": "made",
        "from_account": holder.address.hex0x,
        "to_account": BUYER.hex0x,
        "lot_id": lot,
        "quantity_gco2e": "7",
    }
    record = build_record(OperationKind.REDUCTION_TRANSFERRED, operation_id, fields, RandomSalts())
    call = transfer_call(
        operation_id=operation_id, to=BUYER, lot_id=LotId.from_hex(lot), grams=7, record_hash=record.hash
    )
    unsigned = Transaction(
        chain_id=deployed.deployment.chain_id,
        nonce=0,
        gas_price=0,
        gas=1_000_000,
        to=deployed.deployment.address(call.contract),
        data=call.calldata,
    )
    signed = holder.sign_transaction(unsigned)
    document = json.loads(record.to_bytes())
    other = {**document, "fields": document["fields"][:-1]}
    wrong = office.post("/v1/transactions", {"raw_transaction": "0x" + signed.raw.hex(), "record": other}, "x")
    assert (wrong.status, wrong.json["code"]) == (422, "invalid-record")
    sent = office.post("/v1/transactions", {"raw_transaction": "0x" + signed.raw.hex(), "record": document}, "x")
    assert sent.status == 202, sent.body
    again = office.post("/v1/transactions", {"raw_transaction": "0x" + signed.raw.hex(), "record": document}, "x")
    assert again.json["transaction_hash"] == sent.json["transaction_hash"]
    found = _mined(office, sent.json["links"]["operation"])
    assert (found["quantity_gco2e"], found["from_account"]) == ("7", holder.address.hex0x)
    assert found["record"] is not None
    malformed = office.post("/v1/transactions", {"raw_transaction": "0x" + signed.raw.hex()[:-2]}, "x")
    assert malformed.status == 422


def test_what_is_saved_while_the_node_is_away_is_done_once_it_is_back(
    office: Office, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_accounts(office)
    body = office.operations._bodies[deployed.signers[Role.PLATFORM].address]
    real = body.submitter.submit
    failures = iter([True])

    def away_once(operation: Any) -> Any:
        if next(failures, False):
            raise NodeUnreachable("http://node", "away")
        return real(operation)

    monkeypatch.setattr(body.submitter, "submit", away_once)
    commitment = Hash32(b"\x08" * 32).hex0x
    opened = {"kind": "personal", "custody": "platform", "identity_commitment": commitment}
    reply = office.post("/v1/accounts", opened, "while-away")
    assert reply.status == 201, reply.body


def _mined(office: Office, link: str) -> Any:
    """The operation behind `link`; sent is not yet mined, so that it may take a moment until it is there."""
    answer = office.client.get(link)
    for _ in range(200):
        if answer.status == 200:
            break
        time.sleep(0.05)
        office.follower.catch_up()
        answer = office.client.get(link)
    return answer.json
