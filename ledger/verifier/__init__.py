"""Verification of certificate bundles by numbered steps (docs/spec/08-certificates.md §8.5).

Pure, and needs nothing but rfc8785 and PyNaCl; sealed receipts need `tanpuhui[seals]` besides.
"""

from ledger.verifier.trust import Level, NodeView, Trust
from ledger.verifier.verdict import Cosignature, Facts, SealedBlock, Step, Verdict
from ledger.verifier.verify import verify

__all__ = [
    "Cosignature",
    "Facts",
    "Level",
    "NodeView",
    "SealedBlock",
    "Step",
    "Trust",
    "Verdict",
    "verify",
]
