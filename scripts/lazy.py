"""A program that loads a command's module when the command is named, so that help and small commands answer at once."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


@dataclass(frozen=True, slots=True)
class Part:
    """A command or group `tanpuhui NAME`: the module of `scripts.commands` whose `app` holds it, and its summary."""

    name: str
    module: str
    summary: str
    app: str = "app"

    def load(self) -> typer.Typer:
        """Imports the module."""
        found: typer.Typer = getattr(importlib.import_module(f"scripts.commands.{self.module}"), self.app)
        return found


class LazyGroup(TyperGroup):
    """A group of `parts` of which it knows the names and summaries only, until one of them is called."""

    parts: ClassVar[Sequence[Part]] = ()

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for part in self.parts:
            self.add_command(TyperCommand(part.name, callback=None, help=part.summary))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command itself in place of its line in `--help`."""
        name, command, rest = super().resolve_command(ctx, args)
        found = next((part for part in self.parts if part.name == name), None)
        return name, command if found is None else loaded(found), rest


def load_all(command: Any) -> Any:
    """The same command with every command below it loaded."""
    if isinstance(command, LazyGroup):
        command.commands = {part.name: load_all(loaded(part)) for part in command.parts}
    return command


def loaded(part: Part) -> Any:
    """The command or group of a part, with everything below it."""
    around = typer.Typer(rich_markup_mode="markdown")
    around.add_typer(part.load())
    return get_group(around).commands[part.name]
