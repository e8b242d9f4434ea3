"""Logs of one deployment to events."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chain.events.contracts import SIGNATURES, Event
from chain.events.decoding import Decode, Signature, decoder
from chain.events.errors import ForeignLog, UndecodableEvent, UnknownEvent, UnreadableLog
from chain.operations import ContractName


class Known(NamedTuple):
    """An event that a contract can emit, and how its logs are read."""

    event: type[Any]
    topic_count: int
    decode: Decode

    @classmethod
    def of(cls, event: type[Any], text: str) -> Known:
        """From the event's declaration."""
        indexed = sum(parameter.indexed for parameter in Signature.parse(text).parameters)
        return cls(event, 1 + indexed, decoder(event, text))


_DECODERS: Mapping[ContractName, Mapping[str, Known]] = {
    contract: {Signature.parse(text).topic: Known.of(cls, text) for cls, text in signatures.items()}
    for contract, signatures in SIGNATURES.items()
}


def _digits(topics: Sequence[str], data: str) -> str:
    """What a decoder takes. Written out by number of topics, because this is where most of the time goes."""
    match len(topics):
        case 1:
            return data[2:]
        case 2:
            return topics[1][2:] + data[2:]
        case 3:
            return topics[1][2:] + topics[2][2:] + data[2:]
        case _:
            return topics[1][2:] + topics[2][2:] + topics[3][2:] + data[2:]


_UNREADABLE = (ValueError, TypeError, IndexError, KeyError, struct.error)
"""What the decoders raise for data of the wrong form."""


class EventDecoder:
    """Reads the logs of one deployment.

    `addresses`: where the contracts are; those whose events are not followed (the AccessManager) are left out.
    """

    def __init__(self, addresses: Mapping[ContractName, bytes]) -> None:
        self._contracts = {
            "0x" + address.hex(): _DECODERS[contract]
            for contract, address in addresses.items()
            if contract in _DECODERS
        }

    @property
    def addresses(self) -> list[str]:
        """The followed contracts, as `eth_getLogs` takes them."""
        return list(self._contracts)

    def decode(self, log: Mapping[str, Any]) -> Event:
        """The event of one log as a node writes it: address, topics, data.

        Raises `ForeignLog`, `UnknownEvent` or `UndecodableEvent`.
        """
        (event,) = self.decode_all([log])
        return event

    def decode_all(self, logs: Sequence[Mapping[str, Any]]) -> list[Event]:
        """The events of many logs, in their order. All logs of one kind are read at once, which is what makes it fast.

        Raises `ForeignLog`, `UnknownEvent` or `UndecodableEvent` for the first log that cannot be read.
        """
        try:
            return self._decode_all(logs)
        except _UNREADABLE as error:
            if len(logs) != 1:
                return [self.decode(log) for log in logs]
            raise self._unreadable(logs[0], error) from None

    def _decode_all(self, logs: Sequence[Mapping[str, Any]]) -> list[Event]:
        kinds: dict[tuple[str, str, int], tuple[list[int], list[str]]] = {}
        for position, log in enumerate(logs):
            topics = log["topics"]
            kind = (log["address"], topics[0], len(topics))
            if kind not in kinds:
                kinds[kind] = ([], [])
            positions, texts = kinds[kind]
            positions.append(position)
            texts.append(_digits(topics, log["data"]))
        events: list[Any] = [None] * len(logs)
        for (address, topic, count), (positions, texts) in kinds.items():
            known = self._contracts[address][topic]
            if count != known.topic_count:
                raise ValueError(f"it has {count} topics instead of {known.topic_count}")
            for position, event in zip(positions, known.decode(texts), strict=True):
                events[position] = event
        return events

    def _unreadable(self, log: Mapping[str, Any], error: Exception) -> UnreadableLog:
        topics = log.get("topics") or ["none"]
        where = (str(log.get("address")), str(topics[0]), log.get("blockNumber"), log.get("logIndex"))
        known = self._contracts.get(where[0])
        if known is None:
            return ForeignLog(*where, "the contract is none of this deployment's")
        if where[1] not in known:
            return UnknownEvent(*where, "the contract is not known to emit this event")
        return UndecodableEvent(*where, f"the data of {known[where[1]].event.__name__} is malformed ({error})")
