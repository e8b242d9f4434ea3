"""docs/points.md names every rule and every key; the mappings in docs/examples are read."""

import re
from pathlib import Path

import pytest

from ledger.bulk.rules import RULES
from scripts.points.mapping import EPOCHS, QUANTITY_UNITS, UNITS, load_feed_mapping
from tests.conftest import ROOT

GUIDE = (ROOT / "docs" / "points.md").read_text(encoding="utf-8")
SOURCES = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "scripts" / "points").glob("*.py"))]


def _rules() -> set[str]:
    refused = re.compile(r"""refuse\(.*?"([a-z]+(?:-[a-z]+)+)",""", re.DOTALL)
    return {rule for source in SOURCES for rule in refused.findall(source)} | set(RULES[1:]) | {"row-unreadable"}


@pytest.mark.parametrize("rule", sorted(_rules()))
def test_every_rule(rule: str) -> None:
    assert f"`{rule}`" in GUIDE


@pytest.mark.parametrize("word", [*EPOCHS, *UNITS, *QUANTITY_UNITS])
def test_every_word(word: str) -> None:
    assert f"`{word}`" in GUIDE


def test_every_key() -> None:
    asked = re.compile(r"""(?:text|texts|number|part|parts|condition|pattern)\("([a-z_]+)\"""")
    keys = set(asked.findall((ROOT / "scripts" / "points" / "mapping.py").read_text(encoding="utf-8")))
    assert len(keys) > 20
    assert not [key for key in sorted(keys) if not re.search(rf"[`\[]{key}[`\]. ]", GUIDE)]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs" / "examples" / "feeds").glob("*.toml")), ids=lambda path: path.stem
)
def test_the_examples_are_read(path: Path) -> None:
    assert load_feed_mapping(path).columns
