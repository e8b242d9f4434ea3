"""From operations to rows: what a block range adds to each table and what it changes.

A `Projection` stands at a size of the log. `apply` takes operations one after the other; `store` writes what came since
the last `store` in one go, on a connection whose transaction the follower commits. If that transaction fails, the
projection is worth nothing any more: load another.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table

from chain import events
from indexer import books, mirror, schema
from indexer.books import BalanceKey, Posting
from indexer.claims import NOBODY
from indexer.errors import BrokenBooks
from indexer.mirror import LotState
from indexer.pairing import PairedOperation
from indexer.statuses import STATUS_OF
from indexer.tiles import SqlNodes, Tile, TileBuilder, tiles_at
from ledger import encoding
from ledger.ids import ZERO_HASH
from ledger.log_tree import CompactRange
from ledger.vocabulary import OperationKind, ProposalStatus

_CACHED_BALANCES = 200_000
_CACHED_LOTS = 100_000

# Things with a status, each after those it refers to.
_THINGS = (schema.accounts, schema.methodologies, schema.activities, schema.proposals, schema.lots)


@dataclass(slots=True)
class _Pending:
    """What was applied and is not stored yet."""

    blocks: list[tuple[int, bytes, bytes, int]] = field(default_factory=list)
    operations: list[tuple[Any, ...]] = field(default_factory=list)
    leaf_hashes: list[bytes] = field(default_factory=list)
    things: dict[Table, dict[bytes, dict[str, Any]]] = field(default_factory=lambda: {table: {} for table in _THINGS})
    """New rows by table and id, as column values."""
    statuses: dict[Table, dict[bytes, tuple[int, int]]] = field(
        default_factory=lambda: {table: {} for table in _THINGS}
    )
    """New status and its leaf, of things that were stored before."""
    changed_lots: set[bytes] = field(default_factory=set)
    postings: list[Posting] = field(default_factory=list)
    certificates: list[tuple[Any, ...]] = field(default_factory=list)


class Projection:
    """The mirror's growing end."""

    def __init__(
        self,
        connection: Connection,
        log_size: int,
        find_lot: Callable[[bytes], LotState | None],
        find_debtor: Callable[[bytes], bytes | None],
    ) -> None:
        """Continues the mirror as stored, whose log has `log_size` leaves.

        `find_lot` reads a lot that is stored; `find_debtor` who owes what a stored activity cannot give back.
        """
        self._find_lot = find_lot
        self._find_debtor = find_debtor
        self._log = CompactRange.load(log_size, SqlNodes(connection))
        self._tiles = TileBuilder.load(connection, log_size)
        self._open_tiles = {tile for tile, _ in tiles_at(log_size)}
        self._grown_tiles: list[Tile] = []
        self._lots: dict[bytes, LotState] = {}
        self._balances: dict[BalanceKey, int] = {}
        self._pending = _Pending()
        self.last_block = -1
        """Number of the last block that was added."""
        self._handlers: dict[type[Any], Callable[[int, Any], None]] = {
            events.AccountOpened: self._account_opened,
            events.MethodologyPublished: self._methodology_published,
            events.ActivityRegistered: self._activity_registered,
            events.IssuanceProposed: self._proposed,
            events.IssuanceConfirmed: self._confirmed,
            events.IssuanceRejected: self._rejected,
            events.ReductionTransferred: self._transferred,
            events.ReductionCancelled: self._cancelled,
            events.ReductionCorrected: self._corrected,
        }

    # ------------------------------------------------------------------------------------------------------ applying

    @property
    def pending_operations(self) -> int:
        """How many operations wait to be stored."""
        return len(self._pending.operations)

    def add_block(self, number: int, block_hash: bytes, parent_hash: bytes, timestamp: int) -> None:
        """A block that holds events; its operations follow."""
        self._pending.blocks.append((number, block_hash, parent_hash, timestamp))
        self.last_block = number

    def apply(self, operation: PairedOperation, block_number: int, transaction_hash: bytes, log_index: int) -> None:
        """One operation in the order of the log. `BrokenBooks` if it contradicts what was booked before."""
        leaf, event = operation
        index, operation_id, ledger, kind, subject, giver, receiver, grams, record_hash, timestamp, leaf_hash = leaf
        pending = self._pending
        pending.leaf_hashes.append(leaf_hash)
        pending.operations.append(
            (
                index,
                operation_id,
                kind,
                ledger,
                subject,
                None if giver == NOBODY else giver,
                None if receiver == NOBODY else receiver,
                grams,
                record_hash,
                timestamp,
                leaf_hash,
                block_number,
                transaction_hash,
                log_index,
            )
        )
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(index, event)
        else:
            # The pairing has held the leaf's kind against the event, whose first field is the thing's id.
            table, status = STATUS_OF[kind]
            self._set_status(table, event[0], status, index)

    def _account_opened(self, leaf: int, event: events.AccountOpened) -> None:
        row = {
            "account": event.account,
            "kind": int(event.kind),
            "custody": int(event.custody),
            "identity_commitment": event.identity_commitment,
            "status": STATUS_OF[OperationKind.ACCOUNT_OPENED][1],
            "opened_leaf_index": leaf,
        }
        self._add_thing(schema.accounts, event.account, row, leaf)

    def _methodology_published(self, leaf: int, event: events.MethodologyPublished) -> None:
        row = {
            "methodology_id": event.methodology_id,
            "code": event.code,
            "version": event.version,
            "kind": int(event.kind),
            "reduction_class": int(event.reduction_class),
            "effective_first_day": event.effective_first_day,
            "effective_last_day": event.effective_last_day,
            "document_hash": event.document_hash,
            "status": STATUS_OF[OperationKind.METHODOLOGY_PUBLISHED][1],
            "published_leaf_index": leaf,
        }
        self._add_thing(schema.methodologies, event.methodology_id, row, leaf)

    def _activity_registered(self, leaf: int, event: events.ActivityRegistered) -> None:
        registration = event.registration
        row = {
            "activity_id": event.activity_id,
            "code": registration.code,
            "kind": int(registration.kind),
            "reduction_class": int(event.reduction_class),
            "methodology_id": registration.methodology_id,
            "operator_account": registration.operator_account,
            "feed_signer": _unless(registration.feed_signer, NOBODY),
            "crediting_first_day": registration.crediting_first_day,
            "crediting_last_day": registration.crediting_last_day,
            "facility_id": _unless(registration.facility_id, ZERO_HASH),
            "debtor_id": bytes(encoding.debtor_id(activity_id=event.activity_id, facility_id=registration.facility_id)),
            "pledge_hash": _unless(registration.pledge_hash, ZERO_HASH),
            "cap_gco2e": registration.cap_grams,
            "status": STATUS_OF[OperationKind.ACTIVITY_REGISTERED][1],
            "registered_leaf_index": leaf,
        }
        self._add_thing(schema.activities, event.activity_id, row, leaf)

    def _proposed(self, leaf: int, event: events.IssuanceProposed) -> None:
        row = {
            "proposal_id": event.operation_id,
            "activity_id": event.activity_id,
            "proposer": event.proposer,
            "first_day": event.first_day,
            "last_day": event.last_day,
            "quantity_gco2e": event.grams,
            "status": int(ProposalStatus.PROPOSED),
            "proposed_leaf_index": leaf,
        }
        self._add_thing(schema.proposals, event.operation_id, row, leaf)

    def _confirmed(self, leaf: int, event: events.IssuanceConfirmed) -> None:
        row = {
            "lot_id": event.lot_id,
            "activity_id": event.activity_id,
            "methodology_id": event.methodology_id,
            "reduction_class": int(event.reduction_class),
            "first_day": event.first_day,
            "last_day": event.last_day,
            "credited_account": event.credited_account,
            "proposal_id": event.proposal_id,
            "first_serial": event.first_serial,
            "issued_gco2e": event.issued_grams,
            "withheld_gco2e": event.withheld_grams,
            "status": STATUS_OF[OperationKind.ISSUANCE_CONFIRMED][1],
            "issued_leaf_index": leaf,
        }
        self._add_thing(schema.lots, event.lot_id, row, leaf)
        self._lots[event.lot_id] = LotState(
            activity_id=event.activity_id,
            credited_account=event.credited_account,
            first_serial=event.first_serial,
            issued=event.issued_grams,
            cancelled=0,
            taken_back=event.withheld_grams,
            corrected=0,
        )
        self._pending.changed_lots.add(event.lot_id)
        self._set_status(schema.proposals, event.proposal_id, int(ProposalStatus.CONFIRMED), leaf)
        debtor = self._debtor(event.activity_id, leaf) if event.withheld_grams else b""
        self._pending.postings += books.of_issuance(leaf, event, debtor)

    def _rejected(self, leaf: int, event: events.IssuanceRejected) -> None:
        self._set_status(schema.proposals, event.proposal_id, int(ProposalStatus.REJECTED), leaf)

    def _transferred(self, leaf: int, event: events.ReductionTransferred) -> None:
        self._pending.postings.append(books.of_transfer(leaf, event))

    def _cancelled(self, leaf: int, event: events.ReductionCancelled) -> None:
        lot = self._lot(event.lot_id, leaf)
        if event.first_serial != lot.first_serial + lot.cancelled:
            raise self._broken(f"certificate {event.certificate_number} does not begin where the lot's last one ended")
        self._change_lot(event.lot_id, lot._replace(cancelled=lot.cancelled + event.grams))
        self._pending.certificates.append(
            (
                event.certificate_number,
                leaf,
                event.lot_id,
                event.account,
                int(event.purpose),
                event.grams,
                event.first_serial,
            )
        )
        self._pending.postings.append(books.of_cancellation(leaf, event))

    def _corrected(self, leaf: int, event: events.ReductionCorrected) -> None:
        if event.taken_back_grams + event.shortfall_grams != event.grams:
            raise self._broken(f"the correction of leaf {leaf} does not add up")
        lot = self._lot(event.lot_id, leaf)
        taken_back, corrected = lot.taken_back + event.taken_back_grams, lot.corrected + event.grams
        self._change_lot(event.lot_id, lot._replace(taken_back=taken_back, corrected=corrected))
        debtor = self._debtor(lot.activity_id, leaf) if event.shortfall_grams else b""
        self._pending.postings += books.of_correction(leaf, event, debtor)

    def _add_thing(self, table: Table, identifier: bytes, row: dict[str, Any], leaf: int) -> None:
        self._pending.things[table][identifier] = row | {"status_leaf_index": leaf}

    def _set_status(self, table: Table, identifier: bytes, status: int, leaf: int) -> None:
        new = self._pending.things[table].get(identifier)
        if new is not None:
            new.update(status=status, status_leaf_index=leaf)
        else:
            self._pending.statuses[table][identifier] = (status, leaf)

    def _lot(self, lot_id: bytes, leaf: int) -> LotState:
        lot = self._lots.get(lot_id)
        if lot is None:
            lot = self._find_lot(lot_id)
            if lot is None:
                raise self._broken(f"leaf {leaf} is about lot {lot_id.hex()}, which was never issued")
            self._lots[lot_id] = lot
        return lot

    def _debtor(self, activity_id: bytes, leaf: int) -> bytes:
        new = self._pending.things[schema.activities].get(activity_id)
        debtor = self._find_debtor(activity_id) if new is None else new["debtor_id"]
        if debtor is None:
            raise self._broken(f"leaf {leaf} is about activity {activity_id.hex()}, which was never registered")
        return bytes(debtor)

    def _change_lot(self, lot_id: bytes, lot: LotState) -> None:
        if lot.cancelled + lot.taken_back > lot.issued or lot.corrected > lot.issued:
            raise self._broken(f"lot {lot_id.hex()} has more cancelled, taken back or corrected than was issued")
        self._lots[lot_id] = lot
        self._pending.changed_lots.add(lot_id)

    def _broken(self, reason: str) -> BrokenBooks:
        return BrokenBooks(self._pending.blocks[-1][0], reason)

    # ------------------------------------------------------------------------------------------------------- storing

    def extend_log(self) -> tuple[int, bytes]:
        """Appends the applied leaves to the log in memory; gives its size and root. Call it before `store`."""
        self._grown_tiles = self._tiles.extend(self._log.extend(self._pending.leaf_hashes))
        return self._log.size, self._log.root()

    def store(self, connection: Connection, block_number: int) -> None:
        """Writes what was applied. `block_number`, the end of the range, is named by `BrokenBooks`."""
        pending, self._pending = self._pending, _Pending()
        mirror.add(connection, schema.blocks, pending.blocks)
        mirror.add(connection, schema.operations, pending.operations)
        # Changes first: a facility may be freed and taken again in one range.
        for table, statuses in pending.statuses.items():
            mirror.set_statuses(connection, table, ((key, *change) for key, change in statuses.items()), block_number)
        self._store_lots(connection, pending)
        for table, rows in pending.things.items():
            names = table.columns.keys()
            mirror.add(connection, table, [tuple(row[name] for name in names) for row in rows.values()])
        mirror.add(connection, schema.certificates, pending.certificates)
        mirror.add(connection, schema.postings, pending.postings)
        self._store_balances(connection, pending, block_number)
        mirror.write_tiles(connection, self._grown_tiles, self._open_tiles)
        self._open_tiles = {tile for tile, _ in tiles_at(self._log.size)}

    def _store_lots(self, connection: Connection, pending: _Pending) -> None:
        new = pending.things[schema.lots]
        for lot_id, row in new.items():
            lot = self._lots[lot_id]
            row.update(cancelled_gco2e=lot.cancelled, taken_back_gco2e=lot.taken_back, corrected_gco2e=lot.corrected)
        old = [(lot_id, self._lots[lot_id]) for lot_id in pending.changed_lots - new.keys()]
        mirror.set_lot_totals(connection, old)
        if len(self._lots) > _CACHED_LOTS:
            self._lots.clear()

    def _store_balances(self, connection: Connection, pending: _Pending, block_number: int) -> None:
        changes = books.balance_changes(pending.postings)
        unknown = [key for key in changes if key not in self._balances]
        found = mirror.read_balances(connection, unknown)
        before = {key: self._balances.get(key) or found.get(key, 0) for key in changes}
        after = {key: before[key] + change for key, change in changes.items() if change}
        mirror.change_balances(connection, before, after, block_number)
        if len(self._balances) > _CACHED_BALANCES:
            self._balances.clear()
        self._balances.update(after)


def _unless(value: bytes, none: bytes) -> bytes | None:
    return None if value == none else value
