"""Redemptions, donations, cancellations and corrections from a file of instructions, prepared like a feed.

Without a mapping of its own a file is read by the one of its kind in `scripts/points/mappings`: columns
`instruction_id`, `account`, `points`, `reference`. Instruction ids are of one namespace, whatever the kind: each
counts once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files as resource_files
from pathlib import Path

from ledger.errors import InvalidInput
from ledger.ids import Hash32
from ledger.vocabulary import BatchKind, ReductionClass
from scripts.points.home import PointsHome
from scripts.points.mapping import load_feed_mapping
from scripts.points.prepare import BATCH_SIZE, Told, heard_by_nobody, prepare
from scripts.points.run_folder import RunFolder, Terms

NO_PARTY = Hash32(bytes(32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """What a file asks for. `party` as docs/spec/05-points.md §5.3."""

    kind: BatchKind
    reduction_class: ReductionClass
    party: Hash32
    files: Sequence[Path]
    mapping: Path | None = None
    run: str | None = None
    batch_size: int = BATCH_SIZE


def prepare_instructions(home: PointsHome, asked: Instructions, told: Told = heard_by_nobody) -> RunFolder:
    """Prepares every batch of the files and gives the run; raises and tells as `scripts.points.prepare.prepare`."""
    mapping = load_feed_mapping(asked.mapping or standard_mapping(asked.kind))
    run = home.run(asked.run or _name(asked))
    prepare(
        mapping=mapping,
        files=asked.files,
        terms=Terms(kind=asked.kind, reduction_class=asked.reduction_class, party=asked.party),
        quantification=None,
        keys=home.prepare_keys(asked.kind, mapping.name),
        places=home.places(run),
        batch_size=asked.batch_size,
        told=told,
    )
    return run


def standard_mapping(kind: BatchKind) -> Path:
    """The mapping that a file of instructions is read by if none is given."""
    return Path(str(resource_files("scripts.points").joinpath("mappings", f"{kind.label}.toml")))


def _name(asked: Instructions) -> str:
    """The same files for the same party are the same run, so that the command may be started again."""
    mark = hashlib.sha256(f"{asked.kind.label} {asked.reduction_class.label} {asked.party.hex0x}".encode())
    for path in asked.files:
        try:
            with path.open("rb") as file:
                mark.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise InvalidInput("file", f"be a file that can be read ({error.strerror})", str(path)) from None
    return f"{asked.kind.label}-{asked.reduction_class.label}-{mark.hexdigest()[:16]}"
