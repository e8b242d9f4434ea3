"""README.md: its links lead somewhere, and its commands exist as written."""

from __future__ import annotations

import re
import shlex
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from scripts.cli import whole_program

ROOT = Path(__file__).resolve().parent.parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README))
def test_links(link: str) -> None:
    assert (ROOT / link).exists()


@pytest.mark.parametrize("line", re.findall(r"^tanpuhui .*$", README, flags=re.MULTILINE))
def test_commands(line: str) -> None:
    words = shlex.split(line.partition("#")[0])[1:]
    command = whole_program()
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    options = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize("target", re.findall(r"(?:^|`)make ([a-z-]+)", README, flags=re.MULTILINE))
def test_make_targets(target: str) -> None:
    assert re.search(rf"^{target}:", MAKEFILE, flags=re.MULTILINE)


@pytest.mark.parametrize("name", re.findall(r"make bench NAME=([a-z_]+)", README))
def test_benchmarks(name: str) -> None:
    assert (ROOT / "benchmarks" / f"{name}.py").exists()


def test_the_picture_is_an_svg_with_a_description() -> None:
    root = ET.parse(ROOT / "docs" / "overview.svg").getroot()  # noqa: S314 - ours
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.find("{http://www.w3.org/2000/svg}desc") is not None
