"""The submitter on a real node: the rules' refusals, lost pools, forks, and processes killed at any moment."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chain.deploy import deploy
from chain.functions import Function
from chain.node import AnvilNode
from chain.operations import ContractName, Operation, OperationState
from chain.signers import LocalSigner
from chain.submitter import Submitter
from chain.views import ContractViews
from chain.wiring import GRANT_ROLE
from indexer.database import open_database
from indexer.outbox import SqlOutbox
from ledger import refusals
from ledger.errors import InvalidQuantity, KeyInUse, NodeUnreachable, NotDeployed, WrongChain, WrongGenesis
from ledger.ids import Address, Hash32, LotId
from ledger.vocabulary import AccountStatus, CancellationPurpose, MethodologyKind, ReductionClass, Role
from tests.conftest import ROOT
from tests.fakes.memory_outbox import MemoryOutbox
from tests.integration.chain.bodies import (
    FIRST_DAY,
    LAST_DAY,
    QUICK,
    Bodies,
    bodies_of,
    new_operation_id,
    submitter_of,
)
from tests.integration.chain.test_deploy import transact
from tests.integration.deployed import Deployed
from tests.unit.chain.made import opening

REVOKE_ROLE = Function("revokeRole(uint64,address)")


@pytest.fixture
def bodies(deployed: Deployed) -> Iterator[Bodies]:
    with bodies_of(deployed) as made:
        yield made


@pytest.fixture
def views(deployed: Deployed) -> ContractViews:
    return ContractViews(deployed.rpc, deployed.deployment)


def test_a_grams_life(bodies: Bodies, views: ContractViews) -> None:
    account, lot_id = bodies.issued(462_000_000)
    other = bodies.custody_account()
    bodies.submit(bodies.transfer(account, other, lot_id, 2_000_000))
    status = bodies.submit(bodies.cancellation(other, lot_id, 1_500_000))
    assert status.state is OperationState.DONE
    assert views.balances_of([(account, lot_id), (other, lot_id)]) == [460_000_000, 500_000]
    assert views.held_grams(other) == 500_000
    assert views.lot_of(lot_id).cancelled_grams == 1_500_000
    assert views.totals_of(ReductionClass.I).held_grams == 460_500_000
    assert (views.certificate_count(), views.next_serial()) == (1, 462_000_001)
    assert views.log_size() == 8
    assert views.log_root() == views.log_root_at(8) != views.log_root_at(7)
    assert views.account_of(other).status is AccountStatus.ACTIVE
    with pytest.raises(refusals.TransparencyLog_SizeNotReached):
        views.log_root_at(9)


def test_views_read_what_was_registered(bodies: Bodies, views: ContractViews) -> None:
    before = int(bodies.deployed.rpc.call("eth_blockNumber"), 16)
    account = bodies.custody_account()
    methodology_id = bodies.methodology(ReductionClass.II)
    activity_id = bodies.activity(account, methodology_id, cap_grams=77)
    methodology, activity = views.methodology_of(methodology_id), views.activity_of(activity_id)
    assert (methodology.version, methodology.reduction_class) == (1, ReductionClass.II)
    assert (activity.methodology_id, activity.operator_account, activity.cap_grams) == (methodology_id, account, 77)
    assert activity.reduction_class is ReductionClass.II
    assert views.live_activity_of(activity.facility_id) == activity_id
    assert not views.is_credited(activity_id, FIRST_DAY)
    proposal = bodies.proposal(activity_id, 7)
    bodies.submit(proposal)
    assert views.proposal_of(proposal.id).proposer == bodies.deployed.holders[Role.TECHNICAL_CENTRE]
    assert views.operation_digest(proposal.id) != views.operation_digest(new_operation_id())
    assert ContractViews(views._rpc, bodies.deployed.deployment, block=before).log_size() == 0


# ------------------------------------------------------------------------------------------------------------ refusals


def test_a_refusal_costs_no_transaction(bodies: Bodies) -> None:
    again = bodies.opening(account=bodies.custody_account())
    sender = again.sender.hex0x
    before = bodies.deployed.rpc.call("eth_getTransactionCount", [sender, "latest"])
    with pytest.raises(refusals.AccountRegistry_AlreadyOpened):
        bodies.submit(again)
    assert bodies.deployed.rpc.call("eth_getTransactionCount", [sender, "pending"]) == before
    assert bodies.outbox.statuses[again.id].state is OperationState.REFUSED


def test_a_refusal_among_many_is_decoded_from_its_transaction(bodies: Bodies) -> None:
    account, lot_id = bodies.issued(100)
    other = bodies.custody_account()
    operations = [bodies.transfer(account, other, lot_id, grams) for grams in (60, 60, 40)]
    statuses = list(bodies.by(Role.PLATFORM).submit_many(operations))
    assert [status.state.value for status in statuses] == ["done", "refused", "done"]
    assert statuses[1].error_code == "ReductionLedger_InsufficientBalance"
    with pytest.raises(refusals.ReductionLedger_InsufficientBalance) as caught:
        bodies.submit(operations[1])
    assert (caught.value.account, caught.value.held_grams, caught.value.grams) == (account, 40, 60)


def test_a_key_without_the_role(bodies: Bodies, deployed: Deployed) -> None:
    opening = bodies.opening()
    platform_only = replace(opening, sender=deployed.holders[Role.TECHNICAL_CENTRE])
    with pytest.raises(refusals.AccessManagedUnauthorized) as caught:
        bodies.submit(platform_only)
    assert caught.value.caller == deployed.holders[Role.TECHNICAL_CENTRE]
    assert caught.value.exit_code == 5


def test_the_same_key_proposing_and_confirming(bodies: Bodies, deployed: Deployed) -> None:
    """Its role was changed in between: the proposal remembers the key."""
    account = bodies.custody_account()
    proposal = bodies.proposal(bodies.activity(account, bodies.methodology()), 100)
    bodies.submit(proposal)
    key = deployed.signers[Role.TECHNICAL_CENTRE]
    manager = deployed.deployment.address(ContractName.ACCESS_MANAGER)
    administrator = deployed.signers[Role.ADMINISTRATOR]
    transact(deployed.node, administrator, manager, REVOKE_ROLE.encode(int(Role.TECHNICAL_CENTRE), key.address))
    transact(deployed.node, administrator, manager, GRANT_ROLE.encode(int(Role.REGULATOR), key.address, 0))
    confirmation = bodies.composer.confirm_issuance(operation_id=new_operation_id(), proposal_id=proposal.id)
    with pytest.raises(refusals.ReductionLedger_SameProposerAndConfirmer) as caught:
        bodies.submit(replace(confirmation, sender=key.address))
    assert caught.value.key == key.address


def test_what_the_rules_refuse(bodies: Bodies) -> None:
    account, lot_id = bodies.issued(100)
    other = bodies.custody_account()
    submit, composer = bodies.submit, bodies.composer
    for grams in (0, -1):
        with pytest.raises(InvalidQuantity):
            bodies.transfer(account, other, lot_id, grams)
    with pytest.raises(refusals.ReductionLedger_UnknownLot):
        submit(bodies.transfer(account, other, LotId(b"\x01" * 32), 1))
    with pytest.raises(refusals.AccountRegistry_NotActive):
        submit(bodies.transfer(account, LocalSigner.random().address, lot_id, 1))
    submit(composer.freeze_lot(operation_id=new_operation_id(), lot_id=lot_id))
    with pytest.raises(refusals.ReductionLedger_LotFrozen):
        submit(bodies.cancellation(account, lot_id, 1))
    submit(composer.unfreeze_lot(operation_id=new_operation_id(), lot_id=lot_id))
    submit(composer.freeze_account(operation_id=new_operation_id(), account=other))
    with pytest.raises(refusals.AccountRegistry_NotActive):
        submit(bodies.transfer(account, other, lot_id, 1))
    submit(composer.close_account(operation_id=new_operation_id(), account=bodies.custody_account()))
    with pytest.raises(refusals.AccountRegistry_StillHolding):
        submit(composer.close_account(operation_id=new_operation_id(), account=account))


def test_rules_of_issuance(bodies: Bodies) -> None:
    account = bodies.custody_account()
    activity_id = bodies.activity(account, bodies.methodology(ReductionClass.II), cap_grams=100)
    with pytest.raises(refusals.ActivityRegistry_CapExceeded):
        bodies.submit(bodies.proposal(activity_id, 101))
    proposals = [bodies.proposal(activity_id, 10), bodies.proposal(activity_id, 10, LAST_DAY, LAST_DAY + 5)]
    for proposal in proposals:
        bodies.submit(proposal)
    first, second = (
        bodies.composer.confirm_issuance(operation_id=new_operation_id(), proposal_id=proposal.id)
        for proposal in proposals
    )
    bodies.submit(first)
    with pytest.raises(refusals.ActivityRegistry_PeriodOverlap):
        bodies.submit(second)


def test_class_two_is_not_for_compliance(bodies: Bodies, views: ContractViews) -> None:
    account, lot_id = bodies.issued(100, ReductionClass.II)
    assert views.lot_of(lot_id).reduction_class is ReductionClass.II
    compliance = bodies.composer.cancel(
        operation_id=new_operation_id(),
        account=account,
        lot_id=lot_id,
        grams=1,
        purpose=CancellationPurpose.ETS_COMPLIANCE,
        fields={"compliance_year": "2025"},
    )
    with pytest.raises(refusals.ReductionLedger_PurposeNotAllowed):
        bodies.submit(compliance)


# -------------------------------------------------------------------------------------------------- many, lost, forked


def test_many_at_a_time(bodies: Bodies, views: ContractViews) -> None:
    operations = [bodies.opening() for _ in range(900)]
    statuses = list(bodies.by(Role.PLATFORM).submit_many(operations))
    assert [status.operation_id for status in statuses] == [operation.id for operation in operations]
    assert {status.state for status in statuses} == {OperationState.DONE}
    assert views.log_size() == 900
    leaves = bodies.by(Role.PLATFORM)._log.leaves(0, 10_000)
    assert [leaf.operation_id for leaf in leaves] == [operation.id for operation in operations]


@pytest.fixture
def manual() -> Iterator[AnvilNode]:
    """A node that makes blocks only when told."""
    with AnvilNode(block_seconds=None) as node:
        yield node


def manual_deployment(manual: AnvilNode, deployed: Deployed, tmp_path: Path) -> Deployed:
    """The same bodies on another node."""
    manual.rpc.call("evm_setAutomine", [True])
    result = deploy(manual.rpc, deployed.deployer, deployed.holders, tmp_path / "deployment.json")
    manual.rpc.call("evm_setAutomine", [False])
    return replace(deployed, node=manual, deployment=result.deployment, path=tmp_path / "deployment.json")


def test_a_pool_that_is_lost_and_a_fork_below_the_confirmations(
    manual: AnvilNode, deployed: Deployed, tmp_path: Path
) -> None:
    there = manual_deployment(manual, deployed, tmp_path)
    settings = replace(QUICK, confirmations=3, resend_seconds=0.05, poll_seconds=0.01)
    with bodies_of(there, settings) as bodies:
        views = ContractViews(manual.rpc, there.deployment)
        operations = [bodies.opening() for _ in range(5)]
        statuses = bodies.by(Role.PLATFORM).submit_many(operations)
        story = iter(
            [
                lambda: manual.rpc.call("anvil_dropAllTransactions"),
                lambda: time.sleep(0.1),
                manual.mine,
                manual.mine,
                lambda: manual.rpc.call("anvil_rollback", [2]),  # the leaves are gone again
                lambda: manual.rpc.call("anvil_dropAllTransactions"),
                lambda: time.sleep(0.1),
            ]
        )
        look = manual.rpc.try_call

        def told(method: str, params: object = ()) -> object:
            if method == "eth_blockNumber":
                next(story, manual.mine)()
            return look(method, params)  # type: ignore[arg-type]

        manual.rpc.try_call = told  # type: ignore[method-assign, assignment]
        done = list(statuses)
        assert {status.state for status in done} == {OperationState.DONE}
        assert views.log_size() == 5
        head = int(manual.rpc.call("eth_blockNumber"), 16)
        assert all(status.block_number is not None and status.block_number + 3 <= head for status in done)


def test_two_submitters_with_one_key(manual: AnvilNode, deployed: Deployed, tmp_path: Path) -> None:
    there = manual_deployment(manual, deployed, tmp_path)
    signer = there.signers[Role.PLATFORM]
    ours, theirs = MemoryOutbox(), MemoryOutbox()
    hasty = replace(QUICK, mining_seconds=0.05)
    with bodies_of(there) as bodies, submitter_of(there, signer, ours) as us:
        us._line.open()
        first, second = bodies.opening(), bodies.opening()
        with submitter_of(there, signer, theirs, hasty) as them, pytest.raises(Exception, match="No block has taken"):
            them.submit(first)
        with pytest.raises(KeyInUse):
            us.submit(second)
        manual.rpc.call("evm_setAutomine", [True])
        manual.mine()
        assert [status.state for status in us.resume()] == [OperationState.DONE]
    with submitter_of(there, signer, theirs) as them:
        assert [status.state for status in them.resume()] == [OperationState.DONE]
    assert ContractViews(manual.rpc, there.deployment).log_size() == 2


def test_an_id_that_a_stranger_spoils_while_ours_is_in_flight(
    manual: AnvilNode, deployed: Deployed, tmp_path: Path
) -> None:
    there = manual_deployment(manual, deployed, tmp_path)
    hasty = replace(QUICK, mining_seconds=0.05)
    with bodies_of(there) as bodies:
        ours = bodies.opening()
        theirs = bodies.composer.publish_methodology(
            operation_id=ours.id,
            code="RIVAL",
            version=1,
            kind=MethodologyKind.PROJECT,
            reduction_class=ReductionClass.I,
            effective_first_day=0,
            effective_last_day=60_000,
            document_hash=Hash32(b"\x01" * 32),
        )
        regulator = there.signers[Role.REGULATOR]
        with submitter_of(there, regulator, MemoryOutbox(), hasty) as them, pytest.raises(Exception, match="No block"):
            them.submit(theirs)
        look = manual.rpc.try_call

        def mined(method: str, params: object = ()) -> object:
            if method == "eth_blockNumber" and int(look("txpool_status").unwrap()["pending"], 16) == 2:
                manual.mine()
            return look(method, params)  # type: ignore[arg-type]

        manual.rpc.try_call = mined  # type: ignore[method-assign, assignment]
        [status] = bodies.by(Role.PLATFORM).submit_many([ours])
    assert (status.state, status.error_code) == (OperationState.REFUSED, "TransparencyLog_OperationConflict")


# ------------------------------------------------------------------------------------------------- wrong node, no node


def test_another_chain_and_the_same_chain_started_anew(deployed: Deployed) -> None:
    for settings, error in (({"chain_id": 4242}, WrongChain), ({"timestamp": 1_700_000_000}, WrongGenesis)):
        with AnvilNode(**settings) as node:
            elsewhere = replace(deployed, node=node)
            with bodies_of(elsewhere) as bodies, pytest.raises(error):
                bodies.submit(bodies.opening())


def test_a_node_that_dies_in_the_middle(deployed: Deployed, tmp_path: Path) -> None:
    """It comes back on the same port without its chain: nothing is sent to the other chain."""
    with AnvilNode(block_seconds=None) as node:
        there = manual_deployment(node, deployed, tmp_path)
        with bodies_of(there, replace(QUICK, patience_seconds=0.2, batch=1)) as bodies:

            def operations() -> Iterator[Operation]:
                yield bodies.opening()
                node.stop(kill=True)
                yield bodies.opening()

            with pytest.raises(NodeUnreachable):
                list(bodies.by(Role.PLATFORM).submit_many(operations()))
            assert [status.state.value for status in bodies.outbox.statuses.values()] == ["sent", "sent"]
            node.start()
            with (
                submitter_of(there, there.signers[Role.PLATFORM], bodies.outbox) as again,
                pytest.raises((WrongGenesis, NotDeployed)),  # within one second the genesis block is the same
            ):
                again.resume()
            assert node.rpc.call("txpool_status") == {"pending": "0x0", "queued": "0x0"}


# ------------------------------------------------------------------------------------------------- processes are killed

CHILD = """
import sys
from pathlib import Path
from chain.deployment import Deployment
from chain.rpc import RpcClient
from chain.signers import LocalSigner
from chain.submitter import Submitter
from indexer.database import open_database
from indexer.outbox import SqlOutbox
from tests.integration.chain.test_submitter import CHILD_SETTINGS, numbered_openings

