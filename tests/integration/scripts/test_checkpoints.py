"""`tanpuhui log key`, `tanpuhui checkpoint`, and publishing beside the API."""

from __future__ import annotations

import json
import re
import signal
import stat
import time
from pathlib import Path

import urllib3

from ledger.checkpoints import Checkpoint
from ledger.key_files import read_signer_key
from ledger.notes import KeyType, Note, VerifierKey
from tests.fakes.witness_server import FakeWitness
from tests.integration.scripts.conftest import Cli
from tests.integration.scripts.story import begin


def key_path(cli: Cli) -> Path:
    return cli.home / "keys" / "log.key"


def test_the_key_is_made_once_and_only_its_public_half_is_shown(cli: Cli, tmp_path: Path) -> None:
    assert cli.json("log", "key", "show", code=3)["code"] == "wrong-key-file"
    made = cli("log", "key", "new", "--json")
    shown = cli("log", "key", "show", "--json")
    assert made.json == shown.json
    key = read_signer_key(key_path(cli), KeyType.LOG)
    assert VerifierKey.parse(shown.json["log_key"]) == key.verifier
    assert key.name == shown.json["origin"] == cli.deployed.deployment.origin
    assert stat.S_IMODE(key_path(cli).stat().st_mode) == 0o600
    secret = key.to_secret_text().strip().rpartition("+")[2]
    assert secret not in made.out + made.err + shown.out + shown.err
    again = cli.json("log", "key", "new", code=3)
    assert "not overwritten" in again["detail"]
    elsewhere = tmp_path / "other" / "log.key"
    other = cli.json("log", "key", "new", "--file", elsewhere)
    assert other["log_key"] != shown.json["log_key"]
    cli.env["TANPUHUI_LOG_KEY_FILE"] = str(elsewhere)
    assert cli.json("log", "key", "show")["log_key"] == other["log_key"]


def test_a_checkpoint_is_published_once_and_shown(cli: Cli) -> None:
    begin(cli)
    cli("index", "run")
    assert cli.json("checkpoint", "show", code=4)["code"] == "not-found"
    assert cli.json("checkpoint", "publish", code=3)["code"] == "wrong-key-file"
    log_key = VerifierKey.parse(cli.json("log", "key", "new")["log_key"])
    with FakeWitness() as good, FakeWitness(3, "witness.example/2") as bad:
        bad.misbehave = lambda _: (500, b"")
        cli.env["TANPUHUI_WITNESSES"] = " ".join(f"{one.witness.url}={one.witness.key}" for one in (good, bad))
        said = cli("checkpoint", "publish", "--json")
        assert said.json["published"] is True
        assert (said.json["cosigned"], said.json["quorum"]) == (1, 2)
        assert "witness.example/2 did not cosign: HTTP status 500" in said.err
        assert "has 1 cosignatures of 2 that are needed" in said.err
        note = Note.parse(said.json["note"])
        assert set(note.verify([log_key, good.witness.key])) == {log_key, good.witness.key}
        again = cli.json("checkpoint", "publish")
        assert (again["published"], again["note"]) == (False, said.json["note"])
        assert len(good.asked) == 1
    assert cli.json("checkpoint", "show")["note"] == said.json["note"]
    size = Checkpoint.of_note(note).size
    assert cli.json("checkpoint", "show", size)["note"] == said.json["note"]
    assert cli.json("checkpoint", "show", size + 1, code=4)["code"] == "not-found"


def test_options_that_cannot_be(cli: Cli) -> None:
    cli("log", "key", "new")
    assert cli.json("checkpoint", "publish", "--witness", "nonsense", code=2)["errors"][0]["field"] == "witness"
    log_key = cli.json("log", "key", "show")["log_key"]
    refused = cli.json("checkpoint", "publish", "--witness", f"http://127.0.0.1:1={log_key}", code=2)
    assert "a witness's verifier key" in refused["detail"]
    assert cli.json("checkpoint", "publish", "--quorum", "1", code=2)["errors"][0]["field"] == "TANPUHUI_WITNESS_QUORUM"


def test_an_empty_log_is_said(cli: Cli) -> None:
    cli("log", "key", "new")
    cli("index", "run")
    said = cli("checkpoint", "publish", "--json")
    assert said.json["published"] is False


def test_serve_publishes_and_says_its_keys(cli: Cli) -> None:
    begin(cli)
    log_key = cli.json("log", "key", "new")["log_key"]
    with FakeWitness() as witness:
        cli.env["TANPUHUI_WITNESSES"] = f"{witness.witness.url}={witness.witness.key}"
        cli.env["TANPUHUI_CHECKPOINT_SECONDS"] = "1"
        process = cli.start("serve", "--port", "0")
        try:
            assert process.stderr is not None
            line = next(line for line in process.stderr if "serving http" in line)
            found = re.search(r"http://\S+", line)
            assert found
            url = found[0]
            keys = json.loads(urllib3.request("GET", f"{url}/v1/log/keys").data)
            assert (keys["log_key"], keys["witnesses"], keys["quorum"]) == (log_key, [str(witness.witness.key)], 1)
            deadline = time.monotonic() + 20
            while (reply := urllib3.request("GET", f"{url}/checkpoint")).status != 200:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            note = Note.parse(reply.data)
            assert len(note.verify([VerifierKey.parse(log_key), witness.witness.key])) == 2
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
        assert process.returncode == 0
