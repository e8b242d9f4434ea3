"""What `tanpuhui` exits with: the one table that docs/cli.md and docs/spec/04-errors.md are made from."""

from collections.abc import Mapping
from typing import Final

EXIT_CODES: Final[Mapping[int, str]] = {
    0: "done, or already done before; `serve` and `demo` ended by Ctrl-C while they served",
    1: "a rule of the ledger forbids it, the operation id was used before with other content, or rows of an import "
    "were refused; what was to be verified was refused, or a monitor raised an alarm",
    2: "a value, option or file breaks a rule that needs no ledger to be checked; nothing was changed",
    3: "node, deployment, database or key file cannot be used now",
    4: "nothing has this id",
    5: "the key or API key lacks the role or scope",
    6: "a proof does not hold",
    7: "what the node tells contradicts itself, the contracts or the index: nothing is final until it is explained",
    70: "a fault of this program",
    130: "interrupted by Ctrl-C or SIGTERM before it was done",
}


def exit_code_table() -> str:
    """As Markdown."""
    return "| exit code | meaning |\n|---|---|\n" + "".join(
        f"| {code} | {meaning} |\n" for code, meaning in EXIT_CODES.items()
    )
