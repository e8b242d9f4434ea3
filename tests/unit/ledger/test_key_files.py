"""Signer keys in files: their owner's alone, never overwritten, never shown."""

import stat
from pathlib import Path

import pytest

from ledger.errors import WrongKeyFile
from ledger.key_files import read_signer_key, write_signer_key
from ledger.notes import KeyType, SignerKey

KEY = SignerKey("example.com/log", KeyType.LOG, b"\x07" * 32)


def test_what_is_written_is_read_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    write_signer_key(path, KEY)
    assert read_signer_key(path, KeyType.LOG) == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [member.name for member in tmp_path.iterdir()] == ["log.key"]


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    write_signer_key(path, KEY)
    with pytest.raises(WrongKeyFile, match="not overwritten"):
        write_signer_key(path, SignerKey.generate("example.com/log", KeyType.LOG))
    assert read_signer_key(path, KeyType.LOG) == KEY


def test_a_disk_that_is_full_leaves_nothing_of_a_key_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("ledger.key_files.sync_file", full)
    with pytest.raises(OSError, match="no space left"):
        write_signer_key(tmp_path / "log.key", KEY)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    write_signer_key(path, KEY)
    path.chmod(0o640)
    with pytest.raises(WrongKeyFile, match="others than its owner"):
        read_signer_key(path, KeyType.LOG)


def test_a_file_that_takes_the_place_of_another_is_looked_at_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may read it is asked of the file that is read, not of the one that stood there before."""
    path, other = tmp_path / "log.key", tmp_path / "other.key"
    write_signer_key(path, KEY)
    write_signer_key(other, KEY)
    other.chmod(0o644)
    opened = Path.open

    def put_in_its_place(own: Path, mode: str) -> object:
        other.replace(own)
        return opened(own, mode)

    monkeypatch.setattr(Path, "open", put_in_its_place)
    with pytest.raises(WrongKeyFile, match="others than its owner"):
        read_signer_key(path, KeyType.LOG)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", KEY.to_secret_text().encode()[:-9], b"x" * 5_000])
def test_a_file_that_is_no_key_shows_nothing_of_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(WrongKeyFile, match="it is no signer key") as caught:
        read_signer_key(path, KeyType.LOG)
    shown = repr(caught.value) + str(caught.value)
    assert KEY.to_secret_text()[40:60] not in shown


def test_another_kind_of_key_and_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    write_signer_key(path, KEY)
    with pytest.raises(WrongKeyFile, match="key of a log, and that of a witness"):
        read_signer_key(path, KeyType.WITNESS)
    with pytest.raises(WrongKeyFile, match="No such file"):
        read_signer_key(tmp_path / "other.key", KeyType.LOG)
