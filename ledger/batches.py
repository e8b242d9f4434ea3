"""What stands for a batch of points on chain: the commitment to its entries, and the header that an operator signs
(docs/spec/05-points.md §5.3). One point is one gram of CO2e; the total of a behaviour batch is behaviour value."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.ids import ZERO_HASH, ActivityId, Hash32, MethodologyId
from ledger.vocabulary import BatchKind, ReductionClass


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCommitment:
    """`IPointLedger.BatchCommitment`: root and total of the sum tree, number of entries, SHA-256 of the batch file."""

    root: Hash32
    total: int
    entry_count: int
    file_hash: Hash32

    @property
    def is_nothing(self) -> bool:
        """Whether it says that there are no entries, as a correction that takes nothing from persons does."""
        return self == NO_ENTRIES


NO_ENTRIES = BatchCommitment(root=ZERO_HASH, total=0, entry_count=0, file_hash=ZERO_HASH)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHeader:
    """`IPointLedger.FeedHeader`. Days are civil days in Shanghai, both ends inclusive; sequences count from 1."""

    kind: BatchKind
    activity_id: ActivityId
    methodology_id: MethodologyId
    reduction_class: ReductionClass
    sequence: int
    first_day: int
    last_day: int
    root: Hash32
    total: int
    entry_count: int
    file_hash: Hash32

    @property
    def commitment(self) -> BatchCommitment:
        """What the header says of the entries."""
        return BatchCommitment(root=self.root, total=self.total, entry_count=self.entry_count, file_hash=self.file_hash)
