"""RLP piece by piece, for what is encoded by the ten thousand: the `rlp` library is many times slower."""


def rlp_number(number: int) -> bytes:
    """A whole number, big-endian without leading zeros."""
    if 0 < number < 0x80:
        return bytes((number,))
    return rlp_bytes(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def rlp_bytes(data: bytes) -> bytes:
    """A byte string."""
    size = len(data)
    if size == 1 and data[0] < 0x80:
        return data
    return _prefix(size, 0x80) + data


def rlp_list(items: bytes) -> bytes:
    """A list of what is encoded already, one behind the other."""
    return _prefix(len(items), 0xC0) + items


def _prefix(size: int, short: int) -> bytes:
    """The RLP header of a string (0x80) or list (0xC0) of `size` bytes."""
    if size < 56:
        return bytes((short + size,))
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((short + 55 + len(length),)) + length
