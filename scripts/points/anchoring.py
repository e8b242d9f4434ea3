"""Anchors the batches of a run: each file is checked again, then sent in order, many in flight, each once.

The id of an operation follows from its batch (spec §5.3), so that whoever starts again, after being killed anywhere,
finds what the log has and sends the rest. When one is refused, those after it are held back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from chain.composer import Composer
from chain.feeds import batch_operation_id, feed_operation_id, feed_signer_of
from chain.leaves import NO_DIGEST, TransparencyLogView
from chain.operations import ContractName, Operation, OperationState, OperationStatus
from chain.reverts import refusal_of_status
from chain.submitter import Submitter
from indexer.batch_files import check_batch, read_batch
from indexer.entry_index import EntryIndex
from ledger.batches import NO_ENTRIES, BatchCommitment
from ledger.errors import InvalidInput, Json
from ledger.ids import Address, CampaignId, Hash32, OperationId
from ledger.vocabulary import BatchKind, Role
from scripts.operating import OperatingContext
from scripts.operations import event_of
from scripts.points.errors import EntriesElsewhere, SignedOtherwise
from scripts.points.home import PointsHome
from scripts.points.run_folder import PreparedBatch, RunFolder
from scripts.points.signing import SignedBatch, prepared_batches, signed_batches

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A batch and the id under which it is anchored. `signed` for the kinds that operators sign."""

    batch: PreparedBatch
    operation_id: OperationId
    signed: SignedBatch | None = None
    correction: Correction | None = None

    @property
    def name(self) -> str:
        """For messages."""
        return f"batch {self.batch.number} (file 0x{(self.batch.file_hash or b'').hex()[:8]}…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a correction says besides its entries: chosen once, kept in the run's folder."""

    operation_id: OperationId
    batch_number: int
    grams: int
    reason: str
    fields: dict[str, Json]

    def to_json(self) -> dict[str, Json]:
        """As it stands in `correction.json`."""
        return {
            "operation_id": self.operation_id.hex0x,
            "batch_number": self.batch_number,
            "grams": str(self.grams),
            "reason": self.reason,
            "fields": self.fields,
        }

    @classmethod
    def from_json(cls, document: Json) -> Correction:
        """What `to_json` wrote."""
        if not isinstance(document, dict) or not isinstance(document.get("fields"), dict):
            raise InvalidInput("correction", "be what `points correct` wrote", document)
        fields = document["fields"]
        assert isinstance(fields, dict)  # noqa: S101 - as just seen
        return cls(
            operation_id=OperationId.from_hex(document["operation_id"], "operation_id"),
            batch_number=int(str(document["batch_number"])),
            grams=int(str(document["grams"])),
            reason=str(document["reason"]),
            fields=fields,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """A batch that is in the log, and what the chain decided about it. Quantities in g CO2e."""

    sending: Sending
    status: OperationStatus
    number: int
    withheld: int
    bought_back: int
    first_certificate: int


@dataclass(slots=True)
class Outcome:
    """What became of a run."""

    anchored: list[Anchored] = field(default_factory=list)
    sent: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


class Anchoring:
    """One run on its way to the chain."""

    def __init__(self, context: OperatingContext, home: PointsHome, run: RunFolder) -> None:
        self._context = context
        self._home = home
        self._run = run
        self._log = TransparencyLogView(context.rpc, context.deployment)
        self._ledger = context.deployment.address(ContractName.POINT_LEDGER)
        self._plan = run.plan
        self.outcome = Outcome()

    def sendings(self) -> list[Sending]:
        """Every batch of the run with its id; raises for what is unfinished, unsigned or signed for another ledger."""
        batches = prepared_batches(self._run)
        if batches[0].kind is BatchKind.CORRECT:
            return [self._correcting(batches)]
        if batches[0].kind.is_of_feed:
            return [self._of_signed(signed) for signed in signed_batches(self._run, batches)]
        return [Sending(batch=batch, operation_id=self._operation_id(batch)) for batch in batches]

    def anchor(self, progress: Progress) -> Outcome:
        """Sends what is not in the log, waits until it is, and lets the index of entries know.

        Raises the refusal of the first batch that the contract refuses (what came before it stays anchored), for a
        file that is not what its header says `MalformedBatch`, `CorruptBatch`, `NotFound`, `EntriesElsewhere`, and
        `RunBusy` while somebody else is at the run.
        """
        with self._run.alone():
            return self._anchor(progress)

    def _anchor(self, progress: Progress) -> Outcome:
        sendings = self.sendings()
        role = Role.REGULATOR if sendings[0].batch.kind is BatchKind.CORRECT else Role.PLATFORM
        self._context.signer(role)  # no key, nothing begun
        self._context.resume([role])
        missing = self._missing(sendings)
        self._context.outbox.take_up([sending.operation_id for sending in missing])
        self.outcome.sent = len(missing)
        progress(0, len(sendings))
        started = time.perf_counter()
        with self._context.submission(role) as submitter:
            refused = self._send(submitter, sendings, missing, self._context.composer(role), progress)
        self.outcome.seconds["anchor"] = time.perf_counter() - started
        if refused:
            raise refusal_of_status(refused[0])
        self._settle(sendings)
        return self.outcome

    def _send(
        self,
        submitter: Submitter,
        sendings: Sequence[Sending],
        missing: Sequence[Sending],
        composer: Composer,
        progress: Progress,
    ) -> list[OperationStatus]:
        """Sends what is missing and gives what was refused."""
        refused: list[OperationStatus] = []
        operations = self._operations(missing, composer, refused)
        if first := next(operations, None):
            submitter.submit(first)  # is tried first, so that a refusal costs no transaction
        self._report(progress, sendings, missing, 1)
        for done, status in enumerate(submitter.submit_many(operations, batch=1), start=2):
            if status.state is OperationState.REFUSED:
                refused.append(status)
            self._report(progress, sendings, missing, done)
        return refused

    # Checks

    def check(self, sending: Sending) -> None:
        """Holds the batch's file to its header, and its entries to those of all other batches."""
        batch = sending.batch
        assert batch.file_hash is not None  # noqa: S101 - a batch with entries has both
        assert batch.root is not None  # noqa: S101
        path = self._home.store.local(batch.file_hash)
        columns = read_batch(path)
        check_batch(
            columns,
            path=path,
            root=batch.root,
            total=batch.total,
            entry_count=batch.entry_count,
            kind=batch.kind,
            reduction_class=batch.reduction_class,
        )
        if batch.kind is BatchKind.SNAPSHOT:
            return
        index = self._home.index
        index.add(columns, batch.file_hash)
        found = index.find(columns.entry_ids, besides=batch.file_hash)
        elsewhere = found.batch >= 0
        if elsewhere.any():
            row = int(elsewhere.argmax())
            raise EntriesElsewhere(
                sending.name,
                int(elsewhere.sum()),
                Hash32(columns.entry_ids[row].tobytes()),
                index.batches[int(found.batch[row])].file_hash,
            )

    def _of_signed(self, signed: SignedBatch) -> Sending:
        deployment = self._context.deployment
        if (signed.chain_id, signed.ledger) != (deployment.chain_id, self._ledger):
            rule = f"be signed for chain {deployment.chain_id} and {self._ledger.hex0x}"
            raise SignedOtherwise("chain_id and point_ledger", rule, f"signed/{signed.batch.number:05d}.json")
        header = signed.header
        if feed_signer_of(header, signed.signature, deployment) != signed.signer:
            rule = f"be a signature of {signed.signer.hex0x} over this header"
            raise SignedOtherwise("signature", rule, f"signed/{signed.batch.number:05d}.json")
        return Sending(batch=signed.batch, operation_id=feed_operation_id(header, deployment), signed=signed)

    def _operation_id(self, batch: PreparedBatch) -> OperationId:
        return batch_operation_id(
            kind=batch.kind,
            reduction_class=batch.reduction_class,
            party=batch.party,
            commitment=commitment_of(batch),
            deployment=self._context.deployment,
        )

    def _correcting(self, batches: Sequence[PreparedBatch]) -> Sending:
        if len(batches) != 1:
            raise InvalidInput("run", "hold one batch: a correction has one", len(batches))
        correction = Correction.from_json(self._run.correction())
        return Sending(batch=batches[0], operation_id=correction.operation_id, correction=correction)

    # Sending

    def _missing(self, sendings: Sequence[Sending]) -> list[Sending]:
        digests = self._log.digests(sending.operation_id for sending in sendings)
        return [sending for sending, digest in zip(sendings, digests, strict=True) if digest == NO_DIGEST]

    def _operations(
        self, sendings: Sequence[Sending], composer: Composer, refused: Sequence[OperationStatus]
    ) -> Iterator[Operation]:
        """Checked and made one after the other, while those before are in flight; no more once one is refused."""
        for sending in sendings:
            if refused:
                return
            started = time.perf_counter()
            self.check(sending)
            seconds = self.outcome.seconds
            seconds["check"] = seconds.get("check", 0.0) + time.perf_counter() - started
            yield self._operation(sending, composer)

    def _operation(self, sending: Sending, composer: Composer) -> Operation:
        """The operation that anchors a batch."""
        batch, identifier = sending.batch, sending.operation_id
        fields = self._fields()
        if sending.signed is not None:
            earn = batch.kind is BatchKind.EARN
            make = composer.earn_points if earn else composer.record_behaviour
            signed = sending.signed
            return make(operation_id=identifier, header=signed.header, signature=signed.signature, fields=fields)
        commitment = commitment_of(batch)
        if sending.correction is not None:
            correction = sending.correction
            return composer.correct_points(
                operation_id=identifier,
                batch_number=correction.batch_number,
                grams=correction.grams,
                reason=correction.reason,
                commitment=commitment,
                fields={**fields, **correction.fields},
            )
        of_class = batch.reduction_class
        match batch.kind:
            case BatchKind.REDEEM:
                return composer.redeem_points(
                    operation_id=identifier,
                    reduction_class=of_class,
                    provider=Address(batch.party[12:]),
                    commitment=commitment,
                    fields=fields,
                )
            case BatchKind.DONATE:
                return composer.donate_points(
                    operation_id=identifier,
                    reduction_class=of_class,
                    campaign_id=CampaignId(batch.party),
                    commitment=commitment,
                    fields=fields,
                )
            case BatchKind.CANCEL:
                return composer.cancel_points(
                    operation_id=identifier, reduction_class=of_class, commitment=commitment, fields=fields
                )
            case _:
                return composer.take_snapshot(
                    operation_id=identifier,
                    reduction_class=of_class,
                    after_batch=int.from_bytes(batch.party, "big"),
                    commitment=commitment,
                    fields=fields,
                )

    def _fields(self) -> dict[str, Json]:
        """How the batch came about, for the record: the same whenever it is made again."""
        if not isinstance(self._plan, dict):
            return {}
        names = ("source", "mapping", "networks", "files", "quantification")
        return {name: self._plan[name] for name in names if self._plan.get(name)}

    @staticmethod
    def _report(progress: Progress, sendings: Sequence[Sending], missing: Sequence[Sending], done: int) -> None:
        progress(len(sendings) - len(missing) + min(done, len(missing)), len(sendings))

    # Afterwards

    def _settle(self, sendings: Sequence[Sending]) -> None:
        started = time.perf_counter()
        for sending in sendings:
            anchored = self._anchored(sending)
            self.outcome.anchored.append(anchored)
            settle(self._home.index, anchored)
        self.outcome.seconds["settle"] = time.perf_counter() - started

    def _anchored(self, sending: Sending) -> Anchored:
        status = self._context.outbox.status(sending.operation_id)
        if status is None or status.state is not OperationState.DONE:
            rule = "know what it sent: another database anchored this batch, and only that one can go on with the run"
            raise InvalidInput("outbox", rule, sending.operation_id.hex0x)
        said = event_of(self._context, status)
        return Anchored(
            sending=sending,
            status=status,
            number=int(said["batch_number"]),
            withheld=_grams(said, "withheld_gco2e"),
            bought_back=_grams(said, "bought_back_gco2e"),
            first_certificate=int(said.get("first_certificate", 0)),
        )


def settle(index: EntryIndex, anchored: Anchored) -> None:
    """The index of entries learns what the chain has taken. Again changes nothing."""
    batch = anchored.sending.batch
    if batch.kind is not BatchKind.SNAPSHOT and batch.file_hash is not None:
        index.settle(batch.file_hash, number=anchored.number, withheld=anchored.withheld)


def commitment_of(batch: PreparedBatch) -> BatchCommitment:
    """What the chain is given of a batch's entries."""
    if batch.root is None or batch.file_hash is None:
        return NO_ENTRIES
    return BatchCommitment(root=batch.root, total=batch.total, entry_count=batch.entry_count, file_hash=batch.file_hash)


def _grams(said: dict[str, object], name: str) -> int:
    found = said.get(name)
    return int(getattr(found, "grams", 0))
