"""The events port over a node."""

from enum import Enum
from typing import Any

from api.events_port import EventRow
from chain.deployment import Deployment
from chain.events import EventDecoder
from chain.hexes import from_data, from_quantity
from chain.logs import scan_logs_of
from chain.operations import ContractName
from chain.rpc import Rpc
from ledger.ids import Address


class ChainEvents:
    """`api.events_port.EventsPort` for one deployment."""

    def __init__(self, rpc: Rpc, deployment: Deployment) -> None:
        self._rpc = rpc
        self._deployment = deployment
        self._decoder = EventDecoder({name: contract.address for name, contract in deployment.contracts.items()})

    def events(self, first_block: int, last_block: int) -> list[EventRow]:
        """See the port."""
        addresses = [Address.from_hex(address) for address in self._decoder.addresses]
        logs = list(scan_logs_of(self._rpc, addresses, [], first_block, last_block))
        decoded = self._decoder.decode_all(logs)
        return [self._row(log, event) for log, event in zip(logs, decoded, strict=True)]

    def _row(self, log: dict[str, Any], event: Any) -> EventRow:
        method = "eth_getLogs"
        contract = self._deployment.name_of(from_data(log["address"], method))
        assert isinstance(contract, ContractName)  # noqa: S101 - the decoder knows its contracts
        return EventRow(
            from_quantity(log["blockNumber"], method),
            from_data(log["blockHash"], method),
            from_data(log["transactionHash"], method),
            from_quantity(log["logIndex"], method),
            contract.value,
            type(event).__name__,
            _arguments(event),
        )


def _arguments(event: Any) -> dict[str, object]:
    return {name: _plain(value) for name, value in event._asdict().items()}


def _plain(value: Any) -> object:
    """One value: words by their label, whole numbers as decimal strings, bytes as 0x-hex, tuples by name."""
    match value:
        case Enum():
            return str(getattr(value, "label", value.name))
        case bytes():
            return "0x" + value.hex()
        case int():
            return str(value)
        case str():
            return value
        case _:
            return _arguments(value)
