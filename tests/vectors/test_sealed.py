"""The bundle to which the verifier in JavaScript is held verifies in Python too, and is what its generator makes."""

import json

from ledger.ids import Address
from ledger.verifier import Level, Trust, verify
from tests.vectors.generate_sealed import VECTORS, render


def test_the_file_is_what_its_generator_makes() -> None:
    assert VECTORS.read_text(encoding="utf-8") == render()


def test_it_verifies() -> None:
    vector = json.loads(VECTORS.read_text(encoding="utf-8"))
    pins = Trust(origin=vector["origin"], validators=tuple(map(Address.from_hex, vector["validators"])))
    verdict = verify(vector["bundle"].encode(), pins)
    assert (verdict.level, verdict.failed) == (Level.SEALED, None)
