"""The JSON-RPC client against an HTTP server that misbehaves in every way we know."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from chain.rpc import MAX_BATCH_REQUESTS, RpcClient, is_repeatable
from ledger.errors import InvalidInput, NodeUnreachable, NotANode, RpcFailure

Answer = Callable[[Any], tuple[int, bytes]]


class Server:
    """Answers each POST with `answer(parsed body)`; None closes the connection without a word."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.connections = 0
        self.answer: Callable[[Any], tuple[int, bytes] | None] = results
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                outer.connections += 1
                super().setup()

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.bodies.append(body)
                outer.headers.append({name.lower(): value for name, value in self.headers.items()})
                answered = outer.answer(body)
                if answered is None:
                    self.close_connection = True
                    return
                status, content = answered
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *arguments: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def results(body: Any) -> tuple[int, bytes]:
    """Every request answers its parameters."""
    one = isinstance(body, dict)
    answers = [{"jsonrpc": "2.0", "id": entry["id"], "result": entry["params"]} for entry in ([body] if one else body)]
    return 200, json.dumps(answers[0] if one else answers).encode()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def client(server: Server) -> Iterator[RpcClient]:
    made = RpcClient(f"http://127.0.0.1:{server.port}", timeout_seconds=5)
    yield made
    made.close()


def test_calls_share_a_connection(client: RpcClient, server: Server) -> None:
    assert [client.call("eth_call", [number]) for number in range(5)] == [[0], [1], [2], [3], [4]]
    assert server.connections == 1
    assert len({body["id"] for body in server.bodies}) == 5


def test_batches_come_back_in_order_however_they_are_answered(client: RpcClient, server: Server) -> None:
    def backwards(body: Any) -> tuple[int, bytes]:
        return 200, json.dumps(list(reversed(json.loads(results(body)[1])))).encode()

    server.answer = backwards
    assert client.batch(("eth_call", [number]) for number in range(7)) == [[number] for number in range(7)]
    assert client.batch([]) == []


def test_large_batches_go_in_parts(client: RpcClient, server: Server) -> None:
    count = 2 * MAX_BATCH_REQUESTS + 1
    assert len(client.batch(("eth_call", [number]) for number in range(count))) == count
    assert [len(body) for body in server.bodies] == [MAX_BATCH_REQUESTS, MAX_BATCH_REQUESTS, 1]
    server.bodies.clear()
    client.batch(("eth_call", ["0x" + "00" * 600_000]) for _ in range(3))
    assert [len(body) for body in server.bodies] == [1, 1, 1]


def test_errors_of_the_node(client: RpcClient, server: Server) -> None:
    error = {"code": -32000, "message": "header not found", "data": "0x"}

    def partly(body: Any) -> tuple[int, bytes]:
        entries = body if isinstance(body, list) else [body]
        answers = [{"id": e["id"], **({"error": error} if e["params"] else {"result": 1})} for e in entries]
        return 200, json.dumps(answers if isinstance(body, list) else answers[0]).encode()

    server.answer = partly
    with pytest.raises(RpcFailure, match="answered eth_call with error -32000: header not found"):
        client.call("eth_call", [1])
    with pytest.raises(RpcFailure):
        client.batch([("eth_call", []), ("eth_call", [1])])
    good, bad = client.try_batch([("eth_call", []), ("eth_call", [1])])
    assert (good.result, good.error) == (1, None)
    assert bad.error is not None
    assert (bad.error.code, bad.error.message, bad.error.data) == (-32000, "header not found", "0x")


@pytest.mark.parametrize(
    "answered",
    [b"[]", b'{"jsonrpc": "2.0", "id": 1}', b'{"jsonrpc": "2.0", "error": "text"}', b'{"error": {"code": "x"}}'],
)
def test_malformed_answers_of_a_node(client: RpcClient, server: Server, answered: bytes) -> None:
    server.answer = lambda body: (200, answered)
    with pytest.raises(RpcFailure):
        client.call("eth_chainId")
    with pytest.raises(RpcFailure):
        client.batch([("eth_chainId", [])])


