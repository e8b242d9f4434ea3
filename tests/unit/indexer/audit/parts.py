"""What parts of an audit are tested with: a replica of a chain in memory, and a copy of it that is audited."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chain.deployment import Deployment
from chain.rpc import Rpc
from indexer.audit.context import AuditContext
from indexer.audit.findings import Finding
from indexer.batch_store import BatchStore
from indexer.database import Database, open_database
from indexer.follower import Follower
from ledger.notes import VerifierKey

PartFunction = Callable[[AuditContext], Iterator[Finding]]


def open_mirror(folder: Path, name: str) -> Database:
    """An empty database with its tables."""
    database = open_database(f"sqlite:///{folder / name}.db")
    database.migrate()
    return database


@contextmanager
def audit_of(
    rpc: Rpc,
    deployment: Deployment,
    folder: Path,
    audited: Database | None = None,
    store: BatchStore | None = None,
    *,
    since_leaf: int | None = None,
    keys: tuple[VerifierKey, ...] = (),
) -> Iterator[AuditContext]:
    """An audit of what the chain is now; a replica that is there already is brought up to it."""
    (folder / "work").mkdir(exist_ok=True)
    replica = open_mirror(folder / "work", "replica")
    at = Follower(rpc, deployment, replica).catch_up()
    values: dict[str, Any] = {"rpc": rpc, "deployment": deployment, "replica": replica, "at": at, "store": store}
    values |= {"since_leaf": since_leaf, "keys": keys}
    try:
        if audited is None:
            yield AuditContext(audited=None, work=folder / "work", **values)
        else:
            with audited.read() as connection:
                yield AuditContext(audited=connection, work=folder / "work", **values)
    finally:
        replica.close()


def named(findings: Iterator[Finding]) -> set[tuple[str, str, str]]:
    """Table, key and column of each finding."""
    return {(one.table, one.key, one.column) for one in findings}
