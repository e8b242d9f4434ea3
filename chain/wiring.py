"""What must be true between the contracts of a deployment, each with the call that makes it true."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chain.functions import Function, word_of_address
from chain.hexes import from_data, to_data
from chain.logs import scan_logs
from chain.operations import ContractName
from chain.roles import LEDGERS, role_table
from chain.rpc import Rpc
from ledger.ids import Address
from ledger.vocabulary import Role

Addresses = Mapping[ContractName, Address]

AUTHORITY = Function("authority()")
TRANSPARENCY_LOG = Function("transparencyLog()")
GET_FUNCTION_ROLE = Function("getTargetFunctionRole(address,bytes4)")
SET_FUNCTION_ROLE = Function("setTargetFunctionRole(address,bytes4[],uint64)")
IS_TARGET_CLOSED = Function("isTargetClosed(address)")
GET_ROLE_ADMIN = Function("getRoleAdmin(uint64)")
HAS_ROLE = Function("hasRole(uint64,address)")
GRANT_ROLE = Function("grantRole(uint64,address,uint32)")
RENOUNCE_ROLE = Function("renounceRole(uint64,address)")
MULTICALL = Function("multicall(bytes[])")
HOLDINGS_SOURCE_ADDED = Function("HoldingsSourceAdded(address)")
ROLE_GRANTED = Function("RoleGranted(uint64,address,uint32,uint48,bool)")
ROLE_REVOKED = Function("RoleRevoked(uint64,address)")

HOLDINGS_SOURCES = (ContractName.REDUCTION_LEDGER, ContractName.POINT_LEDGER)
"""What may hold something for an account; asked before it is closed."""

_ZERO_WORD = bytes(32)
_TRUE_WORD = (1).to_bytes(32, "big")

HELD_AT_ONCE = _TRUE_WORD + _ZERO_WORD
"""What `hasRole` answers of a member without execution delay; with one, it could only schedule its calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """`contract` answers `question` with `answer`; if it does not, the manager call `remedy` makes it so."""

    description: str
    contract: Address
    question: bytes
    answer: bytes
    remedy: bytes | None = None


def connections(addresses: Addresses) -> Iterator[Fact]:
    """Every contract obeys the manager and every ledger appends to the log. Fixed when the contracts are made."""
    manager = addresses[ContractName.ACCESS_MANAGER]
    for name in ContractName:
        if name is not ContractName.ACCESS_MANAGER:
            yield Fact(
                description=f"access manager of {name}",
                contract=addresses[name],
                question=AUTHORITY.encode(),
                answer=word_of_address(manager),
            )
            yield Fact(
                description=f"opening of {name} by the access manager",
                contract=manager,
                question=IS_TARGET_CLOSED.encode(addresses[name]),
                answer=_ZERO_WORD,
            )
    for name in LEDGERS:
        yield Fact(
            description=f"log of {name}",
            contract=addresses[name],
            question=TRANSPARENCY_LOG.encode(),
            answer=word_of_address(addresses[ContractName.TRANSPARENCY_LOG]),
        )


def function_roles(addresses: Addresses) -> Iterator[Fact]:
    """Every restricted function has the role of the table, and every role is administered by the administrator."""
    manager = addresses[ContractName.ACCESS_MANAGER]
    for name, functions in role_table().items():
        for function, role in functions.items():
            target = addresses[name]
            yield Fact(
                description=f"role {role.label} of {name}.{function.name}",
                contract=manager,
                question=GET_FUNCTION_ROLE.encode(target, function.selector),
                answer=int(role).to_bytes(32, "big"),
                remedy=SET_FUNCTION_ROLE.encode(target, [function.selector], int(role)),
            )
    for role in Role:
        yield Fact(
            description=f"administrator of role {role.label}",
            contract=manager,
            question=GET_ROLE_ADMIN.encode(int(role)),
            answer=int(Role.ADMINISTRATOR).to_bytes(32, "big"),
        )


def memberships(addresses: Addresses, holders: Mapping[Role, Address]) -> Iterator[Fact]:
    """The ledgers hold the ledger role, the bodies' keys theirs, without delay."""
    members = [(Role.LEDGER, addresses[name], name.value) for name in LEDGERS]
    members += [(role, address, address.hex0x) for role, address in holders.items()]
    for role, address, shown in members:
        yield Fact(
            description=f"role {role.label} held by {shown}",
            contract=addresses[ContractName.ACCESS_MANAGER],
            question=HAS_ROLE.encode(int(role), address),
            answer=HELD_AT_ONCE,
            remedy=GRANT_ROLE.encode(int(role), address, 0),
        )


def untrue(rpc: Rpc, facts: Iterable[Fact]) -> list[Fact]:
    """The facts that do not hold now. A contract that does not answer makes its facts untrue."""
    asked = list(facts)
    answers = rpc.try_batch(
        ("eth_call", [{"to": fact.contract.hex0x, "data": to_data(fact.question)}, "latest"]) for fact in asked
    )
    return [
        fact
        for fact, answer in zip(asked, answers, strict=True)
        if answer.error is not None or from_data(answer.result, "eth_call") != fact.answer
    ]


def missing_holdings_sources(
    rpc: Rpc, addresses: Addresses, first_block: int, last_block: int
) -> tuple[ContractName, ...]:
    """The ledgers that the account registry does not ask before it closes an account; only its events say so."""
    topics = [topic(HOLDINGS_SOURCE_ADDED)]
    logs = scan_logs(rpc, addresses[ContractName.ACCOUNT_REGISTRY], topics, first_block, last_block)
    known = {log["topics"][1] for log in logs}
    return tuple(name for name in HOLDINGS_SOURCES if to_data(word_of_address(addresses[name])) not in known)


def role_members(rpc: Rpc, manager: Address, first_block: int, last_block: int) -> dict[int, set[Address]]:
    """Who holds which role, from the manager's events: the only way to know that nobody else does."""
    members: dict[int, set[Address]] = {}
    topics: Sequence[object] = [[topic(ROLE_GRANTED), topic(ROLE_REVOKED)]]
    for log in scan_logs(rpc, manager, topics, first_block, last_block):
        event, role_word, account_word = (from_data(word, "eth_getLogs") for word in log["topics"])
        holders = members.setdefault(int.from_bytes(role_word, "big"), set())
        account = Address(account_word[12:])
        if to_data(event) == topic(ROLE_GRANTED):
            holders.add(account)
        else:
            holders.discard(account)
    return members


def topic(event: Function) -> str:
    """The first topic of an event, from its signature."""
    return to_data(event.hash)
