"""What people read who never saw the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.errors import InvalidJson, InvalidQuantity
from ledger.ids import OperationId
from scripts.cli import run
from scripts.errors import Interrupted
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
