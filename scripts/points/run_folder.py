"""The folder of a run: what it is, what it has made so far, what it refused; everything appears whole or not at all.

The plan comes first and never changes; `done.json` comes last. In between, the header of a batch appears when its file
is in the store and its entries are in the index, so that a run that was killed goes on after the last header.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.canonical import canonical_json, parse_strict
from ledger.errors import InvalidInput, Json
from ledger.files import begin_file, end_file, open_private, sync_file, unfinished, write_whole
from ledger.ids import ActivityId, Hash32, MethodologyId
from ledger.locks import sole_holder
from ledger.units import civil_day_from_text, civil_day_of_timestamp, date_of_civil_day
from ledger.vocabulary import BatchKind, ReductionClass
from scripts.points.errors import RunAbandoned, RunBusy

FORMAT: Final = 1
_PLAN: Final = "plan.json"
_MAPPING: Final = "mapping.toml"
_DONE: Final = "done.json"
_REFUSED: Final = "refused.csv"
_CORRECTION: Final = "correction.json"
_ABANDONED: Final = "abandoned.json"
_LOCK: Final = "lock"


class RunMismatch(InvalidInput):
    """The folder holds the run of other files, another mapping or other terms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditableDays:
    """Days that entries of an activity may have: those of its crediting period, first to last, that are over (§5.2).

    `ended` is the last day that was over when the run was planned. The chain takes a batch as a whole or not at all.
    """

    first: int
    last: int
    ended: int

    @classmethod
    def planned_now(cls, first: int, last: int) -> CreditableDays:
        """Those of a crediting period for a run that is planned now: yesterday in Shanghai is over."""
        return cls(first=first, last=last, ended=civil_day_of_timestamp(int(time.time())) - 1)

    @property
    def latest(self) -> int:
        """The last day that an entry may have."""
        return min(self.last, self.ended)

    def to_json(self) -> dict[str, Json]:
        """As it stands in the plan."""
        return {"first": _day(self.first), "last": _day(self.last), "ended": _day(self.ended)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the batches of a run are for, besides what the mapping says.

    `party` as docs/spec/05-points.md §5.3; for earn and behaviour it is the activity's id, the methodology is the
    version that its entries are quantified by, and days are civil days in Shanghai.
    """

    kind: BatchKind
    reduction_class: ReductionClass
    party: Hash32
    methodology_id: MethodologyId | None = None
    creditable: CreditableDays | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedBatch:
    """The unsigned header of a batch and what was refused on the way. Without entries there is nothing to anchor."""

    number: int
    kind: BatchKind
    reduction_class: ReductionClass
    party: Hash32
    methodology_id: MethodologyId | None
    first_day: int
    last_day: int
    root: Hash32 | None
    total: int
    entry_count: int
    file_hash: Hash32 | None
    rows: int
    left_out: int
    refused: Mapping[str, int]

    @property
    def activity_id(self) -> ActivityId | None:
        """The activity of earned points or behaviour."""
        return ActivityId(self.party) if self.kind.is_of_feed else None

    def to_json(self) -> dict[str, Json]:
        """As it stands in the folder."""
        document: dict[str, Json] = {
            "format": FORMAT,
            "number": self.number,
            "kind": self.kind.label,
            "class": self.reduction_class.label,
            "party": self.party.hex0x,
            "total": str(self.total),
            "entry_count": self.entry_count,
            "rows": self.rows,
            "left_out": self.left_out,
            "refused": dict(self.refused),
        }
        if self.activity_id is not None and self.methodology_id is not None:
            document |= {"activity_id": self.activity_id.hex0x, "methodology_id": self.methodology_id.hex0x}
        if self.root is not None and self.file_hash is not None:
            document |= {"root": self.root.hex0x, "file_hash": self.file_hash.hex0x}
            if self.activity_id is not None:
                days = (self.first_day, self.last_day)
                document |= dict(zip(("first_day", "last_day"), map(_day, days), strict=True))
        return document

    @classmethod
    def from_json(cls, content: bytes) -> PreparedBatch:
        """What `to_json` wrote."""
        document = parse_strict(content)
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise InvalidInput("header", f"be an object of format {FORMAT}", document)
        given: dict[str, object] = dict(document)
        refused = given["refused"]
        methodology, root, file_hash = (given.get(key) for key in ("methodology_id", "root", "file_hash"))
        return cls(
            number=int(str(given["number"])),
            kind=BatchKind.from_label(str(given["kind"])),
            reduction_class=ReductionClass.from_label(str(given["class"])),
            party=Hash32.from_hex(given["party"]),
            methodology_id=MethodologyId.from_hex(methodology) if methodology else None,
            first_day=civil_day_from_text(given.get("first_day", "1970-01-01")),
            last_day=civil_day_from_text(given.get("last_day", "1970-01-01")),
            root=Hash32.from_hex(root) if root else None,
            total=int(str(given["total"])),
            entry_count=int(str(given["entry_count"])),
            file_hash=Hash32.from_hex(file_hash) if file_hash else None,
            rows=int(str(given["rows"])),
            left_out=int(str(given["left_out"])),
            refused={rule: int(str(count)) for rule, count in refused.items()} if isinstance(refused, dict) else {},
        )


class RunFolder:
    """One run's folder, its owner's alone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, plan: Mapping[str, Json], mapping: bytes) -> None:
        """Saves the plan, or finds that it is the one that was saved; `RunMismatch` if it is another."""
        content = canonical_json(dict(plan))
        for folder in (self.path, self.path / "batches", self.path / "refused"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (self.path / _PLAN).exists():
            if (self.path / _PLAN).read_bytes() != content:
                rule = "be the run of these files, this mapping and these terms, or empty"
                raise RunMismatch("run", rule, str(self.path))
            return
        write_whole(self.path / _MAPPING, mapping)
        write_whole(self.path / _PLAN, content)

    @property
    def plan_hash(self) -> Hash32:
        """SHA-256 of the plan."""
        return Hash32(hashlib.sha256((self.path / _PLAN).read_bytes()).digest())

    @property
    def plan(self) -> Json:
        """What the run is."""
        return parse_strict((self.path / _PLAN).read_bytes())

    @property
    def planned_ended_day(self) -> int | None:
        """`CreditableDays.ended` of the plan, which stays whenever the run goes on; None before there is one."""
        plan = self.plan if (self.path / _PLAN).exists() else None
        days = plan.get("creditable") if isinstance(plan, dict) else None
        return civil_day_from_text(days.get("ended")) if isinstance(days, dict) else None

    @property
    def done(self) -> Json:
        """The totals of the run, None until it is finished."""
        path = self.path / _DONE
        return parse_strict(path.read_bytes()) if path.exists() else None

    @property
    def refused_path(self) -> Path:
        """The file of refused rows, which is there if there are any."""
        return self.path / _REFUSED

    def header(self, number: int) -> PreparedBatch | None:
        """A batch, None until it is prepared."""
        path = self._header_path(number)
        return PreparedBatch.from_json(path.read_bytes()) if path.exists() else None

    def headers(self) -> list[PreparedBatch]:
        """The batches that are prepared, in their order."""
        return [PreparedBatch.from_json(path.read_bytes()) for path in sorted((self.path / "batches").glob("*.json"))]

    def intended(self, number: int) -> PreparedBatch | None:
        """A batch whose file is in the store, but of which it is not known whether the index has it."""
        path = unfinished(self._header_path(number))
        try:
            return PreparedBatch.from_json(path.read_bytes())
        except (FileNotFoundError, InvalidInput):  # cut short by a crash: as if it were not there
            return None

    def intend(self, header: PreparedBatch) -> None:
        """The batch's file is in the store."""
        begin_file(self._header_path(header.number), _text(header.to_json()))

    def confirm(self, number: int) -> None:
        """The index has the entries of the intended batch: it is prepared."""
        end_file(self._header_path(number))

    def signed(self, number: int) -> bytes | None:
        """The signed header of a batch as it stands in the folder, None if it is not signed."""
        path = self._signed_path(number)
        return path.read_bytes() if path.exists() else None

    def keep_signed(self, number: int, document: Mapping[str, Json]) -> None:
        """Keeps the signed header of a batch, in place of an older one."""
        path = self._signed_path(number)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_whole(path, _text(document))

    def correction(self) -> Json:
        """What a run of corrections is sent with, None for other runs."""
        path = self.path / _CORRECTION
        return parse_strict(path.read_bytes()) if path.exists() else None

    def keep_correction(self, document: Mapping[str, Json]) -> None:
        """Keeps what a correction is sent with, before it is sent."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(self.path / _CORRECTION, _text(document))

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps others from signing, anchoring or abandoning the run meanwhile; `RunBusy` while one of them does."""
        with sole_holder(self.path / _LOCK) as alone:
            if not alone:
                raise RunBusy(str(self.path))
            yield

    @property
    def exists(self) -> bool:
        """Whether a run was ever planned here."""
        return (self.path / _PLAN).exists()

    @property
    def abandoned(self) -> bool:
        """Whether it was given up: nothing of it is signed or anchored any more."""
        return (self.path / _ABANDONED).exists()

    def check_wanted(self) -> None:
        """`RunAbandoned` if the run was given up."""
        if self.abandoned:
            raise RunAbandoned(str(self.path))

    def keep_abandoned(self, batches: Sequence[int]) -> None:
        """Gives the run up, but for what is anchored; `batches` are the numbers in it that never will be."""
        write_whole(self.path / _ABANDONED, _text({"format": FORMAT, "batches": list(batches)}))

    def refused_part(self, number: int) -> Path:
        """Where the refused rows of one portion are."""
        return self.path / "refused" / f"{number:05d}.csv"

    def finish(self, totals: Mapping[str, Json]) -> None:
        """Joins the parts of refused rows and says that the run is done."""
        parts = sorted((self.path / "refused").glob("*.csv"))
        if parts:
            self._join(parts)
        write_whole(self.path / _DONE, _text(totals))

    def _join(self, parts: Sequence[Path]) -> None:
        with open_private(unfinished(self.refused_path)) as joined:
            for number, part in enumerate(parts):
                with part.open("rb") as file:
                    header = file.readline()
                    joined.write(b"" if number else header)
                    for line in file:
                        joined.write(line)
            sync_file(joined)
        end_file(self.refused_path)

    def _signed_path(self, number: int) -> Path:
        return self.path / "signed" / f"{number:05d}.json"

    def _header_path(self, number: int) -> Path:
        return self.path / "batches" / f"{number:05d}.json"


def _text(document: Mapping[str, Json]) -> bytes:
    return json.dumps(dict(document), indent=1).encode() + b"\n"


def _day(day: int) -> str:
    return date_of_civil_day(day).isoformat()
