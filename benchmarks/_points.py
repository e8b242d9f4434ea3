"""What benchmarks of points share: accounts, methodologies, activities, and runs from files to anchored batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chain.composer import Composer
from chain.operations import Operation
from chain.signers import LocalSigner
from ledger.encoding import activity_id as encoded_activity_id
from ledger.encoding import methodology_id as encoded_methodology_id
from ledger.ids import ZERO_HASH, ActivityId, Address, Hash32, MethodologyId, OperationId
from ledger.quantification import Quantification
from ledger.units import civil_day_from_text
from ledger.vocabulary import (
    AccountKind,
    ActivityKind,
    BatchKind,
    Custody,
    MethodologyKind,
    ProviderMode,
    ReductionClass,
    Role,
)
from scripts.context import new_operation_id
from scripts.operating import OperatingContext
from scripts.operations import event_of
from scripts.points.anchoring import Anchoring, Outcome
from scripts.points.home import PointsHome
from scripts.points.instructions import Instructions, prepare_instructions
from scripts.points.mapping import load_feed_mapping
from scripts.points.prepare import BATCH_SIZE, prepare
from scripts.points.run_folder import CreditableDays, PreparedBatch, RunFolder, Terms
from scripts.points.sequences import Sequences
from scripts.points.signing import FeedSigning, SignedBatch

DOCUMENT = Hash32(bytes([1]) * 32)
"""Stands for the SHA-256 of documents that nobody wrote."""

FIRST_DAY = civil_day_from_text("2010-01-01")
LAST_DAY = civil_day_from_text("2099-12-31")
CAP_GRAMS = 10**15
FORMULA_PARAMETERS = {
    "per-trip": "grams_per_trip",
    "per-distance": "grams_per_km",
    "metered-energy": "grams_per_kwh",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A registered scenario that earns points."""

    activity_id: ActivityId
    methodology_id: MethodologyId
    reduction_class: ReductionClass
    quantification: Quantification


@dataclass(slots=True)
class World:
    """A ledger with one feed key for all of its scenarios. `seconds` of each stage add up over all runs."""

    context: OperatingContext
    home: PointsHome
    feed: LocalSigner = field(default_factory=LocalSigner.random)
    seconds: dict[str, float] = field(default_factory=dict)

    def perform(self, role: Role, make: Callable[[Composer, OperationId], Operation]) -> dict[str, object]:
        """Sends one operation and gives what its event says."""
        identifier = new_operation_id()
        status = self.context.submit(role, lambda composer: make(composer, identifier))
        return {"operation_id": identifier, **event_of(self.context, status)}

    def account(self, name: str) -> Address:
        """Opens an institution's account in the platform's custody."""
        address = self.context.names.account(f"ref:{name}")
        self.perform(
            Role.PLATFORM,
            lambda composer, identifier: composer.open_account(
                operation_id=identifier,
                account=address,
                kind=AccountKind.INSTITUTION,
                custody=Custody.PLATFORM,
                identity_commitment=self.context.names.commitment(name),
            ),
        )
        return address

    def provider(self, name: str) -> Address:
        """Opens and admits a mall provider."""
        address = self.account(name)
        self.perform(
            Role.EXCHANGE,
            lambda composer, identifier: composer.admit_provider(
                operation_id=identifier,
                account=address,
                mode=ProviderMode.THIRD_PARTY_MALL,
                application_hash=DOCUMENT,
                evaluation_hash=DOCUMENT,
                agreement_hash=DOCUMENT,
            ),
        )
        return address

    def scenario(
        self, code: str, operator: Address, reduction_class: ReductionClass, formula: Mapping[str, object]
    ) -> Scenario:
        """Publishes a methodology with its quantification and registers a scenario under it."""
        quantification = Quantification.from_json(dict(formula))  # type: ignore[arg-type]
        self.perform(
            Role.REGULATOR,
            lambda composer, identifier: composer.publish_methodology(
                operation_id=identifier,
                code=code,
                version=1,
                kind=MethodologyKind.SCENARIO,
                reduction_class=reduction_class,
                effective_first_day=FIRST_DAY,
                effective_last_day=LAST_DAY,
                document_hash=DOCUMENT,
                quantification=quantification,
            ),
        )
        methodology_id = encoded_methodology_id(code=code, version=1)
        self.perform(
            Role.REGULATOR,
            lambda composer, identifier: composer.register_activity(
                operation_id=identifier,
                code=code,
                kind=ActivityKind.REDUCTION_SCENARIO,
                methodology_id=methodology_id,
                operator_account=operator,
                feed_signer=self.feed.address,
                crediting_first_day=FIRST_DAY,
                crediting_last_day=LAST_DAY,
                facility_id=ZERO_HASH,
                pledge_hash=ZERO_HASH,
                cap_grams=CAP_GRAMS,
            ),
        )
        return Scenario(
            activity_id=encoded_activity_id(code=code),
            methodology_id=methodology_id,
            reduction_class=reduction_class,
            quantification=quantification,
        )

    def prepare(
        self,
        scenario: Scenario,
        name: str,
        mapping: Path,
        files: Sequence[Path],
        batch_size: int = BATCH_SIZE,
    ) -> list[PreparedBatch]:
        """Prepares a run of earned points."""
        read = load_feed_mapping(mapping)
        with self.timed("prepare"):
            return prepare(
                mapping=read,
                files=files,
                terms=Terms(
                    kind=BatchKind.EARN,
                    reduction_class=scenario.reduction_class,
                    party=Hash32(scenario.activity_id),
                    methodology_id=scenario.methodology_id,
                    creditable=CreditableDays.planned_now(FIRST_DAY, LAST_DAY),
                ),
                quantification=scenario.quantification,
                keys=self.home.prepare_keys(BatchKind.EARN, read.name),
                places=self.home.places(self.home.run(name)),
                batch_size=batch_size,
            )

    def sign(self, name: str) -> list[SignedBatch]:
        """Signs a run with the feed key."""
        context = self.context
        signing = FeedSigning(context.rpc, context.deployment, self.feed, Sequences(self.home.register()))
        with self.timed("sign"):
            return signing.sign_run(self.home.run(name))

    def anchor(self, run: RunFolder) -> Outcome:
        """Anchors a run."""
        with self.timed("anchor"):
            return Anchoring(self.context, self.home, run).anchor(lambda _done, _total: None)

    def index(self) -> None:
        """Brings the mirror up to the chain."""
        with self.timed("index"):
            self.context.bring_up()

    def instruct(
        self, kind: BatchKind, reduction_class: ReductionClass, party: Hash32, file: Path
    ) -> tuple[list[PreparedBatch], Outcome]:
        """Prepares and anchors instructions."""
        asked = Instructions(kind=kind, reduction_class=reduction_class, party=party, files=[file])
        run = prepare_instructions(self.home, asked)
        return run.headers(), self.anchor(run)

    def timed(self, stage: str) -> _Timed:
        """Adds the seconds of the block to a stage."""
        return _Timed(self.seconds, stage)


@dataclass(slots=True)
class _Timed:
    seconds: dict[str, float]
    stage: str
    started: float = 0.0

    def __enter__(self) -> None:
        self.started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.seconds[self.stage] = self.seconds.get(self.stage, 0.0) + time.perf_counter() - self.started


def formula(kind: str, factor: str, ranges: Mapping[str, list[int]] | None = None) -> dict[str, object]:
    """A quantification's document, rounded half up."""
    parameters = {FORMULA_PARAMETERS[kind]: factor}
    return {"format": 1, "formula": kind, "parameters": parameters, "rounding": "half-up", "ranges": dict(ranges or {})}
