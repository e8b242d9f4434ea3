"""`tanpuhui verify`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scripts.command import commands
from scripts.verifying.pinning import Pins
from scripts.verifying.program import run

app = commands()


@app.command("verify")
def verify(
    bundle: Annotated[
        str, typer.Argument(metavar="BUNDLE", help="A bundle, a PDF that carries one, or - for standard input.")
    ],
    *,
    log_key: Annotated[str | None, typer.Option("--log-key", metavar="VKEY", help="The log's verifier key.")] = None,
    witness: Annotated[
        list[str] | None,
        typer.Option("--witness", metavar="VKEY", help="Verifier key of a witness; may be given again."),
    ] = None,
    quorum: Annotated[
        int | None, typer.Option(metavar="K", help="How many of the witnesses must have cosigned; all unless given.")
    ] = None,
    validators: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Addresses of the chain's validators, one a line.")
    ] = None,
    rpc: Annotated[
        str | None, typer.Option("--rpc", metavar="URL", help="A node of your own, to ask for the log's root.")
    ] = None,
    origin: Annotated[str | None, typer.Option(metavar="ORIGIN", help="The log's origin: tanpuhui/CHAIN/HASH.")] = None,
    deployment: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The deployment file, for the origin.")
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A trust file: format, origin, log_key, witnesses, quorum, validators."),
    ] = None,
    level: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL", help="node, log, witnessed or sealed; the strongest that is pinned unless given."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with one JSON document on standard output.")] = False,
) -> None:
    """Verifies a certificate of cancellation (注销凭证) from its bundle, against what you pin.

    Nothing that the bundle says of itself is believed, and nothing is taken from the environment: pin the log's key
    (and witnesses), the validators, or a node of your own. Exits 0 verified, 1 refused, naming the step, 2 if it could
    not run: nothing pinned, pins that contradict each other, a file that cannot be read, a node out of reach.
    `tanpuhui-verify` is the same command with nothing but the base installation.

    **Examples**

        tanpuhui verify certificate-1.json --log-key 'tanpuhui/31337/…+…+…'

        tanpuhui verify certificate-1.pdf --trust shanghai.json --json

        tanpuhui verify certificate-1.json --rpc http://127.0.0.1:8545 --deployment deployment.json
    """
    pins = Pins(
        rpc=rpc,
        log_key=log_key,
        witness=tuple(witness or ()),
        quorum=quorum,
        validators=validators,
        origin=origin,
        deployment=deployment,
        trust=trust,
        level=level,
    )
    raise typer.Exit(run(bundle, pins, as_json=as_json))
