"""A corpus that two verifiers must agree on: `python -m tests.fakes.bundle_corpus OUT`.

One JSON object a line: `name`, `bundle_base64`, `trust` (as a trust file has it), `level` (null: the strongest that is
pinned) and `expected_step`: the name of the step that refuses, or "verified". Of a cheat the step is the one that
tests/fakes/bundle_cheats.py says; of the other changes it is the one at which `ledger.verifier` refuses, and the tests
hold that no change verifies that should not.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from ledger.bundle import Bundle
from ledger.verifier import Level, Trust, verify
from tests.fakes.bundle_changes import structural_changes, value_changes
from tests.fakes.bundle_cheats import VERIFIED, Cheat
from tests.fakes.bundles import BundleWorld, good_bundles

BYTES_CHANGED: Final = 400
"""Single bytes changed, of each good bundle."""
SEED: Final = 20_251_121


class Sample(NamedTuple):
    """A line of the corpus."""

    name: str
    data: bytes
    trust: Trust
    level: Level | None
    expected_step: str

    def line(self) -> str:
        """As it is written."""
        document = {
            "name": self.name,
            "bundle_base64": base64.b64encode(self.data).decode(),
            "trust": self.trust.to_json(),
            "level": self.level,
            "expected_step": self.expected_step,
        }
        return json.dumps(document, ensure_ascii=False) + "\n"


def corpus(*, bytes_changed: int = BYTES_CHANGED) -> Iterator[Sample]:
    """Every sample, the same in every run."""
    yield from (Sample(f"cheat: {one.name}", one.data, one.trust, None, one.step) for one in Cheat().all())
    world = BundleWorld()
    for name, bundle in good_bundles(world).items():
        for trust, level in _trusts(world):
            yield _sample(f"good {name} at {level or 'the strongest'}", bundle.to_bytes(), trust, level)
        for what, data in changes(bundle, random.Random(f"{SEED} {name}"), bytes_changed):  # noqa: S311 - no secret
            yield _sample(f"{name}: {what}", data, world.trust(), None)


def changes(bundle: Bundle, draw: random.Random, bytes_changed: int) -> Iterator[tuple[str, bytes]]:
    """Every single change of a bundle, and random ones of single bytes."""
    document: Any = json.loads(bundle.to_bytes())
    yield from ((what, data) for what, _, data in value_changes(document))
    yield from structural_changes(document)
    data = bundle.to_bytes()
    for place in sorted(draw.sample(range(len(data)), min(bytes_changed, len(data)))):
        other = draw.choice([byte for byte in range(256) if byte != data[place]])
        yield f"byte {place} is {other}", data[:place] + bytes([other]) + data[place + 1 :]


def _trusts(world: BundleWorld) -> Iterator[tuple[Trust, Level | None]]:
    whole = world.trust()
    yield whole, None
    yield whole, Level.LOG
    yield world.trust(quorum=0), None
    yield world.trust(quorum=3), None
    yield replace(whole, witnesses=whole.witnesses[:1], quorum=1), Level.WITNESSED


def _sample(name: str, data: bytes, trust: Trust, level: Level | None) -> Sample:
    verdict = verify(data, trust, level=level)
    return Sample(name, data, trust, level, VERIFIED if verdict.failed is None else verdict.failed.name)


def main() -> None:
    """Writes the corpus."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("out", type=Path, help="file of JSON lines; - for standard output")
    out: Path = parser.parse_args().out
    lines = "".join(sample.line() for sample in corpus())
    if str(out) == "-":
        print(lines, end="")
    else:
        out.write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    main()
