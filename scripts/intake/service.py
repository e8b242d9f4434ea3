"""`IntakePort` over the machinery of the command line: files that wait, are read, and are sent, each in its turn.

One thread reads files, another sends; both go on after a restart where the folders say that they were. What pages ask
is answered from the folders.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from api.intake_port import (
    BUSY,
    CheckedView,
    Consequence,
    FileKind,
    HeaderForWallet,
    MappingChoice,
    Problem,
    Purpose,
    RefusedPage,
    RunSummary,
    RunView,
    Stage,
    Upload,
)
from api.web.console.intake.errors import TooManyUploads, WrongStage
from indexer.errors import EntryIndexBusy
from ledger.errors import NotFound, TanpuhuiError
from ledger.ids import Address
from ledger.locks import sole_holder
from scripts.importing.errors import RowsInvalid
from scripts.importing.records import FileFormat
from scripts.intake.folders import UploadFolder, Uploads
from scripts.intake.imports import ImportRuns, checked_view
from scripts.intake.mappings import MappingFolder
from scripts.intake.points import PointRuns
from scripts.intake.rows import refused_page
from scripts.intake.telling import problem_of
from scripts.intake.workers import MAY_PASS, Worker
from scripts.operating import OperatingContext
from scripts.points.home import PointsHome
from scripts.settings import FEED

MOST_WAITING: Final = 20
"""Files that wait to be read, at most."""

FORGOTTEN_DAYS: Final = 30
"""After so many days a file of operations that nobody applied is forgotten, at the next start."""

_SENDABLE: Final = frozenset({Stage.READY, Stage.STOPPED})
_ABANDONABLE: Final = frozenset({Stage.WAITING, Stage.READY, Stage.STOPPED, Stage.FAILED, Stage.ABANDONED})
_OF_POINTS: Final = FileFormat()
_NOT_PREPARED: Final = frozenset({Stage.WAITING, Stage.READING, Stage.FAILED})
_PATIENCE_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.1
_DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class _Progress:
    """How far the present work on a run is."""

    done: int = 0
    total: int | None = None
    retrying: bool = False


class _GivenUp(Exception):  # noqa: N818 - nothing is wrong: somebody wants the work to end
    """Ends the reading of a file that was given up meanwhile."""


class Intake:
    """A context manager: its threads end with it. `context` stays its maker's."""

    def __init__(self, context: OperatingContext) -> None:
        self._context = context
        self._mappings = MappingFolder(context.settings.mappings)
        self._uploads = Uploads(context.settings.home / "intake")
        self._imports = ImportRuns(context, self._mappings)
        self._reader, self._sender = Worker("tanpuhui-files"), Worker("tanpuhui-anchoring")
        self._open = ExitStack()
        # A home has one writer: each thread has its own, and pages share one by turns.
        self._reading, self._sending, self._looking = (self._points() for _ in range(3))
        self._turn = threading.Lock()
        self._progress: dict[str, _Progress] = {}

    def __enter__(self) -> Self:
        self._uploads.clear_incoming()
        for worker in (self._reader, self._sender):
            self._open.enter_context(worker)
        for folder in sorted(self._uploads.all(), key=lambda one: one.uploaded_at):
            state = folder.state
            if state.stage in {Stage.WAITING, Stage.READING}:
                self._put_reading(folder)
            elif state.stage is Stage.SENDING:
                self._put_sending(folder, row_wise=state.row_wise)
            elif _is_forgotten(folder):
                folder.move(Stage.ABANDONED)
                folder.drop_file()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()

    # What there is

    def mappings(self) -> list[MappingChoice]:
        """See the port."""
        return self._mappings.choices()

    def runs(self) -> list[RunSummary]:
        """See the port."""
        found = [self._summary(folder) for folder in self._uploads.all()]
        return sorted(found, key=lambda one: one.uploaded_at, reverse=True)

    def run(self, run: str) -> RunView:
        """See the port."""
        folder = self._folder(run)
        summary = self._summary(folder)
        prepared = None
        if summary.purpose.kind is not FileKind.OPERATIONS:
            with self._turn:
                prepared = self._looking.view(folder)
        checked: CheckedView | None = checked_view(folder.checked)
        columns, rows = _preview(folder)
        return RunView(
            **{name: getattr(summary, name) for name in RunSummary.__dataclass_fields__},
            columns=columns,
            first_rows=rows,
            prepared=prepared,
            checked=checked,
            has_refused_file=self._refused_path(folder) is not None,
        )

    def refused_rows(self, run: str, start: int, limit: int) -> RefusedPage:
        """See the port."""
        folder = self._folder(run)
        path = self._refused_path(folder)
        if path is None:
            return RefusedPage(columns=(), rows=(), start=start, more=False)
        of_points = folder.purpose.kind is not FileKind.OPERATIONS
        file_format = _OF_POINTS if of_points else self._imports.refused_format(folder)
        return refused_page(path, start, limit, file_format)

    def refused_file(self, run: str) -> Path:
        """See the port."""
        path = self._refused_path(self._folder(run))
        if path is None:
            raise NotFound("file of refused rows", run)
        return path

    def consequence(self, run: str) -> Consequence | None:
        """See the port."""
        return self._looking.consequence(self._points_folder(run))

    # A new file

    def incoming(self) -> Path:
        """See the port."""
        waiting = sum(one.stage in {Stage.WAITING, Stage.READING} for one in self.runs())
        if waiting >= MOST_WAITING:
            raise TooManyUploads
        path = self._uploads.incoming / secrets.token_hex(16)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        return path

    def begin(self, upload: Upload, purpose: Purpose) -> str:
        """See the port."""
        try:
            if purpose.kind is FileKind.OPERATIONS:
                self._imports.mapping_of(purpose)
            else:
                self._looking.check_purpose(purpose)
            with self._turn:
                folder = self._uploads.of(upload, purpose)
                known = folder.exists
                if not known:
                    folder.begin(upload, purpose)
        finally:
            upload.path.unlink(missing_ok=True)
        if not known:
            self._put_reading(folder)
        return folder.run

    # Signatures

    @property
    def holds_feed_key(self) -> bool:
        """See the port."""
        return self._context.settings.key(FEED).configured

    def feed_signer(self, run: str) -> Address | None:
        """See the port."""
        return self._looking.feed_signer(self._points_folder(run))

    def sign(self, run: str) -> None:
        """See the port."""
        with self._turn:
            self._looking.sign(self._ready(run))

    def headers_for_wallet(self, run: str) -> Sequence[HeaderForWallet]:
        """See the port."""
        with self._turn:
            return self._looking.headers_for_wallet(self._ready(run))

    def accept_signature(self, run: str, number: int, signature: bytes) -> None:
        """See the port."""
        with self._turn:
            self._looking.accept_signature(self._ready(run), number, signature)

    # Sending and giving up

    def send(self, run: str, *, row_wise: bool = False) -> None:
        """See the port."""
        with self._turn:
            folder = self._ready(run)
            checked = checked_view(folder.checked)
            if folder.purpose.kind is not FileKind.OPERATIONS:
                self._looking.check_signed(folder)
            elif checked is None or (checked.refused_rows and not row_wise):
                raise WrongStage(run, folder.state.stage.value)
            folder.move(Stage.SENDING, row_wise=row_wise)
        self._put_sending(folder, row_wise=row_wise)

    def abandon(self, run: str) -> None:
        """See the port."""
        folder = self._folder(run)
        with self._turn:
            stage, of_operations = self._stage(folder), folder.purpose.kind is FileKind.OPERATIONS
            # What is made of points while they are read is the reader's; a check of operations leaves nothing behind.
            if stage not in _ABANDONABLE and not (of_operations and stage is Stage.READING):
                raise WrongStage(run, folder.state.stage.value)
            if not of_operations and stage is not Stage.WAITING:
                _patiently(partial(self._looking.abandon, folder))
            folder.move(Stage.ABANDONED)
            folder.drop_file()

    # Work

    def _put_reading(self, folder: UploadFolder) -> None:
        self._put(self._reader, folder, partial(self._read, folder), Stage.FAILED)

    def _put_sending(self, folder: UploadFolder, *, row_wise: bool) -> None:
        self._put(self._sender, folder, partial(self._send, folder, row_wise), Stage.STOPPED)

    def _put(self, worker: Worker, folder: UploadFolder, job: partial[None], failed: Stage) -> None:
        def fail(error: Exception) -> None:
            self._progress.pop(folder.run, None)
            if folder.state.stage in BUSY:  # else it was given up, and what ended the work is no problem
                self._move(folder, failed, problem_of(error, _names(folder)))

        def retry(error: TanpuhuiError | None) -> None:
            if error is None:  # it has ended, and has said so itself; another thread may have the run by now
                return
            known = self._progress.get(folder.run, _Progress())
            self._progress[folder.run] = replace(known, retrying=True)
            with self._turn:
                if folder.state.stage in BUSY:
                    folder.say(problem_of(error, _names(folder)))

        worker.put(job, failed=fail, retrying=retry)

    def _read(self, folder: UploadFolder) -> None:
        if not self._move(folder, Stage.READING):
            return
        told = partial(self._tell_reading, folder)
        if folder.purpose.kind is FileKind.OPERATIONS:
            self._imports.check(folder, told)
        else:
            self._prepare(folder, told)
            folder.drop_file()  # its batches and its refused rows stand elsewhere now
        self._progress.pop(folder.run, None)
        self._move(folder, Stage.READY)

    def _prepare(self, folder: UploadFolder, told: Callable[[int], None]) -> None:
        try:
            self._reading.prepare(folder, told)
        except MAY_PASS:
            raise
        except TanpuhuiError:
            # What was prepared before the file proved to be wrong must not keep the right file's rows out.
            self._reading.abandon(folder)
            raise

    def _send(self, folder: UploadFolder, row_wise: bool) -> None:
        told = partial(self._tell, folder)
        if folder.purpose.kind is FileKind.OPERATIONS:
            try:
                self._imports.apply(folder, told, row_wise=row_wise)
            except RowsInvalid as error:  # the ledger has changed since the check: nothing was sent
                self._imports.check(folder, told)
                self._progress.pop(folder.run, None)
                folder.move(Stage.READY, problem_of(error, _names(folder)))
                return
            folder.drop_file()
        else:
            self._sending.anchor(folder, told)
        self._progress.pop(folder.run, None)
        folder.move(Stage.DONE)

    def _tell(self, folder: UploadFolder, done: int, total: int | None = None) -> None:
        self._progress[folder.run] = _Progress(done, total)

    def _tell_reading(self, folder: UploadFolder, done: int) -> None:
        if folder.state.stage is Stage.ABANDONED:
            raise _GivenUp
        self._tell(folder, done)

    def _move(self, folder: UploadFolder, stage: Stage, problem: Problem | None = None) -> bool:
        """To where the work has brought it; not if it was given up meanwhile."""
        with self._turn:
            if folder.state.stage not in BUSY:
                return False
            folder.move(stage, problem)
            return True

    # Within

    def _points(self) -> PointRuns:
        home = self._open.enter_context(PointsHome(self._context.settings))
        return PointRuns(self._context, home, self._mappings)

    def _folder(self, run: str) -> UploadFolder:
        folder = self._uploads.find(run)
        if folder is None:
            raise NotFound("uploaded file", run)
        return folder

    def _points_folder(self, run: str) -> UploadFolder:
        folder = self._folder(run)
        if folder.purpose.kind is FileKind.OPERATIONS:
            raise WrongStage(run, folder.state.stage.value)
        return folder

    def _ready(self, run: str) -> UploadFolder:
        folder = self._folder(run)
        if self._stage(folder) not in _SENDABLE:
            raise WrongStage(run, folder.state.stage.value)
        return folder

    def _stage(self, folder: UploadFolder) -> Stage:
        """Where it is, whoever gave it up."""
        stage = folder.state.stage
        # While it is read, and where that failed, what was prepared of it is given up by nobody but the reader.
        if stage in _NOT_PREPARED or folder.purpose.kind is FileKind.OPERATIONS:
            return stage
        return Stage.ABANDONED if self._looking.is_abandoned(folder) else stage

    def _summary(self, folder: UploadFolder) -> RunSummary:
        upload, state = folder.upload, folder.state
        progress = self._progress.get(folder.run, _Progress())
        return RunSummary(
            run=folder.run,
            purpose=folder.purpose,
            file_name=upload.file_name,
            file_bytes=upload.bytes,
            file_sha256=upload.sha256,
            uploaded_at=folder.uploaded_at,
            uploaded_by=upload.by,
            stage=self._stage(folder),
            changed_at=state.changed_at,
            problem=state.problem,
            **asdict(progress),
        )

    def _refused_path(self, folder: UploadFolder) -> Path | None:
        if folder.purpose.kind is FileKind.OPERATIONS:
            paths = [folder.refused_path(applied=applied) for applied in (True, False)]
        else:
            paths = [self._looking.refused_path(folder)]
        return next((path for path in paths if path.exists()), None)


