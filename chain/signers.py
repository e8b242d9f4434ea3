"""Who signs: a key file of its own, an external signer, or a key in memory for tests and the demo.

A key's password comes from a file or from the environment, never from the command line, where every user of the machine
could read it.
"""

import json
import os
import secrets
import stat
import warnings
from pathlib import Path
from typing import Any, Literal, Protocol

from coincurve import PrivateKey
from eth_account import Account

from chain.hexes import from_data, to_data, to_quantity
from chain.rpc import Rpc
from chain.transactions import SignedTransaction, Transaction, address_of, decode_signed, sign
from ledger.errors import InvalidTransaction, SigningFailed, WrongKeyFile
from ledger.ids import Address

Kdf = Literal["scrypt", "pbkdf2"]

# What eth-account and geth use: about a second and 256 MB of memory for a guess.
STRONG_SCRYPT_N = 2**18
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Signer(Protocol):
    """Signs transactions for one address."""

    @property
    def address(self) -> Address:
        """The address that transactions come from."""
        ...

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """The signed transaction; raises `SigningFailed`."""
        ...


class LocalSigner:
    """A key in memory: tests, the demo, and what `KeystoreSigner` opens its file into."""

    def __init__(self, secret: bytes) -> None:
        self._key = PrivateKey(secret)
        self._address = address_of(self._key.public_key)

    @classmethod
    def random(cls) -> "LocalSigner":
        """A new key that nobody keeps."""
        return cls(PrivateKey().secret)

    @property
    def address(self) -> Address:
        """The address that transactions come from."""
        return self._address

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Deterministic: the same transaction gives the same bytes."""
        return sign(transaction, self._key)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._address.hex0x})"  # never the key


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
            reason = "the password is wrong" if "MAC" in str(error) else f"it is no Web3 Secret Storage file ({error})"
            raise WrongKeyFile(str(path), reason) from None
        except (KeyError, TypeError, NotImplementedError) as error:
            raise WrongKeyFile(str(path), f"it is no Web3 Secret Storage file ({error!r})") from None
        super().__init__(secret)
        _check_address(path, content, self.address)


class ExternalSigner:
    """A signer that keeps the key elsewhere and is asked by JSON-RPC `eth_signTransaction`, as Web3Signer serves it.

    What comes back is checked field by field: a signer that signs something else is refused.
    """

    def __init__(self, rpc: Rpc, address: Address) -> None:
        self._rpc = rpc
        self._address = address

    @property
    def address(self) -> Address:
        """The address that transactions come from."""
        return self._address

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Asks the signer; `SigningFailed` if it refuses or signs something else, `NodeUnreachable` if it is silent."""
        answer = self._rpc.try_call("eth_signTransaction", [self._as_json(transaction)])
        if answer.error is not None:
            raise SigningFailed(self._address, answer.error.message)
        # Web3Signer answers the bytes, geth an object that holds them.
        result = answer.result.get("raw") if isinstance(answer.result, dict) else answer.result
        try:
            decoded = decode_signed(from_data(result, "eth_signTransaction"))
        except InvalidTransaction as error:
            raise SigningFailed(self._address, error.explain()) from None
        if decoded.signed.transaction != transaction:
            raise SigningFailed(self._address, "it signed another transaction than it was asked to")
        if decoded.sender != self._address:
            raise SigningFailed(self._address, f"it signed with the key of {decoded.sender.hex0x}")
        return decoded.signed

    def _as_json(self, transaction: Transaction) -> dict[str, str]:
        target = {} if transaction.to is None else {"to": transaction.to.hex0x}
        return {
            "from": self._address.hex0x,
            **target,
            "gas": to_quantity(transaction.gas),
            "gasPrice": to_quantity(transaction.gas_price),
            "value": to_quantity(transaction.value),
            "nonce": to_quantity(transaction.nonce),
            "data": to_data(transaction.data),
            "chainId": to_quantity(transaction.chain_id),
        }


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
        raise WrongKeyFile(str(path), f"the password file cannot be read ({_reason(error)})") from None
    _warn_if_readable_by_others(path)
    if not lines or not lines[0]:
        raise WrongKeyFile(str(path), "the password file is empty")
    return lines[0]


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongKeyFile(str(path), f"it cannot be read ({_reason(error)})") from None
    except (UnicodeDecodeError, ValueError):
        raise WrongKeyFile(str(path), "it is not JSON") from None
    if not isinstance(content, dict) or content.get("version") != 3:
        raise WrongKeyFile(str(path), "it is no Web3 Secret Storage file of version 3")
    return content


def _check_address(path: Path, content: dict[str, Any], address: Address) -> None:
    named = content.get("address")
    if isinstance(named, str) and named.lower().removeprefix("0x") != address.hex():
        raise WrongKeyFile(
            str(path), f"it names address 0x{named.removeprefix('0x')} but holds the key of {address.hex0x}"
        )


def _warn_if_readable_by_others(path: Path) -> None:
    if path.stat().st_mode & _OTHERS:
        warnings.warn(f"{path} can be read by other users; run: chmod 600 {path}", UserWarning, stacklevel=3)


def _reason(error: Exception) -> str:
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else "it is not UTF-8 text"
