"""An operator's paths: one body proposes, another confirms what it was shown; what is not theirs to do is refused."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from ledger.vocabulary import Role
from tests.browser.visitors import Visitors
from tests.browser.visits import CHINESE, DESK, ENGLISH, PHONE, Visits
from tests.browser.world import World

FIRST_DAY = {PHONE: "2026-01-01", DESK: "2026-02-01"}
LAST_DAY = {PHONE: "2026-01-31", DESK: "2026-02-28"}


def entered(visits: Visits, visitors: Visitors, who: Role, width: int = DESK, language: str = CHINESE) -> Page:
    """A page of this body's."""
    visits.end()  # whoever was here before
    page = visits.page(width=width, language=language)
    visitors.enter(page, who)
    return page


def fill(page: Page, **fields: str) -> None:
    """Types into the form of an act, and asks what it would do."""
    for name, text in fields.items():
        page.locator(f"main form.act [name={name}]").fill(text)
    page.locator("main form.act button[type=submit]").click()


def sign(page: Page) -> None:
    """Types again what the preview asks for, and does it."""
    again = page.locator("#again")
    if again.count():
        hint = page.locator("#again-hint").inner_text()
        again.fill(hint.replace("：", " ").replace(":", " ").split()[-1].strip("。.“”\"'"))
    page.locator("main form.confirm button[value=sign]").click()
    page.wait_for_url("**/console/operations/0x*")


@pytest.mark.parametrize(("width", "language"), [(PHONE, CHINESE), (DESK, ENGLISH)])
def test_one_body_proposes_and_another_confirms(
    visits: Visits, visitors: Visitors, world: World, width: int, language: str
) -> None:
    page = entered(visits, visitors, Role.TECHNICAL_CENTRE, width, language)
    page.goto("/console/acts/propose_issuance")
    fill(
        page,
        activity_id="SAMPLE-PV-0001",
        first_day=FIRST_DAY[width],
        last_day=LAST_DAY[width],
        quantity_gco2e="12.5",
    )
    expect(page.locator("article.preview")).to_contain_text("12.5")
    sign(page)
    proposal_id = page.url.partition("?")[0].rpartition("/")[2]
    world.wait_until_known(f"/v1/issuances/{proposal_id}")

    page = entered(visits, visitors, Role.REGULATOR, width, language)
    page.goto("/console/queue")
    page.locator(f"main a[href*='{proposal_id}']").click()
    expect(page.locator("main")).to_contain_text("12.5")
    page.locator("main a[href*='/console/acts/confirm_issuance']").click()
    page.locator("main form.act button[type=submit]").click()
    expect(page.locator("article.preview .effects")).to_contain_text("12.5")
    sign(page)
    world.wait_until_known(f"/v1/operations/{page.url.partition('?')[0].rpartition('/')[2]}")
    assert world.api(f"/v1/issuances/{proposal_id}")["status"] == "confirmed"


def test_a_form_of_another_page_is_refused(visits: Visits, visitors: Visitors) -> None:
    page = entered(visits, visitors, Role.PLATFORM)
    page.goto("/console")
    visits.watch.expected.add(403)
    page.evaluate("document.querySelectorAll('input[name=csrf]').forEach((one) => { one.value = 'guessed'; })")
    page.locator("form[action*='/console/logout'] button").first.click()
    expect(page.locator("main")).to_contain_text("form-not-ours")


def test_what_is_another_bodys_is_not_done(visits: Visits, visitors: Visitors) -> None:
    page = entered(visits, visitors, Role.PLATFORM)
    visits.watch.expected.update({403})
    page.goto("/console/acts/propose_issuance")
    button = page.locator("main form.act button[type=submit]")
    assert button.count() == 0 or button.is_disabled()


def test_whose_session_has_ended_logs_in_again(visits: Visits, visitors: Visitors, world: World) -> None:
    page = entered(visits, visitors, Role.TECHNICAL_CENTRE)
    page.goto("/console/acts/propose_issuance")
    page.context.clear_cookies()
    visits.watch.expected.update({401, 403})
    fill(page, activity_id="SAMPLE-PV-0001", first_day="2027-01-01", last_day="2027-01-31", quantity_gco2e="1")
    expect(page.locator("main")).to_contain_text("2027-01-31")  # nothing that was typed is lost
    page.locator("main p.actions a.primary").click()
    page.locator("main input[name=key]").fill(world.keys[Role.TECHNICAL_CENTRE])
    page.locator("main form:has(input[name=key]) button[type=submit]").click()
    expect(page.locator("main form.act [name=last_day]")).to_have_value("2027-01-31")


def test_without_login_the_console_is_its_login(visits: Visits) -> None:
    page = visits.open("/console/operations", width=PHONE)
    expect(page.locator("main input[name=key]")).to_be_visible()
