"""Events of the contracts: raw logs of a node become typed, checked values, fast.

Each event is a named tuple whose fields are the parameters of the Solidity event in their order; `SIGNATURES` holds the
declarations as contracts/src/interfaces has them, and a test compares them with the compiler's ABI. From these the
decoders are made when this module is loaded: an event of fixed width is one `bytes.fromhex`, one mask over all padding
and one `struct` unpacking.

Nothing is skipped in silence: a log of another contract, an event that is not known, and data that is not the canonical
encoding each raise a member of `UnreadableLog`, and whoever follows the chain stops there. Ids and hashes are plain
bytes here, because they pass by the million; quantities and serials are integers below 2**63.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple, TypeVar, get_type_hints

import sha3

from chain.operations import ContractName
from ledger.errors import Inconsistent
from ledger.vocabulary import (
    AccountKind,
    ActivityKind,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    ReductionClass,
)

WORD = 32
_LIMIT_BITS = 63
"""Whole numbers on chain may be wider; what does not fit a signed 64-bit integer is refused (03-encodings §3.3)."""


# ------------------------------------------------------------------------------------------------------------ errors


@dataclass(unsafe_hash=True)
class UnreadableLog(Inconsistent):
    """A log that cannot be read. `block_number` and `log_index` are as the node wrote them."""

    address: str
    topic: str
    block_number: object
    log_index: object
    reason: str

    def explain(self) -> str:
        where = f"log {self.log_index} of block {self.block_number} at {self.address} with topic {self.topic}"
        return f"Cannot read {where}: {self.reason}; the contracts may be newer than this program."


class ForeignLog(UnreadableLog):
    """The node gave a log of a contract that was not asked for."""


class UnknownEvent(UnreadableLog):
    """The contract is known to emit no such event."""


class UndecodableEvent(UnreadableLog):
    """The data is not the canonical encoding of the event."""


# ------------------------------------------------------------------------------------------------------------ events


class LeafAppended(NamedTuple):
    """A leaf was appended to the log. Everything that is hashed into it is here but the chain id."""

    leaf_index: int
    operation_id: bytes
    ledger: bytes
    kind: int
    """Number of an `OperationKind`."""
    subject: bytes
    from_account: bytes
    to_account: bytes
    grams: int
    record_hash: bytes
    timestamp: int
    """Seconds since 1970, of the block."""
    leaf_hash: bytes


class AccountOpened(NamedTuple):
    account: bytes
    operation_id: bytes
    kind: AccountKind
    custody: Custody
    identity_commitment: bytes


class AccountFrozen(NamedTuple):
    account: bytes
    operation_id: bytes


class AccountUnfrozen(NamedTuple):
    account: bytes
    operation_id: bytes


class AccountClosed(NamedTuple):
    account: bytes
    operation_id: bytes


class MethodologyPublished(NamedTuple):
    """Days are civil days in Shanghai, both ends inclusive."""

    methodology_id: bytes
    operation_id: bytes
    code: str
    version: int
    kind: MethodologyKind
    reduction_class: ReductionClass
    effective_first_day: int
    effective_last_day: int
    document_hash: bytes


class MethodologyWithdrawn(NamedTuple):
    methodology_id: bytes
    operation_id: bytes


class Registration(NamedTuple):
    """What an activity was registered with; zero hashes and addresses stand for none."""

    code: str
    kind: ActivityKind
    methodology_id: bytes
    operator_account: bytes
    feed_signer: bytes
    crediting_first_day: int
    crediting_last_day: int
    facility_id: bytes
    pledge_hash: bytes
    cap_grams: int


class ActivityRegistered(NamedTuple):
    activity_id: bytes
    operation_id: bytes
    registration: Registration
    reduction_class: ReductionClass


class ActivitySuspended(NamedTuple):
    activity_id: bytes
    operation_id: bytes


class ActivityResumed(NamedTuple):
    activity_id: bytes
    operation_id: bytes


class ActivityClosed(NamedTuple):
    activity_id: bytes
    operation_id: bytes


class ActivityWithdrawn(NamedTuple):
    activity_id: bytes
    operation_id: bytes


class IssuanceProposed(NamedTuple):
    """The proposal's id is the operation's."""

    operation_id: bytes
    activity_id: bytes
    proposer: bytes
    first_day: int
    last_day: int
    grams: int


class IssuanceConfirmed(NamedTuple):
    lot_id: bytes
    operation_id: bytes
    proposal_id: bytes
    activity_id: bytes
    methodology_id: bytes
    reduction_class: ReductionClass
    first_day: int
    last_day: int
    credited_account: bytes
    first_serial: int
    issued_grams: int
    withheld_grams: int
    """Part that filled the deficit of the activity's debtor and was not credited."""


