"""A real chain for integration tests.

`anvil` is a running `chain.node.AnvilNode`: `.url`, `.rpc` (a `chain.rpc.RpcClient`), `.mine(n)`, `.snapshot()`,
`.revert(id)`. Blocks come at once when there are transactions, and not otherwise.

`deployed` is `tests.integration.deployed.Deployed` on that node: `.rpc`, `.deployment` (`chain.deployment.Deployment`,
also as the file `.path`), `.signers[Role.PLATFORM]` and so on for ADMINISTRATOR, REGULATOR, TECHNICAL_CENTRE,
EXCHANGE, PLATFORM (`.holders` are their addresses), `.deployer` (which has no role any more).

One node serves a whole test process; each test starts from the same block and what it did is undone. A test that kills
its node, needs other mining or another chain id starts its own `AnvilNode`.
"""

from collections.abc import Iterator

import pytest

from chain.deploy import deploy
from chain.node import AnvilNode
from chain.signers import LocalSigner
from ledger.vocabulary import Role
from tests.integration.deployed import Deployed

BODIES = (Role.ADMINISTRATOR, Role.REGULATOR, Role.TECHNICAL_CENTRE, Role.EXCHANGE, Role.PLATFORM)


def signer_of(role: Role) -> LocalSigner:
    """A key that is the same in every run, so that failures repeat."""
    return LocalSigner((1000 + int(role)).to_bytes(32, "big"))


@pytest.fixture(scope="session")
def session_anvil() -> Iterator[AnvilNode]:
    """The node of this test process. Tests take `anvil`, which undoes what they did."""
    with AnvilNode() as node:
        yield node


@pytest.fixture(scope="session")
def session_deployed(session_anvil: AnvilNode, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Deploys once. Tests take `deployed`."""
    deployer = LocalSigner((999).to_bytes(32, "big"))
    signers = {role: signer_of(role) for role in BODIES}
    holders = {role: signer.address for role, signer in signers.items()}
    path = tmp_path_factory.mktemp("deployment") / "deployment.json"
    result = deploy(session_anvil.rpc, deployer, holders, path)
    return Deployed(node=session_anvil, deployment=result.deployment, path=path, signers=signers, deployer=deployer)


@pytest.fixture
def anvil(session_anvil: AnvilNode) -> Iterator[AnvilNode]:
    """A running node, as it was before the test once the test is over."""
    snapshot = session_anvil.snapshot()
    yield session_anvil
    session_anvil.revert(snapshot)


@pytest.fixture
def deployed(session_deployed: Deployed) -> Iterator[Deployed]:
    """The contracts on a running node, as they were before the test once the test is over."""
    snapshot = session_deployed.node.snapshot()
    yield session_deployed
    session_deployed.node.revert(snapshot)
