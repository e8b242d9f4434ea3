"""The witness's server: nobody keeps others out by saying nothing."""

import http.client
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.witness.made import begun
from witness import server
from witness.app import create_app


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(server, "_HEAD_SECONDS", 0.5)
    listening = socket.create_server(("127.0.0.1", 0))
    with server.WitnessServer(create_app(begun(tmp_path)), listening):
        yield listening.getsockname()[1]


def test_a_connection_without_a_request_is_ended(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as idle:
        assert idle.recv(1) == b""


def test_a_head_that_drips_is_ended(port: int) -> None:
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as slow, pytest.raises(OSError):  # noqa: PT011, PT012
        while time.monotonic() < began + 10:
            slow.sendall(b"G")
            time.sleep(0.05)
    assert time.monotonic() < began + 5


def test_who_asks_is_answered_again_and_again(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for _ in range(6):
        connection.request("GET", "/")
        assert connection.getresponse().read()
        time.sleep(0.2)
    connection.close()
