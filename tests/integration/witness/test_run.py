"""`tanpuhui witness run` over HTTP: another process, killed and started again."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

from ledger.key_files import write_signer_key
from ledger.notes import Note
from ledger.split_view import verify_evidence
from tests.conftest import ROOT
from tests.fakes.logs import leaf_hashes
from tests.unit.witness.made import LOG, SIGNER, request
from witness.state import StateFolder

LEAVES = leaf_hashes(20)
FORKED = leaf_hashes(20, forked_from=3)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_signer_key(tmp_path / "key", SIGNER)
    states = StateFolder(tmp_path / "state", SIGNER.verifier)
    states.begin(LOG.key.name)
    return tmp_path


@contextmanager
def running(home: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    options = ["--log", str(LOG.verifier), "--state", str(home / "state"), "--key", str(home / "key")]
    arguments = ["witness", "run", *options, "--listen", "127.0.0.1:0"]
    code = "from scripts.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, stderr=subprocess.PIPE, text=True, process_group=0
    )
    assert process.stderr is not None
    try:
        said = ""
        for said in process.stderr:
            if found := re.search(r"http://\S+", said):
                yield found[0], process
                return
        pytest.fail(f"it did not start: {said}")
    finally:
        process.kill()
        process.wait(10)
        process.stderr.close()


def post(url: str, body: bytes) -> urllib3.BaseHTTPResponse:
    return urllib3.request("POST", f"{url}/add-checkpoint", body=body, timeout=10, retries=False)


def test_a_witness_killed_at_any_moment_goes_on_where_it_was(home: Path) -> None:
    with running(home) as (url, process):
        answer = post(url, request(0, LEAVES[:6]))
        assert answer.status == 200
        note = Note.parse(LOG.note(LEAVES[:6]) + answer.data.decode())
        assert SIGNER.verifier in note.verify([SIGNER.verifier])
        process.kill()
    with running(home) as (url, _):
        assert post(url, request(0, FORKED)).data == b"6\n"
        assert post(url, request(6, FORKED)).status == 422
        [listed] = urllib3.request("GET", f"{url}/evidence").json()["evidence"]
        evidence = urllib3.request("GET", f"{url}{listed['url']}").data
        assert verify_evidence(evidence, LOG.verifier).second_size == 20
        assert post(url, request(6, LEAVES)).status == 200


def test_a_second_one_on_the_same_state_does_not_start(home: Path) -> None:
    with running(home):
        second = pytest.raises(pytest.fail.Exception, match="Another process uses the state folder")
        with second, running(home):
            pass


def test_ctrl_c_ends_it_well(home: Path) -> None:
    with running(home) as (_, process):
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
        assert (process.returncode, "ended; what was cosigned" in said) == (0, True)


def test_a_body_of_any_length_is_cut_off(home: Path) -> None:
    with running(home) as (url, _):
        assert post(url, b"x" * 70_000).status == 413
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.sendall(b"20000\r\n" + b"x" * 0x20000 + b"\r\n")
            assert b" 413 " in connection.recv(1000)
