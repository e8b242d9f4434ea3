"""Certificates as files: bundle and PDF."""

import re

from api.certificate_files import PERSONAL_FIELDS, PdfMaker, personal_bundle, public_bundle
from api.files import JSON, File, FileRoute
from api.parameters import Arguments, Parameter, number_parameter
from api.personal import Person, PersonRoute
from api.repository.log import TileNodes
from api.repository.snapshots import Snapshot
from api.routes.personal import checked_batch, header_of
from indexer import certificate_bundles
from indexer.certificate_bundles import Draft
from ledger.errors import InvalidInput, NotFound

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_MOST_NAMES = 256


def _names(text: str, name: str) -> tuple[str, ...]:
    names = tuple(text.split(",")) if text else ()
    if len(names) > _MOST_NAMES or not all(map(_NAME.fullmatch, names)):
        raise InvalidInput(name, "be names of fields with commas between them", text)
    return names


def _disclosed(text: str, name: str) -> tuple[str, ...]:
    names = tuple(text.split(",")) if text else ()
    if not set(names) <= set(PERSONAL_FIELDS):
        raise InvalidInput(name, f"be of {' and '.join(PERSONAL_FIELDS)}, with a comma between them", text)
    return names


NUMBER = number_parameter("number", "Given by the chain, counted from 1.", place="path", least=1, example=1)
HIDE = Parameter(
    "hide",
    "query",
    "Fields of the record that the bundle does not show, with commas between them; `project` hides where the lot comes "
    "from. What is hidden stays proved.",
    _names,
    {"type": "string"},
    "event,project",
    default=(),
)
DISCLOSE = Parameter(
    "disclose",
    "query",
    "What the bundle shows of the person's entry: `account`, `details`, both or, without it, neither.",
    _disclosed,
    {"type": "string"},
    "details",
    default=(),
)


def read_certificate_bundle(snapshot: Snapshot, arguments: Arguments) -> File:
    """The bundle that anyone may have. Not immutable: what a holder discloses today may be withdrawn tomorrow."""
    return File(public_bundle(snapshot, arguments["number"], arguments["hide"]), immutable=False)


def read_personal_bundle(person: Person, snapshot: Snapshot, arguments: Arguments) -> File:
    """The bundle of one of the person's own certificates; another's is not there."""
    _, data = _own_bundle(person, snapshot, arguments)
    return File(data, immutable=False)


def _own_bundle(person: Person, snapshot: Snapshot, arguments: Arguments) -> tuple[Draft, bytes]:
    number = arguments["number"]
    draft = certificate_bundles.draft(snapshot, TileNodes(snapshot), number)
    for place in person.accounts.places(person.tag) if draft.personal else ():
        batch = checked_batch(snapshot, place)
        if batch is not None and batch.first_certificate is not None and batch.first_certificate + place.row == number:
            proof = person.accounts.proof(header_of(batch), place.row)
            return draft, personal_bundle(draft, proof, disclose=arguments["disclose"], hide=arguments["hide"])
    raise NotFound("certificate", number)


def pdf_route(maker: PdfMaker) -> FileRoute:
    """The route of PDFs, which an instance makes with its own address and font."""

    def read_certificate_pdf(snapshot: Snapshot, arguments: Arguments) -> File:
        return File(maker.of_certificate(snapshot, arguments["number"], arguments["hide"]), immutable=False)

    return FileRoute(
        "/v1/certificates/{number}/certificate.pdf",
        read_certificate_pdf,
        summary="A certificate as PDF, with its bundle attached",
        description="A4, Chinese and English. The attachment is `/v1/certificates/{number}/bundle` with the same "
        "`hide`, byte for byte; the QR code leads to the certificate's page and carries the bundle's SHA-256. Made "
        "only of what this server could verify. The same bytes as long as the bundle, address, font and "
        "program are the same.",
        content_type="application/pdf",
        tag="certificates",
        parameters=(NUMBER, HIDE),
        point=False,
        draws=True,
        statuses=(403,),
    )


def personal_pdf_route(maker: PdfMaker) -> PersonRoute:
    """The same for a person's own certificates, of which nothing is kept."""

    def read_personal_pdf(person: Person, snapshot: Snapshot, arguments: Arguments) -> File:
        draft, data = _own_bundle(person, snapshot, arguments)
        return File(maker.of_person(snapshot, arguments["number"], draft, data), immutable=False)

    return PersonRoute(
        FileRoute(
            "/v1/points/account/certificates/{number}/certificate.pdf",
            read_personal_pdf,  # type: ignore[arg-type]  # the person comes first
            summary="One of the person's own certificates as PDF, with its bundle attached",
            description="With the person's lookup token. Drawn as `/v1/certificates/{number}/certificate.pdf`, with "
            "the grams of the person's entry; the attachment is `/v1/points/account/certificates/{number}/bundle` with "
            "the same `disclose` and `hide`, byte for byte, and it alone shows what is disclosed. Made only of what "
            "this server could verify.",
            content_type="application/pdf",
            tag="personal",
            parameters=(NUMBER, DISCLOSE, HIDE),
            draws=True,
        ),
        read_personal_pdf,
    )


ROUTES = (
    FileRoute(
        "/v1/certificates/{number}/bundle",
        read_certificate_bundle,
        summary="The bundle of a certificate, which proves it to anyone",
        description="docs/spec/08-certificates.md, byte for byte: check it with `tanpuhui verify` or on the page "
        "`/verify`. Once a published checkpoint covers it, it is the same bytes as long as the same is disclosed. Of a "
        "person's points only the person is given it.",
        content_type=JSON,
        tag="certificates",
        parameters=(NUMBER, HIDE),
        point=False,
        statuses=(403,),
    ),
)

PERSON_ROUTES = (
    PersonRoute(
        FileRoute(
            "/v1/points/account/certificates/{number}/bundle",
            read_personal_bundle,  # type: ignore[arg-type]  # the person comes first
            summary="The bundle of one of the person's own certificates",
            description="With the person's lookup token. It proves the cancellation and its quantity; whose it is and "
            "what it was for only as far as `disclose` says.",
            content_type=JSON,
            tag="personal",
            parameters=(NUMBER, DISCLOSE, HIDE),
        ),
        read_personal_bundle,
    ),
)
