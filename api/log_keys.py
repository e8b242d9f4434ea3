"""What an instance says of the log's keys: the content of a trust file, as verifiers take it."""

from dataclasses import dataclass
from typing import Any

from ledger.ids import Address
from ledger.notes import KeyType, VerifierKey, check_distinct

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKeys:
    """The log's verifier key, whose name is the origin; the witnesses and how many of them must have cosigned; the
    validators of the chain, where the instance was told of them.

    An instance can only say what it was told: whoever verifies pins what was heard from more than one side.
    """

    log_key: VerifierKey
    witnesses: tuple[VerifierKey, ...] = ()
    quorum: int = 0
    validators: tuple[Address, ...] = ()

    def __post_init__(self) -> None:
        check_distinct([self.log_key, *self.witnesses])
        if self.log_key.type is not KeyType.LOG or any(key.type is not KeyType.WITNESS for key in self.witnesses):
            raise ValueError("a log's key signs for the log, and witnesses' keys for witnesses")
        if not min(1, len(self.witnesses)) <= self.quorum <= len(self.witnesses):
            raise ValueError("a quorum is at least one and at most all witnesses")

    def document(self) -> dict[str, Any]:
        """As `--trust FILE` reads it."""
        return {
            "format": FORMAT,
            "origin": self.log_key.name,
            "log_key": str(self.log_key),
            "witnesses": [str(key) for key in self.witnesses],
            "quorum": self.quorum,
            "validators": [address.hex0x for address in self.validators],
        }
