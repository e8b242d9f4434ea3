"""Bundles of sealed receipts, good and changed at random: both verifiers give the same verdict, at the same step."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from ledger.verifier import Level
from tests.fakes.bundles import BundleWorld
from tests.fakes.sealed_bundles import sealed_bundle, trust
from tests.fakes.sealed_chain import VALIDATORS
from tests.integration.agreement.mutations import mutated
from tests.integration.agreement.sealed_changes import mutated_sealed
from tests.integration.agreement.verifiers import Case, Outcome, outcome_in_python, outcomes_in_javascript

SEED = 20_261_122
CHANGED_BUNDLES = 500
CHANGED_RECEIPTS = 2_000


def cases() -> Iterator[Case]:
    """Good ones first; the validators are the world's."""
    world = BundleWorld()
    cancelled = {"reductions": world.cancel_reductions(), "points": world.cancel_points()}
    good = {name: sealed_bundle(world, one).to_bytes() for name, one in cancelled.items()}
    good["by all"] = sealed_bundle(world, cancelled["points"], sealers=VALIDATORS).to_bytes()
    changed = mutated(good, seed=SEED, count=CHANGED_BUNDLES)
    for name, data in chain(good.items(), changed, mutated_sealed(good, seed=SEED, count=CHANGED_RECEIPTS)):
        yield Case(name=name, data=data, trust=trust(world), level=Level.SEALED)


def test_both_verifiers_say_the_same_of_sealed_receipts_changed_at_random() -> None:
    """Changes of header, seals, path and receipt, most of them linked and sealed anew."""
    asked = list(cases())
    found: Counter[Outcome] = Counter()
    different = []
    for case, javascript in zip(asked, outcomes_in_javascript(asked), strict=True):
        python = outcome_in_python(case)
        found[python] += 1
        if python != javascript:
            different.append(f"{case.name}: {python} in Python, {javascript} in JavaScript")
    assert not different, f"{len(different)} of {len(asked)}:\n" + "\n".join(different[:20])
    assert {outcome.step[1] for outcome in found if outcome.step} >= {"header", "seals", "receipt", "event"}, found
    assert found[Outcome("verified")] >= 3
    assert found[Outcome("could-not-run")] == 0
