# ruff: noqa: N818 - named for what is wrong, as the rest of the tree is
"""Errors of the command line itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.errors import InvalidInput, TanpuhuiError, Unavailable
from scripts.settings import DEBUG

INTERNAL_EXIT_CODE = 70
"""What a failure that nobody foresaw exits with (sysexits.h, EX_SOFTWARE)."""

INTERRUPTED_EXIT_CODE = 130
"""What a command exits with that Ctrl-C or SIGTERM ended before it was done: 128 + SIGINT, as shells have it."""

_LONGEST_SHOWN = 200


@dataclass(unsafe_hash=True)
class Misused(InvalidInput):
    """An option or argument that the command does not have, or one that it lacks."""

    command: str = "tanpuhui"

    def explain(self) -> str:
        said = str(self.value).rstrip(".")
        return f"{said}{'' if said.endswith('?') else '.'} See `{self.command} --help`."


class IndexNotBuilt(Unavailable):
    """The index has not read its first block."""

    def explain(self) -> str:
        return "The index is empty: run `tanpuhui index run` first."


@dataclass(unsafe_hash=True)
class AlreadyFollowed(Unavailable):
    """Another process follows the chain into this database, and two would disturb each other."""

    url: str

    def explain(self) -> str:
        return f"Another process follows the chain into {self.url}; end it first, or leave the index to it."


@dataclass(unsafe_hash=True)
class ProgramFault(TanpuhuiError):
    """Something that this program did not foresee."""

    kind: str
    reason: str

    exit_code: ClassVar[int] = INTERNAL_EXIT_CODE

    def explain(self) -> str:
        return (
            f"This program failed with {self.kind}: {self.reason[:_LONGEST_SHOWN]}. "
            f"Run it again with {DEBUG}=1 to see where, and report it."
        )


@dataclass(unsafe_hash=True)
class Interrupted(TanpuhuiError):
    """Ctrl-C or SIGTERM ended the command before it was done. `remedy` is what to do next."""

    remedy: str = "what was saved or sent stays, and the same command may be run again"

    exit_code: ClassVar[int] = INTERRUPTED_EXIT_CODE

    def explain(self) -> str:
        return f"Interrupted before it was done; {self.remedy}."
