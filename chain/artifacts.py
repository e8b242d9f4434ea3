"""The compiled contracts of a deployment, by `ContractName`."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from chain.compile import compile_contracts
from chain.functions import keccak256
from chain.operations import ContractName

SOURCES: dict[ContractName, tuple[str, str]] = {
    ContractName.ACCESS_MANAGER: ("src/access/SeparatedAccessManager.sol", "SeparatedAccessManager"),
    ContractName.TRANSPARENCY_LOG: ("src/log/TransparencyLog.sol", "TransparencyLog"),
    ContractName.ACCOUNT_REGISTRY: ("src/registries/AccountRegistry.sol", "AccountRegistry"),
    ContractName.METHODOLOGY_REGISTRY: ("src/registries/MethodologyRegistry.sol", "MethodologyRegistry"),
    ContractName.ACTIVITY_REGISTRY: ("src/registries/ActivityRegistry.sol", "ActivityRegistry"),
    ContractName.REDUCTION_LEDGER: ("src/ledgers/ReductionLedger.sol", "ReductionLedger"),
    ContractName.PROVIDER_REGISTRY: ("src/registries/ProviderRegistry.sol", "ProviderRegistry"),
    ContractName.CAMPAIGN_REGISTRY: ("src/registries/CampaignRegistry.sol", "CampaignRegistry"),
    ContractName.POINT_LEDGER: ("src/ledgers/PointLedger.sol", "PointLedger"),
}
"""Where each contract's source is and what it is called there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A compiled contract. `runtime` has zeros where immutables will stand, at `immutables`: (start, length)."""

    name: ContractName
    abi: tuple[dict[str, Any], ...]
    creation: bytes
    runtime: bytes
    immutables: tuple[tuple[int, int], ...]

    def is_code(self, code: bytes) -> bool:
        """Whether code found on chain is this contract's, whatever its immutables are."""
        return len(code) == len(self.runtime) and self._blanked(code) == self.runtime

    @property
    def creation_hash(self) -> bytes:
        """Keccak of the creation code without arguments: another compiler or source gives another."""
        return keccak256(self.creation)

    def _blanked(self, code: bytes) -> bytes:
        blanked = bytearray(code)
        for start, length in self.immutables:
            blanked[start : start + length] = bytes(length)
        return bytes(blanked)


@cache
def artifacts() -> dict[ContractName, Artifact]:
    """All contracts of a deployment, compiled or from the cache; raises `CompilationFailed`."""
    output = compile_contracts()
    return {name: _artifact(name, output[source][contract]) for name, (source, contract) in SOURCES.items()}


def _artifact(name: ContractName, compiled: dict[str, Any]) -> Artifact:
    deployed = compiled["evm"]["deployedBytecode"]
    places = (place for places in deployed.get("immutableReferences", {}).values() for place in places)
    return Artifact(
        name=name,
        abi=tuple(compiled["abi"]),
        creation=bytes.fromhex(compiled["evm"]["bytecode"]["object"]),
        runtime=bytes.fromhex(deployed["object"]),
        immutables=tuple(sorted((place["start"], place["length"]) for place in places)),
    )
