"""Which deployment on which chain a database belongs to. Decided at the first run, for ever."""

from sqlalchemy import Connection, delete, insert, select

from chain.deployment import Deployment
from chain.events import SIGNATURES
from indexer import mirror, schema
from indexer.errors import BindingMismatch
from indexer.mirror import Cursor
from indexer.source import Header
from ledger.encoding import EMPTY_ROOT
from ledger.errors import DeploymentIncomplete


def bind(connection: Connection, deployment: Deployment, parent: Header) -> Cursor:
    """Binds an empty mirror and puts the cursor on `parent`, the block before the deployment's first.

    Raises `DeploymentIncomplete` if a contract that is followed is not in the deployment.
    """
    if missing := tuple(name.value for name in SIGNATURES if name not in deployment.contracts):
        raise DeploymentIncomplete(missing)
    binding = {
        "id": 1,
        "chain_id": deployment.chain_id,
        "genesis_hash": deployment.genesis_hash,
        "first_block": deployment.first_block,
        "parent_hash": parent.hash_bytes,
        "parent_timestamp": parent.timestamp,
    }
    connection.execute(insert(schema.chain_binding).values(binding))
    contracts = [
        {"name": name.value, "address": contract.address, "code_hash": contract.code_hash}
        for name, contract in deployment.contracts.items()
    ]
    connection.execute(insert(schema.bound_contracts), contracts)
    start = Cursor(parent.number, parent.hash_bytes, parent.timestamp, 0, bytes(EMPTY_ROOT))
    connection.execute(insert(schema.cursor).values(id=1, **start._asdict()))
    mirror.begin_generation(connection)
    return start


def check_binding(connection: Connection, deployment: Deployment) -> None:
    """Raises `BindingMismatch` if the database belongs to another deployment; an unbound one belongs to none."""
    row = connection.execute(select(schema.chain_binding)).one_or_none()
    if row is None:
        return
    _same("chain", row.chain_id, deployment.chain_id)
    _same("genesis block", row.genesis_hash.hex(), deployment.genesis_hash.hex())
    _same("first block", row.first_block, deployment.first_block)
    bound = {
        name: f"{address.hex()} with code {code_hash.hex()}"
        for name, address, code_hash in connection.execute(select(schema.bound_contracts))
    }
    for name, contract in deployment.contracts.items():
        given = f"{contract.address.hex()} with code {contract.code_hash.hex()}"
        _same(f"contract {name.value} at", bound.get(name.value, "nowhere"), given)


def start_of(connection: Connection) -> Cursor:
    """The cursor of the empty mirror: the block before the deployment's first."""
    row = connection.execute(select(schema.chain_binding)).one()
    return Cursor(row.first_block - 1, bytes(row.parent_hash), row.parent_timestamp, 0, bytes(EMPTY_ROOT))


def unbind(connection: Connection) -> None:
    """Empties the whole mirror, binding included."""
    for table in reversed(schema.MIRROR):
        connection.execute(delete(table))


def cursor_or_bind(connection: Connection, deployment: Deployment, parent: Header) -> Cursor:
    """The cursor; a mirror that was never bound is bound first."""
    return mirror.read_cursor(connection) or bind(connection, deployment, parent)


def _same(what: str, bound: object, given: object) -> None:
    if bound != given:
        raise BindingMismatch(what, str(bound), str(given))
