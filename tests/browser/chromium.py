"""Which Chromium the tests of pages drive: `TANPUHUI_CHROMIUM`, else one on PATH, else the one that setup unpacked."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Playwright

MODULES: Final = Path(__file__).resolve().parent / "node_modules"
_UNPACKED: Final = MODULES / ".chromium"
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS: Final = (
    "--no-sandbox",  # machines that test run as root
    "--disable-gpu",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing outside is reached, whatever a page asks for
)


@dataclass(frozen=True, slots=True)
class Chromium:
    """A program, and the environment that it needs."""

    executable: str
    environment: dict[str, str]

    @contextmanager
    def launched(self, playwright: Playwright, *options: str) -> Iterator[Browser]:
        """A new browser without window."""
        browser = playwright.chromium.launch(
            executable_path=self.executable, args=[*_OPTIONS, *options], env={**os.environ, **self.environment}
        )
        try:
            yield browser
        finally:
            browser.close()


def find() -> Chromium | None:
    """The Chromium of this machine; None where there is none."""
    if given := os.environ.get("TANPUHUI_CHROMIUM"):
        return Chromium(given, {})
    if found := next((found for name in _NAMES if (found := shutil.which(name))), None):
        return Chromium(found, {})
    if (fonts := _UNPACKED / "fonts.conf").exists():  # written last
        libraries = str(_UNPACKED / "al2023" / "lib")
        return Chromium(str(_UNPACKED / "chromium"), {"LD_LIBRARY_PATH": libraries, "FONTCONFIG_FILE": str(fonts)})
    return None


def could_be_had() -> bool:
    """Whether `tools/setup dev` gets one for this machine."""
    return platform.system() == "Linux" and platform.machine() == "x86_64"
