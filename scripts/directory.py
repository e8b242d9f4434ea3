"""What is registered, asked of the contracts themselves."""

from __future__ import annotations

from typing import Any

from chain.deployment import Deployment
from chain.functions import Function, decode
from chain.hexes import from_data, to_data
from chain.operations import ContractName
from chain.rpc import Rpc
from ledger.ids import ActivityId, Address, MethodologyId
from ledger.vocabulary import AccountStatus, ActivityStatus, MethodologyStatus, ReductionClass
from scripts.names import ActivityTerms

_ACCOUNT_OF = Function("accountOf(address)")
_METHODOLOGY_OF = Function("methodologyOf(bytes32)")
_ACTIVITY_OF = Function("activityOf(bytes32)")
_ACCOUNT = ("uint8", "uint8", "uint8", "bytes32")
_METHODOLOGY = ("((string,uint32,uint8,uint8,uint32,uint32,bytes32),uint8)",)
_REGISTRATION = "(string,uint8,bytes32,address,address,uint32,uint32,bytes32,bytes32,uint128)"
_ACTIVITY = (f"({_REGISTRATION},uint8,uint8,uint128,uint128,uint128)",)


class ChainDirectory:
    """`scripts.names.Directory` by questions to the node."""

    def __init__(self, rpc: Rpc, deployment: Deployment) -> None:
        self._rpc = rpc
        self._deployment = deployment

    def account_exists(self, account: Address) -> bool:
        """Whether the account was ever opened."""
        data = _ACCOUNT_OF.encode(account)
        _, status, _, _ = self._ask(ContractName.ACCOUNT_REGISTRY, data, _ACCOUNT)
        return AccountStatus.from_number(status) is not AccountStatus.UNKNOWN

    def methodology_class(self, methodology_id: MethodologyId) -> ReductionClass | None:
        """The class of a published version; None if there is none."""
        data = _METHODOLOGY_OF.encode(methodology_id)
        ((publication, status),) = self._ask(ContractName.METHODOLOGY_REGISTRY, data, _METHODOLOGY)
        if status == MethodologyStatus.UNKNOWN:
            return None
        return ReductionClass.from_number(publication[3])

    def activity_terms(self, activity_id: ActivityId) -> ActivityTerms | None:
        """The terms of a registered activity; None if there is none."""
        data = _ACTIVITY_OF.encode(activity_id)
        ((registration, status, reduction_class, _, _, _),) = self._ask(ContractName.ACTIVITY_REGISTRY, data, _ACTIVITY)
        if status == ActivityStatus.UNKNOWN:
            return None
        return ActivityTerms(MethodologyId(registration[2]), ReductionClass.from_number(reduction_class))

    def _ask(self, contract: ContractName, data: bytes, types: tuple[str, ...]) -> tuple[Any, ...]:
        call = {"to": self._deployment.address(contract).hex0x, "data": to_data(data)}
        return decode(types, from_data(self._rpc.call("eth_call", [call, "latest"]), "eth_call"))
