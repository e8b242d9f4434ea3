"""Roots of the log as the audited chain has them: the node that an audit trusts, asked once for each size."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

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
        self._reached = 0

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
        self.learn((size,))
        return self._known.get(size)

    def root(self, size: int) -> Hash32 | None:
        """The same of the deployment's own log."""
        return self.root_at(self._log, size)

    def learn(self, sizes: Iterable[int]) -> None:
        """Asks for the roots of these sizes together, of those that the log has reached."""
        wanted = sorted({size for size in sizes if size not in self._known and self._has_reached(size)})
        answers = self._rpc.batch(("eth_call", self._call(_ROOT_AT + size.to_bytes(32, "big"))) for size in wanted)
        for size, answer in zip(wanted, answers, strict=True):
            self._known[size] = Hash32(from_data(answer, "eth_call"))

    def _has_reached(self, size: int) -> bool:
        if size > self._reached:
            answer = self._rpc.call("eth_call", self._call(_SIZE))
            self._reached = int.from_bytes(from_data(answer, "eth_call"), "big")
        return size <= self._reached

    def _call(self, data: bytes) -> list[Any]:
        return [{"to": self._log.hex0x, "data": to_data(data)}, "latest"]
