"""What the leaves of points operations must say, against docs/spec/05-points.md §5.3 and §5.4."""

from typing import Any

import pytest

from chain import events
from indexer import claims
from indexer.claims import NOBODY
from ledger import encoding
from ledger.ids import Address, CampaignId, OperationId
from ledger.vocabulary import BatchKind, CancellationPurpose, ProviderMode, ReductionClass

CHAIN_ID, LEDGER = 31337, bytes([0xAA]) * 20
OPERATION, ACTIVITY, CAMPAIGN = bytes([1]) * 32, bytes([2]) * 32, encoding.campaign_id(code="MARATHON")
ACCOUNT = bytes([4]) * 20
COMMITMENT = events.BatchCommitment(root=bytes([5]) * 32, total=90, entry_count=7, file_hash=bytes([6]) * 32)
NOTHING = events.BatchCommitment(bytes(32), 0, 0, bytes(32))
II = ReductionClass.II


def header(kind: BatchKind, activity_id: bytes = ACTIVITY) -> events.FeedHeader:
    return events.FeedHeader(kind, activity_id, bytes([7]) * 32, II, 3, 20600, 20601, *COMMITMENT)


def subject(
    kind: BatchKind, party: bytes, commitment: events.BatchCommitment = COMMITMENT, withheld: int = 0, first: int = 0
) -> bytes:
    return encoding.batch_subject(
        batch_number=12,
        kind=kind,
        reduction_class=II,
        party=party,
        root=commitment.root,
        total=commitment.total,
        entry_count=commitment.entry_count,
        file_hash=commitment.file_hash,
        withheld_grams=withheld,
        first_certificate=first,
    )


def claim_of(event: Any) -> tuple[Any, ...]:
    (made,) = (contract.claims[type(event)] for contract in claims.CONTRACTS if type(event) in contract.claims)
    return made(event)


def follows(event: Any, chain_id: int = CHAIN_ID, ledger: bytes = LEDGER) -> bool:
    (held,) = (
        contract.derivations[type(event)] for contract in claims.CONTRACTS if type(event) in contract.derivations
    )
    return held(event, chain_id, ledger)


def padded(number: int) -> bytes:
    return number.to_bytes(32, "big")


EARNED = events.PointsEarned(12, OPERATION, ACTIVITY, header(BatchKind.EARN), 11, 500)
BEHAVIOUR = events.BehaviourRecorded(12, OPERATION, ACTIVITY, header(BatchKind.BEHAVIOUR))
BATCHES = [
    (EARNED, 80, subject(BatchKind.EARN, ACTIVITY, withheld=11), NOBODY, 90),
    (BEHAVIOUR, 85, subject(BatchKind.BEHAVIOUR, ACTIVITY), NOBODY, 0),
    (
        events.PointsRedeemed(12, OPERATION, ACCOUNT, II, COMMITMENT, 1_000_000, 500),
        *(81, subject(BatchKind.REDEEM, bytes(12) + ACCOUNT), ACCOUNT, 90),
    ),
    (
        events.PointsDonated(12, OPERATION, CAMPAIGN, II, COMMITMENT, 500),
        *(82, subject(BatchKind.DONATE, CAMPAIGN), NOBODY, 90),
    ),
    (
        events.PointsCancelled(12, OPERATION, II, COMMITMENT, 41, 500),
        *(83, subject(BatchKind.CANCEL, bytes(32), first=41), NOBODY, 90),
    ),
    (
        events.PointsCorrected(12, OPERATION, 9, II, 100, COMMITMENT, 500),
        *(84, subject(BatchKind.CORRECT, padded(9)), NOBODY, 100),
    ),
    (
        events.PointsCorrected(12, OPERATION, 9, II, 100, NOTHING, 500),
        *(84, subject(BatchKind.CORRECT, padded(9), NOTHING), NOBODY, 100),
    ),
    (
        events.SnapshotTaken(12, OPERATION, 11, II, COMMITMENT),
        *(86, subject(BatchKind.SNAPSHOT, padded(11)), NOBODY, 90),
    ),
]


