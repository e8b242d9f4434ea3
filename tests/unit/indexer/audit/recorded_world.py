"""A world whose operations have the records that their calldata asks for, made from it by `chain.facts`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chain import calls
from chain.facts import facts_of
from ledger.batches import NO_ENTRIES
from ledger.ids import RecordHash
from ledger.model import Leaf
from ledger.records import DerivedSalts, Record, build_record
from tests.fakes.event_logs import CONTRACTS
from tests.fakes.ledger_world import Move, World

SALTS = DerivedSalts(bytes(range(32)))
OF_PURPOSES = {
    "voluntary-offset": {"organisation": "x", "period_first_day": "2025-01-01", "period_last_day": "2025-12-31"},
    "event-neutrality": {"event": "marathon"},
}
OF_ENTRIES = ("batch_root", "entry_count", "file_hash", "taken_gco2e")


@dataclass(kw_only=True)
class RecordedWorld(World):
    """Every move has its record; `records` holds them."""

    contracts: Any = CONTRACTS
    records: list[Record] = field(default_factory=list)

    def make(self, move: Move) -> Leaf:
        if move.arguments.get("cap_grams") == 0:  # of a behaviour scenario, whose record wants one all the same
            move = move.changed(cap_grams=1)
        record = record_of(move)
        self.records.append(record)
        return super().make(move.changed(record_hash=record.hash))


def record_of(move: Move) -> Record:
    """What the composer would write of the move, and a field that is nobody's business."""
    arguments = {name: value for name, value in move.arguments.items() if name != "sender"}
    arguments["record_hash"] = RecordHash(bytes(31) + b"\x01")
    call = getattr(calls, move.function)(**arguments)
    facts: dict[str, Any] = facts_of(call, move.arguments["sender"])
    if move.function == "correct_points" and move.arguments["commitment"] == NO_ENTRIES:
        facts = {name: value for name, value in facts.items() if name not in OF_ENTRIES}
    more = {"rules": "rules", "beneficiary": "nobody's business"}
    if move.function == "correct_points":
        more["reason"] = "a mistake"
    if call.kind.label == "reduction-cancelled":
        more |= OF_PURPOSES[facts["purpose"]]
    return build_record(call.kind, call.operation_id, {**facts, **more}, SALTS)
