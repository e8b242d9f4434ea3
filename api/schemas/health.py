"""Health and deployment."""

from typing import Literal

from api.schemas.common import Account, Answered, Hash, Index, Model


class Live(Model):
    """The process answers."""

    status: Literal["live"]


class ReadyAnswer(Answered):
    """The index can be read, and nothing is known against it."""

    status: Literal["ready"]
    lag_seconds: Index
    """Age of the last indexed block."""


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
