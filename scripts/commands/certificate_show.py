"""`tanpuhui certificate show`"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer

from api.routes.certificates import read_certificate
from api.routes.log import read_inclusion_proof
from ledger.records import FIELD_NAMES
from scripts.command import command, commands
from scripts.context import Context
from scripts.options import CertificateNumber
from scripts.output import Facts, Result
from scripts.reads import plain, read_one

app = commands()


@command(app, "show")
def show(
    context: Context,
    number: CertificateNumber,
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Do not check it against the contract's root.")] = False,
) -> Result:
    """Shows a certificate of cancellation (注销凭证) and checks it against the contract.

    Subject, record and leaf are computed again from what the certificate states, the inclusion proof is followed to the
    log's root, and that root is asked of the contract. Exit code 6 if any of it does not hold.

    **Example**

        tanpuhui certificate show 1 --json

    `tanpuhui certificate 1` is the same.
    """
    shown = read_one(context, read_certificate, {"number": number}, f"Certificate {number}")
    document = shown.whole
    assert isinstance(document, dict)  # noqa: S101 - an object
    parts = [*shown.parts, _record(document["record"])]
    if offline:
        return replace(shown, parts=parts)
    with context.snapshot() as snapshot:
        arguments = {"leaf_index": document["leaf_index"], "operation_id": None, "tree_size": None}
        proof = plain(read_inclusion_proof(snapshot, arguments).document)
    checked = context.check_certificate(document, proof)
    facts = {
        "holds": True,
        "leaf_index": checked.leaf_index,
        "leaf_hash": checked.leaf_hash,
        "log_size": checked.log_size,
        "log_root": checked.log_root,
    }
    check = Facts("Checked against the contract", facts)
    return replace(shown, parts=[*parts, check], whole={**document, "check": check.document()})


def _record(record: Any) -> Facts:
    """What the operation's record shows to everyone, and how much it keeps back."""
    if record is None:
        return Facts("Record", {"document": "not kept here: whoever did the operation has it"})
    shown = {field["name"]: field["value"] for field in record["fields"] if "name" in field}
    withheld = len(record["fields"]) - len(shown)
    disclosed = {name: value for name, value in shown.items() if name != FIELD_NAMES}
    return Facts("Record, as far as it is disclosed", {**disclosed, "fields_withheld": withheld})
