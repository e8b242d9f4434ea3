"""The operators' routes over a port in memory: who may, what is asked, what comes of it, and that it comes once."""

import asyncio
import json
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

import pytest

from api.app import Application, create_app
from api.auth import KeyScope
from api.routes.writes import ROUTES
from api.settings import ApiSettings
from chain.facts import check_record, facts_of
from indexer.api_keys import ApiKeyStore, NewApiKey
from indexer.database import Database, open_database
from indexer.records import RecordStore
from ledger.encoding import custody_address, request_operation_id
from ledger.errors import NodeUnreachable
from ledger.ids import IdentityCommitment, LotId, OperationId
from ledger.records import DerivedSalts, RandomSalts
from ledger.refusals import ReductionLedger_LotFrozen
from ledger.vocabulary import OperationKind, Role
from tests.unit.api.client import Client, Reply
from tests.unit.api.fake_port import FakePort
from tests.unit.api.sample import QUANTIFICATION, SampleLedger, address, make_sample

LOT = "0x" + "1a" * 32
ID = "0x" + "ac" * 32
ONE, TWO = address(1).hex0x, address(2).hex0x
TRANSFER = {"from_account": ONE, "to_account": TWO, "lot_id": LOT, "quantity_gco2e": "5", "fields": {"note": "x"}}
OFFSET = {"organisation": "made", "period_first_day": "2026-01-01", "period_last_day": "2026-12-31"}
BODIES: dict[str, dict[str, Any]] = {
    "open_account": {"kind": "institution", "custody": "platform", "identity_commitment": ID},
    "publish_methodology": {
        "code": "M-1",
        "version": 1,
        "kind": "project",
        "reduction_class": "I",
        "effective_first_day": "2026-01-01",
        "effective_last_day": "2030-12-31",
        "document_hash": ID,
    },
    "register_activity": {
        "code": "A-1",
        "kind": "project",
        "methodology_id": ID,
        "operator_account": ONE,
        "crediting_first_day": "2026-01-01",
        "crediting_last_day": "2030-12-31",
        "facility_id": ID,
        "pledge_hash": ID,
        "cap_gco2e": "1000000000",
    },
    "propose_issuance": {
        "activity_id": ID,
        "first_day": "2026-01-01",
        "last_day": "2026-01-31",
        "quantity_gco2e": "462000000",
    },
    "transfer": TRANSFER,
    "cancel": {
        "account": ONE,
        "lot_id": LOT,
        "quantity_gco2e": "5",
        "purpose": "voluntary-offset",
        "fields": OFFSET,
    },
    "correct": {"lot_id": LOT, "quantity_gco2e": "5"},
    "admit_provider": {
        "account": ONE,
        "mode": "third-party-mall",
        "application_hash": ID,
        "evaluation_hash": ID,
        "agreement_hash": ID,
    },
    "open_campaign": {
        "code": "MARATHON-2026",
        "beneficiary": ONE,
        "purpose": "event-neutrality",
        "last_day": "2026-11-29",
        "document_hash": ID,
    },
    "cancel_campaign": {"reduction_class": "I"},
}
BY_NAME = {route.name: route for route in ROUTES}


def target_of(name: str) -> str:
    path = BY_NAME[name].path
    for parameter in BY_NAME[name].parameters:
        path = path.replace(f"{{{parameter.name}}}", ONE if parameter.name == "account" else ID)
    return path


@dataclass
class Office:
    """An instance that operates, its port, and keys."""

    client: Client
    port: FakePort
    database: Database
    keys: dict[str, NewApiKey]
    sample: SampleLedger

    def post(self, target: str, body: object, key: str | None = "k1", who: str = "all", **headers: str) -> Reply:
        given = {"authorization": f"Bearer {self.keys[who].secret}", **headers}
        if key is not None:
            given["idempotency_key"] = key
        return self.client.post(target, body, **given)

    def operation_id(self, key: str, who: str = "all") -> OperationId:
        return request_operation_id(api_key_id=self.keys[who].key.key_id, idempotency_key=key)


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    url = f"sqlite:///{tmp_path_factory.mktemp('office') / 'index.db'}"
    database = open_database(url)
    database.migrate()
    sample = make_sample()
    sample.save(database)
    store = ApiKeyStore(database)
    keys = {"all": store.create("all", [str(scope) for scope in KeyScope]), "other": store.create("other", ["x:y"])}
    keys["revoked"] = store.create("revoked", [str(scope) for scope in KeyScope])
    store.revoke(keys["revoked"].key.key_id)
    port = FakePort()
    settings = ApiSettings(database_url=url, rate_limits=False, usual_wait_seconds=0.05)
    application = create_app(settings, database=database, operations=port)
    yield Office(Client(application), port, database, keys, sample)
    application.close()
    database.close()


