"""The report of an audit: `report.json` for programs, `report.html` for people, in Chinese and English (§9.3)."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from jinja2 import Environment, StrictUndefined

from indexer.audit.findings import Finding
from indexer.audit.progress import FINDINGS, DonePart
from ledger.errors import Json
from ledger.files import write_whole

FORMAT: Final = 1
MOST_SHOWN: Final = 10_000
"""Findings that the report has; the file of findings has all."""

_FOUND: Final = 1
_LABELS: Final = {
    "block_number": "区块高度 Block",
    "block_hash": "区块哈希 Block hash",
    "block_timestamp": "区块时间戳 Block timestamp",
    "log_size": "日志条数 Log size",
    "log_root": "日志根 Log root",
}
_READABLE: Final = 0o644


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A part that could not look at anything."""

    part: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an audit came to. `complete` is False where the chain contradicts itself and cannot be replayed further."""

    job: Mapping[str, Json]
    node: str
    started_at: int
    finished_at: int
    as_of: Mapping[str, Json]
    replay_seconds: float
    parts: Mapping[str, DonePart]
    left_out: tuple[LeftOut, ...]
    not_asked_for: tuple[str, ...]
    facts: tuple[str, ...]
    finding_count: int
    findings_by_part: Mapping[str, int]
    findings: tuple[Finding, ...]
    complete: bool

    @property
    def verdict(self) -> str:
        """`nothing-found`, `found`, or `found-incomplete`."""
        if not self.complete:
            return "found-incomplete"
        return "found" if self.finding_count else "nothing-found"

    @property
    def whole(self) -> bool:
        """Whether every part was run."""
        return self.complete and not self.left_out and not self.not_asked_for

    @property
    def exit_code(self) -> int:
        """0 or 1."""
        return 0 if self.verdict == "nothing-found" else _FOUND

    @property
    def covered(self) -> dict[str, int]:
        """What was looked at, over all parts."""
        total: dict[str, int] = {}
        for part in self.parts.values():
            for what, number in part.covered.items():
                total[what] = total.get(what, 0) + number
        return total

    def document(self) -> dict[str, Json]:
        """As JSON."""
        parts: list[Json] = [
            {
                "part": name,
                "seconds": str(part.seconds),
                "findings": part.findings,
                "covered": dict(part.covered),
            }
            for name, part in self.parts.items()
        ]
        return {
            "format": FORMAT,
            "verdict": self.verdict,
            "whole": self.whole,
            "started_at": rfc3339(self.started_at),
            "finished_at": rfc3339(self.finished_at),
            "node": self.node,
            "audited": dict(self.job),
            "as_of": dict(self.as_of),
            "replay_seconds": str(self.replay_seconds),
            "parts": parts,
            "left_out": [{"part": one.part, "reason": one.reason} for one in self.left_out],
            "not_asked_for": list(self.not_asked_for),
            "covered": dict(self.covered),
            "facts": list(self.facts),
            "finding_count": self.finding_count,
            "findings_by_part": dict(self.findings_by_part),
            "findings": [finding.document() for finding in self.findings],
            "findings_file": FINDINGS,
        }


def rfc3339(unix: int) -> str:
    """Seconds since 1970 as `2026-01-31T08:00:00Z`."""
    return datetime.datetime.fromtimestamp(unix, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_report(report: Report, folder: Path) -> None:
    """Writes `report.json` and `report.html`."""
    text = json.dumps(report.document(), ensure_ascii=False, indent=2) + "\n"
    write_whole(folder / "report.json", text.encode(), mode=_READABLE)
    write_whole(folder / "report.html", render(report).encode(), mode=_READABLE)


def render(report: Report) -> str:
    """The page: one file, nothing fetched, everything escaped."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    source = files("indexer.audit").joinpath("report.html.jinja").read_text(encoding="utf-8")
    return environment.from_string(source).render(
        report=report, document=report.document(), most_shown=MOST_SHOWN, labels=_LABELS
    )
