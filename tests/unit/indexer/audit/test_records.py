"""Stored records are held to their keys, to the operations that carry them, and to what anyone may see of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from indexer import schema
from indexer.audit.context import AuditContext
from indexer.audit.findings import Finding
from indexer.audit.records import audit_records
from indexer.database import Database
from indexer.records import RecordStore
from ledger.canonical import canonical_json
from ledger.ids import OperationId
from ledger.records import Record, build_record
from ledger.vocabulary import OperationKind
from tests.fakes.event_chain import EventChain
from tests.fakes.told_moves import chain_of
from tests.unit.indexer.audit.full_life import full_life
from tests.unit.indexer.audit.parts import audit_of, open_mirror
from tests.unit.indexer.audit.recorded_world import OF_PURPOSES, SALTS, RecordedWorld


@pytest.fixture(scope="module")
def world() -> RecordedWorld:
    made = RecordedWorld()
    full_life(made)
    return made


@pytest.fixture(scope="module")
def chain(world: RecordedWorld) -> EventChain:
    return chain_of(world)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, world: RecordedWorld, chain: EventChain) -> Path:
    """A folder with what an operator has, and an auditor's replica."""
    folder = tmp_path_factory.mktemp("kept")
    database = open_mirror(folder, "operator")
    RecordStore(database).save(world.records)
    database.close()
    with audit_of(chain, chain.deployment, folder):
        return folder


@pytest.fixture
def operator(tmp_path: Path, kept: Path) -> Iterator[Database]:
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    database = open_mirror(tmp_path, "operator")
    yield database
    database.close()


def findings(
    folder: Path, chain: EventChain, database: Database, since_leaf: int | None = None
) -> tuple[list[Finding], AuditContext]:
    with audit_of(chain, chain.deployment, folder, database, since_leaf=since_leaf) as context:
        return list(audit_records(context)), context


def test_clean_records_pass(tmp_path: Path, world: RecordedWorld, chain: EventChain, operator: Database) -> None:
    found, context = findings(tmp_path, chain, operator)
    assert found == []
    assert context.covered["records"] == len(world.records)
    assert {record.kind for record in world.records} == {*OperationKind} - {OperationKind.POINTS_BOUGHT_BACK}


def stored(database: Database, record: Record, **values: Any) -> None:
    with database.write() as connection:
        here = schema.records.c.record_hash == bytes(record.hash)
        connection.execute(update(schema.records).where(here).values(**values))


def of_kind(world: RecordedWorld, kind: OperationKind) -> Record:
    return next(record for record in world.records if record.kind is kind)


def edited(text: str, change: Callable[[dict[str, Any]], object]) -> str:
    document = json.loads(text)
    change(document)
    return canonical_json(document).decode()


def field(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in document["fields"] if one.get("name") == name)
    return found


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "value": lambda document: field(document, "beneficiary").update(value="somebody's"),
    "salt": lambda document: field(document, "beneficiary").update(salt="0x" + "00" * 16),
    "name": lambda document: field(document, "beneficiary").update(name="beneficiary_"),
    "kind": lambda document: document.update(kind="reduction-transferred"),
    "format": lambda document: document.update(format=2),
    "a field less": lambda document: document["fields"].pop(),
    "a field twice": lambda document: document["fields"].append(document["fields"][-1]),
    "another member": lambda document: document.update(more=1),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_of_a_document_is_found(
    tmp_path: Path, world: RecordedWorld, chain: EventChain, operator: Database, change: str
) -> None:
    record = of_kind(world, OperationKind.REDUCTION_CANCELLED)
    stored(operator, record, document=edited(record.to_bytes().decode(), CHANGES[change]))
    found, _ = findings(tmp_path, chain, operator)
    assert {(one.table, one.key) for one in found} == {("records", record.hash.hex0x)}
    assert "document" in {one.column for one in found}
    assert "public" not in {one.column for one in found}


