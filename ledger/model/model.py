"""The whole model: roles, time, copies, and every operation of the ledgers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ledger import refusals
from ledger.ids import Address, OperationId
from ledger.model.operations import Digest, Recover, content_digest, nobody
from ledger.model.points import Points
from ledger.model.state import Contracts, ModelState, books_from, state_of
from ledger.vocabulary import Role

_SEPARATE = {Role.REGULATOR: Role.TECHNICAL_CENTRE, Role.TECHNICAL_CENTRE: Role.REGULATOR}


class LedgerModel(Points):
    """The rules of all contracts as a pure object.

    Each operation is a method with the name and arguments of its `chain.calls` builder, and `sender`. It returns its
    leaf, or None when the id was applied before with the same content; a refusal is raised as the exception of
    `ledger.refusals` that the contracts would revert with, and changes nothing. `timestamp` is the time of the next
    block in seconds; whoever drives the model sets it.
    """

    def __init__(
        self,
        contracts: Contracts,
        roles: Mapping[Address, Iterable[Role]],
        timestamp: int,
        digest: Digest = content_digest,
        recover: Recover = nobody,
    ) -> None:
        """An empty ledger with these roles; two roles of one key that exclude each other are refused."""
        super().__init__(contracts, books_from(ModelState()), timestamp, digest, recover)
        for account, given in roles.items():
            for role in given:
                self._grant(account, role)

    @classmethod
    def load(
        cls,
        contracts: Contracts,
        state: ModelState,
        timestamp: int,
        digest: Digest = content_digest,
        recover: Recover = nobody,
    ) -> LedgerModel:
        """A model that goes on from `state`."""
        model = cls(contracts, {}, timestamp, digest, recover)
        model._books = books_from(state)
        return model

    def state(self) -> ModelState:
        """Everything that the rules depend on, as plain data of its own."""
        return state_of(self._books)

    def fork(self) -> LedgerModel:
        """A trial copy in constant time. While it is in use, the model it was made from must not be written."""
        trial = LedgerModel(self.contracts, {}, self.timestamp, self._digest, self._recover)
        trial._books = self._books.fork()
        return trial

    def merge(self, trial: LedgerModel) -> None:
        """Takes over everything that a fork of this model did. The fork is done with after that."""
        trial._books.merge_into(self._books)

    @property
    def log_size(self) -> int:
        """Leaves of the log."""
        return self._books.log.size

    def log_root(self) -> bytes:
        """Root of the log."""
        return self._books.log.root()

    def was_applied(self, operation_id: OperationId) -> bool:
        """Whether an operation was applied under this id."""
        return operation_id in self._books.operations

    def roles_of(self, account: Address) -> frozenset[Role]:
        """Roles of a key."""
        return self._books.roles.get(account) or frozenset()

    def grant_role(self, *, sender: Address, account: Address, role: Role) -> None:
        """The administrator gives a role. Not an operation: the access manager leaves no leaf."""
        self._require_administrator(sender)
        self._grant(account, role)

    def revoke_role(self, *, sender: Address, account: Address, role: Role) -> None:
        """The administrator takes a role away."""
        self._require_administrator(sender)
        self._books.roles[account] = self.roles_of(account) - {role}

    def _require_administrator(self, sender: Address) -> None:
        if Role.ADMINISTRATOR not in self.roles_of(sender):
            raise refusals.AccessManagerUnauthorizedAccount(sender, Role.ADMINISTRATOR)

    def _grant(self, account: Address, role: Role) -> None:
        held = self.roles_of(account)
        if (other := _SEPARATE.get(role)) in held and other is not None:
            raise refusals.SeparatedAccessManager_IncompatibleRoles(account, other, role)
        self._books.roles[account] = held | {role}
