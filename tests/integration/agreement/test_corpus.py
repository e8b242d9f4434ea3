"""Every bundle of `tests.fakes.bundle_corpus`: both verifiers say what the corpus says."""

from ledger.verifier import Level
from tests.fakes.bundle_cheats import VERIFIED
from tests.fakes.bundle_corpus import Sample, corpus
from tests.integration.agreement.verifiers import Case, outcome_in_python, outcomes_in_javascript

LEAST_SAMPLES = 5_000


def case_of(sample: Sample) -> Case:
    """The sample at the strongest level that its pins allow: the verifier of the browser does not choose by itself."""
    strongest = Level.WITNESSED if sample.trust.witnesses else Level.LOG
    return Case(name=sample.name, data=sample.data, trust=sample.trust, level=sample.level or strongest)


def test_both_verifiers_say_what_the_corpus_says() -> None:
    """Cheats, each single change of good bundles, and changed bytes."""
    samples = list(corpus())
    assert len(samples) >= LEAST_SAMPLES
    cases = [case_of(sample) for sample in samples]
    different = []
    for sample, case, javascript in zip(samples, cases, outcomes_in_javascript(cases), strict=True):
        python = outcome_in_python(case)
        said = VERIFIED if python.step is None else python.step[1]
        if python != javascript or said != sample.expected_step:
            said_both = f"{python} in Python, {javascript} in JavaScript"
            different.append(f"{sample.name}: {sample.expected_step} expected, {said_both}")
    assert not different, f"{len(different)} of {len(samples)}:\n" + "\n".join(different[:20])
