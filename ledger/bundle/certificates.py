"""What a bundle certifies: one cancellation of reductions, of a person's points, or of a campaign's (§8.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from ledger import encoding
from ledger.bundle import reading
from ledger.errors import InvalidBundle, Json
from ledger.ids import ZERO_HASH, Address, CampaignId, Hash32, LotId
from ledger.units import date_of_civil_day
from ledger.vocabulary import BatchKind, CancellationPurpose, OperationKind, ReductionClass

_MAX_VERSION = 2**32 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedLot:
    """What makes the id of a lot that was issued. Days are civil days in Shanghai, both inclusive; their
    order is not looked at, since the id binds both."""

    activity_code: str
    methodology_code: str
    methodology_version: int
    reduction_class: ReductionClass
    period_first_day: int
    period_last_day: int

    NAMES: ClassVar[tuple[str, ...]] = (
        "activity_code",
        "methodology_code",
        "methodology_version",
        "class",
        "period_first_day",
        "period_last_day",
    )

    def lot_id(self, *, chain_id: int, ledger: Address) -> LotId:
        """The lot's id under this chain and reduction ledger."""
        return encoding.lot_id(
            chain_id=chain_id,
            ledger=ledger,
            activity_id=encoding.activity_id(code=self.activity_code),
            methodology_id=encoding.methodology_id(code=self.methodology_code, version=self.methodology_version),
            reduction_class=self.reduction_class,
            first_day=self.period_first_day,
            last_day=self.period_last_day,
        )

    def to_json(self) -> dict[str, Json]:
        """As a bundle has it."""
        return {
            "activity_code": self.activity_code,
            "methodology_code": self.methodology_code,
            "methodology_version": self.methodology_version,
            "class": self.reduction_class.label,
            "period_first_day": date_of_civil_day(self.period_first_day).isoformat(),
            "period_last_day": date_of_civil_day(self.period_last_day).isoformat(),
        }

    @classmethod
    def from_json(cls, document: Json) -> Self:
        """Reads what `to_json` wrote; `InvalidBundle` for anything else."""
        given = reading.members("lot", document, cls.NAMES)
        return cls(
            activity_code=reading.code(given["activity_code"], "activity_code"),
            methodology_code=reading.code(given["methodology_code"], "methodology_code"),
            methodology_version=reading.whole(given["methodology_version"], "methodology_version", 0, _MAX_VERSION),
            reduction_class=reading.word(ReductionClass, given["class"], "class"),
            period_first_day=reading.day(given["period_first_day"], "period_first_day"),
            period_last_day=reading.day(given["period_last_day"], "period_last_day"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BoughtBackLot:
    """What makes the id of a lot that came of points bought back: the redemption that set it off, and the class."""

    redeem_operation_id: Hash32
    reduction_class: ReductionClass

    def lot_id(self, *, chain_id: int, ledger: Address) -> LotId:
        """The lot's id under this chain and reduction ledger."""
        return encoding.buy_back_lot_id(
            chain_id=chain_id,
            ledger=ledger,
            operation_id=encoding.buy_back_operation_id(redeem_id=self.redeem_operation_id),
            reduction_class=self.reduction_class,
        )

    def to_json(self) -> dict[str, Json]:
        """As a bundle has it."""
        return {"redeem_operation_id": self.redeem_operation_id.hex0x, "class": self.reduction_class.label}

    @classmethod
    def from_json(cls, document: Json) -> Self:
        """Reads what `to_json` wrote; `InvalidBundle` for anything else."""
        given = reading.members("lot", document, ("redeem_operation_id", "class"))
        return cls(
            redeem_operation_id=reading.fixed(Hash32, given["redeem_operation_id"], "redeem_operation_id"),
            reduction_class=reading.word(ReductionClass, given["class"], "class"),
        )


LotOpening = IssuedLot | BoughtBackLot


def _read_lot(document: Json) -> LotOpening | None:
    if document is None:
        return None
    if isinstance(document, dict) and "redeem_operation_id" in document:
        return BoughtBackLot.from_json(document)
    return IssuedLot.from_json(document)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReductionCertificate:
    """A cancellation of reductions. `lot` is None where the holder keeps the project back."""

    number: int
    lot_id: LotId
    purpose: CancellationPurpose
    first_serial: int
    lot: LotOpening | None = None

    KIND: ClassVar[str] = "reductions"
    OPERATION: ClassVar[OperationKind] = OperationKind.REDUCTION_CANCELLED
    NAMES: ClassVar[tuple[str, ...]] = ("kind", "number", "lot_id", "purpose", "first_serial", "lot")

    @property
    def subject(self) -> Hash32:
        """What the leaf's subject has to be."""
        return encoding.certificate_subject(
            certificate_number=self.number, lot_id=self.lot_id, purpose=self.purpose, first_serial=self.first_serial
        )

    def last_serial(self, grams: int) -> int:
        """The last of the serials, which count cancelled grams."""
        return self.first_serial + grams - 1

    def to_json(self) -> dict[str, Json]:
        """As a bundle has it."""
        return {
            "kind": self.KIND,
            "number": self.number,
            "lot_id": self.lot_id.hex0x,
            "purpose": self.purpose.label,
            "first_serial": str(self.first_serial),
            "lot": None if self.lot is None else self.lot.to_json(),
        }

    @classmethod
    def from_json(cls, document: Json) -> Self:
        """Reads what `to_json` wrote; `InvalidBundle` for anything else."""
        given = reading.members("certificate", document, cls.NAMES)
        return cls(
            number=reading.whole(given["number"], "number", 1),
            lot_id=reading.fixed(LotId, given["lot_id"], "lot_id"),
            purpose=reading.word(CancellationPurpose, given["purpose"], "purpose"),
            first_serial=reading.decimal(given["first_serial"], "first_serial", bits=128, least=1),
            lot=_read_lot(given["lot"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelledBatch:
    """The batch of cancelled points that a person's entry stands in, as the chain has it."""

    number: int
    reduction_class: ReductionClass
    root: Hash32
    total: int
    entry_count: int
    file_hash: Hash32
    first_certificate: int

    NAMES: ClassVar[tuple[str, ...]] = (
        "number",
        "class",
        "root",
        "total",
        "entry_count",
        "file_hash",
        "first_certificate",
    )

    def to_json(self) -> dict[str, Json]:
        """As a bundle has it."""
        return {
            "number": self.number,
            "class": self.reduction_class.label,
            "root": self.root.hex0x,
            "total": str(self.total),
            "entry_count": self.entry_count,
            "file_hash": self.file_hash.hex0x,
            "first_certificate": self.first_certificate,
        }

    @classmethod
    def from_json(cls, document: Json) -> Self:
        """Reads what `to_json` wrote; `InvalidBundle` for anything else."""
        given = reading.members("batch", document, cls.NAMES)
        return cls(
            number=reading.whole(given["number"], "batch.number", 1),
            reduction_class=reading.word(ReductionClass, given["class"], "batch.class"),
            root=reading.fixed(Hash32, given["root"], "batch.root"),
            total=reading.decimal(given["total"], "batch.total", bits=64),
            entry_count=reading.whole(given["entry_count"], "batch.entry_count", 1),
            file_hash=reading.fixed(Hash32, given["file_hash"], "batch.file_hash"),
            first_certificate=reading.whole(given["first_certificate"], "batch.first_certificate", 1),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsCertificate:
    """A person's cancelled points: one entry of a batch, whose number is the batch's first and the entry's index."""

    number: int
    batch: CancelledBatch

    KIND: ClassVar[str] = "points"
    OPERATION: ClassVar[OperationKind] = OperationKind.POINTS_CANCELLED

    @property
    def subject(self) -> Hash32:
        """What the leaf's subject has to be."""
        return encoding.batch_subject(
            batch_number=self.batch.number,
            kind=BatchKind.CANCEL,
            reduction_class=self.batch.reduction_class,
            party=ZERO_HASH,
            root=self.batch.root,
            total=self.batch.total,
            entry_count=self.batch.entry_count,
            file_hash=self.batch.file_hash,
            withheld_grams=0,
            first_certificate=self.batch.first_certificate,
        )

    def to_json(self) -> dict[str, Json]:
        """As a bundle has it."""
        return {"kind": self.KIND, "number": self.number, "batch": self.batch.to_json()}

    @classmethod
    def from_json(cls, document: Json) -> Self:
        """Reads what `to_json` wrote; `InvalidBundle` for anything else."""
        given = reading.members("certificate", document, ("kind", "number", "batch"))
        return cls(number=reading.whole(given["number"], "number", 1), batch=CancelledBatch.from_json(given["batch"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignCertificate:
    """A campaign's donated points of one class, cancelled for it."""

    number: int
    campaign_code: str
    reduction_class: ReductionClass
    purpose: CancellationPurpose

    KIND: ClassVar[str] = "campaign"
    OPERATION: ClassVar[OperationKind] = OperationKind.CAMPAIGN_CANCELLED
    NAMES: ClassVar[tuple[str, ...]] = ("kind", "number", "campaign_code", "class", "purpose")

    @property
    def campaign_id(self) -> CampaignId:
        """The campaign's id."""
        return encoding.campaign_id(code=self.campaign_code)

    @property
    def subject(self) -> Hash32:
        """What the leaf's subject has to be."""
        return encoding.campaign_cancellation_subject(
            certificate_number=self.number,
            campaign_id=self.campaign_id,
            reduction_class=self.reduction_class,
            purpose=self.purpose,
        )

    def to_json(self) -> dict[str, Json]:
        """As a bundle has it."""
        return {
            "kind": self.KIND,
            "number": self.number,
            "campaign_code": self.campaign_code,
            "class": self.reduction_class.label,
            "purpose": self.purpose.label,
        }

    @classmethod
    def from_json(cls, document: Json) -> Self:
        """Reads what `to_json` wrote; `InvalidBundle` for anything else."""
        given = reading.members("certificate", document, cls.NAMES)
        return cls(
            number=reading.whole(given["number"], "number", 1),
            campaign_code=reading.code(given["campaign_code"], "campaign_code"),
            reduction_class=reading.word(ReductionClass, given["class"], "class"),
            purpose=reading.word(CancellationPurpose, given["purpose"], "purpose"),
        )


Certificate = ReductionCertificate | PointsCertificate | CampaignCertificate


def read_certificate(document: Json) -> Certificate:
    """Reads a certificate of any kind; `InvalidBundle` for anything else."""
    kind = document.get("kind") if isinstance(document, dict) else None
    match kind:
        case ReductionCertificate.KIND:
            return ReductionCertificate.from_json(document)
        case PointsCertificate.KIND:
            return PointsCertificate.from_json(document)
        case CampaignCertificate.KIND:
            return CampaignCertificate.from_json(document)
        case _:
            raise InvalidBundle("certificate.kind", "be reductions, points or campaign", kind)
