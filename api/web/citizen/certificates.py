"""Pages about certificates for people: look-up, one certificate, and what is said where there is none.

What was made by others stands in them as text and nothing else: templates escape everything, and the policy of these
pages runs no script but files of this server.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from dataclasses import replace
from functools import partial
from typing import Any, Final

from api.context import Context
from api.log_keys import LogKeys
from api.parameters import LARGEST_INTEGER, Arguments, Parameter, plain_text
from api.repository.certificates import last_number
from api.repository.log import TileNodes, root_of
from api.repository.snapshots import Snapshot
from api.routes.certificates import CERTIFICATES
from api.web.certificate_check import STEP_NAMES, check, not_checked
from api.web.certificate_view import CertificateView, batch_facts
from api.web.citizen.lists import activity_link, newest_first
from api.web.files import VERIFY_PAGE
from api.web.frame.asked import Asked
from api.web.frame.kept import KeptRoute, Sketch
from api.web.frame.pages import Page, PageRoute, Redirect, StillRoute
from api.web.frame.tables import Column, Filter, TableRoute
from api.web.texts import texts, visible
from indexer import certificate_bundles
from ledger.bundle import Bundle, PointsCertificate
from ledger.bundle.certificates import read_certificate
from ledger.errors import InvalidInput, NotFound, TanpuhuiError
from ledger.verifier import Level
from ledger.vocabulary import CancellationPurpose

log = logging.getLogger("tanpuhui.pages")

_WRITTEN: Final = Parameter("number", "query", "", plain_text, {}, None)
_NUMBER = re.compile(r"(?:no\.?|#)?([0-9]{1,19})", re.ASCII | re.IGNORECASE)
_MOST_GIVEN = 64


class _LookUpRoute(TableRoute):
    """A form for a number, and everything else that leads to certificates; asked with a number, the way to its page.

    A number is no filter of the list, which is not asked with it.
    """

    def __init__(self, public_url: str) -> None:
        super().__init__(
            "/certificates",
            newest_first(CERTIFICATES),
            _COLUMNS,
            name="certificates",
            section="certificates",
            heading="lookup_title",
            lead="lookup_lead",
            empty="search_empty",
            filters=_FILTERS,
            template="certificates/lookup.html",
            more=lambda *_: {"public_url": public_url.rstrip("/")},
            parameters=(_WRITTEN,),
        )
        self._read_list, self.read = self.read, self._look_up

    def _look_up(self, snapshot: Snapshot, arguments: Arguments, asked: Asked) -> Page | Redirect:
        written = arguments[_WRITTEN.name]
        if written is None:
            return self._read_list(snapshot, arguments, asked)
        number = number_of(written)
        return _malformed(written, 422) if number is None else Redirect(asked.link(f"/certificates/{number}"))


_COLUMNS: Final = (
    Column("number", "search_number", "certificate"),
    Column("time", "search_time", "time"),
    Column("purpose", "search_purpose", "word", vocabulary="CancellationPurpose"),
    Column("quantity_gco2e", "search_quantity", "grams"),
    Column("reduction_class", "search_class", "word", vocabulary="ReductionClass"),
    Column("activity_code", "search_activity", link=activity_link),
    Column("account", "search_account", "address"),
    Column("lot_id", "search_lot", "hash", link=lambda one: f"/explorer/lots/{one['lot_id']}"),
    Column("first_serial", "search_first_serial", "code"),
    Column("last_serial", "search_last_serial", "code"),
)
_FILTERS: Final = (
    Filter("purpose", "search_purpose", tuple(CancellationPurpose.labels()), "CancellationPurpose"),
    Filter("first_day", "search_first_day"),
    Filter("last_day", "search_last_day"),
    Filter("account", "search_account"),
    Filter("activity_id", "search_activity_id"),
    Filter("lot_id", "search_lot_id"),
)


def pages(context: Context) -> tuple[PageRoute, ...]:
    """Look-up, one certificate, and the way to the checking page."""
    return (
        _LookUpRoute(context.settings.public_url),
        KeptRoute(
            "/certificates/{number}",
            partial(_certificate, context.log_keys),
            name="certificate",
            section="certificates",
            parameters=(replace(_WRITTEN, place="path"),),
            point=True,
        ),
        StillRoute("/verify", _verify, name="verify", section="verify"),
    )


def _malformed(written: str, status: int) -> Page:
    return Page("certificates/malformed.html", {"written": visible(written[:_MOST_GIVEN])}, status)


def _verify(_: Arguments, asked: Asked) -> Redirect:
    return Redirect(asked.link(VERIFY_PAGE))


def _certificate(
    log_keys: LogKeys | None, snapshot: Snapshot, arguments: Arguments, asked: Asked
) -> Page | Redirect | Sketch:
    """What a certificate's bundle says, and whether it verifies."""
    written = arguments["number"]
    number = number_of(written)
    if number is None:
        return _malformed(written, 404)
    if written != str(number):
        return Redirect(asked.link(f"/certificates/{number}"))
    try:
        draft = certificate_bundles.draft(snapshot, TileNodes(snapshot), number)
        basis = _basis(snapshot, draft)
    except NotFound as error:
        if error.kind == "certificate" and number > last_number(snapshot):
            return Page("certificates/unknown.html", {"number": number}, 404)
        return _page(number, _damaged(number, error), asked, log_keys)
    except (TanpuhuiError, LookupError) as error:
        return _page(number, _damaged(number, error), asked, log_keys)

    def page() -> Page:
        try:
            shown = _shown(snapshot, draft, asked.language, log_keys)
        except (TanpuhuiError, LookupError) as error:
            shown = _damaged(number, error)
        return _page(number, shown, asked, log_keys)

    return Sketch(basis, page)


