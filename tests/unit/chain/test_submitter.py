"""The submitter against a node in memory: every way in which things go wrong between its steps."""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from chain.functions import Function
from chain.operations import Operation, OperationState, OperationStatus, RefusedOperation
from chain.rpc import RpcError
from chain.signers import LocalSigner
from chain.submitter import Submitter, SubmitterSettings
from ledger import refusals
from ledger.errors import (
    InvalidInput,
    KeyInUse,
    NodeUnreachable,
    NotMined,
    OperationConflict,
    RefusedMeanwhile,
    RpcFailure,
    UnknownRefusal,
    WrongChain,
    WrongGenesis,
)
from ledger.ids import Address, Hash32
from tests.fakes.fake_node import DEPLOYMENT, FakeNode
from tests.fakes.memory_outbox import MemoryOutbox
from tests.fakes.power import Killed, Power, Powered
from tests.unit.chain.made import SIGNER, opening

QUICK = SubmitterSettings(
    batch=2,
    window=4,
    poll_seconds=0.001,
    resend_seconds=0.02,
    mining_seconds=2,
    patience_seconds=0.2,
    lost_seconds=0.005,
)
ZERO_QUANTITY = Function("ReductionLedger_ZeroQuantity()").selector
DONE, REFUSED, SAVED, SENT = (
    *(OperationState.DONE, OperationState.REFUSED),
    *(OperationState.SAVED, OperationState.SENT),
)


@pytest.fixture
def node() -> FakeNode:
    return FakeNode()


@pytest.fixture
def outbox() -> MemoryOutbox:
    return MemoryOutbox()


@pytest.fixture
def submitter(node: FakeNode, outbox: MemoryOutbox) -> Iterator[Submitter]:
    with submitter_on(node, outbox) as made:
        yield made


def submitter_on(
    node: Any, outbox: Any, signer: LocalSigner = SIGNER, settings: SubmitterSettings = QUICK
) -> Submitter:
    return Submitter(node, DEPLOYMENT, signer, outbox, settings)


def states(statuses: Sequence[OperationStatus]) -> list[OperationState]:
    return [status.state for status in statuses]


def outcome(status: OperationStatus) -> tuple[object, ...]:
    return status.operation_id, status.state, status.transaction_hash, status.block_number


# --------------------------------------------------------------------------------------------------------- plain ways


def test_an_operation_is_saved_signed_sent_and_done(submitter: Submitter, node: FakeNode, outbox: MemoryOutbox) -> None:
    operation = opening(1)
    status = submitter.submit(operation)
    assert status.state is DONE
    assert status.block_number == 1
    assert status.transaction_hash == node.mined_transactions()[0].transaction.signed.hash
    assert outbox.statuses[operation.id] == status
    assert node.effects() == {operation.id: 1}


def test_signed_bytes_are_saved_before_the_node_sees_them(
    submitter: Submitter, node: FakeNode, outbox: MemoryOutbox
) -> None:
    seen: list[str] = []

    def hook(method: str, params: Sequence[Any]) -> None:
        if method == "eth_sendRawTransaction":
            saved = {"0x" + (status.raw_transaction or b"").hex() for status in outbox.statuses.values()}
            assert params[0] in saved
            seen.append(params[0])

    node.before.append(hook)
    list(submitter.submit_many(opening(number) for number in range(7)))
    assert len(seen) == 7


def test_many_come_back_in_their_order_and_under_consecutive_nonces(
    submitter: Submitter, node: FakeNode, outbox: MemoryOutbox
) -> None:
    operations = [opening(number) for number in range(11)]
    statuses = list(submitter.submit_many(iter(operations)))
    assert [status.operation_id for status in statuses] == [operation.id for operation in operations]
    assert states(statuses) == [DONE] * 11
    assert [mined.transaction.signed.transaction.nonce for mined in node.mined_transactions()] == list(range(11))
    assert [outbox.statuses[operation.id] for operation in operations] == statuses


def test_no_operation_is_taken_before_there_is_room(node: FakeNode) -> None:
    node.automine = False
    taken: list[int] = []

    def source() -> Iterator[Operation]:
        for number in range(100):
            taken.append(number)
            yield opening(number)

    impatient = replace(QUICK, mining_seconds=0.05)
    with submitter_on(node, MemoryOutbox(), settings=impatient) as submitter, pytest.raises(NotMined):
        next(submitter.submit_many(source()))
    assert len(taken) == QUICK.window + QUICK.batch  # one batch waits for room


