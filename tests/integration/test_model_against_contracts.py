"""The reference model and the contracts: whatever is tried, by whomever, both say the same and are left the same."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from chain.deploy import deploy
from chain.node import AnvilNode
from chain.signers import LocalSigner
from indexer.audit.callers import audit_callers
from indexer.audit.rules import audit_rules
from ledger.errors import Refused
from ledger.ids import LotId
from ledger.refusals import AccessManagedUnauthorized, ContractRefusal, ReductionLedger_SameProposerAndConfirmer
from ledger.vocabulary import CancellationPurpose, ReductionClass, Role
from tests.fakes.ledger_moves import begin, draw_move, draw_role_change
from tests.fakes.ledger_refusals import CASES
from tests.fakes.ledger_world import (
    BEHAVIOUR,
    BIKES,
    BUYER,
    CAMPAIGN,
    HOLDER,
    NOW,
    OPERATOR,
    OTHER_HOLDER,
    PERIOD,
    PROJECT,
    SCENARIO,
    SENDERS,
    TODAY,
    Move,
    World,
    commitment,
)
from tests.integration.conftest import signer_of
from tests.integration.counterpart import Counterpart, state_of_model
from tests.unit.indexer.audit.full_life import full_life
from tests.unit.indexer.audit.parts import audit_of

DAY = 86_400
OF_POINTS = {
    *("admit_provider", "suspend_provider", "resume_provider", "close_provider", "open_campaign", "close_campaign"),
    *("earn_points", "record_behaviour", "redeem_points", "donate_points", "cancel_points", "correct_points"),
    *("take_snapshot", "cancel_campaign"),
}
KEYS = {
    role: signer_of(role).address
    for role in (Role.ADMINISTRATOR, Role.REGULATOR, Role.TECHNICAL_CENTRE, Role.EXCHANGE, Role.PLATFORM)
}
RESTRICTED = {name: sender for name, sender in SENDERS.items() if isinstance(sender, Role)}


class Pair:
    """A model and contracts that begin the same; every move is made in both, one second after the last."""

    def __init__(self, counterpart: Counterpart) -> None:
        self.counterpart = counterpart
        self.world = World(contracts=counterpart.contracts, keys=KEYS, seconds_between=1, digest=counterpart.digest)
        self._made = 0

    def follow(self) -> None:
        """Makes in the contracts what `world.do` made in the model; the rules must allow it there too."""
        for move in self.world.moves[self._made :]:
            timestamp = self.world.done_at[move.operation_id]
            assert self.counterpart.apply(move, timestamp) is None, move
        self._made = len(self.world.moves)

    def make(self, move: Move) -> Refused | None:
        """Makes a move in both, one second later; what both say."""
        model = self.world.model
        model.timestamp += 1
        said = self.counterpart.apply(move, model.timestamp)
        expected: Refused | None = None
        try:
            if move.apply(model) is not None:
                self.world.moves.append(move)
                self._made += 1
        except ContractRefusal as refusal:
            expected = refusal
        assert said == expected, move
        return said

    def change_roles(self, name: str, arguments: dict[str, object]) -> None:
        """Grants or revokes in both."""
        model = self.world.model
        model.timestamp += 1
        said = self.counterpart.change_roles(name, arguments, model.timestamp)
        expected: Refused | None = None
        try:
            getattr(model, name)(**arguments)
        except ContractRefusal as refusal:
            expected = refusal
        assert said == expected, (name, arguments)

    def compare(self) -> None:
        """Every account, activity, lot, balance, total and digest, and size and root of the log."""
        assert self.counterpart.state(self.world.model.state()) == state_of_model(self.world.model)


@pytest.fixture(scope="module")
def counterpart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counterpart]:
    """Contracts on a node of their own, which mines when it is told to and at the time that it is told."""
    path = tmp_path_factory.mktemp("deployment") / "deployment.json"
    deployer = LocalSigner((998).to_bytes(32, "big"))
    with AnvilNode(block_seconds=None, timestamp=NOW - DAY) as node:
        node.rpc.call("evm_setAutomine", [True])
        deployment = deploy(node.rpc, deployer, KEYS, path).deployment
        node.rpc.call("evm_setAutomine", [False])
        yield Counterpart(node, deployment)


@pytest.fixture
def pair(counterpart: Counterpart) -> Iterator[Pair]:
    """A world with nothing in it, on both sides."""
    with counterpart.undone():
        yield Pair(counterpart)


@pytest.mark.parametrize("name", CASES)
def test_every_refusal(pair: Pair, name: str) -> None:
    pair.world.standard()
    move, expected = CASES[name](pair.world)
    pair.follow()
    assert pair.make(move) == expected


def test_an_audit_finds_that_the_contracts_keep_to_the_rules(pair: Pair, tmp_path: Path) -> None:
    """Every operation that there is, read from its events and given to a model that knows nothing else."""
    full_life(pair.world)
    pair.follow()
    with audit_of(pair.counterpart.node.rpc, pair.counterpart.deployment, tmp_path) as context:
        assert list(audit_rules(context)) == []
        assert list(audit_callers(context)) == []
        assert context.covered["operations replayed"] == pair.world.model.log_size


def test_only_the_body_may(pair: Pair) -> None:
    pair.world.standard()
    pair.follow()
    for function, role in product(RESTRICTED, KEYS):
        if role is not RESTRICTED[function]:
            refusal = pair.make(pair.world.move(function, sender=KEYS[role]))
            assert refusal == AccessManagedUnauthorized(KEYS[role])
    pair.compare()


def test_the_proposing_key_never_confirms(pair: Pair) -> None:
    """M11: not even after it became the regulator's."""
    pair.world.standard()
    proposed = pair.world.do("propose_issuance")
    pair.follow()
    centre = KEYS[Role.TECHNICAL_CENTRE]
    change = {"sender": KEYS[Role.ADMINISTRATOR], "account": centre}
    pair.change_roles("grant_role", {**change, "role": Role.REGULATOR})
    pair.change_roles("revoke_role", {**change, "role": Role.TECHNICAL_CENTRE})
    pair.change_roles("grant_role", {**change, "role": Role.REGULATOR})
    move = pair.world.move("confirm_issuance", sender=centre, proposal_id=proposed.operation_id)
    assert pair.make(move) == ReductionLedger_SameProposerAndConfirmer(proposed.operation_id, centre)
    pair.compare()


