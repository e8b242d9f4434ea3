"""The command `tanpuhui` as it is installed: says what to install where the base alone is."""

from __future__ import annotations

import sys
from typing import Final

MISSING: Final = 3
"""Exit code: something that is needed is not usable here."""


def main() -> None:
    """Runs the program; without the packages that it needs it names them instead of a traceback."""
    try:
        from scripts.cli import main as run  # noqa: PLC0415 - what it imports is not in the base installation
    except ModuleNotFoundError as error:
        sys.stderr.write(
            f"error: Only the base is installed ({error.name} is missing): "
            "it has tanpuhui-verify, which verifies certificates. "
            "For everything else install with [node]: pip install './tanpuhui[node]'.\n"
        )
        sys.exit(MISSING)
    run()
