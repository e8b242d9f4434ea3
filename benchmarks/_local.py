"""A ledger of its own for a benchmark that replays a registry: local chain, contracts, bodies' keys, SQLite."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks._keeping import leave, new_home
from chain.deploy import deploy
from chain.node import AnvilNode
from chain.signers import LocalSigner
from ledger.vocabulary import Role
from scripts.operating import SIGNING_ROLES, OperatingContext
from scripts.output import Output
from scripts.settings import Settings

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
MAPPINGS = Path(__file__).resolve().parent / "mappings"


@contextmanager
def local_ledger(keep: Path | None = None) -> Iterator[OperatingContext]:
    """Contracts on a new chain, with keys in memory and a database in a folder that goes at the end, or in `keep`."""
    with ExitStack() as stack:
        home = new_home(keep) if keep else Path(stack.enter_context(TemporaryDirectory(prefix="tanpuhui-benchmark-")))
        node = stack.enter_context(AnvilNode())
        settings = Settings(
            rpc_url=node.url,
            database_url=f"sqlite:///{home / 'tanpuhui.db'}",
            deployment=home / "deployment.json",
            home=home,
        )
        context = stack.enter_context(OperatingContext(settings, Output(as_json=False)))
        signers = {role: LocalSigner.random() for role in (*SIGNING_ROLES, Role.ADMINISTRATOR)}
        holders = {role: signer.address for role, signer in signers.items()}
        deploy(context.rpc, LocalSigner.random(), holders, settings.deployment)
        for role in SIGNING_ROLES:
            context.use_signer(role, signers[role])
        yield context
        if keep:
            leave(context)


def skip_without(folder: Path) -> bool:
    """Says so and prints the figures' line if the public input data is not on this machine."""
    if folder.is_dir():
        return False
    print(f"the public input data is not on this machine ({folder})")
    print(json.dumps({"skipped": "input data absent"}))
    return True
