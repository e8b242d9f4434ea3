"""What whoever verifies pins: nothing that a bundle says of itself is believed (docs/spec/08-certificates.md §8.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self

from ledger.errors import InvalidInput, InvalidKey, Json
from ledger.ids import Address, Hash32
from ledger.notes import VerifierKey, check_log_key, check_witness_keys

TRUST_FORMAT = 1

_ORIGIN = re.compile(r"tanpuhui/(?:0|[1-9][0-9]{0,19})/[0-9a-f]{64}", re.ASCII)
_OPTIONAL = {"log_key", "witnesses", "quorum", "validators"}


class Level(StrEnum):
    """On whose word a verification rests."""

    NODE = "node"
    LOG = "log"
    WITNESSED = "witnessed"
    SEALED = "sealed"


class NodeView(Protocol):
    """What the level `node` asks of a node of the chain. May raise an `Unavailable`: then nothing was decided."""

    @property
    def chain_id(self) -> int:
        """The id of the chain that it serves."""
        ...

    @property
    def genesis_hash(self) -> Hash32:
        """The hash of the chain's first block."""
        ...

    def root_at(self, log: Address, size: int) -> Hash32 | None:
        """`rootAt(size)` of the log contract at the newest block; None if there is none or it has fewer leaves."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Pins. `quorum`: how many of the witnesses must have cosigned; `validators`: who seals blocks.

    `InvalidInput` or `InvalidKey` for pins that are malformed or contradict each other.
    """

    origin: str
    log_key: VerifierKey | None = None
    witnesses: tuple[VerifierKey, ...] = ()
    quorum: int = 0
    validators: tuple[Address, ...] = ()

    def __post_init__(self) -> None:
        if not _ORIGIN.fullmatch(self.origin):
            raise InvalidInput(
                "origin", "be tanpuhui/, a chain id, / and 64 lower-case hexadecimal digits", self.origin
            )
        if self.log_key is not None:
            check_log_key(self.log_key, self.origin)
        self._check_witnesses()
        if len(set(self.validators)) != len(self.validators):
            raise InvalidInput("validators", "be given once each", [one.hex0x for one in self.validators])

    @property
    def levels(self) -> tuple[Level, ...]:
        """The levels that are pinned, strongest first; `node` is always possible, with a node."""
        pinned = {
            Level.SEALED: bool(self.validators),
            Level.WITNESSED: bool(self.witnesses),
            Level.LOG: self.log_key is not None,
        }
        return tuple(level for level, is_pinned in pinned.items() if is_pinned)

    def to_json(self) -> dict[str, Json]:
        """As a trust file has it, every member given."""
        witnesses: list[Json] = [str(witness) for witness in self.witnesses]
        validators: list[Json] = [validator.hex0x for validator in self.validators]
        return {
            "format": TRUST_FORMAT,
            "origin": self.origin,
            "log_key": None if self.log_key is None else str(self.log_key),
            "witnesses": witnesses,
            "quorum": self.quorum,
            "validators": validators,
        }

    @classmethod
    def from_json(cls, document: Json) -> Self:
        """Reads a trust file; all members but `format` and `origin` may be left out. `InvalidInput` or `InvalidKey`."""
        if not isinstance(document, dict) or not {"format", "origin"} <= set(document) <= {
            "format",
            "origin",
            *_OPTIONAL,
        }:
            raise InvalidInput("trust", f"be an object of format, origin and any of {sorted(_OPTIONAL)}", document)
        if document["format"] != TRUST_FORMAT or type(document["format"]) is not int:
            raise InvalidInput("trust.format", f"be {TRUST_FORMAT}, the only format so far", document["format"])
        log_key, quorum = document.get("log_key"), document.get("quorum", 0)
        return cls(
            origin=_text("origin", document["origin"]),
            log_key=None if log_key is None else VerifierKey.parse(_text("log_key", log_key)),
            witnesses=tuple(VerifierKey.parse(key) for key in _texts("witnesses", document.get("witnesses", []))),
            quorum=quorum,  # type: ignore[arg-type]  # checked when it is made
            validators=tuple(
                Address.from_hex(one, "validators") for one in _texts("validators", document.get("validators", []))
            ),
        )

    def _check_witnesses(self) -> None:
        most = len(self.witnesses)
        if isinstance(self.quorum, bool) or not isinstance(self.quorum, int):
            raise InvalidInput("quorum", "be a whole number", self.quorum)
        if not (1 <= self.quorum <= most if self.witnesses else self.quorum == 0):
            raise InvalidInput("quorum", f"be from {min(1, most)} to {most}, the number of witnesses", self.quorum)
        if self.witnesses and self.log_key is None:
            raise InvalidKey("log key", "be pinned too where witnesses are", None)
        check_witness_keys(self.witnesses, *([self.log_key] if self.log_key else []))


def _text(field: str, value: Json) -> str:
    if not isinstance(value, str):
        raise InvalidInput(field, "be text", value)
    return value


def _texts(field: str, value: Json) -> list[str]:
    if not isinstance(value, list):
        raise InvalidInput(field, "be a list", value)
    return [_text(field, member) for member in value]
