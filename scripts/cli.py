"""`tanpuhui`: the whole program. The installed command is `scripts.start`."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from importlib.metadata import version
from typing import Annotated, Any, Final

import typer
from typer.main import get_command, get_group

from ledger.errors import TanpuhuiError
from scripts.errors import Interrupted, Misused, ProgramFault
from scripts.lazy import LazyGroup, Part, load_all
from scripts.output import Output
from scripts.settings import DEBUG

SUMMARY: Final = """Tanpuhui Ledger: a public, verifiable ledger for voluntary emission reductions (碳普惠).

Every command answers for people, or with one JSON document after --json. Exit codes: 0 done, 1 refused by a rule of the
ledger, 2 a value or file breaks a rule, 3 node, database or key not usable, 4 not found, 5 not permitted, 6 a proof
does not hold, 7 node, contracts and index contradict each other, 70 a fault of this program.

Begin with `tanpuhui demo`.
"""


PARTS: Final = (
    Part("demo", "demo", "Goes the whole way on a made sample, and serves it until Ctrl-C."),
    Part("serve", "demo", "Serves the API until Ctrl-C, and keeps the index up with the chain."),
    Part(
        "deploy",
        "deploy",
        "Deploys and wires the contracts and writes the deployment file; done before, it only verifies.",
    ),
    Part("account", "account", "Accounts of institutions and persons (账户). Opened and closed by the platform."),
    Part(
        "methodology",
        "methodology",
        "Methodologies as versions that are never edited (方法学). Published by the regulator.",
    ),
    Part("activity", "activity", "Projects and scenarios (减排项目、场景). Registered by the regulator."),
    Part(
        "issue", "issue", "Issuance by two bodies (减排量签发): the technical centre proposes, the regulator confirms."
    ),
    Part("lot", "lot", "Lots: what each confirmed issuance made (批次)."),
    Part("transfer", "movement", "Transfers grams of a lot between two active accounts (划转)."),
    Part("cancel", "movement", "Cancels grams of a lot, for ever, and prints the certificate number (注销)."),
    Part(
        "correct",
        "movement",
        "Takes back over-credited grams of a lot (the regulator); what is gone is owed by the activity (矫正).",
    ),
    Part("provider", "provider", "Mall providers, where points are redeemed (碳普惠权益方). Admitted by the exchange."),
    Part(
        "campaign",
        "campaign",
        "Campaigns that persons donate points to (捐赠活动): an event, or an enterprise's offset.",
    ),
    Part(
        "points",
        "points",
        "Points of persons (个人积分), by batch: prepared, signed, anchored, redeemed, donated, cancelled.",
    ),
    Part("freeze", "freeze", "Stops a lot or an account (冻结). The regulator.", app="freeze_app"),
    Part("unfreeze", "freeze", "Lets a lot or an account move again (解冻). The regulator.", app="unfreeze_app"),
    Part("import", "imports", "Applies operations from a file, by a mapping (docs/import.md)."),
    Part("index", "index", "The SQL mirror of the chain that the API and the `show` and `list` commands read."),
    Part("log", "log", "The key that signs the log's checkpoints (透明日志)."),
    Part(
        "checkpoint",
        "checkpoint",
        "Checkpoints: what the log's key signs of the log, for witnesses and verifiers (检查点).",
    ),
    Part(
        "audit",
        "audit",
        "Replays the chain from nothing and compares everything that is kept or shown with it (docs/spec/09-audit.md).",
    ),
    Part(
        "certificate",
        "certificate",
        "Certificates of cancellation (注销凭证): shown and checked, given out as bundle or PDF.",
    ),
    Part(
        "verify",
        "verify",
        "Verifies a certificate of cancellation (注销凭证) from its bundle, against what you pin.",
    ),
    Part(
        "witness",
        "witness",
        "A witness: cosigns the log's checkpoints if they continue, and keeps evidence if not (见证).",
    ),
    Part(
        "monitor",
        "monitor",
        "Follows the chain and published checkpoints, and raises the alarm where anything does not fit (监督).",
    ),
    Part("operation", "operation", "Operations of this node, by id."),
    Part("export", "export", "What auditors take away, as NDJSON or Parquet: leaves, batches, postings, events."),
    Part("key", "keys", "Key files of the bodies (Web3 Secret Storage).", app="key_app"),
    Part("api-key", "keys", "Keys of programs that use the API. Shown once, kept as a hash.", app="api_key_app"),
)
"""In the order in which `--help` lists them. tests/unit/scripts/test_program.py holds the summaries to the commands."""


class Program(LazyGroup):
    """`tanpuhui`."""

    parts = PARTS


def program() -> Any:
    """The program, of which each command is loaded when it is named."""
    return get_command(_root())


def whole_program() -> Any:
    """The program with every command loaded: for what documents it."""
    return load_all(get_group(_root()))


def _root() -> typer.Typer:
    app = typer.Typer(name="tanpuhui", cls=Program, rich_markup_mode="markdown", add_completion=False)
    app.callback(help=SUMMARY)(_options)
    return app


def _tell_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"tanpuhui {version('tanpuhui')}\n")
        raise typer.Exit


def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_tell_version)
    ] = False,
) -> None:
    """Options of the program itself; those of its commands come after the command's name."""


def main() -> None:
    """Runs the command line and exits with its code."""
    warnings.showwarning = _warn
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command; returns its exit code. Nothing that goes wrong ends in a traceback."""
    try:
        code = program().main(args=arguments or ["--help"], prog_name="tanpuhui", standalone_mode=False)
    except typer.TyperException as error:
        return _misused(error, arguments)
    except (KeyboardInterrupt, typer.Abort):
        return _say(Interrupted(), as_json=_wants_json(arguments))
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - so that the interpreter does not complain at exit
        return 0
    except Exception as error:  # noqa: BLE001 - the edge: whatever nobody foresaw is one line and an exit code
        return _failed(error, arguments)
    return code if isinstance(code, int) else 0


def _misused(error: typer.TyperException, arguments: list[str]) -> int:
    """A wrong option or argument: an error like any other."""
    where = getattr(getattr(error, "ctx", None), "command_path", "tanpuhui")
    said = error.format_message()
    if where == "tanpuhui" and (option := getattr(error, "option_name", None)):
        said = f"No such option: {option} here; options come after the command: `tanpuhui index status --home DIR`"
    problem = Misused("arguments", "be as --help says", said, where)
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
