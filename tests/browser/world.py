"""A ledger to look at: the demo's, in a process of its own, with what it prints to log in with."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

import httpx

from tests.conftest import ROOT

_PATIENCE_SECONDS: Final = 180.0
_SERVING: Final = re.compile(r"^serving (http://127\.0\.0\.1:[0-9]+) ", re.MULTILINE)
_LOGIN: Final = re.compile(r"(regulator|technical-centre|exchange|platform): (tph_[A-Za-z0-9_-]+)")
_TOKEN: Final = re.compile(r"lookup token\s+([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class World:
    """A served ledger. `logins`: an API key for each body; `token`: of a person who has earned and cancelled points."""

    host: str
    home: Path
    logins: dict[str, str]
    token: str

    def api(self, path: str) -> Any:
        """What the API answers."""
        answer = httpx.get(self.host + path, timeout=30)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def demo(home: Path) -> Iterator[World]:
    """The demo, until it is no longer needed."""
    log = home.with_suffix(".log")
    with log.open("w") as written:
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from scripts.start import main; main()",
                "demo",
                "--home",
                str(home),
                "--port",
                "0",
            ],
            cwd=ROOT,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _printed(log, home, process)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _printed(log: Path, home: Path, process: subprocess.Popen[bytes]) -> World:
    until = monotonic() + _PATIENCE_SECONDS
    while True:
        said = log.read_text(encoding="utf-8")
        if (token := _TOKEN.search(said)) and (serving := _SERVING.search(said)):
            return World(serving[1], home, dict(_LOGIN.findall(said)), token[1])
        assert process.poll() is None, f"the demo has ended:\n{said}"
        assert monotonic() < until, f"the demo does not come to serve:\n{said}"
        sleep(0.1)
