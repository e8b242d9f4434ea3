"""A browser for all tests of this folder, and visits that are watched."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.chromium import Chromium, could_be_had, find
from tests.browser.visitors import Visitors
from tests.browser.visits import Visits
from tests.browser.world import World, made_world


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


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One ledger for all tests, which only add to it."""
    with made_world(tmp_path_factory.mktemp("world") / "home") as made:
        yield made


@pytest.fixture(scope="package")
def visits_of_package(browser: Browser, world: World) -> Iterator[Visits]:
    """Visits of that ledger's pages."""
    made = Visits(browser, world.url)
    yield made
    made.close()


@pytest.fixture
def visits(visits_of_package: Visits) -> Iterator[Visits]:
    """Of one test, which ends with what no page may do."""
    visits_of_package.begin()
    yield visits_of_package
    visits_of_package.end()
    visits_of_package.watch.check()


@pytest.fixture(scope="package")
def visitors(visits_of_package: Visits, world: World) -> Visitors:
    """Who is logged in."""
    return Visitors(visits_of_package, world)
