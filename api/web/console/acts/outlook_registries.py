"""What acts on accounts, methodologies and activities will do."""

from __future__ import annotations

from api.repository import methodologies, outlook
from api.repository.accounts import account as account_row
from api.repository.activities import ActivityRow
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
    ending,
    not_active,
    unknown,
)
from ledger import encoding
from ledger.ids import Address
from ledger.vocabulary import AccountStatus, ActivityStatus, Custody, MethodologyStatus, ReductionClass


def open_account(snapshot: Snapshot, meant: Meant) -> Outlook:
    """An account that holds nothing yet."""
    body = meant.body
    account = encoding.custody_address(body.identity_commitment) if body.account is None else body.account
    statements = [
        Statement("acts_look_open_account", {"account": account, "kind": body.kind}),
        Statement(f"acts_look_custody_{body.custody.label}", {}),
    ]
    if account_row(snapshot, account) is not None:
        statements.append(Statement("acts_look_account_known", {"account": account}, "bad"))
    return Outlook(tuple(statements), (Change("acts_change_account_held", {"account": account}, 0, 0),))


def close_account(snapshot: Snapshot, meant: Meant) -> Outlook:
    """For good, and only of what holds nothing."""
    account = meant.arguments["account"]
    found = _account(snapshot, account, "acts_look_close_account", "warning")
    held = outlook.held(snapshot, account)
    if held.grams:
        found = (*found, Statement("acts_look_still_holding", {"grams": held.grams, "lots": held.lots}, "bad"))
    return Outlook(found, (_held(snapshot, account),), ending(account))


def freeze_account(snapshot: Snapshot, meant: Meant) -> Outlook:
    """Nothing moves to it or from it."""
    account = meant.arguments["account"]
    return Outlook(_account(snapshot, account, "acts_look_freeze_account", "warning"), (_held(snapshot, account),))


def unfreeze_account(snapshot: Snapshot, meant: Meant) -> Outlook:
    """It moves again."""
    account = meant.arguments["account"]
    found = _account(snapshot, account, "acts_look_unfreeze_account", "plain", AccountStatus.FROZEN)
    return Outlook(found, (_held(snapshot, account),))


def publish_methodology(snapshot: Snapshot, meant: Meant) -> Outlook:
    """A version that can never be edited."""
    body = meant.body
    first, last = body.effective_first_day, body.effective_last_day
    named = {"code": body.code, "version": str(body.version)}
    known = methodologies.by_version(snapshot, body.code, body.version)
    return Outlook(
        (
            Statement("acts_look_publish", {**named, "class": body.reduction_class, "kind": body.kind}),
            Statement("acts_look_publish_effective", {"first_day": first, "last_day": last}),
            Statement("acts_look_publish_never_edited", {}),
            *(() if known is None else (Statement("acts_look_version_known", named, "bad"),)),
        )
    )


def withdraw_methodology(snapshot: Snapshot, meant: Meant) -> Outlook:
    """For good: what is registered under it issues nothing more."""
    methodology_id = meant.arguments["methodology_id"]
    row = methodologies.by_id(snapshot, methodology_id)
    if row is None:
        return unknown("methodology", methodology_id)
    registered, live = outlook.activities_under(snapshot, methodology_id)
    named = {"code": row.code, "version": str(row.version)}
    status = MethodologyStatus.from_number(row.status)
    wrong = status is not MethodologyStatus.PUBLISHED
    return Outlook(
        (
            Statement("acts_look_withdraw_methodology", named, "warning"),
            Statement("acts_look_under", {"registered": registered, "live": live}, "warning" if live else "plain"),
            Statement("acts_look_issued_stays", {}),
            *((Statement("acts_look_methodology_status", {"status": status}, "bad"),) if wrong else ()),
        ),
        again=Again("code", row.code),
    )


