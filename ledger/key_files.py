"""Files of signer keys (docs/spec/07-log.md §7.2): one line, which only its owner may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ledger.errors import InvalidKey, WrongKeyFile
from ledger.files import sync_file, sync_folder
from ledger.notes import KeyType, SignerKey

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MOST_BYTES = 1_024


def write_signer_key(path: Path, key: SignerKey) -> None:
    """Writes a new key file, whole or not at all; its folder must exist.

    `WrongKeyFile` if there is a file already: a key that was overwritten could never sign again.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(key.to_secret_text().encode())
            sync_file(file)
        path.hardlink_to(temporary)
    except FileExistsError:
        reason = "there is a key file already, and it is not overwritten"
        raise WrongKeyFile(str(path), reason, "use it, or give the new one another place") from None
    finally:
        temporary.unlink()
    sync_folder(path.parent)


def read_signer_key(path: Path, key_type: KeyType) -> SignerKey:
    """The key in a file; `WrongKeyFile`, which shows nothing of the content, if it cannot be used.

    A file that others may read is refused: what they may read they may have copied.
    """
    try:
        with path.open("rb") as file:
            # Of the file that is open: one that is asked by its path may be another by the time it is read.
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                reason = "others than its owner may read it"
                remedy = f"`chmod 600 {path}` if nobody has read it yet, otherwise make a new key"
                raise WrongKeyFile(str(path), reason, remedy)
            content = file.read(_MOST_BYTES)
        key = SignerKey.parse(content.decode())
    except OSError as error:
        raise WrongKeyFile(str(path), error.strerror or "it cannot be read", "check the path") from None
    except (InvalidKey, UnicodeDecodeError):
        reason = "it is no signer key: PRIVATE+KEY+name+key id+base64"
        raise WrongKeyFile(str(path), reason, "restore it from a copy") from None
    if key.type is not key_type:
        kinds = {KeyType.LOG: "a log", KeyType.WITNESS: "a witness"}
        reason = f"it is the key of {kinds[key.type]}, and that of {kinds[key_type]} is needed"
        raise WrongKeyFile(str(path), reason, "name the other file")
    return key
