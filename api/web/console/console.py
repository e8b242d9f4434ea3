"""The console of one instance: its ports, and what it keeps in memory about those who are logged in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic, time
from typing import Final

from api.auth import KeyBook
from api.chain_port import ChainPort
from api.context import Following
from api.errors import NodeNotConfigured, RateExceeded
from api.intake_port import IntakePort
from api.operations_port import OperationsPort
from api.problems import Problems
from api.repository.snapshots import Readers
from api.settings import ApiSettings
from api.web.console.actors import Actor
from api.web.console.intake.errors import IntakeNotServed
from api.web.console.signing import Signings
from api.web.console.wallet_login import WalletLogins
from api.web.errors import ConsoleNotServed
from api.web.forms import KeptForms
from api.web.sessions import Session, SessionCookie, SessionStore
from ledger.errors import Unauthorised
from ledger.ids import Address
from ledger.limits import TokenBuckets, caller_of_address
from ledger.vocabulary import Role

COOKIE: Final = "tanpuhui-console"


class Console:
    """`operations` is missing where this instance signs for no body: then only wallets act. `chain` is missing where it
    knows no node: then nobody does.
    """

    def __init__(
        self,
        *,
        settings: ApiSettings,
        readers: Readers,
        problems: Problems,
        keys: KeyBook,
        operations: OperationsPort | None,
        chain: ChainPort | None,
        following: Following,
        intake: IntakePort | None = None,
        clock: Callable[[], float] = monotonic,
        wall_clock: Callable[[], float] = time,
    ) -> None:
        """`clock` measures how long sessions last; `wall_clock` is the time that wallets sign."""
        self.settings = settings
        self.readers = readers
        self.problems = problems
        self.keys = keys
        self.operations = operations
        self.following = following
        self._intake = intake
        self.cookie = SessionCookie.of(COOKIE, settings.public_url)
        self.sessions: SessionStore[Actor] = SessionStore(
            idle_seconds=settings.session_idle_seconds, absolute_seconds=settings.session_seconds, clock=clock
        )
        self.kept_forms = KeptForms(clock=clock)
        self.signings = Signings()
        self.wallet_logins = WalletLogins(settings.public_url, wall_clock)
        self._chain = chain
        self._attempts = TokenBuckets(
            capacity=settings.login_attempts, per_second=settings.login_attempts_per_second, clock=clock
        )

    @property
    def chain(self) -> ChainPort:
        """The way to the chain; `ConsoleNotServed` where there is none."""
        if self._chain is None:
            raise ConsoleNotServed
        return self._chain

    @property
    def intake(self) -> IntakePort:
        """The way to files; `IntakeNotServed` where this instance takes none."""
        if self._intake is None:
            raise IntakeNotServed
        return self._intake

    @property
    def signing_operations(self) -> OperationsPort:
        """The way to the outbox; `NodeNotConfigured` where this instance signs for nobody."""
        if self.operations is None:
            raise NodeNotConfigured
        return self.operations

    @property
    def senders(self) -> Mapping[Role, Address]:
        """The bodies that this instance signs for."""
        return {} if self.operations is None else self.operations.senders

    def session(self, session_id: str | None, *, use: bool = True) -> Session[Actor] | None:
        """The session of a cookie, if it goes on: one whose API key was revoked ends here."""
        found = self.sessions.find(session_id, use=use)
        if found is None or session_id is None or found.payload.has_wallet:
            return found
        try:
            self.keys.find(found.payload.identity)
        except Unauthorised:
            self.sessions.end(session_id)
            return None
        return found

    def take_attempt(self, host: str) -> None:
        """Counts a login from an address; `RateExceeded` where there were too many."""
        if not self.settings.rate_limits:
            return
        grant = self._attempts.take(caller_of_address(host))
        if not grant.allowed:
            raise RateExceeded(grant.wait_seconds)
