"""Columns of entries: ids, tags, salts, commitments and leaves, as docs/spec/05-points.md §5.3 defines them.

Each function makes for every row what the function of `ledger.encoding` named in its docstring makes for one.
All raise `OutOfRange` for columns of another shape, type or length. Empty columns give empty columns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ledger import encoding
from ledger.bulk import kernels
from ledger.bulk.columns import Grams, Hashes, Salts, Strings, check_count, checked_grams, checked_hashes
from ledger.bulk.hashing import Piece, hash_messages, in_spans
from ledger.entries import ACCOUNT, DETAILS, OPERATION_KINDS
from ledger.errors import OutOfRange
from ledger.vocabulary import BatchKind

_FORMAT = encoding.FORMAT.to_bytes(1, "big")
_LONGEST_TEXT = 2**16 - 1
_KEY_LENGTH = 32
_INNER_PAD, _OUTER_PAD = np.uint8(0x36), np.uint8(0x5C)


def entry_ids(*, feed_key: bytes, source_id: str, record_ids: Strings) -> Hashes:
    """`ledger.encoding.entry_id` of the records of one source; `record_ids` in UTF-8, not checked here."""
    lengths = record_ids.lengths
    if len(lengths) and lengths.max() > _LONGEST_TEXT:
        index = int(lengths.argmax())
        raise OutOfRange(f"record id {index}", f"be at most {_LONGEST_TEXT} bytes", f"{lengths[index]} bytes")
    source = source_id.encode()
    if len(source) > _LONGEST_TEXT:
        raise OutOfRange("source_id", f"be at most {_LONGEST_TEXT} bytes of UTF-8", f"{len(source)} bytes")
    head = len(source).to_bytes(2, "big") + source
    length = Piece(_big_endian(lengths, ">u2"), 2, len(head))
    return hash_messages(len(record_ids), head + bytes(2), [length], strings=record_ids, key=feed_key)


def account_tags(person_keys: Hashes) -> Hashes:
    """`ledger.encoding.account_tag` of each person's key of 32 bytes.

    Every person has another key, so both hashes of HMAC (RFC 2104) are made as plain ones.
    """
    keys = checked_hashes("person_keys", person_keys)
    rest = kernels.BLOCK - _KEY_LENGTH
    inner = hash_messages(
        len(keys), bytes(32) + bytes([_INNER_PAD]) * rest + b"\x39" + _FORMAT, [Piece(keys ^ _INNER_PAD, 32, 0)]
    )
    return hash_messages(
        len(keys),
        bytes(32) + bytes([_OUTER_PAD]) * rest + bytes(32),
        [Piece(keys ^ _OUTER_PAD, 32, 0), Piece(inner, 32, kernels.BLOCK)],
    )


def entry_salts(*, salt_key: bytes, entry_ids: Hashes) -> Salts:
    """`ledger.encoding.entry_salts` of each entry."""
    ids = checked_hashes("entry_ids", entry_ids)
    return hash_messages(len(ids), b"\x3a" + _FORMAT + bytes(32), [Piece(ids, 32, 2)], key=salt_key)


def account_commitments(account_tags: Hashes, salts: Salts) -> Hashes:
    """Commitments to the field `account`, whose value is the tag as JSON text of 0x and 64 digits."""
    tags = checked_hashes("account_tags", account_tags)
    salted = checked_hashes("salts", salts, len(tags))
    digits = np.empty((len(tags), 64), np.uint8)
    in_spans(len(tags), lambda first, last: kernels.write_hexadecimal(first, last, tags, digits))
    start = _field_start(ACCOUNT)
    salt_end = len(start) + encoding.SALT_LENGTH
    head = start + bytes(encoding.SALT_LENGTH) + b'"0x' + bytes(64) + b'"'
    pieces = [Piece(salted, encoding.SALT_LENGTH, len(start)), Piece(digits, 64, salt_end + 3)]
    return hash_messages(len(tags), head, pieces)


def details_commitments(details: Strings, salts: Salts) -> Hashes:
    """Commitments to the field `details`, given as the RFC 8785 bytes of each object (not checked here)."""
    salted = checked_hashes("salts", salts, len(details))
    start = _field_start(DETAILS)
    salt = Piece(salted, encoding.SALT_LENGTH, len(start), first=encoding.SALT_LENGTH)
    return hash_messages(len(details), start + bytes(encoding.SALT_LENGTH), [salt], strings=details)


def fields_roots(kind: BatchKind, account_commitments: Hashes, details_commitments: Hashes) -> Hashes:
    """`ledger.encoding.record_hash` of both commitments of each entry of a batch of this kind."""
    accounts = checked_hashes("account_commitments", account_commitments)
    details = checked_hashes("details_commitments", details_commitments, len(accounts))
    head = b"\x21" + _FORMAT + OPERATION_KINDS[kind].to_bytes(2, "big") + (2).to_bytes(2, "big")
    pieces = [Piece(accounts, 32, len(head)), Piece(details, 32, len(head) + 32)]
    return hash_messages(len(accounts), head + bytes(64), pieces)


def entry_leaves(kind: BatchKind, grams: Grams, entry_ids: Hashes, fields_roots: Hashes) -> Hashes:
    """`ledger.encoding.entry_leaf` of each entry; `InvalidQuantity` for grams that are not 1 to 2**63 - 1."""
    ids = checked_hashes("entry_ids", entry_ids)
    roots = checked_hashes("fields_roots", fields_roots, len(ids))
    weights = _big_endian(checked_grams(grams, len(ids)), ">u8")
    head = b"\x00" + _FORMAT + kind.to_bytes(1, "big")
    pieces = [Piece(weights, 8, 3), Piece(ids, 32, 11), Piece(roots, 32, 43)]
    return hash_messages(len(ids), head + bytes(72), pieces)


def leaves_of_columns(
    *, kind: BatchKind, grams: Grams, entry_ids: Hashes, account_tags: Hashes, details: Strings, salt_key: bytes
) -> Hashes:
    """Leaves straight from the columns of a batch file, all steps on a span before the next is begun."""
    ids = checked_hashes("entry_ids", entry_ids)
    tags = checked_hashes("account_tags", account_tags, len(ids))
    weights = checked_grams(grams, len(ids))
    check_count("details", len(details), len(ids))
    leaves = np.empty_like(ids)

    def make_span(first: int, last: int) -> None:
        salts = entry_salts(salt_key=salt_key, entry_ids=ids[first:last])
        accounts = account_commitments(tags[first:last], salts)
        roots = fields_roots(kind, accounts, details_commitments(details.part(first, last), salts))
        leaves[first:last] = entry_leaves(kind, weights[first:last], ids[first:last], roots)

    in_spans(len(ids), make_span)
    return leaves


def first_disorder(entry_ids: Hashes) -> int | None:
    """The first entry whose id is not above the id before it, bytewise; none where all ascend strictly."""
    index = int(kernels.first_not_above(checked_hashes("entry_ids", entry_ids)))
    return None if index < 0 else index


def ascending_order(entry_ids: Hashes) -> NDArray[np.int64]:
    """Indices that sort the ids bytewise; equal ids stay in the order given."""
    words = checked_hashes("entry_ids", entry_ids).view(">u8").astype(np.uint64)
    order = np.argsort(words[:, 0])
    first = words[order, 0]
    if bool((first[1:] == first[:-1]).any()):
        order = np.lexsort((words[:, 3], words[:, 2], words[:, 1], words[:, 0]))
    return order


def _field_start(name: str) -> bytes:
    return b"\x20" + len(name).to_bytes(2, "big") + name.encode()


def _big_endian(numbers: NDArray[np.int64] | Grams, kind: str) -> NDArray[np.uint8]:
    """Numbers as the rows of a byte column."""
    data = numbers.astype(kind)
    rows = data.view(np.uint8).reshape(len(data), data.itemsize)
    rows.flags.writeable = False
    return rows
