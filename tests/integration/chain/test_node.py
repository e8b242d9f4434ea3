"""The local node: it answers, it mines, it goes with its starter and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chain import node as module
from chain.node import AnvilNode, find_anvil
from ledger.errors import NodeUnreachable
from tests.conftest import ROOT


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_it_starts_stops_and_starts_again_on_its_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    node = AnvilNode(chain_id=4242)
    with pytest.raises(RuntimeError, match="not running"):
        node.url  # noqa: B018
    with node:
        assert node.rpc.call("eth_chainId") == "0x1092"
        url, pid = node.url, node.pid
        assert pid is not None
        assert list(tmp_path.iterdir())
        with pytest.raises(RuntimeError, match="running"):
            node.start()
        node.stop(kill=True)
        node.stop()
        assert not alive(pid)
        assert not list(tmp_path.iterdir())
        node.start()
        assert node.url == url
        assert node.pid != pid
    assert not list(tmp_path.iterdir())


def test_two_nodes_do_not_meet() -> None:
    with AnvilNode() as one, AnvilNode() as other:
        assert one.url != other.url


def test_a_port_that_is_taken_is_reported() -> None:
    with AnvilNode() as node:
        port = int(node.url.rpartition(":")[2])
        with pytest.raises(NodeUnreachable, match="anvil did not start"):
            AnvilNode(port=port).start()


def test_blocks_come_only_when_told_or_needed() -> None:
    with AnvilNode(block_seconds=None) as node:
        node.mine(3)
        assert node.rpc.call("eth_blockNumber") == "0x3"
        snapshot = node.snapshot()
        node.mine()
        node.revert(snapshot)
        assert node.rpc.call("eth_blockNumber") == "0x3"
        with pytest.raises(NodeUnreachable, match="does not know snapshot"):
            node.revert(snapshot)
    with AnvilNode(block_seconds=0.005) as node:
        time.sleep(0.1)
        assert node.rpc.call("eth_blockNumber") == "0x0"


def test_without_anvil(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "_PINNED", tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NodeUnreachable, match="run `make setup`"):
        find_anvil()
    (tmp_path / "anvil").write_text("#!/bin/sh\necho cannot do this >&2\n")
    (tmp_path / "anvil").chmod(0o755)
    assert find_anvil() == tmp_path / "anvil"
    with pytest.raises(NodeUnreachable, match="cannot do this"):
        AnvilNode().start()


STARTER = """
import time
from chain.node import AnvilNode
node = AnvilNode().start()
print(node.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the death of a parent is only seen on Linux")
def test_it_dies_with_a_starter_that_is_killed() -> None:
    starter = subprocess.Popen([sys.executable, "-c", STARTER], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    assert alive(pid)
    os.kill(starter.pid, signal.SIGKILL)
    starter.wait()
    starter.stdout.close()
    deadline = time.monotonic() + 5
    while alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)
