"""What the steps know of the bundle before them: each step adds what it has checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ledger.bundle import Bundle, LogProof, SealedReceiptProof
from ledger.checkpoints import Checkpoint
from ledger.errors import Json
from ledger.notes import Note
from ledger.verifier.trust import Level, NodeView, Trust
from ledger.verifier.verdict import Cosignature, SealedBlock

if TYPE_CHECKING:
    # Not at run time: their libraries are not everywhere.
    from ledger.seals.headers import Header, SealedHeader
    from ledger.seals.receipts import Receipt


class Refusal(Exception):  # noqa: N818 - an outcome, not a mistake
    """The step that runs refuses the bundle; the text says why."""


@dataclass(slots=True, kw_only=True)
class Case:
    """A bundle under verification."""

    data: bytes
    trust: Trust
    levels: tuple[Level, ...]
    """Those that the caller allows, strongest first; step `form` takes the first that the proof serves."""
    node: NodeView | None
    level: Level | None = None
    document: Json = None
    parsed: Bundle | None = None
    checkpoint: Checkpoint | None = None
    note: Note | None = None
    cosignatures: list[Cosignature] = field(default_factory=list)
    header: Header | None = None
    sealed: SealedHeader | None = None
    receipt: Receipt | None = None
    block: SealedBlock | None = None

    @property
    def bundle(self) -> Bundle:
        """The bundle, once step `form` has read it."""
        assert self.parsed is not None  # noqa: S101 - steps run in order
        return self.parsed

    @property
    def log_proof(self) -> LogProof:
        """The proof, where steps of a proof of type `log` run."""
        assert isinstance(self.bundle.proof, LogProof)  # noqa: S101 - the type chose the steps
        return self.bundle.proof

    @property
    def receipt_proof(self) -> SealedReceiptProof:
        """The proof, where steps of a proof of type `sealed-receipt` run."""
        assert isinstance(self.bundle.proof, SealedReceiptProof)  # noqa: S101 - the type chose the steps
        return self.bundle.proof

    @property
    def stated(self) -> Checkpoint:
        """The checkpoint, once step `checkpoint` has read it."""
        assert self.checkpoint is not None  # noqa: S101 - steps run in order
        return self.checkpoint


def require(holds: bool, reason: str) -> None:
    """Refuses unless something holds."""
    if not holds:
        raise Refusal(reason)
