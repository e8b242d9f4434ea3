import pytest

from ledger.errors import InvalidIdentifier
from ledger.ids import (
    ZERO_ADDRESS,
    ActivityId,
    Address,
    FixedBytes,
    Hash32,
    IdentityCommitment,
    LeafHash,
    LotId,
    MethodologyId,
    OperationId,
    RecordHash,
)

KINDS = [Hash32, OperationId, MethodologyId, ActivityId, LotId, RecordHash, LeafHash, IdentityCommitment, Address]


@pytest.mark.parametrize("kind", KINDS)
def test_length_is_checked(kind: type[FixedBytes]) -> None:
    for length in (0, kind.LENGTH - 1, kind.LENGTH + 1):
        with pytest.raises(InvalidIdentifier, match=f"^{kind.__name__} must be {kind.LENGTH} bytes"):
            kind(b"\x01" * length)
    assert len(kind(b"\x01" * kind.LENGTH)) == kind.LENGTH


@pytest.mark.parametrize("kind", KINDS)
def test_hex_round_trip(kind: type[FixedBytes]) -> None:
    made = kind(bytes(range(1, kind.LENGTH + 1)))
    assert kind.from_hex(made.hex0x) == made
    assert kind.from_hex("0x" + made.hex().upper()) == made
    assert type(kind.from_hex(made.hex0x)) is kind
    assert repr(made) == f"{kind.__name__}({made.hex0x})"
    assert str(made) == made.hex0x


@pytest.mark.parametrize(
    "text",
    [
        *["", "0x", "11" * 20, "0X" + "11" * 20, "0x" + "11" * 19, "0x" + "11" * 21, "0x" + "1g" * 20],
        *["0x " + "11" * 19 + "1", " 0x" + "11" * 20, "0x" + "11" * 20 + "\n", "0x" + "11 " * 13 + "1"],
        *["0x" + "\uff11" * 40, None, b"0x", 17],
    ],
)
def test_malformed_hex_is_refused(text: object) -> None:
    with pytest.raises(InvalidIdentifier, match=r"^to must be 0x and 40 hexadecimal digits"):
        Address.from_hex(text, "to")


def test_no_operation_has_id_zero() -> None:
    with pytest.raises(InvalidIdentifier, match=r"^OperationId must not be zero"):
        OperationId(bytes(32))
    with pytest.raises(InvalidIdentifier, match=r"^OperationId must not be zero"):
        OperationId.from_hex("0x" + "00" * 32)


def test_lot_ids_are_token_ids() -> None:
    lot = LotId.from_token_id(2**255 + 1)
    assert lot.token_id == 2**255 + 1
    assert LotId.from_token_id(0).is_zero
    for token_id in (-1, 2**256):
        with pytest.raises(InvalidIdentifier, match=r"^LotId must be an unsigned 256-bit integer"):
            LotId.from_token_id(token_id)


def test_addresses() -> None:
    assert ZERO_ADDRESS.is_zero
    assert Address(b"\x01" * 20).padded == bytes(12) + b"\x01" * 20


def test_ids_are_bytes() -> None:
    assert LotId(b"\x02" * 32) == b"\x02" * 32
    assert hash(LotId(b"\x02" * 32)) == hash(b"\x02" * 32)
