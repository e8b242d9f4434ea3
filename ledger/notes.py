"""Signed notes: text under Ed25519 signatures of named keys (C2SP signed-note), docs/spec/07-log.md §7.2.

A log signs the text itself, a witness the text under a line that says when. Signature lines of keys that the reader
was not given are ignored, and nothing follows from them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Self

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey

from ledger.errors import InvalidKey, InvalidNote

MAX_NOTE_BYTES = 65_536
MAX_SIGNATURE_LINES = 64
MAX_TIMESTAMP = 2**63 - 1

_KEY_ID_LENGTH, _KEY_LENGTH, _SIGNATURE_LENGTH, _TIMESTAMP_LENGTH = 4, 32, 64, 8
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f-\x9f]{1,255}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_SIGNATURE_LINE = re.compile(r"— (?P<name>\S+) (?P<signature>[A-Za-z0-9+/=]+)")
_KEY = re.compile(r"(?P<name>[^+]+)\+(?P<key_id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/=]+)")
_SIGNER_PREFIX = "PRIVATE+KEY+"


class KeyType(IntEnum):
    """What a key signs."""

    LOG = 0x01
    """The text."""
    WITNESS = 0x04
    """The text and a time (C2SP tlog-cosignature, Ed25519)."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A named public key."""

    name: str
    type: KeyType
    public_key: bytes
    key_id: bytes = field(init=False, repr=False, compare=False)
    """The first four bytes of the hash of name, type and key: which line is this key's, no more."""

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.public_key) != _KEY_LENGTH:
            raise InvalidKey("key", f"have {_KEY_LENGTH} bytes", len(self.public_key))
        head = f"{self.name}\n".encode() + bytes([self.type])
        key_id = hashlib.sha256(head + self.public_key).digest()[:_KEY_ID_LENGTH]
        object.__setattr__(self, "key_id", key_id)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `name+key id+base64`; `InvalidKey` for anything else."""
        name, key_type, key, key_id = _parse_key(text)
        parsed = cls(name, key_type, key)
        if parsed.key_id != key_id:
            raise InvalidKey("key", "have the key id of its name and bytes", text)
        return parsed

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_encode(bytes([self.type]) + self.public_key)}"


@dataclass(frozen=True, slots=True)
class SignerKey:
    """A named private key. Its repr and str keep the seed back: `to_secret_text` writes it."""

    name: str
    type: KeyType
    seed: bytes = field(repr=False)

    @classmethod
    def generate(cls, name: str, key_type: KeyType) -> Self:
        """A new random key."""
        _check_name(name)
        return cls(name, key_type, bytes(SigningKey.generate()))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `PRIVATE+KEY+name+key id+base64`; `InvalidKey`, which shows none of it, for anything else."""
        try:
            name, key_type, seed, key_id = _parse_key(text.strip().removeprefix(_SIGNER_PREFIX))
            parsed = cls(name, key_type, seed)
            if text.strip().startswith(_SIGNER_PREFIX) and parsed.verifier.key_id == key_id:
                return parsed
        except InvalidKey:
            pass
        raise InvalidKey("signer key", "be PRIVATE+KEY+name+key id+base64", "something else")

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, self.type, bytes(SigningKey(self.seed).verify_key))

    def to_secret_text(self) -> str:
        """The key as `parse` reads it: for a file that only its owner may read."""
        key_id = self.verifier.key_id.hex()
        return f"{_SIGNER_PREFIX}{self.name}+{key_id}+{_encode(bytes([self.type]) + self.seed)}\n"

    def sign(self, text: str, *, timestamp: int = 0) -> SignatureLine:
        """The line over `text`; `timestamp`, seconds since 1970 UTC, is a witness's and is not used by a log's key."""
        stamp = b""
        if self.type is KeyType.WITNESS:
            stamp = timestamp.to_bytes(_TIMESTAMP_LENGTH, "big")
        signature = SigningKey(self.seed).sign(_message(self.type, text, timestamp)).signature
        return SignatureLine(self.name, self.verifier.key_id, stamp + signature)

    def __str__(self) -> str:
        return f"signer key of {self.name}"


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One line under a note: whose it says it is, and what follows the key id."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"— {self.name} {_encode(self.key_id + self.signature)}"


@dataclass(frozen=True, slots=True)
class Note:
    """A text, ended by a line feed, and the lines under it. Nothing is verified yet."""

    text: str
    lines: tuple[SignatureLine, ...]

    @classmethod
    def parse(cls, data: str | bytes) -> Self:
        """Reads a note strictly; `InvalidNote` says what is wrong."""
        text, separator, signatures = _readable(data).rpartition("\n\n")
        if not separator or not signatures.endswith("\n"):
            raise InvalidNote("note", "be text, an empty line, and signature lines, each ended by a line feed", data)
        lines = signatures[:-1].split("\n")
        if len(lines) > MAX_SIGNATURE_LINES:
            raise InvalidNote("note", f"have at most {MAX_SIGNATURE_LINES} signature lines", len(lines))
        return cls(text + "\n", tuple(parse_signature_line(line) for line in lines))

    def verify(self, keys: Iterable[VerifierKey]) -> Mapping[VerifierKey, int]:
        """Which of `keys` signed, with the witnesses' times (0 of a log's key).

        Raises `InvalidNote` if a line of one of them does not verify. Of a key with several lines the earliest time is
        given. Give each public key once: `check_distinct`.
        """
        signed: dict[VerifierKey, int] = {}
        by_line = {(key.name, key.key_id): key for key in keys}
        for line in self.lines:
            if (key := by_line.get((line.name, line.key_id))) is not None:
                timestamp = _verify_line(key, line, self.text)
                signed[key] = min(timestamp, signed.get(key, timestamp))
        return signed

    def __str__(self) -> str:
        return f"{self.text}\n" + "".join(f"{line}\n" for line in self.lines)


