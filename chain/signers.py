"""Who signs: an external signer, a key in memory for tests and the demo, or a key file (`chain.keystores`).

Bodies sign transactions; operators sign the headers of their feeds, which are typed data (EIP-712) and no transactions.
"""

from typing import Protocol

from coincurve import PrivateKey

from chain.hexes import from_data, to_data, to_quantity
from chain.rpc import Rpc
from chain.transactions import SignedTransaction, Transaction, address_of, decode_signed, sign
from chain.typed_data import TypedData, contract_form, signer_of, write_signature
from ledger.errors import InvalidTransaction, SigningFailed
from ledger.ids import Address


class Signer(Protocol):
    """Signs transactions for one address."""

    @property
    def address(self) -> Address:
        """The address that transactions come from."""
        ...

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """The signed transaction; raises `SigningFailed`."""
        ...


class TypedDataSigner(Protocol):
    """Signs typed data for one address."""

    @property
    def address(self) -> Address:
        """The address that signatures are recovered to."""
        ...

    def sign_typed_data(self, data: TypedData) -> bytes:
        """65 bytes with a low s, as the contracts take them; raises `SigningFailed`."""
        ...


class LocalSigner:
    """A key in memory: tests, the demo, and what `KeystoreSigner` opens its file into."""

    def __init__(self, secret: bytes) -> None:
        self._key = PrivateKey(secret)
        self._address = address_of(self._key.public_key)

    @classmethod
    def random(cls) -> "LocalSigner":
        """A new key that nobody keeps."""
        return cls(PrivateKey().secret)

    @property
    def address(self) -> Address:
        """The address that transactions come from."""
        return self._address

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Deterministic: the same transaction gives the same bytes."""
        return sign(transaction, self._key)

    def sign_typed_data(self, data: TypedData) -> bytes:
        """Deterministic (RFC 6979): the same data gives the same bytes."""
        return write_signature(self._key.sign_recoverable(data.digest, hasher=None))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._address.hex0x})"  # never the key


class ExternalSigner:
    """A signer that keeps the key elsewhere and is asked by JSON-RPC: `eth_signTransaction`, as Web3Signer serves
    it, and `eth_signTypedData_v4`.

    What comes back is checked field by field: a signer that signs something else is refused.
    """

    def __init__(self, rpc: Rpc, address: Address) -> None:
        self._rpc = rpc
        self._address = address

    @property
    def address(self) -> Address:
        """The address that transactions come from."""
        return self._address

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Asks the signer; `SigningFailed` if it refuses or signs something else, `NodeUnreachable` if it is silent."""
        answer = self._rpc.try_call("eth_signTransaction", [self._as_json(transaction)])
        if answer.error is not None:
            raise SigningFailed(self._address, answer.error.message)
        # Web3Signer answers the bytes, geth an object that holds them.
        result = answer.result.get("raw") if isinstance(answer.result, dict) else answer.result
        try:
            decoded = decode_signed(from_data(result, "eth_signTransaction"))
        except InvalidTransaction as error:
            raise SigningFailed(self._address, error.explain()) from None
        if decoded.signed.transaction != transaction:
            raise SigningFailed(self._address, "it signed another transaction than it was asked to")
        if decoded.sender != self._address:
            raise SigningFailed(self._address, f"it signed with the key of {decoded.sender.hex0x}")
        return decoded.signed

    def sign_typed_data(self, data: TypedData) -> bytes:
        """Asks by `eth_signTypedData_v4`; `SigningFailed` if the signer refuses, signs something else, or with another
        key; `NodeUnreachable` if it is silent.
        """
        answer = self._rpc.try_call("eth_signTypedData_v4", [self._address.hex0x, data.document])
        if answer.error is not None:
            raise SigningFailed(self._address, answer.error.message)
        signature = contract_form(from_data(answer.result, "eth_signTypedData_v4"))
        signer = signer_of(data.digest, signature)
        if signer is None:
            raise SigningFailed(self._address, "it gave no signature of 65 bytes with a low s")
        if signer != self._address:
            raise SigningFailed(self._address, f"it signed something else, or with the key of {signer.hex0x}")
        return signature

    def _as_json(self, transaction: Transaction) -> dict[str, str]:
        target = {} if transaction.to is None else {"to": transaction.to.hex0x}
        return {
            "from": self._address.hex0x,
            **target,
            "gas": to_quantity(transaction.gas),
            "gasPrice": to_quantity(transaction.gas_price),
            "value": to_quantity(transaction.value),
            "nonce": to_quantity(transaction.nonce),
            "data": to_data(transaction.data),
            "chainId": to_quantity(transaction.chain_id),
        }
