"""Without scripts every public page can be read, and forms still lead where they lead."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.pages import SEEN
from tests.browser.visits import PHONE, Visits
from tests.browser.world import World

READABLE = sorted(name for name, one in SEEN.items() if one.by is None)


@pytest.mark.parametrize("name", READABLE)
def test_a_page_can_be_read(visits: Visits, world: World, name: str) -> None:
    page = visits.open(SEEN[name].address(world), width=PHONE, scripts=False)
    expect(page.locator("h1")).to_be_visible()
    assert len(page.locator("main").inner_text()) > 60


def test_a_number_leads_to_its_certificate(visits: Visits) -> None:
    page = visits.open("/certificates", width=PHONE, scripts=False)
    page.locator("#number").fill("1")
    page.locator("form.lookup button[type=submit]").click()
    expect(page.locator("section.verdict.verified")).to_be_visible()
