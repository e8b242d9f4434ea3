"""What issuing, moving, cancelling, correcting and freezing reductions will do."""

from __future__ import annotations

from api.repository import issuances, outlook, totals
from api.repository.activities import ActivityRow
from api.repository.lots import LotRow
from api.repository.snapshots import Snapshot
from api.web.console.acts.outlook import (
    Again,
    Change,
    Meant,
    Outlook,
    Statement,
    activity_of,
    cap_left,
    class_of,
    class_totals,
    held_change,
    held_of_lot,
    less,
    lot_of,
    not_active,
    unknown,
)
from indexer.schema import LotStatus
from ledger.ids import Address, LotId
from ledger.vocabulary import ActivityStatus, ProposalStatus, purpose_allowed


def propose_issuance(snapshot: Snapshot, meant: Meant) -> Outlook:
    """A proposal changes no balance; it claims days and a part of the cap, should it be confirmed."""
    body = meant.body
    activity = activity_of(snapshot, body.activity_id)
    if activity is None:
        return unknown("activity", body.activity_id)
    grams = body.quantity_gco2e
    statements = (
        Statement("acts_look_propose", {"grams": grams, "code": activity.code, "class": class_of(activity)}),
        Statement("acts_look_propose_waits", {}),
        *_if_confirmed(snapshot, activity, body.first_day, body.last_day, grams),
    )
    changes = (_cap_change(activity, grams, "acts_change_cap_if_confirmed"),)
    return Outlook(statements, changes)


def confirm_issuance(snapshot: Snapshot, meant: Meant) -> Outlook:
    """A lot comes to be; what the debtor owes is filled first and never held."""
    proposal_id = meant.arguments["proposal_id"]
    proposal = issuances.by_id(snapshot, proposal_id)
    activity = None if proposal is None else activity_of(snapshot, proposal.activity_id)
    if proposal is None or activity is None:
        return unknown("proposal", proposal_id)
    grams, operator = proposal.grams, Address(activity.operator_account)
    withheld = min(grams, activity.facility_deficit_grams)
    of_class = class_totals(totals.totals(snapshot), activity.reduction_class)
    named = {"class": class_of(activity)}
    statements = (
        Statement(
            "acts_look_confirm",
            {"grams": grams, "exact_grams": grams, "code": activity.code, "class": class_of(activity)},
        ),
        Statement("acts_look_confirm_credited", {"grams": grams - withheld, "account": operator}),
        Statement("acts_look_confirm_final", {}, "warning"),
        *_decided(ProposalStatus.from_number(proposal.status)),
        *(_same_key(Address(proposal.proposer), meant.operation.sender)),
        *_if_confirmed(snapshot, activity, proposal.first_day, proposal.last_day, grams, but=bytes(proposal_id)),
        *not_active(snapshot, "operator_account", operator),
    )
    changes = (
        held_change(snapshot, operator, "acts_change_account_held", grams - withheld),
        Change("acts_change_class_issued", named, of_class.issued_grams, of_class.issued_grams + grams),
        Change("acts_change_class_held", named, of_class.held_grams, of_class.held_grams + grams - withheld),
        _cap_change(activity, grams, "acts_change_cap"),
        Change(
            "acts_change_deficit",
            {},
            activity.facility_deficit_grams,
            activity.facility_deficit_grams - withheld,
        ),
    )
    return Outlook(statements, changes, Again("tonnes", str(grams)))


def reject_issuance(snapshot: Snapshot, meant: Meant) -> Outlook:
    """Nothing is issued; the days and the cap stay as they are."""
    proposal_id = meant.arguments["proposal_id"]
    proposal = issuances.by_id(snapshot, proposal_id)
    if proposal is None:
        return unknown("proposal", proposal_id)
    statements = (
        Statement("acts_look_reject", {"grams": proposal.grams, "code": proposal.activity_code}),
        Statement("acts_look_reject_again", {}),
        *_decided(ProposalStatus.from_number(proposal.status)),
    )
    return Outlook(statements)


