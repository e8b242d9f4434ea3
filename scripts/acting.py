"""What people and programs act through on an instance that serves: the bodies' keys, the node, and keys to log in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from api.auth import ROLE_OF_SCOPE
from api.chain_node import NodeChain
from api.chain_operations import ChainOperations
from indexer.api_keys import ApiKeyStore
from indexer.records import RecordStore
from ledger.vocabulary import Role
from scripts.operating import OperatingContext


class MadeKey(NamedTuple):
    """An API key that was just made for a body; `secret` is never seen again."""

    role: Role
    secret: str


def chain_operations(context: OperatingContext, roles: Iterable[Role]) -> ChainOperations:
    """Sends what is asked for on behalf of these bodies; raises as `Context.signer` for a key that does not open. What
    the context itself sends from here on takes turns with it.
    """
    context.operations = ChainOperations(
        rpc=context.rpc,
        deployment=context.deployment,
        submitters={role: context.submitter(context.signer(role)) for role in roles},
        outbox=context.outbox,
        records=RecordStore(context.database),
        salts=context.salts,
    )
    return context.operations


def node_chain(context: OperatingContext) -> NodeChain:
    """What the console asks of the node, and where it keeps the records that wallets sign for."""
    salts = context.salts
    return NodeChain(context.rpc, context.deployment, RecordStore(context.database), salts, keep_salts=salts.keep)


def make_api_keys(context: OperatingContext, roles: Iterable[Role], name: str) -> list[MadeKey]:
    """An API key for each body, with every scope of its own and none of another's. `name` says whose they are."""
    store = ApiKeyStore(context.database)
    made = []
    for role in roles:
        scopes = [scope.value for scope, body in ROLE_OF_SCOPE.items() if body is role]
        made.append(MadeKey(role, store.create(f"{name} {role.label}", scopes).secret))
    return made