def register_activity(snapshot: Snapshot, meant: Meant) -> Outlook:
    """It may issue up to its cap over its crediting period."""
    body = meant.body
    row = methodologies.by_id(snapshot, body.methodology_id)
    if row is None:
        return unknown("methodology", body.methodology_id)
    statements = [
        Statement(
            "acts_look_register",
            {
                "code": body.code,
                "kind": body.kind,
                "methodology": row.code,
                "version": str(row.version),
                "class": ReductionClass.from_number(row.reduction_class),
            },
        ),
        Statement(
            "acts_look_register_cap",
            {
                "grams": body.cap_gco2e,
                "first_day": body.crediting_first_day,
                "last_day": body.crediting_last_day,
            },
        ),
        Statement("acts_look_register_credited", {"account": body.operator_account}),
        *not_active(snapshot, "operator_account", body.operator_account),
    ]
    if activity_of(snapshot, encoding.activity_id(code=body.code)) is not None:
        statements.append(Statement("acts_look_code_known", {"code": body.code}, "bad"))
    if body.facility_id is not None and (live := outlook.live_at(snapshot, body.facility_id)) is not None:
        statements.append(Statement("acts_look_facility_taken", {"code": live.code}, "bad"))
    return Outlook(tuple(statements), (Change("acts_change_cap", {"code": body.code}, 0, body.cap_gco2e),))


def suspend_activity(snapshot: Snapshot, meant: Meant) -> Outlook:
    """It issues nothing and earns no points until it is resumed."""
    return _activity(snapshot, meant, "acts_look_suspend_activity", "warning")


def resume_activity(snapshot: Snapshot, meant: Meant) -> Outlook:
    """It issues again."""
    return _activity(snapshot, meant, "acts_look_resume_activity", "plain")


def close_activity(snapshot: Snapshot, meant: Meant) -> Outlook:
    """For good, at its regular end."""
    return _activity(snapshot, meant, "acts_look_close_activity", "warning", ends=True)


def withdraw_activity(snapshot: Snapshot, meant: Meant) -> Outlook:
    """For good, because it should not go on."""
    return _activity(snapshot, meant, "acts_look_withdraw_activity", "warning", ends=True)


def _account(
    snapshot: Snapshot, account: Address, text: str, tone: str, expected: AccountStatus = AccountStatus.ACTIVE
) -> tuple[Statement, ...]:
    row = account_row(snapshot, account)
    if row is None:
        return unknown("account", account).statements
    held = outlook.held(snapshot, account)
    status = AccountStatus.from_number(row.status)
    return (
        Statement(text, {"account": account, "grams": held.grams, "lots": held.lots}, tone),
        Statement("acts_look_custody", {"custody": Custody.from_number(row.custody)}),
        *(
            ()
            if status is expected
            else (Statement("acts_look_account_status", {"account": account, "status": status}, "bad"),)
        ),
    )


def _held(snapshot: Snapshot, account: Address) -> Change:
    """Stays as it is."""
    grams = outlook.held(snapshot, account).grams
    return Change("acts_change_account_held", {"account": account}, grams, grams)


def _activity(snapshot: Snapshot, meant: Meant, text: str, tone: str, *, ends: bool = False) -> Outlook:
    activity_id = meant.arguments["activity_id"]
    activity = activity_of(snapshot, activity_id)
    if activity is None:
        return unknown("activity", activity_id)
    waiting = outlook.waiting(snapshot, activity_id)
    left = cap_left(activity)
    statements = (
        Statement(text, {"code": activity.code, "class": class_of(activity)}, tone),
        Statement("acts_look_activity_issued", {"grams": activity.issued_grams + activity.earned_grams}),
        Statement(
            "acts_look_activity_waiting",
            {"proposals": waiting.proposals, "grams": waiting.grams},
            "warning" if waiting.proposals and tone == "warning" else "plain",
        ),
        *(_ending_of(activity) if ends else ()),
    )
    after = 0 if ends else left
    changes = (
        Change("acts_change_cap", {"code": activity.code}, left, after),
        Change("acts_change_deficit", {}, activity.facility_deficit_grams, activity.facility_deficit_grams),
    )
    return Outlook(statements, changes, Again("code", activity.code) if ends else None)


def _ending_of(activity: ActivityRow) -> tuple[Statement, ...]:
    """What keeps an activity from ending, and what its end frees."""
    deficit, status = activity.facility_deficit_grams, ActivityStatus.from_number(activity.status)
    over = status in {ActivityStatus.CLOSED, ActivityStatus.WITHDRAWN}
    return (
        Statement("acts_look_issued_stays", {}),
        Statement("acts_look_end_deficit", {"grams": deficit}, "bad" if deficit else "plain"),
        *((Statement("acts_look_facility_free", {}),) if activity.facility_id is not None else ()),
        *((Statement("acts_look_activity_status", {"code": activity.code, "status": status}, "bad"),) if over else ()),
    )
