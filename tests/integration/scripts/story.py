"""What most tests begin with: a methodology, a project, a confirmed issuance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.integration.scripts.conftest import Cli

PERIOD = ("--first-day", "2025-01-01", "--last-day", "2025-12-31")
LOT = ("--activity", "SH-PV-1", *PERIOD)


def document(folder: Path, name: str = "document.txt") -> Path:
    path = folder / name
    path.write_text("the text")
    return path


def publish(cli: Cli, code: str = "SH-PV", reduction_class: str = "I", kind: str = "project") -> Any:
    return cli.json(
        *("methodology", "publish", code, "--kind", kind, "--class", reduction_class),
        *("--effective-first-day", "2024-01-01", "--effective-last-day", "2099-12-31"),
        *("--document", document(cli.home)),
    )


def register(cli: Cli, code: str = "SH-PV-1", *, cap: str = "1000", facility: str = "meter 1") -> Any:
    return cli.json(
        *("activity", "register", code, "--methodology", "SH-PV@1", "--operator", "ref:owner"),
        *("--crediting-first-day", "2025-01-01", "--crediting-last-day", "2034-12-31", "--cap", cap),
        *("--facility", facility, "--pledge", document(cli.home, "pledge.txt")),
    )


def issue(cli: Cli, code: str = "SH-PV-1", quantity: str = "462", period: tuple[str, ...] = PERIOD) -> Any:
    proposed = cli.json("issue", "propose", code, *period, "--quantity", quantity)
    return cli.json("issue", "confirm", proposed["operation_id"])


def begin(cli: Cli) -> Any:
    """Two accounts, a methodology, a project, and 462 t of it; gives what the confirmation said."""
    for name in ("owner", "buyer"):
        cli.json("account", "open", f"ref:{name}")
    publish(cli)
    register(cli)
    return issue(cli)
