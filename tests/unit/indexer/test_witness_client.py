"""Witnesses as they are named in settings."""

import pytest

from indexer.witness_client import Witness
from ledger.errors import InvalidInput
from ledger.notes import KeyType, SignerKey

KEY = SignerKey("witness.example/1", KeyType.WITNESS, b"\x02" * 32).verifier
LOG = SignerKey("example.com/log", KeyType.LOG, b"\x02" * 32).verifier


@pytest.mark.parametrize("url", ["http://127.0.0.1:7380", "https://witness.example/submit", "http://[::1]:1/"])
def test_an_address_and_a_key(url: str) -> None:
    witness = Witness.parse(f" {url}={KEY} ")
    assert witness == Witness(url.rstrip("/"), KEY)
    assert witness.name == "witness.example/1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://127.0.0.1",
        f"={KEY}",
        f"http://={KEY}",
        f"ftp://127.0.0.1={KEY}",
        f"127.0.0.1:7380={KEY}",
        f"http://127.0.0.1:99999999={KEY}",
        f"http://127.0.0.1={LOG}",
        f"http://127.0.0.1={str(KEY)[:-1]}",
        "http://127.0.0.1=nonsense",
    ],
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(InvalidInput, match="URL=VKEY"):
        Witness.parse(text)
