"""`tanpuhui certificate seal`"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from chain.sealed_receipts import seal_bundle
from ledger.bundle import Bundle, SealedReceiptProof
from ledger.seals.headers import parse_header, sealers_of
from scripts.bundle_files import BundleArgument, given_bundle, written_bundle
from scripts.command import command, commands
from scripts.context import Context
from scripts.output import Facts, Result, write_private

app = commands()


@command(app, "seal")
def seal(
    context: Context,
    bundle: BundleArgument,
    *,
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="Where the sealed bundle is written.")],
) -> Result:
    """Makes of a bundle one that is proved by the seals of the chain's validators, in place of a checkpoint.

    Needs a node of the QBFT chain, and neither database nor key. What the bundle shows stays as it is; header and
    receipt are the node's, and are verified before the file is written: exit code 6 if the bundle says something else
    than the chain. Whoever verifies it pins validators (`tanpuhui verify --validators`) and trusts no log key.

    **Example**

        tanpuhui certificate seal certificate-1.json --output certificate-1-sealed.json
    """
    given = given_bundle(bundle)
    sealed = seal_bundle(Bundle.from_bytes(given), context.rpc, context.deployment)
    assert isinstance(sealed.proof, SealedReceiptProof)  # noqa: S101 - it was sealed
    header = parse_header(sealed.proof.header)
    data = sealed.to_bytes()
    write_private(output, data)
    facts = {
        "block": header.number,
        "block_hash": header.block_hash,
        "sealed_by": ", ".join(sealer.hex0x for sealer in sealers_of(header)),
    }
    written = written_bundle(output, data)
    return replace(written, parts=[*written.parts, Facts("Block", facts)])
