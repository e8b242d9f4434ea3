"""Proofs of a leaf as a file of text: C2SP tlog-proof, without `extra` line (docs/spec/07-log.md §7.4)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Self

from ledger.checkpoints import Checkpoint
from ledger.errors import InvalidNote
from ledger.log_tree import HASH_LENGTH
from ledger.notes import Note, decode_base64

HEADER = "c2sp.org/tlog-proof@v1"
MAX_PATH = 64
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class TlogProof:
    """Place of a leaf, its inclusion proof, lowest first, and the checkpoint that it leads to. Nothing is verified."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: Note

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a proof file strictly; `InvalidNote` says what is wrong. Extra data is refused."""
        head, separator, rest = text.partition("\n\n")
        lines = head.split("\n")
        match = _INDEX.fullmatch(lines[1]) if len(lines) > 1 else None
        if not separator or lines[0] != HEADER or match is None or len(lines) > 2 + MAX_PATH:
            rule = f"be {HEADER}, an index line, at most {MAX_PATH} hashes, an empty line and a checkpoint"
            raise InvalidNote("tlog-proof", rule, text)
        note = Note.parse(rest)
        Checkpoint.of_note(note)  # or it is refused
        return cls(int(match[1]), tuple(_hash(line) for line in lines[2:]), note)

    def __str__(self) -> str:
        lines = [HEADER, f"index {self.index}", *(base64.b64encode(member).decode() for member in self.path)]
        return "".join(f"{line}\n" for line in lines) + f"\n{self.checkpoint}"


def _hash(line: str) -> bytes:
    member = decode_base64(line)
    if member is None or len(member) != HASH_LENGTH:
        raise InvalidNote("tlog-proof", "have hashes of 32 bytes in base64", line)
    return member
