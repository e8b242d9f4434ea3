"""`tanpuhui transfer`, `cancel`, `correct`: what happens to grams that were issued."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chain.composer import Composer
from chain.keystores import KeystoreSigner
from chain.operations import Operation
from ledger.errors import WrongKeyFile
from ledger.ids import Address
from ledger.vocabulary import CancellationPurpose, Role
from scripts.command import command, commands
from scripts.keys import open_keystore
from scripts.operating import OperatingContext
from scripts.operations import perform, perform_as_holder
from scripts.options import (
    ActivityOption,
    FieldOption,
    FirstDayOption,
    LastDayOption,
    LotOption,
    OperationIdOption,
    QuantityOption,
    RecordOption,
    record_fields,
)
from scripts.options import lot as read_lot
from scripts.options import operation_id as read_operation_id
from scripts.options import quantity as read_quantity
from scripts.output import Result
from scripts.settings import KeySettings

app = commands()

HolderKeystoreOption = Annotated[
    Path | None,
    typer.Option(
        "--holder-keystore",
        metavar="FILE",
        help="Sign with the account's own key instead of the platform's (an account in its holder's custody).",
    ),
]
HolderPasswordOption = Annotated[
    Path | None, typer.Option("--holder-password-file", metavar="FILE", help="Password of that key file.")
]


@command(app, "transfer")
def transfer(
    context: OperatingContext,
    *,
    from_account: Annotated[str, typer.Option("--from", metavar="ACCOUNT", help="Account that gives.")],
    to_account: Annotated[str, typer.Option("--to", metavar="ACCOUNT", help="Account that receives.")],
    quantity: QuantityOption,
    lot: LotOption = None,
    activity: ActivityOption = None,
    first_day: FirstDayOption = None,
    last_day: LastDayOption = None,
    holder_keystore: HolderKeystoreOption = None,
    holder_password_file: HolderPasswordOption = None,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Transfers grams of a lot between two active accounts (划转).

    **Example**

        tanpuhui transfer --from ref:shanghai-solar-01 --to ref:expo-office --quantity 100
        --activity SH-PV-0001 --first-day 2025-01-01 --last-day 2025-12-31
    """
    identifier, fields = read_operation_id(operation_id), record_fields(record, field)
    giver, receiver = context.names.account(from_account, "from"), context.names.account(to_account, "to")
    lot_id = read_lot(context.names, lot, activity, first_day, last_day)

    def make(composer: Composer, *, by_holder: bool = False) -> Operation:
        return composer.transfer(
            operation_id=identifier,
            from_account=giver,
            to_account=receiver,
            lot_id=lot_id,
            grams=read_quantity(quantity),
            by_holder=by_holder,
            fields=fields,
        )

    if holder_keystore is None:
        return perform(context, Role.PLATFORM, identifier, make)
    signer = _holder(holder_keystore, holder_password_file, giver)
    return perform_as_holder(context, signer, make(context.composer(), by_holder=True))


@command(app, "cancel")
def cancel(
    context: OperatingContext,
    *,
    account: Annotated[str, typer.Option("--account", metavar="ACCOUNT", help="Account that holds.")],
    quantity: QuantityOption,
    purpose: Annotated[
        str,
        typer.Option(help="ecological-restoration, event-neutrality, voluntary-offset or ets-compliance."),
    ],
    lot: LotOption = None,
    activity: ActivityOption = None,
    first_day: FirstDayOption = None,
    last_day: LastDayOption = None,
    holder_keystore: HolderKeystoreOption = None,
    holder_password_file: HolderPasswordOption = None,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Cancels grams of a lot, for ever, and prints the certificate number (注销).

    The record must say what for: `case_reference` for ecological restoration, `event` for event neutrality,
    `organisation`, `period_first_day` and `period_last_day` for a voluntary offset, `compliance_year` for ETS
    compliance, which only class I serves.

    **Example**

        tanpuhui cancel --account ref:expo-office --quantity 100 --purpose event-neutrality
        --field event="City marathon 2026" --lot 0x1c…9e
    """
    identifier, fields = read_operation_id(operation_id), record_fields(record, field)
    holder = context.names.account(account)
    lot_id = read_lot(context.names, lot, activity, first_day, last_day)

    def make(composer: Composer, *, by_holder: bool = False) -> Operation:
        return composer.cancel(
            operation_id=identifier,
            account=holder,
            lot_id=lot_id,
            grams=read_quantity(quantity),
            purpose=CancellationPurpose.from_label(purpose, "purpose"),
            by_holder=by_holder,
            fields=fields,
        )

    if holder_keystore is None:
        return perform(context, Role.PLATFORM, identifier, make)
    signer = _holder(holder_keystore, holder_password_file, holder)
    return perform_as_holder(context, signer, make(context.composer(), by_holder=True))


@command(app, "correct")
def correct(
    context: OperatingContext,
    *,
    quantity: QuantityOption,
    lot: LotOption = None,
    activity: ActivityOption = None,
    first_day: FirstDayOption = None,
    last_day: LastDayOption = None,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Takes back over-credited grams of a lot (the regulator); what is gone is owed by the activity (矫正).

    Nothing is erased: the lot keeps what it issued, and later issuance fills the deficit first.

    **Example**

        tanpuhui correct --activity SH-PV-0001 --first-day 2025-01-01 --last-day 2025-12-31 --quantity 3.5
        --field reason="meter read twice"
    """
    identifier, fields = read_operation_id(operation_id), record_fields(record, field)
    lot_id = read_lot(context.names, lot, activity, first_day, last_day)
    return perform(
        context,
        Role.REGULATOR,
        identifier,
        lambda composer: composer.correct(
            operation_id=identifier, lot_id=lot_id, grams=read_quantity(quantity), fields=fields
        ),
    )


def _holder(keystore: Path, password_file: Path | None, account: Address) -> KeystoreSigner:
    """The holder's key; `WrongKeyFile` if it is the key of another account."""
    signer = open_keystore(KeySettings("HOLDER", keystore=keystore, password_file=password_file))
    if signer.address != account:
        reason = f"it holds the key of {signer.address.hex0x}, not of {account.hex0x}"
        raise WrongKeyFile(str(keystore), reason, "give the key file of the account that moves")
    return signer
