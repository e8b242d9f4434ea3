"""Ids and hashes are shown to people as they are written everywhere else."""

from ledger.ids import Hash32
from scripts.output import shown


def test_bytes_are_shown_as_hexadecimal() -> None:
    assert shown(b"\xfa\x01").plain == "0xfa01"
    assert shown(Hash32(b"\x02" * 32)).plain == "0x" + "02" * 32
