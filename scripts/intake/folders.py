"""The folder of an uploaded file: what it is for, the file itself while it is needed, how far it is.

`upload.json` is written first and never changes. `state.json` says how far the run is, as far as a restart must know.
The batches of a file of points are in a run's folder of their own (`HOME/points/runs`), under the same name, so that
`tanpuhui points status`, `sign`, `anchor` and `abandon` work on it too.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from api.intake_port import FileKind, Problem, Purpose, Stage, Upload
from ledger.canonical import canonical_json, parse_strict
from ledger.errors import Json
from ledger.files import sync_folder, write_whole
from ledger.ids import Hash32
from ledger.vocabulary import BatchKind, ReductionClass

_UPLOAD: Final = "upload.json"
_STATE: Final = "state.json"
_PREVIEW: Final = "preview.json"
_CHECKED: Final = "checked.json"
_REFUSED_ROWS: Final = "refused-rows.json"
_NAME_DIGITS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far a run is. `row_wise`: a file of operations is applied without its refused rows."""

    stage: Stage
    changed_at: int
    problem: Problem | None = None
    row_wise: bool = False

    def to_json(self) -> dict[str, Json]:
        """As it stands in `state.json`."""
        problem: dict[str, Json] | None = None if self.problem is None else asdict(self.problem)
        return {
            "stage": self.stage.value,
            "changed_at": self.changed_at,
            "problem": problem,
            "row_wise": self.row_wise,
        }

    @classmethod
    def from_json(cls, document: Json) -> State:
        """What `to_json` wrote."""
        assert isinstance(document, dict)  # noqa: S101 - we wrote it
        problem = document["problem"]
        return cls(
            stage=Stage(str(document["stage"])),
            changed_at=int(str(document["changed_at"])),
            problem=Problem(**problem) if isinstance(problem, dict) else None,  # type: ignore[arg-type]
            row_wise=document["row_wise"] is True,
        )


