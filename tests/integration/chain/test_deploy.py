"""Deployment on a real node: whole, once, and only to keys that may have it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from chain.deploy import deploy
from chain.deployment import DeployedContract, Deployment
from chain.functions import Function
from chain.hexes import to_data
from chain.node import AnvilNode
from chain.operations import ContractName
from chain.roles import role_table
from chain.rpc import RpcClient
from chain.signers import LocalSigner, Signer
from chain.transactions import Transaction
from chain.verification import verify_deployment
from chain.wiring import GRANT_ROLE, SET_FUNCTION_ROLE
from ledger.errors import (
    DeploymentFileMissing,
    DeploymentIncomplete,
    InvalidInput,
    NodeUnreachable,
    NotDeployed,
    WrongChain,
    WrongGenesis,
)
from ledger.ids import Address, Hash32
from ledger.vocabulary import Role
from tests.fakes.power import Killed, Power, Powered
from tests.integration.deployed import Deployed

DEPLOYER = LocalSigner(b"\x21" * 32)
STRANGER = LocalSigner(b"\x22" * 32)
REVOKE_ROLE = Function("revokeRole(uint64,address)")
SET_TARGET_CLOSED = Function("setTargetClosed(address,bool)")
SET_ROLE_ADMIN = Function("setRoleAdmin(uint64,uint64)")


def nonce_of(rpc: RpcClient, address: Address) -> int:
    return int(rpc.call("eth_getTransactionCount", [address.hex0x, "latest"]), 16)


def transact(node: AnvilNode, signer: Signer, to: Address, data: bytes) -> None:
    """Sends and mines; fails the test if the transaction fails."""
    signed = signer.sign_transaction(
        Transaction(
            chain_id=node.chain_id,
            nonce=nonce_of(node.rpc, signer.address),
            gas_price=0,
            gas=1_000_000,
            to=to,
            data=data,
        )
    )
    node.rpc.call("eth_sendRawTransaction", [to_data(signed.raw)])
    node.mine()
    assert node.rpc.call("eth_getTransactionReceipt", [to_data(signed.hash)])["status"] == "0x1"


def test_the_fixture_is_a_whole_deployment(deployed: Deployed) -> None:
    deployed.deployment.check(deployed.rpc)
    verify_deployment(deployed.rpc, deployed.deployment, deployed.holders)


def test_the_file_says_what_was_deployed(deployed: Deployed, tmp_path: Path) -> None:
    assert Deployment.load(deployed.path) == deployed.deployment
    again = tmp_path / "again.json"
    deployed.deployment.save(again)
    assert again.read_bytes() == deployed.path.read_bytes()
    assert set(deployed.deployment.contracts) == set(ContractName)


def test_a_second_deploy_says_so_and_changes_nothing(deployed: Deployed) -> None:
    before = deployed.path.read_bytes()
    nonce, head = nonce_of(deployed.rpc, deployed.deployer.address), deployed.rpc.call("eth_blockNumber")
    result = deploy(deployed.rpc, deployed.deployer, deployed.holders, deployed.path)
    assert result.already_deployed
    assert result.deployment == deployed.deployment
    assert deployed.path.read_bytes() == before
    assert (nonce_of(deployed.rpc, deployed.deployer.address), deployed.rpc.call("eth_blockNumber")) == (nonce, head)
    assert not list(deployed.path.parent.glob("*.journal"))


@pytest.mark.parametrize("after", [False, True])
def test_killed_anywhere_it_finishes_the_same_deployment(
    anvil: AnvilNode, deployed: Deployed, tmp_path: Path, after: bool
) -> None:
    """Every third step is cut; what stands afterwards is exactly what one undisturbed run makes."""
    power = Power()
    snapshot = anvil.snapshot()
    undisturbed = deploy(Powered(anvil.rpc, power), DEPLOYER, deployed.holders, tmp_path / "whole.json").deployment
    transactions = nonce_of(anvil.rpc, DEPLOYER.address)
    steps = len(power.steps)
    kills = 0
    for cut_at in range(int(after), steps, 3):
        anvil.revert(snapshot)
        snapshot = anvil.snapshot()
        path = tmp_path / f"{cut_at}.json"
        try:
            deploy(Powered(anvil.rpc, Power(cut_at, after=after)), DEPLOYER, deployed.holders, path)
        except Killed:
            kills += 1
        result = deploy(anvil.rpc, DEPLOYER, deployed.holders, path)
        assert result.deployment.contracts == undisturbed.contracts, cut_at
        assert Deployment.load(path) == result.deployment
        # An estimate may have been made but nothing was sent twice.
        assert nonce_of(anvil.rpc, DEPLOYER.address) == transactions, cut_at
        assert not list(tmp_path.glob("*.journal"))
    assert kills > 8  # waiting for blocks takes more or fewer steps, so that not every cut is reached


def test_a_lost_creation_is_made_anew(anvil: AnvilNode, deployed: Deployed, tmp_path: Path) -> None:
    """Another program took the nonce that the journal had reserved."""
    path = tmp_path / "deployment.json"
    sent = [0]

    class Deaf(Powered):
        def try_call(self, method: str, params: Any = ()) -> Any:
            if method == "eth_sendRawTransaction":
                sent[0] += 1
                if sent[0] == 3:
                    raise Killed
            return self._inner.try_call(method, params)

    with pytest.raises(Killed):
        deploy(Deaf(anvil.rpc, Power()), DEPLOYER, deployed.holders, path)
    journal = json.loads(path.with_name("deployment.json.journal").read_text())
    assert len(journal["creations"]) == 3
    transact(anvil, DEPLOYER, DEPLOYER.address, b"")
    deployment = deploy(anvil.rpc, DEPLOYER, deployed.holders, path).deployment
    lost = journal["creations"]["account_registry"]["address"]
    assert deployment.address(ContractName.ACCOUNT_REGISTRY).hex0x != lost
    assert deployment.address(ContractName.ACCESS_MANAGER).hex0x == journal["creations"]["access_manager"]["address"]


@pytest.mark.parametrize("wiring_transaction", [1, 2, 3, 4])
def test_what_was_sent_and_not_mined_is_waited_for(deployed: Deployed, tmp_path: Path, wiring_transaction: int) -> None:
    """Killed between the sending of a transaction (roles, two holdings sources, renouncing) and its block."""
    last = len(ContractName) + wiring_transaction
    sent = [0]

    class Stalled(Powered):
        """Blocks come at once, but for the transaction after which the power goes off."""

        def try_call(self, method: str, params: Any = ()) -> Any:
            answer = self._inner.try_call(method, params)
            if method == "eth_sendRawTransaction":
                sent[0] += 1
                if sent[0] == last:
                    raise Killed
                self._inner.call("evm_mine")
            return answer

    path = tmp_path / "deployment.json"
    with AnvilNode(block_seconds=None) as node:
        with pytest.raises(Killed):
            deploy(Stalled(node.rpc, Power()), DEPLOYER, deployed.holders, path)
        miner = Timer(0.3, node.mine)
        miner.start()
        deploy(Stalled(node.rpc, Power()), DEPLOYER, deployed.holders, path)
        miner.join()
        assert nonce_of(node.rpc, DEPLOYER.address) == len(ContractName) + 4


def test_a_journal_of_another_deployer_is_not_continued(anvil: AnvilNode, deployed: Deployed, tmp_path: Path) -> None:
    path = tmp_path / "deployment.json"
    with pytest.raises(Killed):
        deploy(Powered(anvil.rpc, Power(12)), DEPLOYER, deployed.holders, path)
    with pytest.raises(InvalidInput, match="belong to this chain and deployer, or be removed"):
        deploy(anvil.rpc, STRANGER, deployed.holders, path)
    path.with_name("deployment.json.journal").write_text("{}")
    with pytest.raises(InvalidInput, match="be the journal of a deployment"):
        deploy(anvil.rpc, DEPLOYER, deployed.holders, path)


# ------------------------------------------------------------------------------------------------------------- holders


def holders_with(holders: Mapping[Role, Address], changes: dict[Role, Address | None]) -> dict[Role, Address]:
    changed = {**holders, **changes}
    return {role: address for role, address in changed.items() if address is not None}


REGULATOR_KEY, TECHNICAL_KEY = (LocalSigner((1000 + int(role)).to_bytes(32, "big")).address for role in (1, 2))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({Role.TECHNICAL_CENTRE: REGULATOR_KEY}, "technical-centre must have another key than the regulator"),
        ({Role.PLATFORM: TECHNICAL_KEY}, "platform must have another key than the technical centre"),
        ({Role.ADMINISTRATOR: REGULATOR_KEY}, "another key than"),
        ({Role.EXCHANGE: DEPLOYER.address}, "exchange must have another key than the deployer"),
        ({Role.ADMINISTRATOR: DEPLOYER.address}, "administrator must have another key than the deployer"),
        ({Role.LEDGER: STRANGER.address}, "ledger must be held by contracts only"),
        ({Role.REGULATOR: None}, "regulator must have a key to be granted to"),
        ({Role.ADMINISTRATOR: Address(bytes(20))}, "administrator must have a key to be granted to"),
    ],
)
def test_keys_that_must_not_be(
    anvil: AnvilNode, deployed: Deployed, tmp_path: Path, changes: dict[Role, Address | None], rule: str
) -> None:
    holders = holders_with(deployed.holders, changes)
    with pytest.raises(InvalidInput, match=rule):
        deploy(anvil.rpc, DEPLOYER, holders, tmp_path / "deployment.json")
    assert nonce_of(anvil.rpc, DEPLOYER.address) == 0


def test_the_exchange_may_come_later(anvil: AnvilNode, deployed: Deployed, tmp_path: Path) -> None:
    holders = holders_with(deployed.holders, {Role.EXCHANGE: None})
    assert not deploy(anvil.rpc, DEPLOYER, holders, tmp_path / "deployment.json").already_deployed


# -------------------------------------------------------------------------------------------------------- verification


@pytest.fixture
def manager(deployed: Deployed) -> Address:
    return deployed.deployment.address(ContractName.ACCESS_MANAGER)


def test_every_changed_function_role_is_named(deployed: Deployed, manager: Address) -> None:
    administrator = deployed.signers[Role.ADMINISTRATOR]
    for name, functions in role_table().items():
        for function, role in functions.items():
            snapshot = deployed.node.snapshot()
            other = Role.EXCHANGE if role is not Role.EXCHANGE else Role.PLATFORM
            target = deployed.deployment.address(name)
            data = SET_FUNCTION_ROLE.encode(target, [function.selector], int(other))
            transact(deployed.node, administrator, manager, data)
            with pytest.raises(DeploymentIncomplete) as caught:
                verify_deployment(deployed.rpc, deployed.deployment)
            assert caught.value.missing == (f"role {role.label} of {name}.{function.name}",)
            deployed.node.revert(snapshot)


@pytest.mark.parametrize(
    ("call", "missing"),
    [
        (
            lambda d: GRANT_ROLE.encode(int(Role.LEDGER), STRANGER.address, 0),
            f"removal of {STRANGER.address.hex0x} from role ledger, which belongs to the ledgers alone",
        ),
        (
            lambda d: GRANT_ROLE.encode(int(Role.EXCHANGE), d.deployer.address, 0),
            "removal of the deployer from role exchange",
        ),
        (lambda d: GRANT_ROLE.encode(77, d.deployer.address, 0), "removal of the deployer from role 77"),
        (
            lambda d: REVOKE_ROLE.encode(int(Role.LEDGER), d.deployment.address(ContractName.REDUCTION_LEDGER)),
            "role ledger held by reduction_ledger",
        ),
        (
            lambda d: REVOKE_ROLE.encode(int(Role.PLATFORM), d.holders[Role.PLATFORM]),
            "a holder of role platform",
        ),
        (
            lambda d: SET_TARGET_CLOSED.encode(d.deployment.address(ContractName.TRANSPARENCY_LOG), True),
            "opening of transparency_log by the access manager",
        ),
        (
            lambda d: SET_ROLE_ADMIN.encode(int(Role.LEDGER), int(Role.PLATFORM)),
            "administrator of role ledger",
        ),
    ],
)
def test_what_is_missing_is_named(deployed: Deployed, manager: Address, call: Any, missing: str) -> None:
    transact(deployed.node, deployed.signers[Role.ADMINISTRATOR], manager, call(deployed))
    with pytest.raises(DeploymentIncomplete) as caught:
        verify_deployment(deployed.rpc, deployed.deployment)
    assert caught.value.missing == (missing,)
    with pytest.raises(DeploymentIncomplete):  # and deploy does not call it done
        deploy(deployed.rpc, deployed.deployer, deployed.holders, deployed.path)


def test_a_key_that_was_replaced_is_missed_only_where_it_is_demanded(deployed: Deployed, manager: Address) -> None:
    administrator, platform = deployed.signers[Role.ADMINISTRATOR], deployed.holders[Role.PLATFORM]
    transact(deployed.node, administrator, manager, GRANT_ROLE.encode(int(Role.PLATFORM), STRANGER.address, 0))
    transact(deployed.node, administrator, manager, REVOKE_ROLE.encode(int(Role.PLATFORM), platform))
    verify_deployment(deployed.rpc, deployed.deployment)
    with pytest.raises(DeploymentIncomplete) as caught:
        verify_deployment(deployed.rpc, deployed.deployment, deployed.holders)
    assert caught.value.missing == (f"role platform held by {platform.hex0x}",)


# ----------------------------------------------------------------------------------------------- other chains, no chain


@pytest.fixture(scope="module")
def other_node() -> Iterator[AnvilNode]:
    with AnvilNode(chain_id=4242) as node:
        yield node


def test_another_chain(deployed: Deployed, other_node: AnvilNode) -> None:
    with pytest.raises(WrongChain) as caught:
        deployed.deployment.check(other_node.rpc)
    assert (caught.value.expected, caught.value.found) == (31_337, 4242)


def test_the_same_chain_started_anew(deployed: Deployed) -> None:
    with AnvilNode(timestamp=1_700_000_000) as node, pytest.raises(WrongGenesis, match="genesis block is 0x"):
        deployed.deployment.check(node.rpc)


def test_no_contract_where_the_file_says(deployed: Deployed) -> None:
    nowhere = DeployedContract(address=STRANGER.address, code_hash=Hash32(b"\x01" * 32))
    changed = replace(
        deployed.deployment, contracts={**deployed.deployment.contracts, ContractName.REDUCTION_LEDGER: nowhere}
    )
    with pytest.raises(NotDeployed) as caught:
        changed.check(deployed.rpc)
    assert caught.value == NotDeployed("reduction_ledger", STRANGER.address)


def test_other_code_where_the_file_says(deployed: Deployed) -> None:
    address = deployed.deployment.address(ContractName.TRANSPARENCY_LOG)
    deployed.rpc.call("anvil_setCode", [address.hex0x, "0x6000"])
    with pytest.raises(NotDeployed, match="transparency_log is not deployed at 0x"):
        deployed.deployment.check(deployed.rpc)


def test_the_node_is_down(deployed: Deployed) -> None:
    with AnvilNode() as node:
        url = node.url
    with pytest.raises(NodeUnreachable, match="check TANPUHUI_RPC_URL"):
        deployed.deployment.check(RpcClient(url))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content.update(format=2),
        lambda content: content.pop("chain_id"),
        lambda content: content.update(chain_id="x"),
        lambda content: content.update(genesis_hash="0x12"),
        lambda content: content["contracts"].pop("reduction_ledger"),
        lambda content: content["contracts"]["reduction_ledger"].update(address="0x"),
        lambda content: content.update(contracts=None),
    ],
)
def test_a_malformed_deployment_file(deployed: Deployed, tmp_path: Path, spoil: Any) -> None:
    content = json.loads(deployed.path.read_text())
    spoil(content)
    path = tmp_path / "deployment.json"
    path.write_text(json.dumps(content))
    with pytest.raises(InvalidInput, match="must be a deployment file"):
        Deployment.load(path)


def test_no_deployment_file(tmp_path: Path) -> None:
    with pytest.raises(DeploymentFileMissing, match=r"There is no deployment file .*the operator publishes"):
        Deployment.load(tmp_path / "none.json")
    (tmp_path / "text.json").write_text("no json")
    with pytest.raises(InvalidInput, match="must be a deployment file, so it must be JSON"):
        Deployment.load(tmp_path / "text.json")
