"""What the events of the methodology registry become."""

from chain import events
from indexer import schema
from indexer.projections.growth import ContractProjection, Growth
from ledger.vocabulary import MethodologyStatus, OperationKind

_STATUSES = {
    OperationKind.METHODOLOGY_PUBLISHED: MethodologyStatus.PUBLISHED,
    OperationKind.METHODOLOGY_WITHDRAWN: MethodologyStatus.WITHDRAWN,
}


def _methodology_published(growth: Growth, leaf: int, event: events.MethodologyPublished) -> None:
    row = {
        "methodology_id": event.methodology_id,
        "code": event.code,
        "version": event.version,
        "kind": int(event.kind),
        "reduction_class": int(event.reduction_class),
        "effective_first_day": event.effective_first_day,
        "effective_last_day": event.effective_last_day,
        "document_hash": event.document_hash,
        "status": int(_STATUSES[OperationKind.METHODOLOGY_PUBLISHED]),
        "published_leaf_index": leaf,
    }
    growth.add_thing(schema.methodologies, event.methodology_id, row, leaf)


PROJECTION = ContractProjection(
    things={schema.methodologies: schema.methodologies.c.published_leaf_index},
    handlers={events.MethodologyPublished: _methodology_published},
    statuses={schema.methodologies: _STATUSES},
)
