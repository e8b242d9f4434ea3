"""Health and deployment."""

from typing import Literal

from api.schemas.common import Account, Answered, Hash, Index, Model


class Live(Model):
    """The process answers."""

    status: Literal["live"]


class OpenHalt(Model):
    """Why the index stopped."""

    code: str
    detected_at: Index
    block_number: Index


class ReadyAnswer(Answered):
    """The index can be read."""

    status: Literal["ready", "halted"]
    lag_seconds: Index
    """Age of the last indexed block."""
    open_halts: list[OpenHalt]


class Contract(Model):
    """A contract of the deployment."""

    name: str
    address: Account
    code_hash: Hash
    """Keccak-256 of the deployed code."""


class DeploymentAnswer(Answered):
    """What the index is bound to, for ever."""

    chain_id: Index
    genesis_hash: Hash
    first_block: Index
    contracts: list[Contract]