def parse_signature_line(text: str) -> SignatureLine:
    """Reads one line, without its line feed; `InvalidNote` for anything else."""
    match = _SIGNATURE_LINE.fullmatch(text)
    content = None if match is None else decode_base64(match["signature"])
    if match is None or content is None or len(content) <= _KEY_ID_LENGTH or not _NAME.fullmatch(match["name"]):
        raise InvalidNote("signature line", "be an em dash, a key name and base64", text)
    return SignatureLine(match["name"], content[:_KEY_ID_LENGTH], content[_KEY_ID_LENGTH:])


def check_distinct(keys: Iterable[VerifierKey]) -> None:
    """Raises `InvalidKey` if two keys have the same public key: one signer must not count twice."""
    seen: set[bytes] = set()
    for key in keys:
        if key.public_key in seen:
            raise InvalidKey("keys", "be of different signers, each given once", str(key))
        seen.add(key.public_key)


def check_log_key(key: VerifierKey, origin: str | None = None) -> None:
    """Raises `InvalidKey` unless the key is a log's and, where an origin is given, of that log (§7.1)."""
    if key.type is not KeyType.LOG:
        raise InvalidKey("log key", "be the verifier key of a log, not of a witness", str(key))
    if origin is not None and key.name != origin:
        raise InvalidKey("log key", f"have the origin {origin} as its name", key.name)


def check_witness_keys(witnesses: Iterable[VerifierKey], *others: VerifierKey) -> None:
    """Raises `InvalidKey` unless each is a witness's and has its name and its public key alone (§8.5).

    `others`: keys of logs in the same place, of which no witness may have the public key.
    """
    keys = list(witnesses)
    for key in keys:
        if key.type is not KeyType.WITNESS:
            raise InvalidKey("witness key", "be the verifier key of a witness, not of a log", str(key))
    check_distinct([*keys, *others])
    names = [key.name for key in keys]
    if len(set(names)) != len(names):
        raise InvalidKey("witness keys", "have names of their own", names)


def _verify_line(key: VerifierKey, line: SignatureLine, text: str) -> int:
    stamped = _TIMESTAMP_LENGTH if key.type is KeyType.WITNESS else 0
    if len(line.signature) != stamped + _SIGNATURE_LENGTH:
        raise InvalidNote("note", f"carry a signature of {stamped + _SIGNATURE_LENGTH} bytes by {key.name}", str(line))
    timestamp = int.from_bytes(line.signature[:stamped], "big")
    try:
        if timestamp <= MAX_TIMESTAMP:
            crypto_sign_open(line.signature[stamped:] + _message(key.type, text, timestamp), key.public_key)
            return timestamp
    except BadSignatureError:
        pass
    raise InvalidNote("note", f"be signed by {key.name} where it says so", str(line))


def _message(key_type: KeyType, text: str, timestamp: int) -> bytes:
    if key_type is KeyType.LOG:
        return text.encode()
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


def _readable(data: str | bytes) -> str:
    encoded = data.encode(errors="surrogatepass") if isinstance(data, str) else data
    if len(encoded) > MAX_NOTE_BYTES:
        raise InvalidNote("note", f"have at most {MAX_NOTE_BYTES} bytes", len(encoded))
    try:
        text = encoded.decode()
    except UnicodeDecodeError as error:
        raise InvalidNote("note", "be UTF-8", f"wrong at byte {error.start}") from None
    if _CONTROL.search(text):
        raise InvalidNote("note", "hold no control characters but line feeds", text)
    return text


def _parse_key(text: str) -> tuple[str, KeyType, bytes, bytes]:
    match = _KEY.fullmatch(text)
    content = None if match is None else decode_base64(match["key"])
    if match is None or content is None or len(content) != 1 + _KEY_LENGTH or content[0] not in set(KeyType):
        raise InvalidKey("key", "be name+key id+base64 of an Ed25519 key of a log or a witness", text)
    _check_name(match["name"])
    return match["name"], KeyType(content[0]), content[1:], bytes.fromhex(match["key_id"])


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidKey("key name", "be 1 to 255 characters without spaces, control characters or +", name)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def decode_base64(text: str) -> bytes | None:
    """Base64 in its one spelling (RFC 4648 §4): None for what does not encode back to itself."""
    try:
        content = binascii.a2b_base64(text)
    except (binascii.Error, ValueError):
        return None
    return content if _encode(content) == text else None  # what the reader skipped is missing here