def test_every_operation_once(pair: Pair) -> None:
    """What each operation does where the rules allow it, with a deficit that later issuance fills."""
    world = pair.world.standard()
    lot = world.issue(1000)
    world.do("transfer_for", lot_id=lot, to=HOLDER, grams=900)
    world.do("transfer", lot_id=lot, grams=100)
    world.do("cancel", lot_id=lot, grams=50, purpose=CancellationPurpose.ETS_COMPLIANCE)
    world.do("cancel_for", lot_id=lot, account=BUYER, grams=70)
    world.do("freeze_lot", lot_id=lot)
    world.do("freeze_account", account=OPERATOR)
    world.do("correct", lot_id=lot, grams=600)
    world.do("unfreeze_account", account=OPERATOR)
    world.do("unfreeze_lot", lot_id=lot)
    world.do("suspend_activity")
    world.do("resume_activity")
    pair.follow()
    pair.compare()
    for last_day, grams in ((TODAY - 21, 400), (TODAY - 11, 300), (TODAY - 1, 9)):
        world.issue(grams, first_day=last_day - 9, last_day=last_day)
    rejected = world.do("propose_issuance", activity_id=SCENARIO)
    world.do("reject_issuance", proposal_id=rejected.operation_id)
    world.do("withdraw_activity", activity_id=SCENARIO)
    world.do("close_activity")
    world.do("register_activity", code="PV-2")
    world.do("withdraw_methodology")
    world.do("close_account", account=OTHER_HOLDER)
    pair.follow()
    pair.compare()
    assert {move.function for move in world.moves} | OF_POINTS == set(SENDERS)
    for move in world.moves[-20:]:
        assert pair.make(move) is None
    pair.compare()


