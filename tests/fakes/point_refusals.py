"""As `tests.fakes.ledger_refusals`, of providers, campaigns and points."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chain.signers import LocalSigner
from ledger import encoding, refusals
from ledger.batches import NO_ENTRIES, BatchCommitment
from ledger.ids import ZERO_ADDRESS, ZERO_HASH, IdentityCommitment, MethodologyId, RecordHash
from ledger.refusals import ContractRefusal
from ledger.sum_tree import MAX_ENTRIES
from ledger.units import MAX_CIVIL_DAY, MAX_GRAMS
from ledger.vocabulary import (
    AccountKind,
    AccountStatus,
    ActivityKind,
    ActivityStatus,
    BatchKind,
    CampaignStatus,
    CancellationPurpose,
    ProviderMode,
    ProviderStatus,
    ReductionClass,
)
from tests.fakes.ledger_world import (
    BEHAVIOUR,
    BIKES,
    BUYER,
    CAMPAIGN,
    HOLDER,
    PERIOD,
    PROJECT,
    SCENARIO_METHODOLOGY,
    STRANGER,
    TODAY,
    Move,
    World,
    commitment,
    some_hash,
)

Case = Callable[[World], tuple[Move, ContractRefusal]]

POINT_CASES: dict[str, Case] = {}
"""By name; each is given a standard world."""

II = ReductionClass.II
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
OTHER_KEY = LocalSigner(b"\x0e" * 32)
UNKNOWN_ACTIVITY = encoding.activity_id(code="NOTHING")
UNKNOWN_CAMPAIGN = encoding.campaign_id(code="NOTHING")
TONNE = 1_000_000


def case(function: Case) -> Case:
    """Adds a case under its function's name."""
    POINT_CASES[function.__name__] = function
    return function


def change(function: str, refusal: ContractRefusal, *before: str, **arguments: Any) -> None:
    """A case that differs in these arguments from what a world with points allows, after some default moves."""

    def make(world: World) -> tuple[Move, ContractRefusal]:
        world.with_points()
        for name in before:
            world.do(name)
        return world.move(function, **arguments), refusal

    numbers = sum(name.startswith(type(refusal).__name__) for name in POINT_CASES)
    POINT_CASES[f"{type(refusal).__name__}_{numbers}"] = make


def feed(
    refusal: ContractRefusal, *before: str, function: str = "earn_points", by: LocalSigner | None = None, **header: Any
) -> None:
    """A case of a header that says something else, and is signed so."""

    def make(world: World) -> tuple[Move, ContractRefusal]:
        world.with_points()
        for name in before:
            world.do(name, **({"activity_id": BIKES} if name.endswith("_activity") else {}))
        signing = {} if by is None else {"by": by}
        return world.feed(function, **signing, **header), refusal

    numbers = sum(name.startswith(type(refusal).__name__) for name in POINT_CASES)
    POINT_CASES[f"{type(refusal).__name__}_{numbers}"] = make


# Providers

ADMIT = {"account": HOLDER}
P = ProviderStatus

change("admit_provider", refusals.ProviderRegistry_AlreadyAdmitted(BUYER, P.ACTIVE))
change("admit_provider", refusals.ProviderRegistry_AlreadyAdmitted(BUYER, P.SUSPENDED), "suspend_provider")
change("admit_provider", refusals.AccountRegistry_NotActive(STRANGER, AccountStatus.UNKNOWN), account=STRANGER)
change("admit_provider", refusals.ProviderRegistry_ModeMissing(HOLDER), **ADMIT, mode=ProviderMode.NONE)
for document in ("application_hash", "evaluation_hash", "agreement_hash"):
    change("admit_provider", refusals.ProviderRegistry_DocumentMissing(HOLDER), **ADMIT, **{document: ZERO_HASH})
change("suspend_provider", refusals.ProviderRegistry_WrongStatus(HOLDER, P.UNKNOWN, P.ACTIVE), account=HOLDER)
change("suspend_provider", refusals.ProviderRegistry_WrongStatus(BUYER, P.SUSPENDED, P.ACTIVE), "suspend_provider")
change("resume_provider", refusals.ProviderRegistry_WrongStatus(BUYER, P.ACTIVE, P.SUSPENDED))
change("close_provider", refusals.ProviderRegistry_WrongStatus(HOLDER, P.UNKNOWN, P.ACTIVE), account=HOLDER)
change("close_provider", refusals.ProviderRegistry_WrongStatus(BUYER, P.CLOSED, P.ACTIVE), "close_provider")


