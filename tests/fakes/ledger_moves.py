"""Moves drawn by Hypothesis in a small world: most name things that exist, and any part of any move may be wrong."""

from typing import Any

from hypothesis import strategies as st

from ledger import encoding
from ledger.ids import ZERO_ADDRESS, ZERO_HASH, Address, IdentityCommitment, LotId, RecordHash
from ledger.model import ModelState
from ledger.vocabulary import (
    AccountKind,
    ActivityKind,
    ActivityStatus,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    ProposalStatus,
    ReductionClass,
    Role,
)
from tests.fakes.draws import Draw, one_of, quantity
from tests.fakes.ledger_world import (
    BUYER,
    COMMITMENTS,
    HOLDER,
    OPERATOR,
    OTHER_HOLDER,
    SENDERS,
    STRANGER,
    TODAY,
    UNKNOWN_LOT,
    UNKNOWN_PROPOSAL,
    Move,
    World,
    some_hash,
)
from tests.fakes.point_moves import POINT_FUNCTIONS, point_arguments

LATE = IdentityCommitment(some_hash("commitment of a latecomer"))
OPENINGS = {
    HOLDER: COMMITMENTS["holder"],
    OTHER_HOLDER: COMMITMENTS["other"],
    OPERATOR: COMMITMENTS["operator"],
    BUYER: COMMITMENTS["buyer"],
    encoding.custody_address(LATE): LATE,
    STRANGER: IdentityCommitment(some_hash("commitment of the stranger")),
}
ACCOUNTS = [*OPENINGS, ZERO_ADDRESS]
HOLDERS = [HOLDER, OTHER_HOLDER, STRANGER]

CODES = ["PV", "METRO"]
ACTIVITY_CODES = ["PV-1", "PV-2", "PV-3", "METRO-1", "METRO-2", "STAIRS-1", "BIKE-1"]
ACTIVITIES = [encoding.activity_id(code=code) for code in ACTIVITY_CODES]
METHODOLOGIES = [encoding.methodology_id(code=code, version=version) for code in CODES for version in (1, 2, 3)]
FACILITIES = [some_hash("facility"), some_hash("another facility"), ZERO_HASH]
EFFECTIVE = [(TODAY - 1000, TODAY + 1000), (TODAY - 3, TODAY + 3), (TODAY + 2, TODAY + 9), (5, 4), (0, 2**32 - 1)]
CREDITING = [(TODAY - 90, TODAY + 90), (TODAY - 40, TODAY - 10), (0, 2**32 - 1), (TODAY, TODAY - 1)]
CAPS = [10_000, 1_000, 1, 0, 2**63, 2**128 - 1]

# What a movement needs comes first; endings are rare, so that there is something to move.
FUNCTIONS = [
    *["propose_issuance"] * 5,
    *["confirm_issuance"] * 5,
    *["transfer", "transfer_for", "cancel", "cancel_for"] * 4,
    *["correct"] * 3,
    *["register_activity"] * 4,
    *["open_account", "freeze_lot", "unfreeze_lot", "unfreeze_account", "resume_activity"] * 2,
    *["freeze_account", "close_account", "publish_methodology", "withdraw_methodology", "reject_issuance"],
    *["suspend_activity", "close_activity", "withdraw_activity"],
    *POINT_FUNCTIONS,
]


def begin(world: World) -> World:
    """A standard world in which every kind of movement has something to move."""
    world.standard()
    lot = world.issue(3000)
    for holder in (HOLDER, OTHER_HOLDER):
        world.do("transfer_for", lot_id=lot, to=holder, grams=1000)
    world.issue(2000, activity_id=ACTIVITIES[ACTIVITY_CODES.index("METRO-1")])
    world.do("propose_issuance", first_day=TODAY - 5, last_day=TODAY - 1)
    world.with_points().earn(1_900_000)
    world.earn(3000, activity_id=ACTIVITIES[0], first_day=TODAY - 60, last_day=TODAY - 55)
    return world