@pytest.mark.parametrize("name", list(BY_NAME))
def test_every_writing_route_makes_the_operation_of_its_kind(office: Office, name: str) -> None:
    reply = office.post(target_of(name), BODIES.get(name, {}))
    assert reply.status == 201, reply.body
    [(operation, _)] = office.port.saved.values()
    assert operation.id == office.operation_id("k1")
    assert operation.sender == office.port.senders[BY_NAME[name].role]
    check_record(operation.record, operation.call, operation.sender)
    assert facts_of(operation.call, operation.sender).items() <= operation.record.values.items()
    assert reply.json["operation_id"] == operation.id.hex0x
    assert reply.json["state"] == "done"
    assert reply.header("location") == f"/v1/operations/{operation.id.hex0x}/status"
    assert reply.header("tanpuhui-as-of")
    status = office.client.get(reply.json["links"]["status"], authorization=f"Bearer {office.keys['other'].secret}")
    assert status.json == reply.json


def test_a_quantification_stands_in_the_record_of_the_publication(office: Office) -> None:
    body = {**BODIES["publish_methodology"], "quantification": QUANTIFICATION}
    assert office.post("/v1/methodologies", body).status == 201
    [(operation, _)] = office.port.saved.values()
    assert operation.record.values["quantification"] == QUANTIFICATION


@pytest.mark.parametrize("where", ["body", "fields"])
def test_a_quantification_that_breaks_a_rule_is_refused_before_anything_is_sent(office: Office, where: str) -> None:
    wrong = {**QUANTIFICATION, "rounding": "up"}
    given = {"quantification": wrong} if where == "body" else {"fields": {"quantification": wrong}}
    reply = office.post("/v1/methodologies", {**BODIES["publish_methodology"], **given})
    assert reply.status == 422
    assert "quantification.rounding must be one of half-up, half-even, down" in json.dumps(reply.json)
    assert not office.port.saved


def test_a_quantification_is_shown_only_while_its_field_is_disclosed(office: Office) -> None:
    newest = office.client.get("/v1/methodologies/SHCER-PV-001").json
    assert newest["quantification"] == QUANTIFICATION
    record = office.sample.records[newest["published_leaf_index"]]
    RecordStore(office.database).disclose(record.hash, ["rules"])
    assert office.client.get("/v1/methodologies/SHCER-PV-001").json["quantification"] is None


BY_COMMAND_ONLY = {
    *(OperationKind.POINTS_EARNED, OperationKind.BEHAVIOUR_RECORDED, OperationKind.POINTS_REDEEMED),
    *(OperationKind.POINTS_DONATED, OperationKind.POINTS_CANCELLED, OperationKind.POINTS_CORRECTED),
    OperationKind.POINTS_SNAPSHOT_TAKEN,
}
"""Batches of points come from files that are on the platform's own machine."""


def test_every_kind_of_operation_can_be_made(office: Office) -> None:
    for name in BY_NAME:
        office.post(target_of(name), BODIES.get(name, {}), key=name)
    in_a_redemption = {OperationKind.POINTS_BOUGHT_BACK}
    made = {operation.call.kind for operation, _ in office.port.saved.values()}
    assert made == set(OperationKind) - BY_COMMAND_ONLY - in_a_redemption