@case
def a_person_is_no_provider(world: World) -> tuple[Move, ContractRefusal]:
    person = IdentityCommitment(some_hash("stranger"))
    world.do("open_account", account=STRANGER, identity_commitment=person, kind=AccountKind.PERSONAL)
    return world.move("admit_provider", account=STRANGER), refusals.ProviderRegistry_NotAnInstitution(STRANGER)


@case
def an_account_with_a_pool_is_not_closed(world: World) -> tuple[Move, ContractRefusal]:
    world.with_points().do("redeem_points")
    world.issue(700)
    return world.move("close_account", account=BUYER), refusals.AccountRegistry_StillHolding(BUYER, 300)


# Campaigns

NEW = {"code": "GREEN-DAY"}
NEW_ID = encoding.campaign_id(code="GREEN-DAY")

change("open_campaign", refusals.CampaignRegistry_CodeMalformed("A B"), code="A B")
change("open_campaign", refusals.CampaignRegistry_AlreadyOpened(CAMPAIGN, CampaignStatus.OPEN))
change("open_campaign", refusals.CampaignRegistry_AlreadyOpened(CAMPAIGN, CampaignStatus.CLOSED), "close_campaign")
change(
    "open_campaign", refusals.AccountRegistry_NotActive(STRANGER, AccountStatus.UNKNOWN), **NEW, beneficiary=STRANGER
)
for purpose in (
    CancellationPurpose.NONE,
    CancellationPurpose.ECOLOGICAL_RESTORATION,
    CancellationPurpose.ETS_COMPLIANCE,
):
    change("open_campaign", refusals.CampaignRegistry_PurposeNotAllowed(NEW_ID, purpose), **NEW, purpose=purpose)
change(
    "open_campaign",
    refusals.CampaignRegistry_DayTooFar(MAX_CIVIL_DAY + 1, MAX_CIVIL_DAY),
    **NEW,
    last_day=MAX_CIVIL_DAY + 1,
)
change("open_campaign", refusals.CampaignRegistry_Ended(NEW_ID, TODAY - 1, TODAY), **NEW, last_day=TODAY - 1)
change("open_campaign", refusals.CampaignRegistry_DocumentMissing(NEW_ID), **NEW, document_hash=ZERO_HASH)
change(
    "close_campaign",
    refusals.CampaignRegistry_WrongStatus(UNKNOWN_CAMPAIGN, CampaignStatus.UNKNOWN, CampaignStatus.OPEN),
    campaign_id=UNKNOWN_CAMPAIGN,
)
change(
    "close_campaign",
    refusals.CampaignRegistry_WrongStatus(CAMPAIGN, CampaignStatus.CLOSED, CampaignStatus.OPEN),
    "close_campaign",
)

# Feeds

