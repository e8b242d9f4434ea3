"""The store of batch files in a bucket, over HTTP as S3 speaks it."""

import hashlib
from pathlib import Path

import pytest

from indexer.batch_store import BatchStore, open_batch_store
from indexer.errors import BatchStoreUnusable, CorruptBatch
from ledger.errors import NotFound
from tests.integration.indexer.s3_server import s3_server

SECRET = "hush-hush-hush"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def _store(endpoint: str, copies: Path) -> BatchStore:
    url = f"s3://points/batches?region=cn-east-1&scheme=http&endpoint_override={endpoint}"
    return open_batch_store(url, copies=copies)


@pytest.mark.parametrize("size", [1000, 12 << 20])
def test_put_and_read_elsewhere(tmp_path: Path, size: int) -> None:
    """Also in parts, as large files are put."""
    content = bytes(range(250)) * (size // 250)
    (tmp_path / "source").write_bytes(content)
    file_hash = hashlib.sha256(content).digest()
    with s3_server() as server:
        store = _store(server.endpoint, tmp_path / "here")
        assert not store.exists(file_hash)
        assert store.put(tmp_path / "source") == store.put(tmp_path / "source") == file_hash
        assert list(server.objects) == [f"/points/batches/{file_hash.hex()}.parquet"]
        elsewhere = _store(server.endpoint, tmp_path / "there")
        assert elsewhere.local(file_hash).read_bytes() == content
        with pytest.raises(NotFound):
            elsewhere.local(bytes(32))


def test_changed_objects_are_refused(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"right")
    with s3_server() as server:
        file_hash = _store(server.endpoint, tmp_path / "here").put(tmp_path / "source")
        (key,) = server.objects
        server.objects[key] = b"wrong"
        with pytest.raises(CorruptBatch):
            _store(server.endpoint, tmp_path / "there").local(file_hash)


def test_an_upload_cut_short_is_done_again(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"content")
    with s3_server() as server:
        store = _store(server.endpoint, tmp_path / "here")
        file_hash = store.put(tmp_path / "source")
        (key,) = server.objects
        server.objects[key] = b"cont"
        store.put(tmp_path / "source")
        assert _store(server.endpoint, tmp_path / "there").local(file_hash).read_bytes() == b"content"


def test_a_service_that_refuses(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"content")
    with s3_server() as server:
        server.refuse = True
        with pytest.raises(BatchStoreUnusable, match="cannot be used") as raised:
            _store(server.endpoint, tmp_path / "here").put(tmp_path / "source")
        assert SECRET not in str(raised.value)
        assert not server.objects