@pytest.mark.parametrize("name", list(BY_NAME))
def test_every_writing_route_needs_its_scope_and_its_signer(office: Office, name: str) -> None:
    target, body = target_of(name), BODIES.get(name, {})
    lacking = office.post(target, body, who="other")
    assert (lacking.status, lacking.json["code"]) == (403, "scope-missing")
    assert str(BY_NAME[name].scope) in lacking.json["detail"]
    office.port.senders = {role: one for role, one in office.port.senders.items() if role is not BY_NAME[name].role}
    unsigned = office.post(target, body)
    assert (unsigned.status, unsigned.json["code"]) == (501, "signer-not-configured")
    assert not office.port.saved


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "credentials-missing"),
        ("", "credentials-missing"),
        ("Basic dXNlcjpwYXNz", "credentials-missing"),
        ("Bearer", "credentials-invalid"),
        ("Bearer short", "credentials-invalid"),
        ("bearer two words of some length", "credentials-invalid"),
        ("Bearer tph_" + "x" * 43, "credentials-invalid"),
    ],
)
def test_who_has_no_key_is_told_how_to_bring_one(office: Office, authorization: str | None, code: str) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    for reply in (
        office.client.post("/v1/transfers", TRANSFER, idempotency_key="k", **headers),
        office.client.post("/v1/transactions", {"raw_transaction": "0x12"}, **headers),
        office.client.get(f"/v1/operations/{ID}/status", **headers),
    ):
        assert (reply.status, reply.json["code"]) == (401, code)
        challenge = reply.header("www-authenticate") or ""
        assert challenge.startswith("Bearer ")
        assert ('error="invalid_token"' in challenge) == (code == "credentials-invalid")


def test_a_revoked_key_is_no_key(office: Office) -> None:
    assert office.post("/v1/transfers", TRANSFER, who="revoked").json["code"] == "credentials-invalid"


@pytest.mark.parametrize("key", [None, "", "two words", "x" * 256, "é"])
def test_a_write_needs_a_usable_idempotency_key(office: Office, key: str | None) -> None:
    reply = office.post("/v1/transfers", TRANSFER, key=key)
    assert (reply.status, reply.json["code"]) == (400, "idempotency-key-missing")
    assert not office.port.saved


@pytest.mark.parametrize("salts", [RandomSalts(), DerivedSalts(b"k" * 32)])
def test_the_same_request_again_is_the_same_operation(office: Office, salts: Any) -> None:
    office.port.salts = salts
    first = office.post("/v1/transfers", TRANSFER)
    again = office.post("/v1/transfers", dict(reversed(TRANSFER.items())))
    assert first.json == again.json
    assert len(office.port.saved) == 1


def test_two_equal_requests_at_the_same_moment_are_one_operation(office: Office) -> None:
    first = office.post("/v1/transfers", TRANSFER)
    office.port.blind = 1
    assert office.post("/v1/transfers", TRANSFER).json == first.json


@pytest.mark.parametrize(
    "other",
    [
        {**TRANSFER, "quantity_gco2e": "6"},
        {**TRANSFER, "fields": {"note": "y"}},
        {**TRANSFER, "fields": {}},
        {**TRANSFER, "fields": {"note": "x", "more": 1}},
        {**TRANSFER, "to_account": address(9).hex0x},
    ],
)
def test_the_same_key_for_another_request_is_refused(office: Office, other: dict[str, Any]) -> None:
    office.post("/v1/transfers", TRANSFER)
    reply = office.post("/v1/transfers", other)
    assert (reply.status, reply.json["code"]) == (409, "idempotency-key-reused")
    assert len(office.port.saved) == 1


def test_the_same_key_on_another_route_is_refused(office: Office) -> None:
    office.post(target_of("freeze_lot"), {})
    assert office.post(target_of("unfreeze_lot"), {}).json["code"] == "idempotency-key-reused"


def test_keys_of_different_callers_do_not_meet(office: Office) -> None:
    office.keys["second"] = ApiKeyStore(office.database).create("second", ["transfers:write"])
    office.post("/v1/transfers", TRANSFER)
    assert office.post("/v1/transfers", {**TRANSFER, "quantity_gco2e": "6"}, who="second").status == 201
    assert len(office.port.saved) == 2


def test_what_does_not_end_in_time_is_answered_202(office: Office) -> None:
    office.port.outcome = "pending"
    started = time.monotonic()
    reply = office.post("/v1/transfers", TRANSFER)
    assert (reply.status, reply.json["state"]) == (202, "saved")
    assert time.monotonic() - started < 5
    assert office.post("/v1/transfers", TRANSFER, prefer="respond-async, wait=0").status == 202


