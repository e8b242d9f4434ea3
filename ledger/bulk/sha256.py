"""SHA-256 of sixteen messages at once: FIPS 180-4 §6.2.2 on vectors, one message a lane.

The compression is written straight into LLVM's language, unrolled, because numba's own vectoriser does not find it.
LLVM splits the vectors of sixteen 32-bit words to what the processor has: one register with AVX-512 (which also
rotates in one instruction), two with AVX2, four with SSE2 or NEON; the result is the same everywhere.

numba keeps compiled loops on disk until the file that holds the loop changes, and does not look at this one: after a
change here, remove `ledger/bulk/__pycache__`. (A test compiles everything anew.)
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

LANES = 16
BLOCK_WORDS = 16
STATE_WORDS = 8

_WORD = ir.IntType(32)
_VECTOR = ir.VectorType(_WORD, LANES)
_SWAP = sys.byteorder == "little"


def _primes(count: int) -> list[int]:
    found: list[int] = []
    candidate = 2
    while len(found) < count:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return found


def _root_fraction(prime: int, degree: int) -> int:
    """First 32 bits of the fraction of the square or cube root of `prime` (FIPS 180-4 §4.2.2, §5.3.3), in integers."""
    scaled = prime << 32 * degree
    root = math.isqrt(scaled) if degree == 2 else _cube_root(scaled)
    return root & 0xFFFFFFFF


def _cube_root(value: int) -> int:
    low, high = 0, 1 << (value.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= value else (low, middle - 1)
    return low


ROUND_CONSTANTS = tuple(_root_fraction(prime, 3) for prime in _primes(64))
INITIAL_STATE: NDArray[np.uint32] = np.array([_root_fraction(prime, 2) for prime in _primes(8)], np.uint32)


class _Rounds:
    """Writes the rounds for vectors of lanes with an LLVM builder."""

    def __init__(self, builder: ir.IRBuilder) -> None:
        self._builder = builder
        self._funnel = _declared(builder, f"llvm.fshr.v{LANES}i32", 3)

    def constant(self, value: int) -> ir.Constant:
        return ir.Constant(_VECTOR, [value] * LANES)

    def rotated(self, word: ir.Value, *amounts: int) -> list[ir.Value]:
        return [self._builder.call(self._funnel, [word, word, self.constant(amount)]) for amount in amounts]

    def shifted(self, word: ir.Value, amount: int) -> ir.Value:
        return self._builder.lshr(word, self.constant(amount))

    def xor(self, *words: ir.Value) -> ir.Value:
        first, *rest = words
        for word in rest:
            first = self._builder.xor(first, word)
        return first

    def add(self, *words: ir.Value) -> ir.Value:
        first, *rest = words
        for word in rest:
            first = self._builder.add(first, word)
        return first

    def schedule(self, words: list[ir.Value]) -> None:
        """Appends the next word of the message schedule."""
        early, late = words[-15], words[-2]
        small0 = self.xor(*self.rotated(early, 7, 18), self.shifted(early, 3))
        small1 = self.xor(*self.rotated(late, 17, 19), self.shifted(late, 10))
        words.append(self.add(words[-16], small0, words[-7], small1))

    def round(self, state: list[ir.Value], word: ir.Value, constant: int) -> list[ir.Value]:
        a, b, c, d, e, f, g, h = state
        builder = self._builder
        choice = builder.xor(g, builder.and_(e, builder.xor(f, g)))
        majority = builder.or_(builder.and_(a, b), builder.and_(c, builder.or_(a, b)))
        first = self.add(h, self.xor(*self.rotated(e, 6, 11, 25)), choice, builder.add(word, self.constant(constant)))
        second = self.add(self.xor(*self.rotated(a, 2, 13, 22)), majority)
        return [builder.add(first, second), a, b, c, builder.add(d, first), e, f, g]


def _load_rows(builder: ir.IRBuilder, start: ir.Value, stride: ir.Value) -> list[ir.Value]:
    """The sixteen words of each lane's block, from rows of bytes `stride` apart: word i of every lane in vector i."""
    rows = []
    for lane in range(LANES):
        place = builder.gep(start, [builder.mul(stride, ir.Constant(stride.type, lane))])
        rows.append(builder.load(builder.bitcast(place, _VECTOR.as_pointer()), align=1))
    return _transposed(builder, [_big_endian(builder, row) for row in rows])


def _big_endian(builder: ir.IRBuilder, words: ir.Value) -> ir.Value:
    """Words as their big-endian bytes lie in memory, or the other way round."""
    return builder.call(_declared(builder, f"llvm.bswap.v{LANES}i32", 1), [words]) if _SWAP else words


