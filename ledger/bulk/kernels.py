"""The compiled loops: many messages of one layout hashed, sixteen at a time.

A **layout** is what all messages share: `head`, whose bytes are the same in every message except where a **piece** is
put, and then the message's own string, if there are strings. `pieces` are always three byte columns [n, width];
`places` says of each (first column, width, position in the head), width 0 where there is none. `inner` is the state to
start from and `before` the bytes that are already in it; where `keyed`, the digest is hashed again from the state
`outer`, which is HMAC (RFC 2104) once both states have taken in the padded key.

Every loop works on the messages from `first` to `last` only and lets go of the interpreter's lock, so that threads
share the work. Digests go to `out` [n, width] from `column` on.
"""

from __future__ import annotations

# mypy: disable-error-code="no-untyped-def"
import numpy as np
from numba import njit

from ledger.bulk.sha256 import (
    BLOCK_WORDS,
    INITIAL_STATE,
    LANES,
    STATE_WORDS,
    compress_rows,
    compress_words,
    copy_bytes,
    store_digests,
)

BLOCK = 64
DIGEST = 32
LENGTH_BYTES = 8
_BITS_AND_PADDING = 9
"""At least: one byte 0x80 and the length in bits."""
_PADDING = np.zeros((1, BLOCK + _BITS_AND_PADDING), np.uint8)
_PADDING[0, 0] = 0x80
_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)


@njit(nogil=True, cache=True)
def hash_heads(first, last, head, length, pieces, places, inner, before, outer, keyed, out, column):
    """Hashes heads alone: `head` is given padded to whole blocks, of which `length` bytes are the message."""
    rows = np.empty((LANES, len(head)), np.uint8)
    state = np.empty((STATE_WORDS, LANES), np.uint32)
    block = _digest_block()
    digests = np.empty((LANES, BLOCK), np.uint8)
    for lane in range(LANES):
        rows[lane] = head
        _end(rows, lane, length, len(head), before)
    for group in range(first, last, LANES):
        count = min(LANES, last - group)
        for lane in range(count):
            _put_pieces(rows, lane, group + lane, pieces, places)
        _start(state, inner)
        for start in range(0, len(head), BLOCK):
            compress_rows(state, rows, start)
        if keyed:
            _hash_again(state, block, outer)
        store_digests(state, digests)
        for lane in range(count):
            copy_bytes(out, group + lane, column, digests, lane, 0, DIGEST)


@njit(nogil=True, cache=True)
def hash_strings(first, last, head, offsets, data, pieces, places, inner, before, outer, keyed, out, column):
    """Hashes each message's head and its string `data[offsets[i]:offsets[i + 1]]`."""
    longest = 0
    for index in range(first, last):
        longest = max(longest, offsets[index + 1] - offsets[index])
    rows = np.empty((LANES, padded_length(len(head) + longest)), np.uint8)
    state = np.empty((STATE_WORDS, LANES), np.uint32)
    ended = np.empty((STATE_WORDS, LANES), np.uint32)
    ends = np.zeros(LANES, np.uint32)
    block = _digest_block()
    digests = np.empty((LANES, BLOCK), np.uint8)
    for lane in range(LANES):
        rows[lane, : len(head)] = head
    for group in range(first, last, LANES):
        count = min(LANES, last - group)
        shortest, blocks = rows.shape[1], 0
        for lane in range(count):
            index = group + lane
            _put_pieces(rows, lane, index, pieces, places)
            start, length = offsets[index], offsets[index + 1] - offsets[index]
            copy_bytes(rows, lane, len(head), data, 0, start, length)
            end = padded_length(len(head) + length)
            _end(rows, lane, len(head) + length, end, before)
            ends[lane] = end
            shortest, blocks = min(shortest, end), max(blocks, end)
        _start(state, inner)
        for start in range(0, blocks, BLOCK):
            compress_rows(state, rows, start)
            if start + BLOCK >= shortest:
                _keep_ended(state, ended, ends, np.uint32(start + BLOCK))
        if keyed:
            _hash_again(ended, block, outer)
        store_digests(ended, digests)
        for lane in range(count):
            copy_bytes(out, group + lane, column, digests, lane, 0, DIGEST)


@njit(nogil=True, cache=True)
def absorb(block):
    """State after one block of 64 bytes: where HMAC starts from once it has taken in the padded key."""
    rows = np.zeros((LANES, BLOCK), np.uint8)
    rows[0] = block
    state = np.empty((STATE_WORDS, LANES), np.uint32)
    _start(state, INITIAL_STATE)
    compress_rows(state, rows, 0)
    return state[:, 0].copy()


