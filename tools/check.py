"""Everything `make check` runs, in one list: `python -m tools.check [NAME...]`.

A new check is one more line in `CHECKS`; a new generated file belongs into `tools.generated` instead.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "contracts"
PYTHON = sys.executable
FORGE = [str(ROOT / "tools" / "foundry"), "forge"]
# The linter's artifacts hold no code; in the usual folders they would be taken for compiled ones.
LINT_ELSEWHERE = ["env", "FOUNDRY_OUT=cache/lint/out", "FOUNDRY_CACHE_PATH=cache/lint/cache"]
TYPED = ["ledger", "chain", "indexer", "api", "witness", "scripts", "benchmarks", "tests", "tools"]


@dataclass(frozen=True, slots=True)
class Check:
    """A command that ends with status 0 where all is well; what it prints is shown where it is not."""

    name: str
    command: list[str]
    folder: Path = ROOT


CHECKS = [
    Check("types", [PYTHON, "-m", "mypy", *TYPED]),
    Check("generated", [PYTHON, "-m", "tools.generated", "--check"]),
    Check("format", [PYTHON, "-m", "ruff", "format", "--check", "."]),
    Check("lint", [PYTHON, "-m", "ruff", "check", "."]),
    Check("arrows", [PYTHON, "-c", "from importlinter.cli import lint_imports_command as run; run()"]),
    Check("solidity-format", [*FORGE, "fmt", "--check"], CONTRACTS),
    Check("solidity-lint", [*LINT_ELSEWHERE, *FORGE, "lint", "--deny", "notes", "src"], CONTRACTS),
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a check ended."""

    check: Check
    passed: bool
    seconds: float
    output: str


def run(check: Check) -> Outcome:
    """Runs a check in its folder."""
    started = perf_counter()
    done = subprocess.run(
        check.command,
        check=False,
        cwd=check.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    return Outcome(check=check, passed=done.returncode == 0, seconds=perf_counter() - started, output=done.stdout)


def chosen(names: list[str]) -> list[Check]:
    """The checks of those names, all where none is named."""
    known = {check.name: check for check in CHECKS}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"no such check: {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in names] or CHECKS


def main() -> None:
    """Runs the checks two at a time and prints a line for each, with the output of those that fail."""
    checks = chosen(sys.argv[1:])
    failed = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for outcome in pool.map(run, checks):
            verdict = "ok" if outcome.passed else "FAILED"
            print(f"{verdict:6} {outcome.check.name:16} {outcome.seconds:5.1f} s", flush=True)
            if not outcome.passed:
                failed.append(outcome.check.name)
                print(outcome.output, flush=True)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")
    print(f"all {len(checks)} checks passed")


if __name__ == "__main__":
    main()
