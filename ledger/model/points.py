"""Points of the model, check by check as PointLedger has them (docs/spec/05-points.md)."""

from __future__ import annotations

from dataclasses import replace

from ledger import encoding, refusals
from ledger.batches import BatchCommitment, FeedHeader
from ledger.ids import ZERO_HASH, ActivityId, Address, CampaignId, Hash32, OperationId, RecordHash
from ledger.model.activities import FeedTerms
from ledger.model.operations import operation
from ledger.model.point_books import PointBooks
from ledger.model.point_state import Batch, CampaignCancellation
from ledger.model.state import Leaf
from ledger.sum_tree import MAX_ENTRIES
from ledger.units import MAX_GRAMS
from ledger.vocabulary import BatchKind, OperationKind, ReductionClass, Role

TONNE = 1_000_000
"""G6: so many points are 1 tCO2e and are bought back."""


class Points(PointBooks):
    """PointLedger."""

    @operation(Role.PLATFORM)
    def earn_points(
        self,
        *,
        sender: Address,
        operation_id: OperationId,
        header: FeedHeader,
        signature: bytes,
        record_hash: RecordHash,
    ) -> Leaf:
        """Points that persons earned; the first of them fill the deficit of the activity's debtor."""
        if header.kind is not BatchKind.EARN:
            raise refusals.PointLedger_WrongKind(header.kind, BatchKind.EARN)
        terms = self._check_earning(header.activity_id, header.first_day, header.last_day, header.total)
        self._check_header(header, signature, terms)
        issued = self.point_totals(header.reduction_class).issued_grams + header.total
        if issued > MAX_GRAMS:
            raise refusals.PointLedger_QuantityTooLarge(issued, MAX_GRAMS)
        withheld = terms.withheld_grams
        batch = self._batch_of_feed(header, withheld)
        leaf = self._append_batch(OperationKind.POINTS_EARNED, operation_id, batch, record_hash, grams=header.total)
        self._record_earning(header, withheld)
        self._books.last_sequences[header.activity_id] = header.sequence
        self._add_points(
            header.reduction_class, issued=header.total, personal=header.total - withheld, taken_back=withheld
        )
        self._store(batch)
        return leaf

    @operation(Role.PLATFORM)
    def record_behaviour(
        self,
        *,
        sender: Address,
        operation_id: OperationId,
        header: FeedHeader,
        signature: bytes,
        record_hash: RecordHash,
    ) -> Leaf:
        """Behaviour value, apart from every total of grams (M19)."""
        if header.kind is not BatchKind.BEHAVIOUR:
            raise refusals.PointLedger_WrongKind(header.kind, BatchKind.BEHAVIOUR)
        terms = self._check_behaviour(header.activity_id, header.first_day, header.last_day)
        self._check_header(header, signature, terms)
        value = self.behaviour_value(header.activity_id) + header.total
        if value > MAX_GRAMS:
            raise refusals.PointLedger_QuantityTooLarge(value, MAX_GRAMS)
        batch = self._batch_of_feed(header, 0)
        leaf = self._append_batch(OperationKind.BEHAVIOUR_RECORDED, operation_id, batch, record_hash, grams=0)
        self._books.last_sequences[header.activity_id] = header.sequence
        self._books.behaviour_values[header.activity_id] = value
        self._store(batch)
        return leaf

    @operation(Role.PLATFORM)
    def redeem_points(
        self,
        *,
        sender: Address,
        operation_id: OperationId,
        reduction_class: ReductionClass,
        provider: Address,
        commitment: BatchCommitment,
        record_hash: RecordHash,
    ) -> Leaf:
        """Persons to a provider's pool; every full tonne there becomes a lot, whose leaf is the one before."""
        self._check_taking(reduction_class, commitment)
        self._require_active_provider(provider)
        pooled = self.pool(provider, reduction_class) + commitment.total
        bought_back = pooled - pooled % TONNE
        set_off = None
        if bought_back:
            self._check_buy_back(operation_id, provider, reduction_class, bought_back, record_hash)
            self._require_ids(operation_id, record_hash)
            set_off = self._buy_back(operation_id, provider, reduction_class, bought_back, record_hash)
        batch = self._make_batch(BatchKind.REDEEM, reduction_class, provider.padded, commitment)
        leaf = self._append_batch(
            OperationKind.POINTS_REDEEMED,
            operation_id,
            batch,
            record_hash,
            grams=commitment.total,
            to_account=provider,
        )
        self._books.provider_pools[provider, reduction_class] = pooled - bought_back
        self._add_points(
            reduction_class,
            personal=-commitment.total,
            pooled_by_providers=commitment.total - bought_back,
            bought_back=bought_back,
        )
        self._store(batch)
        return replace(leaf, set_off=set_off)

    @operation(Role.PLATFORM)
    def donate_points(
        self,
        *,
        sender: Address,
        operation_id: OperationId,
        reduction_class: ReductionClass,
        campaign_id: CampaignId,
        commitment: BatchCommitment,
        record_hash: RecordHash,
    ) -> Leaf:
        """Persons to a campaign's pool (G5.3)."""
        self._check_taking(reduction_class, commitment)
        self._require_open(campaign_id)
        batch = self._make_batch(BatchKind.DONATE, reduction_class, campaign_id, commitment)
        leaf = self._append_batch(
            OperationKind.POINTS_DONATED, operation_id, batch, record_hash, grams=commitment.total
        )
        pooled = self.campaign_pool(campaign_id, reduction_class) + commitment.total
        self._books.campaign_pools[campaign_id, reduction_class] = pooled
        self._add_points(reduction_class, personal=-commitment.total, pooled_by_campaigns=commitment.total)
        self._store(batch)
        return leaf

    @operation(Role.PLATFORM)
    def cancel_points(
        self,
        *,
        sender: Address,
        operation_id: OperationId,
        reduction_class: ReductionClass,
        commitment: BatchCommitment,
        record_hash: RecordHash,
    ) -> Leaf:
        """Cancels points of persons for ever; each entry takes a certificate number (G5.2)."""
        self._check_taking(reduction_class, commitment)
        first = self.certificate_count + 1
        batch = self._make_batch(BatchKind.CANCEL, reduction_class, ZERO_HASH, commitment, first_certificate=first)
        leaf = self._append_batch(
            OperationKind.POINTS_CANCELLED, operation_id, batch, record_hash, grams=commitment.total
        )
        self._books.certificate_count += commitment.entry_count
        self._add_points(reduction_class, personal=-commitment.total, cancelled=commitment.total)
        self._store(batch)
        return leaf

    @operation(Role.REGULATOR)
    def correct_points(
        self,
        *,
        sender: Address,
        operation_id: OperationId,
        batch_number: int,
        grams: int,
        commitment: BatchCommitment,
        record_hash: RecordHash,
    ) -> Leaf:
        """Corrects an earn batch: the commitment takes from persons, the rest joins the deficit (M11)."""
        earned = self._require_correctable(batch_number, grams)
        reduction_class, taken = earned.reduction_class, commitment.total
        if not commitment.is_nothing:
            self._check_taking(reduction_class, commitment)
        if taken > grams:
            raise refusals.PointLedger_TakenExceedsCorrection(grams, taken)
        batch = self._make_batch(BatchKind.CORRECT, reduction_class, _number(batch_number), commitment)
        leaf = self._append_batch(OperationKind.POINTS_CORRECTED, operation_id, batch, record_hash, grams=grams)
        self._books.batches[batch_number] = replace(earned, corrected_grams=earned.corrected_grams + grams)
        self._add_points(reduction_class, personal=-taken, taken_back=taken)
        self._record_correction(ActivityId(earned.party), grams, grams - taken)
        self._store(batch)
        return leaf

    @operation(Role.PLATFORM)
    def take_snapshot(
        self,
        *,
        sender: Address,
        operation_id: OperationId,
        reduction_class: ReductionClass,
        after_batch: int,
        commitment: BatchCommitment,
        record_hash: RecordHash,
    ) -> Leaf:
        """All personal balances of a class as they were after a batch."""
        _require_class(reduction_class)
        _require_well_formed(commitment)
        personal = self._require_batch(after_batch).personal_grams(reduction_class)
        if commitment.total != personal:
            raise refusals.PointLedger_TotalMismatch(reduction_class, after_batch, personal, commitment.total)
        batch = self._make_batch(BatchKind.SNAPSHOT, reduction_class, _number(after_batch), commitment)
        leaf = self._append_batch(
            OperationKind.POINTS_SNAPSHOT_TAKEN, operation_id, batch, record_hash, grams=commitment.total
        )
        self._store(batch)
        self._follow_snapshot(reduction_class, after_batch)
        return leaf

    @operation(Role.PLATFORM)
    def cancel_campaign(
        self,
        *,
        sender: Address,
        operation_id: OperationId,
        campaign_id: CampaignId,
        reduction_class: ReductionClass,
        record_hash: RecordHash,
    ) -> Leaf:
        """Cancels a campaign's whole pool of a class for it, under the next certificate number."""
        grams, campaign = self.campaign_pool(campaign_id, reduction_class), self.campaign(campaign_id)
        if campaign is None or grams == 0:
            raise refusals.PointLedger_CampaignPoolEmpty(campaign_id, reduction_class)
        cancellation = CampaignCancellation(
            number=self.certificate_count + 1,
            campaign_id=campaign_id,
            reduction_class=reduction_class,
            purpose=campaign.purpose,
            grams=grams,
            operation_id=operation_id,
        )
        leaf = self._append(
            ledger=self.contracts.point_ledger,
            kind=OperationKind.CAMPAIGN_CANCELLED,
            operation_id=operation_id,
            subject=encoding.campaign_cancellation_subject(
                certificate_number=cancellation.number,
                campaign_id=campaign_id,
                reduction_class=reduction_class,
                purpose=campaign.purpose,
            ),
            grams=grams,
            record_hash=record_hash,
        )
        self._store_campaign_cancellation(cancellation)
        return leaf

    def _check_header(self, header: FeedHeader, signature: bytes, terms: FeedTerms) -> None:
        """The header says what the registry knows, comes in its turn, and is signed by the activity's feed signer."""
        _require_well_formed(header.commitment)
        activity_id = header.activity_id
        if header.methodology_id != terms.methodology_id:
            raise refusals.PointLedger_MethodologyMismatch(activity_id, header.methodology_id, terms.methodology_id)
        if header.reduction_class is not terms.reduction_class:
            raise refusals.PointLedger_ClassMismatch(activity_id, header.reduction_class, terms.reduction_class)
        expected = self.next_sequence(activity_id)
        if header.sequence != expected:
            raise refusals.PointLedger_SequenceNotNext(activity_id, header.sequence, expected)
        signer = self._recover(header, signature)
        if signer is None:
            raise refusals.PointLedger_SignatureMalformed(activity_id)
        if signer != terms.feed_signer:
            raise refusals.PointLedger_WrongSigner(activity_id, signer, terms.feed_signer)
        self._require_new_root(header.root)

    def _check_taking(self, reduction_class: ReductionClass, commitment: BatchCommitment) -> None:
        """What every batch that takes points from persons must keep to."""
        _require_class(reduction_class)
        _require_well_formed(commitment)
        self._require_new_root(commitment.root)
        personal = self.point_totals(reduction_class).personal_grams
        if commitment.total > personal:
            raise refusals.PointLedger_ExceedsPersonal(reduction_class, personal, commitment.total)

    def _require_new_root(self, root: Hash32) -> None:
        number = self.batch_of_root(root)
        if number:
            raise refusals.PointLedger_RootAlreadyAnchored(root, number)

    def _require_correctable(self, batch_number: int, grams: int) -> Batch:
        if grams == 0:
            raise refusals.PointLedger_ZeroQuantity
        earned = self._require_batch(batch_number)
        if earned.kind is not BatchKind.EARN:
            raise refusals.PointLedger_NotEarned(batch_number, earned.kind)
        uncorrected = earned.commitment.total - earned.corrected_grams
        if grams > uncorrected:
            raise refusals.PointLedger_CorrectionExceedsBatch(batch_number, uncorrected, grams)
        return earned

    def _require_batch(self, batch_number: int) -> Batch:
        batch = self.batch(batch_number)
        if batch is None:
            raise refusals.PointLedger_UnknownBatch(batch_number, self.batch_count)
        return batch

    def _batch_of_feed(self, header: FeedHeader, withheld_grams: int) -> Batch:
        return self._make_batch(
            header.kind,
            header.reduction_class,
            header.activity_id,
            header.commitment,
            withheld_grams=withheld_grams,
            first_day=header.first_day,
            last_day=header.last_day,
        )


def _number(batch_number: int) -> Hash32:
    """A batch as the party of another."""
    return Hash32(batch_number.to_bytes(32, "big"))


def _require_class(reduction_class: ReductionClass) -> None:
    if reduction_class is ReductionClass.NONE:
        raise refusals.PointLedger_ClassMissing


def _require_well_formed(commitment: BatchCommitment) -> None:
    """1 to 2^24 entries of at least one gram each."""
    total, entry_count = commitment.total, commitment.entry_count
    if commitment.root.is_zero:
        raise refusals.PointLedger_RootMissing
    if commitment.file_hash.is_zero:
        raise refusals.PointLedger_FileHashMissing
    if total == 0:
        raise refusals.PointLedger_ZeroQuantity
    if total > MAX_GRAMS:
        raise refusals.PointLedger_QuantityTooLarge(total, MAX_GRAMS)
    largest = min(total, MAX_ENTRIES)
    if not 1 <= entry_count <= largest:
        raise refusals.PointLedger_EntryCountOutOfRange(entry_count, total, largest)
