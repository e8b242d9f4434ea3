"""The frame of an instance's pages: templates, what stands around each page, and the answers made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from secrets import token_hex
from time import time
from typing import Any, Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import escape

from api.answers import Answer, Headers
from api.caching import CacheRule, matches, strong_etag
from api.errors import FollowerFailing, IndexEmpty
from api.problems import Problems, Said
from api.repository.snapshots import AsOf, IndexUnavailable
from api.web.files import page_security
from api.web.frame.asked import Asked
from api.web.frame.kept_pages import KeptPages
from api.web.frame.values import FILTERS, shanghai_time
from api.web.texts import texts

_SECURITY: Final = page_security()
_OK: Final = 200
_GAP: Final = f"as-of-{token_hex(16)}"
"""What stands where the as-of line comes, in a page that is kept: nobody can write it into a record."""
_GAP_BYTES: Final = _GAP.encode()


class Stale(NamedTuple):
    """Why a page speaks of the past: a text of `locales` and what is filled in."""

    text: str
    values: Mapping[str, object]


class Frame:
    """Made once per instance. `following` says what ails the follower; `clock` gives seconds since 1970; `kept` are
    pages that were drawn before.
    """

    def __init__(
        self,
        problems: Problems,
        *,
        following: Callable[[], FollowerFailing | None],
        stale_seconds: int,
        kept: KeptPages | None = None,
        clock: Callable[[], float] = time,
    ) -> None:
        self._problems = problems
        self._following = following
        self._stale_seconds = stale_seconds
        self.kept = KeptPages(0) if kept is None else kept
        self._clock = clock
        self._templates = Environment(
            loader=PackageLoader("api.web"),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(FILTERS)

    def draw(self, template: str, asked: Asked, as_of: AsOf | None, section: str, values: Mapping[str, Any]) -> bytes:
        """A whole page. What every template has: `words`, `language`, `link`, `here`, `section`, `as_of`, `stale`."""
        stale = None if as_of is None else self.stale(as_of)
        given = {"as_of": as_of, **values}
        return self.fill(self.draw_open(template, asked, stale, section, given, speaks=as_of is not None), asked, as_of)

    def draw_open(
        self,
        template: str,
        asked: Asked,
        stale: Stale | None,
        section: str,
        values: Mapping[str, Any],
        *,
        speaks: bool = True,
    ) -> bytes:
        """A page with a gap where it says as of which block it speaks, if it `speaks` of one."""
        drawn = self._templates.get_template(template).render(
            words=asked.words,
            other_words=texts(asked.other_language),
            other_url=asked.in_other_language,
            language=asked.language,
            asked=asked,
            link=asked.link,
            here=asked.here,
            section=section,
            stale=stale,
            as_of_line=_GAP if speaks else "",
            **values,
        )
        return drawn.encode()

    @staticmethod
    def fill(page: bytes, asked: Asked, as_of: AsOf | None) -> bytes:
        """The page with its gap filled."""
        return (
            page
            if as_of is None
            else page.replace(_GAP_BYTES, _as_of_line(asked.language, as_of.block_number, as_of.timestamp))
        )

    def error(self, error: Exception, asked: Asked, as_of: AsOf | None = None, section: str = "") -> Answer:
        """The page of what went wrong; an unknown error is logged and drawn as an opaque one."""
        said = self._problems.said(error, asked.language)
        template = "frame/unavailable.html" if isinstance(error, (IndexEmpty, IndexUnavailable)) else "frame/error.html"
        body = self.draw(template, asked, as_of, section, {"said": said})
        return self.answer(said.status, body, asked, as_of, headers=said.headers)

    def answer(
        self,
        status: int,
        body: bytes,
        asked: Asked,
        as_of: AsOf | None = None,
        *,
        kept: bool = True,
        headers: Headers = (),
        security: Headers = _SECURITY,
    ) -> Answer:
        """A drawn page as it is sent. `kept`: it may be kept and asked for again; never while the index has halted.
        `security`: what the page may do, where that is not what every page may (`page_security`).
        """
        etag = strong_etag(b"page" if as_of is None else as_of.mark, body)
        kept = kept and status == _OK and not (as_of is not None and as_of.halted)
        rule = CacheRule.REVALIDATED if kept else CacheRule.NEVER
        common: Headers = (
            (b"etag", etag),
            (b"cache-control", rule.value),
            (b"vary", b"accept-language"),
            *security,
            *headers,
        )
        if as_of is not None:
            common = (*common, (b"tanpuhui-as-of", as_of.header))
        given = asked.conditions.if_none_match
        if kept and given is not None and matches(given, etag):
            return Answer(304, common, b"")
        typed: Headers = (
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-language", asked.words["language"].encode()),
        )
        return Answer(status, (*typed, *common), body)

    def stale(self, as_of: AsOf) -> Stale | None:
        """What a reader must know before anything else, if anything."""
        if as_of.halted:
            return Stale("frame_stale_halted", {"block": as_of.block_number})
        age = int(self._clock()) - as_of.timestamp
        if age >= self._stale_seconds:
            return Stale("frame_stale_old", {"minutes": age // 60})
        if (failing := self._following()) is not None:
            return Stale("frame_stale_failing", {"why": failing.cause})
        return None


@lru_cache(maxsize=16)
def _as_of_line(language: str, block_number: int, timestamp: int) -> bytes:
    """As of which block a page speaks."""
    said = texts(language)["as_of"].format(block=block_number, time=shanghai_time(timestamp))
    return str(escape(said)).encode()


__all__ = ["Frame", "Said", "Stale"]