def test_doing_it_again_changes_nothing(submitter: Submitter, node: FakeNode) -> None:
    first = submitter.submit(opening(1))
    asked = len(node.requests)
    assert submitter.submit(opening(1)) == first
    assert list(submitter.submit_many([opening(1)])) == [first]
    assert len(node.requests) == asked
    assert len(node.mined_transactions()) == 1


def test_other_content_under_the_same_id_is_a_conflict(submitter: Submitter) -> None:
    submitter.submit(opening(1))
    with pytest.raises(OperationConflict):
        submitter.submit(opening(1, account_number=2))


def test_operations_of_another_sender_are_not_taken(submitter: Submitter, outbox: MemoryOutbox) -> None:
    with pytest.raises(InvalidInput, match="sender must be 0x"):
        submitter.submit(opening(1, sender=Address(b"\x01" * 20)))
    assert not outbox.statuses


def test_what_another_outbox_has_submitted_is_done_without_sending(node: FakeNode) -> None:
    operations = [opening(number) for number in range(6)]
    with submitter_on(node, MemoryOutbox()) as first:
        done = [outcome(status) for status in first.submit_many(operations)]
    with submitter_on(node, MemoryOutbox()) as second:
        again = list(second.submit_many([*operations, opening(7)]))
    assert [outcome(status) for status in again[:6]] == done
    with submitter_on(node, MemoryOutbox()) as third:
        assert outcome(third.submit(opening(3))) == done[3]
    assert len(node.mined_transactions()) == 7


def test_a_known_operation_among_new_ones_is_repeated_without_effect(node: FakeNode) -> None:
    with submitter_on(node, MemoryOutbox()) as first:
        done = first.submit(opening(1))
    with submitter_on(node, MemoryOutbox()) as second:
        statuses = list(second.submit_many([opening(0), opening(1)]))
    assert states(statuses) == [DONE, DONE]
    assert statuses[1].transaction_hash == done.transaction_hash  # the one that appended the leaf
    assert node.effects() == {opening(0).id: 1, opening(1).id: 1}


# ------------------------------------------------------------------------------------------------------------ refusals


def test_a_refusal_that_shows_when_tried_costs_no_transaction(
    submitter: Submitter, node: FakeNode, outbox: MemoryOutbox
) -> None:
    node.refuse[opening(1).id] = ZERO_QUANTITY
    with pytest.raises(refusals.ReductionLedger_ZeroQuantity):
        submitter.submit(opening(1))
    assert not node.pool
    assert outbox.statuses[opening(1).id].error_code == "ReductionLedger_ZeroQuantity"
    with pytest.raises(refusals.ReductionLedger_ZeroQuantity):  # also from the outbox
        submitter.submit(opening(1))


@pytest.mark.parametrize("traces", [True, False])
def test_submit_many_goes_on_after_a_refusal(outbox: MemoryOutbox, traces: bool) -> None:
    node = FakeNode(traces=traces)
    node.refuse[opening(1).id] = ZERO_QUANTITY
    with submitter_on(node, outbox) as submitter:
        statuses = list(submitter.submit_many(opening(number) for number in range(3)))
    assert states(statuses) == [DONE, REFUSED, DONE]
    assert statuses[1].error_code == "ReductionLedger_ZeroQuantity"
    assert statuses[1].transaction_hash is not None
    assert outbox.statuses[opening(1).id] == statuses[1]


def test_a_refusal_that_the_node_cannot_explain_is_said_to_be_unknown(outbox: MemoryOutbox) -> None:
    node = FakeNode(traces=False)
    node.refuse[opening(0).id] = b""
    with submitter_on(node, outbox) as submitter:
        [status] = submitter.submit_many([opening(0)])
        assert status.error_code == "UnknownRefusal"
        with pytest.raises(UnknownRefusal, match="does not say why"):
            submitter.submit(opening(0))


def test_an_id_that_somebody_else_has_used_is_refused(node: FakeNode, outbox: MemoryOutbox) -> None:
    other = LocalSigner(b"\x08" * 32)
    with submitter_on(node, MemoryOutbox(), other) as theirs:
        theirs.submit(opening(1, sender=other.address))
    with submitter_on(node, outbox) as ours:
        with pytest.raises(refusals.TransparencyLog_OperationConflict):
            ours.submit(opening(1))
        statuses = list(ours.submit_many([opening(2), opening(1)]))
    assert states(statuses) == [DONE, REFUSED]


