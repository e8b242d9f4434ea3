"""Every page of the site, on a phone and on a desk, in both languages: read, accessible, whole, asking nobody else.

The list of pages is the application's own, so that a page without an example here fails. Pictures are left in
build/screenshots for a person to look at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Browser, Page

from api.app import create_app
from api.settings import ApiSettings
from api.web.site import pages
from tests.browser.chromium import MODULES
from tests.browser.visits import LANGUAGES, PHONE, WIDTHS, Visits
from tests.browser.world import World, demo
from tests.conftest import ROOT

PICTURES: Final = ROOT / "build" / "screenshots"
_AXE: Final = (MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_LANGUAGE_OF_DOCUMENT: Final = {"zh": "zh-Hans", "en": "en"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[World]:
    """The demo's ledger."""
    del browser  # without one there is nothing to start it for
    with demo(tmp_path_factory.mktemp("demo") / "home") as served:
        yield served


@pytest.fixture(scope="module")
def examples(world: World) -> dict[str, str]:
    """An address of each page that can be read without logging in, by the page's name."""
    lot = world.api("/v1/lots?limit=1")["items"][0]
    account = lot["credited_account"]
    activity = world.api("/v1/activities")["items"][0]["code"]
    methodology = world.api("/v1/methodologies")["items"][0]["methodology_id"]
    campaign = world.api("/v1/campaigns")["items"][0]["code"]
    size = httpx.get(f"{world.host}/checkpoint").text.splitlines()[1]
    block = world.api("/v1/operations?limit=1")["items"][0]["block_number"]
    return {
        "home": "/", "certificates": "/certificates", "certificate": "/certificates/1", "verify": "/verify",
        "activities": "/activities", "activity": f"/activities/{activity}",
        "methodologies": "/methodologies", "methodology": f"/methodologies/{methodology}",
        "campaigns": "/campaigns", "campaign": f"/campaigns/{campaign}",
        "points": "/points", "about": "/about",
        "explorer-home": "/explorer", "explorer-operations": "/explorer/operations",
        "explorer-operation": "/explorer/operations/13", "explorer-certificates": "/explorer/certificates",
        "explorer-accounts": "/explorer/accounts", "explorer-account": f"/explorer/accounts/{account}",
        "explorer-holdings": f"/explorer/accounts/{account}/holdings",
        "explorer-postings": f"/explorer/accounts/{account}/postings",
        "explorer-blocks": "/explorer/blocks", "explorer-block": f"/explorer/blocks/{block}",
        "explorer-checkpoints": "/explorer/checkpoints", "explorer-checkpoint": f"/explorer/checkpoints/{size}",
        "explorer-status": "/explorer/status", "explorer-incidents": "/explorer/status/incidents",
        "explorer-exports": "/explorer/exports",
        "lots": "/explorer/lots", "lot": f"/explorer/lots/{lot['lot_id']}",
        "lot ends": f"/explorer/lots/{lot['lot_id']}/ends",
        "batches": "/explorer/batches", "batch": "/explorer/batches/1",
        "serials": "/explorer/serials", "serial": "/explorer/serials/1", "supervision": "/supervision",
    }  # fmt: skip


@pytest.fixture(scope="module")
def visits_of_module(browser: Browser, world: World) -> Iterator[Visits]:
    """Of the demo's server."""
    made = Visits(browser, world.host)
    yield made
    made.close()


@pytest.fixture
def visits(visits_of_module: Visits) -> Iterator[Visits]:
    """For one test."""
    visits_of_module.begin()
    yield visits_of_module
    visits_of_module.end()


def names() -> list[str]:
    """Every page that the application serves."""
    application = create_app(ApiSettings())
    found = [route.name for route in pages(application.context)]
    application.close()
    return found


def look(page: Page, name: str, width: int, language: str) -> None:
    """Holds a page to what every page is held to (docs/spec/10-pages.md §10.1), and takes its picture."""
    area, _, rest = name.replace("-", " ", 1).partition(" ")
    picture = PICTURES / (area if rest else "public") / f"{(rest or area).replace(' ', '_')}-{width}-{language}.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=picture, full_page=True)
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.lang") == _LANGUAGE_OF_DOCUMENT[language]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, too_wide(page, width)
    found = violations(page)
    assert not found, "\n".join(found)


def too_wide(page: Page, width: int) -> str:
    """The elements that stand over the edge."""
    script = """width => [...document.querySelectorAll('main *, header *, footer *')]
        .filter(one => one.getBoundingClientRect().right > width + 1 && !one.closest('.scroll'))
        .slice(0, 8).map(one => one.outerHTML.slice(0, 120))"""
    return f"wider than {width} px: " + "\n".join(page.evaluate(script, width))


def violations(page: Page) -> list[str]:
    """What axe-core calls serious or critical."""
    page.evaluate(_AXE)
    options = {"runOnly": {"type": "tag", "values": _RULES}, "resultTypes": ["violations"]}
    found: list[dict[str, Any]] = page.evaluate("options => axe.run(options).then(all => all.violations)", options)
    return [
        f"{one['id']} ({one['impact']}): {one['help']}\n  "
        + "\n  ".join(node["html"][:200] for node in one["nodes"][:4])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]


def test_every_page_has_an_example(examples: dict[str, str]) -> None:
    public = {name for name in names() if not name.startswith(("console ", "points_"))}
    assert public == set(examples)


@pytest.mark.parametrize("name", [one for one in names() if not one.startswith(("console ", "points_"))])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_public_page(visits: Visits, examples: dict[str, str], name: str, width: int, language: str) -> None:
    page = visits.open(examples[name] + f"?lang={language}", width=width, language=language)
    look(page, name, width, language)
    visits.watch.check()


@pytest.mark.parametrize("role", ["regulator", "technical-centre", "exchange", "platform"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_pages_of_a_body(visits: Visits, world: World, role: str, width: int) -> None:
    """As a body sees them, in the language of the width: each page in both."""
    language = "zh" if width == PHONE else "en"
    page = visits.open(f"/console/login?lang={language}", width=width, language=language)
    look(page, "console login", width, language)
    page.fill("input[name=key]", world.logins[role])
    page.locator("form:has(input[name=key]) button[type=submit]").click()
    page.wait_for_url(re.compile("/console(\\?|$)"))
    look(page, f"console home {role}", width, language)
    page.goto(f"/console/acts?lang={language}")
    acts = page.locator("main a[href*='/console/acts/']").evaluate_all("all => all.map(one => one.pathname)")
    for path in [
        "/console/acts",
        *acts,
        "/console/queue",
        "/console/operations",
        "/console/uploads",
        "/console/batches",
    ]:
        page.goto(f"{path}?lang={language}")
        look(page, f"console {Path(path).name} {role}", width, language)
    visits.watch.check()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_of_a_person(visits: Visits, world: World, width: int, language: str) -> None:
    page = visits.open(f"/points?lang={language}", width=width, language=language)
    page.locator("input[name=token]").fill(world.token)
    page.locator("form:has(input[name=token]) button[type=submit]").click()
    page.wait_for_load_state()
    look(page, "points mine", width, language)
    page.goto(f"/points/entries?lang={language}")
    look(page, "points entries", width, language)
    page.locator("main a[href*='/points/entries/0x']").first.click()
    page.wait_for_load_state()
    look(page, "points entry", width, language)
    page.goto(f"/points/forget?lang={language}")
    look(page, "points forget", width, language)
    visits.watch.check()
