"""The request of tlog-witness's add-checkpoint, and its answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from ledger.checkpoints import MAX_SIZE, Checkpoint
from ledger.errors import InvalidNote
from ledger.log_tree import HASH_LENGTH
from ledger.notes import Note, decode_base64

MAX_BODY_BYTES: Final = 65_536
MAX_PROOF_LINES: Final = 63
TEXT: Final = "text/plain; charset=utf-8"
SIZE: Final = "text/x.tlog.size"
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint, and the proof that it continues the one of `old_size` leaves. Nothing is verified yet."""

    old_size: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Reads a request's body; `InvalidNote` says what is wrong."""
        head, separator, note = body.partition(b"\n\n")
        lines = head.decode("ascii", errors="replace").split("\n")
        match = _OLD.fullmatch(lines[0])
        if not separator or match is None or int(match[1]) > MAX_SIZE:
            raise InvalidNote("request", "be `old` and a size, proof lines, an empty line and a checkpoint", lines[0])
        if len(lines) - 1 > MAX_PROOF_LINES:
            raise InvalidNote("consistency proof", f"have at most {MAX_PROOF_LINES} lines", len(lines) - 1)
        proof = tuple(_hash(line) for line in lines[1:])
        parsed = Note.parse(note)
        return cls(int(match[1]), proof, parsed, Checkpoint.of_note(parsed))


def _hash(line: str) -> bytes:
    content = decode_base64(line)
    if content is None or len(content) != HASH_LENGTH:
        raise InvalidNote("consistency proof", "be lines of one hash in base64", line)
    return content


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: str
    content_type: str = TEXT

    @classmethod
    def conflict(cls, kept_size: int) -> Self:
        """The old size is not the one that is kept."""
        return cls(409, f"{kept_size}\n", SIZE)
