"""`tanpuhui certificate export|redact`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.certificate_files import (
    PERSONAL_FIELDS,
    PdfMaker,
    disclosed_bundle,
    narrowed,
    personal_bundle,
    require_verified,
)
from api.repository import points
from api.repository.log import TileNodes
from api.repository.snapshots import Snapshot
from api.routes.personal import header_of
from api.settings import ApiSettings
from indexer import certificate_bundles
from indexer.certificate_bundles import Draft
from ledger.errors import InvalidInput, NotFound
from scripts.bundle_files import BundleArgument, given_bundle, written_bundle
from scripts.command import command, commands
from scripts.commands.points_sending import points_home
from scripts.context import Context
from scripts.options import CertificateNumber
from scripts.output import Result, write_private

app = commands()

HideOption = Annotated[
    str,
    typer.Option(
        "--hide",
        metavar="FIELD,…",
        help="Fields that the bundle does not show; `project` is where the lot comes from.",
    ),
]


@command(app, "export")
def export(
    context: Context,
    number: CertificateNumber,
    *,
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="Where it is written.")],
    disclose: Annotated[
        str,
        typer.Option(
            "--disclose",
            metavar="FIELD,…",
            help="Fields shown besides the public ones; of a person's points `account` and `details`.",
        ),
    ] = "",
    hide: HideOption = "",
    pdf: Annotated[bool, typer.Option("--pdf", help="Write the PDF, with the bundle attached.")] = False,
) -> Result:
    """Writes a certificate's bundle, which proves it to anyone (`tanpuhui verify`), or the PDF that carries it.

    For the operator, who keeps the records whole: --disclose shows fields that are not public, to whoever is given the
    file. It is verified against the index before it is written. Exit code 6 if it does not hold.

    **Examples**

        tanpuhui certificate export 1 --output certificate-1.json

        tanpuhui certificate export 1 --disclose beneficiary --hide project --pdf --output certificate-1.pdf
    """
    with context.snapshot() as snapshot:
        draft = certificate_bundles.draft(snapshot, TileNodes(snapshot), number, whole=True)
        if draft.personal:
            data = _personal(context, snapshot, draft, _names(disclose), _names(hide))
        else:
            shown = certificate_bundles.draft(snapshot, TileNodes(snapshot), number)
            data = disclosed_bundle(draft, shown, disclose=_names(disclose), hide=_names(hide))
        require_verified(snapshot, draft, data)
    if pdf:
        settings = ApiSettings()
        maker = PdfMaker(context.settings.public_url or settings.public_url, settings.pdf_fonts or None, None)
        write_private(output, maker.make(data))
    else:
        write_private(output, data)
    return written_bundle(output, data, signed=draft.signed)


@command(app, "redact")
def redact(
    context: Context,
    bundle: BundleArgument,
    *,
    hide: HideOption,
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="Where the narrower bundle is written.")],
) -> Result:
    """Makes of a bundle one that shows less and proves the same. Needs no node, no database and no key.

    What is hidden is still bound: nobody can say later that it was something else. Of a person's certificate `account`
    and `details` hide what the entry shows.

    **Example**

        tanpuhui certificate redact certificate-1.json --hide beneficiary,project --output certificate-1-public.json
    """
    data = narrowed(given_bundle(bundle), _names(hide))
    write_private(output, data)
    return written_bundle(output, data)


def _personal(
    context: Context, snapshot: Snapshot, draft: Draft, disclose: tuple[str, ...], hide: tuple[str, ...]
) -> bytes:
    """The bundle of a person's certificate, with the entry from the operator's batch file."""
    if not set(disclose) <= set(PERSONAL_FIELDS):
        raise InvalidInput("disclose", f"be of {' and '.join(PERSONAL_FIELDS)}", ",".join(disclose))
    batch = points.batch_of_certificate(snapshot, draft.number)
    if batch is None or batch.first_certificate is None:
        raise NotFound("certificate", draft.number)
    with points_home(context) as home:
        proof = home.accounts().proof(header_of(batch), draft.number - batch.first_certificate)
    return personal_bundle(draft, proof, disclose=disclose, hide=hide)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.replace(" ", "").split(",") if name)