class IssuanceRejected(NamedTuple):
    operation_id: bytes
    proposal_id: bytes


class ReductionTransferred(NamedTuple):
    lot_id: bytes
    from_account: bytes
    to_account: bytes
    operation_id: bytes
    grams: int


class ReductionCancelled(NamedTuple):
    lot_id: bytes
    account: bytes
    certificate_number: int
    operation_id: bytes
    purpose: CancellationPurpose
    grams: int
    first_serial: int


class ReductionCorrected(NamedTuple):
    """`grams` were found over-credited; of them `taken_back_grams` were still held, the rest joined the deficit."""

    lot_id: bytes
    account: bytes
    operation_id: bytes
    grams: int
    taken_back_grams: int
    shortfall_grams: int


class LotFrozen(NamedTuple):
    lot_id: bytes
    operation_id: bytes


class LotUnfrozen(NamedTuple):
    lot_id: bytes
    operation_id: bytes


class TransferSingle(NamedTuple):
    """ERC-1155's own word for a movement. It says nothing that our events do not say, and is compared with them."""

    operator: bytes
    from_account: bytes
    to_account: bytes
    lot_id: bytes
    grams: int


class OperationRepeated(NamedTuple):
    """An operation was sent again and changed nothing."""

    operation_id: bytes


class HoldingsSourceAdded(NamedTuple):
    """Wiring of the deployment."""

    source: bytes


class AuthorityUpdated(NamedTuple):
    """Wiring of the deployment: which AccessManager a contract obeys."""

    authority: bytes


DomainEvent = (
    AccountOpened
    | AccountFrozen
    | AccountUnfrozen
    | AccountClosed
    | MethodologyPublished
    | MethodologyWithdrawn
    | ActivityRegistered
    | ActivitySuspended
    | ActivityResumed
    | ActivityClosed
    | ActivityWithdrawn
    | IssuanceProposed
    | IssuanceConfirmed
    | IssuanceRejected
    | ReductionTransferred
    | ReductionCancelled
    | ReductionCorrected
    | LotFrozen
    | LotUnfrozen
)
"""What a ledger says of an operation: each is followed by the operation's `LeafAppended`."""

AdministrativeEvent = OperationRepeated | HoldingsSourceAdded | AuthorityUpdated
"""Events that change nothing that is mirrored."""

Event = LeafAppended | DomainEvent | TransferSingle | AdministrativeEvent

_ON_EVERY_LEDGER = {
    AuthorityUpdated: "AuthorityUpdated(address authority)",
    OperationRepeated: "OperationRepeated(bytes32 indexed operationId)",
}

