"""Moves of providers, campaigns and points, drawn by Hypothesis: see `tests.fakes.ledger_moves`."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from chain.signers import LocalSigner
from ledger import encoding
from ledger.batches import NO_ENTRIES, BatchCommitment, FeedHeader
from ledger.ids import ZERO_HASH
from ledger.model import ModelState
from ledger.vocabulary import (
    ActivityKind,
    ActivityStatus,
    BatchKind,
    CampaignStatus,
    CancellationPurpose,
    ProviderMode,
    ProviderStatus,
    ReductionClass,
)
from tests.fakes.draws import Draw, one_of, quantity
from tests.fakes.ledger_world import BUYER, FEED, HOLDER, OPERATOR, STRANGER, TODAY, World, some_hash

ACCOUNTS = [BUYER, OPERATOR, HOLDER, STRANGER]
CAMPAIGN_CODES = ["MARATHON", "GREEN-DAY", "EXPO"]
CAMPAIGNS = [encoding.campaign_id(code=code) for code in CAMPAIGN_CODES]
CLASSES = [ReductionClass.I, ReductionClass.II]
OTHER_KEY = LocalSigner(b"\x0e" * 32)

# What a movement needs comes first; endings are rare.
POINT_FUNCTIONS = [
    *["earn_points"] * 6,
    *["redeem_points"] * 5,
    *["donate_points", "cancel_points", "correct_points", "take_snapshot"] * 3,
    *["cancel_campaign", "admit_provider", "resume_provider", "open_campaign"] * 2,
    *["record_behaviour", "suspend_provider", "close_provider", "close_campaign"],
]


def point_arguments(draw: Draw, world: World, function: str) -> dict[str, Any]:
    state = world.model.state()
    match function:
        case "admit_provider":
            return _admission(draw)
        case "suspend_provider" | "resume_provider" | "close_provider":
            return {"account": draw(st.sampled_from(ACCOUNTS))}
        case "open_campaign":
            return _campaign(draw)
        case "earn_points" | "record_behaviour":
            return _feed(draw, world, state, function)
        case "correct_points":
            return _correction(draw, state)
        case "take_snapshot":
            return _snapshot(draw, state)
        case "close_campaign" | "cancel_campaign":
            return _ending(draw, state, function)
        case _:
            return _taking(draw, state, function)


def _admission(draw: Draw) -> dict[str, Any]:
    documents = {name: _hash(draw, name) for name in ("application_hash", "evaluation_hash", "agreement_hash")}
    mode = one_of(draw, list(ProviderMode)[1:], ProviderMode)
    return {"account": draw(st.sampled_from(ACCOUNTS)), "mode": mode, **documents}


def _campaign(draw: Draw) -> dict[str, Any]:
    allowed = [CancellationPurpose.EVENT_NEUTRALITY, CancellationPurpose.VOLUNTARY_OFFSET]
    return {
        "code": one_of(draw, CAMPAIGN_CODES, ["A B", ""]),
        "beneficiary": one_of(draw, [HOLDER, BUYER], ACCOUNTS),
        "purpose": one_of(draw, allowed, CancellationPurpose),
        "last_day": one_of(draw, [TODAY + 30, TODAY], [TODAY - 1, TODAY + 1, 2**32 - 1]),
        "document_hash": _hash(draw, "announcement"),
    }


def _feed(draw: Draw, world: World, state: ModelState, function: str) -> dict[str, Any]:
    kind = BatchKind.EARN if function == "earn_points" else BatchKind.BEHAVIOUR
    fitting = [
        key
        for key, activity in state.activities.items()
        if activity.status is ActivityStatus.ACTIVE
        and (activity.registration.kind is ActivityKind.BEHAVIOUR_SCENARIO) == (kind is BatchKind.BEHAVIOUR)
    ]
    activity_id = one_of(draw, fitting, list(state.activities))
    activity = state.activities[activity_id]
    room = activity.registration.cap_grams - activity.issued_grams + activity.corrected_grams
    total = quantity(draw, min(room, 2_000_000), bits=64)
    first = TODAY - draw(st.integers(0, 100))
    header = world.header(
        kind,
        activity_id=activity_id,
        first_day=first,
        last_day=first + draw(st.integers(0, 3)),
        total=total,
        entry_count=_count(draw, total),
    )
    signed = _wrong_header(draw, header)
    # Sometimes another header is signed than is given, sometimes with another key.
    given = header if draw(st.integers(0, 19)) == 0 else signed
    key = OTHER_KEY if draw(st.integers(0, 19)) == 0 else FEED
    signature = key.sign_typed_data(world.feeds.data(signed))
    return {"header": given, "signature": one_of(draw, [signature], [b"", signature[:64], bytes(65)])}


def _wrong_header(draw: Draw, header: FeedHeader) -> FeedHeader:
    if draw(st.integers(0, 9)):
        return header
    wrong: dict[str, Any] = draw(
        st.sampled_from(
            [
                {"kind": BatchKind.REDEEM},
                {"methodology_id": ZERO_HASH},
                {"reduction_class": ReductionClass.NONE},
                {"reduction_class": ReductionClass.I},
                {"sequence": header.sequence + 1},
                {"sequence": max(header.sequence - 1, 0)},
                {"root": ZERO_HASH},
                {"file_hash": ZERO_HASH},
            ]
        )
    )
    return replace(header, **wrong)


def _taking(draw: Draw, state: ModelState, function: str) -> dict[str, Any]:
    reduction_class = _class(draw)
    arguments = {"reduction_class": reduction_class, "commitment": _commitment(draw, _personal(state, reduction_class))}
    if function == "redeem_points":
        active = [key for key, one in state.providers.items() if one.status is ProviderStatus.ACTIVE]
        return {**arguments, "provider": one_of(draw, active, ACCOUNTS)}
    if function == "donate_points":
        taking = [key for key, one in state.campaigns.items() if one.status is CampaignStatus.OPEN]
        return {**arguments, "campaign_id": one_of(draw, taking, CAMPAIGNS)}
    return arguments


def _correction(draw: Draw, state: ModelState) -> dict[str, Any]:
    earned = [number for number, batch in state.batches.items() if batch.kind is BatchKind.EARN]
    number = one_of(draw, earned, [*state.batches, 0, len(state.batches) + 1])
    batch = state.batches.get(number)
    most = batch.commitment.total - batch.corrected_grams if batch else 5
    grams = quantity(draw, most, bits=64)
    taken = min(grams, _personal(state, batch.reduction_class)) if batch else grams
    some = _commitment(draw, taken)
    return {"batch_number": number, "grams": grams, "commitment": one_of(draw, [NO_ENTRIES, some], [some])}


def _snapshot(draw: Draw, state: ModelState) -> dict[str, Any]:
    after = one_of(draw, list(state.batches), [0, len(state.batches) + 1])
    reduction_class = _class(draw)
    batch = state.batches.get(after)
    right = batch.personal_grams(reduction_class) if batch else 5
    total = one_of(draw, [right], [right + 1, max(right - 1, 0)])
    commitment = BatchCommitment(
        root=some_hash("balances"), total=total, entry_count=min(total, 2), file_hash=some_hash("snapshot")
    )
    return {"reduction_class": reduction_class, "after_batch": after, "commitment": commitment}


def _ending(draw: Draw, state: ModelState, function: str) -> dict[str, Any]:
    if function == "close_campaign":
        return {"campaign_id": draw(st.sampled_from(CAMPAIGNS))}
    pools = list(state.campaign_pools)
    campaign_id, reduction_class = one_of(draw, pools, [(one, _class(draw)) for one in CAMPAIGNS])
    return {"campaign_id": campaign_id, "reduction_class": reduction_class}


def _commitment(draw: Draw, most: int) -> BatchCommitment:
    total = quantity(draw, most, bits=64)
    return BatchCommitment(
        root=_hash(draw, f"root {draw(st.integers(0, 99))}"),
        total=total,
        entry_count=_count(draw, total),
        file_hash=_hash(draw, "file"),
    )


def _count(draw: Draw, total: int) -> int:
    entry_count: int = one_of(draw, [min(max(total, 1), 3)], [0, min(total, 2**63) + 1, 2**24 + 1])
    return entry_count


def _hash(draw: Draw, name: str) -> Any:
    """Very rarely none: there are many in one move."""
    return ZERO_HASH if draw(st.integers(0, 39)) == 0 else some_hash(name)


def _class(draw: Draw) -> ReductionClass:
    found: ReductionClass = one_of(draw, [ReductionClass.II, *CLASSES], ReductionClass)
    return found


def _personal(state: ModelState, reduction_class: ReductionClass) -> int:
    totals = state.point_totals.get(reduction_class)
    return totals.personal_grams if totals else 0
