"""Files of batches are read anew: whatever differs in one is found and named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from sqlalchemy import delete, update

from indexer import schema
from indexer.audit.batch_files import audit_batch_files
from indexer.audit.findings import Finding
from indexer.batch_files import BatchColumns, read_batch
from indexer.database import Database
from ledger.bulk.columns import Strings
from ledger.vocabulary import BatchKind, ReductionClass
from tests.fakes.told_moves import chain_of
from tests.unit.indexer.audit.parts import audit_of
from tests.unit.indexer.audit.points_world import DAY, NOON, PointsWorld, some_batch
from tests.unit.indexer.batches import tags


@pytest.fixture
def world(tmp_path: Path) -> PointsWorld:
    return PointsWorld(tmp_path)


def findings(
    world: PointsWorld, *, change: Callable[[Database], object] | None = None, told: dict[str, Any] | None = None
) -> list[Finding]:
    """What an audit of the world finds, once its operator has looked at everything and then `change` happens."""
    audited = world.operator()
    chain = chain_of(world.world)
    try:
        if change is not None:
            change(audited)
        with audit_of(chain, chain.deployment, world.folder, audited, world.store) as context:
            found = list(audit_batch_files(context))
            (told if told is not None else {}).update(covered=context.covered, facts=context.facts)
            return found
    finally:
        audited.close()


def named(found: list[Finding]) -> set[tuple[str, str]]:
    """What is named of each batch: key without the entry's id, and column."""
    return {(", ".join(one.key.split(", ")[:2]), one.column) for one in found}


def test_a_clean_store_passes(world: PointsWorld) -> None:
    told: dict[str, Any] = {}
    assert findings(world.whole_life(), told=told) == []
    assert told["covered"]["entries"] == 15
    assert told["covered"]["entries quantified"] == 7
    assert told["covered"]["batch files"] == 8
    assert told["facts"] == []


# A file that is not the one that was anchored


def changed_hash(column: Any, row: int) -> Any:
    copy = np.array(column)
    copy[row, 31] ^= 1
    return copy


def changed_grams(batch: BatchColumns) -> Any:
    copy = np.array(batch.grams)
    copy[1] += np.uint64(1)
    return copy


def changed_details(batch: BatchColumns) -> Strings:
    texts = batch.details.to_list()
    texts[1] = texts[1].replace(b'"distance_m":', b'"distance_m":1')
    return Strings.from_list(texts)


IN_A_ROW: dict[str, tuple[Callable[[BatchColumns], dict[str, Any]], tuple[str, str]]] = {
    "entry_id": (lambda batch: {"entry_ids": changed_hash(batch.entry_ids, 1)}, ("batch 1", "root")),
    "grams": (lambda batch: {"grams": changed_grams(batch)}, ("batch 1, entry 1", "grams")),
    "account_tag": (lambda batch: {"account_tags": changed_hash(batch.account_tags, 1)}, ("batch 1", "root")),
    "details": (lambda batch: {"details": changed_details(batch)}, ("batch 1, entry 1", "grams")),
    "kind": (lambda _: {"kind": BatchKind.BEHAVIOUR}, ("batch 1", "kind")),
    "class": (lambda _: {"reduction_class": ReductionClass.I}, ("batch 1", "class")),
    "salt key": (lambda _: {"salt_key": bytes(32)}, ("batch 1", "root")),
}
"""A change of each value of a file, and where it shows besides the file's hash."""


@pytest.mark.parametrize("value", IN_A_ROW)
def test_each_value_of_a_file_is_found(world: PointsWorld, value: str) -> None:
    change, shown = IN_A_ROW[value]
    world.whole_life()

    def overwrite(_: Database) -> None:
        world.overwrite(1, **change(read_batch(world.path(1))))

    found = findings(world, change=overwrite)
    assert {("batch 1", "file_hash"), shown} <= named(found)
    assert {one.table for one in found if one.key.startswith("batch 1")} == {f"file 0x{world.path(1).stem}"}


@pytest.mark.parametrize("name", ["tanpuhui.format", "tanpuhui.kind", "tanpuhui.class", "tanpuhui.salt_key", "more"])
def test_each_word_of_a_files_metadata_is_found(world: PointsWorld, name: str) -> None:
    world.whole_life()

    def overwrite(_: Database) -> None:
        table = pq.read_table(world.path(1)).replace_schema_metadata(None)
        given = pq.read_metadata(world.path(1)).metadata
        metadata = {key.decode(): value.decode() for key, value in given.items()} | {name: "2"}
        world.path(1).unlink()
        with pq.ParquetWriter(world.path(1), table.schema, store_schema=False) as writer:
            writer.write_table(table)
            writer.add_key_value_metadata(metadata)

    found = named(findings(world, change=overwrite))
    expected = {"more": "metadata", "tanpuhui.kind": "kind or class", "tanpuhui.class": "kind or class"}
    assert {("batch 1", "file_hash"), ("batch 1", expected.get(name, name))} <= found


