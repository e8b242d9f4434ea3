"""Every reading route over the sample: what it says, that it is as declared, and what it says of bad questions."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.app import READ_ROUTES, create_app
from api.errors import FollowerFailing
from api.settings import ApiSettings
from indexer.database import open_database
from indexer.schema import NO_LOT, Book
from ledger import encoding
from ledger.ids import Address, LotId, OperationId
from ledger.log_tree import verify_consistency, verify_inclusion
from ledger.records import Disclosure
from ledger.vocabulary import ActivityStatus, CancellationPurpose, OperationKind
from tests.unit.api.client import Client
from tests.unit.api.sample import (
    BUYER,
    CHAIN_ID,
    PLATFORM_HOLDER,
    QUANTIFICATION,
    STRANGER,
    SampleLedger,
    address,
    hash32,
    ledger_of,
    make_sample,
)

SOLAR = encoding.activity_id(code="SH-PV-0001").hex0x
LOT = LotId(make_sample().rows["lots"][0]["lot_id"]).hex0x
EXAMPLES = [
    "/v1/certificates",
    "/v1/certificates/1",
    "/v1/accounts",
    f"/v1/accounts/{BUYER.hex0x}",
    f"/v1/accounts/{BUYER.hex0x}/postings",
    f"/v1/accounts/{BUYER.hex0x}/holdings",
    "/v1/methodologies",
    "/v1/methodologies/SHCER-PV-001",
    "/v1/methodologies/SHCER-PV-001/1",
    "/v1/activities",
    "/v1/activities/SH-PV-0001",
    "/v1/issuances",
    f"/v1/issuances/{hash32(9).hex0x}",
    "/v1/lots",
    f"/v1/lots/{LOT}",
    f"/v1/lots/{LOT}/ends",
    "/v1/serials/1",
    "/v1/operations",
    f"/v1/operations/{hash32(1).hex0x}",
    "/v1/transfers",
    "/v1/blocks",
    "/v1/blocks/10",
    "/v1/search?q=1",
    "/v1/log",
    "/v1/log/leaves/0",
    "/v1/log/proof/inclusion?leaf_index=0",
    "/v1/log/proof/consistency?first=1&second=2",
    "/v1/log/checkpoints",
    "/v1/log/checkpoints/15",
    "/v1/totals",
    "/v1/batches",
    "/v1/batches/1",
    "/v1/providers",
    f"/v1/providers/{STRANGER.hex0x}",
    "/v1/campaigns",
    "/v1/campaigns/MARATHON-2026",
    "/v1/points/totals",
    "/v1/supervision/sums",
    "/v1/supervision/movements",
    "/v1/supervision/unusual",
    "/v1/supervision/deficits",
    "/v1/volumes",
    "/v1/health/ready",
    "/v1/incidents",
    "/v1/deployment",
]


def hashes(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text[2:]) for text in texts]


def pages(client: Client, target: str) -> Iterator[dict[str, Any]]:
    """Every item of a list, page by page."""
    following: str | None = target
    while following:
        reply = client.get(following)
        assert reply.status == 200
        yield from reply.json["items"]
        following = reply.json["next"]
        link = reply.header("link")
        assert link == (f'<{following}>; rel="next"' if following else None)


def test_there_is_an_example_of_every_reading_route(client: Client) -> None:
    asked = {json.dumps(client.operation("GET", target)) for target in EXAMPLES}
    assert len(asked) == len(EXAMPLES) == len(READ_ROUTES)


@pytest.mark.parametrize("target", EXAMPLES)
def test_every_answer_is_as_declared_and_says_as_of_which_block(
    client: Client, sample: SampleLedger, target: str
) -> None:
    reply = client.get(target)
    assert reply.status == 200
    as_of = reply.json["as_of"]
    cursor = sample.rows["cursor"][0]
    assert as_of["block_number"] == cursor["block_number"]
    assert as_of["block_hash"] == "0x" + cursor["block_hash"].hex()
    assert as_of["log_size"] == sample.log.size
    assert reply.header("tanpuhui-as-of") == (
        f'{as_of["block_number"]};hash="{as_of["block_hash"]}";timestamp={as_of["timestamp"]}'
    )


@pytest.mark.parametrize("target", EXAMPLES)
def test_no_answer_holds_a_number_for_a_quantity_or_a_hidden_value(client: Client, target: str) -> None:
    text = client.get(target).body.decode()
    assert "kept back" not in text
    assert "identity_commitment" not in text

    def look(value: object) -> None:
        assert not isinstance(value, float)
        if isinstance(value, dict):
            for name, member in value.items():
                if "gco2e" in name or "tonnes" in name or "serial" in name:
                    assert member is None or isinstance(member, str)  # null where nobody can say
                look(member)
        elif isinstance(value, list):
            for member in value:
                look(member)

    look(json.loads(text))


def test_a_certificate_can_be_checked_from_its_answer_alone(client: Client) -> None:
    found = client.get("/v1/certificates/3").json
    assert found["quantity_gco2e"] == "1000002"
    assert found["quantity_tonnes"] == "1.000002"
    assert found["first_serial"] == "2000002"
    assert found["last_serial"] == "3000003"
    assert found["purpose"] == "event-neutrality"
    assert found["lot"]["activity"]["code"] == "SH-PV-0001"
    assert found["lot"]["first_day"] == "2025-01-12"
    subject = encoding.certificate_subject(
        certificate_number=3,
        lot_id=LotId.from_hex(found["lot"]["lot_id"]),
        purpose=CancellationPurpose.from_label(found["purpose"]),
        first_serial=int(found["first_serial"]),
    )
    assert found["subject"] == subject.hex0x
    assert Disclosure.from_json(found["record"]).hash.hex0x == found["record_hash"]
    shown = {field["name"]: field["value"] for field in found["record"]["fields"] if "name" in field}
    assert sorted(shown["field_names"]) == shown["field_names"]
    assert shown.keys() <= set(shown.pop("field_names"))
    assert shown == {"rules": "test rules", "purpose": "event-neutrality", "event": "Half marathon"} | {
        "quantity_gco2e": "1000002"
    }
    leaf = encoding.log_leaf(
        chain_id=CHAIN_ID,
        ledger=ledger_of(OperationKind.REDUCTION_CANCELLED),
        kind=52,
        operation_id=OperationId.from_hex(found["operation_id"]),
        subject=subject,
        from_account=BUYER,
        to_account=address(0),
        grams=int(found["quantity_gco2e"]),
        record_hash=hashes([found["record_hash"]])[0],
        timestamp=found["timestamp"],
    )
    assert found["leaf_hash"] == leaf.hex0x
    proof = client.get(found["links"]["inclusion_proof"]).json
    verify_inclusion(
        leaf_hash=leaf,
        index=found["leaf_index"],
        size=proof["tree_size"],
        proof=hashes(proof["path"]),
        root=hashes([client.get("/v1/log").json["root"]])[0],
    )
    assert client.get(found["links"]["leaf"]).json["leaf_hash"] == leaf.hex0x


def test_a_certificate_whose_record_is_kept_elsewhere_says_so(client: Client) -> None:
    assert client.get("/v1/certificates/2").json["record"] is None


def test_every_inclusion_proof_holds(client: Client, sample: SampleLedger) -> None:
    for size in range(1, sample.log.size + 1):
        for index in range(size):
            found = client.get(f"/v1/log/proof/inclusion?leaf_index={index}&tree_size={size}").json
            verify_inclusion(
                leaf_hash=sample.leaf_hashes[index],
                index=index,
                size=size,
                proof=hashes(found["path"]),
                root=hashes([found["root"]])[0],
            )


def test_every_consistency_proof_holds(client: Client, sample: SampleLedger) -> None:
    for second in range(1, sample.log.size + 1):
        for first in range(1, second + 1):
            found = client.get(f"/v1/log/proof/consistency?first={first}&second={second}").json
            verify_consistency(
                old_size=first,
                old_root=hashes([found["first_root"]])[0],
                new_size=second,
                new_root=hashes([found["second_root"]])[0],
                proof=hashes(found["path"]),
            )


def test_a_proof_is_found_by_operation_too(client: Client) -> None:
    by_index = client.get("/v1/log/proof/inclusion?leaf_index=4")
    by_operation = client.get(f"/v1/log/proof/inclusion?operation_id={hash32(5).hex0x}")
    assert by_operation.body == by_index.body


def test_a_leaf_shows_everything_that_is_hashed_into_it(client: Client, sample: SampleLedger) -> None:
    for index in range(sample.log.size):
        found = client.get(f"/v1/log/leaves/{index}").json
        leaf = encoding.log_leaf(
            chain_id=found["chain_id"],
            ledger=Address.from_hex(found["ledger"]),
            kind=found["kind_number"],
            operation_id=OperationId(hash32(index + 1)),
            subject=hashes([found["subject"]])[0],
            from_account=address(int(found["from_account"] or "0x0", 16)),
            to_account=address(int(found["to_account"] or "0x0", 16)),
            grams=int(found["quantity_gco2e"]),
            record_hash=hashes([found["record_hash"]])[0],
            timestamp=found["timestamp"],
        )
        assert found["leaf_hash"] == leaf.hex0x == "0x" + sample.leaf_hashes[index].hex()


def test_an_account_shows_its_public_part_and_nothing_else(client: Client) -> None:
    found = client.get(f"/v1/accounts/{BUYER.hex0x}").json
    assert set(found) == {"account", "kind", "status", "custody", "opened_leaf_index", "status_leaf_index", "as_of"}
    assert (found["kind"], found["status"], found["custody"]) == ("institution", "active", "platform")


def test_holdings_are_what_is_left(client: Client) -> None:
    [held] = client.get(f"/v1/accounts/{BUYER.hex0x}/holdings").json["items"]
    assert held["quantity_gco2e"] == str(200_000_000 - 1_000_000 - 1_000_001 - 1_000_002)
    assert [item["quantity_gco2e"] for item in client.get(f"/v1/accounts/{STRANGER.hex0x}/holdings").json["items"]] == [
        "5"
    ]


def test_a_methodology_is_found_by_id_code_and_version(client: Client) -> None:
    newest = client.get("/v1/methodologies/SHCER-PV-001").json
    assert newest["version"] == 2
    assert client.get(f"/v1/methodologies/{newest['methodology_id']}").json == newest
    assert client.get("/v1/methodologies/SHCER-PV-001/2").json == newest
    assert client.get("/v1/methodologies/SHCER%2FHEAT-002/1").json["code"] == "SHCER/HEAT-002"


def test_a_methodology_shows_how_grams_are_made_where_its_record_says_it(client: Client) -> None:
    assert client.get("/v1/methodologies/SHCER-PV-001/2").json["quantification"] == QUANTIFICATION
    assert client.get("/v1/methodologies/SHCER-PV-001").json["quantification"] == QUANTIFICATION
    assert client.get("/v1/methodologies/SHCER-PV-001/1").json["quantification"] is None


def test_an_activity_is_found_by_id_and_code_and_shows_its_totals(client: Client) -> None:
    found = client.get("/v1/activities/SH-PV-0001").json
    assert found["issued"] == {"quantity_gco2e": "562500000", "quantity_tonnes": "562.5"}
    assert found["facility_deficit"]["quantity_gco2e"] == "0"
    assert found["methodology"]["version"] == 1
    assert client.get(f"/v1/activities/{found['activity_id']}").json == found
    assert client.get("/v1/activities/SH-HEAT%2F0002").json["reduction_class"] == "II"


def test_activities_of_one_facility_show_one_deficit_and_the_totals_count_it_once(tmp_path: Path) -> None:
    sample = make_sample()
    ended, live = sample.rows["activities"]
    ended["status"] = int(ActivityStatus.CLOSED)
    live["facility_id"], live["debtor_id"] = ended["facility_id"], ended["debtor_id"]
    for book in (Book.OWED, Book.DEFICIT):
        sample.add("balances", book=int(book), owner=ended["debtor_id"], lot_id=NO_LOT, quantity_gco2e=5)
    url = f"sqlite:///{tmp_path / 'index.db'}"
    database = open_database(url)
    database.migrate()
    sample.save(database)
    database.close()
    application = create_app(ApiSettings(database_url=url))
    client = Client(application)
    shown = [item["facility_deficit"]["quantity_gco2e"] for item in client.get("/v1/activities").json["items"]]
    assert shown == ["5", "5"]
    assert client.get("/v1/totals").json["deficit"]["quantity_gco2e"] == "5"
    application.close()


def test_totals_show_the_invariant(client: Client) -> None:
    first, second = client.get("/v1/totals").json["classes"]
    assert (first["reduction_class"], second["reduction_class"]) == ("I", "II")
    assert first["cancelled"]["quantity_gco2e"] == "3000003"
    assert first["invariant"]["holds"]
    assert first["invariant"]["left_gco2e"] == first["invariant"]["right_gco2e"] == "562500000"
    assert second["issued"]["quantity_tonnes"] == "7.000001"


def test_transfers_by_account_and_lot(client: Client) -> None:
    items = client.get(f"/v1/transfers?account={PLATFORM_HOLDER.hex0x}&lot_id={LOT}").json["items"]
    assert [item["quantity_gco2e"] for item in items] == ["200000000", "5"]
    assert [item["to_account"] for item in items] == [BUYER.hex0x, STRANGER.hex0x]
    assert client.get(f"/v1/transfers?lot_id={hash32(1).hex0x}").json["items"] == []


def test_operations_of_an_account_are_those_it_gave_received_or_is_about(client: Client) -> None:
    items = client.get(f"/v1/operations?account={BUYER.hex0x}").json["items"]
    assert [item["kind"] for item in items] == ["account-opened", "reduction-transferred", *["reduction-cancelled"] * 3]


@pytest.mark.parametrize(
    "target",
    [
        "/v1/operations",
        f"/v1/operations?account={PLATFORM_HOLDER.hex0x}",
        "/v1/operations?kind=account-opened",
        "/v1/operations?order=newest-first",
        f"/v1/operations?account={BUYER.hex0x}&order=newest-first",
        "/v1/certificates",
        "/v1/certificates?order=newest-first",
        f"/v1/certificates?account={BUYER.hex0x}&lot_id={LOT}",
        "/v1/transfers",
        "/v1/lots",
        "/v1/lots?reduction_class=I&status=free",
        "/v1/issuances?status=confirmed",
        "/v1/activities?kind=project",
        "/v1/methodologies?status=published",
        f"/v1/accounts/{PLATFORM_HOLDER.hex0x}/holdings",
        "/v1/accounts?kind=institution",
        "/v1/blocks",
        f"/v1/operations?lot_id={LOT}",
        f"/v1/operations?lot_id={LOT}&order=newest-first&last_leaf=17",
        f"/v1/operations?activity_id={SOLAR}&first_day=2025-11-13",
    ],
)
def test_pages_of_any_size_join_into_the_same_list(client: Client, target: str) -> None:
    sign = "&" if "?" in target else "?"
    whole = list(pages(client, f"{target}{sign}limit=200"))
    assert whole
    for limit in (1, 2):
        assert list(pages(client, f"{target}{sign}limit={limit}")) == whole
    if "newest-first" in target:
        key = "number" if "certificates" in target else "leaf_index"
        assert whole == sorted(whole, key=lambda item: -item[key])


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ("/v1/certificates/0", "number"),
        ("/v1/certificates/01", "number"),
        ("/v1/certificates/+1", "number"),
        ("/v1/certificates/one", "number"),
        ("/v1/certificates/9223372036854775808", "number"),
        ("/v1/certificates/1?x=1", "x"),
        ("/v1/accounts/0x12", "account"),
        ("/v1/lots/12", "lot_id"),
        ("/v1/lots?status=gone", "status"),
        ("/v1/lots?reduction_class=3", "reduction_class"),
        ("/v1/operations?kind=none", "kind"),
        ("/v1/operations?kind=account-opened&kind=account-opened", "kind"),
        ("/v1/operations?limit=0", "limit"),
        ("/v1/operations?limit=201", "limit"),
        ("/v1/operations?cursor=nonsense", "cursor"),
        ("/v1/operations?order=upwards", "order"),
        ("/v1/operations/0x" + "00" * 32, "OperationId"),
        ("/v1/log/leaves/-1", "leaf_index"),
        ("/v1/log/proof/inclusion", "leaf_index"),
        (f"/v1/log/proof/inclusion?leaf_index=1&operation_id=0x{'11' * 32}", "leaf_index"),
        ("/v1/log/proof/inclusion?leaf_index=1&tree_size=1000", "tree_size"),
        ("/v1/log/proof/inclusion?leaf_index=5&tree_size=5", "tree_size"),
        ("/v1/log/proof/consistency?first=1", "second"),
        ("/v1/log/proof/consistency?first=3&second=2", "first"),
        ("/v1/log/proof/consistency?first=0&second=2", "first"),
        ("/v1/log/proof/consistency?first=1&second=1000", "second"),
        ("/v1/methodologies/SHCER-PV-001/0", "version"),
        ("/v1/activities/" + "x" * 65, "activity"),
        ("/v1/activities/0x12", "activity"),
        ("/v1/blocks/one", "block"),
        ("/v1/blocks/0x12", "block"),
        ("/v1/search?q=%20", "q"),
        ("/v1/search?q=" + "x" * 201, "q"),
        ("/v1/search", "q"),
        ("/v1/operations?first_day=2026-02-30", "first_day"),
    ],
)
def test_a_malformed_question_names_field_and_rule(client: Client, target: str, field: str) -> None:
    reply = client.get(target)
    assert reply.status == 422
    assert [error["field"] for error in reply.json["errors"]] == [field]
    assert reply.json["errors"][0]["rule"]


@pytest.mark.parametrize(
    "target",
    [
        "/v1/certificates/7",
        "/v1/batches/99",
        f"/v1/providers/0x{'99' * 20}",
        "/v1/campaigns/NONE",
        f"/v1/accounts/0x{'99' * 20}",
        f"/v1/accounts/0x{'99' * 20}/holdings",
        f"/v1/lots/0x{'99' * 32}",
        f"/v1/operations/0x{'99' * 32}",
        f"/v1/issuances/0x{'99' * 32}",
        f"/v1/methodologies/0x{'99' * 32}",
        "/v1/methodologies/NONE",
        "/v1/methodologies/SHCER-PV-001/3",
        "/v1/activities/NONE",
        "/v1/log/leaves/1000",
        "/v1/blocks/9",
        f"/v1/blocks/0x{'99' * 32}",
        f"/v1/accounts/0x{'99' * 20}/postings",
        "/v1/log/proof/inclusion?leaf_index=1000",
        f"/v1/log/proof/inclusion?operation_id=0x{'99' * 32}",
    ],
)
def test_what_is_not_there_is_a_404_as_of_a_block(client: Client, sample: SampleLedger, target: str) -> None:
    reply = client.get(target)
    assert reply.status == 404
    assert reply.json["type"] == "https://ledger.example/problems/not-found"
    assert reply.json["as_of"]["log_size"] == sample.log.size
    assert reply.header("tanpuhui-as-of")
    assert reply.header("content-type") == "application/problem+json"


def test_a_cursor_is_good_for_its_list_and_filters_only(client: Client) -> None:
    cursor = client.get("/v1/operations?limit=1").json["next"].partition("cursor=")[2]
    assert client.get(f"/v1/operations?cursor={cursor}").status == 200
    for target in (
        f"/v1/transfers?cursor={cursor}",
        f"/v1/operations?kind=account-opened&cursor={cursor}",
        f"/v1/operations?order=newest-first&cursor={cursor}",
        f"/v1/operations?cursor={cursor[:-2]}",
        f"/v1/operations?cursor={cursor}{'A' * 600}",
    ):
        assert client.get(target).status == 422


def test_a_page_that_ends_with_the_list_has_no_next(client: Client) -> None:
    whole = client.get("/v1/operations?limit=200").json["items"]
    exact = client.get(f"/v1/operations?limit={len(whole)}").json
    assert (exact["items"], exact["next"]) == (whole, None)
    assert client.get(f"/v1/operations?limit={len(whole) - 1}").json["next"] is not None


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        ("/v1/log/leaves/1", "public, no-cache"),
        ("/v1/log/proof/inclusion?leaf_index=1&tree_size=5", "public, no-cache"),
        ("/v1/certificates/1", "public, no-cache"),
        ("/v1/operations", "public, no-cache"),
        ("/v1/health/ready", "no-store"),
        ("/v1/certificates/99", "no-store"),
    ],
)
def test_nothing_is_kept_unasked(client: Client, target: str, rule: str) -> None:
    assert client.get(target).header("cache-control") == rule


def test_a_halted_index_says_so_on_every_answer_and_nothing_of_it_may_be_kept(halted_client: Client) -> None:
    for target in EXAMPLES:
        reply = halted_client.get(target)
        assert reply.json["as_of"]["halted"] is True
        assert reply.header("cache-control") == "no-store"
        assert reply.status == (503 if target == "/v1/health/ready" else 200)


def test_a_halted_index_is_not_ready_and_says_why(halted_client: Client) -> None:
    ready = halted_client.get("/v1/health/ready")
    assert (ready.status, ready.json["code"]) == (503, "index-halted")
    assert "block 2 (broken-log)" in ready.json["detail"]
    assert "made" not in ready.json["detail"]  # what is said of it may name rows of the database
    assert ready.header("retry-after")
    chinese = halted_client.get("/v1/health/ready", accept_language="zh").json["detail"]
    assert "broken-log" in chinese
    assert "made" not in chinese
    assert halted_client.get("/v1/health/live").status == 200


def test_an_instance_whose_follower_fails_is_not_ready_and_still_answers(database_url: str) -> None:
    ailing: list[FollowerFailing | None] = [None]
    application = create_app(ApiSettings(database_url=database_url), following=lambda: ailing[0])
    client = Client(application)
    assert client.get("/v1/health/ready").status == 200
    ailing[0] = FollowerFailing("node-unreachable")
    ready = client.get("/v1/health/ready")
    assert (ready.status, ready.json["code"]) == (503, "follower-failing")
    assert "node-unreachable" in ready.json["detail"]
    assert client.get("/v1/health/live").status == 200
    assert client.get("/v1/certificates/1").status == 200
    application.close()


@pytest.mark.parametrize(
    "target", ["/docs", "/docs.css", "/openapi.json", "/problems/not-found", "/v1/health/live", *EXAMPLES]
)
def test_no_route_ignores_a_parameter(client: Client, target: str) -> None:
    reply = client.get(target + ("&" if "?" in target else "?") + "surprise=1")
    assert (reply.status, reply.json["errors"][0]["field"]) == (422, "surprise")


def test_an_empty_index_answers_503_and_not_with_nothing(empty_client: Client) -> None:
    for target in EXAMPLES:
        reply = empty_client.get(target)
        assert reply.status == 503
        assert reply.json["code"] == "index-empty"
        assert reply.header("retry-after")
    assert empty_client.get("/v1/health/live").status == 200


def test_an_index_that_is_not_there_yet_is_looked_for_again(missing_client: Client) -> None:
    for _ in range(2):
        assert missing_client.get("/v1/certificates/1").status == 503