# -------------------------------------------------------------------------------------------- killed, and started again


def scenario(node: Any, outbox: Any) -> None:
    with submitter_on(node, outbox) as submitter:
        submitter.submit(opening(0))
        list(submitter.submit_many(opening(number) for number in range(1, 6)))


def steps_of_scenario() -> list[str]:
    power = Power()
    node, outbox = FakeNode(), MemoryOutbox()
    node.refuse[opening(4).id] = ZERO_QUANTITY
    scenario(Powered(node, power), Powered(outbox, power))
    return power.steps


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_step_and_resumed_each_operation_has_one_effect(after: bool) -> None:
    steps = steps_of_scenario()
    assert {"save", "mark_sent", "try_batch", "call", "mark_done", "mark_refused"} <= set(steps)
    for cut_at in range(len(steps)):
        node, outbox = FakeNode(), MemoryOutbox()
        node.refuse[opening(4).id] = ZERO_QUANTITY
        power = Power(cut_at, after=after)
        with contextlib.suppress(Killed):  # not reached if the chain was looked at less often than before
            scenario(Powered(node, power), Powered(outbox, power))
        with submitter_on(node, outbox) as submitter:
            submitter.resume()
            assert not outbox.unfinished(SIGNER.address), steps[cut_at]
            saved = {operation_id for operation_id in outbox.statuses if operation_id != opening(4).id}
            assert node.effects() == dict.fromkeys(saved, 1), steps[cut_at]
            assert submitter.resume() == []
            scenario(node, outbox)  # the same again: now everything is there, once
        assert node.effects() == {opening(number).id: 1 for number in (0, 1, 2, 3, 5)}, steps[cut_at]


def test_a_refusal_that_was_mined_before_the_process_died_is_not_tried_again(outbox: MemoryOutbox) -> None:
    node = FakeNode()
    node.refuse[opening(1).id] = ZERO_QUANTITY

    class Dying(MemoryOutbox):
        def mark_refused(self, operations: Any, *, unsent: bool = False) -> None:
            raise Killed

    dying = Dying()
    with submitter_on(node, dying) as submitter, pytest.raises(Killed):
        list(submitter.submit_many([opening(1)]))
    outbox.statuses = dying.statuses
    with submitter_on(node, outbox) as submitter:
        [status] = submitter.resume()
    assert (status.state, status.error_code) == (REFUSED, "ReductionLedger_ZeroQuantity")
    assert len(node.mined_transactions()) == 1


def test_a_trial_that_is_refused_does_not_end_what_another_sender_has_sent(node: FakeNode) -> None:
    """The other one sends between our trial and its mark; the trial saw an older state and was refused."""
    node.automine = False
    one = opening(1)
    shared = MemoryOutbox()

    class Late(MemoryOutbox):
        def mark_refused(self, operations: Any, *, unsent: bool = False) -> None:
            del node.refuse[one.id]
            with submitter_on(node, shared) as other:
                unfinished = iter(other.submit_many([one]))
                node.automine = True
                assert states(list(unfinished)) == [DONE]
            shared.mark_refused(operations, unsent=unsent)

    late = Late()
    late.statuses = shared.statuses
    late.records = shared.records
    node.refuse[one.id] = ZERO_QUANTITY
    with submitter_on(node, late) as submitter:
        assert submitter.submit(one).state is DONE
    assert shared.statuses[one.id].state is DONE
    assert node.effects() == {one.id: 1}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("lasting", [False, True])
def test_a_node_that_goes_silent_at_any_request(after: bool, lasting: bool) -> None:
    """Before or after it has done what was asked; for one request or for good, until it is back."""
    for silent_at in range(30):
        node, outbox = FakeNode(), MemoryOutbox()
        count = iter(range(1_000_000))

        def hook(method: str, params: Sequence[Any], count: Iterator[int] = count, silent_at: int = silent_at) -> None:
            place = next(count)
            if place == silent_at or (lasting and place > silent_at):
                raise NodeUnreachable("fake://node", "made")

        (node.after if after else node.before).append(hook)
        settings = replace(QUICK, patience_seconds=0.01)
        try:
            with submitter_on(node, outbox, settings=settings) as submitter:
                list(submitter.submit_many(opening(number) for number in range(5)))
        except NodeUnreachable:
            pass
        node.before.clear()
        node.after.clear()
        with submitter_on(node, outbox) as submitter:
            submitter.resume()
        assert not outbox.unfinished(SIGNER.address)
        assert node.effects() == dict.fromkeys(outbox.statuses, 1)


