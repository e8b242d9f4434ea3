"""Proposed issuances."""

from typing import Any

from api.repository.issuances import IssuanceRow
from api.schemas.common import (
    Account,
    Answered,
    Day,
    Hash,
    Index,
    ProposalStatusWord,
    Quantity,
    day,
    hex0x,
    label,
    optional_hex0x,
    quantity,
)
from api.schemas.lots import ActivityRef
from ledger.vocabulary import ActivityKind, ProposalStatus


class Issuance(Quantity):
    """What the technical centre proposed, and what the regulator made of it."""

    proposal_id: Hash
    """Id of the operation that proposed it."""
    activity: ActivityRef
    proposer: Account
    first_day: Day
    last_day: Day
    status: ProposalStatusWord
    proposed_leaf_index: Index
    status_leaf_index: Index
    lot_id: Hash | None
    """The lot that the confirmation made."""


class IssuanceAnswer(Answered, Issuance):
    """One proposal, as of a block."""


class IssuancesAnswer(Answered):
    """A page of proposals, in the order in which they were made."""

    items: list[Issuance]
    next: str | None


def issuance_document(row: IssuanceRow) -> dict[str, Any]:
    """A proposal as JSON."""
    return {
        "proposal_id": hex0x(row.proposal_id),
        "activity": {
            "activity_id": hex0x(row.activity_id),
            "code": row.activity_code,
            "kind": label(ActivityKind, row.activity_kind),
        },
        "proposer": hex0x(row.proposer),
        "first_day": day(row.first_day),
        "last_day": day(row.last_day),
        **quantity(row.grams),
        "status": label(ProposalStatus, row.status),
        "proposed_leaf_index": row.proposed_leaf_index,
        "status_leaf_index": row.status_leaf_index,
        "lot_id": optional_hex0x(row.lot_id),
    }
