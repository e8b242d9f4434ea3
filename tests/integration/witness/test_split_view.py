"""A log that shows two faces, from end to end: a real chain, a witness and a monitor that are nobody's but their own.

The cheat holds the log's key and signs what it likes. The witness refuses to cosign and keeps evidence; the monitor,
which looks at two sources, finds it too; and what each kept verifies with the log's key and nothing else.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3

from chain.leaves import TransparencyLogView
from chain.views import ContractViews
from indexer.errors import WitnessFailed
from indexer.witness_client import Witness as Asked
from indexer.witness_client import WitnessClient
from ledger.key_files import read_signer_key
from ledger.log_tree import consistency_proof, root
from ledger.notes import KeyType, Note
from ledger.split_view import verify_evidence
from tests.fakes.logs import SigningLog, leaf_hashes
from tests.integration.scripts.conftest import Cli
from tests.integration.scripts.story import begin
from tests.unit.witness.made import SIGNER
from witness.app import create_app
from witness.server import WitnessServer
from witness.service import Witness
from witness.state import StateFolder


@dataclass
class Served:
    """A source that serves what a test says, at /NAME/checkpoint."""

    notes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        notes = self.notes

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                note = notes.get(self.path.split("/")[1])
                self.send_response(200 if note is not None else 404)
                self.end_headers()
                self.wfile.write((note or "").encode())

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{name}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Scene:
    """A ledger with some operations, whoever holds its log's key, and a place where checkpoints are served."""

    cli: Cli
    log: SigningLog
    leaves: list[bytes]
    served: Served

    def note(self, leaves: Sequence[bytes] | None = None) -> str:
        return self.log.note(self.leaves if leaves is None else leaves)

    def forked(self, size: int) -> list[bytes]:
        """A log that is the chain's but for the leaves from the fourth on."""
        return [*self.leaves[:3], *leaf_hashes(size - 3)]

    def monitor(self, *sources: str, code: int = 0) -> Any:
        urls = [part for name in sources for part in ("--source", self.served.url(name))]
        return self.cli.json("monitor", "--once", *urls, "--log-key", self.log.verifier, code=code)

    def verified(self, file: object, code: int = 0) -> Any:
        return self.cli.json("witness", "verify-evidence", file, "--log-key", self.log.verifier, code=code)


def leaves_of(cli: Cli) -> list[bytes]:
    """The hashes in the events, whose root is the contract's."""
    deployment, rpc = cli.deployed.deployment, cli.deployed.rpc
    size = ContractViews(rpc, deployment).log_size()
    head = int(rpc.call("eth_blockNumber"), 16)
    address = TransparencyLogView(rpc, deployment).address
    query = {"address": address.hex0x, "fromBlock": hex(deployment.first_block), "toBlock": hex(head)}
    found = [log for log in rpc.call("eth_getLogs", [query]) if len(log["topics"]) == 4]
    hashes = [bytes.fromhex(log["data"][-64:]) for log in found]
    assert root(hashes) == ContractViews(rpc, deployment).log_root_at(size)
    return hashes


@pytest.fixture
def scene(cli: Cli) -> Iterator[Scene]:
    begin(cli)
    key = read_signer_key(Path(cli.json("log", "key", "new")["file"]), KeyType.LOG)
    served = Served()
    made = Scene(cli, SigningLog(key), leaves_of(cli), served)
    assert len(made.leaves) == 6, "no power of two, at which a fork's proof would not convict it"
    served.notes["honest"] = made.note()
    try:
        yield made
    finally:
        served.close()


@pytest.fixture
def witness(scene: Scene, tmp_path: Path) -> Iterator[tuple[str, WitnessClient]]:
    states = StateFolder(tmp_path / "witness", SIGNER.verifier)
    states.begin(scene.log.key.name)
    with states.held(), socket.create_server(("127.0.0.1", 0)) as listening:
        app = create_app(Witness(SIGNER, [scene.log.verifier], states))
        with WitnessServer(app, listening):
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            client = WitnessClient(Asked(url, SIGNER.verifier), timeout_seconds=10)
            yield url, client
            client.close()


def test_two_faces_are_seen_by_the_witness_and_by_the_monitor(
    scene: Scene, witness: tuple[str, WitnessClient], tmp_path: Path
) -> None:
    url, client = witness
    line = client.cosign(Note.parse(scene.note()), lambda size: [])
    forked = scene.forked(9)
    with pytest.raises(WitnessFailed, match="HTTP status 422"):
        client.cosign(Note.parse(scene.note(forked)), lambda size: consistency_proof(forked, size), known_size=6)

    [listed] = urllib3.request("GET", f"{url}/evidence").json()["evidence"]
    kept = tmp_path / "from-witness.json"
    kept.write_bytes(urllib3.request("GET", url + listed["url"]).data)
    found = scene.verified(kept)
    assert (found["first_size"], found["second_size"]) == (6, 9)
    assert found["other_root"] == "0x" + root(forked[:6]).hex()

    scene.served.notes["honest"] = f"{scene.note()}{line}\n"
    scene.served.notes["cheated"] = scene.note(scene.forked(5))
    watched = scene.monitor("honest", "cheated", code=1)
    assert [alarm["alarm"] for alarm in watched["alarms"]] == ["checkpoint", "split-view"]
    proved = scene.verified(watched["alarms"][1]["evidence"])
    assert (proved["first_size"], proved["second_size"]) == (5, 6)
    assert verify_evidence(Path(watched["alarms"][1]["evidence"]).read_bytes(), scene.log.verifier).origin == (
        scene.cli.deployed.deployment.origin
    )
    assert scene.verified(watched["alarms"][0]["file"], code=1)["evidence"] is False


