"""What people read who never saw the code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.errors import InvalidJson, InvalidQuantity, NodeUnreachable
from ledger.ids import OperationId
from scripts.cli import run
from scripts.errors import Interrupted
from scripts.importing.service import how_to_go_on
from scripts.interrupts import interruptible, until_interrupted
from scripts.operations import saying_how_to_go_on
from scripts.options import quantity, record_fields


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.5g", 'quantity must be whole grams: the ledger books nothing smaller than 1 g, but is "0.5g".'),
        ("0.0000001", 'quantity must be a whole number of grams, but is "0.0000001".'),
        ("0.0001kg", 'quantity must be a whole number of grams, but is "0.0001kg".'),
        ("0", 'quantity must be more than zero, but is "0".'),
        ("ten", 'quantity must be a number of tonnes, or a number with t, kg or g: 462, 0.5t, 500kg, but is "ten".'),
    ],
)
def test_quantities(text: str, message: str) -> None:
    with pytest.raises(InvalidQuantity) as caught:
        quantity(text)
    assert caught.value.explain() == message


def test_help_names_the_role_in_settings(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert run(["lot", "list", "--help"]) == 0
    said = capsys.readouterr().out
    assert "TANPUHUI_KEYSTORE_<ROLE>" in said
    assert "TANPUHUI_PASSWORD_FILE_<ROLE>" in said


def test_a_record_nested_without_end(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text('{"a":' * 100_000)
    with pytest.raises(InvalidJson, match="must be nested at most 32 deep"):
        record_fields(path, None)


def test_an_interrupted_operation_says_that_repeating_it_is_another_one() -> None:
    identifier = OperationId(b"\xab" * 32)
    with pytest.raises(Interrupted) as caught, saying_how_to_go_on(identifier):
        raise KeyboardInterrupt
    assert f"`tanpuhui operation status {identifier.hex0x}`" in caught.value.explain()
    assert "without --operation-id is another operation" in caught.value.explain()
    assert caught.value.exit_code == 130


def press_ctrl_c() -> None:
    raise KeyboardInterrupt


def test_what_only_ends_so_is_no_failure() -> None:
    with interruptible("begin again"), until_interrupted():
        press_ctrl_c()
    with pytest.raises(Interrupted, match="begin again"), interruptible("begin again"):
        press_ctrl_c()


def test_an_interrupted_command_says_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Typer alone would end without a word."""

    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("scripts.command.load_settings", interrupted)
    assert run(["index", "status"]) == 130
    assert "Interrupted before it was done" in capsys.readouterr().err


def test_an_interrupted_import_says_what_was_sent() -> None:
    assert "12 operations were sent" in how_to_go_on(12)
    assert "the same command goes on" in how_to_go_on(0)


def test_a_status_of_what_is_out_of_reach_exits_3(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def silent(*_: object) -> None:
        raise NodeUnreachable("http://127.0.0.1:9", "nobody answers")

    monkeypatch.setattr("chain.rpc.RpcClient.call", silent)
    nobody = ["--rpc", "http://127.0.0.1:9", "--home", str(tmp_path)]
    for database in ([], ["--database", f"sqlite:///{tmp_path}/nope/x.db"]):
        assert run(["index", "status", *nobody, *database, "--json"]) == 3
        said = capsys.readouterr()
        assert json.loads(said.out)["head_block"] is None
        assert ("there is no folder" in said.err) == bool(database)
