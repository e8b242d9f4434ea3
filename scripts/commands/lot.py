"""`tanpuhui lot …`"""

from __future__ import annotations

from typing import Annotated

import typer

from api.reading import unfiltered
from api.routes.lots import ROUTES as LOTS
from api.routes.lots import read_lot, read_lots
from ledger.ids import LotId
from ledger.vocabulary import ReductionClass
from scripts.command import command, group
from scripts.context import Context
from scripts.names import activity_id
from scripts.options import ActivityOption, LimitOption
from scripts.output import Result
from scripts.reads import read_list, read_one

app = group("lot", "Lots: what each confirmed issuance made (批次).")


@command(app, "list")
def list_lots(
    context: Context,
    *,
    activity: ActivityOption = None,
    reduction_class: Annotated[str | None, typer.Option("--class", help="Only of class I or II.")] = None,
    limit: LimitOption = 100,
) -> Result:
    """Lists lots in the order in which they were confirmed.

    **Example**

        tanpuhui lot list --activity SH-PV-0001
    """
    arguments = {
        **unfiltered(LOTS, "/v1/lots"),
        "activity_id": activity_id(activity) if activity else None,
        "reduction_class": ReductionClass.from_label(reduction_class, "class") if reduction_class else None,
    }
    columns = ["lot_id", "activity.code", "first_day", "last_day", "reduction_class", "issued", "held", "cancelled"]
    return read_list(context, read_lots, arguments, title="Lots", columns=columns, limit=limit)


@command(app, "show")
def show(context: Context, lot: Annotated[str, typer.Argument(metavar="0x…", help="Id of the lot.")]) -> Result:
    """Shows a lot with its serial numbers and quantities.

    **Example**

        tanpuhui lot show 0x1c…9e
    """
    return read_one(context, read_lot, {"lot_id": LotId.from_hex(lot, "lot")}, "Lot")
