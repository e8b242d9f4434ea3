"""Certificate bundles, format 1 (docs/spec/08-certificates.md). Read and written here; `ledger.verifier` verifies."""

from ledger.bundle.bundle import FORMAT, MAX_BUNDLE_BYTES, MAX_BUNDLE_DEPTH, TYPE, Bundle, parse_bundle
from ledger.bundle.certificates import (
    BoughtBackLot,
    CampaignCertificate,
    CancelledBatch,
    Certificate,
    IssuedLot,
    LotOpening,
    PointsCertificate,
    ReductionCertificate,
)
from ledger.bundle.parts import DeploymentIdentity, Leaf, LogProof, Proof, SealedReceiptProof

__all__ = [
    "FORMAT",
    "MAX_BUNDLE_BYTES",
    "MAX_BUNDLE_DEPTH",
    "TYPE",
    "BoughtBackLot",
    "Bundle",
    "CampaignCertificate",
    "CancelledBatch",
    "Certificate",
    "DeploymentIdentity",
    "IssuedLot",
    "Leaf",
    "LogProof",
    "LotOpening",
    "PointsCertificate",
    "Proof",
    "ReductionCertificate",
    "SealedReceiptProof",
    "parse_bundle",
]
