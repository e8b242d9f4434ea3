"""`tanpuhui`: the whole program. Installed as a command by pyproject.toml."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from typing import Any, Final

import typer

from ledger.errors import TanpuhuiError
from scripts.command import group
from scripts.commands import (
    account,
    activity,
    certificate,
    demo,
    deploy,
    freeze,
    imports,
    index,
    issue,
    keys,
    lot,
    methodology,
    movement,
    operation,
)
from scripts.errors import Misused, ProgramFault
from scripts.output import INTERRUPTED_EXIT_CODE, Output
from scripts.settings import DEBUG

SUMMARY: Final = """Tanpuhui Ledger: a public, verifiable ledger for voluntary emission reductions (碳普惠).

Every command answers for people, or with one JSON document after --json. Exit codes: 0 done, 1 refused by a rule of the
ledger, 2 a value or file breaks a rule, 3 node, database or key not usable, 4 not found, 5 not permitted, 6 a proof
does not hold, 7 node, contracts and index contradict each other, 70 a fault of this program.

Begin with `tanpuhui demo`.
"""


def build() -> typer.Typer:
    """The program with all of its commands, in the order in which `--help` lists them."""
    app = group("tanpuhui", SUMMARY)
    demo.register(app)
    deploy.register(app)
    for part in (account.app, methodology.app, activity.app, issue.app, lot.app):
        app.add_typer(part)
    movement.register(app)
    for part in (freeze.freeze_app, freeze.unfreeze_app):
        app.add_typer(part)
    imports.register(app)
    app.add_typer(index.app)
    certificate.register(app)
    for part in (operation.app, keys.key_app, keys.api_key_app):
        app.add_typer(part)
    return app


def main() -> None:
    """Runs the command line and exits with its code."""
    warnings.showwarning = _warn
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command; returns its exit code. Nothing that goes wrong ends in a traceback."""
    program = typer.main.get_command(build())
    try:
        code = program.main(args=arguments or ["--help"], prog_name="tanpuhui", standalone_mode=False)
    except typer.TyperException as error:
        return _misused(error, arguments)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED_EXIT_CODE
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - so that the interpreter does not complain at exit
        return 0
    except Exception as error:  # noqa: BLE001 - the edge: whatever nobody foresaw is one line and an exit code
        return _failed(error, arguments)
    return code if isinstance(code, int) else 0


def _misused(error: typer.TyperException, arguments: list[str]) -> int:
    """A wrong option or argument: an error like any other."""
    where = getattr(getattr(error, "ctx", None), "command_path", "tanpuhui")
    problem = Misused("arguments", "be as --help says", error.format_message(), where)
    return _say(problem, as_json=_wants_json(arguments))


def _failed(error: Exception, arguments: list[str]) -> int:
    if os.environ.get(DEBUG):
        traceback.print_exc()
    return _say(ProgramFault(type(error).__name__, str(error)), as_json=_wants_json(arguments))


def _say(error: TanpuhuiError, *, as_json: bool) -> int:
    try:
        Output(as_json=as_json).fail(error)
    except typer.Exit as end:
        return end.exit_code


def _wants_json(arguments: list[str]) -> bool:
    return "--json" in arguments


def _warn(message: Warning | str, *_: Any, **__: Any) -> None:
    Output(as_json=False).note(f"warning: {message}")
