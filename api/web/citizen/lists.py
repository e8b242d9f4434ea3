"""What tables of citizens' pages have in common."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import quote

from api.reading import Document, ListRoute, ReadRoute

_NEWEST_FIRST = "newest-first"


def newest_first(rows: ListRoute) -> ListRoute:
    """The same list of the API, which begins at its end where nobody asks otherwise."""
    changed = copy.copy(rows)
    changed.parameters = tuple(
        replace(one, default=_NEWEST_FIRST) if one.name == "order" else one for one in rows.parameters
    )
    return changed


def activity_link(document: Document) -> str | None:
    """The page of the activity that a row is of; None where it is of none (bought back from points)."""
    code = document.get("activity_code") or document.get("code")
    return None if code is None else f"/activities/{quote(str(code), safe='')}"


def listed(routes: Iterable[ReadRoute], path: str) -> ListRoute:
    """The list of the API at this path; `LookupError` where there is none."""
    for one in routes:
        if one.path == path and isinstance(one, ListRoute):
            return one
    raise LookupError(path)