def test_every_operation_of_points_once(pair: Pair) -> None:
    """Earning to buy-back and back to cancellation, with a deficit that later points fill."""
    world = pair.world.standard().with_points()
    world.make(world.feed("record_behaviour", total=40))
    world.earn(2_500_000)
    world.do("redeem_points")
    redeemed = world.do("redeem_points", commitment=commitment(1_700_000))
    assert redeemed.set_off is not None
    assert world.model.pool(BUYER, ReductionClass.II) == 700_300
    lot = LotId(redeemed.set_off.subject)
    world.do("transfer_for", lot_id=lot, from_account=BUYER, to=OPERATOR, grams=400_000)
    world.do("cancel_for", lot_id=lot, grams=300_000)
    world.do("donate_points")
    world.do("cancel_points", commitment=commitment(90, entry_count=90))
    world.do("cancel_campaign")
    world.do("correct_points", grams=400)
    world.do("correct_points", grams=300, commitment=commitment(200))
    world.earn(450)
    world.earn(450)
    world.earn(77, activity_id=PROJECT, first_day=TODAY - 9, last_day=TODAY - 1)
    after = world.model.batch_count
    personal = {one: world.model.point_totals(one).personal_grams for one in (ReductionClass.I, ReductionClass.II)}
    world.do("cancel_points", commitment=commitment(3))
    for one, grams in personal.items():
        world.do("take_snapshot", reduction_class=one, after_batch=after, commitment=commitment(grams))
    for function in ("suspend_provider", "resume_provider", "close_provider", "admit_provider", "close_campaign"):
        world.do(function)
    pair.follow()
    pair.compare()
    assert {move.function for move in world.moves} >= OF_POINTS
    compare_views(pair)
    for move in world.moves[-25:]:
        assert pair.make(move) is None
    pair.compare()


def compare_views(pair: Pair) -> None:
    """`chain.views` names every value that the contracts give by the name that the model has for it."""
    views, model = pair.counterpart.views(), pair.world.model
    for number in range(1, model.batch_count + 1):
        batch = views.batch_of(number)
        same(batch, model.batch(number))
        assert views.batches_of_roots([batch.commitment.root]) == [model.batch_of_root(batch.commitment.root)]
    same(views.provider_of(BUYER), model.provider(BUYER))
    same(views.campaign_of(CAMPAIGN), model.campaign(CAMPAIGN))
    for one in (ReductionClass.I, ReductionClass.II):
        same(views.point_totals_of(one), model.point_totals(one))
        assert views.pool_of(BUYER, one) == model.pool(BUYER, one)
        assert views.campaign_pool_of(CAMPAIGN, one) == model.campaign_pool(CAMPAIGN, one)
        assert views.latest_snapshot(one) == model.latest_snapshot(one) > 0
    assert views.batch_count() == model.batch_count
    assert views.next_sequence(BIKES) == model.next_sequence(BIKES) > 1
    assert views.behaviour_value_of(BEHAVIOUR) == model.behaviour_value(BEHAVIOUR) > 0
    assert views.is_earned(BIKES, PERIOD[0])
    assert not views.is_earned(BIKES, PERIOD[0] - 1)


def same(read: object, modelled: object) -> None:
    for name in read.__dataclass_fields__:  # type: ignore[attr-defined]
        assert getattr(read, name) == getattr(modelled, name), name


class ModelAgainstContracts(RuleBasedStateMachine):
    """Valid and invalid moves by every role, role changes, and days that pass."""

    counterpart: ClassVar[Counterpart]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(self.counterpart.undone())
        self.pair = Pair(self.counterpart)

    @initialize()
    def begin(self) -> None:
        begin(self.pair.world)
        self.pair.follow()

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        """One rule for all: with several, Hypothesis leaves moves out of most runs."""
        match data.draw(st.sampled_from(["move"] * 17 + ["roles", "wait"])):
            case "roles":
                self.pair.change_roles(*draw_role_change(data.draw, self.pair.world))
            case "wait":
                self.pair.world.model.timestamp += data.draw(st.sampled_from([1, DAY // 3, DAY]))
            case _:
                refusal = self.pair.make(draw_move(data.draw, self.pair.world))
                event(type(refusal).__name__)

    def teardown(self) -> None:
        with self.stack:
            self.pair.compare()


def test_whatever_is_tried(counterpart: Counterpart) -> None:
    ModelAgainstContracts.counterpart = counterpart
    examples = int(os.environ.get("TANPUHUI_TEST_EXAMPLES", "50"))
    run_state_machine_as_test(
        ModelAgainstContracts,
        settings=settings(
            max_examples=examples,
            stateful_step_count=50,
            deadline=None,
            # Shrinking replays everything on the node and takes minutes; tests/property/ledger shrinks without one.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            report_multiple_bugs=False,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
