"""What this server finds when it verifies a bundle that it serves, said as it is.

The checks are those of `ledger.verifier`, on the very bytes that are served. Where the bundle's checkpoint is signed
and this instance was told the log's keys, they rest on these; else on this server's own copy of the log, which says no
more than that its tables agree, and that is said with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from api.log_keys import LogKeys
from api.repository import deployment, log
from api.repository.snapshots import Snapshot
from chain.operations import ContractName
from indexer.certificate_bundles import Contradiction
from ledger import encoding
from ledger.ids import Address, Hash32
from ledger.verifier import Level, Trust, Verdict, verify

_COMMON = ("size", "json", "form", "deployment", "record", "leaf", "subject", "lot", "agreement", "entry")
_OF_LOG = ("checkpoint", "inclusion")
_STEPS = {
    Level.NODE: (*_COMMON, *_OF_LOG, "chain"),
    Level.LOG: (*_COMMON, *_OF_LOG, "log-signature"),
    Level.WITNESSED: (*_COMMON, *_OF_LOG, "log-signature", "witnesses"),
}
_NUMBERS = {name: number for number, name in enumerate((*_COMMON, *_OF_LOG, "log-signature", "witnesses", "chain"), 1)}
"""As docs/spec/08-certificates.md §8.5 counts them."""

STEP_NAMES = tuple(_NUMBERS)
"""Of every level."""


class Outcome(StrEnum):
    """What is said about a certificate."""

    VERIFIED = "verified"
    REFUSED = "refused"
    UNCHECKED = "unchecked"


class StepState(StrEnum):
    """What became of a step."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not_run"


class CheckedStep(NamedTuple):
    """A step of §8.5 and what became of it."""

    number: int
    name: str
    state: StepState


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is said about a certificate, and on whose word. Nothing is verified unless `outcome` says so."""

    outcome: Outcome
    level: Level | None = None
    """`NODE` stands for this server's own copy of the log."""
    weak: str | None = None
    """Why it rests on less than it might: a text of `locales`."""
    steps: tuple[CheckedStep, ...] = ()
    reason: str = ""
    """Why the failed step failed, in the verifier's words."""
    contradictions: tuple[Contradiction, ...] = ()
    unchecked: str | None = None
    """Why nothing was checked: a text of `locales`, for which `reason` is filled in as `why`."""

    @property
    def failed(self) -> CheckedStep | None:
        """The step that failed."""
        return next((step for step in self.steps if step.state is StepState.FAILED), None)


class MirrorView:
    """A `ledger.verifier.NodeView` of the mirror: what this server itself says of chain and log."""

    def __init__(self, snapshot: Snapshot) -> None:
        binding = deployment.binding(snapshot)
        contracts = {name: Address(bytes(address)) for name, address, _ in binding.contracts}
        self._snapshot = snapshot
        self._log = contracts[ContractName.TRANSPARENCY_LOG]
        self.chain_id = binding.chain_id
        self.genesis_hash = Hash32(binding.genesis_hash)
        deployment_id = encoding.deployment_id(
            chain_id=self.chain_id,
            genesis_hash=self.genesis_hash,
            transparency_log=self._log,
            reduction_ledger=contracts[ContractName.REDUCTION_LEDGER],
            point_ledger=contracts[ContractName.POINT_LEDGER],
        )
        self.origin = encoding.log_origin(chain_id=self.chain_id, deployment_id=deployment_id)

    def root_at(self, log_address: Address, size: int) -> Hash32 | None:
        """Root of the mirrored log at this size; None where it is another log, or has not grown so far."""
        if log_address != self._log or size > self._snapshot.as_of.log_size:
            return None
        return Hash32(log.root_of(self._snapshot, size))


def check(
    snapshot: Snapshot,
    data: bytes,
    log_keys: LogKeys | None,
    *,
    signed: bool,
    contradictions: tuple[Contradiction, ...] = (),
) -> Finding:
    """Verifies a bundle that this server made; `signed` says whether a published checkpoint covers it."""
    mirror = MirrorView(snapshot)
    if signed and log_keys is not None and log_keys.log_key.name == mirror.origin:
        trust = Trust(
            origin=mirror.origin,
            log_key=log_keys.log_key,
            witnesses=log_keys.witnesses,
            quorum=log_keys.quorum,
        )
        level = Level.WITNESSED if log_keys.witnesses else Level.LOG
        verdict = verify(data, trust, level=level)
        if level is Level.WITNESSED and verdict.failed is not None and verdict.failed.name == "witnesses":
            # Too few of them are no mark against the certificate: a checkpoint is published with those that came.
            return _finding(verify(data, trust, level=Level.LOG), Level.LOG, "few_witnesses", contradictions)
        return _finding(verdict, level, None, contradictions)
    weak = "why_no_key" if signed else "why_no_checkpoint"
    verdict = verify(data, Trust(origin=mirror.origin), level=Level.NODE, node=mirror)
    return _finding(verdict, Level.NODE, weak, contradictions)


def not_checked(why: str, reason: str = "") -> Finding:
    """Nothing could be checked, for this reason."""
    return Finding(outcome=Outcome.UNCHECKED, unchecked=why, reason=reason)


def _finding(verdict: Verdict, level: Level, weak: str | None, contradictions: tuple[Contradiction, ...]) -> Finding:
    return Finding(
        outcome=Outcome.VERIFIED if verdict.verified and not contradictions else Outcome.REFUSED,
        level=level,
        weak=weak,
        steps=tuple(_steps(verdict, level)),
        reason=verdict.reason,
        contradictions=contradictions,
    )


def _steps(verdict: Verdict, level: Level) -> Iterator[CheckedStep]:
    passed = {step.name for step in verdict.passed}
    failed = None if verdict.failed is None else verdict.failed.name
    for name in _STEPS[level]:
        state = StepState.PASSED if name in passed else StepState.FAILED if name == failed else StepState.NOT_RUN
        yield CheckedStep(_NUMBERS[name], name, state)
