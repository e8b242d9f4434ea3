"""The log as a submitter sees it: whether an operation is applied, and which transaction applied it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from chain.deployment import Deployment
from chain.functions import Function, keccak256, word_of_address
from chain.hexes import from_data, from_quantity, to_data
from chain.logs import scan_logs
from chain.operations import ContractName, DoneOperation
from chain.rpc import Request, Rpc
from chain.wiring import topic
from ledger.ids import Address, Hash32, OperationId

LEAF_APPENDED = Function(
    "LeafAppended(uint64,bytes32,address,uint16,bytes32,address,address,uint128,bytes32,uint64,bytes32)"
)
OPERATION_DIGEST = Function("operationDigest(bytes32)")

_LEAF_TOPIC = topic(LEAF_APPENDED)
_IDS_PER_QUESTION = 100
_DATA_OFFSET = (96).to_bytes(32, "big")
NO_DIGEST = Hash32(bytes(32))


@dataclass(frozen=True, slots=True)
class TransparencyLogView:
    """Questions to the log of one deployment."""

    rpc: Rpc
    deployment: Deployment

    @property
    def address(self) -> Address:
        """Where the log stands."""
        return self.deployment.address(ContractName.TRANSPARENCY_LOG)

    def digest_request(self, operation_id: OperationId, block: str = "latest") -> Request:
        """Asks for the digest recorded under an id; zero if none is."""
        call = {"to": self.address.hex0x, "data": to_data(OPERATION_DIGEST.selector + operation_id)}
        return ("eth_call", [call, block])

    def digests(self, operation_ids: Iterable[OperationId], block: str = "latest") -> list[Hash32]:
        """The digests recorded under these ids, in order."""
        answers = self.rpc.batch(self.digest_request(operation_id, block) for operation_id in operation_ids)
        return [Hash32(from_data(answer, "eth_call")) for answer in answers]

    def leaves(self, first_block: int, last_block: int) -> list[DoneOperation]:
        """The operations whose leaves were appended in these blocks, both inclusive."""
        return [_done(log) for log in scan_logs(self.rpc, self.address, [_LEAF_TOPIC], first_block, last_block)]

    def leaves_of(self, operation_ids: Sequence[OperationId], last_block: int) -> dict[bytes, DoneOperation]:
        """Which transaction appended the leaf of each of these operations, of those that the node has an event for."""
        found: dict[bytes, DoneOperation] = {}
        for start in range(0, len(operation_ids), _IDS_PER_QUESTION):
            wanted = [operation_id.hex0x for operation_id in operation_ids[start : start + _IDS_PER_QUESTION]]
            topics: Sequence[Any] = [_LEAF_TOPIC, None, wanted]
            for log in scan_logs(self.rpc, self.address, topics, self.deployment.first_block, last_block):
                leaf = _done(log)
                found[leaf.operation_id] = leaf
        return found


def operation_digest(ledger: Address, sender: Address, calldata: bytes) -> Hash32:
    """`keccak256(abi.encode(ledger, sender, calldata))`: the content under an operation id (docs/spec/01 §1.5)."""
    padding = bytes(-len(calldata) % 32)
    head = word_of_address(ledger) + word_of_address(sender) + _DATA_OFFSET
    return Hash32(keccak256(head + len(calldata).to_bytes(32, "big") + calldata + padding))


def _done(log: dict[str, object]) -> DoneOperation:
    topics = log["topics"]
    assert isinstance(topics, list)  # noqa: S101 - the filter asked for three topics
    return DoneOperation(
        operation_id=OperationId(from_data(topics[2], "eth_getLogs")),
        transaction_hash=from_data(log["transactionHash"], "eth_getLogs"),
        block_number=from_quantity(log["blockNumber"], "eth_getLogs"),
        leaf_index=int.from_bytes(from_data(topics[1], "eth_getLogs"), "big"),
    )