def test_what_was_refused_when_the_wait_ended_is_a_problem(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    submit = office.port.submit
    office.port.outcome = ReductionLedger_LotFrozen(LotId(b"\x01" * 32))

    def unheard(operation: Any) -> Any:
        submit(operation)
        return Future()

    monkeypatch.setattr(office.port, "submit", unheard)
    reply = office.post("/v1/transfers", TRANSFER, prefer="wait=0")
    assert (reply.status, reply.json["refusal"]["name"]) == (409, "ReductionLedger_LotFrozen")
    assert "operation_id" in reply.json


def test_a_caller_may_prefer_to_wait(office: Office) -> None:
    office.port.outcome = "pending"
    futures: list[Any] = []
    submit = office.port.submit

    def keep(operation: Any) -> Any:
        futures.append(submit(operation))
        return futures[-1]

    office.port.submit = keep  # type: ignore[method-assign]

    def end() -> None:
        office.port.outcome = None
        operation, _ = next(iter(office.port.saved.values()))
        status = office.port._status(operation)
        office.port.saved[operation.id] = (operation, status)
        futures[0].set_result(status)

    timer = threading.Timer(0.4, end)
    timer.start()
    reply = office.post("/v1/transfers", TRANSFER, prefer="wait=20")
    timer.join()
    assert (reply.status, reply.json["state"]) == (201, "done")


def test_a_wait_has_a_bound(office: Office) -> None:
    writer = office.client.application.context.writer
    request = type("Asked", (), {"text": lambda self, _: "wait=9999"})()
    assert writer.seconds_to_wait(request) == 30


def test_a_refusal_of_the_contract_is_a_problem_with_name_and_arguments(office: Office) -> None:
    office.port.outcome = ReductionLedger_LotFrozen(LotId(b"\x1a" * 32))
    reply = office.post("/v1/transfers", TRANSFER)
    assert (reply.status, reply.json["code"]) == (409, "reduction-ledger-lot-frozen")
    assert reply.json["refusal"] == {"name": "ReductionLedger_LotFrozen", "arguments": {"lot_id": LOT}}
    assert reply.json["operation_id"] == office.operation_id("k1").hex0x
    status = office.client.get(
        f"/v1/operations/{reply.json['operation_id']}/status", authorization=f"Bearer {office.keys['all'].secret}"
    )
    assert (status.status, status.json["state"]) == (200, "refused")
    assert status.json["refusal"] == reply.json["refusal"]


def test_what_is_done_is_answered_201_with_its_leaf_and_202_as_long_as_that_is_not_known(office: Office) -> None:
    assert (office.post("/v1/transfers", TRANSFER).status, office.port.leaf_index) == (201, 7)
    assert office.post("/v1/transfers", TRANSFER).json["leaf_index"] == 7
    office.port.leaf_index = None
    unknown = office.post("/v1/transfers", TRANSFER, key="k2")
    assert (unknown.status, unknown.json["state"], unknown.json["leaf_index"]) == (202, "done", None)
    assert unknown.header("location") == unknown.json["links"]["status"]


def test_where_the_index_knows_the_leaf_it_is_right(office: Office) -> None:
    """A reorg may have moved it since."""
    indexed = office.client.get("/v1/certificates/1").json
    office.post("/v1/transfers", TRANSFER)
    [(operation, status)] = office.port.saved.values()
    operation_id = OperationId.from_hex(indexed["operation_id"])
    office.port.saved[operation_id] = (operation, replace(status, operation_id=operation_id, leaf_index=99))
    found = office.client.get(
        f"/v1/operations/{operation_id.hex0x}/status", authorization=f"Bearer {office.keys['all'].secret}"
    ).json
    assert found["leaf_index"] == indexed["leaf_index"] != 99


def test_no_parameter_is_ignored(office: Office) -> None:
    authorization = f"Bearer {office.keys['all'].secret}"
    for reply in (
        office.post("/v1/transfers?wait=5", TRANSFER),
        office.post("/v1/transactions?wait=5", {"raw_transaction": "0x12"}, key=None),
        office.client.get(f"/v1/operations/{ID}/status?wait=5", authorization=authorization),
    ):
        assert (reply.status, reply.json["errors"][0]["field"]) == (422, "wait")
    assert not office.port.saved
    assert not office.port.sent


def test_who_does_not_sign_says_so_only_of_what_somebody_would_sign(office: Office) -> None:
    office.port.senders = {}
    assert office.post("/v1/transfers", TRANSFER, who="other").status == 403
    assert office.post("/v1/transfers", TRANSFER, key=None).status == 400
    assert office.post("/v1/transfers", {**TRANSFER, "quantity_gco2e": "0"}).status == 422
    missing = office.post("/v1/cancellations", {**BODIES["cancel"], "fields": {}})
    assert (missing.status, missing.json["code"]) == (422, "missing-field")
    contradicting = office.post("/v1/transfers", {**TRANSFER, "fields": {"quantity_gco2e": "6"}})
    assert (contradicting.status, contradicting.json["code"]) == (422, "invalid-record")
    assert office.post("/v1/transfers", TRANSFER).json["code"] == "signer-not-configured"


def test_a_status_says_what_the_index_knows(office: Office) -> None:
    certificate = office.client.get("/v1/certificates/1").json
    operation_id = OperationId.from_hex(certificate["operation_id"])
    office.post("/v1/transfers", TRANSFER)
    [(operation, status)] = office.port.saved.values()
    office.port.saved[operation_id] = (operation, type(status)(**{**_fields(status), "operation_id": operation_id}))
    found = office.client.get(
        f"/v1/operations/{operation_id.hex0x}/status", authorization=f"Bearer {office.keys['all'].secret}"
    ).json
    assert (found["leaf_index"], found["certificate_number"]) == (certificate["leaf_index"], 1)
    assert found["links"]["certificate"] == "/v1/certificates/1"


def test_a_cancellation_that_the_index_lacks_is_to_be_asked_again(office: Office) -> None:
    reply = office.post("/v1/cancellations", BODIES["cancel"])
    assert (reply.status, reply.json["state"], reply.json["certificate_number"]) == (201, "done", None)
    assert (reply.header("retry-after"), reply.header("location")) == ("1", reply.json["links"]["status"])
    assert reply.json["links"]["certificate"] is None
    asked = office.client.get(reply.json["links"]["status"], authorization=f"Bearer {office.keys['all'].secret}")
    assert (asked.status, asked.header("retry-after")) == (200, "1")
    assert office.post("/v1/transfers", TRANSFER, key="k2").header("retry-after") is None


def _fields(status: Any) -> dict[str, Any]:
    return {name: getattr(status, name) for name in status.__dataclass_fields__}


def test_an_unknown_operation_has_no_status(office: Office) -> None:
    authorization = f"Bearer {office.keys['all'].secret}"
    assert office.client.get(f"/v1/operations/{ID}/status", authorization=authorization).status == 404
    assert office.client.get("/v1/operations/0x12/status", authorization=authorization).status == 422


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity_gco2e": 5}, "quantity_gco2e"),
        ({"quantity_gco2e": "0"}, "quantity_gco2e"),
        ({"quantity_gco2e": "-5"}, "quantity_gco2e"),
        ({"quantity_gco2e": "1.5"}, "quantity_gco2e"),
        ({"quantity_gco2e": "05"}, "quantity_gco2e"),
        ({"quantity_gco2e": "9223372036854775808"}, "quantity_gco2e"),
        ({"quantity_gco2e": None}, "quantity_gco2e"),
        ({"lot_id": "0x12"}, "lot_id"),
        ({"to_account": 5}, "to_account"),
        ({"surprise": 1}, "surprise"),
        ({"fields": []}, "fields"),
        ({"fields": {"Bad Name": 1}}, "field name"),
        ({"fields": {"quantity_gco2e": "6"}}, "fields.quantity_gco2e"),
    ],
)
def test_a_bad_value_is_named_with_its_rule(office: Office, change: dict[str, Any], field: str) -> None:
    reply = office.post("/v1/transfers", {**TRANSFER, **change})
    assert reply.status == 422, reply.body
    assert [error["field"] for error in reply.json["errors"]] == [field]
    assert not office.port.saved