def test_a_document_in_other_bytes_is_found(
    tmp_path: Path, world: RecordedWorld, chain: EventChain, operator: Database
) -> None:
    record = world.records[3]
    stored(operator, record, document=record.to_bytes().decode().replace(",", ", "))
    found, _ = findings(tmp_path, chain, operator)
    assert [(one.key, one.column) for one in found] == [(record.hash.hex0x, "document")]


def test_another_key_is_found(tmp_path: Path, world: RecordedWorld, chain: EventChain, operator: Database) -> None:
    """The record is then nobody's, but document and what is shown of it still say whose it is."""
    record = world.records[3]
    other = bytes(31) + b"\x07"
    stored(operator, record, record_hash=other)
    found, context = findings(tmp_path, chain, operator)
    assert [(one.column, one.expected, one.found) for one in found] == [
        ("record_hash", record.hash.hex0x, "0x" + other.hex())
    ]
    assert context.covered["operations without a record here"] == 1


def test_another_kind_is_found(tmp_path: Path, world: RecordedWorld, chain: EventChain, operator: Database) -> None:
    record = of_kind(world, OperationKind.LOT_FROZEN)
    stored(operator, record, kind=int(OperationKind.LOT_UNFROZEN))
    found, _ = findings(tmp_path, chain, operator)
    assert [(one.key, one.column) for one in found] == [(record.hash.hex0x, "kind")]


PUBLIC: dict[str, Callable[[Record], str]] = {
    "shows what is kept back": lambda record: canonical_json(record.disclose([*record.values]).to_json()).decode(),
    "of another record": lambda _: canonical_json(other_record().disclose(["rules"]).to_json()).decode(),
    "no disclosure": lambda _: "{}",
    "no JSON": lambda _: "",
    "other bytes": lambda record: canonical_json(record.disclose(["rules"]).to_json()).decode() + " ",
    "another commitment": lambda record: edited(
        canonical_json(record.disclose(["rules"]).to_json()).decode(),
        lambda document: document["fields"][0].update(commitment="0x" + "11" * 32),
    ),
}


def other_record() -> Record:
    fields = {"rules": "rules", "lot_id": "0x" + "22" * 32}
    return build_record(OperationKind.LOT_FROZEN, OperationId(bytes(31) + b"\x05"), {**fields}, SALTS)


@pytest.mark.parametrize("change", PUBLIC)
def test_each_change_of_what_is_public_is_found(
    tmp_path: Path, world: RecordedWorld, chain: EventChain, operator: Database, change: str
) -> None:
    record = of_kind(world, OperationKind.REDUCTION_CANCELLED)
    stored(operator, record, public=PUBLIC[change](record))
    found, _ = findings(tmp_path, chain, operator)
    assert [(one.key, one.column) for one in found] == [(record.hash.hex0x, "public")]
    if change == "shows what is kept back":
        assert found[0].found == "beneficiary"


def test_what_a_body_keeps_back_is_its_business(
    tmp_path: Path, world: RecordedWorld, chain: EventChain, operator: Database
) -> None:
    record = of_kind(world, OperationKind.REDUCTION_CANCELLED)
    RecordStore(operator).disclose(record.hash, ["rules"])
    assert findings(tmp_path, chain, operator)[0] == []


def test_a_record_of_an_operation_that_was_never_applied_is_told_apart_from_damage(
    tmp_path: Path, chain: EventChain, operator: Database
) -> None:
    never = other_record()
    RecordStore(operator).save([never])
    found, context = findings(tmp_path, chain, operator)
    assert found == []
    assert context.covered["records of no operation"] == 1
    stored(operator, never, document=never.to_bytes().decode().replace("0x2222", "0x3222"))
    found, _ = findings(tmp_path, chain, operator)
    assert {(one.key, one.column) for one in found} == {(never.hash.hex0x, "document")}


