"""Key files (Web3 Secret Storage, version 3) and their passwords.

A key's password comes from a file or from the environment, never from the command line, where every user of the machine
could read it. Apart from `chain.signers`, because eth-account takes longer to import than most commands to run.
"""

import json
import os
import secrets
import stat
import warnings
from pathlib import Path
from typing import Any, Literal

from chain.ethereum_account import Account
from chain.signers import LocalSigner
from ledger.canonical import parse_strict
from ledger.errors import InvalidJson, PasswordFileUnusable, WrongKeyFile
from ledger.ids import Address

Kdf = Literal["scrypt", "pbkdf2"]

# What eth-account and geth use: about a second and 256 MB of memory for a guess.
STRONG_SCRYPT_N = 2**18
_OTHERS = stat.S_IRWXG | stat.S_IRWXO

_OTHER_PASSWORD = "give the password that this file was made with, as the first line of its password file"  # noqa: S105
_OTHER_FILE = "give the file that `tanpuhui key create` wrote, or its copy"
_OTHER_PATH = "give the path of a file that this user may read"


class KeystoreSigner(LocalSigner):
    """A key from a Web3 Secret Storage file (version 3)."""

    def __init__(self, path: Path, password: str) -> None:
        """Opens the file; `WrongKeyFile` if it is none, or the password is not its own.

        Warns if others than the owner may read it.
        """
        content = _read(path)
        _warn_if_readable_by_others(path)
        try:
            secret = bytes(Account.decrypt(content, password))
        except ValueError as error:
            if "MAC" in str(error):
                raise WrongKeyFile(str(path), "the password is wrong", _OTHER_PASSWORD) from None
            raise _no_key_file(path, str(error)) from None
        except (KeyError, TypeError, NotImplementedError) as error:
            raise _no_key_file(path, f"{type(error).__name__} {error}") from None
        super().__init__(secret)
        _check_address(path, content, self.address)


def create_keystore(path: Path, password: str, *, kdf: Kdf = "scrypt", work: int = STRONG_SCRYPT_N) -> Address:
    """Makes a new key and writes its file, readable by the owner only; returns its address.

    `work`: N of scrypt or the rounds of pbkdf2; tests take little. `FileExistsError` if there is a file already.
    """
    secret = secrets.token_bytes(32)
    return write_keystore(path, secret, password, kdf=kdf, work=work)


def write_keystore(
    path: Path, secret: bytes, password: str, *, kdf: Kdf = "scrypt", work: int = STRONG_SCRYPT_N
) -> Address:
    """Writes the file of a key that exists; see `create_keystore`."""
    address = LocalSigner(secret).address
    content = Account.encrypt(secret, password, kdf=kdf, iterations=work)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    return address


def read_password(path: Path) -> str:
    """The first line of a password file; `WrongKeyFile` if it cannot be read or is empty."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PasswordFileUnusable(str(path), f"it cannot be read ({_reason(error)})", _OTHER_PATH) from None
    _warn_if_readable_by_others(path)
    if not lines or not lines[0]:
        raise PasswordFileUnusable(str(path), "it is empty", "write the password into its first line")
    return lines[0]


def _read(path: Path) -> dict[str, Any]:
    try:
        content = parse_strict(path.read_bytes(), allow_floats=True)
    except OSError as error:
        raise WrongKeyFile(str(path), f"it cannot be read ({_reason(error)})", _OTHER_PATH) from None
    except InvalidJson as error:
        raise _no_key_file(path, f"it must {error.rule}") from None
    if not isinstance(content, dict) or content.get("version") != 3:
        raise _no_key_file(path, "its version is not 3")
    return content


def _no_key_file(path: Path, why: str) -> WrongKeyFile:
    return WrongKeyFile(str(path), f"it is no Web3 Secret Storage file of version 3 ({why})", _OTHER_FILE)


def _check_address(path: Path, content: dict[str, Any], address: Address) -> None:
    named = content.get("address")
    if isinstance(named, str) and named.lower().removeprefix("0x") != address.hex():
        raise WrongKeyFile(
            str(path),
            f"it names address 0x{named.removeprefix('0x')} but holds the key of {address.hex0x}",
            "somebody changed it: restore the file from a copy",
        )


def _warn_if_readable_by_others(path: Path) -> None:
    if path.stat().st_mode & _OTHERS:
        warnings.warn(f"{path} can be read by other users; run: chmod 600 {path}", UserWarning, stacklevel=3)


def _reason(error: Exception) -> str:
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else "it is not UTF-8 text"
