"""Checkpoints: what a log says of itself, signed by its key and cosigned by witnesses (docs/spec/07-log.md §7.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from ledger import encoding
from ledger.errors import InvalidNote, OutOfRange
from ledger.ids import Hash32
from ledger.notes import Note, decode_base64

MAX_SIZE = 2**63 - 1
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Origin, number of leaves, and RFC 6962 root of a log at one time."""

    origin: str
    size: int
    root: Hash32

    @property
    def text(self) -> str:
        """What is signed."""
        return encoding.checkpoint_body(origin=self.origin, size=self.size, root=self.root).decode()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a checkpoint's text, of exactly three lines; `InvalidNote` for anything else."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise InvalidNote("checkpoint", "be three lines: origin, size and root", text)
        origin, size, root = lines[:3]
        if not _SIZE.fullmatch(size) or int(size) > MAX_SIZE:
            raise InvalidNote("checkpoint", "have a decimal size below 2**63", size)
        parsed = cls(origin, int(size), _root(root))
        try:
            written = parsed.text
        except OutOfRange:
            raise InvalidNote("checkpoint", "name an origin without spaces or control characters", text) from None
        if written != text:
            raise InvalidNote("checkpoint", "be written in its one form", text)
        return parsed

    @classmethod
    def of_note(cls, note: Note) -> Self:
        """The checkpoint that a note signs. Nothing is verified."""
        return cls.parse(note.text)


def _root(text: str) -> Hash32:
    content = decode_base64(text)
    if content is None or len(content) != Hash32.LENGTH:
        raise InvalidNote("checkpoint", "have a root of 32 bytes in base64", text)
    return Hash32(content)
