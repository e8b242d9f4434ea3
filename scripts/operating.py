"""What a command needs that changes the ledger: keys, names, the outbox and what sends."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Final

from api.chain_operations import ChainOperations
from chain.composer import Composer
from chain.flights import SubmitterSettings
from chain.operations import ContractName, Operation, OperationStatus
from chain.signers import Signer
from chain.submitter import Submitter
from indexer.follower import Follower
from indexer.outbox import SqlOutbox
from ledger.errors import PasswordNotGiven, SignerNotConfigured
from ledger.ids import Address
from ledger.vocabulary import Role
from scripts.context import Context
from scripts.directory import ChainDirectory
from scripts.following import bring_up
from scripts.keys import HomeSalts, open_signer
from scripts.names import Directory, Names
from scripts.output import Output
from scripts.settings import Settings

SIGNING_ROLES: Final = (Role.REGULATOR, Role.TECHNICAL_CENTRE, Role.EXCHANGE, Role.PLATFORM)
"""Bodies whose operations this program sends."""


class OperatingContext(Context):
    """A `Context` for operations. A context manager."""

    def __init__(self, settings: Settings, output: Output) -> None:
        super().__init__(settings, output)
        self._signers: dict[Role, Signer] = {}
        self._submitters: dict[Address, Submitter] = {}
        self.operations: ChainOperations | None = None
        """What sends for the API of this process, where it has one: it finishes what earlier runs left."""

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

    # Names and operations

    @cached_property
    def salts(self) -> HomeSalts:
        """Salts from the key in the home folder."""
        return HomeSalts(self.settings.home)

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
        """What sends the operations of one key, and saves them before: from here on the home is in use."""
        if signer.address not in self._submitters:
            settings = SubmitterSettings(gas_price=self.settings.gas_price)
            deployment = self.deployment
            self.salts.keep()
            submitter = Submitter(self.rpc, deployment, signer, self.outbox, settings)
            self._open.callback(submitter.close)
            self._submitters[signer.address] = submitter
        return self._submitters[signer.address]

    @contextlib.contextmanager
    def submission(self, role: Role) -> Iterator[Submitter]:
        """The submitter of a body for a number of operations; where the API sends for it too, they take turns."""
        if self.operations is None:
            yield self.submitter(self.signer(role))
        else:
            with self.operations.submission(role) as submitter:
                yield submitter

    def usable_roles(self) -> list[Role]:
        """The bodies that this process can sign for; says so of a key that it has no password of.

        Raises `WrongKeyFile` for a key whose file or password is wrong.
        """
        usable = []
        for role in SIGNING_ROLES:
            if role not in self._signers and not self.settings.keys[role.name].configured:
                continue
            try:
                self.signer(role)
            except PasswordNotGiven as error:
                self.output.note(f"warning: does not sign for the {role.label.replace('-', ' ')}: {error.explain()}")
            else:
                usable.append(role)
        return usable

    def submit(self, role: Role, make: Callable[[Composer], Operation]) -> OperationStatus:
        """Makes one operation, sends it and waits until its leaf is in the log; raises the refusal."""
        operation = make(self.composer(role))  # before anything is made to send it with, for it may be refused here
        return self.submitter(self.signer(role)).submit(operation)

    def submit_with(self, signer: Signer, operation: Operation) -> OperationStatus:
        """Sends an operation that a holder signs with its own key."""
        return self.submitter(signer).submit(operation)

    def resume(self, roles: Sequence[Role]) -> list[OperationStatus]:
        """Finishes what earlier runs left unfinished, unless the API of this process does."""
        if not self.has_database or self.operations is not None:
            return []
        finished: list[OperationStatus] = []
        for role in roles:
            with contextlib.suppress(SignerNotConfigured):
                finished += self.submitter(self.signer(role)).resume()
        return finished
