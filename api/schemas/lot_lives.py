"""Where the grams of a lot are."""

from typing import Annotated, Any

from pydantic import Field

from api.lot_life import Fate, GramLife, TakenBack
from api.repository.lot_lives import CancellationRow, HolderRow
from api.repository.lots import LotRow
from api.repository.snapshots import rfc3339
from api.schemas.common import (
    Account,
    AccountStatusWord,
    Answered,
    Hash,
    Index,
    Model,
    PurposeWord,
    Quantity,
    Serial,
    Time,
    hex0x,
    label,
    quantity,
)
from api.schemas.lots import Lot, lot_document
from ledger.vocabulary import AccountStatus, CancellationPurpose

FateWord = Annotated[str, Field(pattern="^(" + "|".join(Fate) + ")$", examples=[Fate.CANCELLED.value])]


class End(Quantity):
    """Grams of a lot that have one fate together. All ends of a lot add up to what was issued."""

    fate: FateWord
    account: Account
    """That cancelled them, holds them, or was credited with them when they were taken back."""
    account_status: AccountStatusWord | None
    """Of an account that holds."""
    purpose: PurposeWord | None
    certificate_number: Annotated[int, Field(ge=1)] | None
    first_serial: Serial | None
    """Null where they are held: which account holds which serial numbers of a lot, nobody can say."""
    last_serial: Serial | None
    operation_id: Hash | None
    """That gave them this fate; null where they are held."""
    leaf_index: Index | None
    time: Time | None


class EndsAnswer(Answered):
    """A page of the ends of a lot: cancelled by serial number, then held by account, then taken back."""

    items: list[End]
    next: str | None


class Gram(Model):
    """One gram by its serial number."""

    serial: Serial
    fate: FateWord
    lot: Lot
    end: End | None
    """Null where it is held: then any holder of the lot may hold it."""


class GramAnswer(Answered, Gram):
    """The fate of one gram, as of a block."""


def cancelled_document(row: CancellationRow) -> dict[str, Any]:
    """A cancellation as the end of its grams."""
    return {
        "fate": Fate.CANCELLED.value,
        "account": hex0x(row.account),
        "account_status": None,
        "purpose": label(CancellationPurpose, row.purpose),
        "certificate_number": row.number,
        **quantity(row.grams),
        "first_serial": str(row.first_serial),
        "last_serial": str(row.first_serial + row.grams - 1),
        "operation_id": hex0x(row.operation_id),
        "leaf_index": row.leaf_index,
        "time": rfc3339(row.timestamp),
    }


def held_document(row: HolderRow) -> dict[str, Any]:
    """What an account holds of the lot."""
    return {
        "fate": Fate.HELD.value,
        "account": hex0x(row.account),
        "account_status": label(AccountStatus, row.account_status),
        "purpose": None,
        "certificate_number": None,
        **quantity(row.grams),
        "first_serial": None,
        "last_serial": None,
        "operation_id": None,
        "leaf_index": None,
        "time": None,
    }


def taken_back_document(lot: LotRow, one: TakenBack) -> dict[str, Any]:
    """What was taken back at once."""
    return {
        "fate": one.fate.value,
        "account": hex0x(lot.credited_account),
        "account_status": None,
        "purpose": None,
        "certificate_number": None,
        **quantity(one.serials.grams),
        "first_serial": str(one.serials.first),
        "last_serial": str(one.serials.last),
        "operation_id": hex0x(one.row.operation_id),
        "leaf_index": one.row.leaf_index,
        "time": rfc3339(one.row.timestamp),
    }


def gram_document(life: GramLife) -> dict[str, Any]:
    """The life of a gram as JSON."""
    end = None
    if life.cancellation is not None:
        end = cancelled_document(life.cancellation)
    if life.taken_back is not None:
        end = taken_back_document(life.lot, life.taken_back)
    return {"serial": str(life.serial), "fate": life.fate.value, "lot": lot_document(life.lot), "end": end}
