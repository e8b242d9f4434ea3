"""The explorer's first page: one field for whatever somebody has, and how large the ledger is."""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from urllib.parse import quote

from api.parameters import Arguments, Parameter, plain_text
from api.repository import checkpoints
from api.repository.snapshots import Snapshot
from api.routes.search import ASKED, read_search, readings
from api.web.explorer.lists import OPERATIONS, SECTION
from api.web.frame.asked import Asked
from api.web.frame.pages import Page, PageRoute, Redirect
from api.web.texts import visible

_Q: Final = Parameter("q", "query", ASKED.description, plain_text, ASKED.schema, ASKED.example)
_LATEST: Final = 10
_OF_CODES: Final = "-code"
_PATHS: Final = {
    "operation": "/explorer/operations/{}",
    "block": "/explorer/blocks/{}",
    "lot": "/explorer/lots/{}",
    "activity": "/activities/{}",
    "methodology": "/methodologies",
    "campaign": "/campaigns",
    "batch": "/explorer/batches/{}",
    "account": "/explorer/accounts/{}",
    "contract": "/explorer/status",
    "certificate": "/certificates/{}",
    "checkpoint": "/explorer/checkpoints/{}",
}


class Choice(NamedTuple):
    """Something that was found: what it is, by which name, what it is known by, and where it is."""

    kind: str
    matched: str
    key: str
    path: str


def pages() -> tuple[PageRoute, ...]:
    """The page."""
    return (PageRoute("/explorer", _home, name="explorer-home", section=SECTION, parameters=(_Q,)),)


def _home(snapshot: Snapshot, arguments: Arguments, asked: Asked) -> Page | Redirect:
    given = arguments["q"]
    if given is not None and given.strip():
        return _search(snapshot, ASKED.parse(given, "q"), asked)
    as_of = snapshot.as_of
    newest = checkpoints.newest(snapshot)
    values: dict[str, Any] = {
        "asked_for": None,
        "latest": OPERATIONS.beginning(snapshot, asked, _LATEST, order="newest-first"),
        "newest": newest,
        "unsigned": as_of.log_size - (0 if newest is None else newest.size),
    }
    return Page("explorer/home.html", values)


def _search(snapshot: Snapshot, given: str, asked: Asked) -> Page | Redirect:
    """Where the only thing leads that was found; all of them; or what was looked for."""
    found = read_search(snapshot, {"q": given}).document
    choices = {(choice.kind, choice.path): choice for choice in (_choice(one, given) for one in found["items"])}
    if len(choices) == 1:
        (only,) = choices.values()
        return Redirect(asked.link(only.path))
    values = {
        "asked_for": visible(given.strip()),
        "choices": list(choices.values()),
        "looked_for": found["looked_for"],
        "unreadable": all(name.endswith(_OF_CODES) for name in found["looked_for"]),
    }
    return Page("explorer/found.html", values, 200 if choices else 404)


def _choice(item: dict[str, str], given: str) -> Choice:
    kind, matched, key = item["kind"], item["matched"], item["key"]
    if matched == "serial-number":
        serial = str(dict(readings(given))["number"])
        return Choice("serial", matched, serial, f"/explorer/serials/{serial}")
    return Choice(kind, matched, key, _PATHS[kind].format(quote(key, safe="")))