def transfer(snapshot: Snapshot, meant: Meant) -> Outlook:
    """From one account to another; the lot, the class and the certificates stay as they are."""
    body = meant.body
    lot = lot_of(snapshot, body.lot_id)
    if lot is None:
        return unknown("lot", body.lot_id)
    grams, giver, receiver = body.quantity_gco2e, body.from_account, body.to_account
    has = outlook.balance(snapshot, giver, body.lot_id)
    receives = outlook.balance(snapshot, receiver, body.lot_id)
    statements = (
        Statement(
            "acts_look_transfer",
            {"grams": grams, "exact_grams": grams, "from_account": giver, "to_account": receiver},
        ),
        *_of_lot(body.lot_id, lot),
        Statement("acts_look_transfer_back", {}),
        *_enough(giver, has, grams),
        *_frozen(lot),
        *not_active(snapshot, "from_account", giver),
        *not_active(snapshot, "to_account", receiver),
    )
    changes = (
        Change("acts_change_account_lot", {"account": giver}, has, less(has, grams)),
        Change("acts_change_account_lot", {"account": receiver}, receives, receives + grams),
        held_change(snapshot, giver, "acts_change_account_held", -grams),
        held_change(snapshot, receiver, "acts_change_account_held", grams),
        Change("acts_change_lot_held", {}, held_of_lot(lot), held_of_lot(lot)),
    )
    return Outlook(statements, changes)


def cancel(snapshot: Snapshot, meant: Meant) -> Outlook:
    """For good, for one purpose, with a certificate."""
    body = meant.body
    lot = lot_of(snapshot, body.lot_id)
    if lot is None:
        return unknown("lot", body.lot_id)
    grams, account = body.quantity_gco2e, body.account
    has = outlook.balance(snapshot, account, body.lot_id)
    sums, named = totals.totals(snapshot), {"class": class_of(lot)}
    of_class = class_totals(sums, lot.reduction_class)
    allowed = purpose_allowed(class_of(lot), body.purpose)
    first_serial = lot.first_serial + lot.cancelled_grams
    statements = (
        Statement(
            "acts_look_cancel",
            {"grams": grams, "exact_grams": grams, "class": class_of(lot), "purpose": body.purpose},
            "warning",
        ),
        *_of_lot(body.lot_id, lot),
        *(() if less(has, grams) is None else (Statement("acts_look_cancel_left", {"left_grams": has - grams}),)),
        Statement(
            "acts_look_cancel_certificate",
            {
                "number": sums.certificates + 1,
                "first": str(first_serial),
                "last": str(first_serial + grams - 1),
            },
        ),
        *(
            ()
            if allowed
            else (Statement("acts_look_purpose", {"class": class_of(lot), "purpose": body.purpose}, "bad"),)
        ),
        *_enough(account, has, grams),
        *_frozen(lot),
        *not_active(snapshot, "account", account),
    )
    changes = (
        Change("acts_change_account_lot", {"account": account}, has, less(has, grams)),
        held_change(snapshot, account, "acts_change_account_held", -grams),
        Change("acts_change_lot_cancelled", {}, lot.cancelled_grams, lot.cancelled_grams + grams),
        Change("acts_change_lot_held", {}, held_of_lot(lot), less(held_of_lot(lot), grams)),
        Change("acts_change_class_cancelled", named, of_class.cancelled_grams, of_class.cancelled_grams + grams),
        Change("acts_change_class_held", named, of_class.held_grams, less(of_class.held_grams, grams)),
    )
    return Outlook(statements, changes, Again("tonnes", str(grams)))


def correct(snapshot: Snapshot, meant: Meant) -> Outlook:
    """Takes back what the credited account still holds; the rest is owed by the activity's debtor."""
    body = meant.body
    lot = lot_of(snapshot, body.lot_id)
    if lot is None:
        return unknown("lot", body.lot_id)
    if lot.activity_id is None:
        return Outlook((Statement("acts_look_bought_back", {"id": body.lot_id}, "bad"),))
    activity = activity_of(snapshot, lot.activity_id)
    if activity is None:
        return unknown("activity", LotId(lot.activity_id))
    grams, credited = body.quantity_gco2e, Address(lot.credited_account)
    has = outlook.balance(snapshot, credited, body.lot_id)
    taken = min(grams, has)
    open_grams = lot.issued_grams - lot.corrected_grams
    of_class, named = class_totals(totals.totals(snapshot), lot.reduction_class), {"class": class_of(lot)}
    deficit = activity.facility_deficit_grams
    statements = (
        Statement("acts_look_correct", {"grams": grams, "exact_grams": grams, "code": activity.code}, "warning"),
        *_of_lot(body.lot_id, lot),
        Statement("acts_look_correct_taken", {"taken_grams": taken, "account": credited}),
        Statement("acts_look_correct_owed", {"owed_grams": grams - taken}, "warning" if grams > taken else "plain"),
        *((Statement("acts_look_correct_exceeds", {"left_grams": open_grams}, "bad"),) if grams > open_grams else ()),
    )
    changes = (
        Change("acts_change_account_lot", {"account": credited}, has, has - taken),
        held_change(snapshot, credited, "acts_change_account_held", -taken),
        Change("acts_change_lot_corrected", {}, lot.corrected_grams, lot.corrected_grams + grams),
        Change("acts_change_class_taken_back", named, of_class.taken_back_grams, of_class.taken_back_grams + taken),
        Change("acts_change_class_held", named, of_class.held_grams, less(of_class.held_grams, taken)),
        Change("acts_change_deficit", {}, deficit, deficit + grams - taken),
        _cap_change(activity, -grams, "acts_change_cap"),
    )
    return Outlook(statements, changes, Again("tonnes", str(grams)))


