"""The house itself: what holds for the tests and for the installed distribution."""

import re
import socket
from importlib.metadata import version
from pathlib import Path

import pytest
from eth_hash.auto import keccak
from pytest_socket import SocketBlockedError

import chain
from tests.conftest import ROOT


def test_unit_tests_cannot_open_a_network_socket() -> None:
    with pytest.warns(UserWarning, match="socket"), pytest.raises(SocketBlockedError):
        socket.socket(socket.AF_INET)


def test_the_distribution_is_installed_from_this_checkout() -> None:
    assert version("tanpuhui")
    assert Path(chain.__file__).parent == ROOT / "chain"


def test_nothing_cites_what_is_not_in_the_repository() -> None:
    """DESIGN was a plan; what holds is docs/spec."""
    folders = ("api", "benchmarks", "chain", "contracts/src", "contracts/test", "docs", "indexer", "ledger", "scripts")
    sources = [
        path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in {".md", ".py", ".sol"}
    ]
    assert len(sources) > 200
    assert [str(path) for path in sources if re.search(r"\bDESIGN\b", path.read_text(encoding="utf-8"))] == []


def test_keccak_uses_the_fast_library() -> None:
    assert keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak.hasher.__module__ == "eth_hash.backends.pysha3"
