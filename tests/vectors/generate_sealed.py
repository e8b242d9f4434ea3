"""Writes tests/vectors/sealed_bundle.json: a bundle with a sealed receipt, and what it is verified by.

    python -m tests.vectors.generate_sealed            writes the file
    python -m tests.vectors.generate_sealed --check    compares it

Blocks, receipts and seals are those of tests/fakes/sealed_bundles.py, made with rlp, py-trie and coincurve; the
verifier in JavaScript, which has none of them, is held to them.
"""

import json
import sys
from pathlib import Path

from tests.fakes.bundles import BundleWorld
from tests.fakes.sealed_bundles import sealed_bundle, trust

VECTORS = Path(__file__).with_name("sealed_bundle.json")


def render() -> str:
    """The file's content."""
    world = BundleWorld()
    bundle = sealed_bundle(world, world.cancel_reductions())
    pins = trust(world)
    document = {
        "origin": pins.origin,
        "validators": [address.hex0x for address in pins.validators],
        "bundle": bundle.to_bytes().decode(),
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit(0 if VECTORS.read_text(encoding="utf-8") == render() else f"{VECTORS} is not what {__name__} makes")
    VECTORS.write_text(render(), encoding="utf-8")
