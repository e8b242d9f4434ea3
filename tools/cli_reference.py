"""docs/cli.md: every command and option of `tanpuhui`, from the program itself."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

from scripts.cli import SUMMARY, whole_program
from scripts.command import COMMON_PANEL
from tools.exit_codes import exit_code_table

_INTRODUCTION = """# The command line

Made from the program by `make generate`; `tanpuhui COMMAND --help` says the same.

{summary}

- Quantities are exact: `462`, `0.5`, `462 t`, `462000 kg`, `462000000 g`. Without a unit they are tonnes.
- An account is an address or `ref:NAME`, a name of your own for an account in the platform's custody. An activity is
  its code, a methodology `code@version`, a lot its id or `--activity` with `--first-day` and `--last-day`. Ids in
  hexadecimal are taken everywhere.
- Every operation has an id. It is random unless `--operation-id` gives one, and is printed before anything is sent; the
  same id with the same content is done once.
- With `--json` standard output is one JSON document; an error is a problem document (RFC 9457) with `code`, `detail`,
  `exit_code` and, for a value that breaks a rule, `errors` with field and rule. Progress and notes are on standard
  error.
- No password is ever taken from the command line: see [operations.md](operations.md).

## Exit codes

{exit_codes}"""


def cli_reference() -> str:
    """The whole document."""
    commands = list(_commands(whole_program(), []))
    parts = [_INTRODUCTION.format(summary=SUMMARY.strip(), exit_codes=exit_code_table()), _common(commands[0][1])]
    parts += [_section(words, command) for words, command in commands]
    return "\n".join(parts).rstrip() + "\n"


def _commands(command: Any, words: list[str]) -> Iterator[tuple[list[str], Any]]:
    """Every command that does something, with the words that lead to it."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield words, command
        return
    for name, member in inner.items():
        yield from _commands(member, [*words, name])


def _common(command: Any) -> str:
    options = [parameter for parameter in command.params if _panel(parameter) == COMMON_PANEL]
    return "## Options of every command\n\n" + _table(options)


def _section(words: list[str], command: Any) -> str:
    own = [one for one in command.params if _panel(one) != COMMON_PANEL and "--help" not in one.opts]
    usage = " ".join(["tanpuhui", *words, *(_shown(one) for one in own if one.param_type_name == "argument")])
    help_text = _markdown(inspect.cleandoc(command.help or ""))
    table = _table(own) if own else ""
    return f"## {' '.join(words)}\n\n`{usage}`\n\n{help_text}\n\n{table}"


def _table(parameters: list[Any]) -> str:
    rows = [f"| `{_shown(one)}` | {_text(one)} |" for one in parameters]
    return "\n".join(["| option | |", "|---|---|", *rows]) + "\n"


def _shown(parameter: Any) -> str:
    metavar = parameter.metavar or ""
    if parameter.param_type_name == "argument":
        return metavar or parameter.name.upper()
    opts = "/".join([*parameter.opts, *parameter.secondary_opts])
    if parameter.is_bool_flag:
        return opts
    return f"{opts} {metavar or _kind(parameter)}"


def _kind(parameter: Any) -> str:
    return "N" if parameter.type_descriptor.annotation is int else "TEXT"


def _text(parameter: Any) -> str:
    text = (parameter.help or "").replace("|", "\\|")
    notes = ["required"] if parameter.required else []
    default = parameter.default
    if default not in (None, False, (), []) and not parameter.required and not callable(default):
        notes.append(f"default {'on' if default is True else default}")
    if getattr(parameter, "multiple", False):
        notes.append("may be given again")
    return f"{text} ({'; '.join(notes)})" if notes else text


def _panel(parameter: Any) -> str:
    return getattr(parameter, "rich_help_panel", None) or ""


def _markdown(text: str) -> str:
    """Help text as it stands; indented examples become blocks, each on one line."""
    blocks = []
    for block in text.split("\n\n"):
        if block.startswith("    "):
            command = " ".join(textwrap.dedent(block).split())
            blocks.append(f"```sh\n{command}\n```")
        else:
            blocks.append(block)
    return "\n\n".join(blocks)
