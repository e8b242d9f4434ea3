"""A browser for all tests of this folder, and visits that are watched."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.chromium import Chromium, could_be_had, find


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    """The program. Where no setup could have got one, these tests are skipped; where it could, CI must have it."""
    found = find()
    if found is None:
        reason = "there is no Chromium on this machine: put one on PATH, or name it with TANPUHUI_CHROMIUM"
        if os.environ.get("CI") and could_be_had():
            pytest.fail(f"{reason}; `tools/setup dev` gets one")
        pytest.skip(reason)
    return found


# Of the package and not of the session: while it runs, no other test of this process can run an event loop.
@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """What drives browsers."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Playwright, chromium: Chromium) -> Iterator[Browser]:
    """One browser for all tests."""
    with chromium.launched(playwright) as launched:
        yield launched
