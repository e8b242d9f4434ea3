"""Certificates of cancellation."""

import orjson

from api.answers import encode_json
from api.pagination import Key
from api.parameters import Arguments, id_parameter, number_parameter
from api.reading import Found, Keyed, ListRoute, ReadRoute
from api.repository import certificates, lots
from api.repository.snapshots import Snapshot
from api.routes.operations import ORDER
from api.schemas.certificates import (
    CertificateAnswer,
    CertificatesAnswer,
    certificate_document,
    certificate_lot,
    certificate_summary,
)
from ledger.errors import NotFound
from ledger.ids import Address, LotId


def read_certificate(snapshot: Snapshot, arguments: Arguments) -> Found:
    """A certificate by number."""
    row = certificates.by_number(snapshot, arguments["number"])
    if row is None:
        raise NotFound("certificate", arguments["number"])
    return Found(certificate_document(row, _lot(snapshot, row.lot_id), snapshot.as_of.log_size))


def _lot(snapshot: Snapshot, lot_id: bytes) -> orjson.Fragment:
    """What never changes of a lot, made once and kept."""
    key = ("lot", lot_id)
    found: orjson.Fragment | None = snapshot.facts.get(key, snapshot.as_of)
    if found is None:
        row = lots.by_id(snapshot, lot_id)
        if row is None:
            raise LookupError(f"a certificate is of lot {lot_id.hex()}, which is not there")
        found = orjson.Fragment(encode_json(certificate_lot(row)))
        snapshot.facts.put(key, found, snapshot.as_of)
    return found


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
