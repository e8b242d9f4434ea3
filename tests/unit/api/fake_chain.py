"""A chain port in memory: who holds which role, and what wallets sent, is said beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from api.chain_port import WalletTransaction
from chain.operations import ContractName, Operation
from ledger.errors import NodeUnreachable, Refused
from ledger.ids import Address, Hash32
from ledger.records import RandomSalts, Record, SaltSource
from ledger.vocabulary import Role
from tests.unit.api.fake_port import SENDERS

CHAIN_ID = 20_259
CONTRACTS = {name: Address(bytes(19) + bytes([0xC0 + place])) for place, name in enumerate(ContractName)}


@dataclass
class FakeChain:
    """`down`: the node does not answer. `refusal`: what the ledger would refuse any operation with."""

    chain_id: int = CHAIN_ID
    salts: SaltSource = field(default_factory=RandomSalts)
    roles: dict[Address, frozenset[Role]] = field(
        default_factory=lambda: {address: frozenset({role}) for role, address in SENDERS.items()}
    )
    accounts: set[Address] = field(default_factory=set)
    down: bool = False
    refusal: Refused | None = None
    kept: list[Record] = field(default_factory=list)
    transactions: dict[Hash32, WalletTransaction] = field(default_factory=dict)

    def bodies_of(self, address: Address) -> frozenset[Role]:
        self._answer()
        return self.roles.get(address, frozenset())

    def has_account(self, address: Address) -> bool:
        self._answer()
        return address in self.accounts

    def try_operation(self, operation: Operation) -> None:
        self._answer()
        if self.refusal is not None:
            raise self.refusal

    def transaction_request(self, operation: Operation) -> Mapping[str, str]:
        return {
            "from": operation.sender.hex0x,
            "to": CONTRACTS[operation.call.contract].hex0x,
            "gas": "0x927c0",
            "data": "0x" + operation.call.calldata.hex(),
            "gasPrice": "0x0",
            "value": "0x0",
            "type": "0x0",
        }

    def keep_record(self, record: Record) -> None:
        self.kept.append(record)

    def transaction(self, transaction_hash: Hash32, *, wait_seconds: float = 0.0) -> WalletTransaction | None:
        self._answer()
        return self.transactions.get(transaction_hash)

    def _answer(self) -> None:
        if self.down:
            raise NodeUnreachable("http://10.0.0.9:8545", "refused")
