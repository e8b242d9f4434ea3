"""Pages about certificates for people: look-up, one certificate, and what is said where there is none.

Each works without scripts and says as of which block it is. What was made by others stands in it as text and nothing
else: templates escape everything, and the policy of these pages runs no script but files of this server.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from api.answers import Answer, Headers
from api.caching import CacheRule, matches, strong_etag
from api.errors import IndexEmpty, RequestRefused
from api.languages import CHINESE, ENGLISH, LANGUAGES
from api.log_keys import LogKeys
from api.parameters import LARGEST_INTEGER, Parameter, parse_query, plain_text
from api.problems import Problems
from api.reading import Conditions
from api.repository.log import TileNodes
from api.repository.snapshots import AsOf, IndexUnavailable, Readers, Snapshot
from api.web.certificate_check import STEP_NAMES, check, not_checked
from api.web.certificate_view import CertificateView, batch_facts, shanghai_time
from api.web.files import VERIFY_PAGE, page_security, static_file
from api.web.texts import language_of, texts, visible
from indexer import certificate_bundles
from ledger.bundle import Bundle, PointsCertificate
from ledger.bundle.certificates import read_certificate
from ledger.errors import InvalidInput, NotFound, TanpuhuiError

log = logging.getLogger("tanpuhui.pages")

_LANG: Final = {"lang": Parameter("lang", "query", "", plain_text, {}, None)}
_LOOKUP: Final = {**_LANG, "number": Parameter("number", "query", "", plain_text, {}, None)}
_NUMBER = re.compile(r"(?:no\.?|#)?([0-9]{1,19})", re.ASCII | re.IGNORECASE)
_MOST_GIVEN = 64
_SECURITY: Final = page_security()


class _Asked(NamedTuple):
    """The language and the path of a page, and the conditions of the request."""

    language: str
    path: str
    conditions: Conditions


class Site:
    """The pages of one instance. Each method gives a whole answer and never raises."""

    def __init__(self, readers: Readers, problems: Problems, log_keys: LogKeys | None) -> None:
        self._readers = readers
        self._problems = problems
        self._log_keys = log_keys
        self._templates = Environment(
            loader=PackageLoader("api.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def lookup(self, query: bytes, conditions: Conditions) -> Answer:
        """The form; asked with a number, the way to its page."""
        try:
            given = parse_query(query, _LOOKUP)
            language = self._language(given, conditions)
        except (InvalidInput, RequestRefused) as error:
            return self._problems.answer(error, conditions.accept_language)
        written = given.get("number")
        if written is not None and (number := number_of(written)) is not None:
            return _redirect(number, given.get("lang"))
        malformed = None if written is None else visible(written[:_MOST_GIVEN])
        status = 200 if written is None else 422
        return self._page("lookup.html", status, _Asked(language, "/certificates", conditions), malformed=malformed)

    def certificate(self, written: str, query: bytes, conditions: Conditions) -> Answer:
        """The page of a certificate."""
        try:
            given = parse_query(query, _LANG)
            language = self._language(given, conditions)
        except (InvalidInput, RequestRefused) as error:
            return self._problems.answer(error, conditions.accept_language)
        number = number_of(written)
        if number is None:
            shown = visible(written[:_MOST_GIVEN])
            return self._page("lookup.html", 404, _Asked(language, "/certificates", conditions), malformed=shown)
        if written != str(number):
            return _redirect(number, given.get("lang"))
        asked = _Asked(language, f"/certificates/{number}", conditions)
        try:
            with self._readers.snapshot() as snapshot:
                return self._certificate(snapshot, number, asked)
        except (IndexEmpty, IndexUnavailable):
            return self._page("unavailable.html", 503, asked)
        except Exception as error:  # noqa: BLE001 - the edge: logged with an id, opaque outside
            return self._problems.answer(error, conditions.accept_language)

    def file(self, path: str, conditions: Conditions) -> Answer:
        """A file that pages load."""
        try:
            return static_file(path, self._log_keys, conditions)
        except RequestRefused as error:
            return self._problems.answer(error, conditions.accept_language)

    @staticmethod
    def verify() -> Answer:
        """The way to the checking page."""
        return Answer(303, ((b"location", VERIFY_PAGE.encode()),), b"")

    def _certificate(self, snapshot: Snapshot, number: int, asked: _Asked) -> Answer:
        words, as_of = texts(asked.language), snapshot.as_of
        try:
            draft = certificate_bundles.draft(snapshot, TileNodes(snapshot), number)
            shown = self._shown(snapshot, draft, asked.language)
        except NotFound as error:
            if error.kind != "certificate":
                shown = self._damaged(number, error)
            else:
                return self._page("unknown.html", 404, asked, as_of, number=number)
        except (TanpuhuiError, LookupError) as error:
            shown = self._damaged(number, error)
        finding, view = shown["finding"], shown["view"]
        keys = self._log_keys
        return self._page(
            "certificate.html",
            200,
            asked,
            as_of,
            **{"batch_facts": (), "title": words["lookup_title"] if view is None else view.title, **shown},
            number=number,
            strange=view is not None and any("[U+" in fact.value for fact in view.said),
            log_key="" if keys is None else str(keys.log_key),
            witness_keys="" if keys is None else " ".join(map(str, keys.witnesses)),
            quorum=0 if keys is None else keys.quorum,
            step_names=STEP_NAMES,
            level=finding.level,
        )

    def _shown(self, snapshot: Snapshot, draft: certificate_bundles.Draft, language: str) -> dict[str, Any]:
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
        finding = check(snapshot, data, self._log_keys, signed=draft.signed, contradictions=draft.contradictions)
        try:
            view = CertificateView.of(Bundle.from_bytes(data), data, language)
        except InvalidInput:  # the verifier has said so, at step `form`
            return {"view": None, "finding": finding, "title": words[f"title_{draft.kind}"]}
        return {"view": view, "finding": finding}

    @staticmethod
    def _damaged(number: int, error: Exception) -> dict[str, Any]:
        log.error("the bundle of certificate %d cannot be made of the index", number, exc_info=error)
        why = error.code if isinstance(error, TanpuhuiError) else "log-tiles-missing"
        return {"view": None, "finding": not_checked("unchecked_damaged", why)}

    @staticmethod
    def _language(given: Mapping[str, str], conditions: Conditions) -> str:
        asked = given.get("lang")
        if asked is not None and asked not in LANGUAGES:
            raise InvalidInput("lang", f"be one of {', '.join(LANGUAGES)}", asked)
        return language_of(asked, conditions.accept_language)

    def _page(self, template: str, status: int, asked: _Asked, as_of: AsOf | None = None, /, **values: Any) -> Answer:
        language, path, conditions = asked
        other = ENGLISH if language == CHINESE else CHINESE
        body = (
            self._templates.get_template(template)
            .render(
                words=texts(language),
                other_words=texts(other),
                other_url=f"{path}?lang={other}",
                language=language,
                language_query=f"?lang={language}",
                as_of=as_of,
                as_of_time="" if as_of is None else shanghai_time(as_of.timestamp),
                **values,
            )
            .encode()
        )
        return _html(status, body, language, conditions, as_of)


def number_of(written: str) -> int | None:
    """The certificate number that somebody wrote, with spaces, commas or full-width digits; None for anything else."""
    if len(written) > _MOST_GIVEN:
        return None
    found = _NUMBER.fullmatch(re.sub(r"[\s,]+", "", unicodedata.normalize("NFKC", written)))
    number = 0 if found is None else int(found[1])
    return number if 1 <= number <= LARGEST_INTEGER else None


def _redirect(number: int, language: str | None) -> Answer:
    tail = "" if language is None else f"?lang={quote(language, safe='')}"
    location = f"/certificates/{number}{tail}".encode()
    return Answer(303, ((b"location", location), (b"cache-control", CacheRule.REVALIDATED.value)), b"")


def _html(status: int, body: bytes, language: str, conditions: Conditions, as_of: AsOf | None) -> Answer:
    etag = strong_etag(b"page" if as_of is None else as_of.mark, body)
    kept = status == 200 and as_of is not None and not as_of.halted
    rule = CacheRule.REVALIDATED if kept else CacheRule.NEVER
    headers: Headers = (
        (b"etag", etag),
        (b"cache-control", rule.value),
        (b"vary", b"accept-language"),
        *_SECURITY,
    )
    if as_of is not None:
        headers = (*headers, (b"tanpuhui-as-of", as_of.header))
    if kept and conditions.if_none_match is not None and matches(conditions.if_none_match, etag):
        return Answer(304, headers, b"")
    typed: Headers = (
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-language", texts(language)["language"].encode()),
    )
    return Answer(status, (*typed, *headers), body)
