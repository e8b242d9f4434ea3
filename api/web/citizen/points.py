"""My points: what a person with a lookup token sees of the own points, takes away, and has forgotten.

What is shown is what `/v1/points/account…` answers; the token is sent once, by a form, and then a session knows whose
it was (`api.web.citizen.visits`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any, Final

from api.answers import JSON_TYPE, encode_json
from api.certificate_files import PdfMaker
from api.context import Context
from api.errors import LookupTokenInvalid, PointsNotServed, RateExceeded
from api.pagination import DEFAULT_LIMIT
from api.parameters import choice_parameter, id_parameter, number_parameter
from api.reading import Document, ListRoute
from api.routes.certificate_files import personal_pdf_route, read_personal_bundle
from api.routes.personal import ROUTES, balances, checked_batch, read_point_entries, read_point_proof
from api.web.citizen.visits import HOME, Desk, Download, Made, Moved, PersonPage, Refused, Stranger, Visit
from api.web.frame.pages import Page, PageRoute
from indexer.errors import DatabaseUnusable
from ledger.entries import ACCOUNT, DETAILS
from ledger.ids import Hash32
from ledger.log_tree import verify_inclusion
from ledger.vocabulary import BatchKind

log = logging.getLogger("tanpuhui.pages")

_SAID: Final = choice_parameter(
    "said", ("left", "forgotten", "forgotten-rest", "ended"), "What was done.", optional=True
)
_ENTRY: Final = id_parameter("entry_id", Hash32, "Id of the entry.")
_NUMBER: Final = number_parameter("number", "Of a certificate.", place="path", least=1)
_SHOW: Final = choice_parameter("show", ("nothing", "details", "all"), "What the file shows of the entry.")
_DISCLOSED: Final = {"nothing": (), "details": (DETAILS,), "all": (ACCOUNT, DETAILS)}
_ENTRIES: Final = next(one.route for one in ROUTES if isinstance(one.route, ListRoute))
_CURSOR: Final = next(one for one in _ENTRIES.parameters if one.name == "cursor")
_FEW: Final = 10
_MOST_CERTIFICATES: Final = 200


def pages(context: Context, *, clock: Callable[[], float] = monotonic) -> tuple[PageRoute, ...]:
    """All of them. `clock` measures how long sessions last."""
    desk = Desk(context, clock)
    maker = PdfMaker(context.settings.public_url, context.settings.pdf_fonts or None, context.log_keys)
    draw = partial(_pdf, personal_pdf_route(maker).read)
    return (
        PersonPage(desk, HOME, _account, name="points", welcome=_welcome, parameters=(_SAID,)),
        PersonPage(desk, "/points/entries", _history, name="points_entries", parameters=(_CURSOR,)),
        PersonPage(desk, "/points/entries/{entry_id}", _entry, name="points_entry", parameters=(_ENTRY,)),
        PersonPage(desk, "/points/entries/{entry_id}/proof", _proof, name="points_proof", parameters=(_ENTRY,)),
        PersonPage(
            desk, "/points/certificates/{number}/bundle", _bundle, name="points_bundle", parameters=(_NUMBER, _SHOW)
        ),
        PersonPage(
            desk, "/points/certificates/{number}/pdf", draw, name="points_pdf", parameters=(_NUMBER, _SHOW), draws=True
        ),
        PersonPage(desk, "/points/forget", _forget, name="points_forget"),
        PersonPage(desk, "/points/leave", _leave, name="points_leave"),
    )


# Before a session


def _welcome(stranger: Stranger) -> Made:
    """The form; with a token in it, a session. Whatever was wrong with a token, the page is the same."""
    if stranger.form is None:
        return _login(stranger, said=stranger.arguments["said"], served=stranger.desk.tokens.accounts is not None)
    try:
        person = stranger.desk.tokens.person("".join(stranger.form.text("token").split()), stranger.caller)
    except LookupTokenInvalid:
        return _login(stranger, LookupTokenInvalid.status, problem="points_wrong")
    except RateExceeded as error:
        wait = (b"retry-after", str(error.wait_seconds).encode())
        page = _login(stranger, RateExceeded.status, problem="points_wait", seconds=error.wait_seconds)
        return Refused(page, (wait,))
    except PointsNotServed:
        return _login(stranger, PointsNotServed.status, served=False)
    session_id = stranger.desk.sessions.begin(person.token_hash, instead_of=stranger.session_id)
    return Moved(stranger.asked.link(HOME), (stranger.desk.cookie.set(session_id),))


def _login(stranger: Stranger, status: int = 200, **values: Any) -> Page:
    """The form, with what is said above it."""
    said = {"problem": None, "seconds": 0, "said": None, "served": True, "minutes": stranger.desk.idle_minutes}
    return Page("citizen/points_login.html", {**said, **values}, status)


# In a session


def _account(visit: Visit) -> Made:
    entries, following = _entries_of(visit, _FEW, None)
    return Page(
        "citizen/points.html",
        {
            "classes": balances(visit.person),
            "entries": entries,
            "more": following is not None,
            "certificates": _certificates(visit),
            "shows": tuple(_DISCLOSED),
        },
    )


def _history(visit: Visit) -> Made:
    entries, following = _entries_of(visit, DEFAULT_LIMIT, visit.arguments["cursor"])
    return Page(
        "citizen/points_entries.html",
        {
            "entries": entries,
            "next_url": None if following is None else visit.asked.here(cursor=following),
            "first_url": None if visit.arguments["cursor"] is None else visit.asked.here(cursor=None),
        },
    )


def _entries_of(visit: Visit, limit: int, cursor: str | None) -> tuple[list[Document], str | None]:
    """The newest first, and where the list goes on."""
    listing = ListRoute(
        _ENTRIES.path,
        partial(read_point_entries, visit.person),
        key_types=(int, int),
        summary="",
        model=_ENTRIES.model,
        tag=_ENTRIES.tag,
    )
    arguments = {"order": "newest-first", "limit": limit, "cursor": cursor}
    return listing.page(visit.snapshot, arguments, {})


def _certificates(visit: Visit) -> list[Document]:
    """Of what the person cancelled, the newest first: number, class, points."""
    accounts = visit.person.accounts
    places = [place for place in accounts.places(visit.person.tag) if place.batch.kind is BatchKind.CANCEL]
    found: list[Document] = []
    for place in places[: -_MOST_CERTIFICATES - 1 : -1]:
        batch = checked_batch(visit.snapshot, place)
        if batch is not None and batch.first_certificate is not None:
            found.append(
                {
                    "number": batch.first_certificate + place.row,
                    "reduction_class": place.batch.reduction_class.label,
                    "grams": accounts.row(place).grams,
                    "timestamp": batch.timestamp,
                }
            )
    return found


def _entry(visit: Visit) -> Made:
    found = read_point_proof(visit.person, visit.snapshot, visit.arguments).document
    leaf = found["leaf_proof"]
    verify_inclusion(
        leaf_hash=_raw(leaf["leaf_hash"]),
        index=leaf["leaf_index"],
        size=leaf["tree_size"],
        proof=[_raw(one) for one in leaf["path"]],
        root=_raw(leaf["root"]),
    )
    entry = found["proof"]["entry"]
    shown = {field["name"]: field["value"] for field in entry["fields"] if "value" in field}
    return Page("citizen/points_entry.html", {"found": found, "entry": entry, "details": shown.get(DETAILS)})


def _proof(visit: Visit) -> Made:
    document = read_point_proof(visit.person, visit.snapshot, visit.arguments).document
    body = encode_json({**document, "as_of": visit.snapshot.as_of.document})
    return Download(f"entry-{visit.arguments['entry_id'].hex0x[2:18]}.json", JSON_TYPE, body)


def _bundle(visit: Visit) -> Made:
    number = visit.arguments["number"]
    found = read_personal_bundle(visit.person, visit.snapshot, _file_arguments(visit))
    return Download(f"certificate-{number}.json", JSON_TYPE, found.body)


def _pdf(read: Callable[..., Any], visit: Visit) -> Made:
    found = read(visit.person, visit.snapshot, _file_arguments(visit))
    return Download(f"certificate-{visit.arguments['number']}.pdf", b"application/pdf", found.body)


def _file_arguments(visit: Visit) -> dict[str, Any]:
    return {
        "number": visit.arguments["number"],
        "disclose": _DISCLOSED[visit.arguments["show"]],
        "hide": (),
    }


def _forget(visit: Visit) -> Made:
    """What forgetting does, then, understood and sent, the forgetting: of the token, of the session, of who it was."""
    understood = visit.form is not None and visit.form.text("understood") == "yes"
    if not understood:
        values = {"classes": balances(visit.person), "missing": visit.form is not None}
        return Page("citizen/points_forget.html", values, 422 if visit.form is not None else 200)
    said = "forgotten"
    try:
        visit.person.accounts.forget(visit.person.tag)
    except DatabaseUnusable:
        # The person is gone; what was overwritten nowhere yet is the operator's to see to.
        log.exception("a person was forgotten, and the vault's journal still holds what was deleted")
        said = "forgotten-rest"
    visit.desk.sessions.end(visit.session_id)
    return Moved(visit.asked.link(HOME, said=said), (visit.desk.cookie.clear(),))


def _leave(visit: Visit) -> Made:
    """Ends the session; asked without a form, it only leads back."""
    if visit.form is None:
        return Moved(visit.asked.link(HOME))
    visit.desk.sessions.end(visit.session_id)
    return Moved(visit.asked.link(HOME, said="left"), (visit.desk.cookie.clear(),))


def _raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
