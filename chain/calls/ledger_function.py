"""Ledger functions, and the words that their arguments become."""

from dataclasses import dataclass
from typing import Self

from chain.functions import Function, head_words, word_of_uint
from chain.operations import Call, ContractName
from ledger.errors import InvalidQuantity
from ledger.ids import OperationId, RecordHash
from ledger.vocabulary import OperationKind

_MAX_UINT128 = 2**128 - 1


@dataclass(frozen=True, slots=True)
class LedgerFunction:
    """A function that applies one operation, where it stands, and the kind of its leaf."""

    contract: ContractName
    function: Function
    kind: OperationKind

    @classmethod
    def of(cls, contract: ContractName, signature: str, kind: OperationKind) -> Self:
        """From the canonical signature, such as `freeze(bytes32,address,bytes32)`."""
        return cls(contract, Function(signature), kind)

    def __call__(self, operation_id: OperationId, record_hash: RecordHash, *words: bytes) -> Call:
        """Operation id first and record hash last is the shape of every ledger function."""
        return self._call(
            operation_id, record_hash, b"".join((self.function.selector, operation_id, *words, record_hash))
        )

    def with_tuple(self, operation_id: OperationId, content: tuple[object, ...], record_hash: RecordHash) -> Call:
        """As `__call__`, for a function whose content is a tuple with text."""
        return self.encoded(operation_id, record_hash, content)

    def encoded(self, operation_id: OperationId, record_hash: RecordHash, *content: object) -> Call:
        """As `__call__`, for a function whose content is not all words."""
        return self._call(operation_id, record_hash, self.function.encode(operation_id, *content, record_hash))

    def record_hash_in(self, calldata: bytes) -> bytes:
        """The record hash that calldata of this function carries: its last argument."""
        at = 4 + 32 * sum(map(head_words, self.function.types[:-1]))
        return calldata[at : at + 32]

    def _call(self, operation_id: OperationId, record_hash: RecordHash, calldata: bytes) -> Call:
        return Call(
            contract=self.contract,
            function=self.function.name,
            kind=self.kind,
            operation_id=operation_id,
            record_hash=record_hash,
            calldata=calldata,
        )


def word(member: int) -> bytes:
    return int(member).to_bytes(32, "big")


def word_of_grams(grams: object, name: str = "quantity_gco2e") -> bytes:
    """Zero is let through: that a quantity must be more is the contract's rule."""
    if isinstance(grams, bool) or not isinstance(grams, int) or not 0 <= grams <= _MAX_UINT128:
        raise InvalidQuantity(name, "be a whole number of grams, not negative and below 2^128", grams)
    return grams.to_bytes(32, "big")


def check_days(name: str, first_day: int, last_day: int) -> None:
    word_of_uint(32, first_day, f"{name}_first_day")
    word_of_uint(32, last_day, f"{name}_last_day")
