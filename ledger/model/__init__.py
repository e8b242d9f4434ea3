"""The reference model of the contracts' rules: for tests, for imports before anything is sent, for audit."""

from ledger.model.model import LedgerModel
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
    "Certificate",
    "ClassTotals",
    "Contracts",
    "Leaf",
    "LedgerModel",
    "Lot",
    "Methodology",
    "ModelState",
    "Proposal",
    "Registration",
]