def test_a_silent_node_is_endured_for_a_while(submitter: Submitter, node: FakeNode) -> None:
    silences = iter([False] * 25 + [True] * 40)

    def hook(method: str, params: Sequence[Any]) -> None:
        if next(silences, False):
            raise NodeUnreachable("fake://node", "made")

    node.before.append(hook)
    assert states(list(submitter.submit_many(opening(number) for number in range(6)))) == [DONE] * 6


def test_a_node_that_comes_back_as_another_chain_is_noticed(submitter: Submitter, node: FakeNode) -> None:
    node.automine = False
    requests = iter(range(1_000_000))

    def hook(method: str, params: Sequence[Any]) -> None:
        if next(requests) == 30:
            node.blocks[0].number = 7  # no longer the genesis block we know
            raise NodeUnreachable("fake://node", "made")

    node.before.append(hook)
    with pytest.raises(WrongGenesis):
        list(submitter.submit_many(opening(number) for number in range(4)))


# ------------------------------------------------------------------------------------------- lost, replaced, in the way


def test_transactions_that_the_node_forgot_are_sent_again(submitter: Submitter, node: FakeNode) -> None:
    node.automine = False
    forgotten = iter(range(1_000_000))

    def hook(method: str, params: Sequence[Any]) -> None:
        place = next(forgotten)
        if place == 40:
            node.restart()
        if place > 60:
            node.automine = True

    node.before.append(hook)
    assert states(list(submitter.submit_many(opening(number) for number in range(4)))) == [DONE] * 4
    assert node.effects() == {opening(number).id: 1 for number in range(4)}


def test_a_gap_left_by_an_earlier_run_is_filled(node: FakeNode, outbox: MemoryOutbox) -> None:
    """Its second operation was refused by hand in the outbox, so that nobody sends its transaction any more."""
    node.automine = False
    settings = replace(QUICK, mining_seconds=0.01)
    with submitter_on(node, outbox, settings=settings) as first, pytest.raises(NotMined):
        list(first.submit_many(opening(number) for number in range(4)))
    node.restart()
    del outbox.statuses[opening(1).id]
    node.automine = True
    with submitter_on(node, outbox) as second:
        assert states(second.resume()) == [DONE] * 3
        assert second.submit(opening(9)).state is DONE
    assert node.effects() == {opening(number).id: 1 for number in (0, 2, 3, 9)}


def test_bytes_that_the_node_refuses_are_signed_again_as_now_configured(node: FakeNode, outbox: MemoryOutbox) -> None:
    node.reject = lambda t: RpcError(-32000, "Gas price not 0") if t.signed.transaction.gas_price else None
    dear = replace(QUICK, gas_price=5)
    with submitter_on(node, outbox, settings=dear) as submitter:
        with pytest.raises(RpcFailure, match="Gas price not 0"):
            submitter.submit(opening(1))
        with pytest.raises(RpcFailure, match="Gas price not 0"):
            submitter.resume()
    with submitter_on(node, outbox) as submitter:
        assert states(submitter.resume()) == [DONE]
    assert len(node.mined_transactions()) == 1


def test_a_second_submitter_with_the_same_key_is_noticed_while_its_transaction_waits(node: FakeNode) -> None:
    node.automine = False
    theirs, ours = MemoryOutbox(), MemoryOutbox()
    with submitter_on(node, ours) as us:
        us._line.open()  # both look at the same state
        settings = replace(QUICK, mining_seconds=0.01)
        with submitter_on(node, theirs, settings=settings) as them, pytest.raises(NotMined):
            them.submit(opening(1))
        with pytest.raises(KeyInUse) as caught:
            us.submit(opening(2))
    assert caught.value == KeyInUse(SIGNER.address, 0)
    node.automine = True
    node.mine()
    with submitter_on(node, ours) as us, submitter_on(node, theirs) as them:
        us.resume()
        them.resume()
    assert node.effects() == {opening(1).id: 1, opening(2).id: 1}


