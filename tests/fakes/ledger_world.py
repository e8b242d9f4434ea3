"""A small world of keys, accounts, methodologies and activities, and moves in it: for the model and for the contracts.

A move is one operation as plain data, so the same moves drive `ledger.model` in unit tests and the contracts on anvil
in integration tests.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from ledger import encoding
from ledger.ids import ZERO_ADDRESS, ZERO_HASH, Address, Hash32, IdentityCommitment, LotId, OperationId, RecordHash
from ledger.model import Contracts, Digest, Leaf, LedgerModel, content_digest
from ledger.vocabulary import (
    AccountKind,
    ActivityKind,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    ReductionClass,
    Role,
)

TODAY = 20_450
NOW = TODAY * 86_400
"""Morning of `TODAY` in Shanghai, in seconds."""


def some_hash(name: str) -> Hash32:
    """A hash for a name."""
    return Hash32(hashlib.sha256(name.encode()).digest())


def some_address(name: str) -> Address:
    """An address for a name."""
    return Address(some_hash(name)[:20])


CONTRACTS = Contracts(
    chain_id=31_337,
    account_registry=some_address("account registry"),
    methodology_registry=some_address("methodology registry"),
    activity_registry=some_address("activity registry"),
    reduction_ledger=some_address("reduction ledger"),
)

KEYS: dict[Role, Address] = {
    role: some_address(role.label)
    for role in (Role.ADMINISTRATOR, Role.REGULATOR, Role.TECHNICAL_CENTRE, Role.PLATFORM)
}

STRANGER = some_address("stranger")
HOLDER, OTHER_HOLDER = some_address("holder"), some_address("other holder")
COMMITMENTS = {
    name: IdentityCommitment(some_hash(f"commitment of {name}")) for name in ("operator", "buyer", "holder", "other")
}
OPERATOR, BUYER = (encoding.custody_address(COMMITMENTS[name]) for name in ("operator", "buyer"))

SENDERS: dict[str, Role | Address] = {
    "open_account": Role.PLATFORM,
    "freeze_account": Role.REGULATOR,
    "unfreeze_account": Role.REGULATOR,
    "close_account": Role.PLATFORM,
    "publish_methodology": Role.REGULATOR,
    "withdraw_methodology": Role.REGULATOR,
    "register_activity": Role.REGULATOR,
    "suspend_activity": Role.REGULATOR,
    "resume_activity": Role.REGULATOR,
    "close_activity": Role.REGULATOR,
    "withdraw_activity": Role.REGULATOR,
    "propose_issuance": Role.TECHNICAL_CENTRE,
    "confirm_issuance": Role.REGULATOR,
    "reject_issuance": Role.REGULATOR,
    "transfer": HOLDER,
    "transfer_for": Role.PLATFORM,
    "cancel": HOLDER,
    "cancel_for": Role.PLATFORM,
    "correct": Role.REGULATOR,
    "freeze_lot": Role.REGULATOR,
    "unfreeze_lot": Role.REGULATOR,
}
"""Who sends each operation: a body, or for what is open to everyone a holder."""

PROJECT_METHODOLOGY = encoding.methodology_id(code="PV", version=1)
SCENARIO_METHODOLOGY = encoding.methodology_id(code="METRO", version=1)
PROJECT, SCENARIO, BEHAVIOUR = (encoding.activity_id(code=code) for code in ("PV-1", "METRO-1", "STAIRS-1"))
FACILITY, PLEDGE = some_hash("facility"), some_hash("pledge")
UNKNOWN_LOT, UNKNOWN_PROPOSAL = LotId(some_hash("no lot")), some_hash("no proposal")
PERIOD = (TODAY - 365, TODAY - 335)

DEFAULTS: dict[str, dict[str, Any]] = {
    "open_account": {
        "account": HOLDER,
        "kind": AccountKind.INSTITUTION,
        "custody": Custody.HOLDER,
        "identity_commitment": COMMITMENTS["holder"],
    },
    "publish_methodology": {
        "code": "PV",
        "version": 1,
        "kind": MethodologyKind.PROJECT,
        "reduction_class": ReductionClass.I,
        "effective_first_day": TODAY - 1000,
        "effective_last_day": TODAY + 1000,
        "document_hash": some_hash("document"),
    },
    "withdraw_methodology": {"methodology_id": PROJECT_METHODOLOGY},
    "register_activity": {
        "code": "PV-1",
        "kind": ActivityKind.PROJECT,
        "methodology_id": PROJECT_METHODOLOGY,
        "operator_account": OPERATOR,
        "feed_signer": ZERO_ADDRESS,
        "crediting_first_day": TODAY - 500,
        "crediting_last_day": TODAY + 500,
        "facility_id": FACILITY,
        "pledge_hash": PLEDGE,
        "cap_grams": 10_000,
    },
    "propose_issuance": {"activity_id": PROJECT, "first_day": PERIOD[0], "last_day": PERIOD[1], "grams": 1000},
    **{name: {"proposal_id": UNKNOWN_PROPOSAL} for name in ("confirm_issuance", "reject_issuance")},
    "transfer": {"lot_id": UNKNOWN_LOT, "to": BUYER, "grams": 100},
    "transfer_for": {"lot_id": UNKNOWN_LOT, "from_account": OPERATOR, "to": BUYER, "grams": 100},
    "cancel": {"lot_id": UNKNOWN_LOT, "grams": 100, "purpose": CancellationPurpose.VOLUNTARY_OFFSET},
    "cancel_for": {
        "lot_id": UNKNOWN_LOT,
        "account": OPERATOR,
        "grams": 100,
        "purpose": CancellationPurpose.VOLUNTARY_OFFSET,
    },
    "correct": {"lot_id": UNKNOWN_LOT, "grams": 100},
    **{name: {"lot_id": UNKNOWN_LOT} for name in ("freeze_lot", "unfreeze_lot")},
    **{name: {"account": HOLDER} for name in ("freeze_account", "unfreeze_account", "close_account")},
    **{
        name: {"activity_id": PROJECT}
        for name in ("suspend_activity", "resume_activity", "close_activity", "withdraw_activity")
    },
}
"""Arguments of a move that the rules allow in `World.standard`, but for the ids of lots and proposals."""


@dataclass(frozen=True, slots=True)
class Move:
    """One operation: a method of `LedgerModel` and a builder of `chain.calls`, with its arguments."""

    function: str
    arguments: Mapping[str, Any]

    @property
    def operation_id(self) -> OperationId:
        """The id that the operation is applied under."""
        operation_id: OperationId = self.arguments["operation_id"]
        return operation_id

    def changed(self, **arguments: Any) -> "Move":
        """The same move with other arguments."""
        return Move(self.function, {**self.arguments, **arguments})

    def apply(self, model: LedgerModel) -> Leaf | None:
        """What the model says to it."""
        leaf: Leaf | None = getattr(model, self.function)(**self.arguments)
        return leaf


@dataclass(kw_only=True)
class World:
    """A model and the means to make moves in it."""

    contracts: Contracts = CONTRACTS
    keys: Mapping[Role, Address] = field(default_factory=lambda: KEYS)
    timestamp: int = NOW
    seconds_between: int = 0
    digest: Digest = content_digest
    model: LedgerModel = field(init=False)
    moves: list[Move] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.model = LedgerModel(
            self.contracts,
            {address: [role] for role, address in self.keys.items()},
            self.timestamp,
            self.digest,
        )

    def move(self, function: str, **changed: Any) -> Move:
        """A move with the default arguments but for those given, under a fresh operation id."""
        number = next(self._numbers)
        sender = SENDERS[function]
        arguments = {
            "sender": self.keys[sender] if isinstance(sender, Role) else sender,
            "operation_id": OperationId(some_hash(f"operation {number}")),
            **DEFAULTS[function],
            "record_hash": RecordHash(some_hash(f"record {number}")),
        }
        return Move(function, {**arguments, **changed})

    def digest_of(self, move: Move) -> Hash32:
        """Digest of a move's content, as the model and its counterpart have it."""
        return self.digest(move.function, move.arguments)

    def do(self, function: str, **changed: Any) -> Leaf:
        """Makes a move that the rules must allow; it is remembered in `moves`."""
        move = self.move(function, **changed)
        self.model.timestamp += self.seconds_between
        leaf = move.apply(self.model)
        assert leaf is not None
        self.moves.append(move)
        return leaf

    def issue(self, grams: int = 1000, **changed: Any) -> LotId:
        """Proposes and confirms; gives the lot."""
        proposed = self.do("propose_issuance", grams=grams, **changed)
        return LotId(self.do("confirm_issuance", proposal_id=proposed.operation_id).subject)

    def prepared(self) -> "World":
        """Four accounts and two methodologies."""
        self.do("open_account")
        self.do("open_account", account=OTHER_HOLDER, identity_commitment=COMMITMENTS["other"])
        for name, address in (("operator", OPERATOR), ("buyer", BUYER)):
            self.do("open_account", account=address, custody=Custody.PLATFORM, identity_commitment=COMMITMENTS[name])
        self.do("publish_methodology")
        scenario = {"kind": MethodologyKind.SCENARIO, "reduction_class": ReductionClass.II}
        self.do("publish_methodology", code="METRO", **scenario)
        return self

    def standard(self) -> "World":
        """The same and three activities, and no lot yet."""
        self.prepared()
        self.do("register_activity")
        loose = {"methodology_id": SCENARIO_METHODOLOGY, "facility_id": ZERO_HASH, "pledge_hash": ZERO_HASH}
        self.do("register_activity", code="METRO-1", kind=ActivityKind.REDUCTION_SCENARIO, **loose)
        self.do("register_activity", code="STAIRS-1", kind=ActivityKind.BEHAVIOUR_SCENARIO, cap_grams=0, **loose)
        return self
