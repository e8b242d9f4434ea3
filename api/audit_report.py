"""What the newest report of an audit says (docs/spec/09-audit.md §9.3), read from the file that an instance is told of.

The file is whoever's may write there: it is read strictly, up to a size, and nothing of it is taken for anything but
text and numbers. Of findings only where they are is given: values of kept rows are not for the public.
"""

from __future__ import annotations

import os
import re
import stat
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from ledger.canonical import parse_strict
from ledger.errors import InvalidInput, Json

MOST_BYTES: Final = 32 << 20
_FORMAT: Final = 1
_VERDICTS: Final = ("nothing-found", "found", "found-incomplete")
_HASH: Final = re.compile(r"0x[0-9a-f]{64}", re.ASCII)
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)
_LAST_TIME: Final = 253_402_214_400
"""9999-12-31T00:00:00Z: whatever is before it has a date in every zone."""
_NAME: Final = re.compile(r"[!-~][ -~]{0,99}", re.ASCII)
_MOST_PLACES: Final = 20


@dataclass(frozen=True, slots=True)
class AuditedPart:
    """A part of the audit: how many findings, how long it took in seconds, and what it looked at."""

    name: str
    findings: int
    seconds: str
    covered: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSummary:
    """A report without its findings. `places`: the tables and columns that findings are in, and how many of each."""

    verdict: str
    whole: bool
    started_at: int
    finished_at: int
    block_number: int
    block_hash: bytes
    log_size: int
    log_root: bytes
    finding_count: int
    parts: tuple[AuditedPart, ...]
    left_out: tuple[str, ...]
    not_asked_for: tuple[str, ...]
    places: tuple[tuple[str, str, str, int], ...]


class UnreadableReportError(Exception):
    """There is a file, and it is no report; `why` is for people, in English, and holds nothing of the file."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(slots=True)
class AuditReports:
    """The file at a path. What was read is kept until the file is another."""

    path: Path | None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _seen: tuple[tuple[int, int, int], AuditSummary | UnreadableReportError] | None = None

    def newest(self) -> AuditSummary | None:
        """The summary; None where there is no file. Raises `UnreadableReportError`."""
        if self.path is None:
            return None
        with self._lock:
            return self._read(self.path)

    def _read(self, path: Path) -> AuditSummary | None:
        try:
            opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError:
            raise UnreadableReportError("it cannot be opened") from None
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode):
            os.close(opened)
            raise UnreadableReportError("it is no ordinary file")
        with os.fdopen(opened, "rb") as file:
            mark = (found.st_ino, found.st_mtime_ns, found.st_size)
            if self._seen is None or self._seen[0] != mark:
                self._seen = (mark, _summary(file.read(MOST_BYTES + 1)))
        made = self._seen[1]
        if isinstance(made, UnreadableReportError):
            raise made
        return made


def _summary(data: bytes) -> AuditSummary | UnreadableReportError:
    if len(data) > MOST_BYTES:
        return UnreadableReportError(f"it is larger than {MOST_BYTES} bytes")
    try:
        return read_report(parse_strict(data, max_bytes=MOST_BYTES))
    except InvalidInput as error:
        return UnreadableReportError(f"{error.field} must {error.rule}"[:200])


def read_report(document: Json) -> AuditSummary:
    """The summary of a report's document; `InvalidInput` for anything that `indexer.audit.report` does not write."""
    report = _object(document, "report")
    if report.get("format") != _FORMAT or isinstance(report.get("format"), bool):
        raise InvalidInput("format", f"be {_FORMAT}", None)
    verdict = _text(report, "verdict", re.compile("|".join(_VERDICTS)))
    as_of = _object(report.get("as_of"), "as_of")
    findings = [_object(one, "findings") for one in _list(report, "findings")]
    parts = tuple(_part(one) for one in _list(report, "parts"))
    finding_count = _number(report, "finding_count")
    found = finding_count or any(one.findings for one in parts)
    if finding_count < len(findings) or (found and verdict == _VERDICTS[0]):
        raise InvalidInput("verdict", "be that of the findings", None)
    places = Counter(tuple(_shown(one.get(name)) for name in ("part", "table", "column")) for one in findings)
    return AuditSummary(
        verdict=verdict,
        whole=_flag(report, "whole"),
        started_at=_time(report, "started_at"),
        finished_at=_time(report, "finished_at"),
        block_number=_number(as_of, "block_number"),
        block_hash=bytes.fromhex(_text(as_of, "block_hash", _HASH)[2:]),
        log_size=_number(as_of, "log_size"),
        log_root=bytes.fromhex(_text(as_of, "log_root", _HASH)[2:]),
        finding_count=finding_count,
        parts=parts,
        left_out=tuple(_text(_object(one, "left_out"), "part", _NAME) for one in _list(report, "left_out")),
        not_asked_for=tuple(_shown(one) for one in _list(report, "not_asked_for")),
        places=tuple((part, table, column, many) for (part, table, column), many in places.most_common(_MOST_PLACES)),
    )


def _part(value: Json) -> AuditedPart:
    part = _object(value, "parts")
    covered = _object(part.get("covered"), "covered")
    return AuditedPart(
        _text(part, "part", _NAME),
        _number(part, "findings"),
        _text(part, "seconds", _NAME),
        tuple((_shown(name), _number(covered, name)) for name in covered),
    )


def _object(value: Json, name: str) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise InvalidInput(name, "be an object", None)
    return value


def _list(report: Mapping[str, Json], name: str) -> list[Json]:
    value = report.get(name)
    if not isinstance(value, list):
        raise InvalidInput(name, "be a list", None)
    return value


def _text(report: Mapping[str, Json], name: str, form: re.Pattern[str]) -> str:
    value = report.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise InvalidInput(name, "be text of its form", None)
    return value


def _shown(value: Json) -> str:
    """A name that stands in findings, which are of any form."""
    return value[:100] if isinstance(value, str) else ""


def _number(report: Mapping[str, Json], name: str) -> int:
    value = report.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidInput(name, "be a whole number", None)
    return value


def _flag(report: Mapping[str, Json], name: str) -> bool:
    value = report.get(name)
    if not isinstance(value, bool):
        raise InvalidInput(name, "be true or false", None)
    return value


def _time(report: Mapping[str, Json], name: str) -> int:
    text = _text(report, name, _TIME)
    try:
        found = int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        raise InvalidInput(name, "be a time of the calendar", None) from None
    if not 0 <= found < _LAST_TIME:
        raise InvalidInput(name, "be a time between 1970 and 9999", None)
    return found
