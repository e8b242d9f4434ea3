"""Whether a deployment is whole: every permission as the role table has it, nothing left to the deployer."""

from collections.abc import Iterator, Mapping
from itertools import chain

from chain.deployment import Deployment
from chain.hexes import from_quantity
from chain.operations import ContractName
from chain.roles import LEDGERS, REQUIRED_HOLDERS
from chain.rpc import Rpc
from chain.wiring import (
    Addresses,
    connections,
    function_roles,
    memberships,
    missing_holdings_sources,
    role_members,
    untrue,
)
from ledger.errors import DeploymentIncomplete
from ledger.ids import Address
from ledger.vocabulary import Role


def verify_deployment(rpc: Rpc, deployment: Deployment, holders: Mapping[Role, Address] | None = None) -> None:
    """Everything that `Deployment.check` looks at, and the whole wiring.

    With `holders` their roles are demanded too; without, the bodies' present keys are taken as they are. Raises
    `WrongChain`, `NotDeployed`, or `DeploymentIncomplete` with the name of each thing that is missing.
    """
    deployment.check(rpc)
    addresses = {name: contract.address for name, contract in deployment.contracts.items()}
    missing = list(shortcomings(rpc, addresses, deployment.first_block, deployment.deployer, holders or {}))
    if missing:
        raise DeploymentIncomplete(tuple(missing))


def shortcomings(
    rpc: Rpc, addresses: Addresses, first_block: int, deployer: Address, holders: Mapping[Role, Address]
) -> Iterator[str]:
    """What is missing, in words."""
    facts = chain(connections(addresses), function_roles(addresses), memberships(addresses, holders))
    yield from (fact.description for fact in untrue(rpc, facts))
    head = from_quantity(rpc.call("eth_blockNumber"), "eth_blockNumber")
    for source in missing_holdings_sources(rpc, addresses, first_block, head):
        yield f"{source} as a holdings source of account_registry"
    yield from _membership_shortcomings(rpc, addresses, first_block, head, deployer)


def _membership_shortcomings(
    rpc: Rpc, addresses: Addresses, first_block: int, head: int, deployer: Address
) -> Iterator[str]:
    members = role_members(rpc, addresses[ContractName.ACCESS_MANAGER], first_block, head)
    ledgers = {addresses[name] for name in LEDGERS}
    for stranger in sorted(members.get(Role.LEDGER, set()) - ledgers):
        yield f"removal of {stranger.hex0x} from role {Role.LEDGER.label}, which belongs to the ledgers alone"
    for role in REQUIRED_HOLDERS:
        if not members.get(role):
            yield f"a holder of role {role.label}"
    for role_id, holders in sorted(members.items()):
        if deployer in holders:
            yield f"removal of the deployer from role {_label(role_id)}"


def _label(role_id: int) -> str:
    return Role.from_number(role_id).label if role_id in set(Role) else str(role_id)
