"""Writes tests/vectors/batches.json: entries, batches and entry proofs as docs/spec/05-points.md §5.3 defines them.

    python -m tests.vectors.generate_batches            writes the file
    python -m tests.vectors.generate_batches --check    compares it

As tests/vectors/generate.py from the specification with hashlib alone, without `ledger`; Python (slow and fast),
Solidity and JavaScript are held to it. Fields are flat: bytes are 0x-hex, integers decimal strings, `details` the RFC
8785 text of an object. Each case of `entry_proof_refused` must be refused; `why` says what is wrong with it.
"""

import hashlib
import hmac
import json
import struct
import sys
from collections.abc import Callable
from pathlib import Path

from tests.vectors.generate import FORMAT, U64, Case, counted, entry_subtree, filled, hexed, sha256, with_length

VECTORS = Path(__file__).with_name("batches.json")

OPERATION_KINDS = {1: 80, 2: 81, 3: 82, 4: 83, 5: 84, 6: 85, 7: 86}
SIZES = (1, 2, 3, 4, 5, 8, 13)
Leaves = list[tuple[int, bytes]]


def keyed(key: bytes, *parts: bytes) -> bytes:
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def account_tag() -> list[Case]:
    return [
        {"person_key": hexed(key), "expected": hexed(keyed(key, b"\x39", FORMAT))}
        for key in (filled(0), filled(0xFF), counted("person 1"), counted("person 2"))
    ]


def entry_salts() -> list[Case]:
    shapes = [(counted("salts"), filled(0)), (counted("salts"), counted("entry")), (filled(0xFF), counted("entry"))]
    return [
        {"salt_key": hexed(key), "entry_id": hexed(entry), "expected": hexed(keyed(key, b"\x3a", FORMAT, entry))}
        for key, entry in shapes
    ]


def batch_salt_key() -> list[Case]:
    shapes = [(counted("operator"), filled(0)), (counted("operator"), counted("context")), (filled(0xFF), filled(1))]
    return [
        {
            "salt_key": hexed(key),
            "context_hash": hexed(context),
            "expected": hexed(keyed(key, b"\x3b", FORMAT, context)),
        }
        for key, context in shapes
    ]


def batch_context_hash() -> list[Case]:
    return [
        {
            "plan_hash": hexed(plan),
            "number": str(number),
            "expected": hexed(sha256(b"\x46", FORMAT, plan, struct.pack(">Q", number))),
        }
        for plan, number in ((filled(0), 1), (counted("plan"), 2), (filled(0xFF), U64))
    ]


def snapshot_context_hash() -> list[Case]:
    return [
        {
            "class": str(number),
            "after_batch": str(after),
            "expected": hexed(sha256(b"\x44", FORMAT, struct.pack(">BQ", number, after))),
        }
        for number, after in ((1, 1), (2, 300), (2, U64))
    ]


def key_mark() -> list[Case]:
    return [
        {"key": hexed(key), "expected": hexed(keyed(key, b"\x45", FORMAT))}
        for key in (filled(0), filled(0xFF), counted("feed"))
    ]


def details_of(kind: int, index: int) -> str:
    if kind in {1, 6}:
        text = "" if index == 0 else f'"distance_m":{index * 977},"started_at":{1_764_547_200 + index}'
        return "{" + text + "}"
    return '{"reference":"' + ["", "order-1", "票据🌱", "x" * 200][index % 4] + '"}'


def fields_root(kind: int, salt_key: bytes, entry: bytes, tag: bytes, details: str) -> bytes:
    salts = keyed(salt_key, b"\x3a", FORMAT, entry)
    account = sha256(b"\x20", with_length("account"), salts[:16], b'"' + hexed(tag).encode() + b'"')
    rest = sha256(b"\x20", with_length("details"), salts[16:], details.encode())
    return sha256(b"\x21", FORMAT, struct.pack(">HH", OPERATION_KINDS[kind], 2), account, rest)


def entry_leaf(kind: int, grams: int, entry: bytes, root: bytes) -> bytes:
    return sha256(b"\x00", FORMAT, struct.pack(">BQ", kind, grams), entry, root)


