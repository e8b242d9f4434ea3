"""Pages that are kept are, byte for byte, those that would be made: whatever was written, whoever wrote it."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from api.app import Application, create_app
from api.errors import FollowerFailing
from api.repository.snapshots import open_readers
from api.settings import ApiSettings
from api.web.frame.kept_pages import KeptPages, Key
from indexer.database import open_database
from indexer.schema import IncidentKind
from tests.unit.api.client import Client
from tests.unit.api.sample import FIRST_TIME, make_sample
from tests.unit.api.test_certificate_files import keys_of, serving

PAGES = (
    *("/certificates/1", "/certificates/1?lang=en", "/certificates/2", "/certificates/3", "/certificates/6"),
    *("/", "/?lang=en", "/certificates/99", "/certificates/01", "/certificates/x", "/certificates/1?lang=fr"),
)
NEVER_OLD = 10**10
WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)


@cache
def _filled() -> Path:
    """An index over the sample, in one file."""
    path = Path(tempfile.mkdtemp(prefix="tanpuhui-kept-")) / "index.db"
    database = open_database(f"sqlite:///{path}")
    database.migrate()
    make_sample().save(database)
    database.close()
    atexit.register(shutil.rmtree, path.parent)
    return path


class Written(RuleBasedStateMachine):
    """One index, into which anybody writes; two instances over it, of which one keeps pages."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="tanpuhui-kept-"))
        self.path = self.folder / "index.db"
        shutil.copyfile(_filled(), self.path)
        self.failing: FollowerFailing | None = None
        self.keeping, self.forgetting = (self._instance(most_bytes) for most_bytes in (1 << 20, 0))

    def _instance(self, most_bytes: int) -> Application:
        settings = ApiSettings(
            database_url=f"sqlite:///{self.path}",
            rate_limits=False,
            kept_page_bytes=most_bytes,
            stale_seconds=NEVER_OLD,
        )
        return create_app(settings, log_keys=keys_of(make_sample()), following=lambda: self.failing)

    def _write(self, statement: str, *arguments: Any) -> None:
        with sqlite3.connect(self.path) as connection:
            connection.execute(statement, arguments)
        connection.close()

    @rule()
    def a_block_comes(self) -> None:
        self._write(
            "UPDATE cursor SET block_number = block_number + 1, block_timestamp = block_timestamp + 1, block_hash = ?",
            bytes([*range(31), 0]),
        )

    @rule(word=st.sampled_from(["Half marathon", "Full marathon", "<script>alert(1)</script>", "\u202e"]))
    def a_record_changes(self, word: str) -> None:
        self._write("UPDATE records SET public = json_replace(public, '$.fields[1].value', ?)", word)

    @rule()
    def a_record_is_withdrawn(self) -> None:
        self._write("DELETE FROM records WHERE record_hash IN (SELECT record_hash FROM operations WHERE kind = 9)")

    @rule(published=st.sampled_from([None, FIRST_TIME]))
    def a_checkpoint_is_published_or_withdrawn(self, published: int | None) -> None:
        self._write("UPDATE checkpoints SET published_at = ?", published)

    @rule()
    def a_signature_is_damaged(self) -> None:
        self._write("UPDATE checkpoints SET note = replace(note, '— ', '— x')")

    @rule(grams=st.integers(1, 3))
    def a_quantity_is_damaged(self, grams: int) -> None:
        self._write("UPDATE certificates SET quantity_gco2e = ? WHERE number = 1", grams)

    @rule(resolved=st.booleans())
    def the_index_halts_or_goes_on(self, resolved: bool) -> None:
        self._write(
            "INSERT OR REPLACE INTO incidents (incident_id, kind, detected_at, block_number, block_hash, halted_to, "
            "code, detail, resolved_at, seal) VALUES (1, ?, 1, 2, ?, 9, 'broken-log', 'made', ?, ?)",
            int(IncidentKind.HALT),
            bytes(32),
            5 if resolved else None,
            bytes(32),
        )

    @rule()
    def another_mirror_begins(self) -> None:
        self._write("UPDATE mirror_generation SET generation = randomblob(16)")

    @rule(block=st.integers(100, 999))
    def the_file_is_made_anew(self, block: int) -> None:
        """What is read of a new file counts its versions from the beginning."""
        fresh = self.folder / "fresh.db"
        shutil.copyfile(_filled(), fresh)
        with sqlite3.connect(fresh) as connection:
            connection.execute("UPDATE cursor SET block_number = ?", (block,))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        for end in ("-wal", "-shm"):
            Path(f"{self.path}{end}").unlink(missing_ok=True)
        fresh.replace(self.path)

    @rule(cause=st.sampled_from([None, "node-unreachable", "rpc-failure"]))
    def the_follower_fails_or_recovers(self, cause: str | None) -> None:
        self.failing = None if cause is None else FollowerFailing(cause)

    @rule()
    def nothing_happens(self) -> None:
        """Then what is kept is given."""

    @invariant()
    def both_say_the_same(self) -> None:
        for target in PAGES:
            kept, made = (asyncio.run(Client(one).ask("GET", target, {})) for one in (self.keeping, self.forgetting))
            assert (kept.status, sorted(kept.headers), kept.body) == (made.status, sorted(made.headers), made.body)

    def teardown(self) -> None:
        for application in (self.keeping, self.forgetting):
            application.close()
        shutil.rmtree(self.folder)


