"""Steps 1 to 10 of docs/spec/08-certificates.md §8.5: the bundle by itself, before any proof."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.bundle import (
    MAX_BUNDLE_BYTES,
    Bundle,
    CampaignCertificate,
    LogProof,
    PointsCertificate,
    ReductionCertificate,
    parse_bundle,
)
from ledger.errors import Json, shorten
from ledger.records import check_field_names
from ledger.units import MAX_GRAMS
from ledger.verifier.case import Case, Refusal, require
from ledger.verifier.trust import Level
from ledger.vocabulary import BatchKind

LOG_LEVELS = (Level.WITNESSED, Level.LOG, Level.NODE)
SEALED_LEVELS = (Level.SEALED,)


def size(case: Case) -> None:
    """1: nobody has to read a file without end."""
    require(len(case.data) <= MAX_BUNDLE_BYTES, f"a bundle has at most {MAX_BUNDLE_BYTES} bytes, and this has more")


def json(case: Case) -> None:
    """2: no two readers see different values."""
    case.document = parse_bundle(case.data)


def form(case: Case) -> None:
    """3: exactly the members, each written in its one form; and a proof that serves the level."""
    case.parsed = Bundle.from_json(case.document)
    served = LOG_LEVELS if isinstance(case.parsed.proof, LogProof) else SEALED_LEVELS
    case.level = next((level for level in case.levels if level in served), None)
    asked = ", ".join(case.levels)
    require(case.level is not None, f"a proof of type {case.parsed.proof.TYPE} serves no level of {asked}")


def deployment(case: Case) -> None:
    """4: this chain, this log, these ledgers."""
    origin = case.bundle.deployment.origin
    require(origin == case.trust.origin, f"it is of {origin}, and {case.trust.origin} is pinned")


def record(case: Case) -> None:
    """5: the record is the leaf's, and has no second field of a name."""
    shown, leaf = case.bundle.record, case.bundle.leaf
    if shown is None:
        return
    require(shown.hash == leaf.record_hash, f"it hashes to {shown.hash}, the leaf has {leaf.record_hash}")
    require(shown.kind is leaf.kind, f"it is a record of {shown.kind.label}, the leaf one of {leaf.kind.label}")
    check_field_names(shown.members)


def leaf(case: Case) -> None:
    """6: the leaf is one of such a cancellation."""
    found, certificate, identity = case.bundle.leaf, case.bundle.certificate, case.bundle.deployment
    of_reductions = isinstance(certificate, ReductionCertificate)
    ledger = identity.reduction_ledger if of_reductions else identity.point_ledger
    require(found.kind is certificate.OPERATION, f"its kind is {found.kind.label}, not {certificate.OPERATION.label}")
    require(found.ledger == ledger, f"its ledger is {found.ledger}, not {ledger}")
    require(of_reductions != found.from_account.is_zero, "only who cancels reductions is named in from")
    require(found.to_account.is_zero, f"nobody receives what is cancelled, but to is {found.to_account}")
    require(1 <= found.grams <= MAX_GRAMS, f"it cancels 1 g to {MAX_GRAMS} g, not {found.grams}")


def subject(case: Case) -> None:
    """7: number, lot, purpose and serials, or batch, or campaign, are those that the chain gave."""
    expected, found = case.bundle.certificate.subject, case.bundle.leaf.subject
    require(found == expected, f"the certificate makes {expected}, the leaf has {found}")


def lot(case: Case) -> None:
    """8: the project that is shown is the lot's."""
    certificate, identity = case.bundle.certificate, case.bundle.deployment
    if not isinstance(certificate, ReductionCertificate) or certificate.lot is None:
        return
    made = certificate.lot.lot_id(chain_id=identity.chain_id, ledger=identity.reduction_ledger)
    require(made == certificate.lot_id, f"what is shown makes lot {made}, the certificate has {certificate.lot_id}")


def agreement(case: Case) -> None:
    """9: the record says nothing else than the chain."""
    shown = case.bundle.record.values if case.bundle.record is not None else {}
    for name, value in _said(case.bundle):
        if name in shown and shown[name] != value:
            raise Refusal(f"the record's {name} is {shorten(shown[name])}, the chain's {shorten(value)}")


def entry(case: Case) -> None:
    """10: the person's entry is in the batch, at the place that its number says."""
    proof, certificate = case.bundle.entry, case.bundle.certificate
    if not isinstance(certificate, PointsCertificate) or proof is None:
        return
    batch, total = certificate.batch, case.bundle.leaf.grams
    require(batch.total == total, f"the batch has {batch.total} g, the leaf {total} g")
    place = certificate.number - batch.first_certificate
    require(proof.index == place, f"it is entry {proof.index}, and number {certificate.number} is entry {place}")
    proof.verify_in(kind=BatchKind.CANCEL, size=batch.entry_count, total=batch.total, root=batch.root)


def _said(bundle: Bundle) -> Iterator[tuple[str, Json]]:
    """What leaf and certificate say, by the record's field that has to say the same."""
    certificate = bundle.certificate
    yield "quantity_gco2e", str(bundle.leaf.grams)
    match certificate:
        case ReductionCertificate():
            yield "account", bundle.leaf.from_account.hex0x
            yield "lot_id", certificate.lot_id.hex0x
            yield "purpose", certificate.purpose.label
        case PointsCertificate():
            yield "class", certificate.batch.reduction_class.label
            yield "batch_root", certificate.batch.root.hex0x
            yield "entry_count", str(certificate.batch.entry_count)
            yield "file_hash", certificate.batch.file_hash.hex0x
        case CampaignCertificate():
            yield "purpose", certificate.purpose.label
            yield "class", certificate.reduction_class.label
            yield "campaign_id", certificate.campaign_id.hex0x
