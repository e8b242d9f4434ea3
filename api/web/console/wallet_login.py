"""Logging in with a wallet: EIP-4361 (https://eips.ethereum.org/EIPS/eip-4361), "Sign-In with Ethereum".

The server writes the whole message, with a nonce that it takes back once and within ten minutes; the wallet signs it
(`personal_sign`, EIP-191) and shows its person for whom. What is verified is the message that the server wrote for that
nonce and address, never one that the browser brings: so domain, URI, chain and times can only be ours.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Final

from api.web.errors import WalletLoginRefused
from api.web.sessions import origin_of
from chain.functions import keccak256
from chain.hexes import from_data
from chain.typed_data import contract_form, signer_of
from ledger.errors import RpcFailure
from ledger.ids import Address

LASTS_SECONDS: Final = 600
_MOST: Final = 10_000
_STATEMENT: Final = "Log in to the Tanpuhui Ledger console. This sends no transaction and costs nothing."


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginMessage:
    """What a wallet is asked to sign; times in seconds since 1970."""

    domain: str
    uri: str
    address: Address
    chain_id: int
    nonce: str
    issued_at: int

    @property
    def expires_at(self) -> int:
        """Until when the answer is taken."""
        return self.issued_at + LASTS_SECONDS

    @property
    def text(self) -> str:
        """As EIP-4361 writes it, with the address in the mixed case of EIP-55."""
        return (
            f"{self.domain} wants you to sign in with your Ethereum account:\n{checksummed(self.address)}\n\n"
            f"{_STATEMENT}\n\n"
            f"URI: {self.uri}\nVersion: 1\nChain ID: {self.chain_id}\nNonce: {self.nonce}\n"
            f"Issued At: {_time(self.issued_at)}\nExpiration Time: {_time(self.expires_at)}"
        )


class WalletLogins:
    """Questions that wait for their answers: each may be answered once, by the address that it was asked of."""

    def __init__(self, public_url: str, clock: Callable[[], float]) -> None:
        self._uri = public_url.rstrip("/") + "/console/login"
        self._domain = _domain_of(public_url)
        self._clock = clock
        self._asked: OrderedDict[str, LoginMessage] = OrderedDict()
        self._lock = Lock()

    def ask(self, address: Address, chain_id: int) -> LoginMessage:
        """A new message for this address."""
        message = LoginMessage(
            domain=self._domain,
            uri=self._uri,
            address=address,
            chain_id=chain_id,
            nonce=secrets.token_hex(16),
            issued_at=int(self._clock()),
        )
        with self._lock:
            self._asked[message.nonce] = message
            while len(self._asked) > _MOST:
                self._asked.popitem(last=False)
        return message

    def answer(self, nonce: str, signature: str) -> Address:
        """Who signed the message of this nonce, which is worth nothing after that, whatever comes of it.

        Raises `WalletLoginRefused`: unknown or used nonce, too late, no signature of 65 bytes with a low s, or another
        address than was asked.
        """
        with self._lock:
            message = self._asked.pop(nonce, None)
        if message is None:
            raise WalletLoginRefused("answer a question that this instance has asked, and only once")
        if self._clock() >= message.expires_at:
            raise WalletLoginRefused(f"be given within {LASTS_SECONDS // 60} minutes")
        signer = signer_of(_personal_hash(message.text), contract_form(_bytes_of(signature)))
        if signer is None:
            raise WalletLoginRefused("be a signature of 65 bytes with a low s")
        if signer != message.address:
            raise WalletLoginRefused(f"be made with the key of {message.address.hex0x}")
        return signer


def checksummed(address: Address) -> str:
    """The address in the mixed case of EIP-55."""
    digits = address.hex()
    digest = keccak256(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if int(mark, 16) >= 8 else digit for digit, mark in zip(digits, digest, strict=False)
    )


def _personal_hash(text: str) -> bytes:
    """The hash that `personal_sign` signs (EIP-191, version E)."""
    data = text.encode()
    return keccak256(b"\x19Ethereum Signed Message:\n" + str(len(data)).encode() + data)


def _bytes_of(text: str) -> bytes:
    try:
        return from_data(text, "personal_sign")
    except RpcFailure:
        return b""


def _domain_of(public_url: str) -> str:
    """Host and port (RFC 3986 authority) of the public URL."""
    found = origin_of(public_url)
    if found is None:
        return ""
    return public_url.split("://", 1)[1].split("/", 1)[0]


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
