"""What a certificate proves and what it does not, in everyday words. Reads nothing of the index."""

from __future__ import annotations

from typing import Final

from api.context import Context
from api.web.frame.pages import Page, PageRoute, StillRoute

LEVELS: Final = ("log", "witnessed", "sealed", "node")
"""Of trust (docs/spec/08-certificates.md §8.5), in the order in which the checking page offers them."""
TERMS: Final = (
    "reduction", "methodology", "issuance", "lot", "serial", "points", "cancellation", "certificate", "log", "witness",
)  # fmt: skip
QUESTIONS: Final = ("undo", "twice", "lies", "key", "gone", "me", "true", "who", "old", "paper")


def pages(context: Context) -> tuple[PageRoute, ...]:
    """One page."""
    log_key = "" if context.log_keys is None else str(context.log_keys.log_key)
    page = Page("citizen/about.html", {"levels": LEVELS, "terms": TERMS, "questions": QUESTIONS, "log_key": log_key})
    return (StillRoute("/about", lambda *_: page, name="about", section="about"),)
