"""Events of the contracts: raw logs of a node become typed, checked values, fast.

Each event is a named tuple whose fields are the parameters of the Solidity event in their order; `SIGNATURES` holds the
declarations as contracts/src/interfaces has them, and a test compares them with the compiler's ABI. From these the
decoders are made when this module is loaded: an event of fixed width is one `bytes.fromhex`, one mask over all padding
and one `struct` unpacking.

Nothing is skipped in silence: a log of another contract, an event that is not known, and data that is not the canonical
encoding each raise a member of `UnreadableLog`, and whoever follows the chain stops there. Ids and hashes are plain
bytes here, because they pass by the million; quantities and serials are integers below 2**63.

Each contract has a module of its own, named in `chain.events.contracts`.
"""

from chain.events.accounts import AccountClosed, AccountFrozen, AccountOpened, AccountUnfrozen
from chain.events.activities import (
    ActivityClosed,
    ActivityRegistered,
    ActivityResumed,
    ActivitySuspended,
    ActivityWithdrawn,
    Registration,
)
from chain.events.administration import AuthorityUpdated, HoldingsSourceAdded, OperationRepeated
from chain.events.campaigns import Campaign, CampaignClosed, CampaignOpened
from chain.events.contracts import SIGNATURES, AdministrativeEvent, DomainEvent, Event
from chain.events.decoder import EventDecoder, Known
from chain.events.decoding import WORD, Decode, Parameter, Signature
from chain.events.errors import ForeignLog, UndecodableEvent, UnknownEvent, UnreadableLog
from chain.events.log import LeafAppended
from chain.events.methodologies import MethodologyPublished, MethodologyWithdrawn
from chain.events.points import (
    BatchCommitment,
    BehaviourRecorded,
    CampaignPoolCancelled,
    FeedHeader,
    PointsCancelled,
    PointsCorrected,
    PointsDonated,
    PointsEarned,
    PointsRedeemed,
    SnapshotTaken,
)
from chain.events.providers import ProviderAdmitted, ProviderClosed, ProviderResumed, ProviderSuspended
from chain.events.reductions import (
    IssuanceConfirmed,
    IssuanceProposed,
    IssuanceRejected,
    LotFrozen,
    LotUnfrozen,
    PointsBoughtBack,
    ReductionCancelled,
    ReductionCorrected,
    ReductionTransferred,
    TransferSingle,
)

__all__ = [
    "SIGNATURES",
    "WORD",
    "AccountClosed",
    "AccountFrozen",
    "AccountOpened",
    "AccountUnfrozen",
    "ActivityClosed",
    "ActivityRegistered",
    "ActivityResumed",
    "ActivitySuspended",
    "ActivityWithdrawn",
    "AdministrativeEvent",
    "AuthorityUpdated",
    "BatchCommitment",
    "BehaviourRecorded",
    "Campaign",
    "CampaignClosed",
    "CampaignOpened",
    "CampaignPoolCancelled",
    "Decode",
    "DomainEvent",
    "Event",
    "EventDecoder",
    "FeedHeader",
    "ForeignLog",
    "HoldingsSourceAdded",
    "IssuanceConfirmed",
    "IssuanceProposed",
    "IssuanceRejected",
    "Known",
    "LeafAppended",
    "LotFrozen",
    "LotUnfrozen",
    "MethodologyPublished",
    "MethodologyWithdrawn",
    "OperationRepeated",
    "Parameter",
    "PointsBoughtBack",
    "PointsCancelled",
    "PointsCorrected",
    "PointsDonated",
    "PointsEarned",
    "PointsRedeemed",
    "ProviderAdmitted",
    "ProviderClosed",
    "ProviderResumed",
    "ProviderSuspended",
    "ReductionCancelled",
    "ReductionCorrected",
    "ReductionTransferred",
    "Registration",
    "Signature",
    "SnapshotTaken",
    "TransferSingle",
    "UndecodableEvent",
    "UnknownEvent",
    "UnreadableLog",
]
