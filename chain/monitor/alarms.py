"""What a monitor found, as files that say it to whoever comes later: each alarm once, never changed, never removed."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from ledger.canonical import canonical_json
from ledger.errors import Json
from ledger.files import write_whole
from ledger.split_view import Evidence

FORMAT: Final = 1
TYPE: Final = "tanpuhui-alarm"
ALARMS: Final = "alarms"
EVIDENCE: Final = "evidence"


class AlarmKind(StrEnum):
    """What is wrong."""

    LEAF = "leaf"
    """The node's events are no log: a leaf is missing, doubled, unreadable, or does not hash to its values."""
    ROOT = "root"
    """The contract has another root than the leaves that the node tells of, or another number of leaves."""
    REWRITTEN = "rewritten"
    """A leaf that was seen is on the chain no more."""
    NODE_BEHIND = "node-behind"
    """The own node has had fewer blocks than before for longer than is allowed."""
    NOTE = "note"
    """What a source serves is no checkpoint that the log's key signed."""
    CHECKPOINT = "checkpoint"
    """A signed checkpoint has another root than the chain at that size."""
    SIZE = "size"
    """A signed checkpoint has a size that the final chain has not reached."""
    ROLLBACK = "rollback"
    """A source serves a smaller checkpoint than it did before."""
    SPLIT_VIEW = "split-view"
    """Two signed checkpoints cannot be of one log; the evidence verifies alone."""
    STALE = "stale"
    """A source's newest checkpoint grows older than is allowed while the log grows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One thing that is wrong. `facts` are what makes it this alarm and no other: the same facts are one alarm."""

    kind: AlarmKind
    detail: str
    source: str | None = None
    facts: Mapping[str, Json] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    evidence: Evidence | None = None

    @property
    def name(self) -> str:
        """Of its file."""
        identity: Json = {"kind": self.kind.value, "source": self.source, "facts": dict(self.facts)}
        return f"{self.kind.value}-{hashlib.sha256(canonical_json(identity)).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An alarm with its files; `new` unless it was raised before."""

    alarm: Alarm
    file: Path
    evidence_file: Path | None
    new: bool


class AlarmFolder:
    """The files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def raise_alarm(self, alarm: Alarm, now: float) -> Raised:
        """Keeps it; evidence first, so that an alarm never names a file that is not there."""
        evidence_file = None if alarm.evidence is None else self._keep_evidence(alarm.evidence)
        file = self._folder / ALARMS / f"{alarm.name}.json"
        new = not file.exists()
        if new:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(file, canonical_json(_document(alarm, evidence_file, now)) + b"\n")
        return Raised(alarm=alarm, file=file, evidence_file=evidence_file, new=new)

    def count(self) -> int:
        """How many were ever raised."""
        return sum(1 for _ in (self._folder / ALARMS).glob("*.json"))

    def _keep_evidence(self, evidence: Evidence) -> Path:
        content = evidence.to_bytes()
        file = self._folder / EVIDENCE / f"{hashlib.sha256(content).hexdigest()}.json"
        if not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(file, content)
        return file


def _document(alarm: Alarm, evidence_file: Path | None, now: float) -> Json:
    notes: list[Json] = list(alarm.notes)
    raised_at = datetime.datetime.fromtimestamp(int(now), datetime.UTC).isoformat().replace("+00:00", "Z")
    return {
        "format": FORMAT,
        "type": TYPE,
        "alarm": alarm.kind.value,
        "detail": alarm.detail,
        "source": alarm.source,
        "facts": dict(alarm.facts),
        "notes": notes,
        "evidence": None if evidence_file is None else f"{EVIDENCE}/{evidence_file.name}",
        "raised_at": raised_at,
    }
