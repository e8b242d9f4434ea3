"""The steps in their order, and what becomes of the first that fails."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypedDict

from ledger.bundle import Bundle, CampaignCertificate, LotOpening, PointsCertificate, ReductionCertificate
from ledger.errors import InvalidInput, Json, ProofError, SealsNotInstalled
from ledger.ids import Address, LotId
from ledger.records import FIELD_NAMES
from ledger.verifier import common_steps, log_steps
from ledger.verifier.case import Case, Refusal
from ledger.verifier.trust import Level, NodeView, Trust
from ledger.verifier.verdict import Facts, Step, Verdict
from ledger.vocabulary import CancellationPurpose, ReductionClass

Check = Callable[[Case], None]
Steps = Sequence[tuple[Step, Check]]


class CertificateFacts(TypedDict, total=False):
    """What `Facts` has of some kinds of certificates only."""

    account: Address
    purpose: CancellationPurpose
    reduction_class: ReductionClass | None
    lot_id: LotId
    lot: LotOpening | None
    first_serial: int
    last_serial: int
    campaign_code: str


_COMMON: Final = (
    (Step(1, "size"), common_steps.size),
    (Step(2, "json"), common_steps.json),
    (Step(3, "form"), common_steps.form),
    (Step(4, "deployment"), common_steps.deployment),
    (Step(5, "record"), common_steps.record),
    (Step(6, "leaf"), common_steps.leaf),
    (Step(7, "subject"), common_steps.subject),
    (Step(8, "lot"), common_steps.lot),
    (Step(9, "agreement"), common_steps.agreement),
    (Step(10, "entry"), common_steps.entry),
)
_LOG: Final = (
    (Step(11, "checkpoint"), log_steps.checkpoint),
    (Step(12, "inclusion"), log_steps.inclusion),
)
_LOG_SIGNATURE: Final = (Step(13, "log-signature"), log_steps.log_signature)
_WITNESSES: Final = (Step(14, "witnesses"), log_steps.witnesses)
_CHAIN: Final = (Step(15, "chain"), log_steps.chain)
_SEALED: Final = (Step(11, "header"), Step(12, "seals"), Step(13, "receipt"), Step(14, "event"))
_LIBRARIES_OF_SEALS: Final = {"coincurve", "rlp", "sha3", "trie"}


def verify(data: bytes, trust: Trust, *, level: Level | None = None, node: NodeView | None = None) -> Verdict:
    """Verifies the bytes of a bundle against what is pinned.

    Without `level` it is the strongest that is pinned and that the bundle's proof serves; a node is asked only where no
    key is pinned for such a proof, or where `level` says so. Whatever the bytes are, the answer is a `Verdict`.

    Raises `InvalidInput` where nothing is pinned for the level (the caller's mistake), `SealsNotInstalled` where a
    sealed receipt is to be verified without the libraries for it, and what `node` raises.
    """
    case = Case(data=data, trust=trust, levels=_levels(trust, level, node), node=node)
    passed: list[Step] = []
    failed = _run(_COMMON, case, passed) or _run(_steps_of(case), case, passed)
    if failed is not None:
        step, reason = failed
        return Verdict(level=case.level, passed=tuple(passed), failed=step, reason=reason)
    return Verdict(level=case.level, passed=tuple(passed), facts=_facts(case))


def _run(steps: Steps, case: Case, passed: list[Step]) -> tuple[Step, str] | None:
    """Runs the steps up to the first that refuses: that one, and why."""
    for step, check in steps:
        if reason := _refused(check, case):
            return step, reason
        passed.append(step)
    return None


def _levels(trust: Trust, level: Level | None, node: NodeView | None) -> tuple[Level, ...]:
    """The levels that may be taken, strongest first."""
    pinned = (*trust.levels, *([Level.NODE] if node is not None else []))
    if not pinned:
        raise InvalidInput(
            "trust", "pin a log key, validators or a node: nothing is verified without", "an origin alone"
        )
    if level is None:
        return pinned
    if level not in pinned:
        raise InvalidInput("level", f"be one that is pinned: {', '.join(pinned)}", level.value)
    return (level,)


def _steps_of(case: Case) -> Steps:
    """The steps after the tenth, by proof and level."""
    match case.level:
        case Level.NODE:
            return (*_LOG, _CHAIN)
        case Level.LOG:
            return (*_LOG, _LOG_SIGNATURE)
        case Level.WITNESSED:
            return (*_LOG, _LOG_SIGNATURE, _WITNESSES)
        case _:
            return _sealed_steps()


def _sealed_steps() -> Steps:
    try:
        steps = importlib.import_module("ledger.verifier.sealed_steps")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _LIBRARIES_OF_SEALS:
            raise
        raise SealsNotInstalled(error.name or "") from None
    return tuple(zip(_SEALED, (steps.header, steps.seals, steps.receipt, steps.event), strict=True))


def _refused(check: Check, case: Case) -> str:
    """Why the step refuses; empty if it passes."""
    try:
        check(case)
    except Refusal as refusal:
        return f"{refusal}."
    except ProofError as error:
        return f"{error.reason}."
    except InvalidInput as error:
        return error.explain()
    return ""


def _facts(case: Case) -> Facts:
    """What was proved."""
    bundle, checkpoint = case.bundle, case.checkpoint
    shown = None if bundle.record is None else bundle.record.values
    return Facts(
        number=bundle.certificate.number,
        kind=bundle.certificate.KIND,
        grams=bundle.leaf.grams if bundle.entry is None else bundle.entry.entry.grams,
        timestamp=bundle.leaf.timestamp,
        origin=case.trust.origin,  # the bundle's too: step `deployment`
        fields=None if shown is None else {name: value for name, value in shown.items() if name != FIELD_NAMES},
        withheld=_withheld(shown or {}),
        entry={} if bundle.entry is None else bundle.entry.entry.values,
        leaf_index=bundle.leaf.index,
        log_size=None if checkpoint is None else checkpoint.size,
        log_root=None if checkpoint is None else checkpoint.root,
        cosignatures=tuple(case.cosignatures),
        block=case.block,
        **_of_certificate(bundle),
    )


def _of_certificate(bundle: Bundle) -> CertificateFacts:
    match bundle.certificate:
        case ReductionCertificate() as certificate:
            return {
                "account": bundle.leaf.from_account,
                "purpose": certificate.purpose,
                "reduction_class": None if certificate.lot is None else certificate.lot.reduction_class,
                "lot_id": certificate.lot_id,
                "lot": certificate.lot,
                "first_serial": certificate.first_serial,
                "last_serial": certificate.last_serial(bundle.leaf.grams),
            }
        case PointsCertificate() as certificate:
            return {"reduction_class": certificate.batch.reduction_class}
        case CampaignCertificate() as certificate:
            return {
                "purpose": certificate.purpose,
                "reduction_class": certificate.reduction_class,
                "campaign_code": certificate.campaign_code,
            }


def _withheld(shown: Mapping[str, Json]) -> tuple[str, ...]:
    """Names of the fields that the record keeps back, which step `record` has checked."""
    names = shown.get(FIELD_NAMES)
    return tuple(str(name) for name in names if name not in shown) if isinstance(names, list) else ()
