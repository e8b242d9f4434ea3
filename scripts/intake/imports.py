"""Files of operations: checked without sending, then applied, by the machinery of `tanpuhui import`."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from api.intake_port import CheckedView, FileKind, OperationsOfKind, Purpose
from ledger.errors import InvalidInput, Json
from scripts.importing.errors import InvalidMapping
from scripts.importing.mapping import ImportMapping, load_mapping
from scripts.importing.records import FileFormat
from scripts.importing.refused import written_as
from scripts.importing.rows import RowKey, RowRefusal
from scripts.importing.service import ImportJob, run_import
from scripts.intake.folders import UploadFolder
from scripts.intake.mappings import MappingFolder, is_of_feed
from scripts.intake.rows import preview
from scripts.operating import OperatingContext


@dataclass(slots=True)
class _Rows:
    """`scripts.importing.runner.Watcher` that counts the rows of the present stage."""

    told: Callable[[int], None]
    done: int = 0

    def begin(self, what: str, total: int | None) -> None:
        """A stage begins anew."""
        del what, total
        self.done = 0

    def advance(self, rows: int) -> None:
        """So many more rows are through."""
        self.done += rows
        self.told(self.done)


class ImportRuns:
    """Any number of threads may use it, each for other files."""

    def __init__(self, context: OperatingContext, mappings: MappingFolder) -> None:
        self._context = context
        self._mappings = mappings

    def mapping_of(self, purpose: Purpose) -> ImportMapping:
        """How the file is read; `InvalidInput` for a mapping of something else."""
        path = self._mappings.path(purpose.mapping)
        if is_of_feed(path):
            raise InvalidInput("mapping", f"be one of {FileKind.OPERATIONS.value}", purpose.mapping)
        return load_mapping(path, {})

    def refused_format(self, folder: UploadFolder) -> FileFormat:
        """How the file of refused rows is written."""
        return written_as(self.mapping_of(folder.purpose).file)

    def check(self, folder: UploadFolder, told: Callable[[int], None]) -> None:
        """Reads every row and tries it on a copy of the ledger's state; sends nothing. Raises as `run_import`."""
        mapping = self.mapping_of(folder.purpose)
        folder.keep_preview(preview(folder.upload.path, mapping.file))
        folder.refused_path(applied=False).unlink(missing_ok=True)
        self._run(folder, told, applied=False, row_wise=True)

    def apply(self, folder: UploadFolder, told: Callable[[int], None], *, row_wise: bool) -> None:
        """Checks and sends, all or nothing unless `row_wise`; raises as `run_import`, and `InvalidMapping` where the
        mapping or a table of it is another by now. Rows that the check refused stay out, whatever became of the ledger
        since: what was confirmed is what the check let pass.
        """
        folder.refused_path(applied=True).unlink(missing_ok=True)
        self._run(folder, told, applied=True, row_wise=row_wise)

    def _run(self, folder: UploadFolder, told: Callable[[int], None], *, applied: bool, row_wise: bool) -> None:
        mapping = self.mapping_of(folder.purpose)
        refused: Counter[str] = Counter()

        keys: list[RowKey] = []

        def count(row: RowRefusal) -> None:
            refused[row.code] += 1
            keys.append(row.key)

        path, tables = self._mappings.path(folder.purpose.mapping), self._mappings.tables(mapping)
        read_by = _digest(path, *tables.values())
        before = folder.checked if applied else None
        if isinstance(before, dict) and before["read_by"] != read_by:
            rule = "stay as it was when the file was checked; give the file up and upload it again"
            raise InvalidMapping("mapping", rule, "changed since", folder.purpose.mapping)
        job = ImportJob(
            file=folder.upload.path,
            mapping=path,
            refused=folder.refused_path(applied=applied),
            row_wise=row_wise,
            dry_run=not applied,
            tables=tables,
            left_out=folder.refused_rows if applied else frozenset(),
        )
        tally = run_import(self._context, job, _Rows(told), count).tally
        if not applied:
            folder.keep_refused_rows(keys)
        asked: Json = before["operations"] if isinstance(before, dict) else None
        folder.keep_checked(
            {
                "read_by": read_by,
                "rows": tally.rows,
                "refused_rows": tally.refused,
                "idle": tally.idle,
                "repeated": tally.repeated,
                "repeated_grams": str(tally.repeated_grams),
                "applied": tally.applied if applied else None,
                "refused": dict(refused.most_common()),
                "operations": asked or {name: [one.count, str(one.grams)] for name, one in tally.asked.items()},
            }
        )


def _digest(*paths: Path) -> str:
    """Of what decides what rows become: the mapping and its tables."""
    return hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in paths)).hexdigest()


def checked_view(document: Json) -> CheckedView | None:
    """What `UploadFolder.checked` holds."""
    if not isinstance(document, dict):
        return None
    operations, refused = document["operations"], document["refused"]
    assert isinstance(operations, dict)  # noqa: S101 - we wrote it
    assert isinstance(refused, dict)  # noqa: S101
    applied = document["applied"]
    return CheckedView(
        rows=int(str(document["rows"])),
        refused_rows=int(str(document["refused_rows"])),
        idle=int(str(document["idle"])),
        repeated=int(str(document["repeated"])),
        repeated_grams=int(str(document["repeated_grams"])),
        operations=tuple(_operations(action, counted) for action, counted in operations.items()),
        refused={code: int(str(count)) for code, count in refused.items()},
        applied=None if applied is None else int(str(applied)),
    )


def _operations(action: str, counted: Json) -> OperationsOfKind:
    assert isinstance(counted, list)  # noqa: S101 - we wrote it
    return OperationsOfKind(action=action, count=int(str(counted[0])), grams=int(str(counted[1])))