@njit(nogil=True, cache=True)
def add_pairs(first, last, below, above):
    """Sums of the nodes `first` to `last` of `above` from their children in `below`: uint8 [m, 40], sum first.

    Gives the first node whose sum is 2**64 or more, or -1.
    """
    for index in range(first, last):
        left, right = _read_sum(below, 2 * index), _read_sum(below, 2 * index + 1)
        total = left + right
        if total < left:
            return index
        for byte in range(8):
            above[index, byte] = np.uint8((total >> np.uint64(56 - 8 * byte)) & np.uint64(0xFF))
    return -1


@njit(nogil=True, cache=True)
def write_hexadecimal(first, last, column, out):
    """Lower-case hexadecimal digits of a byte column [n, width] into [n, 2 * width]."""
    for index in range(first, last):
        for byte in range(column.shape[1]):
            out[index, 2 * byte] = _DIGITS[column[index, byte] >> 4]
            out[index, 2 * byte + 1] = _DIGITS[column[index, byte] & 15]


@njit(nogil=True, cache=True)
def take_rows(first, last, column, indices, out):
    """Rows `indices` of a byte column; an index outside is the caller's to refuse."""
    for index in range(first, last):
        copy_bytes(out, index, 0, column, indices[index], 0, column.shape[1])


@njit(nogil=True, cache=True)
def take_strings(first, last, starts, data, offsets, out):
    """Strings that begin at `starts` of `data` [1, bytes], put where `offsets` say."""
    for index in range(first, last):
        copy_bytes(out, 0, offsets[index], data, 0, starts[index], offsets[index + 1] - offsets[index])


@njit(nogil=True, cache=True)
def first_not_above(column):
    """First row that is not above the row before it, bytewise; -1 if every one is."""
    for index in range(1, len(column)):
        for byte in range(column.shape[1]):
            one, next_one = column[index - 1, byte], column[index, byte]
            if one < next_one:
                break
            if one > next_one or byte == column.shape[1] - 1:
                return index
    return -1


@njit(nogil=True, cache=True)
def _read_sum(nodes, index):
    total = np.uint64(0)
    for byte in range(8):
        total = (total << np.uint64(8)) | np.uint64(nodes[index, byte])
    return total


@njit(nogil=True, cache=True)
def padded_length(length):
    """Bytes of the whole blocks that a message of `length` bytes takes."""
    return (length + _BITS_AND_PADDING + BLOCK - 1) // BLOCK * BLOCK


@njit(nogil=True, cache=True)
def _end(rows, lane, length, end, before):
    """Pads the message of `length` bytes in a row up to `end` (FIPS 180-4 §5.1.1)."""
    copy_bytes(rows, lane, length, _PADDING, 0, 0, end - length)
    bits = np.uint64(8 * (before + length))
    for byte in range(LENGTH_BYTES):
        rows[lane, end - 1 - byte] = np.uint8((bits >> np.uint64(8 * byte)) & np.uint64(0xFF))


@njit(nogil=True, cache=True)
def _put_pieces(rows, lane, index, pieces, places):
    """The usual widths have loops of their own, which become one or two instructions."""
    for piece in range(3):
        column, width, place = places[piece, 0], places[piece, 1], places[piece, 2]
        source = pieces[piece]
        if width == 32:
            copy_bytes(rows, lane, place, source, index, column, 32)
        elif width == 16:
            copy_bytes(rows, lane, place, source, index, column, 16)
        elif width == 8:
            copy_bytes(rows, lane, place, source, index, column, 8)
        elif width == 64:
            copy_bytes(rows, lane, place, source, index, column, 64)
        elif width == 80:
            copy_bytes(rows, lane, place, source, index, column, 80)
        else:
            copy_bytes(rows, lane, place, source, index, column, width)


@njit(nogil=True, cache=True)
def _keep_ended(state, ended, ends, end):
    """Keeps the state of the lanes whose messages end here, before further blocks are mixed into it."""
    for word in range(STATE_WORDS):
        for lane in range(LANES):
            ended[word, lane] = state[word, lane] if ends[lane] == end else ended[word, lane]


@njit(nogil=True, cache=True)
def _start(state, initial):
    for word in range(STATE_WORDS):
        for lane in range(LANES):
            state[word, lane] = initial[word]


@njit(nogil=True, cache=True)
def _digest_block():
    """A block whose first half will be a digest that follows one block: 96 bytes in all."""
    block = np.zeros((BLOCK_WORDS, LANES), np.uint32)
    block[8] = 0x80000000
    block[15] = 8 * 96
    return block


@njit(nogil=True, cache=True)
def _hash_again(state, block, outer):
    """The outer hash of HMAC over the digests in `state`."""
    for word in range(STATE_WORDS):
        for lane in range(LANES):
            block[word, lane] = state[word, lane]
            state[word, lane] = outer[word]
    compress_words(state, block)