def _transposed(builder: ir.IRBuilder, rows: list[ir.Value]) -> list[ir.Value]:
    """Rows for columns, by exchanging one bit of the row's number with the same bit of the column's at a time."""
    rows = list(rows)
    for bit in (1, 2, 4, 8):
        low = [LANES + (column ^ bit) if column & bit else column for column in range(LANES)]
        high = [LANES + column if column & bit else column ^ bit for column in range(LANES)]
        for row in (row for row in range(LANES) if not row & bit):
            one, other = rows[row], rows[row | bit]
            rows[row] = builder.shuffle_vector(one, other, ir.Constant(_VECTOR, low))
            rows[row | bit] = builder.shuffle_vector(one, other, ir.Constant(_VECTOR, high))
    return rows


def _declared(builder: ir.IRBuilder, name: str, arguments: int) -> ir.Function:
    """LLVM's own function `name` from vectors to a vector."""
    known = builder.module.globals.get(name)
    return known or ir.Function(builder.module, ir.FunctionType(_VECTOR, [_VECTOR] * arguments), name)


def _at(builder: ir.IRBuilder, start: ir.Value, index: int) -> ir.Value:
    return builder.gep(start, [ir.Constant(ir.IntType(64), index)])


def _update(builder: ir.IRBuilder, state: ir.Value, words: list[ir.Value]) -> None:
    """Compresses one block into the state at the pointer."""
    rounds = _Rounds(builder)
    places = [_at(builder, state, index) for index in range(STATE_WORDS)]
    before = [builder.load(place, align=4) for place in places]
    after = before
    for index, constant in enumerate(ROUND_CONSTANTS):
        if index >= BLOCK_WORDS:
            rounds.schedule(words)
        after = rounds.round(after, words[index], constant)
    for place, old, new in zip(places, before, after, strict=True):
        builder.store(builder.add(old, new), place, align=4)


@intrinsic
def compress_words(typing_context: Any, state: Any, block: Any) -> Any:
    """Compresses a block given as words, uint32 [16, LANES], into each lane's state, uint32 [8, LANES]."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        arrays = [
            context.make_array(kind)(context, builder, array)
            for kind, array in zip(signature.args, arguments, strict=True)
        ]
        state_place, block_place = (builder.bitcast(array.data, _VECTOR.as_pointer()) for array in arrays)
        words = [builder.load(_at(builder, block_place, index), align=4) for index in range(BLOCK_WORDS)]
        _update(builder, state_place, words)
        return context.get_dummy_value()

    return types.void(state, block), generate


@intrinsic
def compress_rows(typing_context: Any, state: Any, rows: Any, start: Any) -> Any:
    """Compresses bytes start to start + 63 of each lane's row, uint8 [LANES, width], into its state."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        state_array, row_array = (
            context.make_array(kind)(context, builder, array)
            for kind, array in zip(signature.args[:2], arguments[:2], strict=True)
        )
        stride, _ = cgutils.unpack_tuple(builder, row_array.strides, 2)
        words = _load_rows(builder, builder.gep(row_array.data, [arguments[2]]), stride)
        _update(builder, builder.bitcast(state_array.data, _VECTOR.as_pointer()), words)
        return context.get_dummy_value()

    return types.void(state, rows, types.int64), generate


@intrinsic
def store_digests(typing_context: Any, state: Any, digests: Any) -> Any:
    """Writes the digest of each lane's state, 32 bytes and 32 that mean nothing, into uint8 [LANES, 64]."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        arrays = [
            context.make_array(kind)(context, builder, array)
            for kind, array in zip(signature.args, arguments, strict=True)
        ]
        source, target = (builder.bitcast(array.data, _VECTOR.as_pointer()) for array in arrays)
        words = [builder.load(_at(builder, source, index), align=4) for index in range(STATE_WORDS)]
        nothing = [ir.Constant(_VECTOR, ir.Undefined)] * (LANES - STATE_WORDS)
        for lane, row in enumerate(_transposed(builder, [*words, *nothing])):
            builder.store(_big_endian(builder, row), _at(builder, target, lane), align=1)
        return context.get_dummy_value()

    return types.void(state, digests), generate


@intrinsic
def copy_bytes(
    typing_context: Any,
    target: Any,
    target_row: Any,
    target_column: Any,
    source: Any,
    source_row: Any,
    source_column: Any,
    length: Any,
) -> Any:
    """Copies `length` bytes between rows of C-contiguous uint8 [rows, width] arrays. Nothing is checked."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        pointers = []
        for which in (0, 3):
            array = context.make_array(signature.args[which])(context, builder, arguments[which])
            stride, _ = cgutils.unpack_tuple(builder, array.strides, 2)
            offset = builder.add(builder.mul(arguments[which + 1], stride), arguments[which + 2])
            pointers.append(builder.gep(array.data, [offset]))
        cgutils.raw_memcpy(builder, *pointers, arguments[6], 1)
        return context.get_dummy_value()

    integer = types.int64
    return types.void(target, integer, integer, source, integer, integer, integer), generate