def test_the_checkpoint_that_a_witness_serves_is_a_source(scene: Scene, witness: tuple[str, WitnessClient]) -> None:
    url, client = witness
    client.cosign(Note.parse(scene.note()), lambda size: [])
    [log] = urllib3.request("GET", url).json()["logs"]
    source = url + log["checkpoint"]
    keys = ("--log-key", scene.log.verifier, "--witness", SIGNER.verifier)
    watched = scene.cli.json("monitor", "--once", "--source", source, *keys)
    assert [(one["url"], one["size"], one["witnesses"]) for one in watched["sources"]] == [(source, 6, SIGNER.name)]


def test_the_same_node_and_an_honest_log(scene: Scene) -> None:
    watched = scene.monitor("honest")
    assert (watched["size"], watched["alarms"], watched["alarms_ever"]) == (6, [], 0)
    assert watched["root"] == "0x" + root(scene.leaves).hex()


def test_a_checkpoint_that_goes_back(scene: Scene) -> None:
    scene.monitor("honest")
    scene.served.notes["honest"] = scene.note(scene.leaves[:4])
    [alarm] = scene.monitor("honest", code=1)["alarms"]
    assert alarm["alarm"] == "rollback"


def test_a_checkpoint_of_a_size_that_the_chain_has_not(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chain.monitor.monitor._PATIENCE", (0.01,))
    scene.served.notes["honest"] = scene.note(scene.forked(9))
    [alarm] = scene.monitor("honest", code=1)["alarms"]
    assert alarm["alarm"] == "size"


def test_a_log_that_was_rewritten_by_a_reorganisation(scene: Scene) -> None:
    scene.monitor("honest")
    scene.cli.deployed.rpc.call("anvil_reorg", [2, []])
    watched = scene.monitor("honest", code=1)
    [alarm] = watched["alarms"]
    assert (alarm["alarm"], watched["size"]) == ("rewritten", 6)
    assert "leaf 4 was seen and is on the chain no more" in alarm["detail"]


def test_a_log_that_was_rewritten_with_other_operations(scene: Scene) -> None:
    node, cli = scene.cli.deployed.node, scene.cli
    snapshot = node.snapshot()
    cli("transfer", "--from", "ref:owner", "--to", "ref:buyer", "--quantity", "1", *_LOT)
    assert scene.monitor("honest")["size"] == 7
    node.revert(snapshot)
    cli("transfer", "--from", "ref:owner", "--to", "ref:buyer", "--quantity", "2", *_LOT)
    [alarm] = scene.monitor("honest", code=1)["alarms"]
    assert alarm["alarm"] == "rewritten"
    assert "leaf 6" in alarm["detail"]


_LOT = ("--activity", "SH-PV-1", "--first-day", "2025-01-01", "--last-day", "2025-12-31")


def test_a_monitor_that_goes_on_until_it_is_ended(scene: Scene) -> None:
    url = scene.served.url("honest")
    process = scene.cli.start("monitor", "--every", "0.1", "--source", url, "--log-key", scene.log.verifier)
    assert process.stderr is not None
    said = ""
    for said in process.stderr:
        if "6 leaves" in said:
            scene.served.notes["honest"] = scene.note(scene.forked(5))
        if "ALARM split-view" in said:
            break
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=30)
    assert process.returncode == 1, said + rest


def test_a_monitor_of_sources_needs_the_key(scene: Scene) -> None:
    assert "log_key must be given" in scene.cli("monitor", "--once", "--source", scene.served.url("x"), code=2).err
    assert "source must be" in scene.cli("monitor", "--source", "ftp://x", "--log-key", scene.log.verifier, code=2).err


def test_a_source_that_is_gone_is_told(scene: Scene) -> None:
    scene.served.notes.clear()
    watched = scene.cli.json(
        *("monitor", "--once", "--log-key", scene.log.verifier),
        *("--source", scene.served.url("none"), "--source", "http://127.0.0.1:9"),
    )
    assert [one["silent"] for one in watched["sources"]] == [
        "nothing is published there: no checkpoint yet, or no URL of a log or a witness",
        "it does not answer (NewConnectionError)",
    ]
    assert watched["alarms"] == []
