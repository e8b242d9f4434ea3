"""`tanpuhui certificate`"""

from __future__ import annotations

from typing import Annotated

import typer

from api.routes.certificates import read_certificate
from api.routes.log import read_inclusion_proof
from scripts.command import command
from scripts.context import Context
from scripts.output import Facts, Result
from scripts.reads import plain, read_one


def register(app: typer.Typer) -> None:
    """Adds the command to the program."""
    command(app, "certificate")(certificate)


def certificate(
    context: Context,
    number: Annotated[int, typer.Argument(min=1, metavar="NUMBER", help="As `tanpuhui cancel` printed it.")],
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Do not check it against the contract's root.")] = False,
) -> Result:
    """Shows a certificate of cancellation (注销凭证) and checks it against the contract.

    Subject, record and leaf are computed again from what the certificate states, the inclusion proof is followed to the
    log's root, and that root is asked of the contract. Exit code 6 if any of it does not hold.

    **Example**

        tanpuhui certificate 1 --json
    """
    shown = read_one(context, read_certificate, {"number": number}, f"Certificate {number}")
    assert isinstance(shown.whole, dict)  # noqa: S101 - an object
    if offline:
        return shown
    with context.snapshot() as snapshot:
        arguments = {"leaf_index": shown.whole["leaf_index"], "operation_id": None, "tree_size": None}
        proof = plain(read_inclusion_proof(snapshot, arguments).document)
    checked = context.check_certificate(shown.whole, proof)
    facts = {
        "holds": True,
        "leaf_index": checked.leaf_index,
        "leaf_hash": checked.leaf_hash,
        "log_size": checked.log_size,
        "log_root": checked.log_root,
    }
    check = Facts("Checked against the contract", facts)
    whole = {**shown.whole, "check": check.document()}
    return Result(parts=[*shown.parts, check], note=shown.note, whole=whole)