TestWritten = Written.TestCase
TestWritten.settings = hypothesis_settings(
    max_examples=7, stateful_step_count=12, deadline=None, phases=WITHOUT_SHRINKING
)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Client]:
    """An instance over the sample."""
    with serving(make_sample(), tmp_path) as asking:
        yield asking


def test_what_is_kept_is_not_made_again(told: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = told.get("/certificates/1")

    def never(*_: object, **__: object) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr("indexer.certificate_bundles.draft", never)
    again = told.get("/certificates/1")
    assert (again.status, again.body, again.header("etag")) == (200, first.body, first.header("etag"))
    assert told.get("/certificates/1", if_none_match=str(first.header("etag"))).status == 304


def test_what_rests_on_the_same_is_not_drawn_again(
    told: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = told.get("/certificates/1").body

    def never(*_: object, **__: object) -> None:
        raise AssertionError("verified again")

    monkeypatch.setattr("api.web.citizen.certificates.check", never)
    with sqlite3.connect(tmp_path / "index.db") as connection:
        connection.execute("UPDATE cursor SET block_number = 4711")
    connection.close()
    again = told.get("/certificates/1")
    assert b"4711" in again.body
    assert b"4711" not in first
    assert len(again.body) - len(first) == len("4711") - len("23")


def test_a_file_made_anew_is_of_another_version(tmp_path: Path) -> None:
    readers = open_readers(f"sqlite:///{shutil.copy(_filled(), tmp_path / 'index.db')}", cached_facts=16)
    with readers.snapshot() as snapshot:
        before = snapshot.version
    Path(shutil.copy(_filled(), tmp_path / "fresh.db")).replace(tmp_path / "index.db")
    with readers.snapshot() as snapshot:
        assert before is not None
        assert snapshot.version != before
    readers.close()


def test_memory_is_bounded_and_those_used_last_stay() -> None:
    kept = KeptPages(5_000)
    pages = [bytes([number]) * 200 for number in range(50)]
    for number, page in enumerate(pages):
        kept.put(Key("page zh", str(number)), (1, 1), None, None, page)
        assert kept.get(Key("page zh", "0")) is not None or number > 40
    assert kept.get(Key("page zh", "0")) is not None
    assert kept.get(Key("page zh", "1")) is None
    assert len(kept) < 10
    last = kept.get(Key("page zh", "49"))
    assert last is not None
    assert last.page == pages[49]


def test_a_page_larger_than_all_memory_is_not_kept() -> None:
    kept = KeptPages(100)
    kept.put(Key("page zh", "1"), (1, 1), None, None, b"x" * 1000)
    assert len(kept) == 0
