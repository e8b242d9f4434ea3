"""Bundles verified a second on one processor in Python and Node.js, beside the bare cryptography in them; their size.

`make bench NAME=verify`. Two bundles, in which everything is shown, out of a log of `--leaves` (a million, every leaf
hash made): a cancellation of reductions, and a person's entry of a batch of `--entries` (a million, built by
`ledger.bulk`). Their one checkpoint has the log's signature and three witnesses'. Each is verified at the levels log
(one signature checked) and witnessed (four).

Bare is, with the messages made beforehand, each hash that the steps need, once: of every field shown, record,
deployment id, subject, activity id, methodology id and lot id of reductions, leaf, inclusion path, of points also the
entry's record and leaf and its path; and each signature. In Python by `hashlib.sha256` and libsodium
(`crypto_sign_open` of PyNaCl). In Node.js by WebCrypto with imported keys, which is all that a verifier in a browser
has; beside it, as `node_crypto`, by the synchronous functions of `node:crypto`, which are faster there and which
browsers lack.

Seconds are processor time of the whole process, helping threads included, so that waiting counts nowhere. Verifying and
bare work take turns, `--rounds` times; medians count.

Last line: `ratio_python` and `ratio_node` are bundles a second over bare work a second at level witnessed, where all
that the bundles contain is checked, of the kind where it is lower; `..._log` the same at level log. `bundle_bytes_log`
and `bundle_bytes_entry` are the bytes of the bundle of reductions and of that of points; the level makes no difference.
"""

import argparse
import hashlib
import json
import statistics
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from nacl.bindings import crypto_sign_open

from benchmarks._certificates import made_bundles
from ledger import notes
from ledger.bundle import Bundle, LogProof
from ledger.verifier import Level, Trust, verify

ROOT = Path(__file__).resolve().parent.parent
LEVELS = (Level.LOG, Level.WITNESSED)
HASHES_OF_EACH = 4
"""Deployment id, record, subject, leaf."""
HASHES_OF_A_LOT = 3
"""Activity id, methodology id, lot id."""
HASHES_OF_AN_ENTRY = 4
"""Two fields, their record, leaf."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that is checked: signature and message, as libsodium takes them, and the key."""

    signed: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class Case:
    """A bundle at a level, and the cryptography in it."""

    name: str
    data: bytes
    trust: Trust
    level: Level
    messages: list[bytes]
    signatures: list[Signed]

    def verify(self) -> None:
        """All steps, from the bytes."""
        verdict = verify(self.data, self.trust, level=self.level)
        if not verdict.verified:
            raise SystemExit(f"{self.name}: refused at {verdict.failed}: {verdict.reason}")

    def bare(self) -> None:
        """The cryptography alone."""
        sha256 = hashlib.sha256
        for message in self.messages:
            sha256(message).digest()
        for one in self.signatures:
            crypto_sign_open(one.signed, one.key)

    def to_json(self) -> dict[str, Any]:
        """For the runner in Node.js."""
        pins = self.trust
        return {
            "name": self.name,
            "level": self.level,
            "bundle": b64encode(self.data).decode(),
            "trust": {
                "logKey": str(pins.log_key),
                "witnessKeys": [str(key) for key in pins.witnesses],
                "quorum": pins.quorum,
            },
            "messages": [b64encode(message).decode() for message in self.messages],
            "signatures": [
                {
                    "key": b64encode(one.key).decode(),
                    "signature": b64encode(one.signed[:64]).decode(),
                    "message": b64encode(one.signed[64:]).decode(),
                }
                for one in self.signatures
            ],
        }


def needed_hashes(bundle: Bundle) -> int:
    """How many hashes the steps need for a bundle that shows everything."""
    if bundle.record is None or not isinstance(bundle.proof, LogProof):
        raise AssertionError("made_bundles makes bundles with records, by the log")
    count = HASHES_OF_EACH + len(bundle.record.members) + len(bundle.proof.inclusion)
    if bundle.entry is None:
        return count + HASHES_OF_A_LOT
    return count + HASHES_OF_AN_ENTRY + len(bundle.entry.path)