SIGNATURES: Mapping[ContractName, Mapping[type[Any], str]] = {
    ContractName.TRANSPARENCY_LOG: {
        AuthorityUpdated: "AuthorityUpdated(address authority)",
        LeafAppended: (
            "LeafAppended(uint64 indexed index, bytes32 indexed operationId, address indexed ledger, uint16 kind, "
            "bytes32 subject, address from, address to, uint128 grams, bytes32 recordHash, uint64 timestamp, "
            "bytes32 leafHash)"
        ),
    },
    ContractName.ACCOUNT_REGISTRY: {
        **_ON_EVERY_LEDGER,
        AccountOpened: (
            "AccountOpened(address indexed account, bytes32 indexed operationId, uint8 kind, uint8 custody, "
            "bytes32 identityCommitment)"
        ),
        AccountFrozen: "AccountFrozen(address indexed account, bytes32 indexed operationId)",
        AccountUnfrozen: "AccountUnfrozen(address indexed account, bytes32 indexed operationId)",
        AccountClosed: "AccountClosed(address indexed account, bytes32 indexed operationId)",
        HoldingsSourceAdded: "HoldingsSourceAdded(address indexed source)",
    },
    ContractName.METHODOLOGY_REGISTRY: {
        **_ON_EVERY_LEDGER,
        MethodologyPublished: (
            "MethodologyPublished(bytes32 indexed methodologyId, bytes32 indexed operationId, string code, "
            "uint32 version, uint8 kind, uint8 class, uint32 effectiveFirstDay, uint32 effectiveLastDay, "
            "bytes32 documentHash)"
        ),
        MethodologyWithdrawn: "MethodologyWithdrawn(bytes32 indexed methodologyId, bytes32 indexed operationId)",
    },
    ContractName.ACTIVITY_REGISTRY: {
        **_ON_EVERY_LEDGER,
        ActivityRegistered: (
            "ActivityRegistered(bytes32 indexed activityId, bytes32 indexed operationId, "
            "(string,uint8,bytes32,address,address,uint32,uint32,bytes32,bytes32,uint128) registration, uint8 class)"
        ),
        ActivitySuspended: "ActivitySuspended(bytes32 indexed activityId, bytes32 indexed operationId)",
        ActivityResumed: "ActivityResumed(bytes32 indexed activityId, bytes32 indexed operationId)",
        ActivityClosed: "ActivityClosed(bytes32 indexed activityId, bytes32 indexed operationId)",
        ActivityWithdrawn: "ActivityWithdrawn(bytes32 indexed activityId, bytes32 indexed operationId)",
    },
    ContractName.REDUCTION_LEDGER: {
        **_ON_EVERY_LEDGER,
        IssuanceProposed: (
            "IssuanceProposed(bytes32 indexed operationId, bytes32 indexed activityId, address indexed proposer, "
            "uint32 firstDay, uint32 lastDay, uint128 grams)"
        ),
        IssuanceConfirmed: (
            "IssuanceConfirmed(uint256 indexed lotId, bytes32 indexed operationId, bytes32 indexed proposalId, "
            "bytes32 activityId, bytes32 methodologyId, uint8 class, uint32 firstDay, uint32 lastDay, "
            "address creditedAccount, uint128 firstSerial, uint128 issuedGrams, uint128 withheldGrams)"
        ),
        IssuanceRejected: "IssuanceRejected(bytes32 indexed operationId, bytes32 indexed proposalId)",
        ReductionTransferred: (
            "ReductionTransferred(uint256 indexed lotId, address indexed from, address indexed to, "
            "bytes32 operationId, uint128 grams)"
        ),
        ReductionCancelled: (
            "ReductionCancelled(uint256 indexed lotId, address indexed account, uint64 indexed certificateNumber, "
            "bytes32 operationId, uint8 purpose, uint128 grams, uint128 firstSerial)"
        ),
        ReductionCorrected: (
            "ReductionCorrected(uint256 indexed lotId, address indexed account, bytes32 indexed operationId, "
            "uint128 grams, uint128 takenBackGrams, uint128 shortfallGrams)"
        ),
        LotFrozen: "LotFrozen(uint256 indexed lotId, bytes32 indexed operationId)",
        LotUnfrozen: "LotUnfrozen(uint256 indexed lotId, bytes32 indexed operationId)",
        TransferSingle: (
            "TransferSingle(address indexed operator, address indexed from, address indexed to, uint256 id, "
            "uint256 value)"
        ),
    },
}
"""The events that each followed contract can emit."""


# ------------------------------------------------------------------------------------------------- reading declarations

Decode = Callable[[Sequence[str]], list[Any]]
"""Logs of one kind to events. A log is the hexadecimal digits of its topics, but for the first, and of its data.
Raises ValueError or struct.error for all of them if one is malformed."""

