"""Changes of sealed receipts at random, of RLP items and of raw bytes; linked and sealed anew, or not."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import rlp

from ledger.canonical import canonical_json, parse_strict
from tests.fakes.sealed_chain import STRANGER, VALIDATORS, keccak

EXTRA_DATA: Final = 12
SEALS: Final = 4
LINKED_ANEW: Final = 0.7
SEALED_ANEW: Final = 0.8
STRANGE_ITEMS: Final[Sequence[Any]] = (
    *(
        b"",
        b"\0",
        b"\1",
        b"\2",
        b"\x7f",
        b"\x80",
        b"\xff",
        b"\0\1",
        bytes(32),
        bytes(31),
        bytes(55),
        bytes(56),
        bytes(257),
    ),
    *([], [b""], [[]], [[[[[[[[[]]]]]]]]]),
)


def mutated_sealed(good: Mapping[str, bytes], *, seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """So many changed bundles of sealed receipts."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    names = sorted(good)
    ways: Sequence[Callable[[random.Random, list[bytes]], None]] = (_item, _item, _receipt, _extra, _raw)
    for number in range(count):
        name, way = chance.choice(names), chance.choice(ways)
        bundle: Any = parse_strict(good[name])
        proof = bundle["proof"]
        parts = [bytes.fromhex(text[2:]) for text in (proof["header"], *proof["path"])]
        changed = list(parts)
        way(chance, changed)
        if len(changed) == len(parts) and chance.random() < LINKED_ANEW:
            _link(parts, changed)
        if chance.random() < SEALED_ANEW:
            changed[0] = _sealed(chance, changed[0])
        proof["header"], *proof["path"] = ["0x" + part.hex() for part in changed]
        yield f"{name} {way.__name__.removeprefix('_')} {number}", canonical_json(bundle)


def _link(old: list[bytes], new: list[bytes]) -> None:
    """Each part holds the hash of the one below it, from the receipt up to the header."""
    for below in range(len(new) - 1, 0, -1):
        new[below - 1] = new[below - 1].replace(keccak(old[below]), keccak(new[below]))


def _sealed(chance: random.Random, header: bytes) -> bytes:
    """With other seals, most times enough of them, where it can be read."""
    try:
        items: Any = rlp.decode(header)
        extra: Any = rlp.decode(items[EXTRA_DATA])
        unsealed = rlp.encode([*items[:EXTRA_DATA], rlp.encode([*extra[:SEALS], []]), *items[EXTRA_DATA + 1 :]])
        keys = chance.choice(
            (VALIDATORS, VALIDATORS[:3], VALIDATORS[1:], VALIDATORS[:3], VALIDATORS[:2], [*VALIDATORS, STRANGER])
        )
        seals = [key.sign_recoverable(keccak(unsealed), hasher=None) for key in keys]
        sealed: bytes = rlp.encode([*items[:EXTRA_DATA], rlp.encode([*extra[:SEALS], seals]), *items[EXTRA_DATA + 1 :]])
        return sealed
    except (rlp.exceptions.RLPException, LookupError, TypeError):
        return header


def _item(chance: random.Random, parts: list[bytes]) -> None:
    at = chance.randrange(len(parts))
    decoded: Any = rlp.decode(parts[at])
    _change(chance, decoded)
    parts[at] = rlp.encode(decoded)


def _extra(chance: random.Random, parts: list[bytes]) -> None:
    items: Any = rlp.decode(parts[0])
    extra: Any = rlp.decode(items[EXTRA_DATA])
    _change(chance, extra)
    items[EXTRA_DATA] = rlp.encode(extra)
    parts[0] = rlp.encode(items)


def _receipt(chance: random.Random, parts: list[bytes]) -> None:
    key, value = rlp.decode(parts[-1])
    envelope, receipt = (value[:1], value[1:]) if value[0] < 0x80 else (b"", value)
    decoded: Any = rlp.decode(receipt)
    _change(chance, decoded)
    envelope = chance.choice((envelope, envelope, envelope, b"", b"\1", b"\2", b"\3", b"\0", b"\x7f"))
    parts[-1] = rlp.encode([key, envelope + rlp.encode(decoded)])


def _raw(chance: random.Random, parts: list[bytes]) -> None:
    at = chance.randrange(len(parts))
    part = bytearray(parts[at])
    place = chance.randrange(min(len(part), chance.choice((4, 60, len(part)))))
    match chance.randrange(6):
        case 0:
            part[place] ^= 1 << chance.randrange(8)
        case 1:
            del part[place]
        case 2:
            part[place:place] = bytes([chance.randrange(256)])
        case 3:
            part += bytes(chance.choice((1, 70_000)))
        case 4:
            del parts[at]
            return
        case _:
            parts.insert(at, parts[at])
            return
    parts[at] = bytes(part) or b"\xc0"


def _change(chance: random.Random, decoded: Any) -> None:
    """One item of it, at any depth."""
    if not isinstance(decoded, list) or not decoded:
        return
    at = chance.randrange(len(decoded))
    item = decoded[at]
    if isinstance(item, list) and item and chance.random() < 0.8:
        _change(chance, item)
        return
    match chance.randrange(7):
        case 0:
            decoded[at] = chance.choice(STRANGE_ITEMS)
        case 1:
            del decoded[at]
        case 2:
            decoded.insert(at, item)
        case 3:
            chance.shuffle(decoded)
        case 4:
            decoded[at] = b"\0" + item if isinstance(item, bytes) else item[:-1]
        case 5:
            decoded.append(chance.choice(STRANGE_ITEMS))
        case _:
            decoded[at] = _flipped(chance, item)


def _flipped(chance: random.Random, item: Any) -> Any:
    if not isinstance(item, bytes) or not item:
        return b"\1"
    changed = bytearray(item)
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)
