"""What an audit keeps in its work folder of how far it is, so that it goes on there when it was interrupted."""

from __future__ import annotations

import contextlib
import fcntl
import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from indexer.audit.replay import REPLICA
from indexer.errors import WorkFolderBusy
from ledger.errors import Json
from ledger.files import write_whole

FORMAT: Final = 1
FINDINGS: Final = "findings.ndjson"
CHECKPOINTS: Final = "checkpoints"
"""What the part of this name covers, and as which a later audit is told how many there were."""
_STATE: Final = "audit.json"
_LOCK: Final = "audit.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class DonePart:
    """A part that came to its end: how long it took, how many findings it made, what it covered and has to say."""

    seconds: float
    findings: int
    covered: dict[str, int]
    facts: list[str]


@dataclass(slots=True, kw_only=True)
class Progress:
    """`job` is what was asked for; an audit goes on only if the same is asked for again. `as_of` is the audited block,
    as the report has it, as far as it is known. `base` is what the last whole audit came to, for `--since`.
    """

    job: dict[str, Json]
    started_at: int
    as_of: dict[str, Json] = field(default_factory=dict)
    replay_seconds: float = 0.0
    done: dict[str, DonePart] = field(default_factory=dict)
    finished_at: int | None = None
    base: dict[str, Json] | None = None

    @property
    def findings(self) -> int:
        """How many findings there were in all."""
        return sum(part.findings for part in self.done.values())

    @property
    def result(self) -> dict[str, Json] | None:
        """What a later audit may continue: this one if it is finished and found nothing, or the one before."""
        if self.finished_at is None or (self.findings and self.base is not None):
            return self.base
        checkpoints = self.done[CHECKPOINTS].covered.get(CHECKPOINTS, 0) if CHECKPOINTS in self.done else 0
        return {
            **self.job,
            "log_size": self.as_of["log_size"],
            "findings": self.findings,
            CHECKPOINTS: checkpoints,
        }

    def save(self, work: Path) -> None:
        """Keeps it, on the disk when this returns."""
        document = {"format": FORMAT, **asdict(self)}
        write_whole(work / _STATE, json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n")

    @classmethod
    def load(cls, work: Path) -> Progress | None:
        """What was kept; None if nothing was, or nothing that this program wrote."""
        try:
            document: dict[str, Any] = json.loads((work / _STATE).read_bytes())
            if document.pop("format") != FORMAT:
                return None
            done = {name: DonePart(**part) for name, part in document.pop("done").items()}
            return cls(**document, done=done)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None


@contextlib.contextmanager
def alone_in(work: Path) -> Iterator[None]:
    """Makes the work folder if need be; `WorkFolderBusy` while another audit works there."""
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (work / _LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WorkFolderBusy(str(work)) from None
        yield


def begin_anew(work: Path, parts: Iterable[str]) -> None:
    """Removes what an earlier audit and its parts left in the work folder, and nothing else that may be there."""
    names = [_STATE, f"{FINDINGS}*", f"{REPLICA}*", *(f"{part}*" for part in parts)]
    for name in names:
        for path in work.glob(name):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