url, deployment, database, secret = sys.argv[1:]
outbox = SqlOutbox(open_database(database))
signer = LocalSigner(bytes.fromhex(secret))
with Submitter(RpcClient(url), Deployment.load(Path(deployment)), signer, outbox, CHILD_SETTINGS) as submitter:
    print("ready", flush=True)
    for status in submitter.submit_many(numbered_openings(signer.address)):
        print(status.state.value, flush=True)
"""
CHILD_SETTINGS = replace(QUICK, batch=8, window=32)
KILLED_OPENINGS = 120


def numbered_openings(sender: Address) -> list[Operation]:
    """The same operations in every process."""
    return [opening(number, sender=sender) for number in range(KILLED_OPENINGS)]


def test_killed_again_and_again_and_started_again_each_operation_has_one_effect(
    deployed: Deployed, views: ContractViews, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'outbox.sqlite'}"
    database = open_database(url)
    database.migrate()
    signer = deployed.signers[Role.PLATFORM]
    secret = (1000 + int(Role.PLATFORM)).to_bytes(32, "big").hex()
    command = [sys.executable, "-c", CHILD, deployed.rpc.url, str(deployed.path), url, secret]
    for lines in (0, 1, 9, 20, 45, 60):
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        for _ in range(lines + 1):
            child.stdout.readline()
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
    with Submitter(deployed.rpc, deployed.deployment, signer, SqlOutbox(database), CHILD_SETTINGS) as submitter:
        submitter.resume()
        assert not SqlOutbox(database).unfinished(signer.address)
        statuses = list(submitter.submit_many(numbered_openings(signer.address)))
    assert {status.state for status in statuses} == {OperationState.DONE}
    assert views.log_size() == KILLED_OPENINGS