@pytest.mark.parametrize(("event", "kind", "expected", "to_account", "grams"), BATCHES)
def test_leaf_of_a_batch(event: Any, kind: int, expected: bytes, to_account: bytes, grams: int) -> None:
    assert claim_of(event) == (kind, OPERATION, expected, NOBODY, to_account, grams)


def test_leaf_of_a_campaign_s_cancellation() -> None:
    purpose = CancellationPurpose.EVENT_NEUTRALITY
    event = events.CampaignPoolCancelled(CAMPAIGN, OPERATION, 41, II, purpose, 700)
    expected = encoding.campaign_cancellation_subject(
        certificate_number=41, campaign_id=CampaignId(CAMPAIGN), reduction_class=II, purpose=purpose
    )
    assert claim_of(event) == (87, OPERATION, expected, NOBODY, NOBODY, 700)


def test_leaves_of_providers_and_campaigns() -> None:
    about = bytes(12) + ACCOUNT
    documents = (bytes([8]) * 32, bytes([9]) * 32, bytes([10]) * 32)
    admitted = events.ProviderAdmitted(ACCOUNT, OPERATION, ProviderMode.SUB_PLATFORM, *documents)
    assert claim_of(admitted) == (64, OPERATION, about, NOBODY, NOBODY, 0)
    steps = [events.ProviderSuspended, events.ProviderResumed, events.ProviderClosed]
    assert [claim_of(step(ACCOUNT, OPERATION))[0] for step in steps] == [65, 66, 67]
    campaign = events.Campaign("MARATHON", ACCOUNT, CancellationPurpose.EVENT_NEUTRALITY, 20700, bytes([8]) * 32)
    opened = events.CampaignOpened(CAMPAIGN, OPERATION, campaign)
    assert claim_of(opened) == (72, OPERATION, CAMPAIGN, NOBODY, NOBODY, 0)
    assert follows(opened)
    assert not follows(opened._replace(campaign=campaign._replace(code="MARATHON-2")))
    assert claim_of(events.CampaignClosed(CAMPAIGN, OPERATION))[0] == 73


def test_a_header_is_of_its_batch() -> None:
    assert follows(EARNED)
    assert follows(BEHAVIOUR)
    assert not follows(EARNED._replace(header=header(BatchKind.EARN, bytes([3]) * 32)))
    assert not follows(EARNED._replace(header=header(BatchKind.BEHAVIOUR)))
    assert not follows(BEHAVIOUR._replace(header=header(BatchKind.BEHAVIOUR, bytes([3]) * 32)))
    assert not follows(BEHAVIOUR._replace(header=header(BatchKind.EARN)))


def test_a_buy_back_follows_from_its_redemption() -> None:
    operation_id = encoding.buy_back_operation_id(redeem_id=OperationId(OPERATION))
    lot_id = encoding.buy_back_lot_id(
        chain_id=CHAIN_ID, ledger=Address(LEDGER), operation_id=operation_id, reduction_class=II
    )
    event = events.PointsBoughtBack(lot_id, ACCOUNT, operation_id, OPERATION, II, 1, 2_000_000)
    assert claim_of(event) == (56, operation_id, lot_id, NOBODY, ACCOUNT, 2_000_000)
    (movement,) = (c.movements[type(event)] for c in claims.CONTRACTS if type(event) in c.movements)
    assert movement(event) == (NOBODY, ACCOUNT, lot_id, 2_000_000)
    assert follows(event)
    assert not follows(event, chain_id=1)
    assert not follows(event, ledger=ACCOUNT)
    assert not follows(event._replace(redeem_operation_id=ACTIVITY))
    assert not follows(event._replace(reduction_class=ReductionClass.I))
    assert not follows(event._replace(operation_id=OPERATION))
