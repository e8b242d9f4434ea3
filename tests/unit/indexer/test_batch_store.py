"""The store of batch files: found by hash, whole or not at all, and never other bytes than asked for."""

import errno
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from pyarrow import fs

from indexer.batch_store import BatchStore, FolderStore, ObjectStore, open_batch_store
from indexer.errors import BatchStoreUnusable, CorruptBatch, InvalidStoreUrl
from ledger.errors import NotFound

CONTENT = b"PAR1 something"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    folder = tmp_path / "bucket"
    folder.mkdir()
    return folder


@pytest.fixture(params=["folder", "objects"])
def store(request: pytest.FixtureRequest, tmp_path: Path, bucket: Path) -> BatchStore:
    if request.param == "folder":
        return open_batch_store(str(tmp_path / "store"))
    return ObjectStore(fs.SubTreeFileSystem(str(bucket), fs.LocalFileSystem()), "", tmp_path / "copies", "s3://bucket")


def test_finds_by_hash_and_puts_once(store: BatchStore, source: Path) -> None:
    wanted = hashlib.sha256(CONTENT).digest()
    assert not store.exists(wanted)
    with pytest.raises(NotFound):
        store.local(wanted)
    assert store.put(source) == store.put(source) == wanted
    assert store.exists(wanted)
    assert store.local(wanted).read_bytes() == CONTENT


def test_other_bytes_are_never_read(tmp_path: Path, source: Path) -> None:
    store = FolderStore(tmp_path / "store")
    file_hash = store.put(source)
    assert store.local(file_hash).read_bytes() == CONTENT
    store.local(file_hash).write_bytes(CONTENT[:-1] + b"!")
    with pytest.raises(CorruptBatch):
        store.local(file_hash)
    store.put(source)
    assert store.local(file_hash).read_bytes() == CONTENT


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_not_there(tmp_path: Path, source: Path, make: Callable[[Path], None]) -> None:
    """A pipe in a file's place would keep its reader for ever."""
    store = FolderStore(tmp_path / "store")
    file_hash = store.put(source)
    path = store.local(file_hash)
    path.unlink()
    make(path)
    with pytest.raises(NotFound):
        store.local(file_hash)


def test_other_bytes_in_a_bucket_are_never_read(tmp_path: Path, bucket: Path, source: Path) -> None:
    objects = fs.SubTreeFileSystem(str(bucket), fs.LocalFileSystem())
    file_hash = ObjectStore(objects, "", tmp_path / "a", "s3://bucket").put(source)
    (stored,) = bucket.iterdir()
    elsewhere = ObjectStore(objects, "", tmp_path / "b", "s3://bucket")
    stored.write_bytes(b"other")
    with pytest.raises(CorruptBatch):
        elsewhere.local(file_hash)
    assert not list((tmp_path / "b").glob("**/*.parquet"))
    stored.write_bytes(CONTENT)
    assert elsewhere.local(file_hash).read_bytes() == CONTENT


def test_a_damaged_copy_is_fetched_anew(tmp_path: Path, bucket: Path, source: Path) -> None:
    store = ObjectStore(fs.SubTreeFileSystem(str(bucket), fs.LocalFileSystem()), "", tmp_path / "copies", "s3://bucket")
    file_hash = store.put(source)
    store.local(file_hash).write_bytes(b"damaged")
    assert store.local(file_hash).read_bytes() == CONTENT
    store.local(file_hash).write_bytes(b"damaged")
    for stored in bucket.iterdir():
        stored.unlink()
    with pytest.raises(CorruptBatch, match="copies"):
        store.local(file_hash)


def test_the_disk_is_not_taken_for_the_bucket(
    tmp_path: Path, bucket: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = fs.SubTreeFileSystem(str(bucket), fs.LocalFileSystem())
    file_hash = ObjectStore(objects, "", tmp_path / "a", "s3://bucket").put(source)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "mkstemp", full)
        with pytest.raises(BatchStoreUnusable, match=r"copies cannot be used: .*No space left"):
            ObjectStore(objects, "", tmp_path / "copies", "s3://bucket").local(file_hash)

    class Broken:
        def read(self, _: int) -> bytes:
            raise OSError("the connection was reset")

        def __enter__(self) -> "Broken":
            return self

        def __exit__(self, *_: object) -> None:
            pass

    class Failing:
        """A bucket whose answers end too early."""

        def get_file_info(self, key: str) -> fs.FileInfo:
            return objects.get_file_info(key)

        def open_input_stream(self, _: str) -> Broken:
            return Broken()

    with pytest.raises(BatchStoreUnusable, match="s3://bucket cannot be used: the connection was reset"):
        ObjectStore(Failing(), "", tmp_path / "copies", "s3://bucket").local(file_hash)


def test_folders_that_were_made_last_through_a_power_cut(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_ino))
    path = (store := FolderStore(tmp_path / "store")).local(store.put(source))
    assert {each.stat().st_ino for each in (path, path.parent, path.parent.parent)} <= set(synced)


def test_a_crash_before_the_rename_leaves_nothing(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_: int) -> None:
        raise KeyboardInterrupt

    store = FolderStore(tmp_path / "store")
    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        store.put(source)
    monkeypatch.undo()
    assert not store.exists(hashlib.sha256(CONTENT).digest())
    assert not [path for path in (tmp_path / "store").rglob("*") if path.is_file()]


def test_a_bucket_that_does_not_answer(tmp_path: Path, bucket: Path, source: Path) -> None:
    gone = fs.SubTreeFileSystem(str(bucket / "no" / "such"), fs.LocalFileSystem())
    with pytest.raises(BatchStoreUnusable, match="s3://bucket cannot be used"):
        ObjectStore(gone, "deeper", tmp_path / "copies", "s3://bucket").put(bucket / ".." / "source")


@pytest.mark.parametrize(
    "url", ["s3://key:hush@bucket/points", "s3://bucket/points?access_key=hush", "s3://bucket/p?secret_key=hush"]
)
def test_refuses_credentials_and_does_not_show_them(tmp_path: Path, url: str) -> None:
    with pytest.raises(InvalidStoreUrl, match="hold no credentials") as raised:
        open_batch_store(url, copies=tmp_path)
    assert "hush" not in str(raised.value)


def test_refuses_other_urls(tmp_path: Path) -> None:
    with pytest.raises(InvalidStoreUrl, match=r"http://…"):
        open_batch_store("http://user:hush@host/", copies=tmp_path)
