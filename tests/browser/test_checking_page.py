"""The checking page in Chromium: what a person sees of a good file and of a bad one, on a phone and on a desk."""

import json
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from ledger.canonical import canonical_json
from tests.browser.visits import DESK, PHONE, WIDTHS, Visits
from tests.conftest import ROOT
from tests.fakes.bundles import BundleWorld, good_bundles


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
def visits_of_module(browser: Browser, address: str) -> Iterator[Visits]:
    """Of the server of this file."""
    made = Visits(browser, address)
    yield made
    made.close()


@pytest.fixture
def visits(visits_of_module: Visits) -> Iterator[Visits]:
    """For one test. Whoever serves the page's folder as plain files has no icon to give."""
    visits_of_module.begin()
    visits_of_module.watch.expected.add(404)
    yield visits_of_module
    visits_of_module.end()


def opened(visits: Visits, width: int, language: str = "zh") -> Page:
    """The page, ready."""
    page = visits.open(f"/verify.html?lang={language}", width=width)
    expect(page.locator("#start")).to_be_enabled()
    expect(page.locator("#log-key")).not_to_have_value("")
    return page


def verify(page: Page, file: Path, *, level: str) -> Locator:
    """What the page says of a file."""
    page.locator(f"input[value={level}]").check()
    page.locator("#file").set_input_files(file)
    expect(page.locator("#chosen")).not_to_be_empty()
    page.locator("#start").click()
    result = page.locator("#result")
    result.locator(".verdict").wait_for()
    return result


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["reductions", "points", "campaign", "reductions-without-record", "points-narrow"])
def test_a_good_file_is_verified(visits: Visits, bundles: dict[str, Path], name: str, width: int) -> None:
    page = opened(visits, width)
    said = verify(page, bundles[name], level="witnessed")
    expect(said).to_contain_text("验证通过")
    expect(said).to_contain_text("没有证明的内容")
    expect(said).to_contain_text("由本服务器预填")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    visits.watch.check()


def test_a_changed_file_is_refused_with_its_step(visits: Visits, bundles: dict[str, Path]) -> None:
    said = verify(opened(visits, PHONE), bundles["changed"], level="log")
    expect(said).to_contain_text("验证不通过")
    expect(said).to_contain_text("第 12 步")
    expect(said).not_to_contain_text("已证明的内容")


@pytest.mark.parametrize("width", WIDTHS)
def test_in_english_no_chinese_is_left(visits: Visits, bundles: dict[str, Path], width: int) -> None:
    page = opened(visits, width, "en")
    said = verify(page, bundles["campaign"], level="witnessed")
    expect(said).to_contain_text("Verified")
    expect(said).to_contain_text("What is not proved")
    assert page.evaluate("document.documentElement.lang") == "en"
    # What the bundle says stands in `dd`, in whatever language its holder wrote.
    own = page.locator("h1, h2, p, li, dt, label, legend, summary, button, strong").all_inner_texts()
    assert not re.search(r"[\u4e00-\u9fff]", " ".join(own)), own
    page.locator("#language").click()
    expect(page.locator("h1")).to_have_text("验证注销凭证")
    assert "Verify" not in page.locator("main").inner_text().replace("tanpuhui verify", "")
    visits.watch.check()


def test_what_was_said_goes_when_anything_is_entered(visits: Visits, bundles: dict[str, Path]) -> None:
    page = opened(visits, PHONE)
    verify(page, bundles["points"], level="log")
    page.locator("input[value=witnessed]").check()
    expect(page.locator("#result")).to_be_empty()


def test_nothing_is_asked_of_anybody_but_the_pages_server(visits: Visits, bundles: dict[str, Path]) -> None:
    verify(opened(visits, DESK), bundles["points"], level="witnessed")
    visits.watch.check()
    files = {url.partition("?")[0].removeprefix(visits.host).rsplit(".", 1)[-1] for url in visits.watch.requests}
    assert files - {"ico"} == {"html", "css", "js", "json"}


def test_a_node_is_asked_where_the_visitor_names_one(visits: Visits, node: str, bundles: dict[str, Path]) -> None:
    page = opened(visits, PHONE)
    page.locator("input[value=node]").check()
    page.locator("#node").fill(node)
    expect(verify(page, bundles["unsigned"], level="node")).to_contain_text("验证通过")
    assert set(visits.watch.strangers) == {f"{node}/"}
