"""Logs of our contracts as a node writes them, encoded with eth-abi, independently of `chain.events`."""

from typing import Any

from eth_abi.abi import encode

from chain import events
from chain.events import SIGNATURES, Signature
from chain.operations import ContractName
from ledger.ids import Address
from ledger.model import Contracts, Leaf

CHAIN_ID = 31_337
CODE = b"\x60\x00"
ADDRESSES = {name: Address(bytes(19) + bytes([0xC0 + i])) for i, name in enumerate(ContractName)}
CONTRACTS = Contracts(
    chain_id=CHAIN_ID,
    account_registry=ADDRESSES[ContractName.ACCOUNT_REGISTRY],
    methodology_registry=ADDRESSES[ContractName.METHODOLOGY_REGISTRY],
    activity_registry=ADDRESSES[ContractName.ACTIVITY_REGISTRY],
    reduction_ledger=ADDRESSES[ContractName.REDUCTION_LEDGER],
    provider_registry=ADDRESSES[ContractName.PROVIDER_REGISTRY],
    campaign_registry=ADDRESSES[ContractName.CAMPAIGN_REGISTRY],
    point_ledger=ADDRESSES[ContractName.POINT_LEDGER],
)

Log = dict[str, Any]


def encode_log(contract: ContractName, event: type[Any], *values: Any) -> Log:
    """A log as a node writes it, without its place in a block. Values in the order of the declaration."""
    signature = Signature.parse(SIGNATURES[contract][event])
    topics, types, rest = [signature.topic], [], []
    for parameter, value in zip(signature.parameters, values, strict=True):
        if parameter.indexed:
            topics.append("0x" + encode([parameter.abi_type], [_plain(parameter.abi_type, value)]).hex())
        else:
            types.append(parameter.abi_type)
            rest.append(_plain(parameter.abi_type, value))
    return {"address": ADDRESSES[contract].hex0x, "topics": topics, "data": "0x" + encode(types, rest).hex()}


def _plain(abi_type: str, value: Any) -> Any:
    """What eth-abi takes: integers for lots, text for addresses."""
    if abi_type.startswith("uint"):
        return int.from_bytes(value, "big") if isinstance(value, bytes) else int(value)
    if abi_type.startswith("("):
        return tuple(_plain(kind, member) for kind, member in zip(abi_type[1:-1].split(","), value, strict=True))
    if abi_type == "address":
        return "0x" + bytes(value).hex()
    return bytes(value) if isinstance(value, bytes) else value


def leaf_log(leaf: Leaf) -> Log:
    """LeafAppended."""
    return encode_log(
        ContractName.TRANSPARENCY_LOG,
        events.LeafAppended,
        leaf.index,
        leaf.operation_id,
        leaf.ledger,
        leaf.kind,
        leaf.subject,
        leaf.from_account,
        leaf.to_account,
        leaf.grams,
        leaf.record_hash,
        leaf.timestamp,
        leaf.hash,
    )
