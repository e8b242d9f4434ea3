"""Certificate bundles without a chain: an in-memory log, its key, three witnesses, and cancellations of every kind.

The same in every run. `BundleWorld()` has a good bundle of each kind; `World.bundle` makes what a test needs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ledger import log_tree, sum_tree
from ledger.bundle import (
    BoughtBackLot,
    Bundle,
    CampaignCertificate,
    CancelledBatch,
    Certificate,
    DeploymentIdentity,
    IssuedLot,
    Leaf,
    LogProof,
    LotOpening,
    PointsCertificate,
    Proof,
    ReductionCertificate,
)
from ledger.checkpoints import Checkpoint
from ledger.entries import Entry, EntryProof
from ledger.errors import Json
from ledger.ids import ZERO_ADDRESS, Address, Hash32, OperationId
from ledger.notes import KeyType, Note, SignerKey
from ledger.records import CURRENT_RULES, DerivedSalts, Record, build_record
from ledger.verifier import Trust
from ledger.vocabulary import BatchKind, CancellationPurpose, OperationKind, ReductionClass

NOISE_BEFORE: Final = 5
"""Leaves of others before the first cancellation."""
TIMESTAMP: Final = 1_763_700_000
COSIGNED_AT: Final = 1_763_700_060
LOT: Final = IssuedLot(
    activity_code="SH-PV-001",
    methodology_code="SHCI-02-2025",
    methodology_version=1,
    reduction_class=ReductionClass.I,
    period_first_day=20_089,
    period_last_day=20_453,
)


def digest(text: str) -> Hash32:
    """A hash that stands for something."""
    return Hash32(hashlib.sha256(text.encode()).digest())


def address(text: str) -> Address:
    """An address of somebody."""
    return Address(digest(text)[:20])


HOLDER: Final = address("holder")
BOUGHT_BACK: Final = BoughtBackLot(redeem_operation_id=digest("redemption"), reduction_class=ReductionClass.II)


def signer(name: str, key_type: KeyType) -> SignerKey:
    """A key that is the same in every run."""
    return SignerKey(name, key_type, digest(f"seed of {name}"))


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A cancellation that is in the log: what a bundle of it is made of, but for the proof."""

    certificate: Certificate
    record: Record
    leaf: Leaf
    entry: EntryProof | None = None


