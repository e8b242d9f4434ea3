"""What the events of the provider registry become."""

from chain import events
from indexer import schema
from indexer.projections.growth import ContractProjection, Growth
from ledger.vocabulary import OperationKind, ProviderStatus

_STATUSES = {
    OperationKind.PROVIDER_ADMITTED: ProviderStatus.ACTIVE,
    OperationKind.PROVIDER_SUSPENDED: ProviderStatus.SUSPENDED,
    OperationKind.PROVIDER_RESUMED: ProviderStatus.ACTIVE,
    OperationKind.PROVIDER_CLOSED: ProviderStatus.CLOSED,
}


def _admitted(growth: Growth, leaf: int, event: events.ProviderAdmitted) -> None:
    """A closed provider may be admitted again: account and pool go on."""
    account, _, mode, *hashes = event
    status = int(_STATUSES[OperationKind.PROVIDER_ADMITTED])
    if growth.is_provider(account):
        growth.set_status(schema.providers, account, status, leaf)
    else:
        row = {"account": account, "status": status, "admitted_leaf_index": leaf}
        growth.add_thing(schema.providers, account, row, leaf)
    growth.pending.facts[schema.provider_admissions].append((leaf, account, int(mode), *hashes))


PROJECTION = ContractProjection(
    things={schema.providers: schema.providers.c.admitted_leaf_index},
    facts=(schema.provider_admissions,),
    handlers={events.ProviderAdmitted: _admitted},
    statuses={schema.providers: _STATUSES},
)
