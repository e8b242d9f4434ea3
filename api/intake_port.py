"""What the pages of files ask of the machinery that the command line has too: runs of uploaded files.

A file that was uploaded is a **run**, named by its content and what is to be done with it: the same file for the same
purpose is the same run. Its work goes on in the background, whoever looks, and after a restart of this process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from ledger.ids import Address, Hash32
from ledger.vocabulary import BatchKind, ReductionClass


class FileKind(StrEnum):
    """What a file is."""

    FEED = "feed"
    """Trips, taps or charging sessions, which become points or behaviour value (docs/points.md)."""
    INSTRUCTIONS = "instructions"
    """Redemptions, donations or cancellations of points (docs/points.md)."""
    OPERATIONS = "operations"
    """Rows of which each asks for operations of the ledger (docs/import.md)."""


class Stage(StrEnum):
    """How far a run is."""

    WAITING = "waiting"
    """Uploaded; others are read before it."""
    READING = "reading"
    FAILED = "failed"
    """The file, the mapping or the terms are wrong as a whole: `RunView.problem`. Nothing came of it."""
    READY = "ready"
    """Prepared (points) or checked (operations): nothing was sent."""
    SENDING = "sending"
    """Anchored or applied at this moment."""
    STOPPED = "stopped"
    """The ledger refused something: `RunView.problem`. What came before it stands; it may be tried again."""
    DONE = "done"
    ABANDONED = "abandoned"


BUSY = frozenset({Stage.WAITING, Stage.READING, Stage.SENDING})
"""Something goes on by itself: the page looks again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingChoice:
    """A mapping file that this instance knows. `actions`: what rows may ask for, of mappings of operations; `refused`
    says why it cannot be used, None if it can.
    """

    name: str
    kind: FileKind
    description: str = ""
    batch_kind: BatchKind | None = None
    actions: tuple[str, ...] = ()
    refused: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What is to be done with a file. `mapping` is a name of `IntakePort.mappings`, and may be empty for instructions,
    which then have the standard columns. `activity` (code or id) for feeds; kind, class and `party` (account of the
    provider, code of the campaign) for instructions.
    """

    kind: FileKind
    mapping: str = ""
    activity: str = ""
    batch_kind: BatchKind | None = None
    reduction_class: ReductionClass | None = None
    party: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that has arrived whole. `file_name` as its sender calls it: text to be shown, never a path."""

    path: Path
    file_name: str
    bytes: int
    sha256: Hash32
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What went wrong, for people, in both languages; of a file the place too (`line` 0: none can be named)."""

    code: str
    english: str
    chinese: str
    field: str = ""
    rule: str = ""
    value: str = ""
    line: int = 0

    def text(self, language: str) -> str:
        """In the reader's language."""
        return self.chinese if language == "zh" else self.english


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run in the list. `done` and `total` count rows while it is read, batches or rows while it is sent (`total`
    None: unknown). `retrying`: the node does not answer, and what is left is tried again by itself.
    """

    run: str
    purpose: Purpose
    file_name: str
    file_bytes: int
    file_sha256: Hash32
    uploaded_at: int
    uploaded_by: str
    stage: Stage
    changed_at: int
    done: int = 0
    total: int | None = None
    retrying: bool = False
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchView:
    """A batch of a run. `total` in grams, or behaviour value. `sequence` once its header is signed; `batch_number`
    once it is anchored."""

    number: int
    entries: int
    total: int
    first_day: int
    last_day: int
    root: Hash32
    file_hash: Hash32
    sequence: int | None = None
    batch_number: int | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedView:
    """What a file of points became. `rows` were read, `left_out` were none of this feed's business."""

    kind: BatchKind
    reduction_class: ReductionClass
    party: Hash32
    methodology_id: Hash32 | None
    batches: tuple[BatchView, ...]
    rows: int
    left_out: int
    refused: Mapping[str, int] = field(default_factory=dict)

    @property
    def entries(self) -> int:
        """Of all batches."""
        return sum(batch.entries for batch in self.batches)

    @property
    def total(self) -> int:
        """Grams of all batches, or behaviour value."""
        return sum(batch.total for batch in self.batches)

    @property
    def refused_rows(self) -> int:
        """By whatever rule."""
        return sum(self.refused.values())

    @property
    def needs_signature(self) -> bool:
        """Whether a header waits for the operator's signature."""
        return self.kind.is_of_feed and any(
            batch.sequence is None and batch.batch_number is None for batch in self.batches
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsOfKind:
    """Operations of one sort that rows ask for, and the grams that they name together."""

    action: str
    count: int
    grams: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedView:
    """What a file of operations would do, or has done. `repeated`: operations that were applied before this run,
    and the grams that they name; `idle`: rows that ask for nothing."""

    rows: int
    refused_rows: int
    idle: int
    repeated: int
    repeated_grams: int
    operations: tuple[OperationsOfKind, ...]
    refused: Mapping[str, int] = field(default_factory=dict)
    applied: int | None = None

    @property
    def new(self) -> int:
        """Operations that are not in the ledger yet."""
        return sum(one.count for one in self.operations) - self.repeated

    @property
    def new_grams(self) -> int:
        """What those name together."""
        return sum(one.grams for one in self.operations) - self.repeated_grams


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView(RunSummary):
    """Everything of a run. `columns` and `first_rows` as the file has them."""

    columns: tuple[str, ...] = ()
    first_rows: tuple[tuple[str, ...], ...] = ()
    prepared: PreparedView | None = None
    checked: CheckedView | None = None
    has_refused_file: bool = False

    @property
    def refused(self) -> Mapping[str, int]:
        """How many rows each rule refused."""
        part = self.prepared or self.checked
        return {} if part is None else part.refused


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that was refused: where it stands, the rule that it broke, and its cells in the order of `columns`."""

    line: int
    rule: str
    field: str
    message: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedPage:
    """Some of the refused rows, from number `start` (0 is the first); `more`: there are others after them."""

    columns: tuple[str, ...]
    rows: tuple[RefusedRow, ...]
    start: int
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What anchoring would do, by the chain's present state; in grams, None where the kind has no such thing."""

    personal_before: int | None = None
    personal_after: int | None = None
    cap_left: int | None = None
    cap_left_after: int | None = None
    withheld: int | None = None
    bought_back: int | None = None
    pool_after: int | None = None

    @property
    def beyond_cap(self) -> bool:
        """Whether the activity's cap would refuse it."""
        return self.cap_left_after is not None and self.cap_left_after < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderForWallet:
    """A header that a wallet may sign: the very document of `eth_signTypedData_v4`. `signed`: it is already."""

    number: int
    sequence: int
    feed_signer: Address
    document: Mapping[str, Any]
    signed: bool


class IntakePort(Protocol):
    """All methods block and are called from threads. `run` names come from addresses: `NotFound` for all others."""

    def mappings(self) -> Sequence[MappingChoice]:
        """The mapping files that this instance knows, by name."""
        ...

    def incoming(self) -> Path:
        """A new empty file of this process alone (0600) for an upload; `TooManyRuns` while enough others wait."""
        ...

    def begin(self, upload: Upload, purpose: Purpose) -> str:
        """Takes the file away from `Upload.path` and gives the run: that of the same file and purpose, if there is one
        that was not abandoned or failed. Raises `InvalidInput` for a purpose that cannot be; the file is gone then.
        """
        ...

    def runs(self) -> Sequence[RunSummary]:
        """Every run of uploaded files, newest first."""
        ...

    def run(self, run: str) -> RunView:
        """One of them."""
        ...

    def refused_rows(self, run: str, start: int, limit: int) -> RefusedPage:
        """Some of its refused rows."""
        ...

    def refused_file(self, run: str) -> Path:
        """The file of refused rows; `NotFound` where every row passed."""
        ...

    def consequence(self, run: str) -> Consequence | None:
        """Of anchoring a prepared run; None where it has no entries. Raises `Unavailable` without a node."""
        ...

    @property
    def holds_feed_key(self) -> bool:
        """Whether this instance holds an operator's feed key to sign with."""
        ...

    def feed_signer(self, run: str) -> Address | None:
        """Whose signature the headers of the run need; None for a run of instructions. Raises `Unavailable`."""
        ...

    def sign(self, run: str) -> None:
        """Signs every header with the feed key of this instance; `NotTheFeedKey` if the activity has another."""
        ...

    def headers_for_wallet(self, run: str) -> Sequence[HeaderForWallet]:
        """The headers with the sequences that are theirs now."""
        ...

    def accept_signature(self, run: str, number: int, signature: bytes) -> None:
        """Keeps a wallet's signature of header `number`; `InvalidInput`, `NotTheFeedKey` where it is none of the feed
        key's over this very header.
        """
        ...

    def send(self, run: str, *, row_wise: bool = False) -> None:
        """Begins to anchor a prepared run, or to apply a checked one, in the background; each batch and each operation
        once, however often it is begun. With refused rows a file of operations is applied only `row_wise`.

        Raises `WrongStage` for a run that is not ready, `HeaderNotSigned`.
        """
        ...

    def abandon(self, run: str) -> None:
        """Gives up what is not anchored; a file of operations that was not applied is forgotten, and is not read
        any further. `WrongStage` while it is being sent or was done, and of points while they are read;
        `BatchOnItsWay`.
        """
        ...