def test_every_missing_field_is_named_at_once(office: Office) -> None:
    reply = office.post("/v1/transfers", {"lot_id": LOT})
    assert reply.status == 422
    assert {error["field"] for error in reply.json["errors"]} == {"from_account", "to_account", "quantity_gco2e"}


def test_the_purpose_decides_what_the_record_must_name(office: Office) -> None:
    reply = office.post("/v1/cancellations", {**BODIES["cancel"], "fields": {}})
    assert (reply.status, reply.json["code"]) == (422, "missing-field")
    assert reply.json["errors"][0]["field"] == "organisation"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"{", 400),
        (b'{"lot_id":"a","lot_id":"b"}', 400),
        (b'{"fields":{"x":1,"x":2}}', 400),
        (b'{"quantity_gco2e":1.0}', 400),
        (b'{"quantity_gco2e":NaN}', 400),
        (b'{"quantity_gco2e":12345678901234567890}', 400),
        (b'{"a":"\xff"}', 400),
        (b'{"a":"\\ud800"}', 400),
        (b'\xef\xbb\xbf{"a":1}', 400),
        (b'{"fields":' + b'{"a":' * 30 + b"1" + b"}" * 31, 400),
    ],
)
def test_json_that_can_be_read_in_two_ways_is_refused(office: Office, body: bytes, status: int) -> None:
    reply = office.post("/v1/transfers", body)
    assert (reply.status, reply.json["code"]) == (status, "invalid-json"), reply.body


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", ""]
)
def test_a_body_that_is_not_json_is_refused(office: Office, media: str) -> None:
    assert office.post("/v1/transfers", TRANSFER, content_type=media).status == 415


