"""The deployment file: on which chain the contracts stand, where, and what code they have there."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from chain.functions import keccak256
from chain.hexes import from_data, from_quantity, malformed
from chain.operations import ContractName
from chain.rpc import Request, Rpc
from ledger.canonical import parse_strict
from ledger.encoding import deployment_id, log_origin
from ledger.errors import DeploymentFileMissing, InvalidInput, InvalidJson, NotDeployed, WrongChain, WrongGenesis
from ledger.files import write_whole
from ledger.ids import Address, Hash32

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedContract:
    """Where a contract stands, and the Keccak of the code found there when it was deployed."""

    address: Address
    code_hash: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One set of contracts on one chain.

    `first_block` is the block of the first contract: no event is older. `deployer` is the key that deployed and has no
    role any more.
    """

    chain_id: int
    genesis_hash: Hash32
    first_block: int
    deployer: Address
    contracts: Mapping[ContractName, DeployedContract]

    def address(self, name: ContractName) -> Address:
        """Where the contract stands."""
        return self.contracts[name].address

    @property
    def origin(self) -> str:
        """First line of the log's checkpoints and name of its key (docs/spec/07-log.md §7.1)."""
        identifier = deployment_id(
            chain_id=self.chain_id,
            genesis_hash=self.genesis_hash,
            transparency_log=self.address(ContractName.TRANSPARENCY_LOG),
            reduction_ledger=self.address(ContractName.REDUCTION_LEDGER),
            point_ledger=self.address(ContractName.POINT_LEDGER),
        )
        return log_origin(chain_id=self.chain_id, deployment_id=identifier)

    def name_of(self, address: bytes) -> ContractName | None:
        """The contract at an address, or None if none of ours is there."""
        return next((name for name, contract in self.contracts.items() if contract.address == address), None)

    def check(self, rpc: Rpc) -> None:
        """Whether the node serves the chain and the contracts of this deployment: one batch, for every start.

        Raises `WrongChain`, `WrongGenesis`, `NotDeployed`, and what the node's failure raises. Roles are not looked at:
        see `chain.verification`.
        """
        names = list(self.contracts)
        requests: list[Request] = [("eth_chainId", []), ("eth_getBlockByNumber", ["0x0", False])]
        requests += [("eth_getCode", [self.address(name).hex0x, "latest"]) for name in names]
        chain_id, genesis, *codes = rpc.batch(requests)
        found_chain = from_quantity(chain_id, "eth_chainId")
        if found_chain != self.chain_id:
            raise WrongChain(self.chain_id, found_chain)
        found_genesis = block_hash(genesis)
        if found_genesis != self.genesis_hash:
            raise WrongGenesis(self.chain_id, found_chain, self.genesis_hash, found_genesis)
        for name, code in zip(names, codes, strict=True):
            if keccak256(from_data(code, "eth_getCode")) != self.contracts[name].code_hash:
                raise NotDeployed(name.value, self.address(name))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads a deployment file; `DeploymentFileMissing` if there is none, `InvalidInput` if it is malformed."""
        try:
            content = parse_strict(path.read_bytes())
        except FileNotFoundError:
            raise DeploymentFileMissing(str(path)) from None
        except OSError as error:
            raise InvalidInput(str(path), "be a deployment file that can be read", error.strerror) from None
        except InvalidJson as error:
            raise InvalidInput(str(path), f"be a deployment file, so it must {error.rule}", error.value) from None
        try:
            return cls._from_json(content)
        except (KeyError, TypeError, ValueError, AttributeError, InvalidInput) as error:
            raise InvalidInput(str(path), "be a deployment file of format 1", str(error)) from None

    def save(self, path: Path) -> None:
        """Writes the file whole or not at all."""
        write_json(path, self._to_json())

    @classmethod
    def _from_json(cls, content: Any) -> Self:
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}")
        return cls(
            chain_id=int(content["chain_id"]),
            genesis_hash=Hash32.from_hex(content["genesis_hash"]),
            first_block=int(content["first_block"]),
            deployer=Address.from_hex(content["deployer"]),
            contracts={
                name: DeployedContract(
                    address=Address.from_hex(content["contracts"][name]["address"]),
                    code_hash=Hash32.from_hex(content["contracts"][name]["code_hash"]),
                )
                for name in ContractName
            },
        )

    def _to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "chain_id": self.chain_id,
            "genesis_hash": self.genesis_hash.hex0x,
            "first_block": self.first_block,
            "deployer": self.deployer.hex0x,
            "contracts": {
                name.value: {"address": contract.address.hex0x, "code_hash": contract.code_hash.hex0x}
                for name, contract in self.contracts.items()
            },
        }


def block_hash(block: Any) -> Hash32:
    """The hash of a block as the node answered it; `RpcFailure` if it answered none."""
    if not isinstance(block, dict):
        raise malformed("eth_getBlockByNumber", block, "a block")
    return Hash32(from_data(block.get("hash"), "eth_getBlockByNumber"))


def write_json(path: Path, content: dict[str, Any]) -> None:
    """JSON on disk that everybody may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(content, indent=2).encode() + b"\n", mode=0o644)
