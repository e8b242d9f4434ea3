"""The program knows its commands' names and summaries, and loads a command when it is named."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scripts.cli import PARTS, program, run, whole_program

HEAVY = {"fastapi", "sqlalchemy", "alembic", "eth_account", "eth_abi", "numpy", "pyarrow", "uvicorn"}
"""What takes long to import."""


def imported_by(*arguments: str) -> set[str]:
    """The packages that one command line imports, in a process of its own."""
    code = "import sys; from scripts.cli import run; run(sys.argv[1:]); print('\\n' + ' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["certificat"]])
def test_help_loads_no_command(arguments: list[str]) -> None:
    assert not imported_by(*arguments) & HEAVY


@pytest.mark.parametrize("arguments", [["index", "status"], ["certificate", "1"]])
def test_reading_loads_nothing_that_serves_signs_or_imports(arguments: list[str], tmp_path: object) -> None:
    loaded = imported_by(*arguments, "--home", str(tmp_path))
    assert not loaded & {"fastapi", "alembic", "eth_account", "numpy", "pyarrow", "uvicorn"}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_each_summary_is_the_commands_own(part: object) -> None:
    name, summary = part.name, part.summary  # type: ignore[attr-defined]
    own = whole_program().commands[name].help
    assert own.partition("\n\n")[0].replace("\n", " ") == summary
    assert program().commands[name].help == summary


def test_each_summary_within_a_group_is_the_commands_own() -> None:
    group = whole_program().commands["certificate"]
    assert [part.name for part in group.parts] == list(group.commands)
    for part in group.parts:
        assert group.commands[part.name].help.partition("\n\n")[0].replace("\n", " ") == part.summary


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("tanpuhui 0.")


def test_an_option_before_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", "folder", "index", "status"]) == 2
    assert "No such option: --home here; options come after the command" in capsys.readouterr().err


def test_a_word_that_is_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["certificat", "1"]) == 2
    assert "Did you mean 'certificate'" in capsys.readouterr().err


def test_with_the_base_alone_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['typer'] = None; from scripts.start import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "tanpuhui-verify" in done.stderr
    assert "[node]" in done.stderr
    assert "Traceback" not in done.stderr
