"""The files that are made from others and committed, so that a review sees what a change does to them.

`python -m tools.generated` writes them; with `--check` it writes nothing and names each that differs, is missing or
is left over. A new kind of generated file is one more function in `GENERATORS`: it returns the whole content of the
folders or files it owns.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from api.app import create_app
from api.settings import ApiSettings
from ledger.bundle.schema import bundle_schema
from tools.cli_reference import cli_reference
from tools.error_reference import reference
from tools.error_signatures import error_signatures
from tools.record_reference import record_reference

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "contracts"
SNAPSHOTS = CONTRACTS / "snapshots"

Files = dict[Path, str]


@dataclass(frozen=True, slots=True)
class Generator:
    """What a function makes, and the folders or files that hold nothing else."""

    owns: list[Path]
    make: Callable[[], Files]


def forge(*arguments: str, **settings: str) -> None:
    """Runs forge on the contracts; its output is shown where it fails."""
    command = [str(ROOT / "tools" / "foundry"), "forge", *arguments]
    done = subprocess.run(
        command, check=False, cwd=CONTRACTS, env={**os.environ, **settings}, capture_output=True, text=True
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def pretty(value: object) -> str:
    """JSON as it is committed."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def own_artifacts(out: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """Name and compiler output of every contract under `contracts/src` that can be deployed."""
    for path in sorted(out.glob("*.sol/*.json")):
        artifact = json.loads(path.read_text(encoding="utf-8"))
        target = artifact.get("metadata", {}).get("settings", {}).get("compilationTarget", {})
        ours = any(source.startswith("src/") and (CONTRACTS / source).exists() for source in target)
        if ours and artifact["bytecode"]["object"] != "0x":
            yield path.stem, artifact


def storage_layout(layout: dict[str, list[dict[str, object]]]) -> list[dict[str, object]]:
    """The slots of a contract; compiler-internal numbers, which change with unrelated code, are left out."""
    return [
        {
            "label": entry["label"],
            "slot": entry["slot"],
            "offset": entry["offset"],
            "type": re.sub(r"\)\d+", ")", str(entry["type"])),
        }
        for entry in layout["storage"]
    ]


def contract_snapshots() -> Files:
    """ABI and storage layout of each contract."""
    files: Files = {}
    # In a folder of its own: `forge lint` leaves artifacts without code in the usual one and takes them for good.
    with tempfile.TemporaryDirectory() as folder:
        forge("build", "--skip", "test", FOUNDRY_OUT=f"{folder}/out", FOUNDRY_CACHE_PATH=f"{folder}/cache")
        for name, artifact in own_artifacts(Path(folder) / "out"):
            if artifact["abi"]:
                files[SNAPSHOTS / "abi" / f"{name}.json"] = pretty(artifact["abi"])
            layout = artifact.get("storageLayout")
            if isinstance(layout, dict) and layout["storage"]:
                files[SNAPSHOTS / "storage" / f"{name}.json"] = pretty(storage_layout(layout))
    return files


def gas_snapshots() -> Files:
    """Gas of the operations that the contract tests measure with `vm.snapshotGas...`."""
    cache = CONTRACTS / "cache"
    cache.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        # Isolated: each measured call is a transaction of its own, with its calldata and nothing warm.
        forge(
            *("test", "--isolate", "--match-path", "test/gas/*"),
            FOUNDRY_SNAPSHOTS=folder,
            FORGE_SNAPSHOT_EMIT="true",
        )
        return {SNAPSHOTS / "gas" / path.name: path.read_text(encoding="utf-8") for path in Path(folder).glob("*.json")}


def error_reference() -> Files:
    """The table of all errors in the specification."""
    return {ROOT / "docs" / "spec" / "04-errors.md": reference()}


def openapi_document() -> Files:
    """The machine description of the API, which is made from the objects that its routes run on."""
    application = create_app(ApiSettings(database_url="sqlite:///never-opened.db"))
    document = application.openapi()
    application.close()
    return {ROOT / "docs" / "openapi.json": pretty(document)}


def bundle_schema_document() -> Files:
    """The JSON Schema of certificate bundles, which the API serves too."""
    return {ROOT / "docs" / "schema" / "certificate-bundle-1.json": pretty(bundle_schema())}


SIGNATURES = ROOT / "chain" / "error_signatures.py"

GENERATORS = [
    Generator(owns=[ROOT / "docs" / "cli.md"], make=lambda: {ROOT / "docs" / "cli.md": cli_reference()}),
    Generator(owns=[ROOT / "docs" / "openapi.json"], make=openapi_document),
    Generator(owns=[ROOT / "docs" / "schema"], make=bundle_schema_document),
    Generator(owns=[ROOT / "docs" / "spec" / "04-errors.md"], make=error_reference),
    Generator(
        owns=[ROOT / "docs" / "spec" / "06-records.md"],
        make=lambda: {ROOT / "docs" / "spec" / "06-records.md": record_reference()},
    ),
    Generator(owns=[SNAPSHOTS / "abi", SNAPSHOTS / "storage"], make=contract_snapshots),
    Generator(owns=[SNAPSHOTS / "gas"], make=gas_snapshots),
    # After the ABIs, which it is made from.
    Generator(owns=[SIGNATURES], make=lambda: {SIGNATURES: error_signatures(SNAPSHOTS / "abi")}),
]


def committed(owned: Path) -> Iterator[Path]:
    """The files that are there now."""
    if owned.is_dir():
        yield from (path for path in owned.rglob("*") if path.is_file())
    elif owned.exists():
        yield owned


def differences(generator: Generator, files: Files) -> Iterator[str]:
    """What `make generate` would change."""
    for path, content in files.items():
        name = path.relative_to(ROOT)
        if not path.exists():
            yield f"{name} is missing"
        elif path.read_text(encoding="utf-8") != content:
            yield f"{name} differs"
    for owned in generator.owns:
        yield from (f"{path.relative_to(ROOT)} is left over" for path in committed(owned) if path not in files)


def write(generator: Generator, files: Files) -> None:
    """Makes the owned folders hold exactly these files."""
    for owned in generator.owns:
        for path in committed(owned):
            if path not in files:
                path.unlink()
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def main() -> None:
    """Writes every generated file, or with `--check` compares them."""
    checking = sys.argv[1:] == ["--check"]
    found: list[str] = []
    for generator in GENERATORS:
        files = generator.make()
        if checking:
            found += differences(generator, files)
        else:
            write(generator, files)
    if found:
        sys.exit("\n".join([*found, "run 'make generate', read what changed, and commit it"]))


if __name__ == "__main__":
    main()
