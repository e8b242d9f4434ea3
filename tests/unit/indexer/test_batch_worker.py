"""Files of anchored batches are checked, their entries count, and what is wrong is said and stops nothing."""

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from chain.events import BatchCommitment
from indexer import schema
from indexer.database import Database
from indexer.schema import IncidentKind
from indexer.status import status
from ledger.vocabulary import BatchKind
from tests.unit.indexer.batches import make_batch, tags
from tests.unit.indexer.city import CLASSES, City


@pytest.fixture
def city(tmp_path: Path, database: Database) -> City:
    return City(tmp_path, database)


def test_entries_of_checked_batches_count(city: City) -> None:
    earned = city.commitment(city.batch([(1, 100), (2, 50)]))
    spent = city.commitment(city.batch([(1, 30)], BatchKind.CANCEL, first=10))
    city.mine(lambda p: city.earn(p, earned), lambda p: p.cancel(city.reduction_class, spent))
    assert city.catch_up() == 2
    assert city.states() == [("checked", None), ("checked", None)]
    assert city.points(1, 2) == [70, 50]
    assert [row.overdrawn for row in city.files()] == [None, 0]
    assert city.incidents() == []
    assert city.catch_up() == 0
    tree = city.trees.tree(
        earned.file_hash,
        kind=BatchKind.EARN,
        reduction_class=city.reduction_class,
        root=earned.root,
        total=earned.total,
        entry_count=earned.entry_count,
    )
    assert (tree.total, bytes(tree.root)) == (150, earned.root)


def test_a_missing_file_is_waited_for(city: City) -> None:
    earned = city.commitment(city.batch([(1, 100)]), kept=False)
    spent = city.commitment(city.batch([(1, 100)], BatchKind.CANCEL, first=10))
    city.mine(lambda p: city.earn(p, earned), lambda p: p.cancel(city.reduction_class, spent))
    city.catch_up()
    assert city.states() == [("waiting", "file-missing"), ("checked", None)]
    assert [row.overdrawn for row in city.files()] == [None, None]  # not known yet, so nobody is accused
    assert status(city.database).batches_waiting == 1
    assert city.follower.catch_up().block_number == city.chain.head.number
    city.bring_back(earned)
    city.catch_up()
    assert city.states() == [("checked", None), ("checked", None)]
    assert [row.overdrawn for row in city.files()] == [None, 0]
    assert city.incidents() == []


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"root": b"\x01" * 32}, "root"),
        ({"total": 151}, "total"),
        ({"entry_count": 3}, "entry-count"),
    ],
)
def test_a_file_that_is_not_the_chains_is_wrong(city: City, change: dict[str, object], rule: str) -> None:
    earned = city.commitment(city.batch([(1, 100), (2, 50)]))._replace(**change)  # type: ignore[arg-type]
    good = city.commitment(city.batch([(3, 7)], first=10))
    city.mine(lambda p: city.earn(p, earned), lambda p: city.earn(p, good))
    city.catch_up()
    assert city.states() == [("wrong", rule), ("checked", None)]
    assert city.points(1, 2, 3) == [0, 0, 7]
    assert city.incidents() == [(IncidentKind.WRONG_BATCH, 1, False)]
    assert (status(city.database).batches_wrong, status(city.database).batch_incidents) == (1, 1)


def test_a_file_of_another_kind_or_class_is_wrong(city: City) -> None:
    other = next(one for one in CLASSES if one is not city.reduction_class)
    kind = city.commitment(city.batch([(1, 100)], BatchKind.DONATE))
    of_class = city.commitment(make_batch([(1, 100)], reduction_class=other, first=10))
    city.mine(lambda p: city.earn(p, kind), lambda p: city.earn(p, of_class))
    city.catch_up()
    assert city.states() == [("wrong", "kind"), ("wrong", "class")]


def test_a_file_that_is_no_batch_file_is_wrong(city: City) -> None:
    (city.folder / "junk").write_bytes(b"no Parquet")
    file_hash = city.store.put(city.folder / "junk")
    city.mine(lambda p: city.earn(p, BatchCommitment(b"\x01" * 32, 5, 1, bytes(file_hash))))
    city.catch_up()
    assert city.states() == [("wrong", "file")]


def test_the_same_file_twice_counts_once(city: City) -> None:
    earned = city.commitment(city.batch([(1, 100)]))
    city.mine(lambda p: city.earn(p, earned), lambda p: city.earn(p, earned))
    city.catch_up()
    assert city.states() == [("checked", None), ("wrong", "file-anchored-before")]
    assert city.points(1) == [100]
    assert {kind for kind, number, _ in city.incidents() if number == 2} == {
        IncidentKind.WRONG_BATCH,
        IncidentKind.DUPLICATE_ENTRIES,
    }


def test_entries_of_an_earlier_batch_are_an_incident(city: City) -> None:
    first, again = city.batch([(1, 100), (2, 50)]), city.batch([(1, 100), (3, 5)], first=1)
    assert len(set(map(bytes, first.entry_ids)) & set(map(bytes, again.entry_ids))) == 1
    commitments = [city.commitment(one) for one in (first, again)]
    city.mine(*(lambda p, one=one: city.earn(p, one) for one in commitments))
    city.catch_up()
    assert city.states() == [("checked", None), ("checked", None)]
    assert [row.duplicates for row in city.files()] == [0, 1]
    assert city.incidents() == [(IncidentKind.DUPLICATE_ENTRIES, 2, False)]