_PARAMETER = re.compile(r"(\([^)]*\)|\w+)( indexed)? (\w+)")


class Parameter(NamedTuple):
    """One parameter of an event; `abi_type` is the canonical type, a tuple's in parentheses."""

    abi_type: str
    indexed: bool
    name: str


@dataclass(frozen=True, slots=True)
class Signature:
    """A declaration taken apart."""

    name: str
    parameters: tuple[Parameter, ...]

    @classmethod
    def parse(cls, text: str) -> Signature:
        """Reads "Name(type indexed name, ...)"."""
        name, _, rest = text.partition("(")
        found = _PARAMETER.findall(rest)
        return cls(name, tuple(Parameter(abi_type, bool(indexed), field) for abi_type, indexed, field in found))

    @property
    def canonical(self) -> str:
        """What is hashed into the topic."""
        return f"{self.name}({','.join(parameter.abi_type for parameter in self.parameters)})"

    @property
    def topic(self) -> str:
        """The first topic of its logs, as a node writes it."""
        return f"0x{sha3.keccak_256(self.canonical.encode()).hexdigest()}"


class _Place(NamedTuple):
    """How one word becomes a value: a struct format of 32 bytes, and the bits of the word that must be zero."""

    format: str
    must_be_zero: int


def _unsigned(width: int, code: str, bits: int) -> _Place:
    return _Place(f"{WORD - width}x{code}", (1 << 256) - (1 << bits))


_PLACES: Mapping[str, _Place] = {
    "uint8": _unsigned(1, "B", 8),
    "uint16": _unsigned(2, "H", 16),
    "uint32": _unsigned(4, "I", 32),
    "uint64": _unsigned(8, "Q", _LIMIT_BITS),
    "uint128": _unsigned(8, "Q", _LIMIT_BITS),
    "uint256": _unsigned(8, "Q", _LIMIT_BITS),
    "address": _Place("12x20s", (1 << 256) - (1 << 160)),
    "bytes32": _Place("32s", 0),
}


def _place(abi_type: str, python_type: Any) -> _Place:
    # A lot id is a uint256 on chain and 32 bytes everywhere else.
    return _PLACES["bytes32" if abi_type == "uint256" and python_type is bytes else abi_type]


def _words_of(hints: Mapping[str, Any]) -> tuple[tuple[int, type[IntEnum]], ...]:
    """Positions of the fields that are words of the vocabulary."""
    numbered = enumerate(hints.values())
    return tuple((i, hint) for i, hint in numbered if isinstance(hint, type) and issubclass(hint, IntEnum))


E = TypeVar("E")


def _make(cls: type[E], values: Sequence[Any], words: tuple[tuple[int, type[IntEnum]], ...]) -> E:
    """The event, its numbers turned into words; ValueError for a number that is no word."""
    if words:
        changed = list(values)
        for position, word in words:
            changed[position] = word(values[position])
        values = changed
    return tuple.__new__(cls, values)  # type: ignore[type-var]


def _fixed_width_decoder(cls: type[Any], signature: Signature) -> Decode:
    hints = get_type_hints(cls)
    pairs = zip(signature.parameters, hints.values(), strict=True)
    places = [_place(parameter.abi_type, hint) for parameter, hint in pairs]
    mask = b"".join(place.must_be_zero.to_bytes(WORD, "big") for place in places)
    layout = struct.Struct(">" + "".join(place.format for place in places))
    lengths = {2 * WORD * len(places)}
    words = _words_of(hints)
    new = tuple.__new__

    def decode(texts: Sequence[str]) -> list[Any]:
        if set(map(len, texts)) != lengths:
            raise ValueError("it has not as many words as the event")
        raw = bytes.fromhex("".join(texts))
        if int.from_bytes(raw, "big") & int.from_bytes(mask * len(texts), "big"):
            raise ValueError("padding is not zero, or a number is 2**63 or more")
        if words:
            return [_make(cls, values, words) for values in layout.iter_unpack(raw)]
        return [new(cls, values) for values in layout.iter_unpack(raw)]

    return decode