def test_a_malformed_path_is_named_with_its_rule(office: Office) -> None:
    reply = office.post("/v1/lots/12/freeze", {})
    assert (reply.status, reply.json["errors"][0]["field"]) == (422, "lot_id")


def test_in_platform_custody_the_address_follows_from_the_commitment(office: Office) -> None:
    derived = custody_address(IdentityCommitment.from_hex(ID))
    office.post("/v1/accounts", BODIES["open_account"])
    [(operation, _)] = office.port.saved.values()
    assert operation.record.values["account"] == derived.hex0x
    wrong = office.post("/v1/accounts", {**BODIES["open_account"], "account": ONE}, key="k2")
    assert (wrong.status, wrong.json["errors"][0]["field"]) == (422, "account")
    held = office.post("/v1/accounts", {**BODIES["open_account"], "custody": "holder"}, key="k3")
    assert (held.status, held.json["errors"][0]["field"]) == (422, "account")
    assert (
        office.post("/v1/accounts", {**BODIES["open_account"], "custody": "holder", "account": ONE}, key="k4").status
        == 201
    )


def test_a_holder_sends_its_own_transaction(office: Office) -> None:
    reply = office.post("/v1/transactions", {"raw_transaction": "0xF86c"}, key=None)
    assert reply.status == 202
    assert office.port.sent == [b"\xf8\x6c"]
    assert reply.header("location") == "/v1/operations/0x" + "11" * 32
    assert office.post("/v1/transactions", {"raw_transaction": "f86c"}, key=None).status == 422
    assert office.post("/v1/transactions", {"raw_transaction": "0xF86c"}, key=None, who="other").status == 403
    office.port.outcome = NodeUnreachable("http://10.1.2.3", "down")
    down = office.post("/v1/transactions", {"raw_transaction": "0xF86c"}, key=None)
    assert down.status == 503
    assert "10.1.2.3" not in down.body.decode()


def test_a_record_sent_with_a_transaction_is_read_strictly(office: Office) -> None:
    names = {"name": "field_names", "salt": "0x" + "00" * 16, "value": ["field_names", "rules"]}
    rules = {"name": "rules", "salt": "0x" + "00" * 16, "value": "r"}
    good = {"format": 1, "kind": "lot-frozen", "fields": [names, rules]}
    assert office.post("/v1/transactions", {"raw_transaction": "0x12", "record": good}, key=None).status == 202
    changes: list[dict[str, Any]] = [
        {"format": 2},
        {"kind": "nothing"},
        {"fields": [{"name": "rules"}]},
        {"fields": []},
        {"fields": [rules]},
        {"fields": [{**names, "value": ["beneficiary", "field_names", "rules"]}, rules]},
    ]
    for change in changes:
        reply = office.post("/v1/transactions", {"raw_transaction": "0x12", "record": {**good, **change}}, key=None)
        assert reply.status == 422, reply.body


