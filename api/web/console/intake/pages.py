"""The pages of uploaded files: the list with its form, one file, its refused rows, signing, sending, giving up.

What a page offers follows from the run's stage, and the port refuses what the page did not offer (`WrongStage`). Before
anything is sent, what confirms it has to be typed: the grams that it is about in tonnes, or the number of operations
where they are about none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from api.errors import IndexEmpty
from api.intake_port import BUSY, FileKind, HeaderForWallet, IntakePort, MappingChoice, RunView, Stage
from api.parameters import Parameter, number_parameter
from api.repository import activities
from api.repository.snapshots import IndexUnavailable
from api.web.console.dispatch import ConsolePage
from api.web.console.intake.allowed import may_look, may_upload, require, require_looking
from api.web.console.intake.downloading import RefusedFilePage
from api.web.console.intake.errors import NotConfirmed
from api.web.console.intake.uploading import UploadPage
from api.web.console.routes import ConsoleRoute
from api.web.console.visits import Page, SeeOther, Visit
from api.web.frame.words import word
from api.web.texts import visible
from ledger.errors import InvalidIdentifier, InvalidInput, NotFound, Unavailable
from ledger.units import format_tonnes
from ledger.vocabulary import ActivityStatus, BatchKind, ReductionClass, Word

UPLOADS: Final = "/console/uploads"
REFUSED_ROWS: Final = 50
INSTRUCTED: Final = (BatchKind.REDEEM, BatchKind.DONATE, BatchKind.CANCEL)

_MOST_NAME: Final = 64
_MOST_OFFERED: Final = 500
_SIGNATURE_BYTES: Final = 65
_THOUSANDS: Final = re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?", re.ASCII)
_LAST_ROW: Final = 10**12
"""No file has more rows; beyond what Python counts to, there is no page to look for."""


def _run_name(text: str, name: str) -> str:
    if len(text) > _MOST_NAME or not text.isascii() or not text.isprintable():
        raise InvalidIdentifier(name, "be the name of an uploaded file's run", text[:_MOST_NAME])
    return text


_NO_FILTERS: Final[Mapping[str, None]] = dict.fromkeys(
    ("kind", "reduction_class", "methodology_id", "operator_account", "code_contains")
)
_RUN: Final = Parameter("run", "path", "Name of the run.", _run_name, {}, None)
_FROM: Final = number_parameter("from", "Refused rows from this one on, counted from 0.", default=0, most=_LAST_ROW)


def show_uploads(visit: Visit) -> Page:
    """Every file that this session may see, and the form."""
    port = visit.console.intake
    mappings = port.mappings()
    usable = [one for one in mappings if one.refused is None and may_upload(visit, mappings, one.kind, one.name)]
    runs = [run for run in port.runs() if may_look(visit, port, run.purpose)]
    settings = visit.console.settings
    values = {
        "runs": runs,
        "kinds": [kind for kind in FileKind if may_upload(visit, mappings, kind)],
        "mappings": {kind.value: [one for one in usable if one.kind is kind] for kind in FileKind},
        "choices": _choices(usable, visit),
        "broken": [one for one in mappings if one.refused is not None],
        "most_bytes": settings.most_upload_bytes,
        "busy": any(run.stage in BUSY for run in runs),
        "activities": _activities(visit),
    }
    return Page("console/uploads.html", values)


def _choices(mappings: Sequence[MappingChoice], visit: Visit) -> dict[str, list[tuple[str, str]]]:
    """Value and text of everything that the form lets choose."""
    language = visit.language
    found = {
        kind.value: [(one.name, f"{one.name}: {visible(one.description)}") for one in mappings if one.kind is kind]
        for kind in FileKind
    }
    found[FileKind.INSTRUCTIONS.value].insert(0, ("", visit.asked.words["intake_mapping_standard"]))
    found["batch_kinds"] = [(one.label, word(one, language)) for one in INSTRUCTED]
    found["classes"] = [(one.label, word(one, language)) for one in (ReductionClass.I, ReductionClass.II)]
    return found


def show_run(visit: Visit) -> Page:
    """One file: how far it is, what it holds, what was refused, and what can be done."""
    port, view = _looked_at(visit)
    values: dict[str, Any] = {
        "view": view,
        "busy": view.stage in BUSY,
        "refused_page": port.refused_rows(view.run, 0, 10) if view.has_refused_file else None,
        "can_send": view.stage in {Stage.READY, Stage.STOPPED} and _sendable(view),
        "can_abandon": view.stage in {Stage.WAITING, Stage.READY, Stage.STOPPED}
        or (view.stage is Stage.READING and view.purpose.kind is FileKind.OPERATIONS)
        or (view.stage is Stage.FAILED and view.prepared is not None),
        "needs_signature": view.stage in {Stage.READY, Stage.STOPPED}
        and view.prepared is not None
        and view.prepared.needs_signature,
    }
    return Page("console/upload.html", values)


def show_refused(visit: Visit) -> Page:
    """Refused rows, page by page."""
    port, view = _looked_at(visit)
    page = port.refused_rows(view.run, visit.arguments["from"], REFUSED_ROWS)
    return Page("console/upload_refused.html", {"view": view, "refused_page": page, "page_rows": REFUSED_ROWS})


# Signing


def show_signing(visit: Visit) -> Page | SeeOther:
    """The headers, field by field, and the ways to sign them."""
    port, view = _to_be_signed(visit)
    headers = port.headers_for_wallet(view.run)
    waiting = next((one for one in headers if not one.signed), None)
    if waiting is None:
        return SeeOther(visit.link(f"{UPLOADS}/{view.run}"))
    values = {
        "view": view,
        "header": waiting,
        "fields": _fields(waiting),
        "document": orjson.dumps(dict(waiting.document)).decode(),
        "signed": sum(one.signed for one in headers),
        "headers": headers,
        "chain_id": waiting.document["domain"]["chainId"],
        "holds_key": port.holds_feed_key and may_look(visit, port, view.purpose),
    }
    return Page("console/upload_sign.html", values)


def take_signature(visit: Visit) -> SeeOther:
    """By the key of this instance, or a wallet's signature of one header."""
    port, view = _to_be_signed(visit)
    if visit.form.text("by") == "server":
        require(visit, port, view.purpose)
        port.sign(view.run)
    else:
        number = visit.form.text("number")
        if not number.isdecimal() or len(number) > 6:
            raise InvalidInput("number", "be the number of a batch", number[:6])
        port.accept_signature(view.run, int(number), _signature(visit.form.text("signature")))
    return SeeOther(visit.link(f"{UPLOADS}/{view.run}/sign"))


