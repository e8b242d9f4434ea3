"""The frame of an instance's pages: templates, what stands around each page, and the answers made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import time
from typing import Any, Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from api.answers import Answer, Headers
from api.caching import CacheRule, matches, strong_etag
from api.errors import FollowerFailing, IndexEmpty
from api.problems import Problems, Said
from api.repository.snapshots import AsOf, IndexUnavailable
from api.web.files import page_security
from api.web.frame.asked import Asked
from api.web.frame.values import FILTERS
from api.web.texts import texts

_SECURITY: Final = page_security()
_OK: Final = 200


class Stale(NamedTuple):
    """Why a page speaks of the past: a text of `locales` and what is filled in."""

    text: str
    values: Mapping[str, object]


class Frame:
    """Made once per instance. `following` says what ails the follower; `clock` gives seconds since 1970."""

    def __init__(
        self,
        problems: Problems,
        *,
        following: Callable[[], FollowerFailing | None],
        stale_seconds: int,
        clock: Callable[[], float] = time,
    ) -> None:
        self._problems = problems
        self._following = following
        self._stale_seconds = stale_seconds
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
        drawn = self._templates.get_template(template).render(
            words=asked.words,
            other_words=texts(asked.other_language),
            other_url=asked.in_other_language,
            language=asked.language,
            asked=asked,
            link=asked.link,
            here=asked.here,
            section=section,
            as_of=as_of,
            stale=None if as_of is None else self._stale(as_of),
            **values,
        )
        return drawn.encode()

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

    def _stale(self, as_of: AsOf) -> Stale | None:
        """What a reader must know before anything else, if anything."""
        if as_of.halted:
            return Stale("frame_stale_halted", {"block": as_of.block_number})
        age = int(self._clock()) - as_of.timestamp
        if age >= self._stale_seconds:
            return Stale("frame_stale_old", {"minutes": age // 60})
        if (failing := self._following()) is not None:
            return Stale("frame_stale_failing", {"why": failing.cause})
        return None


__all__ = ["Frame", "Said", "Stale"]
