"""A witness on a local port that does what it is told: as C2SP tlog-witness says, or badly."""

import base64
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from indexer.witness_client import Witness
from ledger.checkpoints import Checkpoint
from ledger.errors import ProofError
from ledger.log_tree import verify_consistency
from ledger.notes import KeyType, Note, SignerKey

Reply = tuple[int, bytes]


@dataclass
class FakeWitness:
    """Keeps the newest checkpoint it cosigned. `misbehave`, where it is set, answers instead."""

    seed: int = 2
    name: str = "witness.example/1"
    kept: Checkpoint | None = None
    asked: list[bytes] = field(default_factory=list)
    misbehave: Callable[[bytes], Reply] | None = None

    def __post_init__(self) -> None:
        self.key = SignerKey(self.name, KeyType.WITNESS, bytes([self.seed]) * 32)
        witness = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status, answer = witness.answer(self.path, body)
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def witness(self) -> Witness:
        """As a publisher is told of it."""
        return Witness(f"http://127.0.0.1:{self._server.server_port}/submit", self.key.verifier)

    def answer(self, path: str, body: bytes) -> Reply:
        """What it says to a request."""
        assert path == "/submit/add-checkpoint"
        self.asked.append(body)
        if self.misbehave is not None:
            return self.misbehave(body)
        return self.cosign(body)

    def cosign(self, body: bytes) -> Reply:
        """As the specification has it, but for the log's signature, which the tests of notes look at."""
        head, _, rest = body.decode().partition("\n\n")
        old_line, *proof_lines = head.split("\n")
        old = int(old_line.removeprefix("old "))
        note = Note.parse(rest)
        new = Checkpoint.of_note(note)
        size = 0 if self.kept is None else self.kept.size
        if old != size:
            return 409, f"{size}\n".encode()
        if self.kept is not None:
            proof = [base64.b64decode(line) for line in proof_lines]
            try:
                verify_consistency(
                    old_size=old, old_root=self.kept.root, new_size=new.size, new_root=new.root, proof=proof
                )
            except ProofError:
                return (409, f"{size}\n".encode()) if old == new.size else (422, b"no\n")
        self.kept = new
        return 200, f"{self.key.sign(note.text, timestamp=1_763_000_000)}\n".encode()
