"""Claims of the activity registry."""

from chain.events import ActivityClosed, ActivityRegistered, ActivityResumed, ActivitySuspended, ActivityWithdrawn
from indexer.claims.claim import ContractClaims, about
from ledger import encoding
from ledger.vocabulary import OperationKind


def _activity_follows(event: ActivityRegistered, _chain_id: int, _ledger: bytes) -> bool:
    return event.activity_id == encoding.activity_id(code=event.registration.code)


CLAIMS = ContractClaims(
    claims={
        ActivityRegistered: about(OperationKind.ACTIVITY_REGISTERED, "activity_id"),
        ActivitySuspended: about(OperationKind.ACTIVITY_SUSPENDED, "activity_id"),
        ActivityResumed: about(OperationKind.ACTIVITY_RESUMED, "activity_id"),
        ActivityClosed: about(OperationKind.ACTIVITY_CLOSED, "activity_id"),
        ActivityWithdrawn: about(OperationKind.ACTIVITY_WITHDRAWN, "activity_id"),
    },
    derivations={ActivityRegistered: _activity_follows},
)
