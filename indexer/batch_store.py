"""The content-addressed store of batch files: a file is found by its SHA-256, which is what the chain holds of it.

A folder by default, or a bucket of any S3-compatible service. A file is put whole or not at all, putting it again
changes nothing, and what is read is checked against the hash that it was asked for by. Credentials of S3 come from
where its own tools look for them (`AWS_ACCESS_KEY_ID` …, the instance's role), never from the URL, which may be shown.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import fs

from indexer.errors import BatchStoreUnusable, CorruptBatch, InvalidStoreUrl
from ledger.errors import NotFound, first_line
from ledger.files import sync_file, sync_folder
from ledger.ids import Hash32

_CHUNK_BYTES: Final = 1 << 20
_SUFFIX: Final = ".parquet"


class BatchStore(ABC):
    """Where batch files are kept. `url` shows no secret."""

    url: str

    @abstractmethod
    def put(self, source: Path) -> Hash32:
        """Keeps a copy of the file, which lasts when this returns, and gives its hash."""

    @abstractmethod
    def exists(self, file_hash: bytes) -> bool:
        """Whether there is a file of this name; its bytes are checked when they are read."""

    @abstractmethod
    def local(self, file_hash: bytes) -> Path:
        """A file on this machine whose bytes have that hash; never to be changed.

        `NotFound` if it was never put, `CorruptBatch` if its bytes are others.
        """


class FolderStore(BatchStore):
    """Files in a folder, spread over 256 folders by the first byte of their hash."""

    def __init__(self, folder: Path) -> None:
        self.url = str(folder)
        self._folder = folder
        self._verified: dict[bytes, tuple[int, int, int]] = {}

    def put(self, source: Path) -> Hash32:
        with _Incoming(self._folder) as incoming, source.open("rb") as file:
            shutil.copyfileobj(file, incoming, _CHUNK_BYTES)
            return self._keep(incoming)

    def exists(self, file_hash: bytes) -> bool:
        return self._path(file_hash).is_file()

    def local(self, file_hash: bytes) -> Path:
        path = self._path(file_hash)
        try:
            found = path.stat()
        except FileNotFoundError:
            raise NotFound("batch file", file_hash) from None
        if not stat.S_ISREG(found.st_mode):  # to read a pipe would take for ever
            raise NotFound("batch file", file_hash)
        seen = (found.st_ino, found.st_size, found.st_mtime_ns)
        if self._verified.get(bytes(file_hash)) != seen:
            with path.open("rb") as file:
                _check(hashlib.file_digest(file, "sha256").digest(), file_hash, str(path))
            self._verified[bytes(file_hash)] = seen
        return path

    def take(self, stream: _Source, file_hash: bytes) -> Path:
        """Keeps what `stream` gives if its hash is that; `CorruptBatch` otherwise, and nothing is kept."""
        with _Incoming(self._folder) as incoming:
            shutil.copyfileobj(stream, incoming, _CHUNK_BYTES)
            _check(incoming.digest(), file_hash, self.url)
            return self._path(self._keep(incoming))

    def _keep(self, incoming: _Incoming) -> Hash32:
        file_hash = Hash32(incoming.digest())
        path = self._path(file_hash)
        if not self._intact(file_hash):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(self._folder)
            incoming.move_to(path)
        return file_hash

    def _intact(self, file_hash: bytes) -> bool:
        """Whether the file is there and whole; a broken one is put anew."""
        try:
            self.local(file_hash)
        except (NotFound, CorruptBatch):
            return False
        return True

    def _path(self, file_hash: bytes) -> Path:
        name = bytes(file_hash).hex()
        return self._folder / name[:2] / (name + _SUFFIX)


class ObjectStore(BatchStore):
    """Files in a bucket, with a folder on this machine that holds copies of what was put or read."""

    def __init__(self, filesystem: fs.FileSystem, prefix: str, copies: Path, url: str) -> None:
        self.url = url
        self._filesystem = filesystem
        self._prefix = prefix.strip("/")
        self._copies = FolderStore(copies)

    def put(self, source: Path) -> Hash32:
        file_hash = self._copies.put(source)
        copy = self._copies.local(file_hash)
        with self._asking():
            found = self._filesystem.get_file_info(self._key(file_hash))
        size = copy.stat().st_size
        # An object appears under its name when the upload is ended, also when an error ended it: then it is too short.
        if found.type != fs.FileType.File or found.size != size:
            with (
                copy.open("rb") as file,
                self._asking(),
                self._filesystem.open_output_stream(self._key(file_hash)) as output,
            ):
                shutil.copyfileobj(_Source(file, self._copies.url), output, _CHUNK_BYTES)
        return file_hash

    def exists(self, file_hash: bytes) -> bool:
        with self._asking():
            return bool(self._filesystem.get_file_info(self._key(file_hash)).type == fs.FileType.File)

    def local(self, file_hash: bytes) -> Path:
        absent: NotFound | CorruptBatch
        try:
            return self._copies.local(file_hash)
        except (NotFound, CorruptBatch) as error:  # a damaged copy is fetched anew, like one that was never made
            absent = error
        if not self.exists(file_hash):
            raise absent
        with self._asking():
            stream = self._filesystem.open_input_stream(self._key(file_hash))
        with stream, _Asking(self._copies.url):
            return self._copies.take(_Source(stream, self.url), file_hash)

    def _key(self, file_hash: bytes) -> str:
        return f"{self._prefix}/{bytes(file_hash).hex()}{_SUFFIX}"

    def _asking(self) -> _Asking:
        return _Asking(self.url)


def open_batch_store(url: str, *, copies: Path | None = None) -> BatchStore:
    """The store at `url`: a folder, or `s3://BUCKET/PREFIX?region=…&endpoint_override=…`.

    `copies`: the folder for local copies of an S3 store. Raises `InvalidStoreUrl`, which shows no secret.
    """
    if not url.startswith("s3://"):
        if "://" in url:
            raise InvalidStoreUrl("batch_store", "be a folder or s3://BUCKET/PREFIX", urlsplit(url).scheme + "://…")
        folder = Path(url).expanduser()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return FolderStore(folder)
    parts = urlsplit(url)
    if parts.username or parts.password or "access_key" in parts.query or "secret" in parts.query:
        raise InvalidStoreUrl("batch_store", "hold no credentials: set AWS_ACCESS_KEY_ID and its secret", "(not shown)")
    if copies is None:
        raise InvalidStoreUrl("batch_store", "have a folder for local copies", url)
    try:
        filesystem, prefix = fs.FileSystem.from_uri(url)
    except (pa.ArrowException, ValueError, OSError) as error:
        raise InvalidStoreUrl("batch_store", f"be s3://BUCKET/PREFIX ({first_line(error)})", url) from None
    return ObjectStore(filesystem, prefix, copies, url)


class _Incoming:
    """A file that is being written beside where it will stand, and its hash; gone unless it was moved there."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".incoming-", dir=folder)
        self._path = Path(name)
        self._file = os.fdopen(handle, "wb")
        self._hash = hashlib.sha256()

    def __enter__(self) -> _Incoming:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        return self._file.write(data)

    def digest(self) -> bytes:
        return self._hash.digest()

    def move_to(self, path: Path) -> None:
        sync_file(self._file)
        self._path.rename(path)
        sync_folder(path.parent)


class _Source:
    """What is copied, so that its errors are told from those of where it goes: `BatchStoreUnusable` with its `url`."""

    def __init__(self, file: IO[bytes], url: str) -> None:
        self._file = file
        self._url = url

    def read(self, size: int = -1, /) -> bytes:
        with _Asking(self._url):
            return self._file.read(size)


class _Asking:
    """Turns what the service's client or the disk raises into `BatchStoreUnusable`."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if isinstance(error, (pa.ArrowException, OSError)):
            raise BatchStoreUnusable(self._url, first_line(error)) from None


def _check(found: bytes, wanted: bytes, place: str) -> None:
    if found != bytes(wanted):
        raise CorruptBatch(place, bytes(wanted), found)
