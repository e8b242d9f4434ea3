"""A document nested without end is refused as any other wrong one, whatever recursion limit the process has."""

import subprocess
import sys
from pathlib import Path

import pytest

from chain.deployment import Deployment
from chain.keystores import KeystoreSigner
from chain.transactions import decode_signed
from ledger.errors import InvalidInput, InvalidTransaction, WrongKeyFile

RAISED = 100_000
"""What py_ecc sets."""


@pytest.fixture
def _raised_limit() -> object:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(RAISED)
    yield
    sys.setrecursionlimit(before)


def nested_rlp(depth: int) -> bytes:
    """`depth` lists, each the only member of the one around it."""
    body = b"\xc0"
    for _ in range(depth):
        size = len(body)
        if size < 56:
            body = bytes((0xC0 + size,)) + body
        else:
            length = size.to_bytes((size.bit_length() + 7) // 8, "big")
            body = bytes((0xF7 + len(length),)) + length + body
    return body


def test_eth_account_leaves_the_recursion_limit_as_it_was() -> None:
    code = "import sys; from chain import keystores; print(sys.getrecursionlimit())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == 1000


@pytest.mark.usefixtures("_raised_limit")
def test_files(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    for deep in ("[" * 500_000, '{"a":' * 150_000):
        path.write_text(deep)
        path.chmod(0o600)
        with pytest.raises(InvalidInput, match="must be nested at most 32 deep"):
            Deployment.load(path)
        with pytest.raises(WrongKeyFile, match="must be nested at most 32 deep"):
            KeystoreSigner(path, "password")


@pytest.mark.usefixtures("_raised_limit")
def test_transactions() -> None:
    with pytest.raises(InvalidTransaction):
        decode_signed(nested_rlp(30_000))