def draw_move(draw: Draw, world: World) -> Move:
    """One move: usually a fresh one, sometimes an earlier one again or with other content."""
    if world.moves and draw(st.integers(0, 19)) == 0:
        earlier: Move = draw(st.sampled_from(world.moves[-8:]))
        return earlier.changed(**draw(st.sampled_from([{}, {}, {"record_hash": RecordHash(some_hash("other"))}])))
    function = draw(st.sampled_from(FUNCTIONS))
    if function in POINT_FUNCTIONS:
        move = world.move(function, **point_arguments(draw, world, function))
    else:
        move = world.move(function, **_arguments(draw, world.model.state(), function))
    wrong = draw(st.sampled_from([*[None] * 16, "sender", "operation_id", "record_hash", "used id"]))
    match wrong:
        case "sender":
            return move.changed(sender=draw(st.sampled_from([*world.keys.values(), *HOLDERS])))
        case "operation_id":
            return move.changed(operation_id=ZERO_HASH)
        case "record_hash":
            return move.changed(record_hash=RecordHash(ZERO_HASH))
        case "used id" if world.moves:
            return move.changed(operation_id=draw(st.sampled_from(world.moves)).operation_id)
        case _:
            return move


def _arguments(draw: Draw, state: ModelState, function: str) -> dict[str, Any]:
    match function:
        case "open_account":
            return _opening(draw)
        case "publish_methodology":
            return _publication(draw, state)
        case "register_activity":
            return _registration(draw, state)
        case "propose_issuance":
            return _proposal(draw, state)
        case "confirm_issuance" | "reject_issuance":
            return _decision(draw, state)
        case "transfer" | "transfer_for" | "cancel" | "cancel_for":
            return _movement(draw, state, function)
        case "correct":
            return _correction(draw, state)
        case _:
            return _step(draw, state, function)


def _step(draw: Draw, state: ModelState, function: str) -> dict[str, Any]:
    """A change of status, which names only what it changes."""
    if function.endswith("_account"):
        return {"account": draw(st.sampled_from(ACCOUNTS))}
    if function.endswith("_activity"):
        return {"activity_id": draw(st.sampled_from(ACTIVITIES))}
    if function.endswith("_lot"):
        return {"lot_id": _lot(draw, state)}
    return {"methodology_id": draw(st.sampled_from(METHODOLOGIES))}


def _opening(draw: Draw) -> dict[str, Any]:
    account = draw(st.sampled_from(ACCOUNTS))
    right = OPENINGS.get(account, IdentityCommitment(ZERO_HASH))
    custody = Custody.HOLDER if account in HOLDERS else Custody.PLATFORM
    return {
        "account": account,
        "kind": one_of(draw, [AccountKind.INSTITUTION, AccountKind.PERSONAL], AccountKind),
        "custody": one_of(draw, [custody], Custody),
        "identity_commitment": one_of(draw, [right], [*OPENINGS.values(), IdentityCommitment(ZERO_HASH)]),
    }


def _publication(draw: Draw, state: ModelState) -> dict[str, Any]:
    code = one_of(draw, CODES, ["P V", "", "x" * 65, "减排"])
    latest = max((one.version for one in state.methodologies.values() if one.code == code), default=0)
    first, last = draw(st.sampled_from(EFFECTIVE))
    kinds = {"PV": [MethodologyKind.PROJECT], "METRO": [MethodologyKind.SCENARIO]}
    return {
        "code": code,
        "version": one_of(draw, [latest + 1], [0, 1, 2, 3, 4]),
        "kind": one_of(draw, kinds.get(code, [MethodologyKind.PROJECT]), MethodologyKind),
        "reduction_class": one_of(draw, [ReductionClass.I, ReductionClass.II], ReductionClass),
        "effective_first_day": first,
        "effective_last_day": last,
        "document_hash": one_of(draw, [some_hash("document")], [ZERO_HASH]),
    }


