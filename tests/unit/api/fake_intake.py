"""An intake in memory: its runs are said beforehand, and what it is asked to do is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from api.intake_port import (
    BatchView,
    CheckedView,
    Consequence,
    FileKind,
    HeaderForWallet,
    MappingChoice,
    OperationsOfKind,
    PreparedView,
    Problem,
    Purpose,
    RefusedPage,
    RefusedRow,
    RunSummary,
    RunView,
    Stage,
    Upload,
)
from api.web.console.intake.errors import WrongStage
from chain.feeds import FeedDomain
from ledger.batches import FeedHeader
from ledger.errors import NodeUnreachable, NotFound
from ledger.ids import ActivityId, Address, Hash32, MethodologyId
from ledger.vocabulary import BatchKind, ReductionClass

FEED_SIGNER = Address(bytes([0xFE]) * 20)
FEED = Purpose(kind=FileKind.FEED, mapping="metro", activity="SH-METRO-1")
OPERATIONS = Purpose(kind=FileKind.OPERATIONS, mapping="transfers")
MAPPINGS = (
    MappingChoice(name="metro", kind=FileKind.FEED, batch_kind=BatchKind.EARN, description="trips of the metro"),
    MappingChoice(name="transfers", kind=FileKind.OPERATIONS, actions=("transfer",), description="transfers"),
    MappingChoice(name="monitoring", kind=FileKind.OPERATIONS, actions=("propose",), description="meters"),
    MappingChoice(name="whole", kind=FileKind.OPERATIONS, actions=("propose", "confirm"), description="two bodies"),
    MappingChoice(name="broken", kind=FileKind.OPERATIONS, refused="broken.toml: feed must be known"),
)
BATCH = BatchView(
    number=1, entries=60, total=3_000_000, first_day=20_254, last_day=20_255, root=Hash32(b"\x01" * 32),
    file_hash=Hash32(b"\x02" * 32),
)  # fmt: skip
PREPARED = PreparedView(
    kind=BatchKind.EARN, reduction_class=ReductionClass.I, party=Hash32(b"\x03" * 32), methodology_id=None,
    batches=(BATCH,), rows=62, left_out=1, refused={"time-unreadable": 1},
)  # fmt: skip
CHECKED = CheckedView(
    rows=9, refused_rows=2, idle=1, repeated=1, repeated_grams=345_678, refused={"account-registry-not-active": 2},
    operations=(OperationsOfKind(action="transfer", count=6, grams=12_345_678),),
)  # fmt: skip


def run(**changes: Any) -> RunView:
    """A file of trips that is ready, but for what is said otherwise."""
    usual = RunView(
        run="upload-1", purpose=FEED, file_name="trips.csv", file_bytes=2_000, file_sha256=Hash32(b"\x04" * 32),
        uploaded_at=1_760_000_000, uploaded_by="somebody", stage=Stage.READY, changed_at=1_760_000_001,
        columns=("trip", "card"), first_rows=(("1", "<b>7</b>"),), prepared=PREPARED, has_refused_file=True,
    )  # fmt: skip
    return replace(usual, **changes)


def operations_run(**changes: Any) -> RunView:
    """A file of transfers that was checked."""
    return run(**{"purpose": OPERATIONS, "prepared": None, "checked": CHECKED, **changes})


@dataclass
class FakeIntake:
    """`down`: the node does not answer. `asked` is what was done, in order."""

    folder: Path
    kept: dict[str, RunView] = field(default_factory=dict)
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    down: bool = False
    holds_feed_key: bool = True
    opened: int = 0

    def put(self, view: RunView) -> RunView:
        self.kept[view.run] = view
        return view

    def mappings(self) -> Sequence[MappingChoice]:
        return MAPPINGS

    def incoming(self) -> Path:
        self.opened += 1
        return self.folder / f"incoming-{self.opened}"

    def begin(self, upload: Upload, purpose: Purpose) -> str:
        self.contents.append(upload.path.read_bytes())
        upload.path.unlink()
        self.asked.append(("begin", upload.file_name, upload.bytes, purpose))
        return self.put(run(purpose=purpose, file_name=upload.file_name, stage=Stage.WAITING, prepared=None)).run

    def runs(self) -> Sequence[RunSummary]:
        return list(self.kept.values())

    def run(self, run: str) -> RunView:
        if run not in self.kept:
            raise NotFound("uploaded file", run)
        return self.kept[run]

    def refused_rows(self, run: str, start: int, limit: int) -> RefusedPage:
        row = RefusedRow(line=7, rule="time-unreadable", field="", message="no time", cells=("<i>soon</i>", "9"))
        return RefusedPage(columns=("started", "card"), rows=(row,) * min(limit, 3), start=start, more=start == 0)

    def refused_file(self, run: str) -> Path:
        path = self.folder / f"{run}.csv"
        path.write_text("refused_line,trip\n7,soon\n")
        return path

    def consequence(self, run: str) -> Consequence | None:
        self._answer()
        return Consequence(
            personal_before=0, personal_after=2_900_000, cap_left=9_000_000, cap_left_after=6_000_000, withheld=100_000
        )

    def feed_signer(self, run: str) -> Address | None:
        self._answer()
        return FEED_SIGNER

    def sign(self, run: str) -> None:
        self.asked.append(("sign", run))

    def headers_for_wallet(self, run: str) -> Sequence[HeaderForWallet]:
        header = FeedHeader(
            kind=BatchKind.EARN, activity_id=ActivityId(b"\x03" * 32), methodology_id=MethodologyId(b"\x05" * 32),
            reduction_class=ReductionClass.I, sequence=4, first_day=BATCH.first_day, last_day=BATCH.last_day,
            root=BATCH.root, total=BATCH.total, entry_count=BATCH.entries, file_hash=BATCH.file_hash,
        )  # fmt: skip
        document = FeedDomain(20_259, Address(b"\xc0" * 20)).data(header).document
        return [HeaderForWallet(number=1, sequence=4, feed_signer=FEED_SIGNER, document=document, signed=False)]

    def accept_signature(self, run: str, number: int, signature: bytes) -> None:
        self.asked.append(("accept", run, number, signature))

    def send(self, run: str, *, row_wise: bool = False) -> None:
        if self.kept[run].stage not in {Stage.READY, Stage.STOPPED}:
            raise WrongStage(run, self.kept[run].stage.value)
        self.asked.append(("send", run, row_wise))

    def abandon(self, run: str) -> None:
        self.asked.append(("abandon", run))

    def _answer(self) -> None:
        if self.down:
            raise NodeUnreachable("http://10.0.0.9:8545", "refused")


NODE_DOWN = Problem(code="node-unreachable", english="The ledger's node does not answer.", chinese="账本节点暂无应答。")
MALFORMED = Problem(
    code="malformed-file", english="The file cannot be read as the mapping says.", chinese="无法按所选映射读取该文件。",
    field="card", rule="be a column of the file", value='"not among: a, b"', line=1,
)  # fmt: skip
