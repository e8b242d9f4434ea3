"""The declarations in `chain.events` are the ones that the compiler saw, and their fields are named in its order."""

import re
from typing import Any, get_type_hints

import pytest

from chain.events import SIGNATURES, Signature
from chain.operations import ContractName
from tests.unit.chain.abi import entries

NEVER_EMITTED = {
    "ApprovalForAll(address,address,bool)",
    "EIP712DomainChanged()",
    "TransferBatch(address,address,address,uint256[],uint256[])",
    "URI(string,uint256)",
}
"""Declared by the libraries: approvals, batches, addresses of token metadata and changes of the domain do not exist."""

RENAMED = {
    "class": "reduction_class",
    "from": "from_account",
    "to": "to_account",
    "index": "leaf_index",
    "id": "lot_id",
    "value": "grams",
}
"""Words that Python keeps for itself, and ERC-1155's that say too little."""

EVENTS = [(contract, event) for contract, signatures in SIGNATURES.items() for event in signatures]


def python_name(name: str) -> str:
    return RENAMED.get(name, re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name))


@pytest.mark.parametrize("contract", SIGNATURES)
def test_every_event_of_the_contract_is_known(contract: ContractName) -> None:
    known = {Signature.parse(text).canonical for text in SIGNATURES[contract].values()}
    assert known == entries(contract, "event").keys() - NEVER_EMITTED


@pytest.mark.parametrize(("contract", "event"), EVENTS, ids=[f"{c}-{e.__name__}" for c, e in EVENTS])
def test_topics_and_fields_are_the_compilers(contract: ContractName, event: type[Any]) -> None:
    signature = Signature.parse(SIGNATURES[contract][event])
    inputs = entries(contract, "event")[signature.canonical]["inputs"]
    assert event.__name__ == signature.name
    assert [(one.name, one.indexed) for one in signature.parameters] == [
        (one["name"], one["indexed"]) for one in inputs
    ]
    compare(inputs, event)


def compare(inputs: list[dict[str, Any]], python_type: type[Any]) -> None:
    """Two fields of one type that are swapped would decode without complaint."""
    hints = get_type_hints(python_type)
    assert list(hints) == [python_name(one["name"]) for one in inputs]
    for one, hint in zip(inputs, hints.values(), strict=True):
        if "components" in one:
            compare(one["components"], hint)