A = ActivityStatus
feed(refusals.PointLedger_WrongKind(BatchKind.BEHAVIOUR, BatchKind.EARN), kind=BatchKind.BEHAVIOUR)
feed(refusals.PointLedger_WrongKind(BatchKind.NONE, BatchKind.EARN), kind=BatchKind.NONE)
feed(
    refusals.PointLedger_WrongKind(BatchKind.EARN, BatchKind.BEHAVIOUR),
    function="record_behaviour",
    kind=BatchKind.EARN,
)
feed(refusals.ActivityRegistry_NeverIssues(BEHAVIOUR), activity_id=BEHAVIOUR)
feed(refusals.ActivityRegistry_NotActive(UNKNOWN_ACTIVITY, A.UNKNOWN), activity_id=UNKNOWN_ACTIVITY)
feed(refusals.ActivityRegistry_NotActive(BIKES, A.SUSPENDED), "suspend_activity")
feed(refusals.ActivityRegistry_ZeroQuantity(BIKES), total=0)
feed(refusals.ActivityRegistry_PeriodEmpty(9, 8), first_day=9, last_day=8)
feed(
    refusals.ActivityRegistry_OutsideCreditingPeriod(TODAY - 501, TODAY - 400, TODAY - 500, TODAY + 500),
    first_day=TODAY - 501,
    last_day=TODAY - 400,
)
feed(refusals.ActivityRegistry_PeriodNotEnded(TODAY, TODAY), first_day=TODAY, last_day=TODAY)
feed(refusals.ActivityRegistry_CapExceeded(BIKES, 10_000_000, 1000, 9_999_001), total=9_999_001)
feed(refusals.PointLedger_RootMissing(), root=ZERO_HASH)
feed(refusals.PointLedger_FileHashMissing(), file_hash=ZERO_HASH)
feed(refusals.PointLedger_EntryCountOutOfRange(0, 1000, 1000), entry_count=0)
feed(refusals.PointLedger_EntryCountOutOfRange(1001, 1000, 1000), entry_count=1001)
feed(
    refusals.PointLedger_MethodologyMismatch(BIKES, MethodologyId(ZERO_HASH), SCENARIO_METHODOLOGY),
    methodology_id=ZERO_HASH,
)
feed(
    refusals.PointLedger_ClassMismatch(BIKES, ReductionClass.I, II),
    reduction_class=ReductionClass.I,
)
feed(refusals.PointLedger_SequenceNotNext(BIKES, 1, 2), sequence=1)
feed(refusals.PointLedger_SequenceNotNext(BIKES, 3, 2), sequence=3)
feed(refusals.PointLedger_WrongSigner(BIKES, OTHER_KEY.address, LocalSigner(b"\x0f" * 32).address), by=OTHER_KEY)
behaviour: dict[str, Any] = {"function": "record_behaviour"}
feed(refusals.ActivityRegistry_NotBehaviour(BIKES), **behaviour, activity_id=BIKES)
feed(refusals.ActivityRegistry_NotActive(UNKNOWN_ACTIVITY, A.UNKNOWN), **behaviour, activity_id=UNKNOWN_ACTIVITY)
feed(refusals.ActivityRegistry_PeriodNotEnded(TODAY, TODAY), **behaviour, last_day=TODAY)
feed(refusals.PointLedger_ZeroQuantity(), **behaviour, total=0)
feed(refusals.PointLedger_QuantityTooLarge(MAX_GRAMS + 1, MAX_GRAMS), **behaviour, total=MAX_GRAMS + 1)
feed(
    refusals.PointLedger_EntryCountOutOfRange(MAX_ENTRIES + 1, MAX_GRAMS, MAX_ENTRIES),
    **behaviour,
    total=MAX_GRAMS,
    entry_count=MAX_ENTRIES + 1,
)


@case
def entries_are_earned_once(world: World) -> tuple[Move, ContractRefusal]:
    world.with_points()
    root = world.moves[-1].arguments["header"].root
    return world.feed(root=root), refusals.PointLedger_RootAlreadyAnchored(root, 1)


@case
def behaviour_is_valued_once(world: World) -> tuple[Move, ContractRefusal]:
    world.make(world.feed("record_behaviour"))
    root = world.moves[-1].arguments["header"].root
    return world.feed("record_behaviour", root=root), refusals.PointLedger_RootAlreadyAnchored(root, 1)


@case
def a_header_is_anchored_once(world: World) -> tuple[Move, ContractRefusal]:
    world.with_points()
    again = world.moves[-1]
    move = world.move("earn_points", header=again.arguments["header"], signature=again.arguments["signature"])
    return move, refusals.PointLedger_SequenceNotNext(BIKES, 1, 2)


def signed_elsewhere(chain_id: int | None, contract: str) -> Case:
    """A header that was signed for another chain or another contract."""

    def make(world: World) -> tuple[Move, ContractRefusal]:
        world.with_points()
        move = world.feed()
        header = move.arguments["header"]
        here = world.contracts
        elsewhere = replace(
            world.feeds, chain_id=here.chain_id if chain_id is None else chain_id, ledger=getattr(here, contract)
        )
        key = LocalSigner(b"\x0f" * 32)
        signature = key.sign_typed_data(elsewhere.data(header))
        signer = world.feeds.signer_of(header, signature)
        assert signer is not None
        refusal = refusals.PointLedger_WrongSigner(BIKES, signer, key.address)
        return move.changed(signature=signature), refusal

    return make


POINT_CASES["signed_for_another_chain"] = signed_elsewhere(1, "point_ledger")
POINT_CASES["signed_for_another_contract"] = signed_elsewhere(None, "reduction_ledger")


