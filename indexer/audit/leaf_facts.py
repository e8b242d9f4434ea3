"""What the chain says of each operation, in the names and forms of its record (docs/spec/06-records.md §6.1).

Taken from the replica: `chain.facts` takes the same from calldata, which an auditor need not have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Column, Connection, Row, Table, select

from indexer import schema
from ledger.ids import ZERO_HASH
from ledger.units import date_of_civil_day
from ledger.vocabulary import (
    AccountKind,
    ActivityKind,
    BatchKind,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    OperationKind,
    ProviderMode,
    ReductionClass,
    Word,
)

Facts = dict[str, str]
_Form = Callable[[Any], str]
_Fields = Mapping[str, tuple[str, _Form]]


def _hash(value: bytes | None) -> str:
    return "0x" + bytes(value or ZERO_HASH).hex()


def _day(value: int) -> str:
    return date_of_civil_day(value).isoformat()


def _word(kind: type[Word]) -> _Form:
    return lambda value: kind.from_number(value).label


_CLASS: Final = ("reduction_class", _word(ReductionClass))
_ENTRIES: Final[_Fields] = {
    "batch_root": ("root", _hash),
    "entry_count": ("entry_count", str),
    "file_hash": ("file_hash", _hash),
}
_FEED: Final[_Fields] = {
    **_ENTRIES,
    "class": _CLASS,
    "activity_id": ("activity_id", _hash),
    "methodology_id": ("methodology_id", _hash),
    "sequence": ("sequence", str),
    "period_first_day": ("first_day", _day),
    "period_last_day": ("last_day", _day),
}
_TAKING: Final[_Fields] = {**_ENTRIES, "class": _CLASS, "quantity_gco2e": ("total", str)}

_OF_BATCHES: Final[Mapping[BatchKind, _Fields]] = {
    BatchKind.EARN: {**_FEED, "quantity_gco2e": ("total", str)},
    BatchKind.BEHAVIOUR: {**_FEED, "behaviour_value": ("total", str)},
    BatchKind.REDEEM: {**_TAKING, "provider_account": ("provider", _hash)},
    BatchKind.DONATE: {**_TAKING, "campaign_id": ("campaign_id", _hash)},
    BatchKind.CANCEL: _TAKING,
    BatchKind.CORRECT: {
        **_ENTRIES,
        "batch_number": ("corrected_batch", str),
        "quantity_gco2e": ("corrected_gco2e", str),
        "taken_gco2e": ("total", str),
    },
    BatchKind.SNAPSHOT: {**_TAKING, "after_batch": ("after_batch", str)},
}

_OF_TABLES: Final[Mapping[Table, tuple[str, _Fields]]] = {
    schema.accounts: (
        "opened_leaf_index",
        {
            "account": ("account", _hash),
            "account_kind": ("kind", _word(AccountKind)),
            "custody": ("custody", _word(Custody)),
        },
    ),
    schema.methodologies: (
        "published_leaf_index",
        {
            "code": ("code", str),
            "version": ("version", str),
            "methodology_kind": ("kind", _word(MethodologyKind)),
            "class": _CLASS,
            "effective_first_day": ("effective_first_day", _day),
            "effective_last_day": ("effective_last_day", _day),
            "document_hash": ("document_hash", _hash),
        },
    ),
    schema.activities: (
        "registered_leaf_index",
        {
            "code": ("code", str),
            "activity_kind": ("kind", _word(ActivityKind)),
            "methodology_id": ("methodology_id", _hash),
            "operator_account": ("operator_account", _hash),
            "crediting_first_day": ("crediting_first_day", _day),
            "crediting_last_day": ("crediting_last_day", _day),
            "pledge_hash": ("pledge_hash", _hash),
            "cap_gco2e": ("cap_gco2e", str),
        },
    ),
    schema.proposals: (
        "proposed_leaf_index",
        {
            "activity_id": ("activity_id", _hash),
            "period_first_day": ("first_day", _day),
            "period_last_day": ("last_day", _day),
            "quantity_gco2e": ("quantity_gco2e", str),
        },
    ),
    schema.certificates: (
        "leaf_index",
        {
            "account": ("account", _hash),
            "lot_id": ("lot_id", _hash),
            "quantity_gco2e": ("quantity_gco2e", str),
            "purpose": ("purpose", _word(CancellationPurpose)),
        },
    ),
    schema.provider_admissions: (
        "leaf_index",
        {
            "account": ("account", _hash),
            "provider_mode": ("mode", _word(ProviderMode)),
            "application_hash": ("application_hash", _hash),
            "evaluation_hash": ("evaluation_hash", _hash),
            "agreement_hash": ("agreement_hash", _hash),
        },
    ),
    schema.campaigns: (
        "opened_leaf_index",
        {
            "code": ("code", str),
            "beneficiary_account": ("beneficiary", _hash),
            "purpose": ("purpose", _word(CancellationPurpose)),
            "campaign_last_day": ("last_day", _day),
            "document_hash": ("document_hash", _hash),
        },
    ),
    schema.campaign_cancellations: (
        "leaf_index",
        {
            "campaign_id": ("campaign_id", _hash),
            "class": _CLASS,
            "purpose": ("purpose", _word(CancellationPurpose)),
            "quantity_gco2e": ("quantity_gco2e", str),
        },
    ),
}
"""Tables whose rows were made by one operation: the column that names it, and what its record says of the row."""

_SUBJECTS: Final[Mapping[OperationKind, str]] = {
    OperationKind.METHODOLOGY_WITHDRAWN: "methodology_id",
    OperationKind.ACTIVITY_SUSPENDED: "activity_id",
    OperationKind.ACTIVITY_RESUMED: "activity_id",
    OperationKind.ACTIVITY_CLOSED: "activity_id",
    OperationKind.ACTIVITY_WITHDRAWN: "activity_id",
    OperationKind.ISSUANCE_REJECTED: "proposal_id",
    OperationKind.REDUCTION_TRANSFERRED: "lot_id",
    OperationKind.REDUCTION_CORRECTED: "lot_id",
    OperationKind.LOT_FROZEN: "lot_id",
    OperationKind.LOT_UNFROZEN: "lot_id",
    OperationKind.CAMPAIGN_CLOSED: "campaign_id",
}
"""Operations whose leaf names what they are about."""

_OF_ACCOUNTS: Final = frozenset(
    {
        OperationKind.ACCOUNT_FROZEN,
        OperationKind.ACCOUNT_UNFROZEN,
        OperationKind.ACCOUNT_CLOSED,
        OperationKind.PROVIDER_SUSPENDED,
        OperationKind.PROVIDER_RESUMED,
        OperationKind.PROVIDER_CLOSED,
    }
)


def facts_of_leaves(replica: Connection, leaves: list[Row[Any]]) -> dict[int, Facts]:
    """By leaf index what the chain says of each of these rows of `operations`, whose indexes ascend."""
    facts = {leaf.leaf_index: dict(_of_leaf(leaf)) for leaf in leaves}
    if not leaves:
        return facts
    first, last = leaves[0].leaf_index, leaves[-1].leaf_index
    for table, (name, fields) in _OF_TABLES.items():
        for row in _rows(replica, table, table.c[name], first, last):
            facts[row[name]].update(_read(row, fields))
    for row in _rows(replica, schema.lots, schema.lots.c.issued_leaf_index, first, last):
        if row["proposal_id"] is not None:
            facts[row["issued_leaf_index"]]["proposal_id"] = _hash(row["proposal_id"])
    for row in _rows(replica, schema.batches, schema.batches.c.leaf_index, first, last):
        facts[row["leaf_index"]].update(_read(row, _OF_BATCHES[BatchKind.from_number(row["kind"])]))
    return facts


def _of_leaf(leaf: Row[Any]) -> Iterator[tuple[str, str]]:
    kind = OperationKind.from_number(leaf.kind)
    if kind in _OF_ACCOUNTS:
        yield "account", _hash(leaf.subject[12:])
    if (name := _SUBJECTS.get(kind)) is not None:
        yield name, _hash(leaf.subject)
    if kind is OperationKind.REDUCTION_TRANSFERRED:
        yield from (("from_account", _hash(leaf.from_account)), ("to_account", _hash(leaf.to_account)))
    if kind in {OperationKind.REDUCTION_TRANSFERRED, OperationKind.REDUCTION_CORRECTED}:
        yield "quantity_gco2e", str(leaf.quantity_gco2e)


def _rows(replica: Connection, table: Table, column: Column[Any], first: int, last: int) -> Iterator[Mapping[str, Any]]:
    for row in replica.execute(select(table).where(column.between(first, last))).mappings():
        yield dict(row)


def _read(row: Mapping[str, Any], fields: _Fields) -> Facts:
    return {name: form(row[column]) for name, (column, form) in fields.items()}
