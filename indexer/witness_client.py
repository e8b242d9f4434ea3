"""Asks a witness for its cosignature: `POST add-checkpoint` of C2SP tlog-witness (docs/spec/07-log.md §7.5).

Nothing that a witness answers is believed but a signature line of its pinned key that verifies. Its answer may take a
bounded time and have a bounded length.
"""

import base64
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import urllib3
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import Timeout, parse_url

from indexer.errors import WitnessFailed
from ledger.checkpoints import Checkpoint
from ledger.errors import InvalidInput, InvalidKey, InvalidNote
from ledger.notes import KeyType, Note, SignatureLine, VerifierKey, parse_signature_line

ADD_CHECKPOINT = "add-checkpoint"
MAX_ANSWER_BYTES = 65_536
_TRIES = 3
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
_CHUNK = 4_096
_LONGEST_REASON = 120

ProofFrom = Callable[[int], Sequence[bytes]]
"""The consistency proof from a size to that of the checkpoint; empty from 0 and from its own size."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Where a witness takes checkpoints (its submission prefix), and the key that it signs with."""

    url: str
    key: VerifierKey

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `URL=VKEY`; `InvalidInput` for anything else."""
        url, _, key = text.strip().partition("=")
        rule = "be URL=VKEY: an http or https address, and a witness's verifier key"
        try:
            parsed = parse_url(url)
            verifier = VerifierKey.parse(key)
        except (LocationParseError, InvalidKey):
            raise InvalidInput("witness", rule, text) from None
        if parsed.scheme not in {"http", "https"} or not parsed.host or verifier.type is not KeyType.WITNESS:
            raise InvalidInput("witness", rule, text)
        return cls(url.rstrip("/"), verifier)

    @property
    def name(self) -> str:
        """The name of its key."""
        return self.key.name


@dataclass(slots=True)
class _Answer:
    status: int
    body: bytes


class WitnessClient:
    """Asks one witness, within `timeout_seconds` for everything that one checkpoint takes."""

    def __init__(self, witness: Witness, *, timeout_seconds: float) -> None:
        self.witness = witness
        self._timeout_seconds = timeout_seconds
        self._pool = urllib3.PoolManager(num_pools=1, retries=False)

    def close(self) -> None:
        """Ends its connections."""
        self._pool.clear()

    def cosign(self, note: Note, proof_from: ProofFrom, *, known_size: int = 0) -> SignatureLine:
        """The witness's line for a signed checkpoint; `WitnessFailed` says why there is none.

        `known_size` is what it is taken to have cosigned last. Where that is wrong it says what it has (409), and is
        asked again from there.
        """
        deadline = time.monotonic() + self._timeout_seconds
        size = Checkpoint.of_note(note).size
        old_size = known_size
        for _ in range(_TRIES):
            answer = self._post(_request(note, old_size, proof_from(old_size)), deadline)
            if answer.status == 200:
                return self._line(note, answer.body)
            if answer.status != 409:
                raise self._failed(f"HTTP status {answer.status}: {_said(answer.body)}")
            old_size = self._other_size(answer.body, old_size, size)
        raise self._failed("it names another size at every try")

    def _other_size(self, body: bytes, asked: int, size: int) -> int:
        match = _SIZE.fullmatch(body)
        if match is None:
            raise self._failed(f"it says 409 and no size: {_said(body)}")
        kept = int(match[1])
        if kept > size:
            raise self._failed(f"it has cosigned size {kept}, above {size}: it was shown more than this log")
        if kept == asked:
            raise self._failed(f"it has cosigned another root at size {kept}: compare the two, one log has one")
        return kept

    def _line(self, note: Note, body: bytes) -> SignatureLine:
        key = self.witness.key
        try:
            text = body.decode()
            if not text.endswith("\n"):
                raise self._failed("its lines do not end in a line feed")
            lines = [parse_signature_line(line) for line in text[:-1].split("\n")]
            own = [line for line in lines if (line.name, line.key_id) == (key.name, key.key_id)]
            if own and key in Note(note.text, (own[0],)).verify([key]):
                return own[0]
        except UnicodeDecodeError:
            raise self._failed("its answer is not UTF-8") from None
        except InvalidNote as error:
            raise self._failed(error.explain()) from None
        raise self._failed("no line of its answer is of its key")

    def _post(self, body: bytes, deadline: float) -> _Answer:
        try:
            response = self._pool.urlopen(
                "POST",
                f"{self.witness.url}/{ADD_CHECKPOINT}",
                body=body,
                headers={"content-type": "text/plain; charset=utf-8", "accept-encoding": "identity"},
                timeout=Timeout(total=self._left(deadline)),
                redirect=False,
                preload_content=False,
            )
            try:
                return _Answer(response.status, self._read(response, deadline))
            finally:
                response.release_conn()
        except (HTTPError, OSError) as error:
            raise self._failed(f"{type(error).__name__} at {self.witness.url}") from None

    def _read(self, response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        body = bytearray()
        for chunk in response.stream(_CHUNK):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                response.close()
                raise self._failed(f"its answer is longer than {MAX_ANSWER_BYTES} bytes")
            self._left(deadline)
        return bytes(body)

    def _left(self, deadline: float) -> float:
        left = deadline - time.monotonic()
        if left <= 0:
            raise self._failed(f"it did not answer within {self._timeout_seconds:g} s")
        return left

    def _failed(self, reason: str) -> WitnessFailed:
        return WitnessFailed(self.witness.name, reason)


def _request(note: Note, old_size: int, proof: Sequence[bytes]) -> bytes:
    lines = [f"old {old_size}", *(_base64(member) for member in proof)]
    return ("".join(f"{line}\n" for line in lines) + f"\n{note}").encode()


def _base64(member: bytes) -> str:
    return base64.b64encode(member).decode()


def _said(body: bytes) -> str:
    """The first line of what it said."""
    return body.decode(errors="replace").strip().partition("\n")[0][:_LONGEST_REASON] or "nothing more"