def malformed(spoil: Callable[[bytes], bytes]) -> Case:
    """A signature that no library should take."""

    def make(world: World) -> tuple[Move, ContractRefusal]:
        move = world.with_points().feed()
        return move.changed(signature=spoil(move.arguments["signature"])), refusals.PointLedger_SignatureMalformed(
            BIKES
        )

    return make


def high_s(signature: bytes) -> bytes:
    """The twin of a signature, which verifies too."""
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


for name, spoil in {
    "empty": lambda _: b"",
    "short": lambda signature: signature[:64],
    "long": lambda signature: signature + b"\x00",
    "zeros": lambda _: bytes(65),
    "high_s": high_s,
    "v_of_0_or_1": lambda signature: signature[:64] + bytes([signature[64] - 27]),
}.items():
    POINT_CASES[f"signature_{name}"] = malformed(spoil)


@case
def an_activity_without_feed_signer_takes_no_feed(world: World) -> tuple[Move, ContractRefusal]:
    world.do("register_activity", code="PV-2", facility_id=some_hash("another facility"), feed_signer=ZERO_ADDRESS)
    activity_id = encoding.activity_id(code="PV-2")
    move = world.feed(activity_id=activity_id)
    return move, refusals.ActivityRegistry_FeedSignerMissing(activity_id)


@case
def a_day_that_earned_points_is_not_issued(world: World) -> tuple[Move, ContractRefusal]:
    world.earn(activity_id=PROJECT, first_day=PERIOD[1], last_day=PERIOD[1])
    return world.move("propose_issuance"), refusals.ActivityRegistry_DayEarnedPoints(PROJECT, *PERIOD)


@case
def a_day_that_earned_points_is_not_issued_when_confirmed(world: World) -> tuple[Move, ContractRefusal]:
    proposed = world.do("propose_issuance")
    world.earn(activity_id=PROJECT, first_day=PERIOD[0], last_day=PERIOD[0])
    move = world.move("confirm_issuance", proposal_id=proposed.operation_id)
    return move, refusals.ActivityRegistry_DayEarnedPoints(PROJECT, *PERIOD)


@case
def a_day_that_was_issued_earns_no_points(world: World) -> tuple[Move, ContractRefusal]:
    world.issue()
    move = world.feed(activity_id=PROJECT, first_day=PERIOD[1], last_day=PERIOD[1])
    return move, refusals.ActivityRegistry_PeriodOverlap(PROJECT, PERIOD[1], PERIOD[1])


@case
def lots_and_points_share_the_cap(world: World) -> tuple[Move, ContractRefusal]:
    world.issue(6000)
    move = world.feed(activity_id=PROJECT, total=4001, first_day=TODAY - 9, last_day=TODAY - 9)
    return move, refusals.ActivityRegistry_CapExceeded(PROJECT, 10_000, 6000, 4001)


@case
def all_points_stay_below_2_to_63(world: World) -> tuple[Move, ContractRefusal]:
    scenario = {"kind": ActivityKind.REDUCTION_SCENARIO, "methodology_id": SCENARIO_METHODOLOGY}
    for number in (1, 2):
        world.do("register_activity", code=f"BIG-{number}", facility_id=ZERO_HASH, cap_grams=MAX_GRAMS, **scenario)
    world.earn(MAX_GRAMS - 5, activity_id=encoding.activity_id(code="BIG-1"))
    move = world.feed(activity_id=encoding.activity_id(code="BIG-2"), total=6, entry_count=1)
    return move, refusals.PointLedger_QuantityTooLarge(MAX_GRAMS + 1, MAX_GRAMS)


@case
def behaviour_value_stays_below_2_to_63(world: World) -> tuple[Move, ContractRefusal]:
    world.make(world.feed("record_behaviour", total=MAX_GRAMS))
    move = world.feed("record_behaviour", total=1, entry_count=1)
    return move, refusals.PointLedger_QuantityTooLarge(MAX_GRAMS + 1, MAX_GRAMS)


# What takes from persons


def spoilt(total: int = 100, **changed: Any) -> BatchCommitment:
    return replace(commitment(total), **changed)


