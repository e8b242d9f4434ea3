"""`tanpuhui demo` and `tanpuhui serve`"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Annotated

import typer

from api.chain_operations import ChainOperations
from api.context import Following, no_follower
from api.settings import ApiSettings
from indexer.records import RecordStore
from ledger.vocabulary import Role
from scripts.command import command
from scripts.context import Context
from scripts.demo import interruptible, run_demo
from scripts.serving import ApiServer, FollowerThread, listen


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    command(app, "demo")(demo)
    command(app, "serve")(serve)


def demo(
    context: Context,
    *,
    leave: Annotated[bool, typer.Option("--exit", help="End when all is done instead of serving on.")] = False,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the API; by default 8000, or any if it is taken.")
    ] = None,
) -> None:
    """Goes the whole way on a made sample, and serves it until Ctrl-C.

    Local chain, contracts, a key for every body, methodologies, a 1 MW solar roof (462 t), issuance by two bodies,
    transfer, cancellation for a large event, index, API, and a certificate that is fetched over HTTP and checked
    against the contract. One refused operation is shown too. It touches nothing that is configured on this machine;
    keys and database are in a folder that goes when it ends, or in --home and stay.

    **Examples**

        tanpuhui demo

        tanpuhui demo --exit --json
    """
    run_demo(context.output, home=context.settings.home_option, port=port, stay=not leave)


def serve(
    context: Context,
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes any that is free.")] = 8000,
    follow: Annotated[bool, typer.Option("--follow/--no-follow", help="Keep the index up with the chain.")] = True,
) -> None:
    """Serves the API until Ctrl-C, and keeps the index up with the chain.

    Operator routes work for the bodies whose keys this process has (docs/operations.md). Put a proxy that ends TLS in
    front of it, and name the public address by TANPUHUI_PUBLIC_URL.

    **Example**

        tanpuhui serve --host 0.0.0.0 --port 8000
    """
    with ExitStack() as stack:
        listening = stack.enter_context(listen(host, port))
        url = f"http://{host}:{listening.getsockname()[1]}"
        settings = ApiSettings(
            database_url=context.settings.database_url,
            public_url=context.settings.public_url or url,
        )
        stack.enter_context(interruptible())
        wait: Callable[[], object] = threading.Event().wait
        failing: Following = no_follower
        if follow:
            context.bring_up()
            following = FollowerThread(context.follower, context.database, context.output.warn)
            stack.enter_context(following)
            wait, failing = following.wait, following.failing
        roles = context.configured_roles()
        operations = _operations(context, roles) if roles else None
        if operations is not None:
            stack.callback(operations.close)
        stack.enter_context(
            ApiServer(settings, listening, database=context.database, operations=operations, following=failing)
        )
        signs_for = ", ".join(role.label for role in roles) or "no body, so it only reads"
        context.output.note(f"serving {url} until Ctrl-C; signs for {signs_for}")
        wait()


def _operations(context: Context, roles: Sequence[Role]) -> ChainOperations:
    """Sends what the API takes for these bodies; raises as `Context.signer` for a key that does not open."""
    return ChainOperations(
        rpc=context.rpc,
        deployment=context.deployment,
        submitters={role: context.submitter(context.signer(role)) for role in roles},
        outbox=context.outbox,
        records=RecordStore(context.database),
        salts=context.salts,
    )