def test_records_of_others_are_counted_and_no_finding(
    tmp_path: Path, world: RecordedWorld, chain: EventChain, operator: Database
) -> None:
    with operator.write() as connection:
        connection.execute(delete(schema.records).where(schema.records.c.record_hash == bytes(world.records[3].hash)))
    found, context = findings(tmp_path, chain, operator)
    assert found == []
    assert context.covered["operations without a record here"] == 1


# A record that tells of another operation than that which carries it


LIES = {
    "account_kind": ("personal", "institution"),
    "custody": ("holder", "platform"),
    "methodology_kind": ("project", "scenario"),
    "activity_kind": ("project", "reduction-scenario"),
    "class": ("I", "II"),
    "provider_mode": ("other", "sub-platform"),
    "purpose": ("event-neutrality", "voluntary-offset"),
}
FREE = {"rules", "reason", "beneficiary", "field_names", "organisation", "event"}
"""Fields of which the chain says nothing."""


def lie(name: str, value: str) -> str:
    """Another value of the same form."""
    if name in LIES:
        return next(word for word in LIES[name] if word != value)
    if value[:2] == "0x":
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    if name.endswith("_day"):
        return value[:2] + ("1" if "first" in name else "3") + value[3:]
    return value + "1" if value.isdigit() else value + "-X"


def told_fields(record: Record) -> list[str]:
    """The fields of which the chain says something; a period of an offset is the holder's word."""
    free = FREE | {"period_first_day", "period_last_day"} if record.kind is OperationKind.REDUCTION_CANCELLED else FREE
    return [name for name in record.values if name not in free]


def test_every_field_that_tells_of_another_operation_is_found(tmp_path: Path) -> None:
    """The last record of each kind says something else in every field of which the chain says something."""
    world = RecordedWorld()
    full_life(world)
    last = {record.kind: place for place, record in enumerate(world.records)}
    expected = set()
    for kind, place in last.items():
        record, move = world.records[place], world.moves[place]
        names = told_fields(record)
        values: dict[str, Any] = {key: one for key, one in record.values.items() if key != "field_names"}
        values |= {name: lie(name, str(values[name])) for name in names}
        if kind is OperationKind.REDUCTION_CANCELLED:
            values |= OF_PURPOSES[values["purpose"]]
        world.records[place] = build_record(kind, move.operation_id, values, SALTS)
        world.moves[place] = move.changed(record_hash=world.records[place].hash)
        expected |= {(world.records[place].hash.hex0x, f"document.{name}") for name in names}
    assert len(expected) > 90
    chain = chain_of(world)
    database = open_mirror(tmp_path, "operator")
    RecordStore(database).save(world.records)
    found, _ = findings(tmp_path, chain, database)
    database.close()
    assert {(one.key, one.column) for one in found} == expected


def test_a_record_of_another_kind_than_its_operation_is_found(tmp_path: Path) -> None:
    """As somebody could send who is no client of ours."""
    world = RecordedWorld()
    full_life(world)
    place = max(at for at, move in enumerate(world.moves) if move.function == "freeze_account")
    move = world.moves[place]
    fields: dict[str, Any] = {"rules": "rules", "account": world.records[place].values["account"]}
    false = build_record(OperationKind.ACCOUNT_UNFROZEN, move.operation_id, fields, SALTS)
    world.moves[place] = move.changed(record_hash=false.hash)
    chain = chain_of(world)
    database = open_mirror(tmp_path, "operator")
    RecordStore(database).save([false])
    found, _ = findings(tmp_path, chain, database)
    database.close()
    assert [(one.key, one.column) for one in found] == [(false.hash.hex0x, "kind")]


def test_a_continued_audit_looks_at_what_came_since(
    tmp_path: Path, world: RecordedWorld, chain: EventChain, operator: Database
) -> None:
    stored(operator, world.records[0], document="{}")
    found, context = findings(tmp_path, chain, operator, since_leaf=40)
    assert [one.column for one in found] == ["document"]
    assert context.covered["records of no operation"] == 0
