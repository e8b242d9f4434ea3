"""Decoders against eth-abi, and the inlined hashes against `ledger.encoding`."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain import events
from chain.events import SIGNATURES, EventDecoder, LeafAppended, ReductionCancelled, Signature, UndecodableEvent
from chain.events.log import leaf_hash
from chain.operations import ContractName
from indexer.claims.reductions import certificate_subject
from ledger import encoding
from ledger.ids import Address, LotId, OperationId
from ledger.vocabulary import (
    AccountKind,
    ActivityKind,
    BatchKind,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    OperationKind,
    ProviderMode,
    ReductionClass,
    Word,
)
from tests.fakes.event_logs import ADDRESSES, encode_log

DECODER = EventDecoder(ADDRESSES)
WORDS: dict[str, type[Word]] = {
    "custody": Custody,
    "class": ReductionClass,
    "purpose": CancellationPurpose,
    "mode": ProviderMode,
}
KINDS: dict[type[Any], type[Word]] = {
    events.AccountOpened: AccountKind,
    events.MethodologyPublished: MethodologyKind,
}
EVENTS = [(contract, event) for contract, signatures in SIGNATURES.items() for event in signatures]

hash32 = st.binary(min_size=32, max_size=32)
address = st.binary(min_size=20, max_size=20)
grams = st.integers(0, 2**63 - 1)


def uint(abi_type: str) -> st.SearchStrategy[int]:
    return st.integers(0, min(2 ** int(abi_type[4:]), 2**63) - 1)


def values_of(event: type[Any], parameter: events.Parameter) -> st.SearchStrategy[Any]:
    if parameter.name in {"lotId", "id"} or parameter.abi_type == "bytes32":
        return hash32
    if parameter.name == "kind" and event in KINDS:
        return st.sampled_from(KINDS[event])
    if parameter.name in WORDS:
        return st.sampled_from(WORDS[parameter.name])
    if parameter.abi_type == "address":
        return address
    if parameter.abi_type == "string":
        return st.text(max_size=80)
    if parameter.abi_type.startswith("("):
        return TUPLES[parameter.name]
    return uint(parameter.abi_type)


registrations = st.builds(
    events.Registration,
    code=st.text(max_size=80),
    kind=st.sampled_from(ActivityKind),
    methodology_id=hash32,
    operator_account=address,
    feed_signer=address,
    crediting_first_day=uint("uint32"),
    crediting_last_day=uint("uint32"),
    facility_id=hash32,
    pledge_hash=hash32,
    cap_grams=grams,
)
TUPLES: dict[str, st.SearchStrategy[Any]] = {
    "registration": registrations,
    "campaign": st.builds(
        events.Campaign,
        code=st.text(max_size=80),
        beneficiary=address,
        purpose=st.sampled_from(CancellationPurpose),
        last_day=uint("uint32"),
        document_hash=hash32,
    ),
    "commitment": st.builds(events.BatchCommitment, root=hash32, total=grams, entry_count=grams, file_hash=hash32),
    "header": st.builds(
        events.FeedHeader,
        kind=st.sampled_from(BatchKind),
        activity_id=hash32,
        methodology_id=hash32,
        reduction_class=st.sampled_from(ReductionClass),
        sequence=grams,
        first_day=uint("uint32"),
        last_day=uint("uint32"),
        root=hash32,
        total=grams,
        entry_count=grams,
        file_hash=hash32,
    ),
}


@pytest.mark.parametrize(("contract", "event"), EVENTS, ids=[f"{c}-{e.__name__}" for c, e in EVENTS])
@given(data=st.data())
def test_every_event_decodes_to_what_was_encoded(contract: ContractName, event: type[Any], data: st.DataObject) -> None:
    parameters = Signature.parse(SIGNATURES[contract][event]).parameters
    values = tuple(data.draw(values_of(event, parameter)) for parameter in parameters)
    decoded = DECODER.decode(encode_log(contract, event, *values))
    assert type(decoded) is event
    assert tuple(decoded) == values


@pytest.mark.parametrize(("contract", "event"), EVENTS, ids=[f"{c}-{e.__name__}" for c, e in EVENTS])
@given(data=st.data())
def test_bytes_too_many_or_too_few_are_refused(contract: ContractName, event: type[Any], data: st.DataObject) -> None:
    parameters = Signature.parse(SIGNATURES[contract][event]).parameters
    values = tuple(data.draw(values_of(event, parameter)) for parameter in parameters)
    log = encode_log(contract, event, *values)
    more = log | {"data": log["data"] + data.draw(st.sampled_from(["0", "00", "00" * 32]))}
    with pytest.raises(UndecodableEvent):
        DECODER.decode(more)
    if len(log["data"]) > 2:
        with pytest.raises(UndecodableEvent):
            DECODER.decode(log | {"data": log["data"][: -data.draw(st.sampled_from([1, 2, 64]))]})
    with pytest.raises(UndecodableEvent):
        DECODER.decode(log | {"topics": [*log["topics"], "0x" + "00" * 32]})


@given(st.lists(st.sampled_from(range(len(EVENTS))), max_size=30), st.data())
def test_many_at_once_are_each_alone(kinds: list[int], data: st.DataObject) -> None:
    logs = []
    for kind in kinds:
        contract, event = EVENTS[kind]
        parameters = Signature.parse(SIGNATURES[contract][event]).parameters
        logs.append(encode_log(contract, event, *(data.draw(values_of(event, parameter)) for parameter in parameters)))
    assert DECODER.decode_all(logs) == [DECODER.decode(log) for log in logs]


leaves = st.builds(
    LeafAppended,
    leaf_index=grams,
    operation_id=hash32.filter(any),
    ledger=address,
    kind=st.sampled_from(OperationKind).map(int),
    subject=hash32,
    from_account=address,
    to_account=address,
    grams=grams,
    record_hash=hash32,
    timestamp=grams,
    leaf_hash=hash32,
)


@given(leaf=leaves, chain_id=st.integers(0, 2**64 - 1))
def test_the_inlined_leaf_is_the_encodings(leaf: LeafAppended, chain_id: int) -> None:
    assert leaf_hash(chain_id, leaf) == encoding.log_leaf(
        chain_id=chain_id,
        ledger=Address(leaf.ledger),
        kind=leaf.kind,
        operation_id=OperationId(leaf.operation_id),
        subject=leaf.subject,
        from_account=Address(leaf.from_account),
        to_account=Address(leaf.to_account),
        grams=leaf.grams,
        record_hash=leaf.record_hash,
        timestamp=leaf.timestamp,
    )


cancellations = st.builds(
    ReductionCancelled,
    lot_id=hash32,
    account=address,
    certificate_number=grams,
    operation_id=hash32,
    purpose=st.sampled_from(CancellationPurpose),
    grams=grams,
    first_serial=grams,
)


@given(cancellations)
def test_the_inlined_subject_is_the_encodings(event: ReductionCancelled) -> None:
    assert certificate_subject(event) == encoding.certificate_subject(
        certificate_number=event.certificate_number,
        lot_id=LotId(event.lot_id),
        purpose=event.purpose,
        first_serial=event.first_serial,
    )