def batch() -> list[Case]:
    cases: list[Case] = []
    for number, size in enumerate(SIZES):
        kind = number % 7 + 1
        salt_key = counted(f"batch {number}")
        tags = sorted(counted(f"person {number} {index}") for index in range(size))
        ids = tags if kind == 7 else sorted(counted(f"entry {number} {index}") for index in range(size))
        grams = [2**62 if size < 4 else 1 + 999 * index for index in range(size)]
        details = [details_of(kind, index) for index in range(size)]
        roots = [fields_root(kind, salt_key, *row) for row in zip(ids, tags, details, strict=True)]
        leaves = [entry_leaf(kind, *row) for row in zip(grams, ids, roots, strict=True)]
        total, root = entry_subtree(list(zip(grams, leaves, strict=True)))
        cases.append(
            {
                "kind": str(kind),
                "operation_kind": str(OPERATION_KINDS[kind]),
                "salt_key": hexed(salt_key),
                "grams": [str(weight) for weight in grams],
                "entry_ids": [hexed(entry) for entry in ids],
                "account_tags": [hexed(tag) for tag in tags],
                "details": details,
                "fields_roots": [hexed(member) for member in roots],
                "leaves": [hexed(leaf) for leaf in leaves],
                "expected_total": str(total),
                "expected": hexed(root),
            }
        )
    return cases


def siblings(leaves: Leaves, index: int) -> Leaves:
    """RFC 9162 §2.1.3.1 with sums, lowest first."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return [*siblings(leaves[:split], index), entry_subtree(leaves[split:])]
    return [*siblings(leaves[split:], index - split), entry_subtree(leaves[:split])]


def proof_case(size: int, index: int) -> Case:
    entries = [
        (1 + 999 * place, counted(f"id {size} {place}"), counted(f"root {size} {place}")) for place in range(size)
    ]
    leaves = [(grams, entry_leaf(1, grams, entry, root)) for grams, entry, root in entries]
    total, root = entry_subtree(leaves)
    proof = siblings(leaves, index)
    grams, entry, fields = entries[index]
    return {
        "kind": "1",
        "grams": str(grams),
        "entry_id": hexed(entry),
        "fields_root": hexed(fields),
        "index": str(index),
        "size": str(size),
        "proof_grams": [str(weight) for weight, _ in proof],
        "proof_hashes": [hexed(node) for _, node in proof],
        "total": str(total),
        "root": hexed(root),
    }


def entry_proof() -> list[Case]:
    cases = []
    for size in SIZES:
        for index in range(size):
            before = sum(1 + 999 * place for place in range(index))
            cases.append({**proof_case(size, index), "expected_offset": str(before)})
    return cases


def entry_proof_refused() -> list[Case]:
    """Entry 2 of 5, whose siblings are entry 3, entries 0 and 1, entry 4."""
    good = proof_case(5, 2)
    other = proof_case(5, 3)
    grams, hashes = list(good["proof_grams"]), list(good["proof_hashes"])

    def with_sums(*changes: int) -> list[str]:
        return [str(int(old) + change) for old, change in zip(grams, changes, strict=True)]

    changes: dict[str, Case] = {
        "the total is one gram too high": {"total": str(int(str(good["total"])) + 1)},
        "the total is one gram too low": {"total": str(int(str(good["total"])) - 1)},
        "the entry has one gram more": {"grams": str(int(str(good["grams"])) + 1)},
        "the entry has no grams": {"grams": "0"},
        "another batch kind": {"kind": "6"},
        "another entry id": {"entry_id": other["entry_id"]},
        "another fields root": {"fields_root": other["fields_root"]},
        "another index": {"index": "3"},
        "an index outside": {"index": "5"},
        "a smaller batch": {"size": "4"},
        "a larger batch": {"size": "17"},
        "sums moved between siblings": {"proof_grams": with_sums(1, -1, 0)},
        "a sibling with one gram more": {"proof_grams": with_sums(0, 1, 0)},
        "a sibling without grams": {"proof_grams": [grams[0], "0", grams[2]]},
        "sums that reach 2^64": {"proof_grams": [grams[0], str(U64), grams[2]]},
        "a sibling's hash is another": {"proof_hashes": [hashes[1], hashes[0], hashes[2]]},
        "siblings in another order": {"proof_grams": grams[::-1], "proof_hashes": hashes[::-1]},
        "a sibling dropped": {"proof_grams": grams[:-1], "proof_hashes": hashes[:-1]},
        "a sibling too many": {"proof_grams": [*grams, "1"], "proof_hashes": [*hashes, hashes[0]]},
        "another root": {"root": hashes[0]},
    }
    return [{**good, **change, "why": why} for why, change in changes.items()]


LISTS: list[Callable[[], list[Case]]] = [
    account_tag,
    entry_salts,
    batch_salt_key,
    batch_context_hash,
    snapshot_context_hash,
    key_mark,
    batch,
    entry_proof,
    entry_proof_refused,
]


def render() -> str:
    """The whole file, in the order of the specification."""
    return json.dumps({made.__name__: made() for made in LISTS}, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Writes the file, or with `--check` compares it."""
    if sys.argv[1:] == ["--check"]:
        if VECTORS.read_text(encoding="utf-8") != render():
            sys.exit(f"{VECTORS.name} differs from what the generator writes")
        return
    VECTORS.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
