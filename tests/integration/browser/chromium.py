"""A headless Chromium and one page in it, spoken to over its DevTools protocol."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

from websockets.sync.client import ClientConnection, connect

PATIENCE_SECONDS: Final = 60
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_COMPLAINTS: Final = ("Runtime.exceptionThrown", "Log.entryAdded")


def executable() -> str | None:
    """Where Chromium is; None where there is none."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


@dataclass(slots=True)
class Page:
    """A page of the browser. `requests`: every address it asked for; `complaints`: errors that it logged."""

    connection: ClientConnection
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _asked: int = 0

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of a method of the protocol."""
        self._asked += 1
        self.connection.send(json.dumps({"id": self._asked, "method": method, "params": params}))
        while True:
            said = json.loads(self.connection.recv(timeout=PATIENCE_SECONDS))
            if said.get("id") == self._asked:
                assert "error" not in said, said
                result: dict[str, Any] = said["result"]
                return result
            if said.get("method") == "Network.requestWillBeSent":
                self.requests.append(said["params"]["request"]["url"])
            elif said.get("method") in _COMPLAINTS:
                self.complaints.append(json.dumps(said["params"]))

    def open(self, url: str, *, width: int) -> None:
        """Goes there on a screen of this width."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600
        )
        self.call("Page.navigate", url=url)

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        return self.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def wait_for(self, condition: str) -> None:
        """Until an expression is true in the page."""
        until = monotonic() + PATIENCE_SECONDS
        while not self.run(condition):
            assert monotonic() < until, f"{condition} did not come true: {self.complaints}"
            sleep(0.05)

    def choose_file(self, selector: str, file: Path) -> None:
        """As a person does in the file dialogue."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(file)])


@contextmanager
def chromium_page(profile: Path) -> Iterator[Page]:
    """A new browser with an empty profile, and its page."""
    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--remote-debugging-port=0",
        f"--user-data-dir={profile}",
    ]
    browser = subprocess.Popen(
        [str(executable()), *options, "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        with connect(_address(profile), max_size=None) as whole:
            target = _result(whole, "Target.createTarget", {"url": "about:blank"})["targetId"]
        port = _address(profile).split("/")[2]
        with connect(f"ws://{port}/devtools/page/{target}", max_size=None) as connection:
            page = Page(connection)
            for domain in ("Page", "Runtime", "Log", "DOM", "Network"):
                page.call(f"{domain}.enable")
            yield page
    finally:
        os.killpg(browser.pid, signal.SIGTERM)
        browser.wait()


def _address(profile: Path) -> str:
    """Where the browser listens, which it writes into its profile."""
    file = profile / "DevToolsActivePort"
    until = monotonic() + PATIENCE_SECONDS
    while not (file.is_file() and len(file.read_text(encoding="ascii").splitlines()) == 2):
        assert monotonic() < until, "Chromium did not start"
        sleep(0.05)
    port, path = file.read_text(encoding="ascii").splitlines()
    return f"ws://127.0.0.1:{port}{path}"


def _result(connection: ClientConnection, method: str, params: dict[str, Any]) -> dict[str, Any]:
    connection.send(json.dumps({"id": 1, "method": method, "params": params}))
    while True:
        said = json.loads(connection.recv(timeout=PATIENCE_SECONDS))
        if said.get("id") == 1:
            result: dict[str, Any] = said["result"]
            return result
