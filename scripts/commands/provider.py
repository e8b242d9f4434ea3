"""`tanpuhui provider …`"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from chain.composer import Composer
from chain.operations import Operation
from chain.views import ContractViews
from ledger.errors import InvalidInput, NotFound
from ledger.ids import Address, Hash32
from ledger.vocabulary import ProviderMode, ProviderStatus, ReductionClass, Role
from scripts.command import command, group
from scripts.operating import OperatingContext
from scripts.operations import perform
from scripts.options import AccountArgument, FieldOption, OperationIdOption, RecordOption, read_document, record_fields
from scripts.options import operation_id as read_operation_id
from scripts.output import Facts, Grams, Listing, Result

app = group("provider", "Mall providers, where points are redeemed (碳普惠权益方). Admitted by the exchange.")

CLASSES = (ReductionClass.I, ReductionClass.II)


@command(app, "admit")
def admit(
    context: OperatingContext,
    account: AccountArgument,
    *,
    mode: Annotated[str, typer.Option(help="third-party-mall, sub-platform, limited-event or other.")],
    application: Annotated[str, typer.Option(metavar="FILE|0x…", help="The application; its SHA-256 is kept.")],
    evaluation: Annotated[str, typer.Option(metavar="FILE|0x…", help="The evaluation of it.")],
    agreement: Annotated[str, typer.Option(metavar="FILE|0x…", help="The agreement that was signed.")],
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Admits an active institution account as a mall provider, or admits a closed one again (the exchange).

    Only hashes of the three documents are published. Points redeemed there pool under the account, each class apart,
    and every full 1,000,000 of a class becomes one tonne that the provider holds.

    **Example**

        tanpuhui provider admit ref:mall-01 --mode third-party-mall --application application.pdf
        --evaluation evaluation.pdf --agreement agreement.pdf
    """
    identifier, fields = read_operation_id(operation_id), record_fields(record, field)
    address = context.names.account(account)
    hashes = [
        document_hash(text, name)
        for name, text in (("application", application), ("evaluation", evaluation), ("agreement", agreement))
    ]
    return perform(
        context,
        Role.EXCHANGE,
        identifier,
        lambda composer: composer.admit_provider(
            operation_id=identifier,
            account=address,
            mode=ProviderMode.from_label(mode, "mode"),
            application_hash=hashes[0],
            evaluation_hash=hashes[1],
            agreement_hash=hashes[2],
            fields=fields,
        ),
    )


@command(app, "suspend")
def suspend(
    context: OperatingContext,
    account: AccountArgument,
    *,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Stops a provider from receiving points until it is resumed (the exchange).

    **Example**

        tanpuhui provider suspend ref:mall-01 --field reason="goods not delivered"
    """
    return _step(context, account, operation_id, record=record, field=field, step_of=lambda by: by.suspend_provider)


@command(app, "resume")
def resume(
    context: OperatingContext,
    account: AccountArgument,
    *,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Lets a suspended provider receive points again (the exchange).

    **Example**

        tanpuhui provider resume ref:mall-01
    """
    return _step(context, account, operation_id, record=record, field=field, step_of=lambda by: by.resume_provider)


@command(app, "close")
def close(
    context: OperatingContext,
    account: AccountArgument,
    *,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Ends a provider's admission (the exchange). What is less than 1,000,000 in its pool stays there.

    **Example**

        tanpuhui provider close ref:mall-01 --field reason="agreement ended"
    """
    return _step(context, account, operation_id, record=record, field=field, step_of=lambda by: by.close_provider)


@command(app, "show")
def show(context: OperatingContext, account: AccountArgument) -> Result:
    """Shows a provider and the points in its pool, from the contracts.

    **Example**

        tanpuhui provider show ref:mall-01
    """
    address = context.names.account(account)
    views = ContractViews(context.rpc, context.deployment)
    found = views.provider_of(address)
    if found.status is ProviderStatus.UNKNOWN:
        raise NotFound("provider", account)
    facts = {
        "account": address,
        "status": found.status,
        "mode": found.mode,
        "application_hash": found.application_hash,
        "evaluation_hash": found.evaluation_hash,
        "agreement_hash": found.agreement_hash,
    }
    pools = [[reduction_class, Grams(views.pool_of(address, reduction_class))] for reduction_class in CLASSES]
    return Result(
        parts=[Facts("Provider", facts), Listing("Pool", "pools", ["class", "quantity_gco2e"], pools)],
        note="lots that were bought back are the account's holdings: tanpuhui account show",
    )


Step = Callable[..., Operation]


def _step(
    context: OperatingContext,
    account: str,
    operation_id: str | None,
    *,
    record: Path | None,
    field: list[str] | None,
    step_of: Callable[[Composer], Step],
) -> Result:
    identifier, fields = read_operation_id(operation_id), record_fields(record, field)
    address: Address = context.names.account(account)
    return perform(
        context,
        Role.EXCHANGE,
        identifier,
        lambda composer: step_of(composer)(operation_id=identifier, account=address, fields=fields),
    )


def document_hash(text: str, name: str) -> Hash32:
    """The SHA-256 of a document: given as such, or of the file that is named."""
    if text.startswith("0x"):
        return Hash32.from_hex(text, name)
    if not text:
        raise InvalidInput(name, "be a file or its SHA-256", text)
    return Hash32(hashlib.sha256(read_document(Path(text), name)).digest())
