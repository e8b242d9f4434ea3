"""The deployment, the log leaf and the proof of a bundle (docs/spec/08-certificates.md §8.1, §8.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from ledger import encoding
from ledger.bundle import reading
from ledger.errors import InvalidBundle, Json
from ledger.ids import Address, Hash32, LeafHash, RecordHash
from ledger.vocabulary import OperationKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentIdentity:
    """What the origin of a log is made of (§7.1): the chain, its log, and the ledgers that give certificate numbers."""

    chain_id: int
    genesis_hash: Hash32
    transparency_log: Address
    reduction_ledger: Address
    point_ledger: Address

    NAMES: ClassVar[tuple[str, ...]] = (
        "chain_id",
        "genesis_hash",
        "transparency_log",
        "reduction_ledger",
        "point_ledger",
    )

    @property
    def id(self) -> Hash32:
        """The deployment id."""
        return encoding.deployment_id(
            chain_id=self.chain_id,
            genesis_hash=self.genesis_hash,
            transparency_log=self.transparency_log,
            reduction_ledger=self.reduction_ledger,
            point_ledger=self.point_ledger,
        )

    @property
    def origin(self) -> str:
        """First line of the log's checkpoints and name of its key."""
        return encoding.log_origin(chain_id=self.chain_id, deployment_id=self.id)

    def to_json(self) -> dict[str, Json]:
        """As a bundle has it."""
        return {
            "chain_id": self.chain_id,
            "genesis_hash": self.genesis_hash.hex0x,
            "transparency_log": self.transparency_log.hex0x,
            "reduction_ledger": self.reduction_ledger.hex0x,
            "point_ledger": self.point_ledger.hex0x,
        }

    @classmethod
    def from_json(cls, document: Json) -> Self:
        """Reads what `to_json` wrote; `InvalidBundle` for anything else."""
        given = reading.members("deployment", document, cls.NAMES)
        return cls(
            chain_id=reading.whole(given["chain_id"], "chain_id"),
            genesis_hash=reading.fixed(Hash32, given["genesis_hash"], "genesis_hash"),
            transparency_log=reading.fixed(Address, given["transparency_log"], "transparency_log"),
            reduction_ledger=reading.fixed(Address, given["reduction_ledger"], "reduction_ledger"),
            point_ledger=reading.fixed(Address, given["point_ledger"], "point_ledger"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A leaf of the transparency log, in full, and its place. `timestamp` is the block's, in seconds since 1970 UTC."""

    index: int
    kind: OperationKind
    ledger: Address
    operation_id: Hash32
    subject: Hash32
    from_account: Address
    to_account: Address
    grams: int
    record_hash: RecordHash
    timestamp: int

    NAMES: ClassVar[tuple[str, ...]] = (
        "index",
        "kind",
        "ledger",
        "operation_id",
        "subject",
        "from",
        "to",
        "quantity_gco2e",
        "record_hash",
        "timestamp",
    )

    def hash(self, chain_id: int) -> LeafHash:
        """The leaf's hash in the log of this chain."""
        return encoding.log_leaf(
            chain_id=chain_id,
            ledger=self.ledger,
            kind=self.kind,
            operation_id=self.operation_id,
            subject=self.subject,
            from_account=self.from_account,
            to_account=self.to_account,
            grams=self.grams,
            record_hash=self.record_hash,
            timestamp=self.timestamp,
        )

    def to_json(self) -> dict[str, Json]:
        """As a bundle has it."""
        return {
            "index": self.index,
            "kind": self.kind.label,
            "ledger": self.ledger.hex0x,
            "operation_id": self.operation_id.hex0x,
            "subject": self.subject.hex0x,
            "from": self.from_account.hex0x,
            "to": self.to_account.hex0x,
            "quantity_gco2e": str(self.grams),
            "record_hash": self.record_hash.hex0x,
            "timestamp": self.timestamp,
        }

    @classmethod
    def from_json(cls, document: Json) -> Self:
        """Reads what `to_json` wrote; `InvalidBundle` for anything else."""
        given = reading.members("leaf", document, cls.NAMES)
        return cls(
            index=reading.whole(given["index"], "index"),
            kind=reading.word(OperationKind, given["kind"], "leaf.kind"),
            ledger=reading.fixed(Address, given["ledger"], "ledger"),
            operation_id=reading.fixed(Hash32, given["operation_id"], "operation_id"),
            subject=reading.fixed(Hash32, given["subject"], "subject"),
            from_account=reading.fixed(Address, given["from"], "from"),
            to_account=reading.fixed(Address, given["to"], "to"),
            grams=reading.decimal(given["quantity_gco2e"], "quantity_gco2e", bits=128),
            record_hash=reading.fixed(RecordHash, given["record_hash"], "record_hash"),
            timestamp=reading.whole(given["timestamp"], "timestamp"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProof:
    """The leaf is in the log that a checkpoint states: a signed note, or the checkpoint's unsigned text alone."""

    inclusion: tuple[Hash32, ...]
    """Lowest first."""
    checkpoint: str

    TYPE: ClassVar[str] = "log"

    def to_json(self) -> dict[str, Json]:
        """As a bundle has it."""
        inclusion: list[Json] = [member.hex0x for member in self.inclusion]
        return {"type": self.TYPE, "inclusion": inclusion, "checkpoint": self.checkpoint}

    @classmethod
    def from_json(cls, document: Json) -> Self:
        """Reads what `to_json` wrote; `InvalidBundle` for anything else."""
        given = reading.members("proof", document, ("type", "inclusion", "checkpoint"))
        inclusion = reading.listed(given["inclusion"], "inclusion")
        return cls(
            inclusion=tuple(reading.fixed(Hash32, member, "inclusion") for member in inclusion),
            checkpoint=reading.text(given["checkpoint"], "checkpoint"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedReceiptProof:
    """The log emitted the leaf in a block that validators sealed: header and receipt path as the chain has them."""

    header: bytes
    """RLP, with its seals."""
    transaction_index: int
    log_position: int
    """Place of the event within the receipt, from 0."""
    path: tuple[bytes, ...]
    """Nodes of the receipt trie, from the root down."""

    TYPE: ClassVar[str] = "sealed-receipt"

    def to_json(self) -> dict[str, Json]:
        """As a bundle has it."""
        path: list[Json] = ["0x" + node.hex() for node in self.path]
        return {
            "type": self.TYPE,
            "header": "0x" + self.header.hex(),
            "transaction_index": self.transaction_index,
            "log_position": self.log_position,
            "path": path,
        }

    @classmethod
    def from_json(cls, document: Json) -> Self:
        """Reads what `to_json` wrote; `InvalidBundle` for anything else."""
        names = ("type", "header", "transaction_index", "log_position", "path")
        given = reading.members("proof", document, names)
        path = reading.listed(given["path"], "path")
        return cls(
            header=reading.data(given["header"], "header"),
            transaction_index=reading.whole(given["transaction_index"], "transaction_index"),
            log_position=reading.whole(given["log_position"], "log_position"),
            path=tuple(reading.data(node, "path") for node in path),
        )


Proof = LogProof | SealedReceiptProof


def read_proof(document: Json) -> Proof:
    """Reads a proof of any type; `InvalidBundle` for anything else."""
    kind = document.get("type") if isinstance(document, dict) else None
    match kind:
        case LogProof.TYPE:
            return LogProof.from_json(document)
        case SealedReceiptProof.TYPE:
            return SealedReceiptProof.from_json(document)
        case _:
            raise InvalidBundle("proof.type", "be log or sealed-receipt", kind)
