"""What the ledger would say to an operation is asked without leaving anything behind."""

import pytest

from chain.rpc import RpcError
from chain.trial import try_operation
from ledger import refusals
from ledger.errors import RpcFailure
from tests.fakes.fake_node import DEPLOYMENT, FakeNode
from tests.unit.chain.made import opening
from tests.unit.chain.test_submitter import ZERO_QUANTITY


def test_what_would_be_taken_is_no_refusal_and_leaves_nothing() -> None:
    node = FakeNode()
    assert try_operation(node, DEPLOYMENT, opening(0)) is None
    assert node.requests == ["eth_call"]
    assert not node.pool


def test_what_would_be_refused_is_told_as_the_contract_says_it() -> None:
    node = FakeNode()
    node.refuse[opening(0).id] = ZERO_QUANTITY
    assert try_operation(node, DEPLOYMENT, opening(0)) == refusals.ReductionLedger_ZeroQuantity()


def test_a_node_that_fails_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    node = FakeNode()
    answer = node.try_call("eth_nothing")
    assert isinstance(answer.error, RpcError)
    monkeypatch.setattr(node, "try_call", lambda *_: answer)
    with pytest.raises(RpcFailure):
        try_operation(node, DEPLOYMENT, opening(0))
