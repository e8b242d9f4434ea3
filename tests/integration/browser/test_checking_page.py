"""The checking page in Chromium: what a person sees of a good file and of a bad one, on a phone and on a desk."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ledger.canonical import canonical_json
from tests.conftest import ROOT
from tests.fakes.bundles import BundleWorld, good_bundles
from tests.integration.browser.chromium import Page, chromium_page, executable

PHONE, DESK = 360, 1440
RESULT = "document.getElementById('result').innerText"

pytestmark = pytest.mark.skipif(executable() is None, reason="there is no Chromium on this machine")


class Files(SimpleHTTPRequestHandler):
    """The page's folder, and the trust file that a server puts beside it."""

    trust: bytes = b""

    def do_GET(self) -> None:
        """Answers with a file."""
        if self.path != "/trust.json":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(self.trust)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def world() -> BundleWorld:
    """Its keys are what the page's server offers."""
    return BundleWorld()


@pytest.fixture(scope="module")
def bundles(world: BundleWorld, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files of good bundles, and `changed`, in which the time is another."""
    folder = tmp_path_factory.mktemp("bundles")
    contents = {name: bundle.to_bytes() for name, bundle in good_bundles(world).items()}
    changed = json.loads(contents["reductions"])
    changed["leaf"]["timestamp"] += 1
    contents["changed"] = canonical_json(changed)
    for name, data in contents.items():
        (folder / f"{name}.json").write_bytes(data)
    return {name: folder / f"{name}.json" for name in contents}


@pytest.fixture(scope="module")
def address(world: BundleWorld) -> Iterator[str]:
    """Where the page is served."""
    handler = type("Served", (Files,), {"trust": json.dumps(world.trust().to_json()).encode()})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(ROOT / "api/web/static"))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Node(SimpleHTTPRequestHandler):
    """A node of a chain that has nothing but the world's log, and lets pages of other servers ask it."""

    world: BundleWorld

    def do_OPTIONS(self) -> None:
        """Whatever is asked is allowed."""
        self._answer(b"")

    def do_POST(self) -> None:
        """Answers JSON-RPC."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": self._result(**asked)}).encode())

    def _result(self, *, method: str, params: list[Any], **_: Any) -> Any:
        if method == "eth_call":
            data = params[0]["data"]
            is_root = len(data) > len("0x00000000")
            return (
                self.world.checkpoint(int(data[10:], 16)).root.hex0x if is_root else f"0x{len(self.world.leaves):064x}"
            )
        genesis = {"hash": self.world.deployment.genesis_hash.hex0x}
        return {"eth_chainId": "0x7a69", "eth_blockNumber": "0x10", "eth_getBlockByNumber": genesis}[method]

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        for name, value in (("Origin", "*"), ("Headers", "content-type"), ("Methods", "POST")):
            self.send_header(f"Access-Control-Allow-{name}", value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def node(world: BundleWorld) -> Iterator[str]:
    """Where the node is served: another server than the page's."""
    with ThreadingHTTPServer(("127.0.0.1", 0), type("OfTheWorld", (Node,), {"world": world})) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One browser for all tests of this file."""
    with chromium_page(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def verify_in(page: Page, url: str, file: Path, *, level: str, width: int) -> str:
    """What the page says of a file."""
    page.open(url, width=width)
    page.wait_for("document.getElementById('start')?.disabled === false && document.getElementById('log-key').value")
    page.run(f"document.querySelector('input[value={level}]').click()")
    page.choose_file("#file", file)
    page.wait_for("document.getElementById('chosen').innerText !== ''")
    page.run("document.getElementById('start').click()")
    page.wait_for("document.querySelector('#result .verdict') !== null")
    return str(page.run(RESULT))


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", ["reductions", "points", "campaign", "reductions-without-record", "points-narrow"])
def test_a_good_file_is_verified(page: Page, address: str, bundles: dict[str, Path], name: str, width: int) -> None:
    said = verify_in(page, f"{address}/verify.html", bundles[name], level="witnessed", width=width)
    assert "验证通过 Verified" in said
    assert "没有证明的内容" in said
    assert "由本服务器预填" in said
    assert page.run("document.documentElement.scrollWidth") <= width


def test_a_changed_file_is_refused_with_its_step(page: Page, address: str, bundles: dict[str, Path]) -> None:
    said = verify_in(page, f"{address}/verify.html", bundles["changed"], level="log", width=PHONE)
    assert "验证不通过 Not verified" in said
    assert "第 12 步" in said
    assert "已证明的内容" not in said


def test_what_was_said_goes_when_anything_is_entered(page: Page, address: str, bundles: dict[str, Path]) -> None:
    verify_in(page, f"{address}/verify.html", bundles["points"], level="log", width=PHONE)
    page.run("document.querySelector('input[value=witnessed]').click()")
    assert page.run(RESULT) == ""


def test_nothing_is_asked_of_anybody_but_the_pages_server(page: Page, address: str, bundles: dict[str, Path]) -> None:
    page.requests.clear()
    page.complaints.clear()
    verify_in(page, f"{address}/verify.html", bundles["points"], level="witnessed", width=DESK)
    assert all(url.startswith(address) for url in page.requests)
    assert {url.removeprefix(address).rsplit(".", 1)[-1] for url in page.requests} == {"html", "css", "js", "json"}
    assert not [said for said in page.complaints if "favicon" not in said]


def test_a_node_is_asked_where_the_visitor_names_one(
    page: Page, address: str, node: str, bundles: dict[str, Path]
) -> None:
    page.requests.clear()
    page.open(f"{address}/verify.html", width=PHONE)
    page.wait_for("document.getElementById('origin')?.value")
    page.run(f"document.querySelector('input[value=node]').click(); document.getElementById('node').value = '{node}'")
    page.choose_file("#file", bundles["unsigned"])
    page.wait_for("document.getElementById('chosen').innerText !== ''")
    page.run("document.getElementById('start').click()")
    page.wait_for("document.querySelector('#result .verdict') !== null")
    assert "验证通过 Verified" in page.run(RESULT)
    assert {url for url in page.requests if not url.startswith(address)} == {f"{node}/"}
