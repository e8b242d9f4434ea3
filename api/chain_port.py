"""What people's pages ask of the chain: who holds which role, whether an operation would pass, what a wallet sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from chain.operations import Operation
from ledger.errors import Refused
from ledger.ids import Address, Hash32
from ledger.records import Record, SaltSource
from ledger.vocabulary import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletTransaction:
    """A transaction as the node has it. `block_number` is None until a block took it; then `refusal` says why the
    ledger refused it, if it did.
    """

    hash: Hash32
    sender: Address
    to: Address | None
    data: bytes
    value: int
    block_number: int | None = None
    refusal: Refused | None = None


class ChainPort(Protocol):
    """All methods block and are called from threads. They raise `Unavailable` where the node does not answer."""

    @property
    def chain_id(self) -> int:
        """Of the chain that wallets must be on."""
        ...

    @property
    def salts(self) -> SaltSource:
        """Where the salts of records come from that wallets sign for."""
        ...

    def bodies_of(self, address: Address) -> frozenset[Role]:
        """The roles that the access manager says an address holds and may use at once; asked of the node again when
        the answer is older than five seconds.
        """
        ...

    def has_account(self, address: Address) -> bool:
        """Whether the account registry knows the address."""
        ...

    def try_operation(self, operation: Operation) -> None:
        """Raises the refusal if the ledger would refuse the operation now; nothing is sent."""
        ...

    def transaction_request(self, operation: Operation) -> Mapping[str, str]:
        """The operation as `eth_sendTransaction` takes it: legacy, free of charge, with the gas limit that the server
        would give it.
        """
        ...

    def keep_record(self, record: Record) -> None:
        """Keeps the record that a wallet is about to sign for, so that it is not lost whatever happens to its page."""
        ...

    def transaction(self, transaction_hash: Hash32, *, wait_seconds: float = 0.0) -> WalletTransaction | None:
        """What the node knows of a transaction. A wallet may send by another node, from which it comes here a moment
        later: `wait_seconds` says how long to look for it.
        """
        ...
