"""Batch files: the entries of one batch as Parquet (docs/spec/05-points.md §5.7), read strictly.

Equal batches make equal bytes, whoever writes them with these libraries.

A file tells everything of everyone in the batch, with the key of its salts: it is for the operator and the auditor.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from indexer.errors import MalformedBatch
from ledger.bulk.columns import Grams, Hashes, Strings
from ledger.bulk.entries import first_disorder
from ledger.bulk.sum_tree import SumTree, batch_tree
from ledger.errors import UnknownWord, first_line
from ledger.ids import Hash32
from ledger.sum_tree import MAX_ENTRIES
from ledger.units import MAX_GRAMS
from ledger.vocabulary import BatchKind, ReductionClass

ROWS_PER_GROUP: Final = 16_384
"""Rows that one entry is read with: few, so that a proof is cheap; not fewer, because each group has its own header."""

_FORMAT: Final = "1"
_KEY_LENGTH: Final = 32
_SCHEMA: Final = pa.schema(
    [
        pa.field("entry_id", pa.binary(32), nullable=False),
        pa.field("grams", pa.uint64(), nullable=False),
        pa.field("account_tag", pa.binary(32), nullable=False),
        pa.field("details", pa.string(), nullable=False),
    ]
)
_NO_BYTES: Final = np.zeros(0, np.uint8)
_KEYS: Final = ("tanpuhui.format", "tanpuhui.kind", "tanpuhui.class", "tanpuhui.salt_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchColumns:
    """A batch by column, in the order of its entry ids. `details` are RFC 8785 bytes, `salt_key` 32 bytes."""

    kind: BatchKind
    reduction_class: ReductionClass
    salt_key: bytes = field(repr=False)
    entry_ids: Hashes
    grams: Grams
    account_tags: Hashes
    details: Strings

    def tree(self) -> SumTree:
        """The sum tree over the entries; `OutOfRange` unless the ids strictly ascend."""
        return batch_tree(
            kind=self.kind,
            grams=self.grams,
            entry_ids=self.entry_ids,
            account_tags=self.account_tags,
            details=self.details,
            salt_key=self.salt_key,
        )


class BatchRow(NamedTuple):
    """One entry as its batch file has it."""

    entry_id: Hash32
    grams: int
    account_tag: Hash32
    details: bytes


def write_batch(path: Path, batch: BatchColumns) -> None:
    """Writes a batch to `path`, which only its owner may read; equal batches make equal bytes."""
    details = pa.LargeStringArray.from_buffers(
        len(batch.details), pa.py_buffer(batch.details.offsets), pa.py_buffer(batch.details.data)
    )
    columns = [_fixed(batch.entry_ids), pa.array(batch.grams, pa.uint64()), _fixed(batch.account_tags), details]
    values = (_FORMAT, batch.kind.label, batch.reduction_class.label, batch.salt_key.hex())
    schema = _SCHEMA.set(3, pa.field("details", pa.large_string(), nullable=False))
    with (
        os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
        pq.ParquetWriter(
            file,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=False,
            write_statistics=["entry_id"],
            store_schema=False,
        ) as writer,
    ):
        writer.write_table(pa.Table.from_arrays(columns, schema=schema), ROWS_PER_GROUP)
        writer.add_key_value_metadata(dict(zip(_KEYS, values, strict=True)))


def read_batch(path: Path) -> BatchColumns:
    """The batch in `path`; `MalformedBatch` unless it is exactly as §5.7 says.

    What the file itself cannot tell, its hash, total and root, is for `check_batch` and the store.
    """
    with _Opened(path) as opened:
        kind, reduction_class, salt_key = opened.words()
        table = opened.read()
    details = table.column("details").cast(pa.large_string()).combine_chunks()
    batch = BatchColumns(
        kind=kind,
        reduction_class=reduction_class,
        salt_key=salt_key,
        entry_ids=_hashes(table, "entry_id"),
        grams=table.column("grams").to_numpy(),
        account_tags=_hashes(table, "account_tag"),
        details=strings_of(details),
    )
    _check_columns(path, batch)
    return batch


def check_batch(
    batch: BatchColumns,
    *,
    path: Path,
    root: bytes,
    total: int,
    entry_count: int,
    kind: BatchKind,
    reduction_class: ReductionClass,
) -> SumTree:
    """The batch's tree; `MalformedBatch` unless kind, class, count, total and root are the header's."""
    if batch.kind != kind:
        raise MalformedBatch("kind", f"be the header's: {kind.label}", batch.kind.label, str(path))
    if batch.reduction_class != reduction_class:  # which is not in the entries' leaves: no root tells it
        rule = f"be the header's: {reduction_class.label}"
        raise MalformedBatch("class", rule, batch.reduction_class.label, str(path))
    if len(batch.grams) != entry_count:
        raise MalformedBatch("entry_count", f"be the header's: {entry_count}", len(batch.grams), str(path))
    tree = batch.tree()
    if tree.total != total:
        raise MalformedBatch("total", f"be the header's: {total} g", tree.total, str(path))
    if tree.root != root:
        raise MalformedBatch("root", f"be the header's: 0x{root.hex()}", "0x" + tree.root.hex(), str(path))
    return tree


def read_entry(path: Path, row: int) -> BatchRow:
    """One row, without reading the others; `MalformedBatch` if there is no such row."""
    with _Opened(path) as opened:
        first = 0
        for number in range(opened.file.num_row_groups):
            count = opened.file.metadata.row_group(number).num_rows
            if first <= row < first + count:
                values = opened.read(number).slice(row - first, 1).to_pylist()[0]
                entry_id, account_tag = Hash32(values["entry_id"]), Hash32(values["account_tag"])
                return BatchRow(entry_id, values["grams"], account_tag, values["details"].encode())
            first += count
    raise MalformedBatch("row", f"be one of the batch's {first} rows", row, str(path))


def read_salt_key(path: Path) -> bytes:
    """The key of the salts of the file's entries, which is never published."""
    with _Opened(path) as opened:
        return opened.words()[2]