@dataclass(slots=True)
class BundleWorld:
    """A deployment, its log and those who stand behind it."""

    chain_id: int = 31_337
    leaves: list[bytes] = field(default_factory=list)
    salts: DerivedSalts = field(default_factory=lambda: DerivedSalts(b"salt key of the bundles"))
    numbers: int = 0
    deployment: DeploymentIdentity = field(init=False)
    log_key: SignerKey = field(init=False)
    witness_keys: tuple[SignerKey, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.deployment = DeploymentIdentity(
            chain_id=self.chain_id,
            genesis_hash=digest(f"genesis of {self.chain_id}"),
            transparency_log=address("transparency log"),
            reduction_ledger=address("reduction ledger"),
            point_ledger=address("point ledger"),
        )
        self.log_key = signer(self.deployment.origin, KeyType.LOG)
        self.witness_keys = tuple(signer(f"witness-{letter}.example", KeyType.WITNESS) for letter in "abc")
        self.add_noise(NOISE_BEFORE)

    # What happens

    def add_noise(self, count: int) -> None:
        """Leaves of others."""
        self.leaves += [digest(f"leaf {len(self.leaves) + number}") for number in range(count)]

    def cancel_reductions(
        self,
        *,
        grams: int = 462_500_000,
        purpose: CancellationPurpose = CancellationPurpose.EVENT_NEUTRALITY,
        lot: LotOpening = LOT,
        first_serial: int = 1,
        fields: Mapping[str, Json] | None = None,
    ) -> Cancellation:
        """A holder cancels reductions."""
        lot_id = lot.lot_id(chain_id=self.chain_id, ledger=self.deployment.reduction_ledger)
        certificate = ReductionCertificate(
            number=self._next_number(), lot_id=lot_id, purpose=purpose, first_serial=first_serial, lot=lot
        )
        said: dict[str, Json] = {
            "rules": CURRENT_RULES,
            "account": HOLDER.hex0x,
            "lot_id": lot_id.hex0x,
            "quantity_gco2e": str(grams),
            "purpose": purpose.label,
            **(
                {"event": "上海马拉松", "beneficiary": "上海某某有限公司", "note": {"seat": [1, 2]}}
                if fields is None
                else fields
            ),
        }
        return self._cancelled(certificate, said, grams, account=HOLDER)

    def cancel_points(self, *, entries: int = 5, index: int = 3, grams: int = 1_200) -> Cancellation:
        """A batch of cancelled points, and the certificate of one entry of it."""
        made = [self._entry(number, grams + number) for number in range(entries)]
        leaves = [(one.grams, one.leaf) for one in made]
        root = sum_tree.sum_root(leaves)
        first = self._next_number()
        self.numbers += entries - 1
        batch = CancelledBatch(
            number=7,
            reduction_class=ReductionClass.II,
            root=Hash32(root.hash),
            total=root.grams,
            entry_count=entries,
            file_hash=digest("batch file"),
            first_certificate=first,
        )
        said: dict[str, Json] = {
            "rules": CURRENT_RULES,
            "class": batch.reduction_class.label,
            "batch_root": batch.root.hex0x,
            "entry_count": str(entries),
            "file_hash": batch.file_hash.hex0x,
            "quantity_gco2e": str(batch.total),
        }
        proof = EntryProof(
            entry=made[index].disclose(("account", "details")),
            index=index,
            size=entries,
            total=batch.total,
            root=batch.root,
            path=tuple(sum_tree.inclusion_proof(leaves, index)),
        )
        return self._cancelled(PointsCertificate(number=first + index, batch=batch), said, batch.total, entry=proof)

    def cancel_campaign(self, *, grams: int = 88_000_000) -> Cancellation:
        """A campaign's donated points are cancelled."""
        certificate = CampaignCertificate(
            number=self._next_number(),
            campaign_code="MARATHON-2025",
            reduction_class=ReductionClass.II,
            purpose=CancellationPurpose.EVENT_NEUTRALITY,
        )
        said: dict[str, Json] = {
            "rules": CURRENT_RULES,
            "campaign_id": certificate.campaign_id.hex0x,
            "class": certificate.reduction_class.label,
            "event": "上海马拉松",
        }
        return self._cancelled(certificate, said, grams)

    # What is shown of it

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        """The log's checkpoint at a size."""
        count = len(self.leaves) if size is None else size
        return Checkpoint(self.deployment.origin, count, Hash32(log_tree.root(self.leaves[:count])))

    def note(
        self,
        checkpoint: Checkpoint,
        *,
        log_keys: Sequence[SignerKey] | None = None,
        witnesses: Sequence[SignerKey] | None = None,
    ) -> str:
        """The checkpoint signed by the log's key and cosigned by every witness, or by those given."""
        signers = [*([self.log_key] if log_keys is None else log_keys)]
        signers += self.witness_keys if witnesses is None else witnesses
        lines = tuple(key.sign(checkpoint.text, timestamp=COSIGNED_AT + number) for number, key in enumerate(signers))
        return str(Note(checkpoint.text, lines))

    def log_proof(
        self, cancellation: Cancellation, *, size: int | None = None, checkpoint: str | None = None
    ) -> LogProof:
        """The proof that the cancellation is in the log of a size."""
        stated = self.checkpoint(size)
        path = log_tree.inclusion_proof(self.leaves[: stated.size], cancellation.leaf.index)
        return LogProof(
            inclusion=tuple(map(Hash32, path)), checkpoint=self.note(stated) if checkpoint is None else checkpoint
        )

    def bundle(
        self, cancellation: Cancellation, *, proof: Proof | None = None, shown: Iterable[str] | None = None
    ) -> Bundle:
        """The bundle of a cancellation; `shown` names the fields that its record shows, all unless given."""
        record = cancellation.record
        return Bundle(
            deployment=self.deployment,
            certificate=cancellation.certificate,
            record=record.disclose(record.values if shown is None else shown),
            leaf=cancellation.leaf,
            entry=cancellation.entry,
            proof=self.log_proof(cancellation) if proof is None else proof,
        )

    def trust(self, *, quorum: int = 2) -> Trust:
        """Everything pinned but validators; `quorum` 0 leaves the witnesses out."""
        return Trust(
            origin=self.deployment.origin,
            log_key=self.log_key.verifier,
            witnesses=tuple(key.verifier for key in self.witness_keys) if quorum else (),
            quorum=quorum,
        )

    def _next_number(self) -> int:
        self.numbers += 1
        return self.numbers

    def _entry(self, number: int, grams: int) -> Entry:
        return Entry.salted(
            salt_key=digest("salt key of the batch"),
            kind=BatchKind.CANCEL,
            grams=grams,
            entry_id=digest(f"entry {number}"),
            account_tag=digest(f"person {number}"),
            details={"reference": f"cancel-{number}"},
        )

    def _cancelled(
        self,
        certificate: Certificate,
        said: Mapping[str, Json],
        grams: int,
        *,
        account: Address = ZERO_ADDRESS,
        entry: EntryProof | None = None,
    ) -> Cancellation:
        """Appends the leaf, and two leaves of others."""
        operation_id = OperationId(digest(f"operation {len(self.leaves)}"))
        record = build_record(certificate.OPERATION, operation_id, said, self.salts)
        of_reductions = certificate.OPERATION is OperationKind.REDUCTION_CANCELLED
        leaf = Leaf(
            index=len(self.leaves),
            kind=certificate.OPERATION,
            ledger=self.deployment.reduction_ledger if of_reductions else self.deployment.point_ledger,
            operation_id=operation_id,
            subject=certificate.subject,
            from_account=account,
            to_account=ZERO_ADDRESS,
            grams=grams,
            record_hash=record.hash,
            timestamp=TIMESTAMP + len(self.leaves),
        )
        self.leaves.append(leaf.hash(self.chain_id))
        self.add_noise(2)
        return Cancellation(certificate, record, leaf, entry)


def good_bundles(world: BundleWorld) -> dict[str, Bundle]:
    """A good bundle of each kind, with more and with less shown, by name."""
    issued, bought = world.cancel_reductions(), world.cancel_reductions(lot=BOUGHT_BACK, first_serial=462_500_001)
    points, campaign = world.cancel_points(), world.cancel_campaign()
    alone = world.cancel_points(entries=1, index=0)
    whole = world.bundle(issued)
    return {
        "reductions": whole,
        "reductions-narrow": whole.hide(("beneficiary", "event", "account"), lot=True),
        "reductions-without-record": replace(whole, record=None),
        "reductions-bought-back": world.bundle(bought),
        "points": world.bundle(points),
        "points-narrow": world.bundle(points).hide(("rules",), entry_fields=("account", "details")),
        "points-alone": world.bundle(alone),
        "campaign": world.bundle(campaign),
        "unsigned": world.bundle(campaign, proof=world.log_proof(campaign, checkpoint=world.checkpoint().text)),
    }
