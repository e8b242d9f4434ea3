"""Shapes that many answers share.

Conventions: quantities are whole grams of CO2e as decimal strings (`quantity_gco2e`) beside exact tonnes
(`quantity_tonnes`); serial numbers are decimal strings; hashes, ids and addresses are 0x and lower-case hexadecimal
digits; days are civil days in Shanghai, YYYY-MM-DD; times are UTC, beside the seconds since 1970 where a hash is made
over them; words are those of the vocabulary.
"""

import datetime
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from indexer.schema import LotStatus
from ledger.units import format_tonnes
from ledger.vocabulary import (
    AccountKind,
    AccountStatus,
    ActivityKind,
    ActivityStatus,
    BatchKind,
    CampaignStatus,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    MethodologyStatus,
    OperationKind,
    ProposalStatus,
    ProviderMode,
    ProviderStatus,
    ReductionClass,
    Word,
)

_EPOCH = datetime.date(1970, 1, 1)


def _example(pattern: str, example: str) -> Any:
    return Field(pattern=pattern, examples=[example])


Hash = Annotated[str, _example(r"^0x[0-9a-f]{64}$", "0x" + "c1" * 32)]
Account = Annotated[str, _example(r"^0x[0-9a-f]{40}$", "0x" + "5a" * 20)]
Grams = Annotated[str, _example(r"^(0|[1-9][0-9]{0,18})$", "462000000")]
Tonnes = Annotated[str, _example(r"^(0|[1-9][0-9]*)(\.[0-9]{0,5}[1-9])?$", "462")]
Serial = Annotated[str, _example(r"^[1-9][0-9]{0,18}$", "1")]
Day = Annotated[str, _example(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "2026-01-01")]
Time = Annotated[str, _example(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", "2026-11-21T02:13:19Z")]
Code = Annotated[str, _example(r"^[!-~]{1,64}$", "SHCER-PV-001")]
Index = Annotated[int, Field(ge=0, examples=[41])]
QUANTIFICATION_EXAMPLE = {
    "format": 1,
    "formula": "per-distance",
    "parameters": {"grams_per_km": "150.5"},
    "rounding": "half-up",
    "ranges": {"distance_m": [1, 50_000]},
}
JsonValue = Annotated[Any, WithJsonSchema({"description": "Any JSON value without floats."})]


def _word(*labels: str) -> Any:
    return Field(pattern="^(" + "|".join(labels) + ")$", examples=[labels[0]])


AccountKindWord = Annotated[str, _word(*AccountKind.labels())]
AccountStatusWord = Annotated[str, _word(*AccountStatus.labels())]
CustodyWord = Annotated[str, _word(*Custody.labels())]
ClassWord = Annotated[str, _word(*ReductionClass.labels())]
MethodologyKindWord = Annotated[str, _word(*MethodologyKind.labels())]
MethodologyStatusWord = Annotated[str, _word(*MethodologyStatus.labels())]
ActivityKindWord = Annotated[str, _word(*ActivityKind.labels())]
ActivityStatusWord = Annotated[str, _word(*ActivityStatus.labels())]
ProposalStatusWord = Annotated[str, _word(*ProposalStatus.labels())]
LotStatusWord = Annotated[str, _word(*(status.name.lower() for status in LotStatus))]
PurposeWord = Annotated[str, _word(*CancellationPurpose.labels())]
BatchKindWord = Annotated[str, _word(*BatchKind.labels())]
ProviderModeWord = Annotated[str, _word(*ProviderMode.labels())]
ProviderStatusWord = Annotated[str, _word(*ProviderStatus.labels())]
CampaignStatusWord = Annotated[str, _word(*CampaignStatus.labels())]
OperationKindWord = Annotated[str, _word(*OperationKind.labels())]


class Model(BaseModel):
    """Base of all shapes: nothing beyond what is named, and no conversion from other types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


class AsOf(Model):
    """The last block that the index holds; the whole answer is true as of it."""

    block_number: Index
    block_hash: Hash
    timestamp: Annotated[int, Field(ge=0, examples=[1763690000])]
    """Of the block, seconds since 1970-01-01T00:00:00Z."""
    time: Time
    log_size: Index
    """Leaves in the transparency log at this block."""
    halted: bool
    """The index found something wrong on the chain and has stopped; nothing in this answer may be taken as final."""


class Answered(Model):
    """Base of every answer."""

    as_of: AsOf


class Quantity(Model):
    """A quantity of CO2e."""

    quantity_gco2e: Grams
    """Whole grams."""
    quantity_tonnes: Tonnes
    """The same in tonnes, exact."""


class MethodologyRef(Model):
    """A methodology version by its three names."""

    methodology_id: Hash
    code: Code
    version: Annotated[int, Field(ge=1, examples=[1])]


def quantity(grams: int) -> dict[str, str]:
    """A quantity as JSON."""
    return {"quantity_gco2e": str(grams), "quantity_tonnes": format_tonnes(grams)}


@lru_cache(maxsize=65_536)
def day(number: int) -> str:
    """A civil day as JSON."""
    return (_EPOCH + datetime.timedelta(days=number)).isoformat()


def optional_day(number: int | None) -> str | None:
    """A civil day as JSON, or null."""
    return None if number is None else day(number)


def hex0x(value: bytes) -> str:
    """Bytes as JSON."""
    return "0x" + value.hex()


def certificate_path(number: int | None) -> str | None:
    """Where a certificate is; None while there is none."""
    return None if number is None else f"/v1/certificates/{number}"


def optional_hex0x(value: bytes | None) -> str | None:
    """Bytes as JSON, or null."""
    return None if value is None else "0x" + value.hex()


@lru_cache(maxsize=1_024)
def label(vocabulary: type[Word], number: int) -> str:
    """A word as JSON."""
    return vocabulary.from_number(number).label


def lot_status(number: int) -> str:
    """Free or frozen."""
    return "frozen" if number == LotStatus.FROZEN else "free"