# Sending and giving up


def show_sending(visit: Visit) -> Page | SeeOther:
    """What would be anchored or applied, with its consequence; nothing is done."""
    port, view = _looked_at(visit)
    if view.stage not in {Stage.READY, Stage.STOPPED} or not _sendable(view):
        return SeeOther(visit.link(f"{UPLOADS}/{view.run}"))
    consequence, problem = None, None
    if view.prepared is not None:
        try:
            consequence = port.consequence(view.run)
        except Unavailable as error:
            problem = visit.console.problems.said(error, visit.language)
    values = {
        "view": view,
        "consequence": consequence,
        "unforeseen": problem,
        "confirmed_by": confirmation_of(view),
        "in_tonnes": grams_of(view) is not None,
        "signer": view.prepared is None or not view.prepared.needs_signature,
    }
    return Page("console/upload_send.html", values)


def send(visit: Visit) -> SeeOther:
    """Begins, if what confirms it was typed."""
    port, view = _looked_at(visit)
    require(visit, port, view.purpose)
    expected = confirmation_of(view)
    if _plain(visit.form.text("confirm")) != expected:
        raise NotConfirmed(expected)
    port.send(view.run, row_wise=visit.form.text("row_wise") == "yes")
    return SeeOther(visit.link(f"{UPLOADS}/{view.run}"))


def show_abandoning(visit: Visit) -> Page:
    """What giving it up means."""
    _, view = _looked_at(visit)
    return Page("console/upload_abandon.html", {"view": view})


def abandon(visit: Visit) -> SeeOther:
    """Gives it up."""
    port, view = _looked_at(visit)
    require(visit, port, view.purpose)
    if visit.form.text("confirm") != "yes":
        raise NotConfirmed("yes")
    port.abandon(view.run)
    return SeeOther(visit.link(f"{UPLOADS}/{view.run}"))