for function in ("redeem_points", "donate_points", "cancel_points", "take_snapshot"):
    none = {"reduction_class": ReductionClass.NONE, "commitment": NO_ENTRIES}
    change(function, refusals.PointLedger_ClassMissing(), **none)
    change(function, refusals.PointLedger_RootMissing(), commitment=spoilt(root=ZERO_HASH))
    change(function, refusals.PointLedger_FileHashMissing(), commitment=spoilt(file_hash=ZERO_HASH))
    change(function, refusals.PointLedger_ZeroQuantity(), commitment=commitment(0))
    change(
        function,
        refusals.PointLedger_QuantityTooLarge(MAX_GRAMS + 1, MAX_GRAMS),
        commitment=commitment(MAX_GRAMS + 1),
    )
    change(function, refusals.PointLedger_EntryCountOutOfRange(0, 100, 100), commitment=commitment(100, entry_count=0))
    change(
        function, refusals.PointLedger_EntryCountOutOfRange(101, 100, 100), commitment=commitment(100, entry_count=101)
    )
AGAIN = commitment(50, name="again")


def taken_again(function: str) -> Case:
    """Entries that took points before, under another operation id."""

    def make(world: World) -> tuple[Move, ContractRefusal]:
        world.with_points().do("cancel_points", commitment=AGAIN)
        return world.move(function, commitment=AGAIN), refusals.PointLedger_RootAlreadyAnchored(AGAIN.root, 2)

    return make


for function in ("redeem_points", "donate_points", "cancel_points", "correct_points"):
    POINT_CASES[f"{function}_again"] = taken_again(function)

for function in ("redeem_points", "donate_points", "cancel_points"):
    change(function, refusals.PointLedger_ExceedsPersonal(II, 1000, 1001), commitment=commitment(1001))
    first = {"reduction_class": ReductionClass.I, "commitment": commitment(1)}
    change(function, refusals.PointLedger_ExceedsPersonal(ReductionClass.I, 0, 1), **first)
change("redeem_points", refusals.ProviderRegistry_NotActive(HOLDER, P.UNKNOWN), provider=HOLDER)
change("redeem_points", refusals.ProviderRegistry_NotActive(BUYER, P.SUSPENDED), "suspend_provider")
change("redeem_points", refusals.ProviderRegistry_NotActive(BUYER, P.CLOSED), "close_provider")
change(
    "donate_points",
    refusals.CampaignRegistry_NotOpen(UNKNOWN_CAMPAIGN, CampaignStatus.UNKNOWN),
    campaign_id=UNKNOWN_CAMPAIGN,
)
change("donate_points", refusals.CampaignRegistry_NotOpen(CAMPAIGN, CampaignStatus.CLOSED), "close_campaign")
change("cancel_campaign", refusals.PointLedger_CampaignPoolEmpty(CAMPAIGN, II))
change(
    "cancel_campaign",
    refusals.PointLedger_CampaignPoolEmpty(CAMPAIGN, ReductionClass.I),
    "donate_points",
    reduction_class=ReductionClass.I,
)
change("cancel_campaign", refusals.PointLedger_CampaignPoolEmpty(CAMPAIGN, II), "donate_points", "cancel_campaign")
change("cancel_campaign", refusals.PointLedger_CampaignPoolEmpty(UNKNOWN_CAMPAIGN, II), campaign_id=UNKNOWN_CAMPAIGN)


@case
def a_frozen_provider_receives_nothing(world: World) -> tuple[Move, ContractRefusal]:
    world.with_points().do("freeze_account", account=BUYER)
    return world.move("redeem_points"), refusals.AccountRegistry_NotActive(BUYER, AccountStatus.FROZEN)


@case
def a_campaign_that_ended_takes_nothing(world: World) -> tuple[Move, ContractRefusal]:
    world.with_points().do("open_campaign", **NEW, last_day=TODAY)
    world.model.timestamp += 86_400
    move = world.move("donate_points", campaign_id=NEW_ID)
    return move, refusals.CampaignRegistry_Ended(NEW_ID, TODAY, TODAY + 1)


# Corrections and snapshots

