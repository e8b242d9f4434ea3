"""What the log's key has signed is kept before anybody sees it, published once, and never contradicted."""

import pytest

from indexer import checkpoints
from indexer.database import Database
from indexer.errors import CheckpointConflict, CheckpointOvertaken, CheckpointUnfinished
from ledger.checkpoints import Checkpoint
from ledger.errors import NotFound
from ledger.ids import Hash32
from ledger.notes import KeyType, Note, SignerKey

ORIGIN = "tanpuhui/31337/" + "ab" * 32
LOG = SignerKey(ORIGIN, KeyType.LOG, b"\x01" * 32)
WITNESS = SignerKey("witness.example/1", KeyType.WITNESS, b"\x02" * 32)


def note(size: int, root: int = 1, *, timestamp: int | None = None) -> Note:
    text = Checkpoint(ORIGIN, size, Hash32(bytes([root]) * 32)).text
    lines = (LOG.sign(text),)
    return Note(text, lines if timestamp is None else (*lines, WITNESS.sign(text, timestamp=timestamp)))


def publish(database: Database, size: int) -> checkpoints.StoredCheckpoint:
    with database.write() as connection:
        checkpoints.reserve(connection, note(size))
        return checkpoints.publish(connection, note(size, timestamp=7))


def test_nothing_is_published_before_it_is(database: Database) -> None:
    with database.write() as connection:
        reserved = checkpoints.reserve(connection, note(3))
    with database.read() as connection:
        assert checkpoints.newest(connection) is None
        assert checkpoints.at_size(connection, 3) is None
        assert checkpoints.of_leaf(connection, 0) is None
        assert checkpoints.last_signed(connection) == reserved
    with database.write() as connection:
        published = checkpoints.publish(connection, note(3, timestamp=7))
    assert published.published_at is not None
    assert published.note == str(note(3, timestamp=7))
    with database.read() as connection:
        assert checkpoints.newest(connection) == checkpoints.at_size(connection, 3) == published


def test_the_checkpoint_of_a_leaf_is_the_earliest_that_covers_it(database: Database) -> None:
    first = publish(database, 3)
    second = publish(database, 8)
    with database.read() as connection:
        found = [checkpoints.of_leaf(connection, index) for index in (0, 2, 3, 7, 8)]
        assert found == [first, first, second, second, None]
        assert checkpoints.newest(connection) == second


def test_what_is_published_stays_as_it_is(database: Database) -> None:
    published = publish(database, 3)
    with database.write() as connection:
        assert checkpoints.publish(connection, note(3, timestamp=9)) == published
        assert checkpoints.reserve(connection, note(3)) == published
        assert checkpoints.at_size(connection, 3) == published


def test_one_size_has_one_root(database: Database) -> None:
    with database.write() as connection:
        checkpoints.reserve(connection, note(3))
        with pytest.raises(CheckpointConflict, match="at this size it has signed root 0x0101"):
            checkpoints.reserve(connection, note(3, 2))
        with pytest.raises(CheckpointConflict, match="at this size it has signed root 0x0101"):
            checkpoints.publish(connection, note(3, 2))
        checkpoints.publish(connection, note(3))
        with pytest.raises(CheckpointConflict, match="at this size"):
            checkpoints.reserve(connection, note(3, 2))


def test_sizes_rise(database: Database) -> None:
    publish(database, 5)
    with database.write() as connection, pytest.raises(CheckpointOvertaken, match="size 5 is signed"):
        checkpoints.reserve(connection, note(4))


def test_another_waits_until_the_one_before_is_published(database: Database) -> None:
    """Published out of order, the earliest checkpoint of a leaf would change."""
    with database.write() as connection:
        checkpoints.reserve(connection, note(3))
    with database.write() as connection, pytest.raises(CheckpointUnfinished, match="size 3"):
        checkpoints.reserve(connection, note(4))


def test_only_what_was_reserved_is_published(database: Database) -> None:
    with database.write() as connection, pytest.raises(NotFound, match="signed checkpoint 3"):
        checkpoints.publish(connection, note(3))


def test_a_clock_that_goes_back_does_not_stop_publishing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.write() as connection:
        reserved = checkpoints.reserve(connection, note(3))
        monkeypatch.setattr("indexer.checkpoints.time.time", lambda: reserved.signed_at - 100)
        assert checkpoints.publish(connection, note(3)).published_at == reserved.signed_at
