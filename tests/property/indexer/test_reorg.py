"""Whatever the chain takes back, the mirror is what a fresh index of the chain would be, byte for byte."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.database import Database, open_database
from indexer.dump import dump
from indexer.follower import Follower
from indexer.mirror import Cursor
from indexer.rollback import roll_back
from indexer.status import status
from tests.fakes.event_chain import EventChain


@contextmanager
def database() -> Iterator[Database]:
    with TemporaryDirectory() as folder:
        opened = open_database(f"sqlite:///{Path(folder) / 'index.db'}")
        yield opened
        opened.close()


def dumped(opened: Database) -> list[str]:
    with opened.read() as connection:
        return list(dump(connection))


def fresh(chain: EventChain) -> list[str]:
    with database() as other:
        Follower(chain, chain.deployment, other).catch_up()
        return dumped(other)


blocks = st.lists(st.integers(0, 6), max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    life=st.lists(st.tuples(blocks, st.integers(0, 8)), min_size=1, max_size=4),
    small=st.booleans(),
)
def test_rolled_back_and_replayed_equals_fresh(seed: int, life: list[tuple[list[int], int]], small: bool) -> None:
    chain = EventChain(seed, points=0.5)
    with database() as opened:
        follower = Follower(
            chain,
            chain.deployment,
            opened,
            operations_per_commit=3 if small else 10_000,
            logs_per_range=5 if small else 2_000,
        )
        for mined, depth in life:
            for operations in mined:
                chain.mine(operations)
            follower.catch_up()
            if depth:
                chain.fork(min(depth, len(chain.blocks) - 2))
                chain.mine(1)
        # The mirror keeps no empty blocks: a shorter chain that took back only such is seen once it is as long.
        while chain.head.number < follower.catch_up().block_number:
            chain.mine(1)
        follower.catch_up()
        assert dumped(opened) == fresh(chain)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), before=blocks, after=blocks.filter(any))
def test_rolled_back_equals_stopped_there(seed: int, before: list[int], after: list[int]) -> None:
    chain = EventChain(seed, points=0.5)
    with database() as opened:
        follower = Follower(chain, chain.deployment, opened)
        for operations in [*before, 1]:
            chain.mine(operations)
        stopped = follower.catch_up()
        then = dumped(opened)
        for operations in after:
            chain.mine(operations)
        follower.catch_up()
        with opened.write() as connection:
            roll_back(connection, stopped._replace(log_size=0, log_root=b""))
        assert dumped(opened) == then


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), lost=st.integers(1, 5))
def test_the_head_may_move_back(seed: int, lost: int) -> None:
    chain = EventChain(seed, points=0.5)
    for _ in range(8):
        chain.mine(2)
    with database() as opened:
        follower = Follower(chain, chain.deployment, opened)
        follower.catch_up()
        chain.fork(lost + 1)
        chain.mine(1)
        cursor = follower.catch_up()
        assert cursor.block_number == chain.head.number
        assert status(opened, chain).reorgs == 1
        assert dumped(opened) == fresh(chain)
        assert isinstance(cursor, Cursor)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), missing=st.integers(1, 8), empty=st.booleans())
def test_a_node_that_is_behind_is_waited_for(seed: int, missing: int, empty: bool) -> None:
    chain = EventChain(seed, points=0.5)
    for _ in range(8):
        chain.mine(0 if empty else 2)
    with database() as opened:
        follower = Follower(chain, chain.deployment, opened)
        cursor, then = follower.catch_up(), dumped(opened)
        whole = list(chain.blocks)
        chain.fork(missing)
        assert follower.catch_up() == cursor
        assert dumped(opened) == then
        assert status(opened, chain).reorgs == 0
        chain.blocks[:] = whole
        chain.mine(1)
        follower.catch_up()
        assert status(opened, chain).reorgs == 0
        assert dumped(opened) == fresh(chain)