@pytest.mark.parametrize("place", [0, 5, 100, -5])
def test_a_byte_of_a_file_is_found(world: PointsWorld, place: int) -> None:
    world.whole_life()

    def overwrite(_: Database) -> None:
        data = bytearray(world.path(3).read_bytes())
        data[place] ^= 0x10
        world.path(3).write_bytes(data)

    assert ("batch 3", "file_hash") in named(findings(world, change=overwrite))


def test_a_file_that_is_gone_is_named_and_what_it_leaves_unknown_is_said(world: PointsWorld) -> None:
    told: dict[str, Any] = {}
    found = findings(world.whole_life(), change=lambda _: world.path(1).unlink(), told=told)
    assert named(found) == {("batch 1", "*")}
    assert any("not known from batch 1" in fact for fact in told["facts"])


def test_a_changed_file_whose_hash_is_changed_in_the_database_too_is_found(world: PointsWorld) -> None:
    """The chain's hash decides; the table `batches` itself is held against the replica."""
    world.whole_life()

    def forge(database: Database) -> None:
        batch = read_batch(world.path(5))
        grams = np.array(batch.grams)
        grams[0] += np.uint64(1)
        world.overwrite(5, grams=grams)
        forged = world.store.put(world.path(5))
        world.path(5).unlink()
        with database.write() as connection:
            for table in (schema.batches, schema.batch_files):
                here = table.c.batch_number == 5
                connection.execute(update(table).where(here).values(file_hash=bytes(forged)))

    assert {("batch 5", "*"), ("5", "file_hash")} <= named(findings(world, change=forge))


# A file that was anchored as it is, and is wrong


def with_details(batch: BatchColumns, row: int, text: bytes) -> BatchColumns:
    texts = batch.details.to_list()
    texts[row] = text
    return replace(batch, details=Strings.from_list(texts))


TRIP = f'"ended_at":{NOON + 600},"started_at":{NOON}'


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        (f'{{"distance_m":4001,{TRIP}}}', "grams", "602"),
        (f'{{"distance_m":50001,{TRIP}}}', "grams", "refused: input-out-of-range"),
        (f"{{{TRIP}}}", "grams", "refused: input-missing"),
        (f'{{"distance_m":4000, {TRIP}}}', "details", "an object of whole numbers"),
        (f'{{"distance_m":4000.0,{TRIP}}}', "details", "an object of whole numbers"),
        (f'{{"distance_m":4000,{TRIP},"who":1}}', "details", "an object of whole numbers"),
        (f'{{"distance_m":4000,"started_at":{NOON + 86_400}}}', "details", "a day from"),
        (f'{{"distance_m":4000,"ended_at":{NOON - 86_400}}}', "details", "a day from"),
    ],
)
def test_an_earning_that_does_not_follow_from_its_inputs_is_named(
    world: PointsWorld, text: str, column: str, expected: str
) -> None:
    good = some_batch(BatchKind.EARN, [(1, 4_000), (2, 4_000)])
    batch = with_details(good, 1, text.encode())
    if expected == "602":
        batch = with_details(good, 1, f'{{"distance_m":4000,{TRIP}}}'.encode())
        batch.grams[1] += np.uint64(1)
    world.earn(batch)
    found = findings(world)
    assert named(found) == {("batch 1, entry 1", column)}
    assert str(found[0].expected).startswith(expected)
    assert batch.entry_ids[1].tobytes().hex() in found[0].key


def test_a_behaviour_that_does_not_follow_from_its_inputs_is_named(world: PointsWorld) -> None:
    batch = some_batch(BatchKind.BEHAVIOUR, [(1, 700)])
    batch.grams[0] += np.uint64(1)
    world.earn(batch)
    assert named(findings(world)) == {("batch 1, entry 0", "grams")}


def test_an_earning_without_quantification_is_named(tmp_path: Path) -> None:
    world = PointsWorld(tmp_path, quantified=False)
    world.earn(some_batch(BatchKind.EARN, [(1, 4_000)]))
    assert named(findings(world)) == {("batch 1", "quantification")}


