"""Makes a function a command: common options, a context, the answer and the errors in one place.

A command function takes a `Context` first and its own options after it, and returns a `Result` (or None if it has
spoken itself). Everything else is the same for all commands.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, get_type_hints

import typer
from typer.core import TyperGroup

from ledger.errors import TanpuhuiError
from scripts.context import Context
from scripts.errors import Interrupted
from scripts.output import Output, Result
from scripts.settings import load_settings

COMMON_PANEL: Final = "Where and how"

JsonOption = Annotated[
    bool, typer.Option("--json", help="Answer with one JSON document on standard output.", rich_help_panel=COMMON_PANEL)
]
RpcOption = Annotated[
    str | None,
    typer.Option("--rpc", metavar="URL", help="The node. [env: TANPUHUI_RPC_URL]", rich_help_panel=COMMON_PANEL),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="sqlite:///FILE or postgresql://… [env: TANPUHUI_DATABASE_URL]",
        rich_help_panel=COMMON_PANEL,
    ),
]
DeploymentOption = Annotated[
    Path | None,
    typer.Option(
        "--deployment",
        metavar="FILE",
        help="The deployment file. [env: TANPUHUI_DEPLOYMENT]",
        rich_help_panel=COMMON_PANEL,
    ),
]
HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="DIR",
        help="Folder of keys, database and deployment file. [env: TANPUHUI_HOME]",
        rich_help_panel=COMMON_PANEL,
    ),
]

KeystoreOption = Annotated[
    Path | None,
    typer.Option(
        "--keystore",
        metavar="FILE",
        help="Key file of the body that signs. [env: `TANPUHUI_KEYSTORE_<ROLE>`]",
        rich_help_panel=COMMON_PANEL,
    ),
]
PasswordFileOption = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        help="File whose first line is its password. [env: `TANPUHUI_PASSWORD_FILE_<ROLE>`]",
        rich_help_panel=COMMON_PANEL,
    ),
]

_COMMON: Final[dict[str, tuple[Any, Any]]] = {
    "json": (JsonOption, False),
    "rpc": (RpcOption, None),
    "database": (DatabaseOption, None),
    "deployment": (DeploymentOption, None),
    "home": (HomeOption, None),
    "keystore": (KeystoreOption, None),
    "password_file": (PasswordFileOption, None),
}

CommandFunction = Callable[..., Result | None]
"""Its first parameter is a `Context` or, by its annotation, a kind of one that knows more."""


def group(name: str, summary: str, kind: type[TyperGroup] = TyperGroup) -> typer.Typer:
    """A group of commands, `tanpuhui NAME …`."""
    return typer.Typer(name=name, help=summary, cls=kind, rich_markup_mode="markdown", add_completion=False)


def commands() -> typer.Typer:
    """Commands that stand beside the groups, `tanpuhui NAME`."""
    return typer.Typer(rich_markup_mode="markdown", add_completion=False)


def command(app: typer.Typer, name: str) -> Callable[[CommandFunction], CommandFunction]:
    """Registers a function as `tanpuhui … NAME`. Its docstring is the help text."""

    def register(function: CommandFunction) -> CommandFunction:
        app.command(name, help=inspect.getdoc(function))(_runner(function))
        return function

    return register


def _runner(function: CommandFunction) -> Callable[..., None]:
    hints = get_type_hints(function, include_extras=True)
    first, *others = inspect.signature(function).parameters.values()
    make_context: type[Context] = hints[first.name]
    own = [
        parameter.replace(annotation=hints[parameter.name], kind=inspect.Parameter.KEYWORD_ONLY) for parameter in others
    ]
    common = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in _COMMON.items()
    ]

    @functools.wraps(function)
    def run(**given: Any) -> None:
        options = {name: given.pop(name) for name in _COMMON}
        output = Output(as_json=options["json"])
        try:
            settings = load_settings(
                rpc_url=options["rpc"],
                database_url=options["database"],
                deployment=options["deployment"],
                home=options["home"],
                keystore=options["keystore"],
                password_file=options["password_file"],
            )
            with make_context(settings, output) as context:
                result = function(context, **given)
        except TanpuhuiError as error:
            output.fail(error)
        except KeyboardInterrupt:  # here, for Typer would end without a word
            output.fail(Interrupted())
        if result is not None:
            output.show(result)
            if result.exit_code:
                raise typer.Exit(result.exit_code)

    run.__signature__ = inspect.Signature([*own, *common])  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *common]}
    del run.__wrapped__  # Typer would read the options of the function inside
    return run
