"""`tanpuhui freeze …` and `tanpuhui unfreeze …`"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chain.composer import Composer
from chain.operations import Operation
from ledger.vocabulary import Role
from scripts.command import command, group
from scripts.commands import account as accounts
from scripts.operating import OperatingContext
from scripts.operations import perform
from scripts.options import (
    ActivityOption,
    FieldOption,
    FirstDayOption,
    LastDayOption,
    LotOption,
    OperationIdOption,
    RecordOption,
    record_fields,
)
from scripts.options import lot as read_lot
from scripts.options import operation_id as read_operation_id
from scripts.output import Result

freeze_app = group("freeze", "Stops a lot or an account (冻结). The regulator.")
unfreeze_app = group("unfreeze", "Lets a lot or an account move again (解冻). The regulator.")

command(freeze_app, "account")(accounts.freeze)
command(unfreeze_app, "account")(accounts.unfreeze)


@command(freeze_app, "lot")
def freeze_lot(
    context: OperatingContext,
    *,
    lot: LotOption = None,
    activity: ActivityOption = None,
    first_day: FirstDayOption = None,
    last_day: LastDayOption = None,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Freezes a lot: nothing of it moves but corrections.

    **Example**

        tanpuhui freeze lot --lot 0x1c…9e --field reason="invalidation under review"
    """
    return _step(
        context,
        Composer.freeze_lot,
        (lot, activity, first_day, last_day),
        operation_id,
        record_fields(record, field),
    )


@command(unfreeze_app, "lot")
def unfreeze_lot(
    context: OperatingContext,
    *,
    lot: LotOption = None,
    activity: ActivityOption = None,
    first_day: FirstDayOption = None,
    last_day: LastDayOption = None,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Lets a frozen lot move again.

    **Example**

        tanpuhui unfreeze lot --lot 0x1c…9e
    """
    return _step(
        context,
        Composer.unfreeze_lot,
        (lot, activity, first_day, last_day),
        operation_id,
        record_fields(record, field),
    )


def _step(
    context: OperatingContext,
    compose: Callable[..., Operation],
    lot: tuple[str | None, str | None, str | None, str | None],
    operation_id: str | None,
    fields: Mapping[str, object],
) -> Result:
    identifier = read_operation_id(operation_id)
    lot_id = read_lot(context.names, *lot)
    return perform(
        context,
        Role.REGULATOR,
        identifier,
        lambda composer: compose(composer, operation_id=identifier, lot_id=lot_id, fields=fields),
    )