def test_a_record_that_was_changed_quantifies_nothing(world: PointsWorld) -> None:
    world.earn(some_batch(BatchKind.EARN, [(1, 4_000)]))

    def change(database: Database) -> None:
        with database.write() as connection:
            document = str(connection.scalar(schema.records.select().with_only_columns(schema.records.c.document)))
            forged = document.replace("150.5", "151.5")
            assert forged != document
            connection.execute(update(schema.records).values(document=forged))

    assert named(findings(world, change=change)) == {("batch 1", "quantification")}


@pytest.mark.parametrize("text", [b"{}", b'{"reference":1}', b'{"reference":"a" }', b'{"reference":"a","b":1}'])
def test_an_instruction_of_another_form_is_named(world: PointsWorld, text: bytes) -> None:
    world.earn(some_batch(BatchKind.EARN, [(1, 20_000), (2, 20_000)]))
    world.take("cancel_points", with_details(some_batch(BatchKind.CANCEL, [(1, 10), (2, 20)]), 0, text))
    assert named(findings(world)) == {("batch 2, entry 0", "details")}


def test_an_entry_that_was_in_a_batch_before_is_named_with_its_place(world: PointsWorld) -> None:
    first = some_batch(BatchKind.EARN, [(1, 4_000), (2, 5_000)])
    world.earn(first)
    again = some_batch(BatchKind.EARN, [(2, 5_000), (3, 100)], first=1)
    world.earn(again)
    found = findings(world)
    assert {one.column for one in found} == {"entry_id"}
    rows = [row.tobytes() for row in first.entry_ids]
    (double,) = [row.tobytes() for row in again.entry_ids if row.tobytes() in rows]
    assert found[0].found == f"entry {rows.index(double)} of batch 1"
    assert double.hex() in found[0].key


def test_whoever_spent_more_than_he_had_is_named(world: PointsWorld) -> None:
    world.earn(some_batch(BatchKind.EARN, [(1, 4_000), (2, 4_000)]))
    world.take("cancel_points", some_batch(BatchKind.CANCEL, [(1, 2), (2, 603)]))
    found = findings(world)
    assert {one.column for one in found} == {"grams"}
    assert [one.found for one in found] == ["-1"]


def test_what_was_overdrawn_and_earned_later_is_named_all_the_same(world: PointsWorld) -> None:
    """After any batch, not only in the end."""
    world.earn(some_batch(BatchKind.EARN, [(1, 4_000), (2, 4_000)]))
    world.take("cancel_points", some_batch(BatchKind.CANCEL, [(1, 700)]))
    world.earn(some_batch(BatchKind.EARN, [(1, 20_000)], first=9))
    assert [(one.column, one.found) for one in findings(world)] == [("grams", "-98")]


def test_points_that_filled_a_deficit_are_nobodys(world: PointsWorld) -> None:
    world.earn(some_batch(BatchKind.EARN, [(1, 4_000)]))
    world.world.do("correct_points", batch_number=1, grams=500)
    earned = some_batch(BatchKind.EARN, [(2, 4_000), (3, 4_000)], first=10)
    world.earn(earned)
    first, second = (tags(2).tobytes(), tags(3).tobytes())
    if earned.account_tags[0].tobytes() != first:
        first, second = second, first
    persons = {tags(person).tobytes(): person for person in (2, 3)}
    left = [(1, 602), (persons[first], 102), (persons[second], 602)]
    world.take("take_snapshot", some_batch(BatchKind.SNAPSHOT, left), after_batch=3)
    assert findings(world) == []


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_snapshot_that_states_other_balances_is_named(world: PointsWorld, meanwhile: bool) -> None:
    world.earn(some_batch(BatchKind.EARN, [(1, 4_000), (2, 4_000)]))
    if meanwhile:  # the worker cannot know any more what persons had then
        world.take("cancel_points", some_batch(BatchKind.CANCEL, [(1, 600)]))
    batch = some_batch(BatchKind.SNAPSHOT, [(1, 601), (2, 603)])
    number = world.take("take_snapshot", batch, after_batch=1)
    found = findings(world)
    assert {(one.expected, one.found) for one in found} == {("602", "601"), ("602", "603")}
    assert {one.key.split(", ")[0] for one in found} == {f"batch {number}"}


def test_a_snapshot_of_an_earlier_time_is_held_to_that_time(world: PointsWorld) -> None:
    world.earn(some_batch(BatchKind.EARN, [(1, 4_000), (2, 4_000)]))
    world.take("cancel_points", some_batch(BatchKind.CANCEL, [(1, 600)]))
    world.take("take_snapshot", some_batch(BatchKind.SNAPSHOT, [(1, 602), (2, 602)]), after_batch=1)
    assert findings(world) == []


