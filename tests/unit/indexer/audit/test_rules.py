"""The reference model follows the chain: it accepts what the contracts did, and says where they did otherwise."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, select, update

from indexer import schema
from indexer.audit.findings import Finding
from indexer.audit.model_replay import RulesReplay
from indexer.audit.rules import audit_rules
from indexer.pairing import PairedOperation
from ledger.ids import ZERO_HASH
from ledger.vocabulary import CancellationPurpose, ReductionClass
from tests.fakes.event_logs import CONTRACTS
from tests.fakes.ledger_world import HOLDER
from tests.fakes.told_moves import chain_of, told
from tests.unit.indexer.audit.full_life import full_life
from tests.unit.indexer.audit.parts import audit_of


def replayed(operations: list[PairedOperation]) -> tuple[list[Finding], RulesReplay]:
    replay = RulesReplay(CONTRACTS)
    findings = [finding for operation in operations for finding in replay.follow(operation)]
    return [*findings, *replay.invariants()], replay


def test_the_model_accepts_what_the_chain_did() -> None:
    world = full_life()
    findings, replay = replayed(told(world))
    assert findings == []
    assert replay.model.log_root() == world.model.log_root()
    assert replay.operations == world.model.log_size


DECIDED = {
    "MethodologyPublished": ("methodology_id",),
    "ActivityRegistered": ("activity_id", "class"),
    "IssuanceConfirmed": (
        *("lot_id", "activity_id", "methodology_id", "class", "first_day", "last_day", "credited_account"),
        *("first_serial", "issued_grams", "withheld_grams"),
    ),
    "ReductionCancelled": ("certificate_number", "first_serial"),
    "ReductionCorrected": ("account", "taken_back_grams", "shortfall_grams"),
    "PointsBoughtBack": ("lot_id", "operation_id", "provider", "class", "first_serial", "grams"),
    "CampaignOpened": ("campaign_id",),
    "PointsEarned": ("batch_number", "withheld_grams", "personal_after"),
    "BehaviourRecorded": ("batch_number",),
    "PointsRedeemed": ("batch_number", "bought_back_grams", "personal_after"),
    "PointsDonated": ("batch_number", "personal_after"),
    "PointsCancelled": ("batch_number", "first_certificate", "personal_after"),
    "PointsCorrected": ("batch_number", "class", "personal_after"),
    "SnapshotTaken": ("batch_number",),
    "CampaignPoolCancelled": ("certificate_number", "purpose", "grams"),
}
"""What the contracts decide, by event."""


def other(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, ReductionClass):
        return ReductionClass.I if value is ReductionClass.II else ReductionClass.II
    if isinstance(value, CancellationPurpose):
        return CancellationPurpose.ECOLOGICAL_RESTORATION
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    return value + 1


def with_change(name: str, column: str) -> tuple[list[PairedOperation], int]:
    """The life, in which the last event of this name tells of something else, and the leaf of that event."""
    operations = told(full_life())
    place = max(at for at, one in enumerate(operations) if type(one.event).__name__ == name)
    leaf, event = operations[place]
    field = "reduction_class" if column == "class" else column
    changed = event._replace(**{field: other(getattr(event, field))})
    operations[place] = PairedOperation(leaf, changed)
    return operations, leaf.leaf_index


@pytest.mark.parametrize(("name", "column"), [(name, column) for name, some in DECIDED.items() for column in some])
def test_a_decision_that_is_another_is_named(name: str, column: str) -> None:
    operations, leaf_index = with_change(name, column)
    findings, _ = replayed(operations)
    of_leaf = [one for one in findings if one.key.startswith(f"{leaf_index}, ") and one.table == f"event {name}"]
    assert column in {one.column for one in of_leaf}


def of_leaf(operations: list[PairedOperation], name: str, change: Callable[[Any], Any]) -> list[Finding]:
    """Findings of the life in which the last event of this name is changed."""
    place = max(at for at, one in enumerate(operations) if type(one.event).__name__ == name)
    leaf, event = operations[place]
    operations[place] = PairedOperation(leaf, change(event))
    findings, _ = replayed(operations)
    return [one for one in findings if one.key.startswith(f"{leaf.leaf_index}, ")]


@pytest.mark.parametrize(
    ("name", "change", "rule"),
    [
        ("ReductionTransferred", {"grams": 10**9}, "ReductionLedger_InsufficientBalance"),
        ("ReductionCancelled", {"purpose": CancellationPurpose.NONE}, "ReductionLedger_PurposeMissing"),
        ("AccountClosed", {"account": HOLDER}, "AccountRegistry_StillHolding"),
        ("IssuanceProposed", {"grams": 10**12}, "ActivityRegistry_CapExceeded"),
        ("PointsCancelled", {"commitment": "too many"}, "PointLedger_ExceedsPersonal"),
        ("PointsDonated", {"campaign_id": ZERO_HASH}, "CampaignRegistry_NotOpen"),
        ("ProviderResumed", {"account": HOLDER}, "ProviderRegistry_WrongStatus"),
    ],
)
def test_what_a_rule_forbids_is_named_with_the_rule(name: str, change: dict[str, Any], rule: str) -> None:
    world = full_life()

    def changed(event: Any) -> Any:
        if change.get("commitment") == "too many":
            return event._replace(commitment=event.commitment._replace(total=10**15))
        return event._replace(**change)

    found = of_leaf(told(world), name, changed)
    assert [one.column for one in found] == ["*"]
    assert rule in str(found[0].expected)
    assert found[0].found == "applied"


def test_what_was_left_out_is_a_leaf_that_differs() -> None:
    """Nothing that comes after a hidden cancellation fits any more: numbers and serials go on from it."""
    operations = told(full_life())
    place = next(at for at, one in enumerate(operations) if type(one.event).__name__ == "ReductionCancelled")
    findings, _ = replayed(operations[:place] + operations[place + 1 :])
    assert "certificate_number" in {one.column for one in findings}


def test_an_id_that_comes_twice_is_named() -> None:
    operations = told(full_life())
    again = next(one for one in operations if type(one.event).__name__ == "LotUnfrozen")
    findings, _ = replayed([*operations, again])
    assert [one.column for one in findings] == ["operation_id"]


def test_a_buy_back_that_nothing_set_off_is_named() -> None:
    operations = told(full_life())
    place = next(at for at, one in enumerate(operations) if type(one.event).__name__ == "PointsBoughtBack")
    without = operations[:place] + operations[place + 1 :]
    findings, _ = replayed(without)
    assert findings[0].column == "buy-back"
    donation = next(at for at, one in enumerate(operations) if type(one.event).__name__ == "PointsDonated")
    moved = [*without[: donation - 1], operations[place], *without[donation - 1 :]]
    found = [one for one in replayed(moved)[0] if one.table == "event PointsBoughtBack"]
    assert [one.expected for one in found] == ["no buy-back"]


def test_a_leaf_that_says_something_else_is_named() -> None:
    operations = told(full_life())
    leaf, event = operations[-1]
    operations[-1] = PairedOperation(
        leaf._replace(record_hash=bytes(31) + b"\x01", grams=7, leaf_hash=bytes(32)), event
    )
    findings, _ = replayed(operations)
    assert {one.column for one in findings} == {"leaf.grams", "leaf.leaf_hash"}


def test_the_part_reads_the_chain_and_holds_the_replica_to_the_model(tmp_path: Path) -> None:
    chain = chain_of(full_life())
    with audit_of(chain, chain.deployment, tmp_path) as context:
        assert list(audit_rules(context)) == []
        assert context.covered["operations replayed"] == chain.head.state.log_size


@pytest.mark.parametrize(
    ("table", "column", "told_as"),
    [
        (schema.accounts, "status", ("replica accounts", "status")),
        (schema.lots, "first_serial", ("replica lots", "first_serial")),
        (schema.batches, "withheld_gco2e", ("replica batches", "withheld_grams")),
        (schema.point_balances, "quantity_gco2e", ("replica point_balances", "provider_pools")),
        (schema.certificates, "account", ("replica certificates", "account")),
    ],
)
def test_a_replica_that_differs_from_the_model_is_named(
    tmp_path: Path, table: Table, column: str, told_as: tuple[str, str]
) -> None:
    chain = chain_of(full_life())
    with audit_of(chain, chain.deployment, tmp_path) as context:
        with context.replica.write() as connection:
            old = connection.execute(select(table)).first()
            assert old is not None
            value = {"status": 2, "account": bytes(20), "withheld_gco2e": 7, "first_serial": 99_999_999}.get(column, 7)
            here = [one == old._mapping[one.name] for one in table.primary_key.columns]
            if column == "quantity_gco2e":
                here = [table.c.book == int(schema.PointBook.PROVIDER_POOL)]
            connection.execute(update(table).where(*here).values({column: value}))
        assert told_as in {(one.table, one.column) for one in audit_rules(context)}
