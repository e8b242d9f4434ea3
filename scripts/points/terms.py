"""What the batches of a feed are for: asked of the chain and the index when a run is planned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from api.routes.methodologies import read_methodology
from chain.views import Activity, ContractViews
from ledger.canonical import canonical_json
from ledger.errors import InvalidInput, NotFound
from ledger.ids import Hash32
from ledger.quantification import Quantification
from ledger.vocabulary import ActivityStatus
from scripts.operating import OperatingContext
from scripts.options import read_document
from scripts.points.mapping import FeedMapping
from scripts.points.run_folder import CreditableDays, Terms
from scripts.reads import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Earning:
    """The terms of a feed's batches and the quantification of its entries."""

    terms: Terms
    quantification: Quantification


def earning_terms(
    context: OperatingContext, mapping: FeedMapping, activity: str, quantification: Path | None = None
) -> Earning:
    """Those of an activity, given by code or id; `quantification` is a file, for what the index does not know.

    Raises `InvalidInput` for a mapping of instructions and for a quantification that is not the methodology's,
    `NotFound` for an activity that is not registered.
    """
    if mapping.kind.is_spending:
        rule = f"be earn or behaviour: `points {mapping.kind.label}` prepares these"
        raise InvalidInput("feed.kind", rule, mapping.kind.label)
    activity_id = context.names.activity(activity)
    found = ContractViews(context.rpc, context.deployment).activity_of(activity_id)
    if found.status is ActivityStatus.UNKNOWN:
        raise NotFound("activity", activity)
    terms = Terms(
        kind=mapping.kind,
        reduction_class=found.reduction_class,
        party=Hash32(activity_id),
        methodology_id=found.methodology_id,
        creditable=CreditableDays.planned_now(found.crediting_first_day, found.crediting_last_day),
    )
    return Earning(terms=terms, quantification=_quantification(context, found, quantification))


def _quantification(context: OperatingContext, activity: Activity, given: Path | None) -> Quantification:
    """The one that the methodology was published with; a file that says something else is refused."""
    made = None if given is None else Quantification.from_bytes(read_document(given, "quantification"))
    context.bring_up()
    with context.snapshot() as snapshot:
        found = plain(read_methodology(snapshot, {"methodology": activity.methodology_id}).document)
    published = None if not found.get("quantification") else Quantification.from_json(found["quantification"])
    if made is None and published is None:
        rule = f"be given by --quantification: the index does not know that of {activity.methodology_id.hex0x}"
        raise InvalidInput("quantification", rule, None)
    if made is not None and published is not None and made != published:
        shown = canonical_json(published.to_json()).decode()
        raise InvalidInput("quantification", f"be that of the methodology: {shown}", str(given))
    chosen = published or made
    assert chosen is not None  # noqa: S101 - one of them is there
    return chosen
