"""`tanpuhui key …` and `tanpuhui api-key …`"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from api.auth import check_scopes
from chain.keystores import STRONG_SCRYPT_N, create_keystore
from indexer.api_keys import ApiKey, ApiKeyStore
from ledger.errors import InvalidInput, NotFound, WrongKeyFile
from ledger.vocabulary import Role
from scripts.command import command, group
from scripts.context import Context
from scripts.keys import key_password, private_folder
from scripts.output import Facts, Listing, Result
from scripts.settings import DEPLOYER, FEED, KEYSTORE, KeySettings, default_keystore

key_app = group("key", "Key files of the bodies (Web3 Secret Storage).")
api_key_app = group("api-key", "Keys of programs that use the API. Shown once, kept as a hash.")

KEY_WORK: Final = STRONG_SCRYPT_N
"""N of scrypt: a second and 256 MB for each guess."""

OWNERS: Final = (*(role for role in Role if role is not Role.LEDGER), DEPLOYER, FEED)


@command(key_app, "create")
def create_key(
    context: Context,
    owner: Annotated[
        str,
        typer.Argument(
            metavar="OWNER", help="deployer, administrator, regulator, technical-centre, exchange, platform or feed."
        ),
    ],
    *,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Where to; by default under the home folder.")
    ] = None,
) -> Result:
    """Makes a new key and writes its file, readable by its owner only.

    The password comes from --password-file or `TANPUHUI_PASSWORD_FILE_<OWNER>`, never from the command line.

    **Example**

        tanpuhui key create technical-centre --password-file ~/.tanpuhui-centre.password
    """
    name = _owner(owner)
    settings = context.settings.key(name)
    path = file or default_keystore(context.settings.home, name)
    given = KeySettings(name, path, settings.password_file, settings.password)
    password = key_password(given)
    if file is None:
        private_folder(context.settings.home)
    private_folder(path.parent)
    try:
        address = create_keystore(path, password, work=KEY_WORK)
    except FileExistsError:
        reason = "there is a key file already, and it is not overwritten"
        raise WrongKeyFile(str(path), reason, "use it, or give the new one another place with --file") from None
    note = "" if file is None else f"name it by {KEYSTORE}{name}={path}"
    return Result(parts=[Facts("Key", {"owner": owner, "address": address, "keystore": str(path)})], note=note)


def _owner(text: str) -> str:
    name = text.upper().replace("-", "_")
    allowed = [owner if isinstance(owner, str) else owner.name for owner in OWNERS]
    if name not in allowed:
        words = ", ".join(word.lower().replace("_", "-") for word in allowed)
        raise InvalidInput("owner", f"be one of {words}", text)
    return name


@command(api_key_app, "create")
def create_api_key(
    context: Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is.")],
    *,
    scope: Annotated[list[str], typer.Option("--scope", help="What it may do; may be given again.")],
) -> Result:
    """Makes an API key and prints it: this is the only time that it can be seen.

    A program sends it as `Authorization: Bearer KEY`; a person logs in to the console (`/console`) with it. No key may
    both propose and confirm issuances: two people do.

    **Example**

        tanpuhui api-key create "district bureau, import" --scope transfers:write --scope cancellations:write
    """
    check_scopes(scope)
    made = ApiKeyStore(context.database).create(name, scope)
    facts = {**_facts(made.key), "secret": made.secret}
    return Result(parts=[Facts("API key", facts)], note="keep the secret now; only its hash is stored")


@command(api_key_app, "list")
def list_api_keys(context: Context) -> Result:
    """Lists every key ever made, oldest first.

    **Example**

        tanpuhui api-key list
    """
    found = [_facts(key) for key in ApiKeyStore(context.database).list()]
    columns = ["key_id", "name", "scopes", "last_four", "created_at", "revoked_at"]
    return Result(parts=[Listing("API keys", "items", columns, [[key[name] for name in columns] for key in found])])


@command(api_key_app, "revoke")
def revoke_api_key(
    context: Context, key_id: Annotated[str, typer.Argument(metavar="KEY-ID", help="As `api-key list` shows it.")]
) -> Result:
    """Ends a key, for ever.

    **Example**

        tanpuhui api-key revoke 3f9a1c0b7d2e4a58
    """
    if not context.has_database:
        raise NotFound("API key", key_id)
    ApiKeyStore(context.database).revoke(key_id)
    return Result(parts=[Facts("API key", {"key_id": key_id, "revoked": True})])


def _facts(key: ApiKey) -> dict[str, object]:
    return {
        "key_id": key.key_id,
        "name": key.name,
        "scopes": " ".join(sorted(key.scopes)),
        "last_four": key.last_four,
        "created_at": _time(key.created_at),
        "revoked_at": None if key.revoked_at is None else _time(key.revoked_at),
    }


def _time(seconds: int) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat().replace("+00:00", "Z")
