"""`tanpuhui verify` on a certificate of a real chain, and against nodes that are none."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import InvalidInput, NodeUnreachable, NotANode, RpcFailure, Unavailable
from ledger.ids import Address, Hash32
from ledger.verifier import Trust, verify
from scripts.verifying.node import MAX_ANSWER_BYTES, JsonRpcNode
from tests.fakes.bundles import BundleWorld
from tests.fakes.witness_server import FakeWitness
from tests.integration.scripts.conftest import Cli
from tests.integration.scripts.story import LOT, begin

LOG = Address(b"\x01" * 20)
Answering = Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes]]


@pytest.fixture
def cancelled(cli: Cli) -> Cli:
    """A cancellation, in the index and under a checkpoint that one witness cosigned."""
    begin(cli)
    given = ("cancel", "--account", "ref:owner", "--quantity", "1.5", "--purpose", "event-neutrality", *LOT)
    cli.json(*given, "--field", "event=上海马拉松", "--field", "beneficiary=某公司")
    cli("index", "run")
    return cli


def test_by_the_chain(cancelled: Cli, tmp_path: Path) -> None:
    file, deployment = tmp_path / "one.json", cancelled.deployed.path
    cancelled("certificate", "export", 1, "--output", file)
    pins = ("--rpc", cancelled.deployed.node.url, "--deployment", deployment)
    found = cancelled.json("verify", file, *pins)
    assert (found["verified"], found["level"], found["facts"]["quantity_gco2e"]) == (True, "node", "1500000")
    assert found["facts"]["fields"]["event"] == "上海马拉松"
    assert "beneficiary" in found["facts"]["withheld"]
    # An unsigned checkpoint is nothing to who trusts the log's key.
    log_key = cancelled.json("log", "key", "new")["log_key"]
    assert cancelled.json("verify", file, "--log-key", log_key, code=1)["failed"]["name"] == "log-signature"
    # Nothing is pinned by what stands in the environment.
    assert cancelled("verify", file, code=2).err.count("origin must be pinned") == 1


def test_by_the_log_and_its_witness(cancelled: Cli, tmp_path: Path) -> None:
    log_key = cancelled.json("log", "key", "new")["log_key"]
    with FakeWitness() as witness:
        key = str(witness.witness.key)
        cancelled.env["TANPUHUI_WITNESSES"] = f"{witness.witness.url}={key}"
        cancelled.json("checkpoint", "publish")
    signed, pdf, narrow = (tmp_path / name for name in ("signed.json", "signed.pdf", "narrow.json"))
    cancelled("certificate", "export", 1, "--disclose", "beneficiary", "--output", signed)
    cancelled("certificate", "export", 1, "--disclose", "beneficiary", "--pdf", "--output", pdf)
    cancelled("certificate", "redact", signed, "--hide", "beneficiary,project", "--output", narrow)
    pins = ("--log-key", log_key, "--witness", key)
    for file in (signed, pdf, narrow):
        assert cancelled.json("verify", file, *pins)["level"] == "witnessed"
    assert cancelled.json("verify", pdf, *pins)["facts"]["fields"]["beneficiary"] == "某公司"
    assert "某公司" not in cancelled("verify", narrow, *pins).out
    stranger = str(BundleWorld().witness_keys[0].verifier)
    refused = cancelled.json("verify", signed, "--log-key", log_key, "--witness", stranger, code=1)
    assert refused["failed"] == {"step": 14, "name": "witnesses"}


# Nodes that are none


@pytest.fixture
def serving() -> Iterator[Callable[[Answering], str]]:
    """Serves what a function answers to each JSON-RPC request, at the URL that it gives."""
    servers: list[ThreadingHTTPServer] = []

    def serve(answering: Answering) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, headers, body = answering(question)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://user:secret@127.0.0.1:{server.server_address[1]}/path?key=secret"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def result(value: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode()


def chain_of(world: BundleWorld, size: int) -> Answering:
    answers = {
        "eth_chainId": hex(world.chain_id),
        "eth_getBlockByNumber": {"hash": world.deployment.genesis_hash.hex0x},
    }

    def answer(question: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        if question["method"] != "eth_call":
            return result(answers[question["method"]])
        call, block = question["params"]
        assert (call["to"], block) == (world.deployment.transparency_log.hex0x, "latest")
        if call["data"] == "0x949d225d":
            return result(f"0x{size:064x}")
        return result(world.checkpoint(int(call["data"][10:], 16)).root.hex0x)

    return answer


def test_a_node_answers_for_the_log(serving: Callable[[Answering], str]) -> None:
    world = BundleWorld()
    bundle = world.bundle(world.cancel_reductions())
    trust = Trust(origin=world.deployment.origin)
    node = JsonRpcNode(serving(chain_of(world, len(world.leaves))))
    assert verify(bundle.to_bytes(), trust, node=node).verified
    behind = JsonRpcNode(serving(chain_of(world, len(world.leaves) - 1)))
    assert "has not reached" in verify(bundle.to_bytes(), trust, node=behind).reason
    assert JsonRpcNode(serving(lambda _: result("0x"))).root_at(LOG, 1) is None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((500, {}, b"{}"), NotANode),
        ((302, {"Location": "http://127.0.0.1:1/"}, b""), NotANode),
        ((307, {"Location": "http://127.0.0.1:1/"}, b""), NotANode),
        ((200, {}, b"<html>"), NotANode),
        ((200, {}, b""), NotANode),
        ((200, {}, b"[]"), NotANode),
        ((200, {}, b"{}"), NotANode),
        ((200, {}, b'{"result": "0x1", "error": null}'), NotANode),
        ((200, {}, b'{"result": "0x1", "result": "0x2"}'), NotANode),
        ((200, {}, b'{"result": "' + b"x" * MAX_ANSWER_BYTES + b'"}'), NotANode),
        ((200, {}, b'{"error": {"code": -32000, "message": "busy"}}'), RpcFailure),
        ((200, {}, b'{"error": "busy"}'), RpcFailure),
        (result("31337"), NotANode),
        (result("0xzz"), NotANode),
        (result("0x" + "f" * 65), NotANode),
        (result(31337), NotANode),
        (result(None), NotANode),
    ],
)
def test_what_is_no_answer(
    serving: Callable[[Answering], str], answer: tuple[int, dict[str, str], bytes], error: type[Unavailable]
) -> None:
    node = JsonRpcNode(serving(lambda _: answer))
    with pytest.raises(error) as caught:
        _ = node.chain_id
    assert "secret" not in caught.value.explain()
    with pytest.raises(error):
        _ = node.genesis_hash
    with pytest.raises(error):
        node.root_at(LOG, 1)


def test_nothing_listens() -> None:
    with pytest.raises(NodeUnreachable, match=r"http://127.0.0.1:1 does not answer"):
        _ = JsonRpcNode("http://127.0.0.1:1").chain_id


@pytest.mark.parametrize(
    "url",
    [
        "",
        "node",
        "ftp://node",
        "file:///etc/passwd",
        "http://",
        "http:///path",
        "http://node:port",
        "http://node:99999",
        "http://[::1",
    ],
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(InvalidInput, match=r"^rpc must be an address such as"):
        JsonRpcNode(url)


def test_a_root_is_32_bytes(serving: Callable[[Answering], str]) -> None:
    node = JsonRpcNode(serving(lambda _: result(f"0x{7:064x}")))
    assert node.root_at(LOG, 7) == Hash32((7).to_bytes(32, "big"))
    assert node.root_at(LOG, 8) is None