def _registration(draw: Draw, state: ModelState) -> dict[str, Any]:
    new = [code for code in ACTIVITY_CODES if encoding.activity_id(code=code) not in state.activities]
    code = one_of(draw, new, [*ACTIVITY_CODES, "P V", ""])
    project = code.startswith("P")
    scenario = ActivityKind.BEHAVIOUR_SCENARIO if code.startswith("S") else ActivityKind.REDUCTION_SCENARIO
    wanted = MethodologyKind.PROJECT if project else MethodologyKind.SCENARIO
    methodologies = [key for key, methodology in state.methodologies.items() if methodology.kind is wanted]
    first, last = one_of(draw, CREDITING[:1], CREDITING)
    return {
        "code": code,
        "kind": one_of(draw, [ActivityKind.PROJECT if project else scenario], ActivityKind),
        "methodology_id": one_of(draw, methodologies, METHODOLOGIES),
        "operator_account": one_of(draw, [OPERATOR, BUYER, HOLDER], ACCOUNTS),
        "crediting_first_day": first,
        "crediting_last_day": last,
        "facility_id": one_of(draw, FACILITIES[:2] if project else FACILITIES[1:], FACILITIES),
        "pledge_hash": one_of(draw, [some_hash("pledge")], [ZERO_HASH]),
        "cap_grams": one_of(draw, CAPS[:1], CAPS),
    }


def _proposal(draw: Draw, state: ModelState) -> dict[str, Any]:
    first = TODAY - draw(st.integers(-3, 100))
    active = [key for key, activity in state.activities.items() if activity.status is ActivityStatus.ACTIVE]
    return {
        "activity_id": one_of(draw, active, ACTIVITIES),
        "first_day": first,
        "last_day": first + draw(st.integers(-1, 30)),
        "grams": quantity(draw, 2_000),
    }


def _decision(draw: Draw, state: ModelState) -> dict[str, Any]:
    waiting = [key for key, proposal in state.proposals.items() if proposal.status is ProposalStatus.PROPOSED]
    return {"proposal_id": one_of(draw, waiting, [*state.proposals, UNKNOWN_PROPOSAL, ZERO_HASH])}


def _correction(draw: Draw, state: ModelState) -> dict[str, Any]:
    lot_id = _lot(draw, state)
    lot = state.lots.get(lot_id)
    return {"lot_id": lot_id, "grams": quantity(draw, lot.issued_grams - lot.corrected_grams if lot else 5)}


def _movement(draw: Draw, state: ModelState, function: str) -> dict[str, Any]:
    by_holder = not function.endswith("_for")
    mine = [key for key, grams in state.balances.items() if grams and (key[0] in HOLDERS) == by_holder]
    chosen: tuple[Address, LotId]
    if mine and draw(st.integers(0, 9)):
        chosen = draw(st.sampled_from(mine))
    else:
        chosen = draw(st.sampled_from(ACCOUNTS)), _lot(draw, state)
    account, lot_id = chosen
    giver = "sender" if by_holder else "from_account" if function == "transfer_for" else "account"
    arguments = {giver: account, "lot_id": lot_id, "grams": quantity(draw, state.balances.get(chosen, 5))}
    if function.startswith("transfer"):
        return {**arguments, "to": draw(st.sampled_from(ACCOUNTS))}
    purposes = list(CancellationPurpose)
    return {**arguments, "purpose": one_of(draw, purposes[1:], purposes)}


def _lot(draw: Draw, state: ModelState) -> LotId:
    lot_id: LotId = one_of(draw, list(state.lots), [UNKNOWN_LOT])
    return lot_id


def draw_role_change(draw: Draw, world: World) -> tuple[str, dict[str, Any]]:
    """A grant or a revocation by the administrator, mostly: `LedgerModel` method and arguments."""
    senders = [world.keys[Role.ADMINISTRATOR]] * 4 + [world.keys[Role.PLATFORM]]
    return draw(st.sampled_from(["grant_role", "revoke_role"])), {
        "sender": draw(st.sampled_from(senders)),
        "account": draw(st.sampled_from([*HOLDERS, world.keys[Role.TECHNICAL_CENTRE], world.keys[Role.REGULATOR]])),
        "role": draw(st.sampled_from([Role.REGULATOR, Role.TECHNICAL_CENTRE, Role.PLATFORM])),
    }


assert set(FUNCTIONS) == set(SENDERS)
