"""What a person sees of the own points, and of nobody else's."""

from typing import Annotated

from pydantic import Field

from api.schemas.common import (
    Answered,
    BatchKindWord,
    ClassWord,
    Code,
    Grams,
    Hash,
    Index,
    JsonValue,
    Model,
    Quantity,
    Time,
)
from api.schemas.operations import Links
from api.schemas.points import Batch, BatchNumber

SignedGrams = Annotated[str, Field(pattern=r"^-?(0|[1-9][0-9]{0,18})$", examples=["-300"])]


class ClassBalance(Model):
    """Points of one class. One point is one gram of CO2e."""

    reduction_class: ClassWord
    points: SignedGrams
    """All, as of the batches that this instance has checked."""
    available: SignedGrams
    """What is not on its way to be spent."""


class BatchBalance(Model):
    """What the entries of one batch put into the account or took out of it."""

    batch_number: BatchNumber
    kind: BatchKindWord
    reduction_class: ClassWord
    entries: Index
    points: SignedGrams


class PointAccountAnswer(Answered):
    """A person's points, by class and by batch."""

    classes: list[ClassBalance]
    batches: list[BatchBalance]
    """The last thousand that the person has entries in, newest first."""


class DonationCampaign(Model):
    """Where a donation went."""

    campaign_id: Hash
    code: Code
    certificate_number: Index | None
    """Under which it was cancelled for the campaign; null while it waits in the pool."""


class PersonalEntry(Model):
    """One entry of the person."""

    entry_id: Hash
    batch_number: BatchNumber
    index: Index
    """Place in the batch, from 0."""
    kind: BatchKindWord
    reduction_class: ClassWord
    grams: Grams
    """What the entry is made out for; in a behaviour batch behaviour value."""
    points: SignedGrams
    """What it put into the account or took out of it: less than `grams` where a deficit took the rest."""
    details: JsonValue
    certificate_number: Index | None
    """Of points that the person cancelled."""
    campaign: DonationCampaign | None
    """Of points that the person donated."""
    time: Time


class PersonalEntriesAnswer(Answered):
    """A page of a person's entries, in the order of the chain."""

    items: list[PersonalEntry]
    next: str | None


class LeafProof(Model):
    """That the batch's leaf is in the log (RFC 9162 §2.1.3)."""

    leaf_index: Index
    leaf_hash: Hash
    tree_size: Index
    root: Hash
    path: list[Hash]


class EntryProofAnswer(Answered):
    """An entry, the path to its batch's total and root, the batch, and the path of the batch's leaf to the log's root.
    Whoever gets it sees account tag and details: they are the person's to show.
    """

    proof: JsonValue
    """`EntryProof` (docs/spec/05-points.md §5.3)."""
    offset: Grams
    """Grams of the batch before the entry, which the path proves."""
    points: SignedGrams
    batch: Batch
    leaf_proof: LeafProof
    links: Links


class ClassSnapshot(Quantity):
    """The person's balance in the last snapshot of a class."""

    reduction_class: ClassWord
    proof: JsonValue
    """`EntryProof` of the balance; null where the person had no points of the class then."""
    batch: Batch
    leaf_proof: LeafProof


class SnapshotAnswer(Answered):
    """The person's balances in the last snapshot of each class that has one."""

    snapshots: list[ClassSnapshot]
