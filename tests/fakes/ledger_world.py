"""A small world of keys, accounts, methodologies and activities, and moves in it: for the model and for the contracts.

A move is one operation as plain data, so the same moves drive `ledger.model` in unit tests and the contracts on anvil
in integration tests.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from chain.feeds import FeedDomain
from chain.signers import LocalSigner
from ledger import encoding
from ledger.batches import NO_ENTRIES, BatchCommitment, FeedHeader
from ledger.ids import ZERO_HASH, Address, Hash32, IdentityCommitment, LotId, OperationId, RecordHash
from ledger.model import Contracts, Digest, Leaf, LedgerModel, content_digest
from ledger.vocabulary import (
    AccountKind,
    ActivityKind,
    BatchKind,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    ProviderMode,
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


def commitment(total: int, entry_count: int | None = None, name: str = "batch") -> BatchCommitment:
    """Made up: what a batch commits to is not looked at by any ledger."""
    return BatchCommitment(
        root=some_hash(f"root of {name}"),
        total=total,
        entry_count=min(total, 3) if entry_count is None else entry_count,
        file_hash=some_hash(f"file of {name}"),
    )


CONTRACTS = Contracts(
    chain_id=31_337,
    account_registry=some_address("account registry"),
    methodology_registry=some_address("methodology registry"),
    activity_registry=some_address("activity registry"),
    reduction_ledger=some_address("reduction ledger"),
    provider_registry=some_address("provider registry"),
    campaign_registry=some_address("campaign registry"),
    point_ledger=some_address("point ledger"),
)

KEYS: dict[Role, Address] = {
    role: some_address(role.label)
    for role in (Role.ADMINISTRATOR, Role.REGULATOR, Role.TECHNICAL_CENTRE, Role.EXCHANGE, Role.PLATFORM)
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
    "admit_provider": Role.EXCHANGE,
    "suspend_provider": Role.EXCHANGE,
    "resume_provider": Role.EXCHANGE,
    "close_provider": Role.EXCHANGE,
    "open_campaign": Role.EXCHANGE,
    "close_campaign": Role.EXCHANGE,
    "earn_points": Role.PLATFORM,
    "record_behaviour": Role.PLATFORM,
    "redeem_points": Role.PLATFORM,
    "donate_points": Role.PLATFORM,
    "cancel_points": Role.PLATFORM,
    "correct_points": Role.REGULATOR,
    "take_snapshot": Role.PLATFORM,
    "cancel_campaign": Role.PLATFORM,
}
"""Who sends each operation: a body, or for what is open to everyone a holder."""

PROJECT_METHODOLOGY = encoding.methodology_id(code="PV", version=1)
SCENARIO_METHODOLOGY = encoding.methodology_id(code="METRO", version=1)
PROJECT, SCENARIO, BEHAVIOUR = (encoding.activity_id(code=code) for code in ("PV-1", "METRO-1", "STAIRS-1"))
BIKES = encoding.activity_id(code="BIKE-1")
CAMPAIGN = encoding.campaign_id(code="MARATHON")
FACILITY, PLEDGE = some_hash("facility"), some_hash("pledge")
UNKNOWN_LOT, UNKNOWN_PROPOSAL = LotId(some_hash("no lot")), some_hash("no proposal")
FEED = LocalSigner(b"\x0f" * 32)
"""The operators' key for their feeds."""

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
        "feed_signer": FEED.address,
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
    "admit_provider": {
        "account": BUYER,
        "mode": ProviderMode.THIRD_PARTY_MALL,
        "application_hash": some_hash("application"),
        "evaluation_hash": some_hash("evaluation"),
        "agreement_hash": some_hash("agreement"),
    },
    **{name: {"account": BUYER} for name in ("suspend_provider", "resume_provider", "close_provider")},
    "open_campaign": {
        "code": "MARATHON",
        "beneficiary": HOLDER,
        "purpose": CancellationPurpose.EVENT_NEUTRALITY,
        "last_day": TODAY + 30,
        "document_hash": some_hash("announcement"),
    },
    "close_campaign": {"campaign_id": CAMPAIGN},
    # The header and its signature are made by `World.feed`.
    **{name: {} for name in ("earn_points", "record_behaviour")},
    "redeem_points": {"reduction_class": ReductionClass.II, "provider": BUYER, "commitment": commitment(300)},
    "donate_points": {"reduction_class": ReductionClass.II, "campaign_id": CAMPAIGN, "commitment": commitment(200)},
    "cancel_points": {"reduction_class": ReductionClass.II, "commitment": commitment(100)},
    "correct_points": {"batch_number": 1, "grams": 50, "commitment": NO_ENTRIES},
    "take_snapshot": {"reduction_class": ReductionClass.II, "after_batch": 1, "commitment": commitment(1000)},
    "cancel_campaign": {"campaign_id": CAMPAIGN, "reduction_class": ReductionClass.II},
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
    done_at: dict[OperationId, int] = field(default_factory=dict)
    """Time of each move that `do` or `make` made."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.model = LedgerModel(
            self.contracts,
            {address: [role] for role, address in self.keys.items()},
            self.timestamp,
            self.digest,
            self.feeds.signer_of,
        )

    @property
    def feeds(self) -> FeedDomain:
        """What feed headers are signed for."""
        return FeedDomain(self.contracts.chain_id, self.contracts.point_ledger)

    def header(self, kind: BatchKind = BatchKind.EARN, **changed: Any) -> FeedHeader:
        """The next header of an activity: what it says fits, but for what is changed."""
        behaviour = kind is BatchKind.BEHAVIOUR
        activity_id = changed.get("activity_id", BEHAVIOUR if behaviour else BIKES)
        activity = self.model.activity(activity_id)
        values: dict[str, Any] = {
            "kind": kind,
            "activity_id": activity_id,
            "methodology_id": activity.registration.methodology_id if activity else SCENARIO_METHODOLOGY,
            "reduction_class": activity.reduction_class if activity else ReductionClass.II,
            "sequence": self.model.next_sequence(activity_id),
            "first_day": PERIOD[0],
            "last_day": PERIOD[1],
            "root": some_hash(f"root of feed {next(self._numbers)}"),
            "total": 1000,
            "entry_count": 10,
            "file_hash": some_hash("file of feed"),
        }
        return FeedHeader(**values | changed)

    def feed(self, function: str = "earn_points", *, by: LocalSigner = FEED, **changed: Any) -> Move:
        """A move with a header that is signed as it is."""
        kind = BatchKind.EARN if function == "earn_points" else BatchKind.BEHAVIOUR
        header = self.header(**{"kind": kind, **changed})
        return self.move(function, header=header, signature=by.sign_typed_data(self.feeds.data(header)))

    def move(self, function: str, **changed: Any) -> Move:
        """A move with the default arguments but for those given, under a fresh operation id."""
        if function in {"earn_points", "record_behaviour"} and "header" not in changed:
            fed = self.feed(function).arguments
            changed = {"header": fed["header"], "signature": fed["signature"], **changed}
        number = next(self._numbers)
        sender = SENDERS[function]
        arguments = {
            "sender": self.keys[sender] if isinstance(sender, Role) else sender,
            "operation_id": OperationId(some_hash(f"operation {number}")),
            **DEFAULTS[function],
            "record_hash": RecordHash(some_hash(f"record {number}")),
        }
        arguments |= changed
        taken = arguments.get("commitment")
        if taken is not None and taken.root == commitment(0).root:  # a root of its own, unless another was asked for
            arguments["commitment"] = replace(taken, root=some_hash(f"root of batch {number}"))
        return Move(function, arguments)

    def digest_of(self, move: Move) -> Hash32:
        """Digest of a move's content, as the model and its counterpart have it."""
        return self.digest(move.function, move.arguments)

    def do(self, function: str, **changed: Any) -> Leaf:
        """Makes a move that the rules must allow; it is remembered in `moves`."""
        return self.make(self.move(function, **changed))

    def earn(self, total: int = 1000, **changed: Any) -> int:
        """Points of persons, of which nothing else is asked; the number of the batch."""
        self.make(self.feed(total=total, **changed))
        return self.model.batch_count

    def make(self, move: Move) -> Leaf:
        """As `do`, for a move that was made before."""
        self.model.timestamp += self.seconds_between
        leaf = move.apply(self.model)
        assert leaf is not None
        self.moves.append(move)
        self.done_at[move.operation_id] = leaf.timestamp
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
        """The same and four activities, and no lot yet."""
        self.prepared()
        self.do("register_activity")
        loose = {"methodology_id": SCENARIO_METHODOLOGY, "facility_id": ZERO_HASH, "pledge_hash": ZERO_HASH}
        self.do("register_activity", code="METRO-1", kind=ActivityKind.REDUCTION_SCENARIO, **loose)
        self.do("register_activity", code="STAIRS-1", kind=ActivityKind.BEHAVIOUR_SCENARIO, cap_grams=0, **loose)
        bikes = {"code": "BIKE-1", "kind": ActivityKind.REDUCTION_SCENARIO, "cap_grams": 10_000_000}
        self.do("register_activity", **bikes, **loose)
        return self

    def with_points(self) -> "World":
        """In a standard world, a provider, a campaign, and 1000 points of class II that persons have."""
        self.do("admit_provider")
        self.do("open_campaign")
        self.earn(1000)
        return self
