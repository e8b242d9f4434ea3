"""What a benchmark leaves with `--keep FOLDER`: a home whose index, batch files and signed log can be served without
the chain, which ends with the benchmark.

`set -a; . FOLDER/serve.env; set +a; tanpuhui serve --no-follow` serves it.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path

from indexer.publisher import DEFAULT_TIMEOUT_SECONDS
from ledger.errors import InvalidInput
from ledger.key_files import write_signer_key
from ledger.notes import KeyType, SignerKey
from scripts.demo_witnesses import start_witnesses
from scripts.keys import private_folder
from scripts.operating import OperatingContext
from scripts.points.home import PointsHome
from scripts.publishing import open_publisher
from scripts.settings import HOME, WITNESS_QUORUM, WITNESSES, default_log_key

QUORUM = 2
ENVIRONMENT = "serve.env"


def add_keep_option(parser: argparse.ArgumentParser) -> None:
    """`--keep FOLDER`, as `options.keep`."""
    parser.add_argument("--keep", type=Path, help="a new folder that keeps the home; see benchmarks/_keeping.py")


def new_home(folder: Path) -> Path:
    """The folder, made; `InvalidInput` for one that has something in it, which may be the home of another chain."""
    folder = folder.resolve()
    private_folder(folder)
    if any(folder.iterdir()):
        raise InvalidInput("keep", "be a new or empty folder", str(folder))
    return folder


def leave(context: OperatingContext) -> None:
    """Indexes and checks what there is, has the log signed and cosigned, and says how to serve it."""
    home = context.settings.home
    context.bring_up()
    with PointsHome(context.settings) as points:
        if points.exists:
            points.worker(context.database).catch_up()
    key = SignerKey.generate(context.deployment.origin, KeyType.LOG)
    private_folder(default_log_key(home).parent)
    write_signer_key(default_log_key(home), key)
    with ExitStack() as stack:
        witnesses = start_witnesses(stack, home / "witnesses", key.verifier)
        publisher = open_publisher(context, witnesses, timeout_seconds=DEFAULT_TIMEOUT_SECONDS)
        stack.callback(publisher.close)
        publisher.publish()
    named = " ".join(f"{witness.url}={witness.key}" for witness in witnesses)
    lines = [f"{HOME}={home}", f"{WITNESSES}='{named}'", f"{WITNESS_QUORUM}={QUORUM}"]
    (home / ENVIRONMENT).write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_token(home: PointsHome, reference: str, file: Path) -> None:
    """A lookup token of a person, as the operator would hand it out."""
    file.write_text(home.persons.issue_token(reference).hex() + "\n", encoding="utf-8")
