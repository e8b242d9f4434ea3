"""What a verification found: the steps that passed, the one that failed, and the facts that are proved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ledger.bundle import LotOpening
from ledger.errors import Json
from ledger.ids import Address, Hash32, LotId
from ledger.units import format_tonnes
from ledger.verifier.trust import Level
from ledger.vocabulary import CancellationPurpose, ReductionClass


class Step(NamedTuple):
    """A numbered step of §8.5. Steps 11 to 15 of the two types of proofs are different ones."""

    number: int
    name: str

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A pinned witness who cosigned, and when: seconds since 1970 UTC."""

    witness: str
    timestamp: int


@dataclass(frozen=True, slots=True)
class SealedBlock:
    """The block that the validators sealed."""

    number: int
    hash: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a bundle that verified proves, for people. What a kind of certificate does not have is None."""

    number: int
    kind: str
    """`reductions`, `points` or `campaign`."""
    grams: int
    """Cancelled; of a person's points the entry's."""
    timestamp: int
    """Of the block, seconds since 1970 UTC."""
    origin: str
    account: Address | None = None
    purpose: CancellationPurpose | None = None
    reduction_class: ReductionClass | None = None
    lot_id: LotId | None = None
    lot: LotOpening | None = None
    first_serial: int | None = None
    last_serial: int | None = None
    campaign_code: str | None = None
    fields: Mapping[str, Json] | None = None
    """The record's fields that are shown; None where the bundle has no record."""
    withheld: tuple[str, ...] = ()
    """Names of the record's fields that are not shown."""
    entry: Mapping[str, Json] = field(default_factory=dict)
    """The entry's fields that are shown."""
    leaf_index: int
    log_size: int | None = None
    log_root: Hash32 | None = None
    cosignatures: tuple[Cosignature, ...] = ()
    block: SealedBlock | None = None

    def to_json(self) -> dict[str, Json]:
        """As one JSON object; what is None is left out."""
        document: dict[str, Json] = {
            "number": self.number,
            "kind": self.kind,
            "quantity_gco2e": str(self.grams),
            "quantity_tonnes": format_tonnes(self.grams),
            "timestamp": self.timestamp,
            "origin": self.origin,
            "account": _hex(self.account),
            "purpose": None if self.purpose is None else self.purpose.label,
            "class": None if self.reduction_class is None else self.reduction_class.label,
            "lot_id": _hex(self.lot_id),
            "lot": None if self.lot is None else self.lot.to_json(),
            "first_serial": _decimal(self.first_serial),
            "last_serial": _decimal(self.last_serial),
            "campaign_code": self.campaign_code,
            "fields": None if self.fields is None else dict(self.fields),
            "withheld": list(self.withheld),
            "entry": dict(self.entry),
            "leaf_index": self.leaf_index,
            "log_size": self.log_size,
            "log_root": _hex(self.log_root),
            "witnesses": [{"name": one.witness, "timestamp": one.timestamp} for one in self.cosignatures],
            "block": None if self.block is None else {"number": self.block.number, "hash": self.block.hash.hex0x},
        }
        return {name: value for name, value in document.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a bundle is verified, and at which level.

    Not verified: `failed` is the first step that failed and `reason` says why; nothing else of the bundle is to be
    relied on. `level` is None where the bundle was refused before one could be chosen.
    """

    level: Level | None
    passed: tuple[Step, ...]
    failed: Step | None = None
    reason: str = ""
    facts: Facts | None = None

    @property
    def verified(self) -> bool:
        """Whether every step of the level passed."""
        return self.failed is None

    def to_json(self) -> dict[str, Json]:
        """As one JSON object."""
        return {
            "verified": self.verified,
            "level": self.level,
            "passed": [{"step": step.number, "name": step.name} for step in self.passed],
            "failed": None if self.failed is None else {"step": self.failed.number, "name": self.failed.name},
            "reason": self.reason or None,
            "facts": None if self.facts is None else self.facts.to_json(),
        }


def _hex(value: Address | Hash32 | None) -> str | None:
    return None if value is None else value.hex0x


def _decimal(value: int | None) -> str | None:
    return None if value is None else str(value)
