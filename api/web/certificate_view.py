"""What people read of a certificate, from its bundle and from nothing else: what is shown is what was verified."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote

from api.web.frame.values import grams_text, grouped, shanghai_time, tonnes
from api.web.texts import texts, visible
from ledger.bundle import (
    BoughtBackLot,
    Bundle,
    CampaignCertificate,
    IssuedLot,
    LogProof,
    PointsCertificate,
    ReductionCertificate,
)
from ledger.checkpoints import Checkpoint
from ledger.errors import InvalidNote
from ledger.records import FIELD_NAMES
from ledger.units import date_of_civil_day
from ledger.vocabulary import CancellationPurpose, ReductionClass

_SHOWN_ELSEWHERE = frozenset(
    {FIELD_NAMES, "account", "batch_root", "campaign_id", "class", "entry_count", "file_hash", "lot_id", "purpose"}
    | {"quantity_gco2e"}
)
"""Fields that verification holds equal to leaf and certificate (§8.5 step 9), which are shown in their own place."""


class Fact(NamedTuple):
    """One line: what it is called in the language of the view, and what it says, with nothing hidden in it."""

    label: str
    value: str
    note: str = ""
    code: bool = False
    """Digits to be copied, not read."""
    path: str = ""
    """Where more of it is, on this server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateView:
    """A certificate in one language. Quantities are exact."""

    language: str
    number: int
    kind: str
    title: str
    grams: int
    tonnes_text: str
    grams_text: str
    facts: tuple[Fact, ...]
    said: tuple[Fact, ...]
    """What whoever cancelled wrote in the record, and shows."""
    hidden: tuple[str, ...]
    """What the fields of the record are called that are kept back."""
    record_kept: bool
    technical: tuple[Fact, ...]
    signed: bool
    """Whether the bundle's checkpoint carries signatures; whose, is for verification to say."""
    bundle_hash: str
    """SHA-256 of the bundle's bytes, hexadecimal."""
    time: datetime

    @classmethod
    def of(cls, bundle: Bundle, data: bytes, language: str) -> CertificateView:
        """The view of a bundle whose bytes are `data`."""
        words = texts(language)
        kind = bundle.certificate.KIND
        checkpoint, signed = _checkpoint(bundle, words)
        digest = hashlib.sha256(data).hexdigest()
        operation = bundle.leaf.operation_id.hex0x
        grams = bundle.leaf.grams if bundle.entry is None else bundle.entry.entry.grams
        return cls(
            language=language,
            number=bundle.certificate.number,
            kind=kind,
            title=words[f"title_{kind}"],
            grams=grams,
            tonnes_text=tonnes(grams),
            grams_text=grams_text(grams),
            facts=tuple(_facts(bundle, grams, words)),
            said=tuple(_said(bundle, words)),
            hidden=tuple(_hidden(bundle, words)),
            record_kept=bundle.record is not None,
            technical=(
                Fact(words["operation_id"], operation, code=True, path=f"/explorer/operations/{operation}"),
                Fact(words["leaf_index"], words["leaf_value"].format(index=bundle.leaf.index)),
                Fact(words["record_hash"], bundle.leaf.record_hash.hex0x, code=True),
                checkpoint,
                Fact(words["log_origin"], bundle.deployment.origin, code=True),
                Fact(words["bundle_hash"], digest, code=True),
            ),
            signed=signed,
            bundle_hash=digest,
            time=datetime.fromtimestamp(bundle.leaf.timestamp, UTC),
        )


