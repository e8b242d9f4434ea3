"""Sum trees of batches with every node, kept on the disk so that a proof reads a few of them (40 bytes each).

`FOLDER/<file hash>.nodes` is derived from the batch file: whoever deletes it loses seconds, when the next proof of that
batch makes it again. A file is used only if its root and total are the chain's, and a proof is verified before it is
given to anybody, so that a damaged file makes no wrong proof.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import tempfile
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Final

from indexer.batch_files import check_batch, read_batch
from indexer.batch_store import BatchStore
from ledger.bulk.sum_tree import SumTree
from ledger.errors import OutOfRange
from ledger.ids import Hash32
from ledger.vocabulary import BatchKind, ReductionClass

_OPEN_TREES: Final = 256


class TreeCache:
    """The trees in a folder. Any number of threads and processes may use it."""

    def __init__(self, folder: Path, store: BatchStore) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._store = store
        self._open: OrderedDict[bytes, SumTree] = OrderedDict()
        self._lock = Lock()

    def keep(self, file_hash: bytes, tree: SumTree) -> None:
        """Writes the nodes of a tree that was just built."""
        handle, name = tempfile.mkstemp(prefix=".incoming-", dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(tree.node_bytes())
            Path(name).rename(self._path(file_hash))
        finally:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()

    def tree(
        self,
        file_hash: bytes,
        *,
        kind: BatchKind,
        reduction_class: ReductionClass,
        root: bytes,
        total: int,
        entry_count: int,
    ) -> SumTree:
        """The tree of an anchored batch, from the nodes or, where they are not there, from the batch file.

        `NotFound`, `CorruptBatch`, `BatchStoreUnusable` or `MalformedBatch` where it has to be built and cannot.
        """
        with self._lock:
            known = self._open.get(bytes(file_hash))
            if known is not None:
                self._open.move_to_end(bytes(file_hash))
                return known
        tree = self._mapped(file_hash, entry_count)
        if tree is None or tree.root != root or tree.total != total:
            path = self._store.local(file_hash)
            columns = read_batch(path)
            built = check_batch(
                columns,
                path=path,
                root=root,
                total=total,
                entry_count=entry_count,
                kind=kind,
                reduction_class=reduction_class,
            )
            self.keep(file_hash, built)
            tree = self._mapped(file_hash, entry_count) or built
        with self._lock:
            self._open[bytes(file_hash)] = tree
            if len(self._open) > _OPEN_TREES:
                self._open.popitem(last=False)
        return tree

    def forget(self, file_hash: bytes) -> None:
        """Removes nodes that turned out to be damaged."""
        with self._lock:
            self._open.pop(bytes(file_hash), None)
        self._path(file_hash).unlink(missing_ok=True)

    def _mapped(self, file_hash: bytes, entry_count: int) -> SumTree | None:
        try:
            with self._path(file_hash).open("rb") as file:
                return SumTree.from_node_bytes(
                    entry_count, memoryview(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))
                )
        except (FileNotFoundError, ValueError, OutOfRange):  # missing, empty, of another length
            return None

    def _path(self, file_hash: bytes) -> Path:
        return self._folder / f"{Hash32(file_hash).hex()}.nodes"
