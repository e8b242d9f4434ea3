"""Batch files: what is written is read back, twice the same bytes, and a file that is off in any way is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.batch_files import ROWS_PER_GROUP, check_batch, read_batch, read_entry, read_ids, write_batch
from indexer.errors import MalformedBatch
from ledger.vocabulary import BatchKind, ReductionClass
from tests.unit.indexer.batches import make_batch

BATCH = make_batch([(person, 10 + person) for person in range(7)])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "batch.parquet"
    write_batch(file, BATCH)
    return file


def test_reads_what_was_written(path: Path) -> None:
    read = read_batch(path)
    assert (read.kind, read.reduction_class, read.salt_key) == (BATCH.kind, BATCH.reduction_class, BATCH.salt_key)
    assert np.array_equal(read.entry_ids, BATCH.entry_ids)
    assert np.array_equal(read.grams, BATCH.grams)
    assert np.array_equal(read.account_tags, BATCH.account_tags)
    assert read.details.to_list() == BATCH.details.to_list()
    assert read.tree().root == BATCH.tree().root
    assert np.array_equal(read_ids(path), BATCH.entry_ids)


def test_same_batch_same_bytes_for_the_owner_alone(path: Path, tmp_path: Path) -> None:
    write_batch(tmp_path / "again", BATCH)
    assert path.read_bytes() == (tmp_path / "again").read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_file_is_what_the_specification_says(path: Path) -> None:
    schema = pq.read_schema(path)
    assert schema.names == ["entry_id", "grams", "account_tag", "details"]
    assert [str(kind) for kind in schema.types] == [
        "fixed_size_binary[32]",
        "uint64",
        "fixed_size_binary[32]",
        "string",
    ]
    assert schema.metadata == {
        b"tanpuhui.format": b"1",
        b"tanpuhui.kind": b"earn",
        b"tanpuhui.class": b"I",
        b"tanpuhui.salt_key": BATCH.salt_key.hex().encode(),
    }
    assert {pq.ParquetFile(path).metadata.row_group(0).column(n).compression for n in range(4)} == {"ZSTD"}


def test_one_row_of_any_group(tmp_path: Path) -> None:
    batch = make_batch([(number % 9, 1 + number) for number in range(ROWS_PER_GROUP + 3)])
    write_batch(tmp_path / "b", batch)
    for row in (0, ROWS_PER_GROUP - 1, ROWS_PER_GROUP, ROWS_PER_GROUP + 2):
        found = read_entry(tmp_path / "b", row)
        assert found.entry_id == batch.entry_ids[row].tobytes()
        assert found.account_tag == batch.account_tags[row].tobytes()
        assert (found.grams, found.details) == (int(batch.grams[row]), batch.details.to_list()[row])
    with pytest.raises(MalformedBatch, match="row must be one of"):
        read_entry(tmp_path / "b", ROWS_PER_GROUP + 3)


def test_compares_with_the_header(path: Path) -> None:
    batch, tree = read_batch(path), BATCH.tree()

    def check(
        root: bytes = tree.root,
        total: int = tree.total,
        count: int = 7,
        kind: BatchKind = BatchKind.EARN,
        of: ReductionClass = ReductionClass.I,
    ) -> None:
        check_batch(batch, path=path, root=root, total=total, entry_count=count, kind=kind, reduction_class=of)

    check()
    with pytest.raises(MalformedBatch, match="root must be the header's"):
        check(root=bytes(32))
    with pytest.raises(MalformedBatch, match="total must be the header's"):
        check(total=tree.total + 1)
    with pytest.raises(MalformedBatch, match="entry_count must be the header's"):
        check(count=8)
    with pytest.raises(MalformedBatch, match="kind must be the header's"):
        check(kind=BatchKind.REDEEM)
    with pytest.raises(MalformedBatch, match="class must be the header's: II"):
        check(of=ReductionClass.II)


def test_changed_grams_change_the_root(path: Path) -> None:
    """One gram moved from one person to another keeps the total; the root tells."""
    tree = BATCH.tree()
    grams = BATCH.grams.copy()
    grams[0] += np.uint64(1)
    grams[1] -= np.uint64(1)
    moved = replace(BATCH, grams=grams)
    with pytest.raises(MalformedBatch, match="root must be"):
        check_batch(
            moved,
            path=path,
            root=tree.root,
            total=tree.total,
            entry_count=7,
            kind=BatchKind.EARN,
            reduction_class=ReductionClass.I,
        )


def _rewritten(path: Path, table: pa.Table) -> Path:
    with pq.ParquetWriter(path, table.schema, store_schema=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(table.schema.metadata)
    return path


def test_refuses_other_columns_order_and_types(path: Path) -> None:
    table = pq.read_table(path)
    wrong = {
        "order": table.select(["grams", "entry_id", "account_tag", "details"]),
        "fewer": table.drop_columns(["details"]),
        "type": table.set_column(1, pa.field("grams", pa.int64(), nullable=False), table["grams"].cast(pa.int64())),
        "nullable": table.set_column(1, pa.field("grams", pa.uint64()), table["grams"]),
    }
    for made in wrong.values():
        with pytest.raises(MalformedBatch, match="columns must be entry_id fixed_size_binary"):
            read_batch(_rewritten(path, made.replace_schema_metadata(table.schema.metadata)))


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        (b"tanpuhui.format", b"2", "tanpuhui.format must be 1"),
        (b"tanpuhui.kind", b"none", "kind or class must be one of"),
        (b"tanpuhui.class", b"III", "kind or class must be one of"),
        (b"tanpuhui.salt_key", b"00", "tanpuhui.salt_key must be 64"),
        (b"more", b"", "metadata must hold exactly"),
    ],
)
def test_refuses_other_metadata(path: Path, key: bytes, value: bytes, error: str) -> None:
    table = pq.read_table(path)
    with pytest.raises(MalformedBatch, match=error):
        read_batch(_rewritten(path, table.replace_schema_metadata({**table.schema.metadata, key: value})))


def test_refuses_disorder_repetition_and_empty_grams(path: Path) -> None:
    table = pq.read_table(path)
    with pytest.raises(MalformedBatch, match=r"entry_id must be larger than the one before it \(row 1\)"):
        read_batch(_rewritten(path, table.take([1, 0, 2])))
    with pytest.raises(MalformedBatch, match=r"entry_id must be larger than the one before it \(row 2\)"):
        read_batch(_rewritten(path, table.take([0, 1, 1])))
    with pytest.raises(MalformedBatch, match="entry_count must be from 1"):
        read_batch(_rewritten(path, table.slice(0, 0)))
    for grams in (0, 2**63):
        column = pa.array([1, 2, grams, 4, 5, 6, 7], pa.uint64())
        changed = table.set_column(1, table.schema.field(1), column)
        with pytest.raises(MalformedBatch, match=r"grams must be from 1 .*\(row 2\)"):
            read_batch(_rewritten(path, changed))


def test_refuses_what_is_no_parquet(path: Path) -> None:
    content = path.read_bytes()
    for broken in (b"", b"entry_id,grams\n", content[:-100]):
        path.write_bytes(broken)
        with pytest.raises(MalformedBatch, match="file must be"):
            read_batch(path)
    with pytest.raises(MalformedBatch, match="file must be"):
        read_batch(path.with_name("absent"))
