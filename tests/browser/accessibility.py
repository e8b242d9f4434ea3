"""What axe-core finds on a page: rules of WCAG 2.2, levels A and AA."""

from __future__ import annotations

from functools import cache
from typing import Final

from playwright.sync_api import Page

from tests.browser.chromium import MODULES

_GRAVE: Final = ("serious", "critical")
_TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN: Final = """
async (tags) => (await axe.run(document, {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]}))
  .violations.map(({id, impact, help, nodes}) =>
    ({id, impact, help, nodes: nodes.slice(0, 3).map(({html, failureSummary}) => html + " " + failureSummary)}))
"""


@cache
def _axe() -> str:
    return (MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def grave_findings(page: Page) -> list[str]:
    """What is serious or critical. The rules are evaluated, not loaded: the page's own policy lets no stranger in."""
    page.evaluate(_axe())
    found = page.evaluate(_RUN, list(_TAGS))
    return [
        f"{one['id']} ({one['impact']}): {one['help']}\n  " + "\n  ".join(one["nodes"])
        for one in found
        if one["impact"] in _GRAVE
    ]
