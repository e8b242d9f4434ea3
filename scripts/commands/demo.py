"""`tanpuhui demo` and `tanpuhui serve`"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Annotated

import typer

from api.chain_events import ChainEvents
from api.context import Following, no_follower
from api.log_keys import LogKeys
from api.settings import ApiSettings
from chain.deployment import Deployment
from indexer.publisher import DEFAULT_TIMEOUT_SECONDS
from ledger.vocabulary import Role
from scripts.acting import chain_operations, node_chain
from scripts.command import command, commands
from scripts.demo import run_demo
from scripts.intake.service import intake_of
from scripts.interrupts import interruptible, until_interrupted
from scripts.listening import listen
from scripts.operating import OperatingContext
from scripts.points.home import PointsHome
from scripts.publishing import PublisherThread, log_keys_of, open_log_key, open_publisher, witnesses_of
from scripts.serving import ApiServer, FollowerThread, WorkerThread
from scripts.watching import watching, with_audit_report

app = commands()


@command(app, "demo")
def demo(
    context: OperatingContext,
    *,
    leave: Annotated[bool, typer.Option("--exit", help="End when all is done instead of serving on.")] = False,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the API; by default 8000, or any if it is taken.")
    ] = None,
) -> None:
    """Goes the whole way on a made sample, and serves it until Ctrl-C.

    Local chain, contracts, a key for every body, methodologies, a 1 MW solar roof (462 t), issuance by two bodies,
    transfer, cancellation for a large event, index, API, and a certificate that is fetched over HTTP and checked
    against the contract. The log is signed and cosigned by three witnesses, and the certificate's bundle is verified
    by their keys alone. A made feed of charging sessions becomes points, which are redeemed, bought back as a lot,
    donated and cancelled. One refused operation is shown too. It touches nothing that is configured on this machine;
    keys and database are in a folder that goes when it ends, or in --home (a new or empty folder) and stay. While it
    serves it says how other commands work on it, and prints a key for each body with which anyone here may log in to
    its console, to propose and confirm. Ctrl-C ends it with 0 once it serves, before that with 130.

    **Examples**

        tanpuhui demo

        tanpuhui demo --exit --json
    """
    run_demo(context.output, home=context.settings.home_option, port=port, stay=not leave)


@command(app, "serve")
def serve(
    context: OperatingContext,
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes any that is free.")] = 8000,
    follow: Annotated[bool, typer.Option("--follow/--no-follow", help="Keep the index up with the chain.")] = True,
) -> None:
    """Serves the API until Ctrl-C, and keeps the index up with the chain.

    Operator routes work for the bodies whose keys this process has (docs/operations.md). Put a proxy that ends TLS in
    front of it, and name the public address by TANPUHUI_PUBLIC_URL. Ended by Ctrl-C or SIGTERM it exits with 0, before
    it serves with 130. A key without a password is left out, and that is said. People log in at /console, with a key of
    `tanpuhui api-key create` or with a wallet of their own.

    **Example**

        tanpuhui serve --host 0.0.0.0 --port 8000
    """
    with interruptible("nothing was served yet, and it may be started again"), ExitStack() as stack:
        listening = stack.enter_context(listen(host, port))
        url = f"http://{host}:{listening.getsockname()[1]}"
        settings = ApiSettings(
            database_url=context.settings.database_url,
            public_url=context.settings.public_url or url,
        )
        settings = with_audit_report(settings, context)
        wait: Callable[[], object] = threading.Event().wait
        failing: Following = no_follower
        if follow:
            context.bring_up()
            following = FollowerThread(context.follower, context.database, context.output.warn)
            stack.enter_context(following)
            wait, failing = following.wait, following.failing
        home = stack.enter_context(PointsHome(context.settings))
        roles = context.usable_roles()
        points = home if home.exists or Role.PLATFORM in roles else None  # its first file may come by the console
        if points is not None and follow:
            stack.enter_context(WorkerThread(points.worker(context.database)))
        log_keys = _publish(context, stack, follow=follow)
        operations = chain_operations(context, roles) if roles else None
        if operations is not None:
            stack.callback(operations.close)
        stack.enter_context(
            ApiServer(
                settings,
                listening,
                database=context.database,
                operations=operations,
                chain=node_chain(context) if follow or roles else None,
                intake=stack.enter_context(intake_of(context)) if operations is not None else None,
                following=failing,
                point_accounts=None if points is None else points.accounts(),
                log_keys=log_keys,
                events=ChainEvents(context.rpc, context.deployment) if follow else None,
                watch=stack.enter_context(watching(context)) if follow else None,
            )
        )
        signs_for = ", ".join(role.label for role in roles) or "no body, so it only reads"
        with until_interrupted():
            context.output.note(
                f"serving {url} until Ctrl-C; signs for {signs_for}; people act at {settings.public_url}/console"
            )
            wait()
        context.output.note("ended; every operation that was taken is saved, and `tanpuhui serve` goes on with it")


def _publish(context: OperatingContext, stack: ExitStack, *, follow: bool) -> LogKeys | None:
    """What this instance says of the log's keys, if it has the log's key; begins to publish if it is told how often."""
    if context.settings.log_key_file is None:
        return None
    key = open_log_key(context.settings, Deployment.load(context.settings.deployment).origin)
    keys = log_keys_of(context.settings, key)
    seconds = context.settings.checkpoint_seconds
    if seconds and not follow:
        context.output.note("warning: publishes no checkpoints, since it does not follow the chain (--no-follow)")
    elif seconds:
        publisher = open_publisher(context, witnesses_of(context.settings), timeout_seconds=DEFAULT_TIMEOUT_SECONDS)
        stack.enter_context(PublisherThread(publisher, quorum=keys.quorum, seconds=seconds))
        context.output.note(f"publishes checkpoints every {seconds} s")
    return keys
