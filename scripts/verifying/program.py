"""`tanpuhui-verify`: verifies a certificate bundle with the base installation alone."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ledger.bundle import MAX_BUNDLE_BYTES
from ledger.errors import Json, TanpuhuiError
from ledger.verifier import Level, verify
from scripts.verifying.pinning import Pins
from scripts.verifying.reading import read_bundle
from scripts.verifying.report import report

VERIFIED, REFUSED, COULD_NOT_RUN = 0, 1, 2
"""Exit codes."""

DESCRIPTION: Final = """\
Verifies a certificate of cancellation (注销凭证) from its bundle: the certificate's own file, or its PDF.

Nothing that the bundle says of itself is believed: pin a log key (and witnesses), the validators, or a node of your
own. Exit codes: 0 verified, 1 refused, with the step that refused, 2 could not run (nothing pinned, pins that
contradict each other, a file that cannot be read, a node out of reach)."""


def run(bundle: str, pins: Pins, *, as_json: bool) -> int:
    """Verifies one bundle, says what was found on standard output, and gives the exit code."""
    try:
        trust, node = pins.pinned(), pins.node()
        level = pins.asked_level(trust)
        verdict = verify(read_bundle(bundle), trust, level=level, node=node)
    except TanpuhuiError as error:
        return _could_not_run(error, as_json=as_json)
    sys.stdout.write(_document(verdict.to_json()) if as_json else report(verdict))
    sys.stdout.flush()
    return VERIFIED if verdict.verified else REFUSED


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command and exits with its code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal without Chinese still shows the rest
    given = vars(_parser().parse_args(arguments))
    bundle, as_json = given.pop("bundle"), given.pop("json")
    sys.exit(run(bundle, Pins(**{**given, "witness": tuple(given["witness"])}), as_json=as_json))


def _could_not_run(error: TanpuhuiError, *, as_json: bool) -> int:
    if as_json:
        document: dict[str, Json] = {
            "type": f"urn:tanpuhui:problem:{error.code}",
            "title": "Verification could not run",
            "detail": error.explain(),
            "code": error.code,
            "exit_code": COULD_NOT_RUN,
        }
        sys.stdout.write(_document(document))
    else:
        sys.stderr.write(f"could not verify, nothing was decided 无法核验,尚无结论: {error.explain()}\n")
    return COULD_NOT_RUN


def _document(document: dict[str, Json]) -> str:
    """JSON whose text is readable, and without characters that could steer the terminal."""
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return "".join(char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1] for char in text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tanpuhui-verify",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("bundle", metavar="BUNDLE", help=BUNDLE_HELP)
    for option, metavar, text in OPTIONS:
        kind: type = {"FILE": Path, "K": int}.get(metavar, str)
        if option == "--witness":
            parser.add_argument(option, metavar=metavar, help=text, action="append", default=[])
        else:
            parser.add_argument(option, metavar=metavar, help=text, type=kind)
    parser.add_argument("--json", action="store_true", help="answer with one JSON document")
    return parser


BUNDLE_HELP: Final = (
    f"file of the bundle (at most {MAX_BUNDLE_BYTES} bytes), a PDF that carries one, or - for standard input"
)
OPTIONS: Final = (
    ("--log-key", "VKEY", "the log's verifier key; its name is the origin"),
    ("--witness", "VKEY", "verifier key of a witness; may be given again"),
    ("--quorum", "K", "how many of the witnesses must have cosigned; all unless given"),
    ("--validators", "FILE", "addresses of the chain's validators, one a line"),
    ("--rpc", "URL", "a node of your own, to ask for the log's root"),
    ("--origin", "ORIGIN", "the log's origin: tanpuhui/CHAIN/HASH"),
    ("--deployment", "FILE", "the deployment file, for the origin"),
    ("--trust", "FILE", "a trust file: format, origin, log_key, witnesses, quorum, validators"),
    ("--level", "LEVEL", f"one of {', '.join(Level)}; the strongest that is pinned unless given"),
)
