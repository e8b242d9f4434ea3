"""Who a session of the console is: somebody with an API key, for whom the server signs, or with a wallet of their own.

A session acts as one body at a time. What it may do is asked anew for each step: whether the key still holds, whether
the chain gives the address its role. Nothing is allowed by memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from api.auth import FOUR_EYES, ROLE_OF_SCOPE, KeyScope
from api.chain_port import ChainPort
from api.web.errors import ActNotAllowed, AnotherBodyActs, RoleNotHeld
from indexer.api_keys import ApiKey
from ledger.errors import SignerNotConfigured, Unavailable
from ledger.ids import Address
from ledger.vocabulary import Role

BODIES: Final = tuple(dict.fromkeys(ROLE_OF_SCOPE.values()))
"""The bodies that take steps of the ledger, in the order of the scopes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who is logged in. `identity` is the id of the API key, or the wallet's address: what two people never
    share, so that it begins the ids of their operations. `address` is the wallet's, and None for a key, for which the
    instance's signers sign. `acting_as` is None until a body is chosen, and for a holder who is no body.
    """

    identity: str
    name: str
    scopes: frozenset[KeyScope]
    address: Address | None = None
    acting_as: Role | None = None

    @classmethod
    def of_key(cls, key: ApiKey) -> Actor:
        """A person with an API key. A key from before that rule which may both propose and confirm may do neither
        here.
        """
        scopes = frozenset(scope for scope in KeyScope if scope in key.scopes)
        if scopes >= FOUR_EYES:
            scopes -= FOUR_EYES
        return cls(identity=key.key_id, name=key.name, scopes=scopes)

    @classmethod
    def of_wallet(cls, address: Address) -> Actor:
        """A person with a wallet, who may do whatever the chain lets the address do."""
        return cls(identity=address.hex0x, name="", scopes=frozenset(ROLE_OF_SCOPE), address=address)

    @property
    def has_wallet(self) -> bool:
        """Whether this person signs with a key of their own."""
        return self.address is not None

    def acting(self, role: Role) -> Actor:
        """The same person as this body."""
        return replace(self, acting_as=role)

    @property
    def roles(self) -> frozenset[Role]:
        """The bodies whose steps the scopes allow."""
        return frozenset(ROLE_OF_SCOPE[scope] for scope in self.scopes if scope in ROLE_OF_SCOPE)


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyStanding:
    """A body that a session may choose. `address` is who would sign, None where this instance does not sign for the
    body; `held` whether the chain gives that address the role, None where no node answers.
    """

    role: Role
    address: Address | None
    held: bool | None

    @property
    def usable(self) -> bool:
        """Whether a step may be begun as this body."""
        return bool(self.held) and self.address is not None


def standings(actor: Actor, senders: Mapping[Role, Address], chain: ChainPort) -> tuple[BodyStanding, ...]:
    """The bodies that the session may choose, with what the chain says of each. `senders`: the instance's signers. A
    wallet may choose what its address holds.
    """
    found = []
    for role in BODIES:
        if role not in actor.roles:
            continue
        address = actor.address or senders.get(role)
        held = None if address is None else _held(chain, address, role)
        if actor.has_wallet and held is False:
            continue
        found.append(BodyStanding(role=role, address=address, held=held))
    return tuple(found)


def require(actor: Actor, scope: KeyScope, senders: Mapping[Role, Address], chain: ChainPort) -> Address:
    """The address that signs a step of this scope.

    Raises `AnotherBodyActs`, `ActNotAllowed`, `SignerNotConfigured`, `RoleNotHeld` where the chain has taken the role
    away, and `Unavailable` where no node says that it has not.
    """
    role = ROLE_OF_SCOPE[scope]
    if actor.acting_as is not role:
        raise AnotherBodyActs(role)
    if scope not in actor.scopes:
        raise ActNotAllowed(scope.value)
    address = actor.address or senders.get(role)
    if address is None:
        raise SignerNotConfigured(role)
    if role not in chain.bodies_of(address):
        raise RoleNotHeld(role, address)
    return address


def _held(chain: ChainPort, address: Address, role: Role) -> bool | None:
    try:
        return role in chain.bodies_of(address)
    except Unavailable:
        return None
