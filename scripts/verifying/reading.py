"""Files as they are given: never more of one is read than it may have, whatever it says of its size."""

from __future__ import annotations

import re
import sys
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Final

from ledger.bundle import MAX_BUNDLE_BYTES, DeploymentIdentity
from ledger.canonical import parse_strict
from ledger.errors import InvalidInput, Json
from ledger.ids import Address
from ledger.verifier import Trust

MAX_PDF_BYTES: Final = 32 << 20
MAX_PIN_BYTES: Final = 1 << 20
"""Of a trust file, a deployment file, a file of validators."""

_PDF: Final = b"%PDF-"
_STREAM: Final = re.compile(rb"stream\r?\n")
_LONGEST_HEAD: Final = 2_000
_LENGTH: Final = re.compile(rb"/Length\s+(\d{1,9})(?!\s+\d+\s+R)")
_CONTRACTS: Final = ("transparency_log", "reduction_ledger", "point_ledger")


def read_bundle(path: str) -> bytes:
    """The bytes of a bundle from a file, from a PDF that carries one, or from standard input for "-".

    Of what is larger than a bundle may be, one byte too many is given: step `size` refuses it. `InvalidInput` for a
    file that cannot be read and for a PDF without exactly one attachment.
    """
    if path == "-":
        return _with_pdf(sys.stdin.buffer, path)
    try:
        with Path(path).open("rb") as opened:
            return _with_pdf(opened, path)
    except OSError as error:
        raise InvalidInput("bundle", f"be a file that can be read ({error.strerror})", path) from None


def read_trust(path: Path) -> Trust:
    """A trust file; `InvalidInput` or `InvalidKey`."""
    return Trust.from_json(_read_json("trust", path))


def read_origin(path: Path) -> str:
    """The origin of a deployment, from the file that `tanpuhui deploy` wrote; `InvalidInput`."""
    document: Any = _read_json("deployment", path)
    try:
        contracts = document["contracts"]
        identity = {name: document[name] for name in ("chain_id", "genesis_hash")}
        identity |= {name: contracts[name]["address"] for name in _CONTRACTS}
    except (KeyError, TypeError):
        raise InvalidInput("deployment", "be a deployment file: tanpuhui deploy writes it", str(path)) from None
    return DeploymentIdentity.from_json(identity).origin


def read_validators(path: Path) -> tuple[Address, ...]:
    """Addresses, one a line; `InvalidInput`."""
    lines = _read(path, "validators").decode(errors="replace").split()
    if not lines:
        raise InvalidInput("validators", "be a file of addresses, one a line", str(path))
    return tuple(Address.from_hex(line, "validators") for line in lines)


def _read_json(what: str, path: Path) -> Json:
    return parse_strict(_read(path, what), max_bytes=MAX_PIN_BYTES)


def _read(path: Path, what: str) -> bytes:
    try:
        with path.open("rb") as opened:
            content = opened.read(MAX_PIN_BYTES + 1)
    except OSError as error:
        raise InvalidInput(what, f"be a file that can be read ({error.strerror})", str(path)) from None
    if len(content) > MAX_PIN_BYTES:
        raise InvalidInput(what, f"have at most {MAX_PIN_BYTES} bytes", str(path))
    return content


def _with_pdf(file: BinaryIO, path: str) -> bytes:
    content = file.read(MAX_BUNDLE_BYTES + 1)
    if not content.startswith(_PDF):
        return content
    content += file.read(MAX_PDF_BYTES + 1 - len(content))
    if len(content) > MAX_PDF_BYTES:
        raise InvalidInput("bundle", f"be in a PDF of at most {MAX_PDF_BYTES} bytes", path)
    found = _attachments(content)
    if len(found) != 1:
        rule = "be in a PDF with one attachment; save the bundle from a PDF reader, and verify that"
        raise InvalidInput("bundle", rule, "one with several" if found else "one with none")
    return found[0]


def _attachments(pdf: bytes) -> list[bytes]:
    """The embedded files of a PDF, as far as they stand in it plainly, which those that this program makes do; of
    several the first two, for which none is taken.

    It may be wrong about a PDF of others: then what it gives is no bundle, and nothing is verified.
    """
    found: list[bytes] = []
    for match in _STREAM.finditer(pdf):
        # Looked for backwards, and no further than the stream before: no PDF makes this take more than one pass.
        before = pdf[max(0, match.start() - _LONGEST_HEAD) : match.start()].rstrip()
        head = before.rpartition(b"stream")[2].rpartition(b"obj")[2]
        length = _LENGTH.search(head) if before.endswith(b">>") and b"/EmbeddedFile" in head else None
        if length is not None:
            content = pdf[match.end() : match.end() + int(length[1])]
            found.append(_inflated(content) if b"/FlateDecode" in head else content)
            if len(found) > 1:
                break
    return found


def _inflated(content: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(content, MAX_BUNDLE_BYTES + 1)
    except zlib.error:
        return b""
