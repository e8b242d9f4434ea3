"""Where reductions come from: projects and scenarios, methodologies, and campaigns that points are donated to.

Each page shows what the API says of its subject, and the beginning of the lists behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from api.context import Context
from api.parameters import Arguments, Parameter, id_or_code
from api.reading import Document
from api.repository.snapshots import Snapshot
from api.repository.volumes import Step, volumes_of
from api.routes import activities, issuances, lots, methodologies, points
from api.web.citizen.home import cancelled_chart, issued_chart, months_of
from api.web.citizen.lists import activity_link, listed, newest_first
from api.web.frame.asked import Asked
from api.web.frame.pages import Page, PageRoute
from api.web.frame.tables import Column, Filter, TableRoute
from ledger.canonical import canonical_json
from ledger.ids import ActivityId, CampaignId, MethodologyId
from ledger.vocabulary import (
    ActivityKind,
    ActivityStatus,
    BatchKind,
    CampaignStatus,
    MethodologyKind,
    MethodologyStatus,
    ProposalStatus,
    ReductionClass,
)

_CLASS: Final = Filter("reduction_class", "registry_class", tuple(ReductionClass.labels()), "ReductionClass")


def _named(name: str, kind: type[ActivityId | MethodologyId | CampaignId]) -> Parameter:
    return Parameter(name, "path", "Id, or public code.", id_or_code(kind), {"type": "string"}, None)


def _methodology_link(document: Document) -> str | None:
    methodology = document.get("methodology") or document
    return f"/methodologies/{methodology['methodology_id']}"


def _campaign_link(document: Document) -> str | None:
    return f"/campaigns/{document['campaign_id']}"


ACTIVITIES: Final = TableRoute(
    "/activities",
    listed(activities.ROUTES, "/v1/activities"),
    (
        Column("code", "registry_code", link=activity_link),
        Column("kind", "registry_kind", "word", vocabulary="ActivityKind"),
        Column("reduction_class", "registry_class", "word", vocabulary="ReductionClass"),
        Column("methodology.code", "registry_methodology", link=_methodology_link),
        Column("issued.quantity_gco2e", "registry_issued", "grams"),
        Column("earned.quantity_gco2e", "registry_earned", "grams"),
        Column("corrected.quantity_gco2e", "registry_corrected", "grams"),
        Column("crediting_first_day", "registry_first_day", "day"),
        Column("crediting_last_day", "registry_last_day", "day"),
        Column("status", "registry_status", "word", vocabulary="ActivityStatus"),
        Column("operator_account", "registry_operator", "address"),
    ),
    name="activities",
    section="registry",
    heading="registry_activities",
    lead="registry_activities_lead",
    empty="registry_activities_empty",
    filters=(
        Filter("code_contains", "registry_code_contains"),
        Filter("kind", "registry_kind", tuple(ActivityKind.labels()), "ActivityKind"),
        _CLASS,
        Filter("status", "registry_status", tuple(ActivityStatus.labels()), "ActivityStatus"),
    ),
    template="citizen/registry_list.html",
    more=lambda *_: {"tab": "activities"},
)
METHODOLOGIES: Final = TableRoute(
    "/methodologies",
    listed(methodologies.ROUTES, "/v1/methodologies"),
    (
        Column("code", "registry_code", link=_methodology_link),
        Column("version", "registry_version", "number"),
        Column("kind", "registry_kind", "word", vocabulary="MethodologyKind"),
        Column("reduction_class", "registry_class", "word", vocabulary="ReductionClass"),
        Column("effective_first_day", "registry_effective_first_day", "day"),
        Column("effective_last_day", "registry_effective_last_day", "day"),
        Column("status", "registry_status", "word", vocabulary="MethodologyStatus"),
        Column("document_hash", "registry_document", "hash"),
    ),
    name="methodologies",
    section="registry",
    heading="registry_methodologies",
    lead="registry_methodologies_lead",
    empty="registry_methodologies_empty",
    filters=(
        Filter("code", "registry_code"),
        Filter("kind", "registry_kind", tuple(MethodologyKind.labels()), "MethodologyKind"),
        _CLASS,
        Filter("status", "registry_status", tuple(MethodologyStatus.labels()), "MethodologyStatus"),
    ),
    template="citizen/registry_list.html",
    more=lambda *_: {"tab": "methodologies"},
)
CAMPAIGNS: Final = TableRoute(
    "/campaigns",
    listed(points.ROUTES, "/v1/campaigns"),
    (
        Column("code", "registry_code", link=_campaign_link),
        Column("purpose", "registry_purpose", "word", vocabulary="CancellationPurpose"),
        Column("last_day", "registry_until", "day"),
        Column("pooled", "registry_pooled", "grams", value=lambda one: _both(one, "pooled")),
        Column("gone", "registry_cancelled", "grams", value=lambda one: _both(one, "gone")),
        Column("status", "registry_status", "word", vocabulary="CampaignStatus"),
        Column("beneficiary", "registry_beneficiary", "address"),
    ),
    name="campaigns",
    section="registry",
    heading="registry_campaigns",
    lead="registry_campaigns_lead",
    empty="registry_campaigns_empty",
    filters=(Filter("status", "registry_status", tuple(CampaignStatus.labels()), "CampaignStatus"),),
    template="citizen/registry_list.html",
    more=lambda *_: {"tab": "campaigns"},
)


def _both(campaign: Document, pool: str) -> int:
    """Of both classes together, in grams."""
    return sum(int(one[pool]["quantity_gco2e"]) for one in campaign["pools"])


def _points(batch: Document) -> str | None:
    """Of a batch, in grams. Behaviour value is none (M19)."""
    return None if batch["kind"] == BatchKind.BEHAVIOUR.label else batch["total"]


def _file_state(batch: Document) -> str | None:
    state = batch["file"]["state"]
    return None if state == "none" else state


# Beginnings of lists that have a page of their own in the explorer.
_LOTS: Final = TableRoute(
    "/explorer/lots",
    listed(lots.ROUTES, "/v1/lots"),
    (
        Column("lot_id", "registry_lot", "hash", link=lambda one: f"/explorer/lots/{one['lot_id']}"),
        Column("first_day", "registry_first_day", "day"),
        Column("last_day", "registry_last_day", "day"),
        Column("issued.quantity_gco2e", "registry_issued", "grams"),
        Column("held.quantity_gco2e", "registry_held", "grams"),
        Column("cancelled.quantity_gco2e", "registry_cancelled", "grams"),
        Column("taken_back.quantity_gco2e", "registry_taken_back", "grams"),
        Column("status", "registry_status", "word", vocabulary="LotStatus"),
    ),
    name="lots of an activity",
    section="registry",
    heading="registry_lots",
    lead="registry_lots",
    empty="registry_lots_empty",
)
_BATCHES: Final = TableRoute(
    "/explorer/batches",
    newest_first(listed(points.ROUTES, "/v1/batches")),
    (
        Column("batch_number", "registry_batch", "number", link=lambda one: f"/explorer/batches/{one['batch_number']}"),
        Column("kind", "registry_batch_kind", "word", vocabulary="BatchKind"),
        Column("time", "registry_time", "time"),
        Column("entry_count", "registry_entries", "number"),
        Column("total", "registry_points", "grams", value=_points),
        Column("file", "registry_file", "word", value=_file_state, vocabulary="BatchFileState"),
    ),
    name="batches of an activity",
    section="registry",
    heading="registry_batches",
    lead="registry_batches",
    empty="registry_batches_empty",
)
_ISSUANCES: Final = TableRoute(
    "/explorer/operations",
    listed(issuances.ROUTES, "/v1/issuances"),
    (
        Column(
            "proposal_id", "registry_proposal", "hash", link=lambda one: f"/explorer/operations/{one['proposal_id']}"
        ),
        Column("first_day", "registry_first_day", "day"),
        Column("last_day", "registry_last_day", "day"),
        Column("quantity_gco2e", "registry_quantity", "grams"),
        Column("status", "registry_status", "word", vocabulary="ProposalStatus"),
    ),
    name="waiting issuances of an activity",
    section="registry",
    heading="registry_waiting",
    lead="registry_waiting",
    empty="registry_waiting",
)
_SHOWN_OF_METHODOLOGY: Final = {
    "registry_code",
    "registry_kind",
    "registry_issued",
    "registry_earned",
    "registry_status",
}
_OF_METHODOLOGY: Final = TableRoute(
    "/activities",
    listed(activities.ROUTES, "/v1/activities"),
    tuple(one for one in ACTIVITIES.columns if one.heading in _SHOWN_OF_METHODOLOGY),
    name="activities of a methodology",
    section="registry",
    heading="registry_of_methodology",
    lead="registry_of_methodology",
    empty="registry_activities_empty",
)


def _activity(snapshot: Snapshot, arguments: Arguments, asked: Asked) -> Page:
    one = activities.read_activity(snapshot, arguments).document
    activity_id = ActivityId.from_hex(one["activity_id"])
    found = volumes_of(snapshot, activity_id)
    months = months_of(found)
    waiting = _ISSUANCES.beginning(snapshot, asked, activity_id=activity_id, status=ProposalStatus.PROPOSED)
    return Page(
        "citizen/activity.html",
        {
            "one": one,
            "cancelled_grams": sum(volume.grams for volume in found if volume.step is Step.CANCELLED),
            "issued": issued_chart(found, months, asked, activity_id=one["activity_id"]),
            "cancelled": cancelled_chart(found, months, asked, activity_id=one["activity_id"]),
            "lots": _LOTS.beginning(snapshot, asked, activity_id=activity_id),
            "batches": _BATCHES.beginning(snapshot, asked, activity_id=activity_id),
            "waiting": waiting,
        },
    )


def _methodology(snapshot: Snapshot, arguments: Arguments, asked: Asked) -> Page:
    one = methodologies.read_methodology(snapshot, arguments).document
    methodology_id = MethodologyId.from_hex(one["methodology_id"])
    return Page(
        "citizen/methodology.html",
        {
            "one": one,
            "rules": tuple(_rules(one["quantification"] or {})),
            "versions": METHODOLOGIES.beginning(snapshot, asked, code=one["code"]),
            "activities": _OF_METHODOLOGY.beginning(snapshot, asked, methodology_id=methodology_id),
        },
    )


def _rules(quantification: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a quantification says, member by member, as the record has it: name and value."""
    for name in ("formula", "rounding"):
        if name in quantification:
            yield name, str(quantification[name])
    for name, value in (quantification.get("parameters") or {}).items():
        yield name, value if isinstance(value, str) else canonical_json(value).decode()
    for name, (least, most) in (quantification.get("ranges") or {}).items():
        yield name, f"{least} – {most}"


def _campaign(snapshot: Snapshot, arguments: Arguments, asked: Asked) -> Page:
    one = points.read_campaign(snapshot, arguments).document
    donations = _BATCHES.beginning(snapshot, asked, campaign_id=CampaignId.from_hex(one["campaign_id"]))
    return Page("citizen/campaign.html", {"one": one, "donations": donations})


def pages(context: Context) -> tuple[PageRoute, ...]:
    """All of them."""
    del context
    details = (
        ("/activities/{activity:path}", "activity", _activity, ActivityId),
        ("/methodologies/{methodology:path}", "methodology", _methodology, MethodologyId),
        ("/campaigns/{campaign:path}", "campaign", _campaign, CampaignId),
    )
    return (
        ACTIVITIES,
        METHODOLOGIES,
        CAMPAIGNS,
        *(
            PageRoute(path, read, name=name, section="registry", parameters=(_named(name, kind),))
            for path, name, read, kind in details
        ),
    )
