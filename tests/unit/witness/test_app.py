"""A witness over HTTP: routes, content types and limits."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from ledger.notes import Note, VerifierKey
from ledger.split_view import verify_evidence
from tests.fakes.logs import ORIGIN, leaf_hashes
from tests.unit.witness.made import LOG, SIGNER, begun, opened, request
from witness.app import WitnessApp
from witness.service import Witness

LEAVES = leaf_hashes(12)
FORKED = leaf_hashes(12, forked_from=3)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return begun(tmp_path)


def ask(
    witness: Witness, method: str, path: str, content: bytes | AsyncIterator[bytes] | None = None, **limits: float
) -> httpx.Response:
    return ask_all(witness, [(method, path, content)], **limits)[0]


def ask_all(
    witness: Witness, asked: list[tuple[str, str, bytes | AsyncIterator[bytes] | None]], **limits: float
) -> list[httpx.Response]:
    app = WitnessApp(witness, **limits).asgi()  # type: ignore[arg-type]  # numbers by name

    async def send() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://witness") as client:
            return [await client.request(method, path, content=content) for method, path, content in asked]

    return asyncio.run(send())


def test_a_checkpoint_is_cosigned(witness: Witness) -> None:
    answer = ask(witness, "POST", "/add-checkpoint", request(0, LEAVES))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    note = Note.parse(LOG.note(LEAVES) + answer.text)
    assert set(note.verify([LOG.verifier, SIGNER.verifier])) == {LOG.verifier, SIGNER.verifier}


def test_a_conflict_tells_the_size(witness: Witness) -> None:
    witness.add_checkpoint(request(0, LEAVES))
    answer = ask(witness, "POST", "/add-checkpoint", request(0, LEAVES))
    assert (answer.status_code, answer.text) == (409, "12\n")
    assert answer.headers["content-type"] == "text/x.tlog.size"


def test_it_says_who_it_is_and_what_it_knows(witness: Witness) -> None:
    witness.add_checkpoint(request(0, LEAVES))
    about = ask(witness, "GET", "/").json()
    assert VerifierKey.parse(about["verifier_key"]) == SIGNER.verifier
    [log] = about["logs"]
    assert (about["name"], log["origin"], log["size"], about["evidence"]) == (SIGNER.name, ORIGIN, 12, 0)
    checkpoint = ask(witness, "GET", log["checkpoint"])
    signed = Note.parse(checkpoint.text).verify([LOG.verifier, SIGNER.verifier])
    assert set(signed) == {LOG.verifier, SIGNER.verifier}
    assert checkpoint.headers["cache-control"] == "no-cache"


def test_there_is_no_checkpoint_of_a_log_that_was_not_cosigned(witness: Witness) -> None:
    [log] = ask(witness, "GET", "/").json()["logs"]
    assert ask(witness, "GET", log["checkpoint"]).status_code == 404
    assert ask(witness, "GET", "/logs/" + "00" * 32 + "/checkpoint").status_code == 404


def test_evidence_is_listed_and_served_as_it_verifies(witness: Witness) -> None:
    witness.add_checkpoint(request(0, LEAVES[:6]))
    witness.add_checkpoint(request(6, FORKED))
    listed = ask(witness, "GET", "/evidence").json()
    [one] = listed["evidence"]
    assert (one["origin"], one["first_size"], one["second_size"], listed["unproven"]) == (ORIGIN, 6, 12, [])
    content = ask(witness, "GET", one["url"]).content
    assert hashlib.sha256(content).hexdigest() == one["hash"]
    assert verify_evidence(content, LOG.verifier).second_size == 12


def test_a_damaged_file_is_called_damaged_and_hides_no_other(witness: Witness, tmp_path: Path) -> None:
    witness.add_checkpoint(request(0, LEAVES[:6]))
    witness.add_checkpoint(request(6, FORKED))
    witness.add_checkpoint(request(6, FORKED[:8]))
    first, second = witness.proven.hashes()
    (tmp_path / "evidence" / f"{first}.json").write_bytes(b"{")
    listed = ask(opened(tmp_path), "GET", "/evidence")
    assert listed.status_code == 200
    by_hash = {one["hash"]: one for one in listed.json()["evidence"]}
    assert by_hash[first] == {"hash": first, "url": f"/evidence/{first}", "damaged": True}
    assert by_hash[second]["second_size"] == 8


def test_evidence_is_listed_without_reading_it_again(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    witness.add_checkpoint(request(0, LEAVES[:6]))
    witness.add_checkpoint(request(6, FORKED))

    def read(*_: object) -> bytes:
        raise AssertionError("a list reads no files")

    monkeypatch.setattr(Path, "read_bytes", read)
    monkeypatch.setattr(Path, "glob", read)
    assert len(ask(witness, "GET", "/evidence").json()["evidence"]) == ask(witness, "GET", "/").json()["evidence"] == 1


@pytest.mark.parametrize("name", ["00" * 32, "..%2Flogs%2Fx", "x"])
def test_nothing_but_evidence_is_served(witness: Witness, name: str) -> None:
    assert ask(witness, "GET", f"/evidence/{name}").status_code == 404


def test_a_body_that_is_too_large_is_not_read(witness: Witness) -> None:
    assert ask(witness, "POST", "/add-checkpoint", b"x" * 65_537).status_code == 413
    assert ask(witness, "POST", "/add-checkpoint", b"x" * 65_536).status_code == 400


def test_a_body_without_a_length_that_grows_too_large_is_not_read_on(witness: Witness) -> None:
    parts = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal parts
        while True:
            parts += 1
            yield b"x" * 10_000

    assert ask(witness, "POST", "/add-checkpoint", endless()).status_code == 413
    assert parts <= 8


def test_a_slow_body_is_not_waited_for(witness: Witness) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"old 0\n"
        await asyncio.sleep(60)

    assert ask(witness, "POST", "/add-checkpoint", slow(), body_seconds=0.05).status_code == 408


def test_one_caller_may_not_ask_for_ever(witness: Witness) -> None:
    answers = ask_all(witness, [("GET", "/", None)] * 3, requests=2, requests_per_second=0.1)
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["retry-after"]) > 0


def test_other_methods_and_paths_are_not_served(witness: Witness) -> None:
    assert ask(witness, "GET", "/add-checkpoint").status_code == 405
    assert ask(witness, "POST", "/evidence").status_code == 405
    assert ask(witness, "GET", "/state").status_code == 404
