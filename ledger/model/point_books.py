"""The point ledger's state in the model: what it answers, and how its books move.

Every step takes from one total what it gives to another; none checks anything.
"""

from __future__ import annotations

from dataclasses import replace

from ledger import encoding
from ledger.batches import BatchCommitment
from ledger.ids import ZERO_ADDRESS, ActivityId, Address, CampaignId, Hash32, OperationId, RecordHash
from ledger.model.campaigns import Campaigns
from ledger.model.point_state import Batch, CampaignCancellation, PointTotals
from ledger.model.providers import Providers
from ledger.model.reductions import Reductions
from ledger.model.state import Leaf
from ledger.vocabulary import BatchKind, OperationKind, ReductionClass

_NO_POINTS = PointTotals()


class PointBooks(Reductions, Providers, Campaigns):
    """PointLedger without its operations."""

    def batch(self, batch_number: int) -> Batch | None:
        """The batch as stored, or None if there is none of this number."""
        return self._books.batches.get(batch_number)

    @property
    def batch_count(self) -> int:
        """Batches so far; their numbers are 1 to this."""
        return self._books.batch_count

    def point_totals(self, reduction_class: ReductionClass) -> PointTotals:
        """Totals of a class, in g CO2e."""
        return self._books.point_totals.get(reduction_class) or _NO_POINTS

    def pool(self, provider: Address, reduction_class: ReductionClass) -> int:
        """Points of a class in a provider's pool."""
        return self._books.provider_pools.get((provider, reduction_class)) or 0

    def campaign_pool(self, campaign_id: CampaignId, reduction_class: ReductionClass) -> int:
        """Points of a class in a campaign's pool."""
        return self._books.campaign_pools.get((campaign_id, reduction_class)) or 0

    def pooled_grams(self, account: Address) -> int:
        """`IPointLedger.heldGrams`: points of both classes in a provider's pool."""
        return sum(self.pool(account, one) for one in (ReductionClass.I, ReductionClass.II))

    def behaviour_value(self, activity_id: ActivityId) -> int:
        """Behaviour value of an activity so far: no grams (M19)."""
        return self._books.behaviour_values.get(activity_id) or 0

    def next_sequence(self, activity_id: ActivityId) -> int:
        """The sequence that the activity's next feed header must have."""
        return (self._books.last_sequences.get(activity_id) or 0) + 1

    def latest_snapshot(self, reduction_class: ReductionClass) -> int:
        """Number of the batch that took the class's latest snapshot, or 0."""
        return self._books.latest_snapshots.get(reduction_class) or 0

    def batch_of_root(self, root: Hash32) -> int:
        """Number of the batch that anchored these entries, or 0; snapshots are not counted."""
        return self._books.anchored_roots.get(root) or 0

    def _all_held_grams(self, account: Address) -> int:
        return super()._all_held_grams(account) + self.pooled_grams(account)

    def _add_points(self, reduction_class: ReductionClass, **changes: int) -> None:
        """Adds to the totals of a class by their names without `_grams`."""
        totals = self.point_totals(reduction_class)
        changed = {f"{name}_grams": getattr(totals, f"{name}_grams") + grams for name, grams in changes.items()}
        self._books.point_totals[reduction_class] = replace(totals, **changed)

    def _make_batch(
        self,
        kind: BatchKind,
        reduction_class: ReductionClass,
        party: Hash32,
        commitment: BatchCommitment,
        **decided: int,
    ) -> Batch:
        """A batch with what the ledger decided about it; who has what after it is filled in when it is stored."""
        return Batch(kind=kind, reduction_class=reduction_class, party=party, commitment=commitment, **decided)

    def _append_batch(
        self,
        kind: OperationKind,
        operation_id: OperationId,
        batch: Batch,
        record_hash: RecordHash,
        *,
        grams: int,
        to_account: Address = ZERO_ADDRESS,
    ) -> Leaf:
        """The leaf of the next batch."""
        commitment = batch.commitment
        subject = encoding.batch_subject(
            batch_number=self.batch_count + 1,
            kind=batch.kind,
            reduction_class=batch.reduction_class,
            party=batch.party,
            root=commitment.root,
            total=commitment.total,
            entry_count=commitment.entry_count,
            file_hash=commitment.file_hash,
            withheld_grams=batch.withheld_grams,
            first_certificate=batch.first_certificate,
        )
        return self._append(
            ledger=self.contracts.point_ledger,
            kind=kind,
            operation_id=operation_id,
            subject=subject,
            to_account=to_account,
            grams=grams,
            record_hash=record_hash,
        )

    def _store(self, batch: Batch) -> None:
        """Numbers the batch and keeps with it what persons have after it."""
        self._books.batch_count += 1
        if batch.kind is not BatchKind.SNAPSHOT and not batch.commitment.is_nothing:
            self._books.anchored_roots[batch.commitment.root] = self.batch_count
        self._books.batches[self.batch_count] = replace(
            batch,
            personal_class_i_grams=self.point_totals(ReductionClass.I).personal_grams,
            personal_class_ii_grams=self.point_totals(ReductionClass.II).personal_grams,
        )

    def _follow_snapshot(self, reduction_class: ReductionClass, after_batch: int) -> None:
        """The batch stored last is the latest snapshot, unless one after a later batch was taken before."""
        latest = self.batch(self.latest_snapshot(reduction_class))
        if latest is None or after_batch >= int.from_bytes(latest.party):
            self._books.latest_snapshots[reduction_class] = self.batch_count

    def _store_campaign_cancellation(self, cancellation: CampaignCancellation) -> None:
        key = cancellation.campaign_id, cancellation.reduction_class
        self._books.campaign_pools[key] = 0
        self._books.campaign_cancellations[cancellation.number] = cancellation
        self._books.certificate_count = cancellation.number
        grams = cancellation.grams
        self._add_points(cancellation.reduction_class, pooled_by_campaigns=-grams, cancelled=grams)