class UploadFolder:
    """One uploaded file's, its owner's alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run = path.name

    @property
    def exists(self) -> bool:
        """Whether a file was ever uploaded here."""
        return (self.path / _UPLOAD).exists()

    def begin(self, upload: Upload, purpose: Purpose) -> None:
        """Takes the file over: from here on it is found again whatever happens to this process."""
        self.path.mkdir(mode=0o700)
        upload.path.rename(self._data(upload.sha256))
        sync_folder(self.path)
        self.move(Stage.WAITING)
        document: dict[str, Json] = {
            "file_name": upload.file_name,
            "bytes": upload.bytes,
            "sha256": upload.sha256.hex0x,
            "by": upload.by,
            "uploaded_at": int(time.time()),
            "purpose": purpose_document(purpose),
        }
        write_whole(self.path / _UPLOAD, _text(document))

    @property
    def upload(self) -> Upload:
        """The file. `path` is where it is, while it is needed."""
        document = self._document()
        sha256 = Hash32.from_hex(document["sha256"])
        return Upload(
            path=self._data(sha256),
            file_name=str(document["file_name"]),
            bytes=int(str(document["bytes"])),
            sha256=sha256,
            by=str(document["by"]),
        )

    @property
    def uploaded_at(self) -> int:
        """Seconds since 1970."""
        return int(str(self._document()["uploaded_at"]))

    @property
    def purpose(self) -> Purpose:
        """What is to be done with it."""
        given = self._document()["purpose"]
        assert isinstance(given, dict)  # noqa: S101 - we wrote it
        kind, reduction_class = str(given["batch_kind"]), str(given["class"])
        return Purpose(
            kind=FileKind(str(given["kind"])),
            mapping=str(given["mapping"]),
            activity=str(given["activity"]),
            batch_kind=BatchKind.from_label(kind) if kind else None,
            reduction_class=ReductionClass.from_label(reduction_class) if reduction_class else None,
            party=str(given["party"]),
        )

    @property
    def state(self) -> State:
        """How far it is."""
        return State.from_json(parse_strict((self.path / _STATE).read_bytes()))

    def move(self, stage: Stage, problem: Problem | None = None, *, row_wise: bool = False) -> None:
        """The run is at another stage now."""
        state = State(stage=stage, changed_at=int(time.time()), problem=problem, row_wise=row_wise)
        write_whole(self.path / _STATE, _text(state.to_json()))

    def say(self, problem: Problem | None) -> None:
        """The run stays where it is, for this reason."""
        write_whole(self.path / _STATE, _text(replace(self.state, problem=problem).to_json()))

    @property
    def preview(self) -> Json:
        """The first rows, as `keep_preview` was given them; None before the file was opened."""
        return _read(self.path / _PREVIEW)

    def keep_preview(self, document: Mapping[str, Json]) -> None:
        """Keeps the first rows, for the file itself is not kept."""
        write_whole(self.path / _PREVIEW, _text(document))

    @property
    def checked(self) -> Json:
        """What a check of operations, or their application, came to; None before it."""
        return _read(self.path / _CHECKED)

    def keep_checked(self, document: Mapping[str, Json]) -> None:
        """In place of an earlier one."""
        write_whole(self.path / _CHECKED, _text(document))

    @property
    def refused_rows(self) -> frozenset[tuple[int, int]]:
        """The rows that the check of a file of operations refused: line, and part of the line."""
        path = self.path / _REFUSED_ROWS
        found = json.loads(path.read_bytes()) if path.exists() else []  # may be larger than what is read strictly
        return frozenset((int(line), int(part)) for line, part in found)

    def keep_refused_rows(self, rows: Sequence[tuple[int, int]]) -> None:
        """In place of those of an earlier check."""
        write_whole(self.path / _REFUSED_ROWS, json.dumps(rows).encode() + b"\n")

    def refused_path(self, *, applied: bool) -> Path:
        """Where refused rows of a file of operations go: those of the check, or those of the application."""
        return self.path / ("refused-applied.csv" if applied else "refused.csv")

    def drop_file(self) -> None:
        """The file is not needed any more."""
        self.upload.path.unlink(missing_ok=True)

    def _data(self, sha256: Hash32) -> Path:
        """Named by its content: the name stands in the plan of a run, and goes into the records of its batches."""
        return self.path / sha256.hex()[:_NAME_DIGITS]

    def _document(self) -> dict[str, Json]:
        document = parse_strict((self.path / _UPLOAD).read_bytes())
        assert isinstance(document, dict)  # noqa: S101 - we wrote it
        return document


class Uploads:
    """The folder of all of them, and of files that are on their way."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def incoming(self) -> Path:
        """Where files are while they arrive."""
        return self._private("incoming")

    def clear_incoming(self) -> None:
        """Removes what a process left that was killed while files arrived."""
        shutil.rmtree(self._folder / "incoming", ignore_errors=True)

    def find(self, run: str) -> UploadFolder | None:
        """The folder of a run; None for a name that is none of ours."""
        return next((one for one in self.all() if one.run == run), None)

    def all(self) -> list[UploadFolder]:
        """Every one, whatever became of it."""
        found = [UploadFolder(path) for path in self._private("files").iterdir() if path.is_dir()]
        return [one for one in found if one.exists]

    def of(self, upload: Upload, purpose: Purpose) -> UploadFolder:
        """The folder of the same file for the same purpose, unless that run came to nothing: then a new one."""
        mark = hashlib.sha256(upload.sha256 + canonical_json(purpose_document(purpose)))
        name = f"upload-{mark.hexdigest()[:_NAME_DIGITS]}"
        number = 1
        while True:
            folder = UploadFolder(self._private("files") / (name if number == 1 else f"{name}-{number}"))
            if not folder.exists:
                shutil.rmtree(folder.path, ignore_errors=True)  # killed before it was whole
                return folder
            if folder.state.stage not in {Stage.FAILED, Stage.ABANDONED}:
                return folder
            number += 1

    def _private(self, name: str) -> Path:
        path = self._folder / name
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path


def purpose_document(purpose: Purpose) -> dict[str, Json]:
    """A purpose as it is kept."""
    return {
        "kind": purpose.kind.value,
        "mapping": purpose.mapping,
        "activity": purpose.activity,
        "batch_kind": "" if purpose.batch_kind is None else purpose.batch_kind.label,
        "class": "" if purpose.reduction_class is None else purpose.reduction_class.label,
        "party": purpose.party,
    }


def _read(path: Path) -> Json:
    return parse_strict(path.read_bytes()) if path.exists() else None


def _text(document: Mapping[str, Json]) -> bytes:
    return json.dumps(dict(document), ensure_ascii=False).encode() + b"\n"
