"""What the model knows of providers, campaigns and points: the contracts' storage as frozen values."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.batches import BatchCommitment
from ledger.ids import ZERO_HASH, Address, CampaignId, Hash32, OperationId
from ledger.vocabulary import (
    BatchKind,
    CampaignStatus,
    CancellationPurpose,
    ProviderMode,
    ProviderStatus,
    ReductionClass,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """IProviderRegistry.Provider: the latest admission and the status."""

    mode: ProviderMode = ProviderMode.NONE
    application_hash: Hash32 = ZERO_HASH
    evaluation_hash: Hash32 = ZERO_HASH
    agreement_hash: Hash32 = ZERO_HASH
    status: ProviderStatus = ProviderStatus.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """ICampaignRegistry.StoredCampaign; `last_day`, a civil day, is the last one that takes donations."""

    code: str
    beneficiary: Address
    purpose: CancellationPurpose
    last_day: int
    document_hash: Hash32
    status: CampaignStatus = CampaignStatus.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """IPointLedger.Batch, and of an earn or behaviour batch its days (else 0), which the contract only tells."""

    kind: BatchKind
    reduction_class: ReductionClass
    party: Hash32
    commitment: BatchCommitment
    first_day: int = 0
    last_day: int = 0
    withheld_grams: int = 0
    first_certificate: int = 0
    corrected_grams: int = 0
    personal_class_i_grams: int = 0
    personal_class_ii_grams: int = 0

    def personal_grams(self, reduction_class: ReductionClass) -> int:
        """What persons had of a class after this batch."""
        return self.personal_class_i_grams if reduction_class is ReductionClass.I else self.personal_class_ii_grams


@dataclass(frozen=True, slots=True, kw_only=True)
class PointTotals:
    """IPointLedger.PointTotals of a class, in g CO2e: issued = all the others."""

    issued_grams: int = 0
    personal_grams: int = 0
    pooled_by_providers_grams: int = 0
    pooled_by_campaigns_grams: int = 0
    bought_back_grams: int = 0
    cancelled_grams: int = 0
    taken_back_grams: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignCancellation:
    """A campaign's whole pool of a class, cancelled under one certificate."""

    number: int
    campaign_id: CampaignId
    reduction_class: ReductionClass
    purpose: CancellationPurpose
    grams: int
    operation_id: OperationId
