"""`tanpuhui methodology …`"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from api.reading import unfiltered
from api.routes.methodologies import ROUTES as METHODOLOGIES
from api.routes.methodologies import read_methodologies, read_methodology
from chain.composer import Composer
from chain.operations import Operation
from ledger.errors import InvalidInput
from ledger.ids import Hash32
from ledger.quantification import Quantification
from ledger.units import civil_day_from_text
from ledger.vocabulary import MethodologyKind, MethodologyStatus, ReductionClass, Role
from scripts.command import command, group
from scripts.context import Context
from scripts.names import methodology_id
from scripts.operating import OperatingContext
from scripts.operations import perform
from scripts.options import FieldOption, LimitOption, OperationIdOption, RecordOption, read_document, record_fields
from scripts.options import operation_id as read_operation_id
from scripts.output import Result
from scripts.reads import read_list, read_one

app = group("methodology", "Methodologies as versions that are never edited (方法学). Published by the regulator.")

VersionArgument = Annotated[str, typer.Argument(metavar="CODE@VERSION", help="Or the id of the version.")]


@command(app, "publish")
def publish(
    context: OperatingContext,
    code: Annotated[str, typer.Argument(metavar="CODE", help="The publisher's code, without spaces.")],
    *,
    version: Annotated[int, typer.Option(min=1, help="1 for the first, then each the next.")] = 1,
    kind: Annotated[str, typer.Option(help="project or scenario.")],
    reduction_class: Annotated[str, typer.Option("--class", help="I or II; only I serves ETS compliance.")],
    effective_first_day: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="First day on which it may issue.")],
    effective_last_day: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Last day on which it may issue.")],
    document: Annotated[Path | None, typer.Option(metavar="FILE", help="The published text; its hash is kept.")] = None,
    document_hash: Annotated[str | None, typer.Option(metavar="0x…", help="SHA-256 of the text, instead.")] = None,
    quantification: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Formula, factor, rounding and ranges that make grams.")
    ] = None,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Publishes a version of a methodology.

    The quantification (docs/spec/05-points.md §5.6) is what makes grams of measurements: it is checked before anything
    is sent, stands in the record of the publication under the hash on chain, and is public. Points need one.

    **Example**

        tanpuhui methodology publish SHCER-PV-001 --kind project --class I --effective-first-day 2024-06-01
        --effective-last-day 2034-05-31 --document pv-methodology.pdf
    """
    identifier, fields = read_operation_id(operation_id), record_fields(record, field)
    text_hash = _document_hash(document, document_hash)
    formula = None
    if quantification is not None:
        formula = Quantification.from_bytes(read_document(quantification, "quantification"))

    def make(composer: Composer) -> Operation:
        return composer.publish_methodology(
            operation_id=identifier,
            code=code,
            version=version,
            kind=MethodologyKind.from_label(kind, "kind"),
            reduction_class=ReductionClass.from_label(reduction_class, "class"),
            effective_first_day=civil_day_from_text(effective_first_day, "effective_first_day"),
            effective_last_day=civil_day_from_text(effective_last_day, "effective_last_day"),
            document_hash=text_hash,
            quantification=formula,
            fields=fields,
        )

    return perform(context, Role.REGULATOR, identifier, make)


def _document_hash(document: Path | None, document_hash: str | None) -> Hash32:
    if document_hash is not None:
        return Hash32.from_hex(document_hash, "document_hash")
    if document is None:
        raise InvalidInput("document", "be given, as --document FILE or --document-hash", None)
    return Hash32(hashlib.sha256(read_document(document, "document")).digest())


@command(app, "withdraw")
def withdraw(
    context: OperatingContext,
    methodology: VersionArgument,
    *,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Withdraws a version: nothing more is issued under it. What was issued stays as it is.

    **Example**

        tanpuhui methodology withdraw SHCER-PV-001@1
    """
    identifier, fields = read_operation_id(operation_id), record_fields(record, field)
    version = methodology_id(methodology)
    return perform(
        context,
        Role.REGULATOR,
        identifier,
        lambda composer: composer.withdraw_methodology(operation_id=identifier, methodology_id=version, fields=fields),
    )


@command(app, "list")
def list_versions(
    context: Context,
    *,
    code: Annotated[str | None, typer.Option(metavar="CODE", help="Only versions of this code.")] = None,
    reduction_class: Annotated[str | None, typer.Option("--class", help="Only of class I or II.")] = None,
    status: Annotated[str | None, typer.Option(help="Only published or withdrawn.")] = None,
    limit: LimitOption = 100,
) -> Result:
    """Lists versions in the order in which they were published.

    **Example**

        tanpuhui methodology list --class I --json
    """
    arguments = {
        **unfiltered(METHODOLOGIES, "/v1/methodologies"),
        "code": code,
        "reduction_class": ReductionClass.from_label(reduction_class, "class") if reduction_class else None,
        "status": MethodologyStatus.from_label(status, "status") if status else None,
    }
    columns = ["code", "version", "kind", "reduction_class", "effective_first_day", "effective_last_day", "status"]
    return read_list(context, read_methodologies, arguments, title="Methodologies", columns=columns, limit=limit)


@command(app, "show")
def show(context: Context, methodology: VersionArgument) -> Result:
    """Shows a version; a code without version shows the newest.

    **Example**

        tanpuhui methodology show SHCER-PV-001@1
    """
    asked = methodology if "@" not in methodology and not methodology.startswith("0x") else None
    identifier = asked or methodology_id(methodology)
    return read_one(context, read_methodology, {"methodology": identifier}, "Methodology")
