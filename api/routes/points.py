"""Points of persons as anyone may see them."""

from api.pagination import Key
from api.parameters import (
    Arguments,
    Parameter,
    code_filter,
    day_parameter,
    id_or_code,
    id_parameter,
    number_parameter,
    word_parameter,
)
from api.reading import Found, Keyed, ListRoute, ReadRoute
from api.repository import activities, points
from api.repository.snapshots import Snapshot
from api.routes.operations import ORDER
from api.schemas.points import (
    BatchAnswer,
    BatchesAnswer,
    CampaignAnswer,
    CampaignsAnswer,
    PointTotalsAnswer,
    ProviderAnswer,
    ProvidersAnswer,
    batch_document,
    campaign_document,
    cancellation_document,
    provider_document,
    totals_document,
)
from ledger.errors import NotFound
from ledger.ids import ActivityId, Address, CampaignId
from ledger.vocabulary import BatchKind, CampaignStatus, ProviderStatus, ReductionClass


def read_batches(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Batches by number."""
    newest_first = arguments.pop("order") == "newest-first"
    activity_code, campaign_code = arguments.pop("activity_code"), arguments.pop("campaign_code")
    activity = None if activity_code is None else activities.by_code(snapshot, activity_code)
    campaign = None if campaign_code is None else points.campaign(snapshot, code=campaign_code)
    for asked, name, found in (
        (activity_code, "activity_id", None if activity is None else activity.activity_id),
        (campaign_code, "campaign_id", None if campaign is None else campaign.campaign_id),
    ):
        if asked is not None and (found is None or arguments[name] not in {None, found}):
            return []
        arguments[name] = found or arguments[name]
    begin = None if after is None else int(after[0])
    rows = points.batch_page(snapshot, newest_first=newest_first, after=begin, limit=limit, **arguments)
    return [((row.batch_number,), batch_document(row)) for row in rows]


def read_batch(snapshot: Snapshot, arguments: Arguments) -> Found:
    """A batch by number."""
    row = points.batch(snapshot, arguments["number"])
    if row is None:
        raise NotFound("batch", arguments["number"])
    return Found(batch_document(row))


def read_providers(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Providers in the order in which they were first admitted."""
    begin = -1 if after is None else int(after[0])
    rows = points.provider_page(snapshot, status=arguments["status"], after=begin, limit=limit)
    return [
        ((row.admitted_leaf_index,), provider_document(row, points.books_of(snapshot, row.account))) for row in rows
    ]


def read_provider(snapshot: Snapshot, arguments: Arguments) -> Found:
    """A provider by account."""
    row = points.provider(snapshot, arguments["account"])
    if row is None:
        raise NotFound("provider", str(arguments["account"]))
    return Found(provider_document(row, points.books_of(snapshot, row.account)))


def read_campaigns(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Campaigns in the order in which they were opened."""
    begin = -1 if after is None else int(after[0])
    rows = points.campaign_page(snapshot, status=arguments["status"], after=begin, limit=limit)
    return [
        ((row.opened_leaf_index,), campaign_document(row, points.books_of(snapshot, row.campaign_id))) for row in rows
    ]


def read_campaign(snapshot: Snapshot, arguments: Arguments) -> Found:
    """A campaign by id or code, with what was cancelled for it."""
    asked = arguments["campaign"]
    by_code = isinstance(asked, str)
    row = points.campaign(snapshot, code=asked) if by_code else points.campaign(snapshot, campaign_id=asked)
    if row is None:
        raise NotFound("campaign", str(asked))
    document = campaign_document(row, points.books_of(snapshot, row.campaign_id))
    made = [cancellation_document(one) for one in points.cancellations(snapshot, row.campaign_id)]
    return Found({**document, "cancellations": made})


def read_point_totals(snapshot: Snapshot, _: Arguments) -> Found:
    """Points per class, with the invariant that they obey."""
    return Found(totals_document(points.totals(snapshot)))


ROUTES = (
    ListRoute(
        "/v1/batches",
        read_batches,
        key_types=(int,),
        summary="Batches of points",
        description="What persons earned, spent and have, by batch: totals and roots. Whose an entry is, is not here.",
        model=BatchesAnswer,
        tag="points",
        parameters=(
            word_parameter("kind", BatchKind, "Only of this kind."),
            word_parameter("reduction_class", ReductionClass, "Only of this class."),
            id_parameter("activity_id", ActivityId, "Only of this activity.", place="query"),
            id_parameter("provider", Address, "Only to this provider.", place="query"),
            id_parameter("campaign_id", CampaignId, "Only to this campaign.", place="query"),
            code_filter("activity_code", "Only of the activity with this code.", "SH-EV-0001"),
            code_filter("campaign_code", "Only to the campaign with this code.", "MARATHON-2026"),
            day_parameter("day", "Only of feeds, with a period that holds this day in Shanghai."),
            ORDER,
        ),
    ),
    ReadRoute(
        "/v1/batches/{number}",
        read_batch,
        summary="A batch, and whether its entries are here and were checked",
        model=BatchAnswer,
        tag="points",
        parameters=(
            number_parameter("number", "Given by the chain, counted from 1.", place="path", least=1, example=1),
        ),
        may_be_missing=True,
    ),
    ListRoute(
        "/v1/providers",
        read_providers,
        key_types=(int,),
        summary="Mall providers",
        model=ProvidersAnswer,
        tag="points",
        parameters=(word_parameter("status", ProviderStatus, "Only in this status."),),
    ),
    ReadRoute(
        "/v1/providers/{account}",
        read_provider,
        summary="A mall provider with its pools",
        model=ProviderAnswer,
        tag="points",
        parameters=(id_parameter("account", Address, "The provider's institution account."),),
        may_be_missing=True,
    ),
    ListRoute(
        "/v1/campaigns",
        read_campaigns,
        key_types=(int,),
        summary="Donation campaigns",
        model=CampaignsAnswer,
        tag="points",
        parameters=(word_parameter("status", CampaignStatus, "Only in this status."),),
    ),
    ReadRoute(
        "/v1/campaigns/{campaign:path}",
        read_campaign,
        summary="A campaign with its pools and what was cancelled for it",
        description="Donors follow their points here: those of a donation are cancelled under the certificate of the "
        "campaign's first cancellation of that class after it.",
        model=CampaignAnswer,
        tag="points",
        parameters=(
            Parameter(
                "campaign",
                "path",
                "Id (0x and 64 hexadecimal digits), or the public code, percent-encoded.",
                id_or_code(CampaignId),
                {"type": "string"},
                "MARATHON-2026",
            ),
        ),
        may_be_missing=True,
    ),
    ReadRoute(
        "/v1/points/totals",
        read_point_totals,
        summary="Points per class, with the invariant shown",
        model=PointTotalsAnswer,
        tag="points",
        point=False,
    ),
)
