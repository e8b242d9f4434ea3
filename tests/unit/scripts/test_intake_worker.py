"""Work on uploaded files goes on when what keeps it from going on is over."""

from __future__ import annotations

import threading

import pytest

from indexer.errors import EntryIndexBusy
from ledger.errors import InvalidInput, NodeUnreachable, TanpuhuiError
from scripts.intake import workers
from scripts.intake.telling import problem_of
from scripts.intake.workers import Worker


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(workers, "_BUSY_SECONDS", 0.01)


def done_by(job: workers.Job) -> tuple[list[TanpuhuiError | None], list[Exception]]:
    """What was heard of a job, and what it failed with."""
    heard: list[TanpuhuiError | None] = []
    failed: list[Exception] = []
    ended = threading.Event()
    with Worker("test") as worker:
        worker.put(job, failed=failed.append, retrying=heard.append)
        worker.put(ended.set, failed=failed.append, retrying=lambda _: None)
        assert ended.wait(5)
    return heard, failed


def test_a_node_that_is_down_is_waited_for_and_that_is_told() -> None:
    left: list[Exception] = [NodeUnreachable("http://node", "refused"), EntryIndexBusy("folder")] * 2

    def job() -> None:
        if left:
            raise left.pop(0)

    heard, failed = done_by(job)
    assert [type(error) for error in heard] == [NodeUnreachable, NodeUnreachable, type(None)]
    assert not failed


def test_anything_else_ends_the_job_and_the_next_one_begins() -> None:
    def job() -> None:
        raise InvalidInput("file", "be one", "none")

    heard, failed = done_by(job)
    assert (heard, [type(error) for error in failed]) == ([], [InvalidInput])


def test_a_failure_that_cannot_be_kept_does_not_end_the_work() -> None:
    def full(_: Exception) -> None:
        raise OSError("no space left on device")

    def job() -> None:
        raise InvalidInput("file", "be one", "none")

    ended = threading.Event()
    with Worker("test") as worker:
        worker.put(job, failed=full, retrying=lambda _: None)
        worker.put(ended.set, failed=full, retrying=lambda _: None)
        assert ended.wait(5)


def test_what_nobody_foresaw_is_opaque_on_the_page() -> None:
    told = problem_of(RuntimeError("/home/secret/path"), {})
    assert told.code == "internal-error"
    assert "secret" not in told.english + told.chinese


def test_an_error_names_the_file_as_it_was_called_and_no_path_of_ours() -> None:
    told = problem_of(InvalidInput("/home/x/intake/files/u/abcd", "be whole", "/home/x/intake/files/u"), {
        "/home/x/intake/files/u/abcd": "trips.csv", "/home/x/intake/files/u": "u",
    })  # fmt: skip
    assert "/home" not in told.english + told.field + told.value