def _patiently(job: Callable[[], None]) -> None:
    """Waits a few seconds for whoever writes to the index of entries; then `EntryIndexBusy`."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return job()
        except EntryIndexBusy:
            if time.monotonic() > deadline:
                raise
            time.sleep(_POLL_SECONDS)


def _is_forgotten(folder: UploadFolder) -> bool:
    state = folder.state
    old = state.changed_at < time.time() - FORGOTTEN_DAYS * _DAY_SECONDS
    return old and state.stage is Stage.READY and folder.purpose.kind is FileKind.OPERATIONS


def _names(folder: UploadFolder) -> Mapping[str, str]:
    """What stands on a page in place of our paths."""
    upload = folder.upload
    return {str(upload.path): upload.file_name, str(folder.path): folder.run, upload.path.name: upload.file_name}


def _preview(folder: UploadFolder) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    document = folder.preview
    if not isinstance(document, dict):
        return (), ()
    columns, rows = document["columns"], document["rows"]
    assert isinstance(columns, list)  # noqa: S101 - we wrote it
    assert isinstance(rows, list)  # noqa: S101
    return tuple(map(str, columns)), tuple(tuple(map(str, row)) for row in rows if isinstance(row, list))


@contextmanager
def intake_of(context: OperatingContext) -> Iterator[Intake | None]:
    """The intake of an instance for as long as the block lasts; None where another process has that of its home."""
    folder = context.settings.home / "intake"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with sole_holder(folder / "lock") as alone:
        if not alone:
            context.output.note("warning: takes no files, since another process takes those of this home")
            yield None
            return
        with Intake(context) as intake:
            yield intake
