"""Deploys and wires the contracts, once: killed anywhere and run again, it finishes the same deployment.

Every contract creation is written to a journal beside the deployment file before it is sent. What follows, the wiring,
is read from the chain: what does not hold yet is made to hold. The deployment file is written last, after everything
was verified; the deployer keeps no role.
"""

import fcntl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from chain.artifacts import Artifact, artifacts
from chain.deployment import DeployedContract, Deployment, block_hash, write_json
from chain.functions import keccak256, word_of_address
from chain.hexes import from_data, from_quantity, to_data
from chain.operations import ContractName
from chain.roles import ADD_HOLDINGS_SOURCE, check_holders
from chain.rpc import Rpc
from chain.signers import Signer
from chain.transactions import SignedTransaction, Transaction, create_address
from chain.verification import verify_deployment
from chain.wiring import (
    HAS_ROLE,
    MULTICALL,
    RENOUNCE_ROLE,
    Fact,
    connections,
    function_roles,
    memberships,
    missing_holdings_sources,
    untrue,
)
from ledger.canonical import parse_strict
from ledger.errors import DeploymentIncomplete, InvalidInput, NotMined, RpcFailure
from ledger.ids import Address, Hash32
from ledger.vocabulary import Role

_CONSTRUCTORS: dict[ContractName, tuple[ContractName, ...]] = {
    ContractName.ACCESS_MANAGER: (),
    ContractName.TRANSPARENCY_LOG: (ContractName.ACCESS_MANAGER,),
    ContractName.ACCOUNT_REGISTRY: (ContractName.ACCESS_MANAGER, ContractName.TRANSPARENCY_LOG),
    ContractName.METHODOLOGY_REGISTRY: (ContractName.ACCESS_MANAGER, ContractName.TRANSPARENCY_LOG),
    ContractName.ACTIVITY_REGISTRY: (
        *(ContractName.ACCESS_MANAGER, ContractName.TRANSPARENCY_LOG),
        *(ContractName.ACCOUNT_REGISTRY, ContractName.METHODOLOGY_REGISTRY),
    ),
    ContractName.REDUCTION_LEDGER: (
        *(ContractName.ACCESS_MANAGER, ContractName.TRANSPARENCY_LOG),
        *(ContractName.ACCOUNT_REGISTRY, ContractName.ACTIVITY_REGISTRY),
    ),
    ContractName.PROVIDER_REGISTRY: (
        *(ContractName.ACCESS_MANAGER, ContractName.TRANSPARENCY_LOG),
        ContractName.ACCOUNT_REGISTRY,
    ),
    ContractName.CAMPAIGN_REGISTRY: (
        *(ContractName.ACCESS_MANAGER, ContractName.TRANSPARENCY_LOG),
        ContractName.ACCOUNT_REGISTRY,
    ),
    ContractName.POINT_LEDGER: (
        *(ContractName.ACCESS_MANAGER, ContractName.TRANSPARENCY_LOG),
        *(ContractName.ACTIVITY_REGISTRY, ContractName.PROVIDER_REGISTRY),
        *(ContractName.CAMPAIGN_REGISTRY, ContractName.REDUCTION_LEDGER),
    ),
}
"""Constructor arguments, in the order in which the contracts are made. The manager takes its first administrator."""

_POLL_SECONDS = 0.02
_SETTLING_SECONDS = 1.0
_GAS_MARGIN_PERCENT = 125


@dataclass(frozen=True, slots=True)
class DeployResult:
    """`already_deployed`: the deployment was whole before and nothing was changed."""

    deployment: Deployment
    already_deployed: bool


