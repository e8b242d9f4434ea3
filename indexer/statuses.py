"""The status that each kind of operation gives to the thing its leaf is about (docs/spec/02-states.md), once for all:
`indexer.projections` goes forward by it, `indexer.rollback` goes back by it.

The reference model (`ledger.model`) says the same in its own words, step by step; it is there to disagree.
"""

from collections.abc import Mapping

from sqlalchemy import Table

from indexer import schema
from indexer.schema import LotStatus
from ledger.vocabulary import AccountStatus, ActivityStatus, MethodologyStatus, OperationKind

STATUSES: Mapping[Table, Mapping[OperationKind, int]] = {
    schema.accounts: {
        OperationKind.ACCOUNT_OPENED: AccountStatus.ACTIVE,
        OperationKind.ACCOUNT_FROZEN: AccountStatus.FROZEN,
        OperationKind.ACCOUNT_UNFROZEN: AccountStatus.ACTIVE,
        OperationKind.ACCOUNT_CLOSED: AccountStatus.CLOSED,
    },
    schema.methodologies: {
        OperationKind.METHODOLOGY_PUBLISHED: MethodologyStatus.PUBLISHED,
        OperationKind.METHODOLOGY_WITHDRAWN: MethodologyStatus.WITHDRAWN,
    },
    schema.activities: {
        OperationKind.ACTIVITY_REGISTERED: ActivityStatus.ACTIVE,
        OperationKind.ACTIVITY_SUSPENDED: ActivityStatus.SUSPENDED,
        OperationKind.ACTIVITY_RESUMED: ActivityStatus.ACTIVE,
        OperationKind.ACTIVITY_CLOSED: ActivityStatus.CLOSED,
        OperationKind.ACTIVITY_WITHDRAWN: ActivityStatus.WITHDRAWN,
    },
    schema.lots: {
        OperationKind.ISSUANCE_CONFIRMED: LotStatus.FREE,
        OperationKind.LOT_FROZEN: LotStatus.FROZEN,
        OperationKind.LOT_UNFROZEN: LotStatus.FREE,
    },
}
"""By the thing's table. Proposals are not here: two leaves of theirs are about other things (activity, lot)."""

STATUS_OF: Mapping[int, tuple[Table, int]] = {
    int(kind): (table, int(status)) for table, statuses in STATUSES.items() for kind, status in statuses.items()
}
"""The same by the kind's number, as a leaf has it."""
