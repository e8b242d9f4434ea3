"""The header of a feed's batch, as its operator signs it and as the point ledger checks it
(docs/spec/05-points.md §5.3; `IPointLedger.hashFeedHeader`)."""

from dataclasses import dataclass

from chain.deployment import Deployment
from chain.operations import ContractName
from chain.signers import TypedDataSigner
from chain.typed_data import Domain, TypedData, signer_of
from ledger import encoding
from ledger.batches import BatchCommitment, FeedHeader
from ledger.ids import Address, Hash32, OperationId
from ledger.vocabulary import BatchKind, ReductionClass

_MEMBERS = (
    ("kind", "uint8"),
    ("activityId", "bytes32"),
    ("methodologyId", "bytes32"),
    ("class", "uint8"),
    ("sequence", "uint64"),
    ("firstDay", "uint32"),
    ("lastDay", "uint32"),
    ("root", "bytes32"),
    ("total", "uint64"),
    ("entryCount", "uint64"),
    ("fileHash", "bytes32"),
)


@dataclass(frozen=True, slots=True)
class FeedDomain:
    """One point ledger on one chain: what is signed for it is signed for no other."""

    chain_id: int
    ledger: Address

    def data(self, header: FeedHeader) -> TypedData:
        """What the activity's feed signer signs; `OutOfRange` for a number that does not fit its place."""
        domain = Domain(name="Tanpuhui PointLedger", version="1", chain_id=self.chain_id, contract=self.ledger)
        words = (
            *(int(header.kind), header.activity_id, header.methodology_id, int(header.reduction_class)),
            *(header.sequence, header.first_day, header.last_day),
            *(header.root, header.total, header.entry_count, header.file_hash),
        )
        return domain.typed_data("FeedHeader", _MEMBERS, words)

    def signer_of(self, header: FeedHeader, signature: bytes) -> Address | None:
        """Who signed, as the contract finds it; any other header gives another address. None: no such signature."""
        return signer_of(self.data(header).digest, signature)


def feed_domain(deployment: Deployment) -> FeedDomain:
    """The deployment's own."""
    return FeedDomain(deployment.chain_id, deployment.address(ContractName.POINT_LEDGER))


def sign_feed(header: FeedHeader, deployment: Deployment, signer: TypedDataSigner) -> bytes:
    """The operator's signature, 65 bytes. `SigningFailed`, `NodeUnreachable` for a silent external signer."""
    return signer.sign_typed_data(feed_domain(deployment).data(header))


def feed_signer_of(header: FeedHeader, signature: bytes, deployment: Deployment) -> Address | None:
    """As `FeedDomain.signer_of`, for this deployment."""
    return feed_domain(deployment).signer_of(header, signature)


def feed_operation_id(header: FeedHeader, deployment: Deployment) -> OperationId:
    """The id that an earn or behaviour batch is anchored under: the same however often it is prepared."""
    return batch_operation_id(
        kind=header.kind,
        reduction_class=header.reduction_class,
        party=header.activity_id,
        commitment=header.commitment,
        deployment=deployment,
        sequence=header.sequence,
    )


def batch_operation_id(
    *,
    kind: BatchKind,
    reduction_class: ReductionClass,
    party: Hash32,
    commitment: BatchCommitment,
    deployment: Deployment,
    sequence: int = 0,
) -> OperationId:
    """The id that a batch is anchored under (§5.3, tag 0x41). Not for corrections, of which two may look alike."""
    return encoding.batch_operation_id(
        chain_id=deployment.chain_id,
        ledger=deployment.address(ContractName.POINT_LEDGER),
        kind=kind,
        reduction_class=reduction_class,
        party=party,
        sequence=sequence,
        root=commitment.root,
        total=commitment.total,
        file_hash=commitment.file_hash,
    )
