"""docs/spec/04-errors.md, made from the error tree, so that no error is undocumented and none is documented twice."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator

from api.errors import RequestRefused
from api.problems import INTERNAL_ERROR, every_problem, status_of
from ledger import errors, refusals
from tools.exit_codes import exit_code_table

HEAD = f"""\
# 4. Errors

Normative; made by `make generate` from the error classes of the program. Programs switch on `code`, which never
changes its meaning. The command line ends with the exit code and with `--json` prints a problem document (RFC 9457)
whose `type` is `urn:tanpuhui:problem:` and `code`; the API answers with the HTTP status and a problem document whose
`type` ends in `code`. In brackets: the caller is answered `{INTERNAL_ERROR}` (500) with an `error_id`, and the error
stands in the log. `-`: does not arise there.

## 4.1 Exit codes of `tanpuhui`

{exit_code_table()}"""

FAMILIES = """
## 4.2 Errors by where they arise

An error of a narrower kind (indented by `›`) is also one of the wider kind above it.
"""

PARTS = {
    "ledger": "Values, records, proofs, and what every part shares",
    "chain": "Node and contracts",
    "indexer": "Index and database",
    "api": "Requests over HTTP",
    "witness": "Witnesses",
    "scripts": "Command line and import of files",
}
"""The packages, and what their errors are about."""

TABLE = """
| error | code | exit code | HTTP | when |
|---|---|---|---|---|
"""

CONTRACTS = """
## 4.3 Refusals of the contracts

Each is a Solidity error with the same name and arguments, declared and documented in `contracts/src/interfaces`.

| error | code | exit code | HTTP | arguments | what people are told |
|---|---|---|---|---|---|
"""


def load_every_module() -> None:
    """Imports all packages, so that every error class is known."""
    for name in PARTS:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if ".migrations." not in module.name:
                importlib.import_module(module.name)


def documented() -> list[type[errors.TanpuhuiError]]:
    """Every error class that can be raised or caught by name, but for the contracts' refusals."""
    load_every_module()
    return [
        kind
        for kind in every_problem()
        if kind is not errors.TanpuhuiError
        and not issubclass(kind, refusals.ContractRefusal)
        and not kind.__name__.startswith("_")
        and kind.__module__.partition(".")[0] in PARTS
    ]


def first_sentence(error: type) -> str:
    """Of its docstring."""
    text = " ".join(inspect.cleandoc(error.__doc__ or "").split())
    return re.split(r"(?<=\.)\s", text, maxsplit=1)[0].replace("|", "\\|")


def _in_order(part: str) -> Iterator[tuple[int, type[errors.TanpuhuiError]]]:
    """The errors of a package with how deep they stand below others of it, each after the one that it narrows."""
    own = [kind for kind in documented() if kind.__module__.partition(".")[0] == part]

    def below(base: type[errors.TanpuhuiError] | None, depth: int) -> Iterator[tuple[int, type[errors.TanpuhuiError]]]:
        for kind in sorted((kind for kind in own if _wider(kind, own) is base), key=_place):
            yield depth, kind
            yield from below(kind, depth + 1)

    return below(None, 0)


def _wider(
    kind: type[errors.TanpuhuiError], among: list[type[errors.TanpuhuiError]]
) -> type[errors.TanpuhuiError] | None:
    return next((base for base in kind.__mro__[1:] if base in among), None)


def _place(kind: type) -> tuple[str, int]:
    """Module and line, so that the order is that of the sources."""
    return kind.__module__, inspect.getsourcelines(kind)[1]


def _row(depth: int, kind: type[errors.TanpuhuiError]) -> str:
    status = status_of(kind)
    http = "-" if kind.__module__.startswith("scripts.") else f"({status})" if status == 500 else str(status)
    exit_code = "-" if issubclass(kind, RequestRefused) else str(kind.exit_code)
    cells = ["› " * depth + kind.__name__, f"`{kind.code}`", exit_code, http, first_sentence(kind)]
    return "| " + " | ".join(cells) + " |\n"


def reference() -> str:
    """The whole page."""
    lines = [HEAD, FAMILIES]
    for part, about in PARTS.items():
        lines.append(f"\n### {about} (`{part}/`)\n{TABLE}")
        lines += [_row(depth, kind) for depth, kind in _in_order(part)]
    lines.append(CONTRACTS)
    for name, refusal in sorted(refusals.REFUSALS.items()):
        arguments = ", ".join(refusals.argument_types(refusal)) or "none"
        cells = [name, f"`{refusal.code}`", str(refusal.exit_code), str(status_of(refusal)), arguments]
        lines.append(f"| {' | '.join(cells)} | {refusal.english}<br>{refusal.chinese} |\n")
    return "".join(lines)