def test_whoever_spends_more_than_he_has_is_an_incident(city: City) -> None:
    earned = city.commitment(city.batch([(1, 100), (2, 50)]))
    spent = city.commitment(city.batch([(1, 20), (2, 60)], BatchKind.CANCEL, first=10))
    city.mine(lambda p: city.earn(p, earned), lambda p: p.cancel(city.reduction_class, spent))
    city.catch_up()
    assert [row.overdrawn for row in city.files()] == [None, 1]
    assert city.incidents() == [(IncidentKind.OVERDRAWN_PERSONS, 2, False)]


def test_a_snapshot_must_be_of_the_balances(city: City) -> None:
    earned = city.commitment(city.batch([(1, 100), (2, 50)]))

    def snapshot(*balances: tuple[int, int]) -> BatchCommitment:
        ids = [tags(person).tobytes() for person, _ in balances]
        made = make_batch(list(balances), kind=BatchKind.SNAPSHOT, reduction_class=city.reduction_class, ids=ids)
        return city.commitment(made)

    good, moved = snapshot((1, 100), (2, 50)), snapshot((1, 99), (2, 51))
    city.mine(lambda p: city.earn(p, earned))
    for one in (good, moved):
        city.mine(lambda p, one=one: p.take_snapshot(city.reduction_class, 1, one))
    city.catch_up()
    assert city.states() == [("checked", None), ("checked", None), ("wrong", "balances")]


def test_a_batch_that_the_chain_takes_back_counts_no_more(city: City) -> None:
    earned = city.commitment(city.batch([(1, 100)]))
    spent = city.commitment(city.batch([(1, 300)], BatchKind.CANCEL, first=10))
    later = city.commitment(city.batch([(1, 500)], first=20))
    city.mine(lambda p: city.earn(p, earned), lambda p: city.earn(p, later))
    city.mine(lambda p: p.cancel(city.reduction_class, spent))
    city.catch_up()
    assert city.points(1) == [300]
    city.chain.fork(2)
    city.chain.mine_points(lambda _: None)
    city.catch_up()
    assert len(city.files()) == 1
    assert city.points(1) == [100]
    # What is spent is on its way again, and stays off.
    assert city.index.balances(tags(1), city.reduction_class).tolist() == [-200]
    # The later one comes first now: as batch 2 it has another subject.
    city.mine(lambda p: p.cancel(city.reduction_class, city.commitment(city.batch([(1, 1)], BatchKind.CANCEL, 30))))
    city.mine(lambda p: city.earn(p, later))
    city.catch_up()
    assert city.points(1) == [599]
    assert [row.batch_number for row in city.files()] == [1, 2, 3]


def test_what_the_chain_says_now_counts(city: City) -> None:
    """The index may know a batch from before blocks were taken back, or as withdrawn in favour of another one."""
    first, again = city.batch([(1, 100)]), city.batch([(1, 100), (2, 5)])
    commitments = [city.commitment(one) for one in (first, again)]
    for batch, commitment in zip((first, again), commitments, strict=True):
        city.index.add(batch, commitment.file_hash)
    city.index.anchor(commitments[0].file_hash, number=7, withheld=30)
    city.index.withdraw(commitments[1].file_hash)
    city.mine(*(lambda p, one=one: city.earn(p, one) for one in commitments))
    city.catch_up()
    assert city.states() == [("checked", None), ("checked", None)]
    assert [batch.number for batch in city.index.batches] == [1, 2]
    assert city.points(1, 2) == [200, 5]
    assert city.incidents() == [(IncidentKind.DUPLICATE_ENTRIES, 2, False)]


def test_incidents_of_a_batch_that_is_taken_back_are_past(city: City) -> None:
    wrong = city.commitment(city.batch([(1, 100)]))._replace(root=b"\x01" * 32)
    city.mine(lambda p: city.earn(p, wrong))
    city.catch_up()
    city.chain.fork(1)
    city.chain.mine_points(lambda _: None)
    city.catch_up()
    assert city.incidents() == [(IncidentKind.WRONG_BATCH, 1, True)]
    assert city.files() == []


def test_nothing_of_a_person_is_in_incidents_or_states(city: City) -> None:
    first, again = city.batch([(1, 100)]), city.batch([(1, 100), (2, 9)])
    spent = city.batch([(2, 10)], BatchKind.CANCEL, first=10)
    one, two, three = (city.commitment(batch) for batch in (first, again, spent))
    city.mine(lambda p: city.earn(p, one), lambda p: city.earn(p, two), lambda p: p.cancel(city.reduction_class, three))
    city.catch_up()
    with city.database.read() as connection:
        texts = " ".join(map(str, (*connection.execute(select(schema.incidents)), *city.files())))
    assert len(city.incidents()) == 2
    for row in np.concatenate([batch.account_tags for batch in (first, again, spent)]):
        assert bytes(row).hex() not in texts
        assert str(bytes(row)) not in texts
