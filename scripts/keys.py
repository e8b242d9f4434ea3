"""Opens the keys of the bodies, and the key that salts are derived from."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from chain.keystores import KeystoreSigner, read_password
from chain.rpc import RpcClient
from chain.signers import ExternalSigner, Signer
from ledger.errors import InvalidInput, SignerNotConfigured, WrongKeyFile
from ledger.ids import Address, OperationId
from ledger.records import DerivedSalts
from ledger.vocabulary import Role
from scripts.settings import SIGNER_ADDRESS, KeySettings, missing_password

SALT_KEY_FILE: Final = "salt.key"
_SECRET_BYTES: Final = 32


def open_signer(settings: KeySettings, role: Role) -> Signer:
    """The signer of a body.

    Raises `SignerNotConfigured` if nothing is set, `WrongKeyFile` for a file or password that does not open.
    """
    if settings.signer_url is not None:
        if settings.signer_address is None:
            name = SIGNER_ADDRESS + settings.owner
            raise InvalidInput(name, "be set: the external signer's address for this body", "")
        address = Address.from_hex(settings.signer_address, SIGNER_ADDRESS + settings.owner)
        return ExternalSigner(RpcClient(settings.signer_url), address)
    if settings.keystore is None:
        raise SignerNotConfigured(role)
    return open_keystore(settings)


def open_keystore(settings: KeySettings) -> KeystoreSigner:
    """The key in the settings' file; `WrongKeyFile` otherwise."""
    if settings.keystore is None:
        raise WrongKeyFile(settings.owner, "no key file is given")
    return KeystoreSigner(settings.keystore, key_password(settings))


def key_password(settings: KeySettings) -> str:
    """The password from its file, else from the environment; never from the command line."""
    if settings.password_file is not None:
        return read_password(settings.password_file)
    if settings.password is None:
        raise missing_password(settings)
    return settings.password


class HomeSalts:
    """Salts from the key in the home folder. A new home gets its key when the first operation is saved (`keep`).

    Whoever destroys the key can no longer show hidden fields or find accounts by reference; nothing else breaks.
    """

    def __init__(self, home: Path) -> None:
        """Reads the key if there is one; `WrongKeyFile` if the file is none."""
        self._path = home / SALT_KEY_FILE
        self.kept = self._path.exists()
        self._salts = DerivedSalts(_read(self._path) if self.kept else secrets.token_bytes(_SECRET_BYTES))

    def salt(self, operation_id: OperationId, name: str) -> bytes:
        """16 bytes for the field `name` of the operation's record."""
        return self._salts.salt(operation_id, name)

    def keep(self) -> None:
        """Writes a new key, before anything that hangs on it is saved; `WrongKeyFile` if somebody else was faster."""
        if self.kept:
            return
        private_folder(self._path.parent)
        _create(self._path, self._salts.salt_key.hex())
        if _read(self._path) != self._salts.salt_key:
            reason = "another command made it while this one began, so that the two would name accounts differently"
            raise WrongKeyFile(str(self._path), reason, "run this command again: nothing of it was saved or sent")
        self.kept = True


def private_folder(path: Path) -> None:
    """Makes a folder that only its owner may look into; one that is there keeps the mode it has."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def secret_in(path: Path) -> bytes:
    """The 32 random bytes in a file that only its owner may read, made when they are first asked for.

    `WrongKeyFile` for a file that is there and holds something else.
    """
    if not path.exists():
        private_folder(path.parent)
        _create(path, secrets.token_bytes(_SECRET_BYTES).hex())
    return _read(path)


def _read(path: Path) -> bytes:
    text = path.read_text(encoding="ascii", errors="replace").strip()
    if len(text) != 2 * _SECRET_BYTES or not set(text) <= set("0123456789abcdef"):
        reason = f"it is not {_SECRET_BYTES} bytes in hexadecimal"
        raise WrongKeyFile(str(path), reason, "restore it from a copy: the names of this home follow from it")
    return bytes.fromhex(text)


def _create(path: Path, text: str) -> None:
    """Writes a secret that only the owner may read, whole or not at all; an existing file stays."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
