"""What the `deployed` fixture gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chain.deployment import Deployment
from chain.node import AnvilNode
from chain.rpc import RpcClient
from chain.signers import LocalSigner
from ledger.ids import Address
from ledger.vocabulary import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """Contracts, wired and verified, on a running anvil, with a key in memory for every body."""

    node: AnvilNode
    deployment: Deployment
    path: Path
    signers: Mapping[Role, LocalSigner]
    deployer: LocalSigner

    @property
    def rpc(self) -> RpcClient:
        """A client of the node."""
        return self.node.rpc

    @property
    def holders(self) -> dict[Role, Address]:
        """The address of every body."""
        return {role: signer.address for role, signer in self.signers.items()}
