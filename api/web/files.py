"""Files that pages load from this server: style, scripts, the checking page; and what pages may do."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from api.answers import JSON_TYPE, Answer, Headers, encode_json
from api.caching import CacheRule, matches, strong_etag
from api.errors import RouteUnknown
from api.log_keys import LogKeys
from api.reading import Conditions

_TYPES: Final = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
}
"""What is served from `static`; everything else in it is not there for the public."""

TRUST_FILE: Final = "trust.json"
"""Beside the checking page, which fills its form from it: the log's keys as this instance says them."""

VERIFY_PAGE: Final = "/static/verify.html"

PACKAGES: Final = {f"packages/qr/{name}": f"qr/{name}" for name in ("decode.js", "index.js", "LICENSE-MIT")}
"""Files of npm packages (`api/web/package.json`) that pages load, by their path below `/static`."""


def page_security(*, connect: str = "'self'", form: str = "'self'", referrer: str = "no-referrer") -> Headers:
    """What a page may do: load files of this server, and run nothing that stands in the page itself.

    Pages with a form that is sent by POST need the referrer "same-origin": browsers send `Origin: null` from a page
    without referrer, and the origin of a form is looked at.
    """
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src {connect}; form-action {form}; frame-ancestors 'none'; base-uri 'none'"
    )
    return (
        (b"content-security-policy", policy.encode()),
        (b"referrer-policy", referrer.encode()),
        (b"cross-origin-opener-policy", b"same-origin"),
    )


_OF_FILES: Final = page_security(connect="'self' http: https:", form="'none'")
"""The checking page asks the node that its reader names, and nobody else."""


def static_file(path: str, log_keys: LogKeys | None, conditions: Conditions) -> Answer:
    """The file of this path below `static`; `RouteUnknown` where there is none. Names are looked up, never joined."""
    if path == TRUST_FILE and log_keys is not None:
        return _answer(encode_json(log_keys.document()), JSON_TYPE, conditions)
    found = _files().get(path)
    if found is None:
        raise RouteUnknown
    return _answer(*found, conditions)


def _answer(body: bytes, content_type: bytes, conditions: Conditions) -> Answer:
    etag = strong_etag(sha256(body).hexdigest()[:16].encode(), body)
    headers: Headers = ((b"etag", etag), (b"cache-control", CacheRule.REVALIDATED.value))
    if content_type.startswith(b"text/html"):
        headers = (*headers, *_OF_FILES)
    if conditions.if_none_match is not None and matches(conditions.if_none_match, etag):
        return Answer(304, headers, b"")
    return Answer(200, ((b"content-type", content_type), *headers), body)


@cache
def _files() -> dict[str, tuple[bytes, bytes]]:
    """Content and type of every file by its path: they change with the program only."""
    installed = files("api.web") / "node_modules"
    packages = {path: ((installed / name).read_bytes(), _type_of(name)) for path, name in PACKAGES.items()}
    return {**dict(_below(files("api.web") / "static", "")), **packages}


def _type_of(name: str) -> bytes:
    return _TYPES.get("." + name.rpartition(".")[2], b"text/plain; charset=utf-8")


def _below(folder: Traversable, prefix: str) -> list[tuple[str, tuple[bytes, bytes]]]:
    found: list[tuple[str, tuple[bytes, bytes]]] = []
    for one in folder.iterdir():
        suffix = "." + one.name.rpartition(".")[2]
        if one.is_dir():
            found += _below(one, f"{prefix}{one.name}/")
        elif suffix in _TYPES:
            found.append((prefix + one.name, (one.read_bytes(), _TYPES[suffix])))
    return found
