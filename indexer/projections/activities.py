"""What the events of the activity registry become."""

from chain import events
from indexer import schema
from indexer.claims import NOBODY
from indexer.projections.growth import ContractProjection, Growth, unless
from ledger import encoding
from ledger.ids import ZERO_HASH
from ledger.vocabulary import ActivityStatus, OperationKind

_STATUSES = {
    OperationKind.ACTIVITY_REGISTERED: ActivityStatus.ACTIVE,
    OperationKind.ACTIVITY_SUSPENDED: ActivityStatus.SUSPENDED,
    OperationKind.ACTIVITY_RESUMED: ActivityStatus.ACTIVE,
    OperationKind.ACTIVITY_CLOSED: ActivityStatus.CLOSED,
    OperationKind.ACTIVITY_WITHDRAWN: ActivityStatus.WITHDRAWN,
}


def _activity_registered(growth: Growth, leaf: int, event: events.ActivityRegistered) -> None:
    registration = event.registration
    row = {
        "activity_id": event.activity_id,
        "code": registration.code,
        "kind": int(registration.kind),
        "reduction_class": int(event.reduction_class),
        "methodology_id": registration.methodology_id,
        "operator_account": registration.operator_account,
        "feed_signer": unless(registration.feed_signer, NOBODY),
        "crediting_first_day": registration.crediting_first_day,
        "crediting_last_day": registration.crediting_last_day,
        "facility_id": unless(registration.facility_id, ZERO_HASH),
        "debtor_id": bytes(
            encoding.debtor_id(
                activity_id=event.activity_id,
                facility_id=registration.facility_id,
                reduction_class=event.reduction_class,
            )
        ),
        "pledge_hash": unless(registration.pledge_hash, ZERO_HASH),
        "cap_gco2e": registration.cap_grams,
        "status": int(_STATUSES[OperationKind.ACTIVITY_REGISTERED]),
        "registered_leaf_index": leaf,
    }
    growth.add_thing(schema.activities, event.activity_id, row, leaf)


PROJECTION = ContractProjection(
    things={schema.activities: schema.activities.c.registered_leaf_index},
    handlers={events.ActivityRegistered: _activity_registered},
    statuses={schema.activities: _STATUSES},
)