def find_row(path: Path, entry_id: bytes) -> int | None:
    """The row with this entry id, of which only the group that it must be in is read."""
    with _Opened(path) as opened:
        first = 0
        for number in range(opened.file.num_row_groups):
            group = opened.file.metadata.row_group(number)
            statistics = group.column(0).statistics
            if statistics is None or not statistics.has_min_max or statistics.min <= entry_id <= statistics.max:
                ids: list[bytes] = opened.read(number, ["entry_id"]).column(0).to_pylist()
                if entry_id in ids:
                    return first + ids.index(entry_id)
            first += group.num_rows
    return None


def read_ids(path: Path) -> Hashes:
    """The entry ids alone."""
    with _Opened(path) as opened:
        return _hashes(opened.read(columns=["entry_id"]), "entry_id")


def strings_of(texts: pa.Array) -> Strings:
    """An Arrow column of texts as the bulk builder takes it; nothing is copied but offsets of 32 bits."""
    _, offsets, data = texts.buffers()
    width = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    places = np.frombuffer(offsets, width)[texts.offset : texts.offset + len(texts) + 1] if offsets else np.zeros(1)
    return Strings(offsets=places.astype(np.int64), data=np.frombuffer(data, np.uint8) if data else _NO_BYTES)


class _Opened:
    """An open batch file whose columns are those of the specification."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self.file = pq.ParquetFile(path, memory_map=True)
        except (pa.ArrowException, OSError) as error:
            raise self._malformed("file", "be a Parquet file that can be read", first_line(error)) from None

    def __enter__(self) -> _Opened:
        try:
            self._check_schema()
        except BaseException:
            self.file.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def read(self, group: int | None = None, columns: list[str] | None = None) -> pa.Table:
        try:
            return self.file.read(columns) if group is None else self.file.read_row_group(group, columns)
        except (pa.ArrowException, OSError) as error:
            raise self._malformed("file", "be intact Parquet", first_line(error)) from None

    def words(self) -> tuple[BatchKind, ReductionClass, bytes]:
        """Kind, class and salt key, from the metadata."""
        metadata = self._metadata()
        if set(metadata) != set(_KEYS):
            raise self._malformed("metadata", "hold exactly " + ", ".join(_KEYS), ", ".join(sorted(metadata)))
        file_format, kind, reduction_class, salt_key = (metadata[key] for key in _KEYS)
        if file_format != _FORMAT:
            raise self._malformed(_KEYS[0], f"be {_FORMAT}", file_format)
        if len(salt_key) != 2 * _KEY_LENGTH or not set(salt_key) <= set("0123456789abcdef"):
            raise self._malformed(_KEYS[3], f"be {2 * _KEY_LENGTH} hexadecimal digits", "(not shown)")
        try:
            words = BatchKind.from_label(kind), ReductionClass.from_label(reduction_class)
        except UnknownWord as error:
            raise self._malformed("kind or class", error.rule, error.value) from None
        return *words, bytes.fromhex(salt_key)

    def _metadata(self) -> Mapping[str, str]:
        given = self.file.metadata.metadata or {}
        return {key.decode("utf-8", "replace"): value.decode("utf-8", "replace") for key, value in given.items()}

    def _check_schema(self) -> None:
        found = self.file.schema_arrow.remove_metadata()
        if not found.equals(_SCHEMA):
            raise self._malformed("columns", f"be {_shown(_SCHEMA)}", _shown(found))
        count = self.file.metadata.num_rows
        if not 1 <= count <= MAX_ENTRIES:
            raise self._malformed("entry_count", f"be from 1 to {MAX_ENTRIES}", count)

    def _malformed(self, name: str, rule: str, value: object) -> MalformedBatch:
        return MalformedBatch(name, rule, value, str(self._path))


def _check_columns(path: Path, batch: BatchColumns) -> None:
    if (row := first_disorder(batch.entry_ids)) is not None:
        raise MalformedBatch("entry_id", f"be larger than the one before it (row {row})", "not larger", str(path))
    wrong = np.flatnonzero((batch.grams == 0) | (batch.grams > MAX_GRAMS))
    if len(wrong):
        row = int(wrong[0])
        raise MalformedBatch("grams", f"be from 1 to {MAX_GRAMS} (row {row})", int(batch.grams[row]), str(path))


def _fixed(hashes: Hashes) -> pa.Array:
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), len(hashes), [None, pa.py_buffer(hashes)])


def _hashes(table: pa.Table, column: str) -> Hashes:
    array = table.column(column).combine_chunks()
    data = np.frombuffer(array.buffers()[1], np.uint8) if len(array) else np.zeros(0, np.uint8)
    return data[32 * array.offset :][: 32 * len(array)].reshape(-1, 32)


def _shown(schema: pa.Schema) -> str:
    return ", ".join(f"{part.name} {part.type}{'' if part.nullable else ' required'}" for part in schema)
