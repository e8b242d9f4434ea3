"""Honest logs never make evidence, whatever the proof; forked ones always can."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import NotEvidence
from ledger.log_tree import root
from ledger.split_view import evidence_of, verify_evidence
from tests.fakes.logs import SigningLog, leaf_hashes, proof_between

LOG = SigningLog()
SIZES = st.integers(1, 70)


@given(first_size=SIZES, grown=st.integers(0, 70), data=st.data())
def test_an_honest_pair_is_no_evidence(first_size: int, grown: int, data: st.DataObject) -> None:
    leaves = leaf_hashes(first_size + grown)
    proof = proof_between(first_size, leaves) if grown else []
    known = [*proof, *leaves[:4], root(leaves), root(leaves[:first_size])]
    drawn = data.draw(st.one_of(st.just(proof), st.permutations(proof), st.lists(st.sampled_from(known), max_size=9)))
    with pytest.raises(NotEvidence):
        evidence_of(LOG.note(leaves[:first_size]), LOG.note(leaves), LOG.verifier, drawn)


@given(first_size=SIZES, grown=st.integers(0, 70), data=st.data())
def test_a_forked_pair_always_is(first_size: int, grown: int, data: st.DataObject) -> None:
    forked_from = data.draw(st.integers(0, first_size - 1))
    honest, forked = leaf_hashes(first_size), leaf_hashes(first_size + grown, forked_from=forked_from)
    proof = proof_between(first_size, forked) if grown else []
    made, found = evidence_of(LOG.note(honest), LOG.note(forked), LOG.verifier, proof)
    assert verify_evidence(made.to_bytes(), LOG.verifier) == found
    assert (found.first_root, found.other_root) == (root(honest), root(forked[:first_size]))


@given(data=st.data())
def test_no_change_of_a_byte_makes_another_finding(data: st.DataObject) -> None:
    made, found = evidence_of(
        LOG.note(leaf_hashes(6)),
        LOG.note(leaf_hashes(11, forked_from=2)),
        LOG.verifier,
        proof_between(6, leaf_hashes(11, forked_from=2)),
    )
    content = bytearray(made.to_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(NotEvidence):
        assert verify_evidence(bytes(content), LOG.verifier) == found