def test_a_snapshot_whose_entry_is_not_its_accounts_is_named(world: PointsWorld) -> None:
    world.earn(some_batch(BatchKind.EARN, [(1, 4_000)]))
    batch = some_batch(BatchKind.SNAPSHOT, [(1, 602)])
    world.take("take_snapshot", replace(batch, entry_ids=changed_hash(batch.entry_ids, 0)), after_batch=1)
    assert ("batch 2, entry 0", "entry_id") in named(findings(world))


def test_many_entries_are_named_up_to_a_number_and_then_counted(world: PointsWorld) -> None:
    batch = some_batch(BatchKind.EARN, [(person, 4_000) for person in range(300)])
    batch.grams[:] += np.uint64(1)
    world.earn(batch)
    found = findings(world)
    assert len(found) == 101
    assert found[-1].found == "300 entries differ"


# What the operator kept of it


ROW: dict[str, object] = {
    "subject": bytes(32),
    "file_hash": bytes(32),
    "state": "wrong",
    "rule": "root",
    "detail": "something",
    "duplicates": 1,
    "overdrawn": 3,
}


@pytest.mark.parametrize("column", ROW)
def test_each_column_of_a_row_is_found(world: PointsWorld, column: str) -> None:
    world.whole_life()
    values = {column: ROW[column]}
    if column in {"state", "rule"}:  # a check of the table wants both
        values = {"state": "wrong", "rule": "root"}

    def change(database: Database) -> None:
        with database.write() as connection:
            here = schema.batch_files.c.batch_number == 3
            connection.execute(update(schema.batch_files).where(here).values(**values))

    assert named(findings(world, change=change)) == {("3", name) for name in values}


def test_a_row_that_is_missing_or_of_no_batch_is_found(world: PointsWorld) -> None:
    world.whole_life()

    def change(database: Database) -> None:
        table = schema.batch_files
        with database.write() as connection:
            row = connection.execute(table.select().where(table.c.batch_number == 2)).mappings().one()
            connection.execute(delete(table).where(table.c.batch_number == 2))
            connection.execute(table.insert().values({**row, "batch_number": 77}))

    assert named(findings(world, change=change)) == {("2", "*"), ("77", "*")}


def test_a_continued_audit_reads_only_what_came_since(world: PointsWorld) -> None:
    world.whole_life()
    assert findings(world) == []
    leaf = world.world.model.log_size
    world.earn(some_batch(BatchKind.EARN, [(7, 4_000)], first=70))
    chain = chain_of(world.world)
    (world.folder / "operator.db").unlink()
    audited = world.operator()
    with audit_of(chain, chain.deployment, world.folder, audited, world.store, since_leaf=leaf) as context:
        assert list(audit_batch_files(context)) == []
        assert context.covered["batch files"] == 1
    audited.close()


def test_a_continued_audit_without_new_batches_finds_nothing_but_rows_of_none(world: PointsWorld) -> None:
    world.whole_life()
    assert findings(world) == []
    chain = chain_of(world.world)
    (world.folder / "operator.db").unlink()
    audited = world.operator()
    leaf = world.world.model.log_size
    with audit_of(chain, chain.deployment, world.folder, audited, world.store, since_leaf=leaf) as context:
        assert list(audit_batch_files(context)) == []
        assert context.covered.get("batch files", 0) == 0
        assert not context.facts
    with audited.write() as connection:
        connection.execute(
            update(schema.batch_files).where(schema.batch_files.c.batch_number == 2).values(batch_number=77)
        )
    with audit_of(chain, chain.deployment, world.folder, audited, world.store, since_leaf=leaf) as context:
        assert named(list(audit_batch_files(context))) == {("77", "*")}
    audited.close()


def test_a_continued_audit_knows_what_there_was_before(world: PointsWorld) -> None:
    world.whole_life()
    assert findings(world) == []
    leaf = world.world.model.log_size
    world.earn(some_batch(BatchKind.EARN, [(2, 4_000), (3, 100)], first=1))
    chain = chain_of(world.world)
    (world.folder / "operator.db").unlink()
    audited = world.operator()
    with audit_of(chain, chain.deployment, world.folder, audited, world.store, since_leaf=leaf) as context:
        assert {one.column for one in audit_batch_files(context)} == {"entry_id"}
    audited.close()


def test_days_of_the_world_are_those_of_its_period() -> None:
    assert (NOON + 8 * 3600) // 86_400 == DAY
