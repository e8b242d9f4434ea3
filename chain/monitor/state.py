"""What a monitor keeps beside the tree: how far the chain was followed, and what each source said last."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from chain.monitor.errors import MonitorStateUnusable
from ledger.canonical import canonical_json, parse_strict
from ledger.errors import InvalidInput, Json
from ledger.files import write_whole
from ledger.ids import Hash32

FORMAT: Final = 1
FILE: Final = "monitor.json"
_MAX_BYTES: Final = 16_000_000


@dataclass(slots=True)
class MonitorState:
    """`block_number` is the last block whose leaves are in the tree of `size` leaves and `root`.

    `sources`: of each URL the largest checkpoint that held, as a signed note. `suspects`: signed notes that did not
    hold. `verified`: the largest signed note that held, from whichever source. `behind_since`: seconds since 1970 from
    when on the node has had fewer blocks than were seen before. `refused`: of each URL the SHA-256 of contents that are
    no checkpoint of the log and of which each has an alarm of its own.
    """

    origin: str
    block_number: int
    block_hash: Hash32
    size: int
    root: Hash32
    sources: dict[str, str] = field(default_factory=dict)
    suspects: list[str] = field(default_factory=list)
    verified: str | None = None
    behind_since: int | None = None
    refused: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path, begin: Self) -> Self:
        """What is kept in the folder, `begin` if nothing is; `MonitorStateUnusable` if it is of another log."""
        try:
            content = (folder / FILE).read_bytes()
        except FileNotFoundError:
            return begin
        except OSError as error:
            raise MonitorStateUnusable(str(folder), error.strerror or "it cannot be read") from None
        try:
            state = cls._of(parse_strict(content, max_bytes=_MAX_BYTES))
        except (InvalidInput, AttributeError, KeyError, TypeError, ValueError) as error:
            raise MonitorStateUnusable(str(folder), f"{FILE} is damaged ({error})") from None
        if state.origin != begin.origin:
            raise MonitorStateUnusable(str(folder), f"it is of the log {state.origin}, not of {begin.origin}")
        return state

    def save(self, folder: Path) -> None:
        """Writes it whole."""
        sources: dict[str, Json] = dict(self.sources)
        suspects: list[Json] = list(self.suspects)
        refused: dict[str, Json] = {url: list(digests) for url, digests in self.refused.items()}
        content: Json = {
            "format": FORMAT,
            "origin": self.origin,
            "block_number": self.block_number,
            "block_hash": self.block_hash.hex0x,
            "size": self.size,
            "root": self.root.hex0x,
            "sources": sources,
            "suspects": suspects,
            "verified": self.verified,
            "behind_since": self.behind_since,
            "refused": refused,
        }
        write_whole(folder / FILE, canonical_json(content) + b"\n")

    @classmethod
    def _of(cls, content: Any) -> Self:
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}")
        return cls(
            origin=str(content["origin"]),
            block_number=int(content["block_number"]),
            block_hash=Hash32.from_hex(content["block_hash"]),
            size=int(content["size"]),
            root=Hash32.from_hex(content["root"]),
            sources={str(url): str(note) for url, note in content["sources"].items()},
            suspects=[str(note) for note in content["suspects"]],
            verified=None if content["verified"] is None else str(content["verified"]),
            behind_since=None if content["behind_since"] is None else int(content["behind_since"]),
            # Monitors that kept no list of these wrote none.
            refused={str(url): list(map(str, digests)) for url, digests in content.get("refused", {}).items()},
        )
