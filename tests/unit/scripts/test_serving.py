"""A follower beside the API: what passes is tried again, what does not is raised where the program waits."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy.exc import OperationalError

from api.errors import FollowerFailing
from indexer.database import Database, open_database
from indexer.errors import BrokenBooks, EntryIndexBusy
from indexer.follower import Follower
from ledger.errors import NodeUnreachable, NotFound, TanpuhuiError
from scripts import following, serving
from scripts.following import bring_up, sole_follower
from scripts.serving import FollowerThread
from tests.fakes.event_chain import EventChain


class Failing:
    """A follower that raises these one after the other, and the last one ends the test."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def follow(self, stop: threading.Event, *, told: Callable[[TanpuhuiError | None], None]) -> None:
        raise self.errors.pop(0)


@pytest.fixture
def database(tmp_path: Path) -> Any:
    opened = open_database(f"sqlite:///{tmp_path / 'index.db'}")
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_AGAIN_SECONDS", 0.01)


def test_what_may_pass_is_tried_again_and_what_may_not_is_raised(database: Database) -> None:
    passing = (NodeUnreachable("memory:"), OperationalError("", {}, Exception()))
    failing = Failing(*passing, NotFound("block", 1))
    told: list[TanpuhuiError] = []
    with FollowerThread(cast("Follower", failing), database, told.append) as thread, pytest.raises(NotFound):
        thread.wait()
    assert failing.errors == []
    assert told == []


def test_a_halt_is_told_once(database: Database) -> None:
    told = threading.Event()
    failing = Failing(BrokenBooks(1, "made"), NotFound("block", 1))
    with FollowerThread(cast("Follower", failing), database, lambda _: told.set()):
        assert told.wait(10)
    assert len(failing.errors) == 1


def test_a_follower_that_ended_is_failing_at_once_and_says_by_what(database: Database) -> None:
    for error, cause in (
        (BrokenBooks(1, "made"), "broken-books"),
        (NotFound("block", 1), "not-found"),
        (RuntimeError("secret"), "internal-error"),
    ):
        with FollowerThread(cast("Follower", Failing(error)), database, lambda _: None) as thread:
            thread._thread.join(10)
            assert thread.failing() == FollowerFailing(cause)


def test_a_follower_is_failing_when_nothing_went_well_for_long(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    now = [0.0]
    chain = EventChain(1)
    follower = Follower(chain, chain.deployment, database)
    thread = FollowerThread(follower, database, lambda _: None, clock=lambda: now[0])
    seen: list[FollowerFailing | None] = []

    def hear(error: Exception | None, at: float) -> None:
        now[0] = at
        thread._hear(error)
        seen.append(thread.failing())

    down = NodeUnreachable("http://10.1.2.3", "down")
    for error, at in ((None, 0), (down, 10), (down, 39), (down, 40), (None, 41), (down, 42), (down, 71)):
        hear(error, float(at))
    assert seen == [None, None, None, FollowerFailing("node-unreachable"), None, None, None]
    hear(OperationalError("", {}, Exception()), 72.0)
    assert seen[-1] == FollowerFailing("database-unusable")
    assert caplog.text.count("down") == 2


def test_a_follower_tells_after_each_time_how_it_went(database: Database) -> None:
    chain = EventChain(1)
    follower = Follower(chain, chain.deployment, database)
    stop = threading.Event()
    heard: list[str | None] = []

    def silent_once(*_: Any) -> Any:
        chain.tamper.clear()
        raise NodeUnreachable(chain.url)

    def told(error: TanpuhuiError | None) -> None:
        heard.append(None if error is None else error.code)
        if len(heard) == 2:
            stop.set()

    chain.tamper.append(silent_once)
    follower.follow(stop, poll_seconds=0.001, told=told)
    assert heard == ["node-unreachable", None]


def test_the_lock_is_tried_again(database: Database) -> None:
    failing = Failing(NotFound("block", 1))
    with sole_follower(database):
        thread = FollowerThread(cast("Follower", failing), database, lambda _: None)
        thread.__enter__()
        assert failing.errors
    with pytest.raises(NotFound):
        thread.wait()


def test_a_silent_node_is_not_waited_for_without_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_SILENCE_SECONDS", 0.05)
    chain = EventChain(1)
    follower = Follower(chain, chain.deployment, database)
    follower.catch_up()

    def silent(*_: Any) -> Any:
        raise NodeUnreachable(chain.url)

    chain.tamper.append(silent)
    with sole_follower(database), pytest.raises(NodeUnreachable):
        bring_up(follower, database, chain)


class FailingOnce:
    """A worker whose first pass fails in a way that nobody thought of."""

    def __init__(self, done: threading.Event) -> None:
        self.passes = 0
        self._done = done

    def follow(self, stop: threading.Event, *, told: Any) -> None:
        self.passes += 1
        if self.passes == 1:
            told(EntryIndexBusy("index"))
            raise RuntimeError("spoiled")
        self._done.set()
        stop.wait()


def test_no_batch_ends_the_thread_that_looks_after_files(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(serving, "_AGAIN_SECONDS", 0.01)
    done = threading.Event()
    worker = FailingOnce(done)
    with serving.WorkerThread(worker):  # type: ignore[arg-type]
        assert done.wait(5)
    assert worker.passes == 2
    assert "Another process" in caplog.text
    assert "spoiled" in caplog.text