def test_an_instance_without_a_port_only_reads(database_url: str, office: Office) -> None:
    application = create_app(ApiSettings(database_url=database_url, rate_limits=False), database=office.database)
    reader = Office(Client(application), office.port, office.database, office.keys, office.sample)
    assert reader.post("/v1/transfers", TRANSFER).json["code"] == "signer-not-configured"
    assert reader.post("/v1/transactions", {"raw_transaction": "0x12"}, key=None).json["code"] == "node-not-configured"
    authorization = f"Bearer {office.keys['all'].secret}"
    assert reader.client.get(f"/v1/operations/{ID}/status", authorization=authorization).status == 501
    assert reader.client.get("/v1/certificates/1").status == 200
    application.close()


def test_keys_are_found_without_a_database_being_given(office: Office) -> None:
    settings = office.client.application.context.settings
    application: Application = create_app(settings, operations=office.port)
    other = Office(Client(application), office.port, office.database, office.keys, office.sample)
    assert other.post("/v1/transfers", TRANSFER).status == 201
    application.close()


def test_a_proven_key_has_a_limit_of_its_own(office: Office) -> None:
    changes = {
        "rate_limits": True,
        "public_requests": 3,
        "public_requests_per_second": 0.01,
        "key_requests_per_second": 0.01,
    }
    settings = office.client.application.context.settings.model_copy(update={**changes, "key_requests": 6})
    application = create_app(settings, database=office.database, operations=office.port)
    other = Office(Client(application), office.port, office.database, office.keys, office.sample)
    assert other.post("/v1/transfers", TRANSFER).header("ratelimit") is None  # by address, as long as it is not proven
    replies = [other.post("/v1/transfers", TRANSFER) for _ in range(6)]
    assert {reply.status for reply in replies} == {201}
    assert (replies[-1].header("ratelimit") or "").startswith('"key"')
    guess = {"authorization": "Bearer tph_" + "y" * 43}
    assert [other.client.get("/v1/log", **guess).status for _ in range(3)] == [200, 200, 429]
    application.close()


def test_no_secret_is_logged_or_answered(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    secret = office.keys["all"].secret
    with caplog.at_level(logging.DEBUG):
        replies = [office.post("/v1/transfers", TRANSFER), office.post("/v1/transfers", {}, key=None)]
        office.port.outcome = RuntimeError("made")
        replies.append(office.post("/v1/transfers", TRANSFER, key="k9"))
    assert replies[-1].status == 500
    for text in [caplog.text, *(reply.body.decode() + repr(reply.headers) for reply in replies)]:
        assert secret not in text
        assert "salt" not in text


def test_writes_that_wait_hold_up_no_reads(office: Office) -> None:
    office.port.outcome = "pending"
    settings = office.client.application.context.settings.model_copy(
        update={"usual_wait_seconds": 5.0, "writer_threads": 2}
    )
    application = create_app(settings, database=office.database, operations=office.port)
    client = Client(application)
    headers = {"authorization": f"Bearer {office.keys['all'].secret}", "content_type": "application/json"}

    async def ask() -> None:
        writes = [
            asyncio.ensure_future(
                client.ask(
                    "POST", "/v1/transfers", {**headers, "idempotency_key": f"w{number}"}, json.dumps(TRANSFER).encode()
                )
            )
            for number in range(8)
        ]
        await asyncio.sleep(0.3)
        for target in ("/v1/certificates/1", "/v1/totals", "/v1/operations"):
            assert (await client.ask("GET", target, {})).status == 200
        assert not any(write.done() for write in writes)
        assert {reply.status for reply in await asyncio.gather(*writes)} == {202}

    started = time.monotonic()
    asyncio.run(ask())
    assert time.monotonic() - started < 4 * 5.0, "the writes waited for each other, two at a time"
    assert len(office.port.saved) == 8
    application.close()


def test_roles_that_sign_are_those_of_the_specification() -> None:
    assert {route.role for route in ROUTES} == {Role.REGULATOR, Role.TECHNICAL_CENTRE, Role.EXCHANGE, Role.PLATFORM}
    without_route = {"transactions:send", "points:write"}  # holders' transactions, and files of points in the console
    assert {str(route.scope) for route in ROUTES} | without_route == {str(scope) for scope in KeyScope}
