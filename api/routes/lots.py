"""Lots, where their grams are, and the fate of one gram."""

import re

from api import lot_life
from api.lot_life import Fate
from api.pagination import Key
from api.parameters import (
    Arguments,
    choice_parameter,
    code_filter,
    id_parameter,
    number_parameter,
    word_parameter,
)
from api.reading import Found, Keyed, ListRoute, ReadRoute
from api.repository import activities, lot_lives, lots
from api.repository.filters import number
from api.repository.snapshots import Snapshot
from api.schemas.lot_lives import (
    EndsAnswer,
    GramAnswer,
    cancelled_document,
    gram_document,
    held_document,
    taken_back_document,
)
from api.schemas.lots import LotAnswer, LotsAnswer, lot_document
from indexer.schema import LotStatus
from ledger.errors import InvalidIdentifier, NotFound
from ledger.ids import ActivityId, Address, LotId
from ledger.vocabulary import CancellationPurpose, ReductionClass


def read_lot(snapshot: Snapshot, arguments: Arguments) -> Found:
    """A lot by id."""
    return Found(lot_document(_existing(snapshot, arguments["lot_id"])))


def read_lots(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Lots in the order in which they were confirmed."""
    status, activity_code = arguments.pop("status"), arguments.pop("activity_code")
    if activity_code is not None:
        activity = activities.by_code(snapshot, activity_code)
        if activity is None or arguments["activity_id"] not in {None, activity.activity_id}:
            return []
        arguments["activity_id"] = ActivityId(activity.activity_id)
    rows = lots.page(
        snapshot,
        **arguments,
        status=None if status is None else LotStatus[status.upper()],
        after=-1 if after is None else int(after[0]),
        limit=limit,
    )
    return [((row.issued_leaf_index,), lot_document(row)) for row in rows]


def read_lot_ends(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Where the grams of a lot are: certificates by number, holders by address, take-backs by leaf."""
    lot, fate, purpose = _existing(snapshot, arguments["lot_id"]), arguments["fate"], arguments["purpose"]
    part, place = (_CANCELLED, "") if after is None else _place(after)
    found: list[Keyed] = []
    if part == _CANCELLED:
        if fate in {None, Fate.CANCELLED}:
            begin = int(place or 0)
            rows = lot_lives.cancellations(snapshot, lot.lot_id, purpose=number(purpose), after=begin, limit=limit)
            found += [((_CANCELLED, str(row.number)), cancelled_document(row)) for row in rows]
        part, place = _HELD, ""
    if purpose is not None:
        return found
    if part == _HELD and len(found) < limit:
        if fate in {None, Fate.HELD}:
            holders = lot_lives.holders(snapshot, lot.lot_id, after=bytes.fromhex(place), limit=limit)
            found += [((_HELD, row.account.hex()), held_document(row)) for row in holders]
        place = ""
    if len(found) < limit:
        found += [
            ((_TAKEN_BACK, str(one.row.leaf_index)), taken_back_document(lot, one))
            for one in lot_life.taken_back(lot, lot_lives.take_backs(snapshot, lot))
            if fate in {None, one.fate} and (not place or one.row.leaf_index > int(place))
        ]
    return found[:limit]


def _place(after: Key) -> tuple[int, str]:
    """Part of the list and place in it, as this list writes them into its cursors."""
    part, place = int(after[0]), str(after[1])
    if not _PLACES.get(part, _NOWHERE).fullmatch(place):
        raise InvalidIdentifier("cursor", "be a cursor that this list returned", f"{part} {place[:60]}")
    return part, place


def _existing(snapshot: Snapshot, lot_id: LotId) -> lots.LotRow:
    found = lots.by_id(snapshot, lot_id)
    if found is None:
        raise NotFound("lot", str(lot_id))
    return found


def read_gram(snapshot: Snapshot, arguments: Arguments) -> Found:
    """The fate of the gram with a serial number."""
    life = lot_life.gram(snapshot, arguments["serial"])
    if life is None:
        raise NotFound("serial number", str(arguments["serial"]))
    return Found(gram_document(life))


_CANCELLED, _HELD, _TAKEN_BACK = range(3)
"""Parts of the list of a lot's ends."""

_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_PLACES = {_CANCELLED: _NUMBER, _HELD: re.compile(r"[0-9a-f]{40}", re.ASCII), _TAKEN_BACK: _NUMBER}
_NOWHERE = re.compile(r"(?!)")

ROUTES = (
    ListRoute(
        "/v1/lots",
        read_lots,
        key_types=(int,),
        summary="Lots",
        model=LotsAnswer,
        tag="lots",
        parameters=(
            id_parameter("activity_id", ActivityId, "Only of this activity.", place="query"),
            code_filter("activity_code", "Only of the activity with this code.", "SH-PV-0001"),
            word_parameter("reduction_class", ReductionClass, "Only of this class."),
            choice_parameter("status", ("free", "frozen"), "Only in this status.", optional=True),
            id_parameter("credited_account", Address, "Only credited to this account.", place="query"),
        ),
    ),
    ReadRoute(
        "/v1/lots/{lot_id}",
        read_lot,
        summary="A lot with its serial numbers and quantities",
        model=LotAnswer,
        tag="lots",
        parameters=(id_parameter("lot_id", LotId, "Id of the lot, which as an integer is its ERC-1155 id."),),
        may_be_missing=True,
    ),
    ListRoute(
        "/v1/lots/{lot_id}/ends",
        read_lot_ends,
        key_types=(int, str),
        summary="Where the grams of a lot are",
        description="Every gram of the lot is in one of these, and in one only.",
        model=EndsAnswer,
        tag="lots",
        parameters=(
            id_parameter("lot_id", LotId, "Id of the lot."),
            choice_parameter("fate", tuple(Fate), "Only of this fate.", optional=True),
            word_parameter("purpose", CancellationPurpose, "Only what was cancelled for this purpose."),
        ),
        may_be_missing=True,
    ),
    ReadRoute(
        "/v1/serials/{serial}",
        read_gram,
        summary="The fate of one gram by its serial number",
        description="What has no serial number yet, points of persons, is not here.",
        model=GramAnswer,
        tag="lots",
        parameters=(
            number_parameter("serial", "One of those of a lot, counted from 1.", place="path", least=1, example=1),
        ),
        may_be_missing=True,
    ),
)
