"""Visits of pages that are watched: what no page of ours may do fails the test in which it did it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

PHONE: Final = 360
DESK: Final = 1440
WIDTHS: Final = (PHONE, DESK)
CHINESE: Final = "zh"
ENGLISH: Final = "en"
LANGUAGES: Final = (CHINESE, ENGLISH)

PATIENCE_MILLISECONDS: Final = 30_000
"""How long a page may take on a busy machine."""

_LOCALES: Final = {CHINESE: "zh-CN", ENGLISH: "en-GB"}
_STATUS: Final = re.compile(r"Failed to load resource: the server responded with a status of ([0-9]{3})")


@dataclass  # without slots: Playwright writes on whom it tells
class Watch:
    """What a page did. `expected` are the statuses of answers that the test asks for, and that are no complaint."""

    host: str
    expected: set[int] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def strangers(self) -> list[str]:
        """Requests to anybody but the pages' own server."""
        own = (self.host, "data:", f"blob:{self.host}")
        return [url for url in self.requests if not url.startswith(own)]

    def follow(self, page: Page) -> None:
        """Listens to a page from now on."""
        page.on("request", self._requested)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))

    def _requested(self, request: Request) -> None:
        self.requests.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        status = _STATUS.match(message.text)
        if status is None or int(status[1]) not in self.expected:
            self.complaints.append(f"{message.location['url']}: {message.text}")

    def check(self) -> None:
        """Fails if anything was wrong."""
        assert not self.complaints, "\n".join(self.complaints)
        assert not self.strangers, f"requests that leave {self.host}: {self.strangers}"


@dataclass(slots=True)
class Visits:
    """Pages of one server in one browser. Contexts are shared by tests; cookies are not."""

    browser: Browser
    host: str
    watch: Watch = field(init=False)
    _contexts: dict[tuple[int, str, bool], BrowserContext] = field(default_factory=dict)
    _pages: list[Page] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A new test."""
        self.watch = Watch(self.host)

    def end(self) -> None:
        """Of a test: pages and cookies go."""
        for page in self._pages:
            page.close()
        self._pages.clear()
        self.end_cookies()

    def end_cookies(self) -> None:
        """Nobody is logged in any more."""
        for context in self._contexts.values():
            context.clear_cookies()

    def close(self) -> None:
        """Everything goes."""
        for context in self._contexts.values():
            context.close()

    def page(self, *, width: int = DESK, language: str = CHINESE, scripts: bool = True) -> Page:
        """A new page, watched."""
        key = (width, language, scripts)
        if key not in self._contexts:
            context = self.browser.new_context(
                viewport={"width": width, "height": 800 if width == PHONE else 900},
                is_mobile=width == PHONE,
                has_touch=width == PHONE,
                locale=_LOCALES[language],
                timezone_id="America/Lima",  # pages say times in Shanghai's, wherever they are read
                java_script_enabled=scripts,
                base_url=self.host,
            )
            context.set_default_timeout(PATIENCE_MILLISECONDS)
            self._contexts[key] = context
        page = self._contexts[key].new_page()
        self.watch.follow(page)
        self._pages.append(page)
        return page

    def open(
        self, path: str, *, width: int = DESK, language: str = CHINESE, scripts: bool = True, status: int = 200
    ) -> Page:
        """A new page at this path, which answers with this status."""
        page = self.page(width=width, language=language, scripts=scripts)
        self.watch.expected.add(status)
        response = page.goto(path)
        assert response is not None
        assert response.status == status, f"{path}: {response.status}\n{page.locator('body').inner_text()}"
        return page
