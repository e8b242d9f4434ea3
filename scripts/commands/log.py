"""`tanpuhui log …`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chain.deployment import Deployment
from ledger.key_files import write_signer_key
from ledger.notes import KeyType, SignerKey
from scripts.command import command, group
from scripts.context import Context
from scripts.keys import private_folder
from scripts.output import Facts, Result
from scripts.publishing import open_log_key
from scripts.settings import LOG_KEY_FILE, default_log_key

app = group("log", "The key that signs the log's checkpoints (透明日志).")
key_app = group("key", "The log's key: Ed25519, named by the deployment's origin.")
app.add_typer(key_app)


@command(key_app, "new")
def new_key(
    context: Context,
    *,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Where to; by default under the home folder.")
    ] = None,
) -> Result:
    """Makes the key that signs this deployment's checkpoints, in a file that only its owner may read.

    Its name is the deployment's origin (docs/spec/07-log.md), so that the deployment file must be there; no node is
    asked. The verifier key that is printed is public: give it to whoever verifies. The private key is never printed.

    **Example**

        tanpuhui log key new
    """
    origin = Deployment.load(context.settings.deployment).origin
    path = file or default_log_key(context.settings.home)
    if file is None:
        private_folder(context.settings.home)
    private_folder(path.parent)
    key = SignerKey.generate(origin, KeyType.LOG)
    write_signer_key(path, key)
    note = "" if file is None else f"name it by {LOG_KEY_FILE}={path}"
    return Result(parts=[_facts(key, path)], note=note)


@command(key_app, "show")
def show_key(context: Context) -> Result:
    """Shows the public half of the log's key: what verifiers, witnesses and monitors pin.

    **Example**

        tanpuhui log key show --json
    """
    origin = Deployment.load(context.settings.deployment).origin
    path = context.settings.log_key_file or default_log_key(context.settings.home)
    return Result(parts=[_facts(open_log_key(context.settings, origin), path)])


def _facts(key: SignerKey, path: Path) -> Facts:
    values = {
        "origin": key.name,
        "log_key": str(key.verifier),
        "key_id": key.verifier.key_id.hex(),
        "file": str(path),
    }
    return Facts("Key of the log", values)