def deploy(
    rpc: Rpc,
    deployer: Signer,
    holders: Mapping[Role, Address],
    path: Path,
    *,
    gas_price: int = 0,
    timeout_seconds: float = 120.0,
) -> DeployResult:
    """Makes the contracts, wires them, gives `holders` their roles, verifies, and writes the deployment file `path`.

    `gas_price` in wei; `timeout_seconds` for each block waited for. If `path` holds a whole deployment of this chain,
    nothing is done. Raises `InvalidInput` for holders that must not be (`chain.roles.check_holders`), `WrongChain` or
    `NotDeployed` if `path` belongs to another chain, `DeploymentIncomplete` if what is missing cannot be mended.
    """
    with _locked(path):
        if path.exists():
            deployment = Deployment.load(path)
            verify_deployment(rpc, deployment)
            return DeployResult(deployment, already_deployed=True)
        check_holders(holders, deployer.address)
        journal = Journal.open(path.with_name(path.name + ".journal"), rpc, deployer.address)
        run = _Run(rpc, deployer, journal, gas_price, timeout_seconds)
        run.create_contracts()
        run.wire(holders)
        deployment = run.deployment()
        run.renounce(deployment, holders)
        verify_deployment(rpc, deployment, holders)
        deployment.save(path)
        journal.remove()
        return DeployResult(deployment, already_deployed=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """A contract creation that was signed and may have been sent."""

    nonce: int
    address: Address
    raw: bytes
    hash: Hash32
    init_code_hash: Hash32


class Journal:
    """The contract creations of one unfinished deployment, on disk before they are sent."""

    def __init__(self, path: Path, header: dict[str, Any], creations: dict[ContractName, Creation]) -> None:
        self._path = path
        self._header = header
        self.creations = creations

    @classmethod
    def open(cls, path: Path, rpc: Rpc, deployer: Address) -> "Journal":
        """The journal of an earlier run, or a new one; `InvalidInput` if it belongs to another chain or deployer."""
        chain_id, genesis = rpc.batch([("eth_chainId", []), ("eth_getBlockByNumber", ["0x0", False])])
        header = {
            "format": 1,
            "chain_id": from_quantity(chain_id, "eth_chainId"),
            "genesis_hash": block_hash(genesis).hex0x,
            "deployer": deployer.hex0x,
        }
        if not path.exists():
            return cls(path, header, {})
        try:
            content: Any = parse_strict(path.read_bytes())
            creations = {ContractName(name): _creation(entry) for name, entry in content.pop("creations").items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidInput) as error:
            raise InvalidInput(str(path), "be the journal of a deployment", str(error)) from None
        if content != header:
            raise InvalidInput(str(path), "belong to this chain and deployer, or be removed", content)
        return cls(path, header, creations)

    @property
    def chain_id(self) -> int:
        """Chain that is deployed to."""
        return int(self._header["chain_id"])

    @property
    def genesis_hash(self) -> Hash32:
        """Its first block."""
        return Hash32.from_hex(self._header["genesis_hash"])

    def record(self, name: ContractName, creation: Creation) -> None:
        """On disk before it returns."""
        self.creations[name] = creation
        entries = {
            known.value: {
                "nonce": entry.nonce,
                "address": entry.address.hex0x,
                "raw": to_data(entry.raw),
                "hash": entry.hash.hex0x,
                "init_code_hash": entry.init_code_hash.hex0x,
            }
            for known, entry in self.creations.items()
        }
        write_json(self._path, {**self._header, "creations": entries})

    def remove(self) -> None:
        """The deployment is whole and its file written."""
        self._path.unlink(missing_ok=True)


class _Run:
    """One run of `deploy`, on one journal."""

    def __init__(self, rpc: Rpc, deployer: Signer, journal: Journal, gas_price: int, timeout_seconds: float) -> None:
        self._rpc = rpc
        self._deployer = deployer
        self._journal = journal
        self._gas_price = gas_price
        self._timeout_seconds = timeout_seconds
        self._addresses: dict[ContractName, Address] = {}
        self._first_block = 0

    def create_contracts(self) -> None:
        """Makes each contract that does not stand yet, in order; every one must have the code that was compiled."""
        for name, artifact in artifacts().items():
            init_code = artifact.creation + self._constructor_words(name)
            creation = self._journal.creations.get(name)
            if creation is None or creation.init_code_hash != keccak256(init_code) or self._is_lost(creation):
                creation = self._sign_creation(init_code)
                self._journal.record(name, creation)
            receipt = self._send(creation.raw, creation.hash)
            self._check_code(name, artifact, creation.address)
            self._addresses[name] = creation.address
            if name is ContractName.ACCESS_MANAGER:
                self._first_block = from_quantity(receipt["blockNumber"], "eth_getTransactionReceipt")

    def wire(self, holders: Mapping[Role, Address]) -> None:
        """Makes every fact of `chain.wiring` hold, with as few transactions as there are targets."""
        self._wait_for_what_was_sent()
        manager = self._addresses[ContractName.ACCESS_MANAGER]
        facts = chain(
            connections(self._addresses), function_roles(self._addresses), memberships(self._addresses, holders)
        )
        wrong = untrue(self._rpc, facts)
        missing_sources = missing_holdings_sources(self._rpc, self._addresses, self._first_block, self._head())
        if not wrong and not missing_sources:
            return
        self._require_mendable(wrong)
        remedies = [fact.remedy for fact in wrong if fact.remedy is not None]
        if remedies:
            self._transact(manager, MULTICALL.encode(remedies))
        for source in missing_sources:
            call = ADD_HOLDINGS_SOURCE.encode(self._addresses[source])
            self._transact(self._addresses[ContractName.ACCOUNT_REGISTRY], call)

    def deployment(self) -> Deployment:
        """What will be saved."""
        codes = self._rpc.batch(("eth_getCode", [address.hex0x, "latest"]) for address in self._addresses.values())
        return Deployment(
            chain_id=self._journal.chain_id,
            genesis_hash=self._journal.genesis_hash,
            first_block=self._first_block,
            deployer=self._deployer.address,
            contracts={
                name: DeployedContract(address=address, code_hash=Hash32(keccak256(from_data(code, "eth_getCode"))))
                for (name, address), code in zip(self._addresses.items(), codes, strict=True)
            },
        )

    def renounce(self, deployment: Deployment, holders: Mapping[Role, Address]) -> None:
        """Takes the deployer's last role, once everything else is known to hold."""
        wrong = untrue(self._rpc, memberships(self._addresses, holders))
        if wrong:
            raise DeploymentIncomplete(tuple(fact.description for fact in wrong))
        if self._is_administrator():
            own = (int(Role.ADMINISTRATOR), self._deployer.address)
            self._transact(deployment.address(ContractName.ACCESS_MANAGER), RENOUNCE_ROLE.encode(*own))

    def _wait_for_what_was_sent(self) -> None:
        """What an earlier run sent and no block has taken yet is not to be sent again.

        If no block takes it at all, whatever is sent next waits behind it and says so.
        """
        counts = [("eth_getTransactionCount", [self._deployer.address.hex0x, tag]) for tag in ("latest", "pending")]
        deadline = time.monotonic() + self._timeout_seconds
        while time.monotonic() < deadline:
            mined, pending = self._rpc.batch(counts)
            if mined == pending:
                return
            time.sleep(_POLL_SECONDS)

    def _constructor_words(self, name: ContractName) -> bytes:
        if name is ContractName.ACCESS_MANAGER:
            return word_of_address(self._deployer.address)
        return b"".join(word_of_address(self._addresses[needed]) for needed in _CONSTRUCTORS[name])

    def _require_mendable(self, wrong: Sequence[Fact]) -> None:
        beyond_remedy = wrong if not self._is_administrator() else [fact for fact in wrong if fact.remedy is None]
        if beyond_remedy:
            raise DeploymentIncomplete(tuple(fact.description for fact in beyond_remedy))

    def _is_administrator(self) -> bool:
        question = HAS_ROLE.encode(int(Role.ADMINISTRATOR), self._deployer.address)
        call = {"to": self._addresses[ContractName.ACCESS_MANAGER].hex0x, "data": to_data(question)}
        answer = from_data(self._rpc.call("eth_call", [call, "latest"]), "eth_call")
        return answer[:32] == (1).to_bytes(32, "big")

    def _is_lost(self, creation: Creation) -> bool:
        """Whether the creation can no longer be mined: its nonce went to another transaction, or it failed.

        A node may count a nonce before it shows the block: it is lost only if it stays so.
        """
        deadline = time.monotonic() + _SETTLING_SECONDS
        while True:
            code, count, receipt = self._rpc.batch(
                [
                    ("eth_getCode", [creation.address.hex0x, "latest"]),
                    ("eth_getTransactionCount", [self._deployer.address.hex0x, "latest"]),
                    ("eth_getTransactionReceipt", [creation.hash.hex0x]),
                ]
            )
            spent = from_quantity(count, "eth_getTransactionCount") > creation.nonce
            if not spent or (receipt is not None and from_data(code, "eth_getCode") != b""):
                return False
            if time.monotonic() > deadline:
                return True
            time.sleep(_POLL_SECONDS)

    def _sign_creation(self, init_code: bytes) -> Creation:
        signed = self._sign(None, init_code)
        nonce = signed.transaction.nonce
        return Creation(
            nonce=nonce,
            address=create_address(self._deployer.address, nonce),
            raw=signed.raw,
            hash=Hash32(signed.hash),
            init_code_hash=Hash32(keccak256(init_code)),
        )

    def _check_code(self, name: ContractName, artifact: Artifact, address: Address) -> None:
        code = from_data(self._rpc.call("eth_getCode", [address.hex0x, "latest"]), "eth_getCode")
        if not artifact.is_code(code):
            raise DeploymentIncomplete((f"the compiled code of {name} at {address.hex0x}",))

    def _transact(self, to: Address, data: bytes) -> None:
        signed = self._sign(to, data)
        receipt = self._send(signed.raw, Hash32(signed.hash))
        if from_quantity(receipt["status"], "eth_getTransactionReceipt") != 1:
            raise RpcFailure("eth_sendRawTransaction", 0, f"the wiring transaction 0x{signed.hash.hex()} failed")

    def _sign(self, to: Address | None, data: bytes) -> SignedTransaction:
        call = {"from": self._deployer.address.hex0x, "data": to_data(data)}
        if to is not None:
            call["to"] = to.hex0x
        gas, nonce = self._rpc.batch(
            [
                ("eth_estimateGas", [call]),
                ("eth_getTransactionCount", [self._deployer.address.hex0x, "pending"]),
            ]
        )
        transaction = Transaction(
            chain_id=self._journal.chain_id,
            nonce=from_quantity(nonce, "eth_getTransactionCount"),
            gas_price=self._gas_price,
            gas=from_quantity(gas, "eth_estimateGas") * _GAS_MARGIN_PERCENT // 100,
            to=to,
            data=data,
        )
        return self._deployer.sign_transaction(transaction)

    def _send(self, raw: bytes, transaction_hash: Hash32) -> dict[str, Any]:
        """Sends unless it is mined, and waits for the receipt."""
        receipt = self._receipt(transaction_hash)
        if receipt is not None:
            return receipt
        answer = self._rpc.try_call("eth_sendRawTransaction", [to_data(raw)])
        # Nodes word it differently when they have it already: what counts is whether they have it.
        if answer.error is not None and self._rpc.call("eth_getTransactionByHash", [transaction_hash.hex0x]) is None:
            raise RpcFailure("eth_sendRawTransaction", answer.error.code, answer.error.message)
        deadline = time.monotonic() + self._timeout_seconds
        while time.monotonic() < deadline:
            receipt = self._receipt(transaction_hash)
            if receipt is not None:
                return receipt
            time.sleep(_POLL_SECONDS)
        raise NotMined((transaction_hash,), self._timeout_seconds)

    def _receipt(self, transaction_hash: Hash32) -> dict[str, Any] | None:
        receipt: dict[str, Any] | None = self._rpc.call("eth_getTransactionReceipt", [transaction_hash.hex0x])
        return receipt

    def _head(self) -> int:
        return from_quantity(self._rpc.call("eth_blockNumber"), "eth_blockNumber")


def _creation(entry: dict[str, Any]) -> Creation:
    return Creation(
        nonce=int(entry["nonce"]),
        address=Address.from_hex(entry["address"]),
        raw=from_data(entry["raw"], "journal"),
        hash=Hash32.from_hex(entry["hash"]),
        init_code_hash=Hash32.from_hex(entry["init_code_hash"]),
    )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One deploy at a time for one file: a second one waits and then finds it done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