def test_a_nonce_that_went_to_another_transaction_is_noticed_and_resumed(node: FakeNode) -> None:
    """Ours was in the pool, the node forgot it, and the other program's took its place in a block."""
    node.automine = False
    theirs, ours = MemoryOutbox(), MemoryOutbox()
    settings = replace(QUICK, resend_seconds=100, mining_seconds=20)
    with submitter_on(node, ours, settings=settings) as us:
        statuses = us.submit_many([opening(1)])
        requests = iter(range(1_000_000))

        def hook(method: str, params: Sequence[Any]) -> None:
            if next(requests) == 30:
                node.before.clear()
                node.restart()
                node.automine = True
                with submitter_on(node, theirs) as them:
                    them.submit(opening(2))

        node.before.append(hook)
        with pytest.raises(KeyInUse):
            next(statuses)
        assert states(us.resume()) == [DONE]
    assert node.effects() == {opening(1).id: 1, opening(2).id: 1}


@pytest.mark.parametrize("many", [False, True])
def test_what_another_process_had_refused_meanwhile_is_not_sent(
    node: FakeNode, outbox: MemoryOutbox, submitter: Submitter, many: bool
) -> None:
    """Both took it from the same outbox; the other one tried it first, and it was refused then."""
    one, two = opening(1), opening(2)
    refused = RefusedOperation(operation_id=one.id, error_code="AccountRegistry_ZeroAccount", error_arguments={})

    def hook(method: str, params: Sequence[Any]) -> None:
        if method == "eth_getTransactionCount" and one.id in outbox.statuses:
            outbox.mark_refused([refused], unsent=True)

    node.before.append(hook)
    with pytest.raises(RefusedMeanwhile) as caught:
        list(submitter.submit_many([one, two])) if many else submitter.submit(one)
    assert caught.value == RefusedMeanwhile(one.id)
    assert "eth_sendRawTransaction" not in node.requests
    node.before.clear()
    assert states(submitter.resume()) == ([DONE] if many else [])
    assert node.effects() == ({two.id: 1} if many else {})
    assert outbox.statuses[one.id].state is REFUSED


def test_a_key_used_by_one_program_after_the_other_is_no_conflict(node: FakeNode) -> None:
    with submitter_on(node, MemoryOutbox()) as one, submitter_on(node, MemoryOutbox()) as other:
        for number in range(3):
            one.submit(opening(2 * number))
            other.submit(opening(2 * number + 1))
    assert len(node.effects()) == 6


def test_threads_share_a_submitter(submitter: Submitter, node: FakeNode) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            submitter.submit(opening(number % 5))  # every operation twice, at the same time
        except BaseException as error:  # noqa: BLE001 - reported below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert node.effects() == {opening(number).id: 1 for number in range(5)}


# ------------------------------------------------------------------------------------------------------ node and chain


def test_nothing_is_signed_for_another_chain(outbox: MemoryOutbox) -> None:
    for other, error in (
        (replace(DEPLOYMENT, chain_id=1), WrongChain),
        (replace(DEPLOYMENT, genesis_hash=Hash32(b"\x01" * 32)), WrongGenesis),
    ):
        node = FakeNode()
        with Submitter(node, other, SIGNER, outbox, QUICK) as submitter, pytest.raises(error):
            submitter.submit(opening(1))
        assert not node.pool


def test_a_chain_that_makes_no_blocks_is_reported(node: FakeNode, outbox: MemoryOutbox) -> None:
    node.automine = False
    with submitter_on(node, outbox, settings=replace(QUICK, mining_seconds=0.05)) as submitter:
        with pytest.raises(NotMined, match="No block has taken operation 0x"):
            submitter.submit(opening(1))
        node.automine = True
        assert states(submitter.resume()) == [DONE]


def test_a_leaf_counts_only_under_its_confirmations(node: FakeNode, outbox: MemoryOutbox) -> None:
    node.automine = False
    blocks: list[int] = []

    def hook(method: str, params: Sequence[Any]) -> None:
        if method == "eth_blockNumber" and (node.pool or blocks):
            blocks.append(len(node.blocks))
            if len(blocks) == 3:
                node.fork(1)  # the block that held the leaf, perhaps: it goes back to the pool
            node.mine()

    node.before.append(hook)
    with submitter_on(node, outbox, settings=replace(QUICK, confirmations=3)) as submitter:
        status = submitter.submit(opening(1))
    assert status.block_number is not None
    assert len(node.blocks) - 1 >= status.block_number + 3
    assert node.effects() == {opening(1).id: 1}
    assert node.blocks[status.block_number].transactions[0].leaf_of == opening(1).id
