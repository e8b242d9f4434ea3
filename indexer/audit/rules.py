"""The part `rules`: the chain's operations replayed by the reference model, and its state held against the replica."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import fields
from typing import Any, Final

from chain.events import EventDecoder
from indexer.audit.context import AuditContext
from indexer.audit.findings import WHOLE_ROW, Finding
from indexer.audit.mirror_state import mirrored_state
from indexer.audit.model_replay import PART, RulesReplay
from indexer.ledger_state import contracts_of
from indexer.pairing import PairedOperation, Pairing
from indexer.source import RangeReader
from ledger.model import LedgerModel

_LOGS_PER_RANGE: Final = 2_000
_THREADS: Final = 2
_RANGES_AHEAD: Final = 12
_MOST_DIFFERENT: Final = 1_000
"""Operations that differ before the replay ends: a model that has once decided otherwise goes on doing so."""


def audit_rules(context: AuditContext) -> Iterator[Finding]:
    """Every operation up to the audited block, and the state that they lead to.

    Always from the first operation on, `--since` or not: the model is what says that the whole is right.
    """
    replay = RulesReplay(contracts_of(context.deployment))
    different = 0
    for operation in read_operations(context):
        found = list(replay.follow(operation))
        yield from found
        different += bool(found)
        if replay.operations % _LOGS_PER_RANGE == 0:
            context.told("operations replayed by the rules", replay.operations, context.at.log_size)
        if different == _MOST_DIFFERENT:
            context.state(f"The rules were replayed up to leaf {operation.leaf.leaf_index} only: too much differs.")
            break
    context.cover("operations replayed", replay.operations)
    yield from replay.invariants()
    if different == 0:
        yield from compare_with_replica(context, replay.model)


def compare_with_replica(context: AuditContext, model: LedgerModel) -> Iterator[Finding]:
    """Root of the log and every account, lot, balance … of the model, and of the replica mirror."""
    if model.log_root() != context.at.log_root:
        yield Finding.of(PART, "cursor", 1, "log_root", expected=model.log_root(), found=context.at.log_root)
    with context.replica.read() as connection:
        mirrored = mirrored_state(connection)
    decided = model.state()
    for name in _COMPARED:
        yield from _compare(name, getattr(decided, name), getattr(mirrored, name))


def read_operations(context: AuditContext) -> Iterator[PairedOperation]:
    """The operations of the chain up to the audited block, read from the node and paired with their leaves.

    Raises as the follower does: what a replica could be made of can be read.
    """
    deployment = context.deployment
    addresses = {name: bytes(contract.address) for name, contract in deployment.contracts.items()}
    pairing = Pairing(chain_id=deployment.chain_id, addresses=addresses, next_leaf=0)
    reader = RangeReader(
        context.rpc,
        EventDecoder(addresses),
        logs_per_range=_LOGS_PER_RANGE,
        threads=_THREADS,
        ranges_ahead=_RANGES_AHEAD,
    )
    with closing(reader.ranges(deployment.first_block, context.block + 1)) as ranges:
        for block_range in ranges:
            for header, placed in block_range.blocks:
                for _, _, event in placed:
                    operation = pairing.add(event, header.number, header.timestamp)
                    if operation is not None:
                        yield operation


_COMPARED: Final = {
    "accounts": "accounts",
    "methodologies": "methodologies",
    "activities": "activities",
    "credited_days": "lots",
    "earned_days": "batches",
    "deficits": "balances",
    "proposals": "proposals",
    "lots": "lots",
    "balances": "balances",
    "certificates": "certificates",
    "certificate_count": "certificates",
    "providers": "providers",
    "campaigns": "campaigns",
    "batches": "batches",
    "point_totals": "point_balances",
    "provider_pools": "point_balances",
    "campaign_pools": "point_balances",
    "campaign_cancellations": "campaign_cancellations",
}
"""Members of `ModelState`, and the table of the mirror that each stands for."""


def _compare(name: str, decided: Any, mirrored: Any) -> Iterator[Finding]:
    table = f"replica {_COMPARED[name]}"
    if not isinstance(decided, Mapping):
        if decided != mirrored:
            yield Finding.of(PART, table, name, name, expected=decided, found=mirrored)
        return
    for key in [*decided, *(key for key in mirrored if key not in decided)]:
        one, other = decided.get(key), mirrored.get(key)
        if one == other or (not one and not other):  # an empty balance or set of days has no row
            continue
        if one is None or other is None or not hasattr(one, "__dataclass_fields__"):
            column = WHOLE_ROW if one is None or other is None else name
            yield Finding.of(PART, table, key, column, expected=_shown(one), found=_shown(other))
            continue
        for member in fields(one):
            expected, found = getattr(one, member.name), getattr(other, member.name)
            if expected != found:
                yield Finding.of(PART, table, key, member.name, expected=expected, found=found)


def _shown(value: object) -> object:
    return "nothing" if value is None else value
