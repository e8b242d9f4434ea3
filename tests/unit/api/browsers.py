"""A person's browser before the application: it keeps cookies, follows redirects, fills in the forms of pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

from tests.unit.api.client import Client, Reply

PUBLIC_URL = "https://ledger.example"


@dataclass
class Shown:
    """A page: the reply, its text, and its forms by their action, with the values that stand in them."""

    reply: Reply
    path: str
    text: str = ""
    forms: dict[str, dict[str, str]] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)

    @property
    def status(self) -> int:
        return self.reply.status

    def form(self, action: str) -> dict[str, str]:
        """The fields of the form that goes to this path, whatever its query."""
        return next(fields for target, fields in self.forms.items() if target.partition("?")[0] == action)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self.links: list[str] = []
        self.texts: list[str] = []
        self._form: dict[str, str] | None = None
        self._area: str | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form" and given.get("method") == "post":
            self._form = self.forms.setdefault(given["action"], {})
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in ("script", "style", "template"):
            self._silent += 1
        elif tag == "input" and self._form is not None and "name" in given:
            if given.get("type") not in ("radio", "checkbox") or "checked" in given:
                self._form[given["name"]] = given.get("value", "")
        elif tag == "textarea" and self._form is not None:
            self._area = given["name"]
            self._form[self._area] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._area = None
        elif tag in ("script", "style", "template"):
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if self._area is not None and self._form is not None:
            self._form[self._area] += data
        elif not self._silent and data.strip():
            self.texts.append(" ".join(data.split()))


@dataclass
class Browser:
    """`get` and `send` follow redirects unless told otherwise."""

    client: Client
    public_url: str = PUBLIC_URL
    cookies: dict[str, str] = field(default_factory=dict)
    language: str = "en"

    def get(self, target: str, *, follow: bool = True, **headers: str) -> Shown:
        return self._ask("GET", target, headers, b"", follow=follow)

    def send(
        self,
        target: str,
        fields: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
        without: tuple[str, ...] = (),
        follow: bool = True,
    ) -> Shown:
        """A form, urlencoded; `headers` in place of the usual ones, or none at all of those `without`."""
        given = {
            "origin": self.public_url,
            "sec_fetch_site": "same-origin",
            "content_type": "application/x-www-form-urlencoded",
            **(headers or {}),
        }
        kept = {name: value for name, value in given.items() if name not in without}
        return self._ask("POST", target, kept, urlencode(fields).encode(), follow=follow)

    def fill_in(self, page: Shown, action: str, **fields: str) -> Shown:
        """Sends a form of a page with these fields changed."""
        return self.send(action, {**page.form(action), **fields})

    def log_in(self, secret: str) -> Shown:
        """With an API key, from the login page."""
        return self.fill_in(self.get("/console/login"), "/console/login", key=secret)

    def _ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes, *, follow: bool) -> Shown:
        given = {"accept_language": self.language, **headers}
        if self.cookies and "cookie" not in given:
            given["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        reply = self.client.request(method, target, given, body, check=False)
        self._keep_cookies(reply)
        location = reply.header("location")
        if follow and reply.status == 303 and location is not None:
            return self.get(location)
        reader = _Reader()
        reader.feed(reply.body.decode())
        return Shown(reply, target, " ".join(reader.texts), reader.forms, reader.links)

    def _keep_cookies(self, reply: Reply) -> None:
        for name, value in reply.headers:
            if name == b"set-cookie":
                pair, _, attributes = value.decode().partition(";")
                cookie, _, content = pair.partition("=")
                if "max-age=0" in attributes.lower():
                    self.cookies.pop(cookie, None)
                else:
                    self.cookies[cookie] = content
