"""Every cheat is refused, and by the step that is there for it: another one may catch it by luck."""

import json
import random
from typing import Any

import pytest

from ledger.bundle import Bundle
from ledger.verifier import Level, Trust, verify
from tests.fakes.bundle_changes import name_of, structural_changes, value_changes, walk
from tests.fakes.bundle_cheats import Attempt, Cheat
from tests.fakes.bundle_corpus import changes, corpus
from tests.fakes.bundles import BundleWorld, good_bundles

ATTEMPTS = list(Cheat().all())
WORLD = BundleWorld()
GOOD = good_bundles(WORLD)

REDUCTIONS = {
    "type": "form",
    "format": "form",
    "deployment.*": "deployment",
    "certificate.kind": "form",
    "certificate.number": "subject",
    "certificate.lot_id": "subject",
    "certificate.purpose": "subject",
    "certificate.first_serial": "subject",
    "certificate.lot.*": "lot",
    "record.format": "form",
    "record.kind": "record",
    "record.fields.*.name": "record",
    "record.fields.*": "record",
    "leaf.index": "inclusion",
    "leaf.kind": "record",
    "leaf.ledger": "leaf",
    "leaf.operation_id": "inclusion",
    "leaf.subject": "subject",
    "leaf.from": "agreement",
    "leaf.to": "leaf",
    "leaf.quantity_gco2e": "agreement",
    "leaf.record_hash": "record",
    "leaf.timestamp": "inclusion",
    "proof.type": "form",
    "proof.inclusion.*": "inclusion",
    "proof.checkpoint": "checkpoint",
}
POINTS = REDUCTIONS | {
    "certificate.number": "entry",
    "certificate.batch.*": "subject",
    "leaf.from": "leaf",
    "leaf.quantity_gco2e": "agreement",
    "entry.format": "form",
    "entry.entry.format": "form",
    "entry.entry.fields.*.name": "form",
    "entry.*": "entry",
}
CAMPAIGN = REDUCTIONS | {
    "certificate.campaign_code": "subject",
    "certificate.class": "subject",
    "leaf.from": "leaf",
    "leaf.quantity_gco2e": "inclusion",
}
STEPS = {"reductions": REDUCTIONS, "points": POINTS, "campaign": CAMPAIGN}


def failed(data: bytes, trust: Trust, level: Level | None = None) -> str:
    verdict = verify(data, trust, level=level)
    assert verdict.verified == (verdict.failed is None) == (verdict.facts is not None)
    assert bool(verdict.reason) is not verdict.verified
    return "verified" if verdict.failed is None else verdict.failed.name


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=[one.name for one in ATTEMPTS])
def test_a_cheat_fails_at_its_step(attempt: Attempt) -> None:
    assert failed(attempt.data, attempt.trust) == attempt.step


@pytest.mark.parametrize("name", STEPS)
def test_every_value_that_is_changed_is_refused_at_its_step(name: str) -> None:
    document: Any = json.loads(GOOD[name].to_bytes())
    found = {what: (path, failed(data, WORLD.trust())) for what, path, data in value_changes(document)}
    assert len(found) == sum(not isinstance(value, dict | list) for _, value in walk(document)) > 40
    for what, (path, step) in found.items():
        assert step == expected(STEPS[name], name_of(path)), what


def expected(table: dict[str, str], name: str) -> str:
    """The step of the longest line that fits; `*` stands for anything."""
    fitting = [line for line in table if fits(line.split("."), name.split("."))]
    return table[max(fitting, key=lambda line: (line.count("."), -line.count("*")))]


def fits(line: list[str], parts: list[str]) -> bool:
    if line == ["*"]:
        return True
    if not line or not parts:
        return line == parts
    return line[0] in {"*", parts[0]} and fits(line[1:], parts[1:])


@pytest.mark.parametrize("name", [name for name in GOOD if name != "unsigned"])
def test_whatever_is_dropped_doubled_or_moved_is_refused(name: str) -> None:
    """What still verifies shows less, and says nothing else: no record, or no opening of the lot."""
    document: Any = json.loads(GOOD[name].to_bytes())
    passed = [what for what, data in structural_changes(document) if failed(data, WORLD.trust()) == "verified"]
    assert set(passed) <= {"null for record", "null for certificate.lot"}


@pytest.mark.parametrize("name", ["reductions", "points-narrow", "campaign"])
def test_each_single_byte_counts(name: str) -> None:
    """Of a note whose every line is needed; a line of a key that nobody pinned may say what it likes."""
    bundle, trust = GOOD[name], WORLD.trust(quorum=3)
    data = bundle.to_bytes()
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        assert failed(changed, trust) != "verified", data[place - 20 : place + 20]


def test_a_line_of_an_unknown_key_says_nothing() -> None:
    """With two of three witnesses needed, the third's line may be of anybody: but only its name and key id."""
    good = GOOD["reductions"]
    passed = [
        what
        for what, data in changes(good, random.Random(1), len(good.to_bytes()))  # noqa: S311 - no secret
        if failed(data, WORLD.trust(quorum=2)) == "verified" and what.startswith("byte")
    ]
    lines = good.to_bytes().partition(b"witness-a.example")
    assert 0 < len(passed) < 200
    assert all(int(what.split()[1]) >= len(lines[0]) for what in passed)


def test_the_corpus_has_every_step_of_a_log_proof() -> None:
    steps = {sample.expected_step for sample in corpus(bytes_changed=3)}
    assert steps == {
        *("verified", "size", "json", "form", "deployment", "record", "leaf", "subject", "lot", "agreement", "entry"),
        *("checkpoint", "inclusion", "log-signature", "witnesses"),
    }


def test_what_verifies_says_what_the_good_bundle_says() -> None:
    """A change that verifies may show less, never anything else."""
    for bundle in GOOD.values():
        good = verify(bundle.to_bytes(), WORLD.trust(), level=Level.LOG).facts
        if good is None:  # the one that is not signed
            continue
        for _, data in changes(bundle, random.Random(2), 300):  # noqa: S311 - no secret
            verdict = verify(data, WORLD.trust(), level=Level.LOG)
            if verdict.facts is not None:
                facts = verdict.facts
                assert (facts.number, facts.grams, facts.timestamp) == (good.number, good.grams, good.timestamp)
                assert (facts.fields or {}).items() <= (good.fields or {}).items()
                assert isinstance(Bundle.from_bytes(data), Bundle)
