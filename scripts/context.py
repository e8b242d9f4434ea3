"""What one command works with, opened when it is first needed and closed at the end.

`Context` is enough for whoever reads; `scripts.operating` has what signs and sends, which takes long to import.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

from api.errors import IndexEmpty
from api.repository.snapshots import Readers, Snapshot, open_readers
from chain.deployment import Deployment
from chain.operations import ContractName
from chain.rpc import RpcClient
from chain.views import ContractViews
from indexer.database import Database, open_database
from ledger.ids import OperationId
from scripts.certificates import CheckedCertificate, check_certificate
from scripts.errors import IndexNotBuilt
from scripts.output import Output
from scripts.settings import Settings

_SQLITE_PREFIX: Final = "sqlite:///"
_CACHED_FACTS: Final = 64


class Context:
    """Settings, output, node, contracts, database and index. A context manager."""

    def __init__(self, settings: Settings, output: Output) -> None:
        self.settings = settings
        self.output = output
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    # The node and the contracts

    @cached_property
    def rpc(self) -> RpcClient:
        """The node."""
        client = RpcClient(self.settings.rpc_url)
        self._open.callback(client.close)
        return client

    @cached_property
    def deployment(self) -> Deployment:
        """The contracts, once it is known that the node serves them."""
        deployment = Deployment.load(self.settings.deployment)
        deployment.check(self.rpc)
        return deployment

    def check_certificate(self, certificate: Mapping[str, Any], proof: Mapping[str, Any]) -> CheckedCertificate:
        """Checks a certificate as it was served against the contracts; raises as `scripts.certificates` says."""
        return check_certificate(
            certificate,
            proof,
            chain_id=self.deployment.chain_id,
            ledger=self.deployment.address(ContractName.REDUCTION_LEDGER),
            root_at=ContractViews(self.rpc, self.deployment).log_root_at,
        )

    # The database

    @cached_property
    def database(self) -> Database:
        """The database, with the schema of this program."""
        if self._sqlite_file is not None:
            self._sqlite_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = open_database(self.settings.database_url)
        self._open.callback(database.close)
        database.migrate()
        return database

    @property
    def has_database(self) -> bool:
        """Whether there is a database to read: one is made by what writes, never by a question."""
        return self._sqlite_file is None or self._sqlite_file.exists()

    @property
    def can_make_database(self) -> bool:
        """Whether the database's folder is there, or is the home folder, which the first command that writes makes."""
        file = self._sqlite_file
        return file is None or file.parent.is_dir() or file.parent == self.settings.home

    @property
    def _sqlite_file(self) -> Path | None:
        url = self.settings.database_url
        return Path(url.removeprefix(_SQLITE_PREFIX)) if url.startswith(_SQLITE_PREFIX) else None

    @cached_property
    def readers(self) -> Readers:
        """The index as the API reads it."""
        readers = open_readers(self.settings.database_url, cached_facts=_CACHED_FACTS)
        self._open.callback(readers.close)
        return readers

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """One state of the index; `IndexNotBuilt` if there is none."""
        if not self.has_database:
            raise IndexNotBuilt
        self.database  # noqa: B018 - so that it has the schema of this program
        try:
            with self.readers.snapshot() as snapshot:
                yield snapshot
        except IndexEmpty:
            raise IndexNotBuilt from None


def new_operation_id() -> OperationId:
    """A random operation id."""
    return OperationId(secrets.token_bytes(32))