def test_a_missing_answer_in_a_batch_is_an_error_of_that_request(client: RpcClient, server: Server) -> None:
    server.answer = lambda body: (200, json.dumps(json.loads(results(body)[1])[:1]).encode())
    first, second = client.try_batch([("eth_call", [1]), ("eth_call", [2])])
    assert first.result == [1]
    assert second.error is not None


@pytest.mark.parametrize(("status", "content"), [(401, b"who?"), (502, b"<html>"), (200, b"")])
def test_what_is_not_json_is_no_node(client: RpcClient, server: Server, status: int, content: bytes) -> None:
    server.answer = lambda body: (status, content)
    with pytest.raises(NotANode, match=f"is no JSON-RPC node .HTTP status {status}, and the body is not JSON"):
        client.call("eth_chainId")


@pytest.mark.parametrize("content", [b"{}", b'{"id": 1}', b'{"error": "no route"}', b'"hello"', b"null"])
def test_json_that_is_no_json_rpc_is_no_node(client: RpcClient, server: Server, content: bytes) -> None:
    server.answer = lambda body: (200, content)
    with pytest.raises(NotANode, match=r"is no JSON-RPC node .HTTP status 200"):
        client.call("eth_chainId")


@pytest.mark.parametrize(
    ("method", "tries"),
    [("eth_chainId", 3), ("eth_sendRawTransaction", 3), ("evm_mine", 1), ("eth_signTransaction", 1)],
)
def test_only_what_is_harmless_is_repeated(client: RpcClient, server: Server, method: str, tries: int) -> None:
    server.answer = lambda body: None
    with pytest.raises(NodeUnreachable):
        client.call(method)
    assert len(server.bodies) == tries
    server.bodies.clear()
    with pytest.raises(NodeUnreachable):
        client.batch([("eth_chainId", []), (method, [])])
    assert len(server.bodies) == tries


def test_a_connection_that_broke_between_two_calls_is_made_again(client: RpcClient, server: Server) -> None:
    client.call("eth_chainId")
    server.answer = lambda body: None if len(server.bodies) == 2 else results(body)
    assert client.call("eth_chainId") == []


def test_nobody_listens() -> None:
    server = Server()
    port = server.port
    server.close()
    with pytest.raises(NodeUnreachable, match=f"The node at http://127.0.0.1:{port} does not answer .*refused"):
        RpcClient(f"http://127.0.0.1:{port}").call("eth_chainId")


def test_a_silent_node_is_waited_for_only_so_long(server: Server) -> None:
    released = threading.Event()

    def silent(body: Any) -> tuple[int, bytes]:
        released.wait(10)
        return results(body)

    server.answer = silent
    client = RpcClient(f"http://127.0.0.1:{server.port}", timeout_seconds=0.05)
    with pytest.raises(NodeUnreachable, match="does not answer"):
        client.call("evm_mine")
    released.set()
    client.close()


def test_credentials_are_sent_and_shown_nowhere(server: Server) -> None:
    url = f"http://user:p%40ss@127.0.0.1:{server.port}/v3/PATHKEY?apikey=QUERYKEY"
    client = RpcClient(url)
    assert client.call("eth_chainId") == []
    assert server.headers[0]["authorization"].startswith("Basic ")
    server.answer = lambda body: None
    with pytest.raises(NodeUnreachable) as caught:
        client.call("eth_chainId")
    shown = repr(caught.value) + caught.value.explain() + client.url
    for secret in ("user", "p%40ss", "p@ss", "PATHKEY", "QUERYKEY"):
        assert secret not in shown


@pytest.mark.parametrize(
    "url", ["", "localhost:8545", "ws://127.0.0.1", "http://", "file:///etc/passwd", "http://[::1"]
)
def test_other_urls_are_refused_without_being_shown(url: str) -> None:
    with pytest.raises(InvalidInput, match="rpc_url must be an http or https URL"):
        RpcClient(url)


def test_what_is_repeatable() -> None:
    assert is_repeatable("eth_getLogs")
    assert is_repeatable("debug_traceTransaction")
    assert not is_repeatable("anvil_setBalance")
    assert not is_repeatable("eth_sendTransaction")