def _basis(snapshot: Snapshot, draft: certificate_bundles.Draft) -> bytes:
    """Everything that is said of a certificate follows from its bundle, what the index says besides, and which root the
    log has at the size of its proof.
    """
    return repr((draft.document, draft.signed, draft.contradictions, root_of(snapshot, draft.log_size))).encode()


def _page(number: int, shown: dict[str, Any], asked: Asked, log_keys: LogKeys | None) -> Page:
    words, finding, view = asked.words, shown["finding"], shown["view"]
    return Page(
        "certificates/certificate.html",
        {
            "batch_facts": (),
            "title": words["lookup_title"] if view is None else view.title,
            **shown,
            "number": number,
            "strange": view is not None and any("[U+" in fact.value for fact in view.said),
            "log_key": "" if log_keys is None else str(log_keys.log_key),
            "witness_keys": "" if log_keys is None else " ".join(map(str, log_keys.witnesses)),
            "quorum": 0 if log_keys is None else log_keys.quorum,
            "step_names": STEP_NAMES,
            "level": finding.level,
            "command": command_of(number, log_keys, finding.level, words["log_key"]),
        },
    )


def command_of(number: int, log_keys: LogKeys | None, level: Level | None, unknown: str) -> str:
    """What to type to check the file at the level of the page. `unknown` stands for a key that this server has not
    been told.
    """
    command = f"tanpuhui verify certificate-{number}.json --log-key "
    if log_keys is None:
        return command + quoted(unknown)
    command += quoted(str(log_keys.log_key))
    if level is Level.WITNESSED:
        command += "".join(f" --witness {quoted(str(one))}" for one in log_keys.witnesses)
        command += f" --quorum {log_keys.quorum}"
    return command


def quoted(text: str) -> str:
    """One word of a shell, whatever is in it."""
    return "'" + text.replace("'", "'\\''") + "'"


def _shown(
    snapshot: Snapshot, draft: certificate_bundles.Draft, language: str, log_keys: LogKeys | None
) -> dict[str, Any]:
    """What is said of a certificate that the index has."""
    words = texts(language)
    if draft.personal:
        certificate = read_certificate(draft.document["certificate"])
        assert isinstance(certificate, PointsCertificate)  # noqa: S101 - as `personal` says
        return {
            "view": None,
            "finding": not_checked("unchecked_points"),
            "title": words["title_points"],
            "batch_facts": tuple(batch_facts(certificate, words)),
        }
    data = draft.to_bytes()
    finding = check(snapshot, data, log_keys, signed=draft.signed, contradictions=draft.contradictions)
    try:
        view = CertificateView.of(Bundle.from_bytes(data), data, language)
    except InvalidInput:  # the verifier has said so, at step `form`
        return {"view": None, "finding": finding, "title": words[f"title_{draft.kind}"]}
    return {"view": view, "finding": finding}


def _damaged(number: int, error: Exception) -> dict[str, Any]:
    log.error("the bundle of certificate %d cannot be made of the index", number, exc_info=error)
    why = error.code if isinstance(error, TanpuhuiError) else "log-tiles-missing"
    return {"view": None, "finding": not_checked("unchecked_damaged", why)}


def number_of(written: str) -> int | None:
    """The certificate number that somebody wrote, with spaces, commas or full-width digits; None for anything else."""
    if len(written) > _MOST_GIVEN:
        return None
    found = _NUMBER.fullmatch(re.sub(r"[\s,]+", "", unicodedata.normalize("NFKC", written)))
    number = 0 if found is None else int(found[1])
    return number if 1 <= number <= LARGEST_INTEGER else None