change("correct_points", refusals.PointLedger_ZeroQuantity(), grams=0, batch_number=9)
change("correct_points", refusals.PointLedger_UnknownBatch(0, 1), batch_number=0)
change("correct_points", refusals.PointLedger_UnknownBatch(2, 1), batch_number=2)
change("correct_points", refusals.PointLedger_NotEarned(2, BatchKind.CANCEL), "cancel_points", batch_number=2)
change("correct_points", refusals.PointLedger_CorrectionExceedsBatch(1, 1000, 1001), grams=1001)
change("correct_points", refusals.PointLedger_CorrectionExceedsBatch(1, 950, 951), "correct_points", grams=951)
change("correct_points", refusals.PointLedger_TakenExceedsCorrection(50, 51), commitment=commitment(51))
change("correct_points", refusals.PointLedger_RootMissing(), commitment=spoilt(40, root=ZERO_HASH))
change("correct_points", refusals.PointLedger_ExceedsPersonal(II, 400, 401), *["redeem_points"] * 2,
       grams=500, commitment=commitment(401))  # fmt: skip
change("take_snapshot", refusals.PointLedger_UnknownBatch(0, 1), after_batch=0)
change("take_snapshot", refusals.PointLedger_UnknownBatch(2, 1), after_batch=2)
for total in (999, 1001):
    change("take_snapshot", refusals.PointLedger_TotalMismatch(II, 1, 1000, total), commitment=commitment(total))
change(
    "take_snapshot",
    refusals.PointLedger_TotalMismatch(ReductionClass.I, 1, 0, 1000),
    reduction_class=ReductionClass.I,
)
change("take_snapshot", refusals.PointLedger_TotalMismatch(II, 2, 700, 1000), "redeem_points", after_batch=2)


@case
def a_deficit_of_points_keeps_the_activity(world: World) -> tuple[Move, ContractRefusal]:
    world.with_points().do("correct_points")
    refusal = refusals.ActivityRegistry_DeficitOutstanding(BIKES, 50)
    return world.move("close_activity", activity_id=BIKES), refusal


# Buy-back


def with_a_tonne(world: World) -> World:
    world.with_points().earn(2 * TONNE)
    return world


def redeeming(world: World, **changed: Any) -> Move:
    return world.move("redeem_points", commitment=commitment(TONNE), **changed)


@case
def a_lot_bought_back_is_not_corrected(world: World) -> tuple[Move, ContractRefusal]:
    leaf = with_a_tonne(world).make(redeeming(world))
    assert leaf.set_off is not None
    lot = next(iter(world.model.state().lots))
    return world.move("correct", lot_id=lot), refusals.ReductionLedger_LotBoughtBack(lot)


@case
def a_buy_back_needs_serials(world: World) -> tuple[Move, ContractRefusal]:
    with_a_tonne(world)
    scenario = {"kind": ActivityKind.REDUCTION_SCENARIO, "methodology_id": SCENARIO_METHODOLOGY}
    world.do("register_activity", code="BIG-1", facility_id=ZERO_HASH, cap_grams=MAX_GRAMS, **scenario)
    world.issue(MAX_GRAMS - TONNE, activity_id=encoding.activity_id(code="BIG-1"))
    return redeeming(world), refusals.ReductionLedger_SerialsExhausted(MAX_GRAMS - TONNE + 1, TONNE)


@case
def a_buy_back_s_id_may_be_spoilt(world: World) -> tuple[Move, ContractRefusal]:
    with_a_tonne(world)
    move = redeeming(world)
    taken = encoding.buy_back_operation_id(redeem_id=move.operation_id)
    world.do("freeze_account", operation_id=taken)
    recorded = world.model.state().operations[taken]
    assert recorded is not None
    content = {
        "sender": world.contracts.point_ledger,
        "redeem_id": move.operation_id,
        "provider": BUYER,
        "reduction_class": II,
        "grams": TONNE,
        "record_hash": move.arguments["record_hash"],
    }
    return move, refusals.TransparencyLog_OperationConflict(taken, recorded, world.digest("buy_back", content))


@case
def a_redemption_without_record_buys_nothing_back(world: World) -> tuple[Move, ContractRefusal]:
    move = redeeming(with_a_tonne(world), record_hash=RecordHash(ZERO_HASH))
    buy_back = encoding.buy_back_operation_id(redeem_id=move.operation_id)
    return move, refusals.TransparencyLog_ZeroRecordHash(buy_back)


@case
def a_redemption_without_id_buys_nothing_back(world: World) -> tuple[Move, ContractRefusal]:
    return redeeming(with_a_tonne(world), operation_id=ZERO_HASH), refusals.TransparencyLog_ZeroOperationId()