def confirmation_of(view: RunView) -> str:
    """What has to be typed: tonnes wherever grams are moved, else behaviour value or the number of operations."""
    grams = grams_of(view)
    if grams is not None:
        return format_tonnes(grams)
    if view.prepared is not None:
        return str(view.prepared.total)
    return "0" if view.checked is None else str(view.checked.new)


def grams_of(view: RunView) -> int | None:
    """What sending is about; None of behaviour value, and of operations that name no grams."""
    if view.prepared is not None:
        return None if view.prepared.kind is BatchKind.BEHAVIOUR else view.prepared.total
    return None if view.checked is None else view.checked.new_grams or None


# Within


def _looked_at(visit: Visit) -> tuple[IntakePort, RunView]:
    port = visit.console.intake
    view = port.run(visit.arguments["run"])
    require_looking(visit, port, view.purpose)
    return port, view


def _to_be_signed(visit: Visit) -> tuple[IntakePort, RunView]:
    """A run for whoever may see it, and for the wallet of its operator, who is no body."""
    port = visit.console.intake
    view = port.run(visit.arguments["run"])
    if view.prepared is None or not view.prepared.kind.is_of_feed:
        raise NotFound("header to sign", view.run)
    if visit.actor.address is None or visit.actor.address != port.feed_signer(view.run):
        require_looking(visit, port, view.purpose)
    return port, view


def _sendable(view: RunView) -> bool:
    if view.prepared is not None:
        return bool(view.prepared.batches) and not view.prepared.needs_signature
    return view.checked is not None and view.checked.new > 0


def _signature(text: str) -> bytes:
    try:
        signature = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        signature = b""
    if len(signature) != _SIGNATURE_BYTES:
        raise InvalidInput("signature", "be 0x and 130 hexadecimal digits", text[:16])
    return signature


def _fields(header: HeaderForWallet) -> list[tuple[str, object]]:
    """What the wallet will show, in the order in which it is hashed; words for people where a number stands for one."""
    message = header.document["message"]
    words: dict[str, Mapping[int, Word]] = {
        "kind": {int(one): one for one in BatchKind},
        "class": {int(one): one for one in ReductionClass},
    }
    return [(name, words[name][value] if name in words else value) for name, value in message.items()]


def _plain(text: str) -> str:
    """As people type a number: with or without the unit, and commas between thousands; any other comma may be meant as
    a decimal point, and stays.
    """
    number = text.replace("，", ",").removesuffix("t").removesuffix("吨").strip()
    return number.replace(",", "") if _THOUSANDS.fullmatch(number) else number


def _activities(visit: Visit) -> list[str]:
    """Codes to choose from, of those that can earn points; whoever knows another may type it."""
    try:
        with visit.snapshot() as snapshot:
            rows = activities.page(snapshot, **_NO_FILTERS, status=ActivityStatus.ACTIVE, after=-1, limit=_MOST_OFFERED)
    except (IndexEmpty, IndexUnavailable):
        return []
    return [row.code for row in rows if row.feed_signer is not None and any(row.feed_signer)]


PAGES: Final = (
    ConsoleRoute(UPLOADS, "uploads", show_uploads, menu=True),
    ConsoleRoute(UPLOADS + "/{run}", "upload", show_run, parameters=(_RUN,)),
    ConsoleRoute(UPLOADS + "/{run}/refused", "upload_refused", show_refused, parameters=(_RUN, _FROM)),
    ConsoleRoute(UPLOADS + "/{run}/refused.csv", "upload_refused_file", show_refused, parameters=(_RUN,)),
    ConsoleRoute(UPLOADS + "/{run}/sign", "upload_sign", show_signing, take_signature, parameters=(_RUN,)),
    ConsoleRoute(UPLOADS + "/{run}/send", "upload_send", show_sending, send, parameters=(_RUN,)),
    ConsoleRoute(UPLOADS + "/{run}/abandon", "upload_abandon", show_abandoning, abandon, parameters=(_RUN,)),
)

SERVED_BY: Final[Mapping[str, type[ConsolePage]]] = {"uploads": UploadPage, "upload_refused_file": RefusedFilePage}
"""Of pages that take or give a file: what serves them instead of `ConsolePage`."""
