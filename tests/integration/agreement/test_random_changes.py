"""Bundles changed at random: both verifiers give the same verdict, at the same step."""

import random
from collections import Counter
from collections.abc import Iterator
from itertools import cycle

from ledger import log_tree
from ledger.ids import Hash32
from ledger.verifier import Level
from tests.fakes.bundles import BundleWorld, good_bundles
from tests.integration.agreement.mutations import mutated
from tests.integration.agreement.resealing import resealed
from tests.integration.agreement.verifiers import Case, FakeNode, Outcome, outcome_in_python, outcomes_in_javascript

SEED = 20_261_121
CHANGED_BUNDLES = 6_000
RESEALED = 0.4
LEVELS = (Level.LOG, Level.WITNESSED, Level.NODE)
BEFORE_THE_PROOF = ("json", "form", "deployment", "record", "leaf", "subject", "lot", "agreement", "entry")
OF_THE_PROOF = ("checkpoint", "inclusion", "log-signature", "witnesses", "chain")


def cases() -> Iterator[Case]:
    """Good bundles at every level, then changed ones; the pins are the world's."""
    world = BundleWorld()
    good = {name: bundle.to_bytes() for name, bundle in good_bundles(world).items()}
    roots = [Hash32(log_tree.root(world.leaves[:size])) for size in range(1, len(world.leaves) + 1)]
    genesis = world.deployment.genesis_hash
    node = FakeNode(chain_id=world.chain_id, genesis_hash=genesis, roots=roots)
    for level in LEVELS:
        for name, data in good.items():
            yield Case(name=f"{name} {level}", data=data, trust=world.trust(), level=level, node=node)
    nodes = (
        node,
        FakeNode(chain_id=1, genesis_hash=genesis, roots=roots),
        FakeNode(chain_id=world.chain_id, genesis_hash=genesis, roots=roots[:-1]),
        FakeNode(chain_id=world.chain_id, genesis_hash=genesis, roots=[*roots[:-1], roots[0]]),
    )
    chance = random.Random(SEED)  # noqa: S311 - nothing secret
    for (name, data), level in zip(mutated(good, seed=SEED, count=CHANGED_BUNDLES), cycle(LEVELS), strict=False):
        yield Case(
            name=f"{name} {level}",
            data=resealed(chance, world, data) if chance.random() < RESEALED else data,
            trust=world.trust(quorum=chance.choice((1, 2, 3))),
            level=level,
            node=chance.choices(nodes, weights=(17, 1, 1, 1))[0],
        )


def test_both_verifiers_say_the_same_of_bundles_changed_at_random() -> None:
    """6,000 changes, most of them of values in bundles that stay canonical, so that every step is reached."""
    asked = list(cases())
    found: Counter[Outcome] = Counter()
    different = []
    for case, javascript in zip(asked, outcomes_in_javascript(asked), strict=True):
        python = outcome_in_python(case)
        found[python] += 1
        if python != javascript:
            different.append(f"{case.name}: {python} in Python, {javascript} in JavaScript")
    assert not different, f"{len(different)} of {len(asked)}:\n" + "\n".join(different[:20])
    assert {outcome.step[1] for outcome in found if outcome.step} >= {*BEFORE_THE_PROOF, *OF_THE_PROOF}, found
    assert found[Outcome("could-not-run")] == 0
