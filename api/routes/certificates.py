"""Certificates of cancellation."""

from typing import Any

import orjson

from api.answers import encode_json
from api.pagination import Key
from api.parameters import Arguments, day_parameter, id_parameter, number_parameter, word_parameter
from api.reading import Found, Keyed, ListRoute, ReadRoute
from api.repository import certificates, lots, points
from api.repository.snapshots import Snapshot
from api.routes.operations import ORDER
from api.schemas.certificates import (
    CertificateAnswer,
    CertificatesAnswer,
    batch_certificate,
    campaign_certificate,
    certificate_document,
    certificate_lot,
    certificate_summary,
)
from ledger.errors import NotFound
from ledger.ids import ActivityId, Address, LotId
from ledger.vocabulary import CancellationPurpose


def read_certificate(snapshot: Snapshot, arguments: Arguments) -> Found:
    """A certificate by number."""
    row = certificates.by_number(snapshot, arguments["number"])
    if row is None:
        return Found(_of_points(snapshot, arguments["number"]))
    return Found(certificate_document(row, _lot(snapshot, row.lot_id), snapshot.as_of.log_size))


def _of_points(snapshot: Snapshot, number: int) -> dict[str, Any]:
    """The certificate of a campaign or of an entry of a cancel batch; `NotFound` where the number was not given yet."""
    log_size = snapshot.as_of.log_size
    if (of_campaign := points.cancellation(snapshot, number)) is not None:
        leaf = certificates.leaf(snapshot, of_campaign.leaf_index)
        return campaign_certificate(of_campaign, leaf, log_size)
    if (batch := points.batch_of_certificate(snapshot, number)) is not None:
        return batch_certificate(number, batch, certificates.leaf(snapshot, batch.leaf_index), log_size)
    raise NotFound("certificate", number)


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
        activity_id=arguments["activity_id"],
        purpose=arguments["purpose"],
        first_day=arguments["first_day"],
        last_day=arguments["last_day"],
        newest_first=arguments["order"] == "newest-first",
        after=None if after is None else int(after[0]),
        limit=limit,
    )
    return [((row.number,), certificate_summary(row)) for row in rows]


CERTIFICATE = ReadRoute(
    "/v1/certificates/{number}",
    read_certificate,
    summary="A certificate with what is needed to check it",
    description="Lot, activity, serial numbers, purpose, disclosed fields of the record, and where leaf and proof "
    "are. Of points: the batch and entry, or the campaign.",
    model=CertificateAnswer,
    tag="certificates",
    parameters=(number_parameter("number", "Given by the chain, counted from 1.", place="path", least=1, example=1),),
    may_be_missing=True,
)

CERTIFICATES = ListRoute(
    "/v1/certificates",
    read_certificates,
    key_types=(int,),
    summary="Certificates of reductions",
    description="Numbers that are not here belong to points: to entries of cancel batches and to campaigns.",
    model=CertificatesAnswer,
    tag="certificates",
    parameters=(
        id_parameter("account", Address, "Only of this account.", place="query"),
        id_parameter("lot_id", LotId, "Only of this lot.", place="query"),
        id_parameter("activity_id", ActivityId, "Only of lots of this activity.", place="query"),
        word_parameter("purpose", CancellationPurpose, "Only for this purpose."),
        day_parameter("first_day", "Only cancelled on this day in Shanghai or later."),
        day_parameter("last_day", "Only cancelled on this day in Shanghai or before."),
        ORDER,
    ),
)

ROUTES = (CERTIFICATES, CERTIFICATE)