def freeze_lot(snapshot: Snapshot, meant: Meant) -> Outlook:
    """Nothing of the lot moves until it is unfrozen."""
    return _freezing(snapshot, meant, "acts_look_freeze_lot", "warning")


def unfreeze_lot(snapshot: Snapshot, meant: Meant) -> Outlook:
    """What is held of it moves again."""
    return _freezing(snapshot, meant, "acts_look_unfreeze_lot", "plain")


def _freezing(snapshot: Snapshot, meant: Meant, text: str, tone: str) -> Outlook:
    lot_id = meant.arguments["lot_id"]
    lot = lot_of(snapshot, lot_id)
    if lot is None:
        return unknown("lot", lot_id)
    statements = (Statement(text, {"grams": held_of_lot(lot)}, tone), *_of_lot(lot_id, lot))
    return Outlook(statements, (Change("acts_change_lot_held", {}, held_of_lot(lot), held_of_lot(lot)),))


# ------------------------------------------------------------------------------------------------------------- pieces


def _cap_change(activity: ActivityRow, grams: int, text: str) -> Change:
    left = cap_left(activity)
    return Change(text, {"code": activity.code}, left, less(left, grams))


def _if_confirmed(  # noqa: PLR0917 - in the order of the story
    snapshot: Snapshot, activity: ActivityRow, first_day: int, last_day: int, grams: int, but: bytes = b""
) -> tuple[Statement, ...]:
    """What a confirmation meets: the cap, the deficit that it fills first, days that are claimed already."""
    left = cap_left(activity)
    status = ActivityStatus.from_number(activity.status)
    found = [
        Statement(
            "acts_look_period",
            {"first_day": first_day, "last_day": last_day, "days": last_day - first_day + 1},
        ),
        Statement(
            "acts_look_deficit",
            {"grams": min(grams, activity.facility_deficit_grams)},
            "warning" if activity.facility_deficit_grams else "plain",
        ),
    ]
    if grams > left:
        found.append(Statement("acts_look_over_cap", {"left_grams": max(left, 0), "grams": grams}, "bad"))
    if status is not ActivityStatus.ACTIVE:
        found.append(Statement("acts_look_activity_status", {"code": activity.code, "status": status}, "bad"))
    clashes = [
        one
        for one in outlook.overlaps(snapshot, activity.activity_id, activity.facility_id, first_day, last_day)
        if bytes(one.id) != but
    ]
    found += [
        Statement(
            f"acts_look_overlap_{one.kind}",
            {"code": one.activity_code, "first_day": one.first_day, "last_day": one.last_day, "grams": one.grams},
            "warning" if one.kind == "proposal" else "bad",
        )
        for one in clashes
    ]
    if not clashes:
        found.append(Statement("acts_look_no_overlap", {}))
    return tuple(found)


def _decided(status: ProposalStatus) -> tuple[Statement, ...]:
    if status is ProposalStatus.PROPOSED:
        return ()
    return (Statement("acts_look_decided", {"status": status}, "bad"),)


def _same_key(proposer: Address, sender: Address) -> tuple[Statement, ...]:
    """M11: nobody confirms what the same key proposed."""
    return (Statement("acts_look_same_key", {"account": sender}, "bad"),) if proposer == sender else ()


def _of_lot(lot_id: LotId, lot: LotRow) -> tuple[Statement, ...]:
    if lot.first_day is None or lot.last_day is None or lot.activity_code is None:
        return (Statement("acts_look_lot_bought_back", {"lot": lot_id, "class": class_of(lot)}),)
    values = {
        "lot": lot_id,
        "class": class_of(lot),
        "code": lot.activity_code,
        "first_day": lot.first_day,
        "last_day": lot.last_day,
    }
    return (Statement("acts_look_lot", values),)


def _enough(account: Address, has: int, grams: int) -> tuple[Statement, ...]:
    if has >= grams:
        return ()
    return (Statement("acts_look_not_enough", {"account": account, "held_grams": has, "grams": grams}, "bad"),)


def _frozen(lot: LotRow) -> tuple[Statement, ...]:
    return (Statement("acts_look_lot_frozen", {}, "bad"),) if lot.status == LotStatus.FROZEN else ()