def _facts(bundle: Bundle, grams: int, words: Mapping[str, str]) -> Iterator[Fact]:
    match bundle.certificate:
        case ReductionCertificate() as one:
            yield _purpose(one.purpose, words)
            yield Fact(words["serials"], f"{one.first_serial} – {one.first_serial + grams - 1}", words["serials_note"])
            yield from _origin(one.lot, words)
            yield Fact(words["lot"], one.lot_id.hex0x, code=True, path=f"/explorer/lots/{one.lot_id.hex0x}")
            account = bundle.leaf.from_account.hex0x
            yield Fact(words["account"], account, code=True, path=f"/explorer/accounts/{account}")
        case CampaignCertificate() as campaign:
            yield _purpose(campaign.purpose, words)
            code = campaign.campaign_code
            yield Fact(words["campaign"], code, path=f"/campaigns/{quote(code, safe='')}")
            yield _class(campaign.reduction_class, words)
        case PointsCertificate() as points:
            yield from batch_facts(points, words)
    yield Fact(words["time"], shanghai_time(bundle.leaf.timestamp), words["time_zone"])


def batch_facts(points: PointsCertificate, words: Mapping[str, str]) -> Iterator[Fact]:
    """What anyone may know of a person's certificate: class, batch, and place in it."""
    batch = points.batch
    yield _class(batch.reduction_class, words)
    value = words["batch_value"].format(
        number=batch.number, count=grouped(str(batch.entry_count)), total=grouped(str(batch.total))
    )
    yield Fact(words["batch"], value, path=f"/explorer/batches/{batch.number}")
    yield Fact(words["place_in_batch"], words["place_value"].format(place=points.number - batch.first_certificate + 1))


def _origin(lot: IssuedLot | BoughtBackLot | None, words: Mapping[str, str]) -> Iterator[Fact]:
    match lot:
        case IssuedLot():
            yield _class(lot.reduction_class, words)
            yield Fact(words["activity"], lot.activity_code, path=f"/activities/{quote(lot.activity_code, safe='')}")
            version = words["version"].format(version=lot.methodology_version)
            yield Fact(words["methodology"], lot.methodology_code, version)
            first, last = (date_of_civil_day(day) for day in (lot.period_first_day, lot.period_last_day))
            yield Fact(words["period"], words["period_days"].format(first=first, last=last))
        case BoughtBackLot():
            yield _class(lot.reduction_class, words)
            operation = lot.redeem_operation_id.hex0x
            yield Fact(words["origin"], words["lot_bought_back"].format(operation=operation))
        case None:
            yield Fact(words["origin"], words["lot_hidden"])


def _purpose(purpose: CancellationPurpose, words: Mapping[str, str]) -> Fact:
    return Fact(words["purpose"], words[f"purpose_{purpose.label}"])


def _class(reduction_class: ReductionClass, words: Mapping[str, str]) -> Fact:
    return Fact(words["class"], words[f"class_{reduction_class.label}"])


def _said(bundle: Bundle, words: Mapping[str, str]) -> Iterator[Fact]:
    for member in () if bundle.record is None else bundle.record.fields:
        if member.name not in _SHOWN_ELSEWHERE:
            yield Fact(words.get(f"field_{member.name}", member.name), visible(member.value))


def _hidden(bundle: Bundle, words: Mapping[str, str]) -> Iterator[str]:
    """Names, as the record itself lists them; a list that is not whole does not verify, and hides nothing here."""
    record = bundle.record
    if record is None:
        return
    names = record.values.get(FIELD_NAMES)
    listed = [visible(name) for name in names] if isinstance(names, list) else []
    unseen = [name for name in listed if name not in record.values]
    kept_back = len(record.members) - len(record.fields)
    for name in unseen if len(unseen) == kept_back else ["?"] * kept_back:
        yield words.get(f"field_{name}", name)


def _checkpoint(bundle: Bundle, words: Mapping[str, str]) -> tuple[Fact, bool]:
    """What the checkpoint says of itself; nothing of it is verified here."""
    assert isinstance(bundle.proof, LogProof)  # noqa: S101 - as `indexer.certificate_bundles` makes them
    text, signatures, _ = bundle.proof.checkpoint.partition("\n\n")
    try:
        size = grouped(str(Checkpoint.parse(text + "\n" if signatures else text).size))
    except InvalidNote:
        size = "?"
    signed = bool(signatures)
    return Fact(
        words["checkpoint"], words[f"checkpoint_{'signed' if signed else 'unsigned'}"].format(size=size)
    ), signed
