"""The header of a feed's batch, as its operator signs it and as the point ledger checks it
(docs/spec/05-points.md §5.3; `IPointLedger.hashFeedHeader`)."""

from chain.deployment import Deployment
from chain.operations import ContractName
from chain.signers import TypedDataSigner
from chain.typed_data import Domain, TypedData, read_signature, signer_of
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


def feed_data(header: FeedHeader, deployment: Deployment) -> TypedData:
    """What the activity's feed signer signs; `OutOfRange` for a number that does not fit its place."""
    domain = Domain(
        name="Tanpuhui PointLedger",
        version="1",
        chain_id=deployment.chain_id,
        contract=deployment.address(ContractName.POINT_LEDGER),
    )
    values = (
        *(int(header.kind), header.activity_id, header.methodology_id, int(header.reduction_class), header.sequence),
        *(header.first_day, header.last_day, header.root, header.total, header.entry_count, header.file_hash),
    )
    return domain.typed_data("FeedHeader", _MEMBERS, values)


def sign_feed(header: FeedHeader, deployment: Deployment, signer: TypedDataSigner) -> bytes:
    """The operator's signature, 65 bytes. `SigningFailed`, `NodeUnreachable` for a silent external signer."""
    return signer.sign_typed_data(feed_data(header, deployment))


def feed_signer_of(header: FeedHeader, signature: bytes, deployment: Deployment) -> Address | None:
    """Who signed the header for this chain and contract: any other header gives another address, or None."""
    read = read_signature(signature)
    return None if read is None else signer_of(feed_data(header, deployment).digest, read)


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
