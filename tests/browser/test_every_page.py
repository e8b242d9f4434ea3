"""Every page of the site, on a phone and on a desk, in both languages: what all of them are held to (§10.16)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from api.app import create_app
from api.settings import ApiSettings
from tests.browser.accessibility import grave_findings
from tests.browser.pages import ELSEWHERE, Seen, seen
from tests.browser.visitors import Visitors
from tests.browser.visits import DESK, ENGLISH, LANGUAGES, PHONE, Visits
from tests.browser.world import World
from tests.conftest import ROOT

PICTURES = ROOT / "build" / "screenshots"
PAGES = seen()
LANG = {"zh": "zh-Hans", "en": "en"}


def test_every_page_of_the_application_is_looked_at(tmp_path: Path) -> None:
    application = create_app(ApiSettings(database_url=f"sqlite:///{tmp_path / 'none.db'}"))
    names = {
        str(route.name).removeprefix("page ")  # type: ignore[attr-defined]
        for route in application.fastapi.routes
        if str(getattr(route, "name", "")).startswith("page ")
    }
    application.close()
    assert names == {*PAGES, *ELSEWHERE}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_as_it_must_be(visits: Visits, visitors: Visitors, world: World, name: str, language: str) -> None:
    one = PAGES[name]
    page = visits.page(width=DESK, language=language)
    visitors.enter(page, one.by)
    page.set_viewport_size({"width": PHONE, "height": 800})
    visits.watch.expected.add(one.status)
    response = page.goto(address_of(one, world, language))
    assert response is not None
    assert response.status == one.status, page.locator("body").inner_text()
    check(page, PHONE, language)
    picture(page, one, name, PHONE, language)
    page.set_viewport_size({"width": DESK, "height": 900})
    check(page, DESK, language)
    picture(page, one, name, DESK, language)


def address_of(one: Seen, world: World, language: str) -> str:
    """Of a page in a language; without choice it is Chinese that is read."""
    address = one.address(world)
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}lang=en" if language == ENGLISH else address


def check(page: Page, width: int, language: str) -> None:
    """What all pages are held to."""
    assert page.locator("html").get_attribute("lang") == LANG[language]
    assert page.locator("h1").count() == 1
    assert page.title()
    too_wide = page.evaluate("document.documentElement.scrollWidth")
    assert too_wide <= width, f"{too_wide} px wide on a screen of {width}: {wide_parts(page, width)}"
    findings = grave_findings(page)
    assert not findings, "\n".join(findings)


def wide_parts(page: Page, width: int) -> list[str]:
    """What makes it so wide."""
    found: list[str] = page.evaluate(
        """(width) => [...document.querySelectorAll("body *")]
          .filter((one) => one.getBoundingClientRect().right > width)
          .slice(0, 5).map((one) => one.outerHTML.slice(0, 120))""",
        width,
    )
    return found


def picture(page: Page, one: Seen, name: str, width: int, language: str) -> None:
    """For people to look at."""
    folder = PICTURES / one.area
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name.replace(' ', '_')}-{width}-{language}.png", full_page=True)
