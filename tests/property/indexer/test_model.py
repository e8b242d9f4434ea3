"""The mirror says what the reference model says."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from indexer import point_books, schema
from indexer.database import Database, open_database
from indexer.follower import Follower
from indexer.ledger_state import load_state
from indexer.point_books import PointPosting
from indexer.schema import DEBTOR_BOOKS, SOURCE_BOOKS, PointBook
from ledger.log_tree import root
from ledger.model import Certificate, ModelState
from ledger.vocabulary import BatchKind, CancellationPurpose
from tests.fakes.event_chain import EventChain
from tests.fakes.points_life import PointsState


def without_what_the_mirror_leaves_out(state: ModelState) -> ModelState:
    """Roles and digests of operations are on chain only; an empty balance has no row."""
    balances = {key: grams for key, grams in state.balances.items() if grams}
    days = {key: value for key, value in state.credited_days.items() if value}
    return replace(
        state, balances=balances, credited_days=days, operations={}, roles={}, log_peaks=(), log_size=0, certificates={}
    )


def certificates(database: Database) -> dict[int, Certificate]:
    table, operations = schema.certificates, schema.operations
    question = select(table, operations.c.operation_id).join(operations, operations.c.leaf_index == table.c.leaf_index)
    with database.read() as connection:
        return {
            row.number: Certificate(
                number=row.number,
                lot_id=row.lot_id,
                account=row.account,
                purpose=CancellationPurpose.from_number(row.purpose),
                grams=row.quantity_gco2e,
                first_serial=row.first_serial,
                operation_id=row.operation_id,
            )
            for row in connection.execute(question)
        }


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), blocks=st.lists(st.integers(0, 25), min_size=1, max_size=8))
def test_the_mirror_says_what_the_model_says(seed: int, blocks: list[int]) -> None:
    chain = EventChain(seed, points=0.5)
    with TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'index.db'}")
        follower = Follower(chain, chain.deployment, database)
        for operations in blocks:
            chain.mine(operations)
            follower.catch_up()
        cursor = follower.catch_up()
        state = chain.head.state
        with database.read() as connection:
            mirrored = load_state(connection, {})
        assert without_what_the_mirror_leaves_out(mirrored) == without_what_the_mirror_leaves_out(state)
        assert certificates(database) == state.certificates
        assert (cursor.log_size, cursor.log_root) == (state.log_size, root(chain.head.leaf_hashes))
        check_double_entry(database)
        check_points(database, chain.head.points)
        database.close()


def check_double_entry(database: Database) -> None:
    """Balances are the sums of postings; of each lot, what was issued is somewhere."""
    table = schema.balances
    totals = select(table.c.lot_id, table.c.book, func.sum(table.c.quantity_gco2e)).group_by(
        table.c.lot_id, table.c.book
    )
    with database.read() as connection:
        by_lot: dict[bytes, int] = {}
        for lot_id, book, total in connection.execute(totals):
            sign = -1 if book in SOURCE_BOOKS else 1
            by_lot[lot_id] = by_lot.get(lot_id, 0) + sign * int(total)
        posted: dict[tuple[int, bytes, bytes], int] = {}
        for posting in connection.execute(select(schema.postings)):
            for book, owner, change in (
                (posting.debit_book, posting.debit_owner, -posting.quantity_gco2e),
                (posting.credit_book, posting.credit_owner, posting.quantity_gco2e),
            ):
                lot_id = schema.NO_LOT if book in DEBTOR_BOOKS else posting.lot_id
                key = (book, owner, lot_id)
                posted[key] = posted.get(key, 0) + (-change if book in SOURCE_BOOKS else change)
        balances = {(row.book, row.owner, row.lot_id): row.quantity_gco2e for row in connection.execute(select(table))}
    assert set(by_lot.values()) <= {0}
    assert balances == {key: quantity for key, quantity in posted.items() if quantity}


def check_points(database: Database, points: PointsState) -> None:
    """Batches and pools are those of the contract; per class, what was issued is somewhere (§5.2)."""
    with database.read() as connection:
        balances = connection.execute(select(schema.point_balances)).all()
        batches = connection.execute(select(schema.batches).order_by(schema.batches.c.batch_number)).all()
        value = select(schema.batches.c.activity_id, func.sum(schema.batches.c.total)).where(
            schema.batches.c.kind == int(BatchKind.BEHAVIOUR)
        )
        behaviour = dict(connection.execute(value.group_by(schema.batches.c.activity_id)).all())
        posted = point_books.balance_changes(
            PointPosting(*row) for row in connection.execute(select(schema.point_postings))
        )
    for reduction_class, totals in points.totals.items():
        of_class = [row for row in balances if row.reduction_class == reduction_class]
        sums = {book: sum(row.quantity_gco2e for row in of_class if row.book == book) for book in PointBook}
        assert tuple(sums.values()) == (
            *(totals.issued, totals.personal, totals.providers, totals.campaigns),
            *(totals.bought_back, totals.cancelled, totals.taken_back),
        )
        assert sums.pop(PointBook.ISSUED) == sum(sums.values())
    pools = {
        (row.owner[-20:] if row.book == PointBook.PROVIDER_POOL else row.owner, row.reduction_class): row.quantity_gco2e
        for row in balances
        if row.book in {PointBook.PROVIDER_POOL, PointBook.CAMPAIGN_POOL}
    }
    assert pools == {key: grams for key, grams in points.pools.items() if grams}
    assert {(row.book, row.owner, row.reduction_class): row.quantity_gco2e for row in balances} == {
        key: grams for key, grams in posted.items() if grams
    }
    assert behaviour == dict(points.behaviour)
    told = [(one.kind, one.reduction_class, one.commitment.total, one.withheld) for one in points.batches]
    assert [(row.kind, row.reduction_class, row.total, row.withheld_gco2e) for row in batches] == told
