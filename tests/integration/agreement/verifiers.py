"""Both verifiers asked the same: ours in Python, and the one in JavaScript in a Node.js of its own."""

import json
import subprocess
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.errors import TanpuhuiError
from ledger.ids import Address, Hash32
from ledger.verifier import Level, Trust, verify
from tests.conftest import ROOT

RUNNER = ROOT / "tests" / "javascript" / "run_corpus.mjs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A bundle, and by what it is to be verified."""

    name: str
    data: bytes
    trust: Trust
    level: Level
    node: "FakeNode | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeNode:
    """A node of a chain on which there is nothing but a log: `roots` of its sizes from 1 on."""

    chain_id: int
    genesis_hash: Hash32
    roots: Sequence[Hash32]

    def root_at(self, log: Address, size: int) -> Hash32 | None:
        """See `ledger.verifier.NodeView`."""
        return self.roots[size - 1] if log and 1 <= size <= len(self.roots) else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a verifier said: verdict, and number and name of the step that refused."""

    verdict: str
    step: tuple[int, str] | None = None


def outcome_in_python(case: Case) -> Outcome:
    """What `ledger.verifier` says; what it does not decide is `could-not-run`."""
    try:
        verdict = verify(case.data, case.trust, level=case.level, node=case.node)
    except TanpuhuiError:
        return Outcome("could-not-run")
    except Exception as error:  # noqa: BLE001 - whatever else it raises is what the test is to show
        return Outcome(f"raised {error!r}")
    if verdict.failed is None:
        return Outcome("verified")
    return Outcome("refused", (verdict.failed.number, verdict.failed.name))


def outcomes_in_javascript(cases: Iterable[Case]) -> Iterator[Outcome]:
    """What the verifier of the browser says of each case, in their order."""
    asked = "".join(json.dumps(_document(case)) + "\n" for case in cases)
    node = subprocess.run(
        [ROOT / "tools" / "node", RUNNER], input=asked, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert node.returncode == 0, node.stderr
    for line in node.stdout.splitlines():
        answer = json.loads(line)
        refused = answer["verdict"] == "refused"
        yield Outcome(answer["verdict"], (answer["step"]["number"], answer["step"]["name"]) if refused else None)


def _document(case: Case) -> dict[str, Any]:
    trust = {
        "origin": case.trust.origin,
        "log_key": None if case.trust.log_key is None else str(case.trust.log_key),
        "witnesses": [str(key) for key in case.trust.witnesses],
        "quorum": case.trust.quorum,
        "validators": [address.hex0x for address in case.trust.validators],
    }
    asked = {"name": case.name, "bundle_base64": b64encode(case.data).decode(), "trust": trust, "level": case.level}
    if case.node is None:
        return asked
    roots = [root.hex0x for root in case.node.roots]
    node = {"chain_id": case.node.chain_id, "genesis_hash": case.node.genesis_hash.hex0x, "roots": roots}
    return asked | {"node": node}
