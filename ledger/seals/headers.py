"""Headers of QBFT blocks: their form, their two hashes, and the seals of the validators over them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, NamedTuple

from coincurve import PublicKey

from ledger.errors import InvalidInput, ProofError, ProofMalformed
from ledger.ids import Address, Hash32
from ledger.seals.canonical import (
    Item,
    all_of_width,
    decode_list,
    encode,
    is_bytes_of,
    is_number,
    keccak256,
    number_of,
    to_item,
)

MAX_HEADER_BYTES: Final = 65_536

_STEP: Final = "header"
_SEALS: Final = "seals"
_SEAL_BYTES: Final = 65
_ROUND_BYTES: Final = 4
_HALF_ORDER: Final = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""Half the order of secp256k1: of the two s that make one signature good, only the low one is taken."""


class HeaderItem(NamedTuple):
    """An item of a header: its name in JSON-RPC, and its width in bytes; a `number`'s is the most it may have."""

    name: str
    width: int
    number: bool = False


HEADER_ITEMS: Final = (
    HeaderItem("parentHash", 32),
    HeaderItem("sha3Uncles", 32),
    HeaderItem("miner", 20),
    HeaderItem("stateRoot", 32),
    HeaderItem("transactionsRoot", 32),
    HeaderItem("receiptsRoot", 32),
    HeaderItem("logsBloom", 256),
    HeaderItem("difficulty", 32, number=True),
    HeaderItem("number", 8, number=True),
    HeaderItem("gasLimit", 8, number=True),
    HeaderItem("gasUsed", 8, number=True),
    HeaderItem("timestamp", 8, number=True),
    HeaderItem("extraData", MAX_HEADER_BYTES),
    HeaderItem("mixHash", 32),
    HeaderItem("nonce", 8),
    HeaderItem("baseFeePerGas", 32, number=True),
    HeaderItem("withdrawalsRoot", 32),
    HeaderItem("blobGasUsed", 8, number=True),
    HeaderItem("excessBlobGas", 8, number=True),
    HeaderItem("parentBeaconBlockRoot", 32),
    HeaderItem("requestsHash", 32),
)
"""In the order of the yellow paper, EIP-1559, 4895, 4844, 4788 and 7685. Forks only append."""

FEWEST_ITEMS: Final = 15
_EXTRA_DATA: Final = 12
_PLACE: Final = {item.name: place for place, item in enumerate(HEADER_ITEMS)}
_VOTES: Final = (b"", b"\x00", b"\xff")
"""Drop, as GoQuorum and as Besu write it, and add."""


@dataclass(frozen=True, slots=True)
class Header:
    """A header as the chain has it. `items` are all of it; `agreed` the first three items of its `extraData`, which are
    vanity, validators and vote; `round` says in which round, from 0, the validators agreed; a seal is r, s and v.
    """

    items: tuple[bytes, ...]
    agreed: tuple[Item, Item, Item]
    round: int
    seals: tuple[bytes, ...]

    @property
    def number(self) -> int:
        """Of the block."""
        return number_of(self.items[_PLACE["number"]])

    @property
    def timestamp(self) -> int:
        """Seconds since 1970, UTC."""
        return number_of(self.items[_PLACE["timestamp"]])

    @property
    def receipts_root(self) -> Hash32:
        """Root of the trie of the block's receipts."""
        return Hash32(self.items[_PLACE["receiptsRoot"]])

    @property
    def sealed_hash(self) -> Hash32:
        """What validators seal: the header without seals, with its round."""
        return self._hash_with(self.round)

    @property
    def block_hash(self) -> Hash32:
        """What names the block: the header without seals, and with round 0, in whatever round it was agreed."""
        return self._hash_with(0)

    def _hash_with(self, agreed_round: int) -> Hash32:
        extra = encode([*self.agreed, to_item(agreed_round), []])
        return Hash32(keccak256(encode([*self.items[:_EXTRA_DATA], extra, *self.items[_EXTRA_DATA + 1 :]])))


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedHeader:
    """What a header says once its seals were verified, and who sealed it, in the order of the seals."""

    number: int
    timestamp: int
    receipts_root: Hash32
    block_hash: Hash32
    sealers: tuple[Address, ...]


