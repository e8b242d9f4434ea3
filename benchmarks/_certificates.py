"""Certificate bundles of the size that they really have: a log of a million leaves, a batch of a million entries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ledger import log_tree
from ledger.bulk.columns import Strings
from ledger.bulk.entries import ascending_order
from ledger.bulk.sum_tree import batch_tree
from ledger.bundle import (
    Bundle,
    CancelledBatch,
    Certificate,
    DeploymentIdentity,
    IssuedLot,
    Leaf,
    LogProof,
    PointsCertificate,
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

CHAIN_ID = 31_337
TIMESTAMP = 1_763_700_000
WITNESSES, QUORUM = 3, 2
SEED = 2025
GRAMS = 462_500_000


def digest(text: str) -> Hash32:
    """A hash that stands for something."""
    return Hash32(hashlib.sha256(text.encode()).digest())


def address(text: str) -> Address:
    """An address of somebody."""
    return Address(digest(text)[:20])


DEPLOYMENT = DeploymentIdentity(
    chain_id=CHAIN_ID,
    genesis_hash=digest("genesis"),
    transparency_log=address("transparency log"),
    reduction_ledger=address("reduction ledger"),
    point_ledger=address("point ledger"),
)
HOLDER = address("holder")
SALTS = DerivedSalts(digest("salt key of the operations"))
LOT = IssuedLot(
    activity_code="SH-PV-001",
    methodology_code="SHCI-02-2025",
    methodology_version=1,
    reduction_class=ReductionClass.I,
    period_first_day=20_089,
    period_last_day=20_453,
)


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A cancellation at a place of the log: everything of its bundle but the proof."""

    certificate: Certificate
    record: Record
    leaf: Leaf
    entry: EntryProof | None = None


def made_bundles(leaves: int, entries: int) -> tuple[dict[str, Bundle], Trust]:
    """Bundles by kind, `reductions` and `points`, out of one log of `leaves`, and what is pinned to verify them.

    Everything is shown, and the checkpoint has the log's line and those of all witnesses: no bundle of such a
    cancellation is larger.
    """
    cancelled = {
        "reductions": _cancelled_reductions(leaves // 3),
        "points": _cancelled_points(3 * leaves // 4, entries),
    }
    hashes = [hashlib.sha256(b"leaf of others %d" % index).digest() for index in range(leaves)]
    for one in cancelled.values():
        hashes[one.leaf.index] = one.leaf.hash(CHAIN_ID)
    log_key = SignerKey.generate(DEPLOYMENT.origin, KeyType.LOG)
    witnesses = [SignerKey.generate(f"witness-{number}.example", KeyType.WITNESS) for number in range(WITNESSES)]
    text = Checkpoint(DEPLOYMENT.origin, leaves, Hash32(log_tree.root(hashes))).text
    note = str(Note(text, tuple(key.sign(text, timestamp=TIMESTAMP) for key in (log_key, *witnesses))))
    trust = Trust(
        origin=DEPLOYMENT.origin,
        log_key=log_key.verifier,
        witnesses=tuple(key.verifier for key in witnesses),
        quorum=QUORUM,
    )
    return {kind: _bundle(one, hashes, note) for kind, one in cancelled.items()}, trust


def _bundle(cancellation: Cancellation, hashes: list[bytes], note: str) -> Bundle:
    path = log_tree.inclusion_proof(hashes, cancellation.leaf.index)
    return Bundle(
        deployment=DEPLOYMENT,
        certificate=cancellation.certificate,
        record=cancellation.record.disclose(cancellation.record.values),
        leaf=cancellation.leaf,
        entry=cancellation.entry,
        proof=LogProof(inclusion=tuple(map(Hash32, path)), checkpoint=note),
    )


def _cancelled_reductions(index: int) -> Cancellation:
    lot_id = LOT.lot_id(chain_id=CHAIN_ID, ledger=DEPLOYMENT.reduction_ledger)
    purpose = CancellationPurpose.EVENT_NEUTRALITY
    certificate = ReductionCertificate(number=512_345, lot_id=lot_id, purpose=purpose, first_serial=10**12, lot=LOT)
    said: dict[str, Json] = {
        "account": HOLDER.hex0x,
        "lot_id": lot_id.hex0x,
        "purpose": purpose.label,
        "event": "2025上海马拉松",
        "beneficiary": "上海某某体育发展有限公司",
    }
    return _cancelled(certificate, said, index=index, grams=GRAMS, account=HOLDER)


def _cancelled_points(index: int, entries: int) -> Cancellation:
    """One entry of a batch, near two thirds of it."""
    chance = np.random.default_rng(SEED)
    grams = chance.integers(1, 5_000, entries, np.uint64, endpoint=True)
    entry_ids, tags = (chance.integers(0, 256, (entries, 32), np.uint8) for _ in range(2))
    entry_ids = np.ascontiguousarray(entry_ids[ascending_order(entry_ids)])
    written = [b'{"reference":"cancel-%07d"}' % number for number in range(entries)]
    offsets = np.cumsum([0, *map(len, written)], dtype=np.int64)
    details = Strings(offsets, np.frombuffer(b"".join(written), np.uint8))
    salt_key = digest("salt key of the batch")
    tree = batch_tree(
        kind=BatchKind.CANCEL, grams=grams, entry_ids=entry_ids, account_tags=tags, details=details, salt_key=salt_key
    )
    place = 2 * entries // 3
    entry = Entry.salted(
        salt_key=salt_key,
        kind=BatchKind.CANCEL,
        grams=int(grams[place]),
        entry_id=Hash32(entry_ids[place].tobytes()),
        account_tag=Hash32(tags[place].tobytes()),
        details={"reference": f"cancel-{place:07}"},
    )
    proof = EntryProof(
        entry=entry.disclose(("account", "details")),
        index=place,
        size=entries,
        total=tree.total,
        root=tree.root,
        path=tuple(tree.proof(place)),
    )
    batch = CancelledBatch(
        number=365,
        reduction_class=ReductionClass.II,
        root=tree.root,
        total=tree.total,
        entry_count=entries,
        file_hash=digest("batch file"),
        first_certificate=10_000_000,
    )
    said: dict[str, Json] = {
        "class": batch.reduction_class.label,
        "batch_root": batch.root.hex0x,
        "entry_count": str(entries),
        "file_hash": batch.file_hash.hex0x,
    }
    certificate = PointsCertificate(number=batch.first_certificate + place, batch=batch)
    return _cancelled(certificate, said, index=index, grams=tree.total, entry=proof)


def _cancelled(
    certificate: Certificate,
    said: Mapping[str, Json],
    *,
    index: int,
    grams: int,
    account: Address = ZERO_ADDRESS,
    entry: EntryProof | None = None,
) -> Cancellation:
    operation_id = OperationId(digest(f"operation {index}"))
    whole: dict[str, Json] = {"rules": CURRENT_RULES, "quantity_gco2e": str(grams), **said}
    record = build_record(certificate.OPERATION, operation_id, whole, SALTS)
    of_reductions = certificate.OPERATION is OperationKind.REDUCTION_CANCELLED
    leaf = Leaf(
        index=index,
        kind=certificate.OPERATION,
        ledger=DEPLOYMENT.reduction_ledger if of_reductions else DEPLOYMENT.point_ledger,
        operation_id=operation_id,
        subject=certificate.subject,
        from_account=account,
        to_account=ZERO_ADDRESS,
        grams=grams,
        record_hash=record.hash,
        timestamp=TIMESTAMP,
    )
    return Cancellation(certificate, record, leaf, entry)