def recorded(kind: str, bundle: Bundle, trust: Trust, level: Level) -> Case:
    """The case, its messages overheard while it is verified; what is hashed or checked twice counts once."""
    messages: dict[bytes, None] = {}
    signatures: dict[Signed, None] = {}
    sha256 = hashlib.sha256

    def hearing(data: bytes) -> Any:
        messages[data] = None
        return sha256(data)

    def checking(signed: bytes, key: bytes) -> bytes:
        signatures[Signed(signed, key)] = None
        return crypto_sign_open(signed, key)

    data = bundle.to_bytes()
    with mock.patch.object(hashlib, "sha256", hearing), mock.patch.object(notes, "crypto_sign_open", checking):
        verdict = verify(data, trust, level=level)
    needed = needed_hashes(bundle), 1 if level is Level.LOG else 1 + len(trust.witnesses)
    if not verdict.verified or (len(messages), len(signatures)) != needed:
        raise AssertionError(f"{len(messages)} hashes and {len(signatures)} signatures, not {needed}: {verdict.reason}")
    return Case(f"{kind}, {level}", data, trust, level, [*messages], [*signatures])


def seconds_each(work: Callable[[], None], seconds: float) -> float:
    """Processor time of one call, over as many as fit."""
    count, begin = 0, time.process_time()
    while (spent := time.process_time() - begin) < seconds:
        for _ in range(20):
            work()
        count += 20
    return spent / count


def in_python(case: Case, rounds: int, seconds: float) -> dict[str, float]:
    """Seconds of a verification and of the bare work."""
    case.verify()
    turns = [(seconds_each(case.verify, seconds), seconds_each(case.bare, seconds)) for _ in range(rounds)]
    return {
        "verify": statistics.median(turn[0] for turn in turns),
        "bare": statistics.median(turn[1] for turn in turns),
        "ratio": statistics.median(bare / whole for whole, bare in turns),
    }


def in_node(cases: list[Case], rounds: int, seconds: float) -> list[dict[str, float]]:
    """The same in a Node.js of its own, and `node_crypto`, seconds of the bare work by node:crypto."""
    asked = json.dumps({"rounds": rounds, "seconds": seconds, "cases": [case.to_json() for case in cases]})
    command = [str(ROOT / "tools/node"), str(Path(__file__).with_name("_verify_node.mjs"))]
    done = subprocess.run(command, check=True, input=asked, stdout=subprocess.PIPE, text=True)
    turns: list[list[dict[str, float]]] = json.loads(done.stdout)
    return [
        {
            **{name: statistics.median(turn[name] for turn in of_case) for name in ("verify", "bare", "node_crypto")},
            "ratio": statistics.median(turn["bare"] / turn["verify"] for turn in of_case),
        }
        for of_case in turns
    ]


def report(language: str, case: Case, found: dict[str, float]) -> None:
    """One line."""
    besides = f"; node:crypto {found['node_crypto'] * 1e6:,.0f} µs" if "node_crypto" in found else ""
    print(
        f"{language:<7} {case.name:<22} {1 / found['verify']:>8,.0f} bundles/s ({found['verify'] * 1e6:,.0f} µs); "
        f"bare {found['bare'] * 1e6:,.0f} µs: ratio {found['ratio']:.3f}{besides}"
    )


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leaves", type=int, default=1_000_000)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.3, help="of each kind of work in each round")
    options = parser.parse_args()
    bundles, trust = made_bundles(options.leaves, options.entries)
    cases = [recorded(kind, bundle, trust, level) for kind, bundle in bundles.items() for level in LEVELS]
    for case in cases:
        hashed = sum(map(len, case.messages))
        print(
            f"{case.name:<22} {len(case.data):,} bytes; {len(case.messages)} hashes of {hashed:,} bytes, "
            f"{len(case.signatures)} signatures"
        )
    by_python = [in_python(case, options.rounds, options.seconds) for case in cases]
    by_node = in_node(cases, options.rounds, options.seconds)
    for language, found in (("Python", by_python), ("Node.js", by_node)):
        for case, one in zip(cases, found, strict=True):
            report(language, case, one)
    figures: dict[str, float] = {}
    for name, found in (("ratio_python", by_python), ("ratio_node", by_node)):
        for level, ending in ((Level.WITNESSED, ""), (Level.LOG, "_log")):
            ratios = [one["ratio"] for case, one in zip(cases, found, strict=True) if case.level is level]
            figures[name + ending] = round(min(ratios), 3)
    figures |= {
        "bundle_bytes_log": len(bundles["reductions"].to_bytes()),
        "bundle_bytes_entry": len(bundles["points"].to_bytes()),
        "leaves": options.leaves,
        "entries": options.entries,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
