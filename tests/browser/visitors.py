"""People who are logged in: each logs in once, through the page, and is known by the cookies that this gave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

from ledger.vocabulary import Role
from tests.browser.visits import Visits
from tests.browser.world import World

PERSON = "person"


@dataclass
class Visitors:
    """The bodies of the demo, and one of its persons."""

    visits: Visits
    world: World
    _cookies: dict[Role | str, Any] = field(default_factory=dict)

    def enter(self, page: Page, who: Role | str | None) -> None:
        """From now on this page's browser is logged in."""
        if who is None:
            return
        if who not in self._cookies:
            other = self.visits.page()
            log_in(other, self.world, who)
            self._cookies[who] = other.context.cookies()
            other.close()
            self.visits.end_cookies()
        page.context.add_cookies(self._cookies[who])


def log_in(page: Page, world: World, who: Role | str) -> None:
    """Shows a lookup token, or the key of a body."""
    page.goto("/console/login" if isinstance(who, Role) else "/points")
    field_name, secret = ("key", world.keys[who]) if isinstance(who, Role) else ("token", world.token)
    page.locator(f"main input[name={field_name}]").fill(secret)
    page.locator(f"main form:has(input[name={field_name}]) button[type=submit]").click()
    page.locator(f"main input[name={field_name}]").wait_for(state="detached")
