"""What anchoring a run would do, from its headers and the chain's present state; nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass

from chain.views import ContractViews
from ledger.encoding import debtor_id
from ledger.ids import ActivityId, Address, CampaignId
from ledger.units import GRAMS_PER_TONNE
from ledger.vocabulary import BatchKind, ReductionClass
from scripts.points.anchoring import Correction
from scripts.points.run_folder import PreparedBatch, RunFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """Quantities in g CO2e, but for `total` of behaviour, which is no grams. None where the kind has no such thing.

    `batches` and `total` are those of the run, whatever of it is anchored already: shown before anything is.
    """

    kind: BatchKind
    reduction_class: ReductionClass
    batches: int
    entries: int
    total: int
    personal_before: int | None = None
    personal_after: int | None = None
    cap_left: int | None = None
    cap_left_after: int | None = None
    withheld: int | None = None
    provider: Address | None = None
    bought_back: int | None = None
    pool_after: int | None = None
    corrected_batch: int | None = None
    over_credited: int | None = None
    joins_deficit: int | None = None

    @property
    def beyond_cap(self) -> bool:
        """Whether the activity's cap would refuse it."""
        return self.cap_left_after is not None and self.cap_left_after < 0


def foresee(views: ContractViews, run: RunFolder) -> Foreseen | None:
    """What would become of a run's batches; None where it has no entries."""
    batches = [batch for batch in run.headers() if batch.entry_count]
    if not batches:
        return None
    first = batches[0]
    total = sum(batch.total for batch in batches)
    counted = {
        "kind": first.kind,
        "reduction_class": first.reduction_class,
        "batches": len(batches),
        "entries": sum(batch.entry_count for batch in batches),
        "total": total,
    }
    return Foreseen(**counted, **_effects(views, run, first, total))  # type: ignore[arg-type]


def _effects(views: ContractViews, run: RunFolder, first: PreparedBatch, total: int) -> dict[str, object]:
    if first.kind is BatchKind.BEHAVIOUR:
        return {}
    personal = views.point_totals_of(first.reduction_class).personal_grams
    if first.kind is BatchKind.EARN:
        assert first.activity_id is not None  # noqa: S101 - of a feed
        return _earned(views, first.activity_id, total, personal)
    effects: dict[str, object] = {"personal_before": personal, "personal_after": personal - total}
    if first.kind is BatchKind.REDEEM:
        provider = Address(first.party[12:])
        pool = views.pool_of(provider, first.reduction_class) + total
        over = pool % GRAMS_PER_TONNE
        effects |= {"provider": provider, "bought_back": pool - over, "pool_after": over}
    if first.kind is BatchKind.DONATE:
        pool = views.campaign_pool_of(CampaignId(first.party), first.reduction_class)
        effects |= {"pool_after": pool + total}
    if first.kind is BatchKind.CORRECT:
        correction = Correction.from_json(run.correction())
        effects |= {
            "corrected_batch": correction.batch_number,
            "over_credited": correction.grams,
            "joins_deficit": max(0, correction.grams - total),
        }
    return effects


def _earned(views: ContractViews, activity_id: ActivityId, total: int, personal: int) -> dict[str, object]:
    """The cap and the deficit as the contract will see them: docs/spec/05-points.md §5.2."""
    activity = views.activity_of(activity_id)
    debtor = debtor_id(
        activity_id=activity_id, facility_id=activity.facility_id, reduction_class=activity.reduction_class
    )
    withheld = min(total, views.deficits_of([debtor])[0])
    left = activity.cap_grams - (activity.issued_grams - activity.corrected_grams)
    return {
        "personal_before": personal,
        "personal_after": personal + total - withheld,
        "cap_left": left,
        "cap_left_after": left - total,
        "withheld": withheld,
    }
