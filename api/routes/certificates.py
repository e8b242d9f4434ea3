"""Certificates of cancellation."""

from api.pagination import Key
from api.parameters import Arguments, id_parameter, number_parameter
from api.reading import Found, Keyed, ListRoute, ReadRoute
from api.repository import certificates
from api.repository.snapshots import Snapshot
from api.routes.operations import ORDER
from api.schemas.certificates import (
    CertificateAnswer,
    CertificatesAnswer,
    certificate_document,
    certificate_summary,
)
from ledger.errors import NotFound
from ledger.ids import Address, LotId


def read_certificate(snapshot: Snapshot, arguments: Arguments) -> Found:
    """A certificate by number."""
    row = certificates.by_number(snapshot, arguments["number"])
    if row is None:
        raise NotFound("certificate", arguments["number"])
    return Found(certificate_document(row, snapshot.as_of.log_size))


def read_certificates(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Certificates by number."""
    rows = certificates.page(
        snapshot,
        account=arguments["account"],
        lot_id=arguments["lot_id"],
        newest_first=arguments["order"] == "newest-first",
        after=None if after is None else int(after[0]),
        limit=limit,
    )
    return [((row.number,), certificate_summary(row)) for row in rows]


CERTIFICATE = ReadRoute(
    "/v1/certificates/{number}",
    read_certificate,
    summary="A certificate with what is needed to check it",
    description="Lot, activity, serial numbers, purpose, disclosed fields of the record, and where leaf and proof are.",
    model=CertificateAnswer,
    tag="certificates",
    parameters=(number_parameter("number", "Given by the chain, counted from 1.", place="path", least=1, example=1),),
    may_be_missing=True,
)

ROUTES = (
    ListRoute(
        "/v1/certificates",
        read_certificates,
        key_types=(int,),
        summary="Certificates",
        model=CertificatesAnswer,
        tag="certificates",
        parameters=(
            id_parameter("account", Address, "Only of this account.", place="query"),
            id_parameter("lot_id", LotId, "Only of this lot.", place="query"),
            ORDER,
        ),
    ),
    CERTIFICATE,
)
