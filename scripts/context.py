"""What one command works with, opened when it is first needed and closed at the end."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from api.errors import IndexEmpty
from api.repository.snapshots import Readers, Snapshot, open_readers
from chain.composer import Composer
from chain.deployment import Deployment
from chain.flights import SubmitterSettings
from chain.operations import ContractName, Operation, OperationStatus
from chain.rpc import RpcClient
from chain.signers import Signer
from chain.submitter import Submitter
from chain.views import ContractViews
from indexer.database import Database, open_database
from indexer.follower import Follower
from indexer.outbox import SqlOutbox
from ledger.errors import SignerNotConfigured
from ledger.ids import Address, OperationId
from ledger.records import DerivedSalts
from ledger.vocabulary import Role
from scripts.certificates import CheckedCertificate, check_certificate
from scripts.directory import ChainDirectory
from scripts.errors import IndexNotBuilt
from scripts.following import bring_up
from scripts.keys import derived_salts, open_signer
from scripts.names import Directory, Names
from scripts.output import Output
from scripts.settings import Settings

SIGNING_ROLES: Final = (Role.REGULATOR, Role.TECHNICAL_CENTRE, Role.PLATFORM)
"""Bodies whose operations this program sends."""

_SQLITE_PREFIX: Final = "sqlite:///"
_CACHED_FACTS: Final = 64


class Context:
    """Settings, output, and the parts that are made from them. A context manager."""

    def __init__(self, settings: Settings, output: Output) -> None:
        self.settings = settings
        self.output = output
        self._signers: dict[Role, Signer] = {}
        self._submitters: dict[Address, Submitter] = {}
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Context:
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
        url = self.settings.database_url
        if url.startswith(_SQLITE_PREFIX):
            Path(url.removeprefix(_SQLITE_PREFIX)).parent.mkdir(parents=True, exist_ok=True)
        database = open_database(url)
        self._open.callback(database.close)
        database.migrate()
        return database

    @cached_property
    def outbox(self) -> SqlOutbox:
        """The operations of this node."""
        return SqlOutbox(self.database)

    @cached_property
    def follower(self) -> Follower:
        """What brings the index up to the chain."""
        return Follower(self.rpc, self.deployment, self.database)

    def bring_up(self) -> None:
        """Brings the index up to the node's head, or waits for the process that does."""
        bring_up(self.follower, self.database, self.rpc)

    @cached_property
    def readers(self) -> Readers:
        """The index as the API reads it."""
        readers = open_readers(self.settings.database_url, cached_facts=_CACHED_FACTS)
        self._open.callback(readers.close)
        return readers

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """One state of the index; `IndexNotBuilt` if there is none."""
        self.database  # noqa: B018 - so that there is one, with the schema of this program
        try:
            with self.readers.snapshot() as snapshot:
                yield snapshot
        except IndexEmpty:
            raise IndexNotBuilt from None

    # Names and operations

    @cached_property
    def salts(self) -> DerivedSalts:
        """Salts from the key in the home folder."""
        return derived_salts(self.settings.home)

    @cached_property
    def names(self) -> Names:
        """What people call things, looked up on the chain."""
        return self.names_with(ChainDirectory(self.rpc, self.deployment))

    def names_with(self, directory: Directory) -> Names:
        """What people call things, looked up in `directory`."""
        return Names(
            chain_id=self.deployment.chain_id,
            ledger=self.deployment.address(ContractName.REDUCTION_LEDGER),
            salts=self.salts,
            directory=directory,
        )

    def signer(self, role: Role) -> Signer:
        """The key of a body; raises as `scripts.keys.open_signer`."""
        if role not in self._signers:
            self._signers[role] = open_signer(self.settings.key(role), role)
        return self._signers[role]

    def use_signer(self, role: Role, signer: Signer) -> None:
        """Gives a body a key that is in no file: the demo and the benchmarks."""
        self._signers[role] = signer

    def composer(self, *roles: Role) -> Composer:
        """What makes operations of these bodies; each must have a key."""
        return Composer(salts=self.salts, senders={role: self.signer(role).address for role in roles})

    def submitter(self, signer: Signer) -> Submitter:
        """What sends the operations of one key."""
        if signer.address not in self._submitters:
            settings = SubmitterSettings(gas_price=self.settings.gas_price)
            submitter = Submitter(self.rpc, self.deployment, signer, self.outbox, settings)
            self._open.callback(submitter.close)
            self._submitters[signer.address] = submitter
        return self._submitters[signer.address]

    def configured_roles(self) -> list[Role]:
        """The bodies that this process has a key of."""
        keys = self.settings.keys
        return [role for role in SIGNING_ROLES if role in self._signers or keys[role.name].configured]

    def submit(self, role: Role, make: Callable[[Composer], Operation]) -> OperationStatus:
        """Makes one operation, sends it and waits until its leaf is in the log; raises the refusal."""
        composer = self.composer(role)
        return self.submitter(self.signer(role)).submit(make(composer))

    def submit_with(self, signer: Signer, operation: Operation) -> OperationStatus:
        """Sends an operation that a holder signs with its own key."""
        return self.submitter(signer).submit(operation)

    def resume(self, roles: Sequence[Role]) -> list[OperationStatus]:
        """Finishes what earlier runs left unfinished."""
        finished: list[OperationStatus] = []
        for role in roles:
            with contextlib.suppress(SignerNotConfigured):
                finished += self.submitter(self.signer(role)).resume()
        return finished


def new_operation_id() -> OperationId:
    """A random operation id."""
    return OperationId(secrets.token_bytes(32))
