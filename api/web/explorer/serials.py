"""The life of one gram by its serial number: what is known of it, step by step, and what cannot be known."""

from __future__ import annotations

from typing import Any, Final

from api import lot_life
from api.lot_life import Fate, GramLife
from api.parameters import Arguments, number_parameter
from api.repository import lot_lives, lots, operations
from api.repository.snapshots import Snapshot
from api.schemas.common import hex0x, label
from api.schemas.lots import lot_document
from api.web.explorer.lots import proof_path
from api.web.frame.asked import Asked
from api.web.frame.pages import Page, PageRoute, Redirect
from ledger.ids import OperationId
from ledger.vocabulary import CancellationPurpose

_MOST_HOLDERS: Final = 10
_NOT_FOUND: Final = 404


def read_serials(snapshot: Snapshot, arguments: Arguments, asked: Asked) -> Page | Redirect:
    """The form; a number that was entered leads to its page."""
    if arguments["serial"] is not None:
        return Redirect(asked.link(f"/explorer/serials/{arguments['serial']}"))
    return Page("explorer/serials.html", {"last": lots.last_serial(snapshot)})


def read_serial(snapshot: Snapshot, arguments: Arguments, _: Asked) -> Page:
    """The life of a gram; said plainly where it was not issued yet."""
    life = lot_life.gram(snapshot, arguments["serial"])
    last = lots.last_serial(snapshot)
    if life is None:
        return Page("explorer/serial_unknown.html", {"serial": arguments["serial"], "last": last}, status=_NOT_FOUND)
    return Page("explorer/serial.html", {"last": last, **_values(snapshot, life)})


def _values(snapshot: Snapshot, life: GramLife) -> dict[str, Any]:
    lot = life.lot
    holders = lot_lives.holders(snapshot, lot.lot_id) if life.fate is Fate.HELD else []
    holders.sort(key=lambda one: (-one.grams, one.account))
    origin = lot.proposal_id or lot.redeem_operation_id
    ended = life.cancellation or (None if life.taken_back is None else life.taken_back.row)
    size = snapshot.as_of.log_size
    return {
        "serial": life.serial,
        "fate": life.fate,
        "lot": lot_document(lot),
        "origin": None if origin is None else operations.by_id(snapshot, OperationId(origin)),
        "confirmed": operations.by_leaf(snapshot, lot.issued_leaf_index),
        "transfers": sum(row.transfers for row in lot_lives.transferred(snapshot, lot.lot_id)),
        "holders": [(hex0x(one.account), one.grams) for one in holders[:_MOST_HOLDERS]],
        "holder_count": len(holders),
        "certificate": life.cancellation,
        "account": None if life.cancellation is None else hex0x(life.cancellation.account),
        "purpose": None if life.cancellation is None else label(CancellationPurpose, life.cancellation.purpose),
        "taken_back": life.taken_back,
        "ended": None if ended is None else operations.by_leaf(snapshot, ended.leaf_index),
        "proof_path": lambda one: proof_path(one.leaf_index, size),
    }


PAGES: Final = (
    PageRoute(
        "/explorer/serials",
        read_serials,
        name="serials",
        section="explorer",
        parameters=(number_parameter("serial", "The serial number that was entered.", least=1, example=1),),
    ),
    PageRoute(
        "/explorer/serials/{serial}",
        read_serial,
        name="serial",
        section="explorer",
        parameters=(number_parameter("serial", "A serial number.", place="path", least=1, example=1),),
    ),
)