# ------------------------------------------------------------------------------------------------- events of any width


def _decoder(cls: type[Any], text: str) -> Decode:
    signature = Signature.parse(text)
    indexed = [parameter.indexed for parameter in signature.parameters]
    if indexed != sorted(indexed, reverse=True):
        raise ValueError(f"{signature.name}: topics come first, so indexed parameters must")
    if any(_is_dynamic(parameter.abi_type) for parameter in signature.parameters):
        return _any_width_decoder(cls, signature)
    return _fixed_width_decoder(cls, signature)


def _is_dynamic(abi_type: str) -> bool:
    return "string" in abi_type


def _any_width_decoder(cls: type[Any], signature: Signature) -> Decode:
    """For events with a string, directly or in a tuple. They are few, so that this one is plain instead of fast."""
    hints = get_type_hints(cls)
    indexed = [parameter.abi_type for parameter in signature.parameters if parameter.indexed]
    others = [parameter.abi_type for parameter in signature.parameters if not parameter.indexed]
    types = list(hints.values())
    words = _words_of(hints)

    def decode_one(text: str) -> Any:
        raw = bytes.fromhex(text)
        topics = [raw[at : at + WORD] for at in range(0, len(indexed) * WORD, WORD)]
        data = raw[len(indexed) * WORD :]
        values = [_static(*each) for each in zip(indexed, types[: len(indexed)], topics, strict=True)]
        more, end = _sequence(others, types[len(indexed) :], data, 0)
        if end != len(data):
            raise ValueError(f"{len(data) - end} bytes are left over")
        return _make(cls, [*values, *more], words)

    return lambda texts: [decode_one(text) for text in texts]


def _static(abi_type: str, python_type: Any, word: bytes) -> Any:
    place = _place(abi_type, python_type)
    if len(word) != WORD or int.from_bytes(word, "big") & place.must_be_zero:
        raise ValueError(f"a {abi_type} is short, padded with other than zero, or too large")
    return struct.Struct(">" + place.format).unpack(word)[0]


def _sequence(abi_types: list[str], python_types: list[Any], data: bytes, start: int) -> tuple[list[Any], int]:
    """Values of a tuple that starts at `start`, and where its data ends.

    Canonical encodings put the dynamic members after the head in their order without gaps; no other is accepted.
    """
    values: list[Any] = []
    tail = start + WORD * len(abi_types)
    for i, (abi_type, python_type) in enumerate(zip(abi_types, python_types, strict=True)):
        word = data[start + i * WORD : start + (i + 1) * WORD]
        if not _is_dynamic(abi_type):
            values.append(_static(abi_type, python_type, word))
            continue
        if _static("uint256", int, word) != tail - start:
            raise ValueError(f"a {abi_type} is not where its offset should say")
        value, tail = _string(data, tail) if abi_type == "string" else _tuple(abi_type, python_type, data, tail)
        values.append(value)
    return values, tail


def _string(data: bytes, start: int) -> tuple[str, int]:
    length = _static("uint256", int, data[start : start + WORD])
    begin = start + WORD
    end = begin + (length + WORD - 1) // WORD * WORD
    padded = data[begin:end]
    if len(padded) != end - begin or any(padded[length:]):
        raise ValueError("a string is cut short or padded with other than zero")
    return padded[:length].decode(), end


def _tuple(abi_type: str, python_type: Any, data: bytes, start: int) -> tuple[Any, int]:
    hints = get_type_hints(python_type)
    values, end = _sequence(abi_type[1:-1].split(","), list(hints.values()), data, start)
    return _make(python_type, values, _words_of(hints)), end


# ------------------------------------------------------------------------------------------------------------ decoding


class Known(NamedTuple):
    """An event that a contract can emit, and how its logs are read."""

    event: type[Any]
    topic_count: int
    decode: Decode

    @classmethod
    def of(cls, event: type[Any], text: str) -> Known:
        """From the event's declaration."""
        indexed = sum(parameter.indexed for parameter in Signature.parse(text).parameters)
        return cls(event, 1 + indexed, _decoder(event, text))


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
