"""QBFT without Besu: headers that four test validators seal, and real blocks of another node sealed anew by them.

Headers are encoded with rlp and sealed with coincurve here, independently of `chain.headers` and `ledger.seals`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import rlp
import sha3
from coincurve import PrivateKey

from chain.rpc import Request, Rpc, RpcAnswer
from ledger.ids import Address

Json = Mapping[str, Any]

_ITEMS = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty"),
    *("number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce", "baseFeePerGas"),
)
_NUMBERS = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"}
_VANITY = b"vanity".ljust(32, b"\0")


def keccak(data: bytes) -> bytes:
    """Keccak-256."""
    digest: bytes = sha3.keccak_256(data).digest()
    return digest


def validator(number: int) -> PrivateKey:
    """The key of a validator, the same in every run."""
    return PrivateKey(keccak(b"validator %d" % number))


def address_of(key: PrivateKey) -> Address:
    """Where a key seals."""
    return Address(keccak(key.public_key.format(compressed=False)[1:])[12:])


VALIDATORS = tuple(validator(number) for number in range(4))
STRANGER = validator(99)
ADDRESSES = tuple(map(address_of, VALIDATORS))


@dataclass(frozen=True, slots=True)
class QbftHeader:
    """A header to be sealed. `items` are by the names of JSON-RPC, as rlp takes them, without `extraData`."""

    items: Mapping[str, bytes | int]
    round: int = 0
    vote: Sequence[bytes] = ()
    vanity: bytes = _VANITY
    validators: Sequence[bytes] = ADDRESSES

    @classmethod
    def of(cls, block: Json) -> "QbftHeader":
        """The header of a block that JSON-RPC answered, as QBFT makes headers."""
        raw = {name: block[name] for name in _ITEMS if block.get(name) is not None}
        items = {name: int(text, 16) if name in _NUMBERS else bytes.fromhex(text[2:]) for name, text in raw.items()}
        mix_hash = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
        return cls(items | {"difficulty": 1, "mixHash": mix_hash, "nonce": bytes(8)})

    def changed(self, **items: bytes | int) -> "QbftHeader":
        """With other items."""
        return replace(self, items={**self.items, **items})

    def sealed_by(self, keys: Iterable[PrivateKey]) -> bytes:
        """The RLP of the header with a seal of each key."""
        sealed_hash = keccak(self.encode([]))
        return self.encode([key.sign_recoverable(sealed_hash, hasher=None) for key in keys])

    @property
    def block_hash(self) -> bytes:
        """What names the block."""
        return keccak(replace(self, round=0).encode([]))

    def extra_data(self, seals: Sequence[bytes]) -> bytes:
        """With these seals."""
        encoded: bytes = rlp.encode([self.vanity, list(self.validators), list(self.vote), self.round, list(seals)])
        return encoded

    def encode(self, seals: Sequence[bytes]) -> bytes:
        """The RLP of the header with these seals."""
        items = {**self.items, "extraData": self.extra_data(seals)}
        encoded: bytes = rlp.encode([items[name] for name in _ITEMS if name in items])
        return encoded


@dataclass(slots=True)
class SealedChain:
    """A node whose blocks after the first are those of `node`, sealed anew. It is a `chain.rpc.Rpc`."""

    node: Rpc
    sealers: Sequence[PrivateKey] = VALIDATORS[:3]
    round: int = 0
    _hashes: dict[int, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """That of the node below."""
        return self.node.url

    @contextmanager
    def served(self) -> Iterator[str]:
        """Gives the URL under which this node answers JSON-RPC."""
        answered = self._answered

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                many = isinstance(asked, list)
                answers = [answered(one) for one in asked] if many else answered(asked)
                body = json.dumps(answers).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
            thread.join()

    def _answered(self, asked: dict[str, Any]) -> dict[str, Any]:
        answer = self.try_call(asked["method"], asked["params"])
        said = {"result": answer.result} if answer.error is None else {"error": asdict(answer.error)}
        return {"jsonrpc": "2.0", "id": asked["id"], **said}

    def call(self, method: str, params: Sequence[Any] = ()) -> Any:
        """The result, or `RpcFailure`."""
        return self.try_call(method, params).unwrap()

    def batch(self, requests: Iterable[Request]) -> list[Any]:
        """The results, or `RpcFailure`."""
        return [answer.unwrap() for answer in self.try_batch(requests)]

    def try_batch(self, requests: Iterable[Request]) -> list[RpcAnswer]:
        """The answers."""
        return [self.try_call(method, params) for method, params in requests]

    def try_call(self, method: str, params: Sequence[Any] = ()) -> RpcAnswer:
        """The answer of the node below, with the hashes and headers of this chain."""
        answer = self.node.try_call(method, params)
        if answer.error is not None or answer.result is None:
            return answer
        match method:
            case "eth_getBlockByNumber":
                return RpcAnswer(method, self._sealed(answer.result))
            case "eth_getBlockReceipts" | "eth_getLogs":
                return RpcAnswer(method, [self._renamed(each) for each in answer.result])
            case "eth_getTransactionReceipt":
                return RpcAnswer(method, self._renamed(answer.result))
            case _:
                return answer

    def header(self, number: int) -> QbftHeader:
        """What is sealed of a block."""
        header = QbftHeader.of(self.node.call("eth_getBlockByNumber", [hex(number), False]))
        return replace(header.changed(parentHash=bytes.fromhex(self._hash(number - 1)[2:])), round=self.round)

    def _hash(self, number: int) -> str:
        if number == 0:
            return str(self.node.call("eth_getBlockByNumber", ["0x0", False])["hash"])
        if number not in self._hashes:
            self._hashes[number] = "0x" + self.header(number).block_hash.hex()
        return self._hashes[number]

    def _sealed(self, block: dict[str, Any]) -> dict[str, Any]:
        number = int(block["number"], 16)
        if number == 0:
            return block
        items = rlp.decode(self.header(number).sealed_by(self.sealers))
        texts = {
            name: hex(int.from_bytes(item, "big")) if name in _NUMBERS else "0x" + item.hex()
            for name, item in zip(_ITEMS, items, strict=False)
        }
        return block | texts | {"hash": self._hash(number)}

    def _renamed(self, found: dict[str, Any]) -> dict[str, Any]:
        """A receipt or a log."""
        block_hash = self._hash(int(found["blockNumber"], 16))
        logs = {"logs": [log | {"blockHash": block_hash} for log in found["logs"]]} if "logs" in found else {}
        return found | {"blockHash": block_hash} | logs