def parse_header(data: bytes) -> Header:
    """Reads the RLP of a header; `ProofMalformed` at `header` where it is not of the form of §8.6."""
    if len(data) > MAX_HEADER_BYTES:
        raise _malformed(f"it has more than {MAX_HEADER_BYTES} bytes")
    items = decode_list(data, _STEP)
    if not FEWEST_ITEMS <= len(items) <= len(HEADER_ITEMS):
        raise _malformed(f"it has {len(items)} items")
    checked = tuple(_checked(expected, item) for expected, item in zip(HEADER_ITEMS, items, strict=False))
    extra = decode_list(checked[_EXTRA_DATA], _STEP)
    if len(extra) != 5:
        raise _malformed("its extraData is not vanity, validators, vote, round and seals")
    vanity, validators, vote, agreed_round, seals = extra
    if not is_bytes_of(vanity, 32):
        raise _malformed("its vanity is not 32 bytes")
    if all_of_width(validators, Address.LENGTH) is None:
        raise _malformed("its validators are no list of addresses")
    if not _is_vote(vote):
        raise _malformed("its vote is neither empty nor an address and what is voted of it")
    if not is_number(agreed_round, _ROUND_BYTES):
        raise _malformed("its round is no number below 2^32")
    sealed = all_of_width(seals, _SEAL_BYTES)
    if sealed is None:
        raise _malformed(f"its seals are no list of {_SEAL_BYTES} bytes each")
    return Header(checked, (vanity, validators, vote), number_of(agreed_round), sealed)


def quorum(validators: int) -> int:
    """How many of so many validators have to seal a block: two thirds, rounded up."""
    return (2 * validators + 2) // 3


def sealers_of(header: Header) -> tuple[Address, ...]:
    """Who made each of the header's seals, whoever it is; `ProofError` at `seals` for a seal that is nobody's."""
    sealed_hash = header.sealed_hash
    sealers: list[Address] = []
    for place, seal in enumerate(header.seals, 1):
        sealer = _sealer(seal, sealed_hash)
        if sealer is None:
            raise _unsealed(f"seal {place} is nobody's")
        sealers.append(sealer)
    return tuple(sealers)


def verify_header(data: bytes, validators: Collection[Address]) -> SealedHeader:
    """The header, sealed by enough of the pinned `validators`.

    Raises `ProofMalformed` at `header` for its form, and what `verify_seals` raises.
    """
    return verify_seals(parse_header(data), validators)


def verify_seals(header: Header, validators: Collection[Address]) -> SealedHeader:
    """What enough of the pinned `validators` sealed.

    Raises `ProofError` at `seals` where a seal is by nobody, by a stranger or by one validator again, or where there
    are too few; `InvalidInput` for pins that are none.
    """
    pinned = frozenset(validators)
    if not pinned or len(pinned) != len(validators):
        raise InvalidInput("validators", "be at least one, and each there once", len(validators))
    sealers = sealers_of(header)
    for place, sealer in enumerate(sealers, 1):
        if sealer not in pinned:
            raise _unsealed(f"seal {place} is by {sealer}, which is no pinned validator")
        if sealer in sealers[: place - 1]:
            raise _unsealed(f"seal {place} is the second one of {sealer}")
    if len(sealers) < quorum(len(pinned)):
        raise _unsealed(f"{len(sealers)} of {len(pinned)} validators sealed it, and {quorum(len(pinned))} are needed")
    return SealedHeader(
        number=header.number,
        timestamp=header.timestamp,
        receipts_root=header.receipts_root,
        block_hash=header.block_hash,
        sealers=sealers,
    )


def _sealer(seal: bytes, sealed_hash: Hash32) -> Address | None:
    """Who made the seal. Nobody, where it is not the one form in which a key signs."""
    if seal[64] > 1 or int.from_bytes(seal[32:64], "big") > _HALF_ORDER:
        return None
    try:
        key = PublicKey.from_signature_and_message(seal, sealed_hash, hasher=None)
    except Exception:  # noqa: BLE001 - coincurve raises a bare Exception
        return None
    return Address(keccak256(key.format(compressed=False)[1:])[12:])


def _checked(expected: HeaderItem, item: Item) -> bytes:
    """The item, if it is as wide as it has to be."""
    if expected.name == "extraData":
        good = isinstance(item, bytes)
    elif expected.number:
        good = is_number(item, expected.width)
    else:
        good = is_bytes_of(item, expected.width)
    if not good or not isinstance(item, bytes):
        raise _malformed(f"its {expected.name} is not of the width that it has to have")
    return item


def _is_vote(item: Item) -> bool:
    match item:
        case []:
            return True
        case [bytes() as validator, bytes() as what]:
            return len(validator) == Address.LENGTH and what in _VOTES
        case _:
            return False


def _malformed(reason: str) -> ProofMalformed:
    return ProofMalformed(_STEP, reason)


def _unsealed(reason: str) -> ProofError:
    return ProofError(_SEALS, reason)
