"""Whatever is tried on the model, in whatever order: its invariants hold and what was refused changed nothing."""

from dataclasses import replace

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ledger.log_tree import root
from ledger.model import Leaf, LedgerModel, ModelState, broken_invariants
from ledger.refusals import ContractRefusal
from tests.fakes.ledger_moves import begin, draw_move, draw_role_change
from tests.fakes.ledger_world import Move, World

DAY = 86_400


def hashes(leaf: Leaf) -> list[bytes]:
    """Of the leaf, and before it of what the operation set off."""
    return [leaf.hash] if leaf.set_off is None else [leaf.set_off.hash, leaf.hash]


class ModelMachine(RuleBasedStateMachine):
    """Moves at random; beside the model only the list of leaves is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.leaves: list[bytes] = []
        self.seen = ModelState()

    @initialize()
    def begin(self) -> None:
        begin(self.world)
        model = World().model
        self.leaves = [one for move in self.world.moves if (leaf := move.apply(model)) for one in hashes(leaf)]
        self.seen = self.world.model.state()

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        """One rule for all: with several, Hypothesis leaves moves out of most runs."""
        match data.draw(st.sampled_from(["move"] * 16 + ["roles", "wait", "load", "fork"])):
            case "roles":
                self.change_roles(data)
            case "wait":
                self.world.model.timestamp += data.draw(st.sampled_from([0, 1, DAY // 3, DAY]))
            case "load":
                self.go_on_from_plain_data()
            case "fork":
                self.world.model = self.world.model.fork()
            case _:
                self.move(draw_move(data.draw, self.world))

    def move(self, move: Move) -> None:
        before = self.world.model.state()
        try:
            leaf = move.apply(self.world.model)
        except ContractRefusal as refusal:
            event(type(refusal).__name__)
            assert self.world.model.state() == before
            return
        event(move.function if leaf else "repeated")
        if leaf is None:
            assert self.world.model.state() == before
        else:
            self.leaves += hashes(leaf)
            self.world.moves.append(move)

    def change_roles(self, data: st.DataObject) -> None:
        method, arguments = draw_role_change(data.draw, self.world)
        try:
            getattr(self.world.model, method)(**arguments)
        except ContractRefusal as refusal:
            event(type(refusal).__name__)

    def go_on_from_plain_data(self) -> None:
        model = self.world.model
        loaded = LedgerModel.load(model.contracts, model.state(), model.timestamp, recover=self.world.feeds.signer_of)
        assert loaded.state() == model.state()
        self.world.model = loaded

    @invariant()
    def invariants_hold(self) -> None:
        assert broken_invariants(self.world.model.state()) == []

    @invariant()
    def the_log_is_all_leaves(self) -> None:
        assert self.world.model.log_size == len(self.leaves)
        assert self.world.model.log_root() == root(self.leaves)

    @invariant()
    def nothing_final_changes(self) -> None:
        """Invariants 5 and 11 and the finality of §2: what was cancelled, taken back, certified or ended stays."""
        before, now = self.seen, self.world.model.state()
        for lot_id, lot in before.lots.items():
            later = now.lots[lot_id]
            assert later.cancelled_grams >= lot.cancelled_grams
            assert later.taken_back_grams >= lot.taken_back_grams
            assert (later.first_serial, later.issued_grams) == (lot.first_serial, lot.issued_grams)
        assert before.certificates.items() <= now.certificates.items()
        assert before.operations.items() <= now.operations.items()
        assert before.campaign_cancellations.items() <= now.campaign_cancellations.items()
        for number, batch in before.batches.items():
            later_batch = now.batches[number]
            assert later_batch.corrected_grams >= batch.corrected_grams
            assert replace(later_batch, corrected_grams=batch.corrected_grams) == batch
        for reduction_class, totals in before.point_totals.items():
            since = now.point_totals[reduction_class]
            for name in ("issued_grams", "bought_back_grams", "cancelled_grams", "taken_back_grams"):
                assert getattr(since, name) >= getattr(totals, name)
        self.seen = now


ModelMachine.TestCase.settings = settings(max_examples=50, stateful_step_count=60, deadline=None)
TestModel = ModelMachine.TestCase
