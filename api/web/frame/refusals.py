"""What a request is told that no route of ours answers: a page to who reads pages, a problem document to all others."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qs, quote

from api.answers import Answer
from api.errors import RateExceeded
from api.languages import LANGUAGES
from api.problems import Problems
from api.reading import Conditions
from api.web.frame.asked import LANG, Asked
from api.web.frame.frame import Frame
from api.web.texts import language_of

_PROGRAMS: Final = ("/v1/", "/problems/", "/schema/", "/static/")
"""Below these nobody reads pages, whatever a request prefers."""
_READING: Final = frozenset({"GET", "HEAD"})
_LONGEST_PATH: Final = 200


class Refusals:
    """Made once per instance."""

    def __init__(self, problems: Problems, frame: Frame) -> None:
        self._problems = problems
        self._frame = frame
        self._often = lru_cache(maxsize=64)(self._page)

    def __call__(self, error: Exception, scope: Mapping[str, Any], conditions: Conditions) -> Answer:
        """The answer; never raises. Refusals for asking too often are drawn once, since drawing is work."""
        if not wants_page(scope["path"], conditions.accept):
            return self._problems.answer(error, conditions.accept_language)
        language, chosen = _language(scope["query_string"], conditions)
        try:
            if isinstance(error, RateExceeded):
                return self._often(error, language, chosen)
            return self._page(error, language, chosen, _path(scope))
        except Exception as broken:  # noqa: BLE001 - the last resort
            return self._problems.answer(broken, conditions.accept_language)

    def _page(self, error: Exception, language: str, chosen: bool, path: str = "/") -> Answer:
        return self._frame.error(error, Asked(language, chosen, path, {}, Conditions()))


def wants_page(path: str, accept: bytes | None) -> bool:
    """Whether who asks for this path reads pages: `Accept` (RFC 9110 §12.5.1) names HTML, and no JSON before it."""
    if path.startswith(_PROGRAMS):
        return False
    html = json = 0.0
    for part in (accept or b"").decode("latin-1").lower().split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((_quality(one) for one in parameters if one.startswith("q=")), 1.0)
        if kind == "text/html":
            html = max(html, quality)
        elif kind in {"application/json", "application/problem+json"}:
            json = max(json, quality)
    return html > 0 and html >= json


def _quality(parameter: str) -> float:
    try:
        return float(parameter.removeprefix("q="))
    except ValueError:
        return 0.0


def _language(query: bytes, conditions: Conditions) -> tuple[str, bool]:
    """The language, and whether `?lang=` chose it."""
    given = parse_qs(query[:1_000].decode("latin-1")).get(LANG.name, [""])[0]
    chosen = given if given in LANGUAGES else None
    return language_of(chosen, conditions.accept_language), chosen is not None


def _path(scope: Mapping[str, Any]) -> str:
    """The path for the link to the other language: of this server, whatever was asked for."""
    path: str = scope["path"]
    if scope["method"] not in _READING or len(path) > _LONGEST_PATH:
        return "/"
    return "/" + quote(path.lstrip("/"))
