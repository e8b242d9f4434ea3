"""The reference model of the contracts' rules: for tests, for imports before anything is sent, for audit."""

from ledger.model.invariants import broken_invariants
from ledger.model.model import LedgerModel
from ledger.model.operations import Digest, Recover, content_digest
from ledger.model.point_state import Batch, Campaign, CampaignCancellation, PointTotals, Provider
from ledger.model.state import (
    Account,
    Activity,
    Certificate,
    ClassTotals,
    Contracts,
    Leaf,
    Lot,
    Methodology,
    ModelState,
    Proposal,
    Registration,
)

__all__ = [
    "Account",
    "Activity",
    "Batch",
    "Campaign",
    "CampaignCancellation",
    "Certificate",
    "ClassTotals",
    "Contracts",
    "Digest",
    "Leaf",
    "LedgerModel",
    "Lot",
    "Methodology",
    "ModelState",
    "PointTotals",
    "Proposal",
    "Provider",
    "Recover",
    "Registration",
    "broken_invariants",
    "content_digest",
]
