"""Roots of the log as the audited chain has them: the node that an audit trusts, asked once for each size."""

from __future__ import annotations

from chain.deployment import Deployment
from chain.functions import keccak256
from chain.hexes import from_data, to_data
from chain.operations import ContractName
from chain.rpc import Rpc
from ledger.ids import Address, Hash32

_ROOT_AT = keccak256(b"rootAt(uint64)")[:4]
_SIZE = keccak256(b"size()")[:4]


class ChainRoots:
    """A `ledger.verifier.NodeView` of the deployment, whose chain the audit has checked before it began.

    Asked at the newest block: the log only grows, and nodes forget the state of older blocks.
    """

    def __init__(self, rpc: Rpc, deployment: Deployment) -> None:
        self._rpc = rpc
        self._log = deployment.address(ContractName.TRANSPARENCY_LOG)
        self._deployment = deployment
        self._known: dict[int, Hash32] = {}

    @property
    def chain_id(self) -> int:
        """The id of the chain."""
        return self._deployment.chain_id

    @property
    def genesis_hash(self) -> Hash32:
        """The hash of its first block."""
        return self._deployment.genesis_hash

    def root_at(self, log: Address, size: int) -> Hash32 | None:
        """`rootAt(size)`; None for another contract, and for a size that the log has not reached."""
        if log != self._log:
            return None
        if size not in self._known:
            if int.from_bytes(self._ask(_SIZE), "big") < size:
                return None
            self._known[size] = Hash32(self._ask(_ROOT_AT + size.to_bytes(32, "big")))
        return self._known[size]

    def root(self, size: int) -> Hash32 | None:
        """The same of the deployment's own log."""
        return self.root_at(self._log, size)

    def _ask(self, data: bytes) -> bytes:
        call = {"to": self._log.hex0x, "data": to_data(data)}
        return from_data(self._rpc.call("eth_call", [call, "latest"]), "eth_call")
