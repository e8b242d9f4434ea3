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
from ledger.ids import Address
from ledger.records import DerivedSalts
from ledger.vocabulary import Role
from scripts.settings import SIGNER_ADDRESS, KeySettings, missing_password

SALT_KEY_FILE: Final = "salt.key"
_SALT_KEY_BYTES: Final = 32


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


def derived_salts(home: Path) -> DerivedSalts:
    """Salts from the key in the home folder, which is made when it is first needed.

    Whoever destroys the key can no longer show hidden fields or find accounts by reference; nothing else breaks.
    """
    path = home / SALT_KEY_FILE
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        _create(path, secrets.token_bytes(_SALT_KEY_BYTES).hex())
    text = path.read_text(encoding="ascii").strip()
    if len(text) != 2 * _SALT_KEY_BYTES or not set(text) <= set("0123456789abcdef"):
        raise WrongKeyFile(str(path), f"it is not {_SALT_KEY_BYTES} bytes in hexadecimal")
    return DerivedSalts(bytes.fromhex(text))


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
