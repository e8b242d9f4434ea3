"""The documents say what the program does: every command, option, setting, mapping key and exit code."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from ledger.errors import TanpuhuiError
from ledger.records import FIELD_CHECKS, FIELD_NAMES, PURPOSE_FIELDS, REQUIRED_FIELDS
from ledger.refusals import REFUSALS
from ledger.vocabulary import OperationKind, Role
from scripts import settings
from scripts.cli import whole_program
from scripts.errors import ProgramFault
from scripts.importing.actions import ACTIONS
from scripts.importing.expressions import CLEANERS, TESTS
from scripts.importing.mapping import load_mapping
from scripts.importing.records import FileFormat
from scripts.importing.refused import COLUMNS
from tools.cli_reference import cli_reference
from tools.error_reference import documented, reference
from tools.exit_codes import EXIT_CODES
from tools.record_reference import FORMATS, record_reference

ROOT = Path(__file__).resolve().parent.parent.parent.parent
DOCS = ROOT / "docs"


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_the_command_reference_is_the_programs_own() -> None:
    assert read("cli.md") == cli_reference(), "run `make generate`"


def test_every_command_has_an_example_that_begins_with_its_own_words() -> None:
    sections = re.split(r"^## ", cli_reference(), flags=re.MULTILINE)
    commands = [section for section in sections if section.partition("\n")[2].startswith("\n`tanpuhui ")]
    assert len(commands) == sum(1 for _ in _commands())
    for section in commands:
        words = section.partition("\n")[0]
        assert re.search(rf"```sh\ntanpuhui {re.escape(words)}\b", section), words


def test_whose_word_about_a_clients_address_is_believed_is_said_as_the_server_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Limits go by that address: who runs a proxy must know which of its headers decides, and who may send it."""
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    believed = uvicorn.Config("none:none").forwarded_allow_ips
    said = " ".join(read("operations.md").split())
    assert "`FORWARDED_ALLOW_IPS` (an environment variable of `tanpuhui serve`" in said
    assert f"read by uvicorn; by default `{believed}`)" in said
    assert "The proxy must **overwrite** that header" in said
    assert "--forwarded-allow-ips" not in said + read("api.md"), "tanpuhui serve has no such option"


def _commands() -> list[Any]:
    """What does something: the leaves of the tree of commands."""
    waiting, leaves = [whole_program()], []
    while waiting:
        one = waiting.pop()
        inner = getattr(one, "commands", None)
        if inner is None:
            leaves.append(one)
        else:
            waiting += inner.values()
    return leaves


def test_every_option_of_the_examples_exists() -> None:
    text = cli_reference()
    known = set(re.findall(r"--[a-z][a-z-]+", re.sub(r"```sh.*?```", "", text, flags=re.DOTALL)))
    for example in re.findall(r"```sh\n(.*?)\n```", text, flags=re.DOTALL):
        assert set(re.findall(r"--[a-z][a-z-]+", example)) <= known, example


@pytest.mark.parametrize(
    "word",
    [
        *ACTIONS,
        *(key for action in ACTIONS.values() for group in action.keys for key in group),
        *(key for action in ACTIONS.values() for key in action.optional),
        *CLEANERS,
        *TESTS,
        *COLUMNS,
        *(field.name for field in dataclasses.fields(FileFormat) if field.name != "kind"),
        *(
            "row_id",
            "first_step",
            "format",
            "ensure",
            "record",
            "when",
            "unpivot",
            "constants",
            "otherwise",
            "required",
        ),
    ],
)
def test_every_word_of_a_mapping_is_in_the_reference(word: str) -> None:
    assert f"`{word}`" in read("import.md") or f'`"{word}"`' in read("import.md") or f"[{word}]" in read("import.md")


def test_the_example_mapping_can_be_read(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", read("import.md"), flags=re.DOTALL)
    path = tmp_path / "map.toml"
    path.write_text(example, encoding="utf-8")

    assert load_mapping(path).columns == ("batch", "company", "tonnes", "reference")


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks" / "mappings").glob("*.toml")), ids=lambda path: path.stem)
def test_the_mappings_of_the_benchmarks_can_be_read(path: Path) -> None:
    constants = {"compliance_year": "2014"} if path.stem == "arb_retirements" else {}

    assert load_mapping(path, constants).operations


def test_the_error_reference_is_made_from_the_errors() -> None:
    assert read("spec/04-errors.md") == reference(), "run `make generate`"


@pytest.mark.parametrize("kind", [*documented(), *REFUSALS.values()], ids=lambda kind: kind.__name__)
def test_every_code_is_in_the_error_reference_once_and_says_when(kind: type[TanpuhuiError]) -> None:
    rows = [line for line in read("spec/04-errors.md").splitlines() if f"| `{kind.code}` |" in line]
    assert len(rows) == 1
    assert not rows[0].rstrip().endswith("|  |")


def test_errors_of_every_part_are_in_the_error_reference() -> None:
    codes = {kind.code for kind in documented()}
    assert codes >= {"route-unknown", "idempotency-key-reused", "malformed-file", "rows-invalid", "invalid-mapping"}
    assert codes >= {"misused", "program-fault", "interrupted", "broken-log", "unknown-event", "index-unavailable"}


def test_every_setting_is_documented() -> None:
    text = read("operations.md")
    names = [value for value in vars(settings).values() if isinstance(value, str) and value.startswith("TANPUHUI_")]
    assert len(names) >= 10
    for name in names:
        assert f"`{name}<OWNER>`" in text if name.endswith("_") else f"`{name}`" in text
    for role in Role:
        if role is not Role.LEDGER:
            assert f"`{role.name}`" in text


def test_every_exit_code_is_documented() -> None:
    codes = {0, ProgramFault.exit_code, 130}
    waiting: list[type[TanpuhuiError]] = [TanpuhuiError]
    while waiting:
        kind = waiting.pop()
        codes.add(kind.exit_code)
        waiting += kind.__subclasses__()
    assert set(EXIT_CODES) == codes
    for text in (read("operations.md"), read("cli.md"), read("spec/04-errors.md").partition("## 4.2")[0]):
        assert {int(code) for code in re.findall(r"^\| (\d+) \|", text, flags=re.MULTILINE)} == codes


def test_the_record_reference_is_made_from_the_records() -> None:
    assert read("spec/06-records.md") == record_reference(), "run `make generate`"


def test_every_field_with_a_rule_has_a_format_in_the_record_reference() -> None:
    page = read("spec/06-records.md")
    named = {name for names in (*REQUIRED_FIELDS.values(), *PURPOSE_FIELDS.values()) for name in names}
    written = set(re.findall(r"^\| [a-z-]+ \| `(\w+)` \|", page, flags=re.MULTILINE))
    assert named <= written
    assert {*FIELD_CHECKS, *written, FIELD_NAMES} == set(FORMATS)
    for kind in OperationKind:
        assert f"| {kind.label} | `rules` | required | disclosed |" in page
