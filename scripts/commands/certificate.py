"""`tanpuhui certificate show|export|redact|seal`"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from api.certificate_files import (
    PERSONAL_FIELDS,
    PdfMaker,
    bundle_hash,
    disclosed_bundle,
    narrowed,
    personal_bundle,
    read_bundle,
    require_verified,
)
from api.repository import points
from api.repository.log import TileNodes
from api.repository.snapshots import Snapshot
from api.routes.certificates import read_certificate
from api.routes.log import read_inclusion_proof
from api.routes.personal import header_of
from api.settings import ApiSettings
from chain.sealed_receipts import seal_bundle
from indexer import certificate_bundles
from indexer.certificate_bundles import Draft
from ledger.bundle import MAX_BUNDLE_BYTES, SealedReceiptProof
from ledger.errors import InvalidInput, NotFound
from ledger.records import FIELD_NAMES
from ledger.seals.headers import parse_header, sealers_of
from scripts.command import command, group
from scripts.commands.points_sending import points_home
from scripts.context import Context
from scripts.output import Facts, Grams, Result, write_private
from scripts.reads import plain, read_one


class _Group(TyperGroup):
    """`tanpuhui certificate 7` is `tanpuhui certificate show 7`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that is named, or `show` where a number stands in its place."""
        return super().resolve_command(ctx, ["show", *args] if args and args[0].isdecimal() else args)


app = group(
    "certificate", "Certificates of cancellation (注销凭证): shown and checked, given out as bundle or PDF.", _Group
)

NumberArgument = Annotated[int, typer.Argument(min=1, metavar="NUMBER", help="As `tanpuhui cancel` printed it.")]
BundleArgument = Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle's file.")]
HideOption = Annotated[
    str,
    typer.Option(
        "--hide",
        metavar="FIELD,…",
        help="Fields that the bundle does not show; `project` is where the lot comes from.",
    ),
]


@command(app, "show")
def show(
    context: Context,
    number: NumberArgument,
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


@command(app, "export")
def export(
    context: Context,
    number: NumberArgument,
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
    """Writes the bundle of a certificate, which proves it to anyone (`tanpuhui verify`), or the PDF that carries it.

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
    return _written(output, data, signed=draft.signed)


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
    data = narrowed(_given(bundle), _names(hide))
    write_private(output, data)
    return _written(output, data)


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
    sealed = seal_bundle(read_bundle(_given(bundle)), context.rpc, context.deployment)
    assert isinstance(sealed.proof, SealedReceiptProof)  # noqa: S101 - it was sealed
    header = parse_header(sealed.proof.header)
    data = sealed.to_bytes()
    write_private(output, data)
    facts = {
        "block": header.number,
        "block_hash": header.block_hash,
        "sealed_by": ", ".join(sealer.hex0x for sealer in sealers_of(header)),
    }
    written = _written(output, data)
    return replace(written, parts=[*written.parts, Facts("Block", facts)])


def _given(bundle: Path) -> bytes:
    """The bytes of a bundle's file, and of a file that is too large no more than say so."""
    try:
        with bundle.open("rb") as file:
            return file.read(MAX_BUNDLE_BYTES + 1)
    except OSError as error:
        raise InvalidInput("bundle", f"be a file that can be read ({error.strerror})", str(bundle)) from None


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


def _written(output: Path, data: bytes, *, signed: bool | None = None) -> Result:
    bundle = read_bundle(data)
    members = () if bundle.record is None else bundle.record.members
    shown = () if bundle.record is None else tuple(sorted(bundle.record.values))
    grams = bundle.leaf.grams if bundle.entry is None else bundle.entry.entry.grams
    facts = {
        "number": bundle.certificate.number,
        "kind": bundle.certificate.KIND,
        "quantity_gco2e": Grams(grams),
        "file": str(output),
        "sha256": bundle_hash(data),
        "fields_shown": ", ".join(shown),
        "fields_withheld": len(members) - len(shown),
    }
    note = "no published checkpoint covers it yet: export it again when one does" if signed is False else ""
    return Result(parts=[Facts("Bundle", facts)], note=note)


def _record(record: Any) -> Facts:
    """What the operation's record shows to everyone, and how much it keeps back."""
    if record is None:
        return Facts("Record", {"document": "not kept here: whoever did the operation has it"})
    shown = {field["name"]: field["value"] for field in record["fields"] if "name" in field}
    withheld = len(record["fields"]) - len(shown)
    disclosed = {name: value for name, value in shown.items() if name != FIELD_NAMES}
    return Facts("Record, as far as it is disclosed", {**disclosed, "fields_withheld": withheld})
