"""docs/spec/04-errors.md, made from the error tree, so that no error is undocumented and none is documented twice."""

import inspect
import re
from collections.abc import Iterator

from ledger import errors, refusals

HEAD = """\
# 4. Errors

Normative; made by `make generate` from `ledger/errors.py` and `ledger/refusals/`. Programs switch on `code`, which
never changes its meaning; the command line ends with the exit code; the API answers with a problem document (RFC 9457)
whose `type` ends in `code`.

## 4.1 Exit codes of `tanpuhui`

| exit code | meaning |
|---|---|
| 0 | done, or already done before |
| 1 | a rule of the ledger forbids it, or the operation id was used before with other content |
| 2 | the input breaks a rule that needs no ledger to be checked; also wrong usage |
| 3 | node, deployment, database or key file is not usable now |
| 4 | nothing has this id |
| 5 | the caller lacks a role or a scope |
| 6 | a proof does not hold |
| 7 | what the node tells contradicts itself, the contracts or the index: nothing is final until it is explained |
"""

TREE = """\

## 4.2 Families

| error | code | exit code | when |
|---|---|---|---|
"""

CONTRACTS = """\

## 4.3 Refusals of the contracts

Each is a Solidity error with the same name and arguments, declared and documented in `contracts/src/interfaces`.

| error | arguments | what people are told |
|---|---|---|
"""


def families(base: type[errors.TanpuhuiError] = errors.TanpuhuiError) -> Iterator[type[errors.TanpuhuiError]]:
    """Every error of `ledger.errors`, in the order of the tree."""
    for member in base.__subclasses__():
        if member.__module__ == errors.__name__:
            yield member
            yield from families(member)


def first_sentence(error: type) -> str:
    text = " ".join(inspect.cleandoc(error.__doc__ or "").split())
    return re.split(r"(?<=\.)\s", text, maxsplit=1)[0]


def reference() -> str:
    """The whole page."""
    lines = [HEAD, TREE]
    lines += [
        f"| {error.__name__} | `{error.code}` | {error.exit_code} | {first_sentence(error)} |\n" for error in families()
    ]
    lines.append(CONTRACTS)
    for name, refusal in sorted(refusals.REFUSALS.items()):
        arguments = ", ".join(refusals.argument_types(refusal)) or "none"
        lines.append(f"| {name} | {arguments} | {refusal.english}<br>{refusal.chinese} |\n")
    return "".join(lines)
