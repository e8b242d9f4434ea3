"""Steps 11 to 14 for a proof of type `sealed-receipt`. Only here `ledger.seals` is needed, and its libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import SealsNotInstalled
from ledger.verifier.case import Case, require
from ledger.verifier.verdict import SealedBlock

if TYPE_CHECKING:
    from ledger.seals.headers import SealedHeader
    from ledger.seals.receipts import Receipt
