"""What the events of the account registry become."""

from chain import events
from indexer import schema
from indexer.projections.growth import ContractProjection, Growth
from ledger.vocabulary import AccountStatus, OperationKind

_STATUSES = {
    OperationKind.ACCOUNT_OPENED: AccountStatus.ACTIVE,
    OperationKind.ACCOUNT_FROZEN: AccountStatus.FROZEN,
    OperationKind.ACCOUNT_UNFROZEN: AccountStatus.ACTIVE,
    OperationKind.ACCOUNT_CLOSED: AccountStatus.CLOSED,
}


def _account_opened(growth: Growth, leaf: int, event: events.AccountOpened) -> None:
    row = {
        "account": event.account,
        "kind": int(event.kind),
        "custody": int(event.custody),
        "identity_commitment": event.identity_commitment,
        "status": int(_STATUSES[OperationKind.ACCOUNT_OPENED]),
        "opened_leaf_index": leaf,
    }
    growth.add_thing(schema.accounts, event.account, row, leaf)


PROJECTION = ContractProjection(
    things={schema.accounts: schema.accounts.c.opened_leaf_index},
    handlers={events.AccountOpened: _account_opened},
    statuses={schema.accounts: _STATUSES},
)
