"""Writes tests/vectors/encodings.json: one list of cases for each encoding of docs/spec/03-encodings.md.

    python -m tests.vectors.generate            writes the file
    python -m tests.vectors.generate --check    compares it

Written from the specification with hashlib, struct and (for what wallets sign) Keccak alone and on purpose without
`ledger`: Python and Solidity are both held to these vectors, so a slip in either shows. Fields are flat for Solidity's
`vm.parseJson`: bytes are 0x-hex, integers decimal strings, text is text, lists hold 0x-hex or decimal strings.
`expected` is the hash or id; a list whose name ends in `_refused` has none: each of its cases must be refused.
"""

import hashlib
import hmac
import json
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import sha3

VECTORS = Path(__file__).with_name("encodings.json")

Case = dict[str, str | list[str]]

U16, U32, U64, U128 = 2**16 - 1, 2**32 - 1, 2**64 - 1, 2**128 - 1
FORMAT = b"\x01"


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def hexed(data: bytes) -> str:
    return "0x" + data.hex()


def filled(byte: int, length: int = 32) -> bytes:
    return bytes([byte]) * length


def counted(seed: str, length: int = 32) -> bytes:
    """Bytes that differ everywhere, so that swapped or shifted parts show."""
    return hashlib.shake_128(seed.encode()).digest(length)


def with_length(text: str) -> bytes:
    data = text.encode("utf-8")
    return struct.pack(">H", len(data)) + data


def u128(value: int) -> bytes:
    return struct.pack(">QQ", value >> 64, value & U64)


ZERO, ONES = filled(0), filled(0xFF)
TEXTS = ["", "a", "quantity_gco2e", "减排量", "Zürich", "🌱", "with space", "x" * 300]
CODES = ["!", "~", "SH-PV-001", "A" * 64, "0", "MR01-2025.v1/"]


def record_field() -> list[Case]:
    values = ['""', "null", "true", "0", '"462000000"', '{"a":[1,2],"é":"减"}', "[]", '"' + "y" * 1000 + '"']
    salts = [filled(0, 16), filled(0xFF, 16), counted("salt", 16)]
    names = [*TEXTS, "n" * U16]
    cases: list[Case] = []
    for number, name in enumerate(names):
        value, salt = values[number % len(values)].encode(), salts[number % len(salts)]
        cases.append(
            {
                "name": name,
                "salt": hexed(salt),
                "canonical_value": hexed(value),
                "expected": hexed(sha256(b"\x20", with_length(name), salt, value)),
            }
        )
    return cases


def record_hash() -> list[Case]:
    shapes = [(1, 1), (0, 2), (52, 3), (U16, 1), (49, 256)]
    cases: list[Case] = []
    for kind, count in shapes:
        commitments = [counted(f"commitment {kind} {index}") for index in range(count)]
        packed = b"\x21" + FORMAT + struct.pack(">HH", kind, count) + b"".join(commitments)
        cases.append(
            {
                "kind": str(kind),
                "commitments": [hexed(commitment) for commitment in commitments],
                "expected": hexed(sha256(packed)),
            }
        )
    return cases


def entry_leaf() -> list[Case]:
    shapes = [
        (0, 0, ZERO, ZERO),
        (1, 1, ZERO, ONES),
        (255, U64, ONES, ZERO),
        (2, 2**63 - 1, counted("e"), counted("f")),
    ]
    return [
        {
            "kind": str(kind),
            "grams": str(grams),
            "entry_id": hexed(entry),
            "fields_root": hexed(root),
            "expected": hexed(sha256(b"\x00", FORMAT, struct.pack(">BQ", kind, grams), entry, root)),
        }
        for kind, grams, entry, root in shapes
    ]


def entry_node() -> list[Case]:
    shapes = [(0, 0), (1, 2), (2, 1), (U64, 0), (0, U64), (2**63, 2**63 - 1), (1_000_000, 999_999)]
    left_hash, right_hash = counted("left"), counted("right")
    return [
        {
            "left_grams": str(left),
            "left_hash": hexed(left_hash),
            "right_grams": str(right),
            "right_hash": hexed(right_hash),
            "expected_grams": str(left + right),
            "expected": hexed(
                sha256(b"\x01", struct.pack(">Q", left), left_hash, struct.pack(">Q", right), right_hash)
            ),
        }
        for left, right in shapes
    ]


def entry_node_refused() -> list[Case]:
    return [
        {
            "left_grams": str(left),
            "left_hash": hexed(counted("left")),
            "right_grams": str(right),
            "right_hash": hexed(counted("right")),
        }
        for left, right in [(U64, 1), (1, U64), (2**63, 2**63), (U64, U64)]
    ]


def entry_root() -> list[Case]:
    """Trees of 1 to 9 entries; leaf i weighs (i + 1) * 1,000 g, its entry id and fields root count up."""
    cases: list[Case] = []
    for size in range(1, 10):
        leaves = []
        for index in range(size):
            grams = (index + 1) * 1000
            entry, root = filled(index + 1), filled(0x80 + index)
            leaves.append((grams, sha256(b"\x00", FORMAT, struct.pack(">BQ", 1, grams), entry, root)))
        grams, root = entry_subtree(leaves)
        cases.append(
            {
                "leaf_grams": [str(grams) for grams, _ in leaves],
                "leaf_hashes": [hexed(leaf) for _, leaf in leaves],
                "expected_grams": str(grams),
                "expected": hexed(root),
            }
        )
    return cases


def entry_subtree(leaves: list[tuple[int, bytes]]) -> tuple[int, bytes]:
    """RFC 9162 §2.1.1 with sums."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left_grams, left = entry_subtree(leaves[:split])
    right_grams, right = entry_subtree(leaves[split:])
    packed = struct.pack(">Q", left_grams) + left + struct.pack(">Q", right_grams) + right
    return left_grams + right_grams, sha256(b"\x01", packed)


def log_leaf() -> list[Case]:
    ledger, giver, receiver = counted("ledger", 20), counted("giver", 20), counted("receiver", 20)
    nobody, everyone = filled(0, 20), filled(0xFF, 20)
    one = counted("operation"), counted("subject"), counted("record")
    shapes = [
        (0, nobody, 0, filled(1), ZERO, nobody, nobody, 0, ZERO, 0),
        (U64, everyone, U16, ONES, ONES, everyone, everyone, U128, ONES, U64),
        (31337, ledger, 1, one[0], bytes(12) + receiver, nobody, nobody, 0, one[2], 1_764_547_200),
        (31337, ledger, 49, one[0], one[1], nobody, receiver, 462_000_000, one[2], 1_764_547_201),
        (31337, ledger, 51, one[0], one[1], giver, receiver, 1, one[2], 1_764_547_202),
        (31337, ledger, 52, one[0], one[1], giver, nobody, 2**63 - 1, one[2], 1_764_547_203),
        (2025, ledger, 53, one[0], one[1], receiver, giver, 2**64, one[2], 2**32),
    ]
    cases: list[Case] = []
    for chain, book, kind, operation, subject, source, target, grams, record, timestamp in shapes:
        packed = b"".join(
            [
                b"\x00" + FORMAT + struct.pack(">Q", chain) + book + struct.pack(">H", kind),
                operation + subject + source + target + u128(grams) + record + struct.pack(">Q", timestamp),
            ]
        )
        if len(packed) != 192:
            raise AssertionError(len(packed))
        cases.append(
            {
                "chain_id": str(chain),
                "ledger": hexed(book),
                "kind": str(kind),
                "operation_id": hexed(operation),
                "subject": hexed(subject),
                "from_account": hexed(source),
                "to_account": hexed(target),
                "grams": str(grams),
                "record_hash": hexed(record),
                "timestamp": str(timestamp),
                "expected": hexed(sha256(packed)),
            }
        )
    return cases


def log_node() -> list[Case]:
    shapes = [(ZERO, ZERO), (ZERO, ONES), (ONES, ZERO), (counted("left"), counted("right"))]
    return [
        {"left": hexed(left), "right": hexed(right), "expected": hexed(sha256(b"\x01", left, right))}
        for left, right in shapes
    ]


def log_root() -> list[Case]:
    """Trees of 0 to 17 leaf hashes."""
    leaves = [counted(f"leaf {index}") for index in range(17)]
    return [
        {"leaf_hashes": [hexed(leaf) for leaf in leaves[:size]], "expected": hexed(log_subtree(leaves[:size]))}
        for size in range(18)
    ]


def log_subtree(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1 over leaf hashes."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256(b"")
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01", log_subtree(leaves[:split]), log_subtree(leaves[split:]))


def checkpoint_body() -> list[Case]:
    """The base64 text is written by hand-kept rule (RFC 4648), 32 bytes to 44 characters."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    cases: list[Case] = []
    for origin, size, root in [
        ("example.org/log", 0, sha256(b"")),
        ("tanpuhui.example/31337", 1, ZERO),
        ("碳普惠.example/log", U64, ONES),
        ("o", 42, counted("root")),
    ]:
        bits = "".join(f"{byte:08b}" for byte in root) + "00"
        text = "".join(alphabet[int(bits[index : index + 6], 2)] for index in range(0, 258, 6)) + "="
        cases.append(
            {"origin": origin, "size": str(size), "root": hexed(root), "expected": f"{origin}\n{size}\n{text}\n"}
        )
    return cases


def entry_id() -> list[Case]:
    cases: list[Case] = []
    for key in (filled(0, 16), counted("feed key"), counted("feed key", 64), counted("feed key", 65)):
        for source, record in [("metro", "trip-1"), ("metrot", "rip-1"), ("", ""), ("地铁", "z" * 300)]:
            message = with_length(source) + with_length(record)
            cases.append(
                {
                    "feed_key": hexed(key),
                    "source_id": source,
                    "source_record_id": record,
                    "expected": hexed(hmac.new(key, message, hashlib.sha256).digest()),
                }
            )
    return cases


def lot_id() -> list[Case]:
    shapes = [
        (0, filled(0, 20), ZERO, ZERO, 1, 0, 0),
        (U64, filled(0xFF, 20), ONES, ONES, 2, U32, U32),
        (31337, counted("ledger", 20), counted("activity"), counted("methodology"), 1, 20089, 20453),
        (31337, counted("ledger", 20), counted("activity"), counted("methodology"), 2, 20089, 20453),
        (31337, counted("ledger", 20), counted("activity"), counted("methodology"), 1, 20453, 20089),
    ]
    return [
        {
            "chain_id": str(chain),
            "ledger": hexed(ledger),
            "activity_id": hexed(activity),
            "methodology_id": hexed(methodology),
            "reduction_class": str(reduction_class),
            "first_day": str(first),
            "last_day": str(last),
            "expected": hexed(
                sha256(
                    b"\x30" + FORMAT + struct.pack(">Q", chain),
                    ledger + activity + methodology,
                    struct.pack(">BII", reduction_class, first, last),
                )
            ),
        }
        for chain, ledger, activity, methodology, reduction_class, first, last in shapes
    ]


def methodology_id() -> list[Case]:
    return [
        {
            "code": code,
            "version": str(version),
            "expected": hexed(sha256(b"\x31", FORMAT, with_length(code), struct.pack(">I", version))),
        }
        for code in CODES
        for version in (0, 1, U32)
    ]


def activity_id() -> list[Case]:
    return [{"code": code, "expected": hexed(sha256(b"\x32", FORMAT, with_length(code)))} for code in CODES]


def claim_id() -> list[Case]:
    """A facility under its tag, also where it has the id of the activity; the activity where there is no facility."""
    activity = counted("activity")
    return [
        {
            "activity_id": hexed(activity),
            "facility_id": hexed(facility),
            "expected": hexed(activity if facility == ZERO else sha256(b"\x42", FORMAT, facility)),
        }
        for facility in (counted("facility"), activity, ONES, ZERO)
    ]


def debtor_id() -> list[Case]:
    """A facility in a class under their tag; the activity, whatever its class, where there is no facility."""
    activity = counted("activity")
    return [
        {
            "activity_id": hexed(activity),
            "facility_id": hexed(facility),
            "class": str(reduction_class),
            "expected": hexed(
                activity if facility == ZERO else sha256(b"\x43", FORMAT, facility, bytes([reduction_class]))
            ),
        }
        for facility in (counted("facility"), activity, ONES, ZERO)
        for reduction_class in (1, 2)
    ]


def code_refused() -> list[Case]:
    """Codes that neither a methodology nor an activity may have."""
    return [{"code": code} for code in ["", " ", "A B", "A\tB", "A\n", "A" * 65, "减排", "é", "A\x7f"]]


def certificate_subject() -> list[Case]:
    shapes = [(0, ZERO, 0, 0), (1, counted("lot"), 1, 1), (U64, ONES, 4, U128), (7, counted("lot"), 2, 462_000_001)]
    return [
        {
            "certificate_number": str(number),
            "lot_id": hexed(lot),
            "purpose": str(purpose),
            "first_serial": str(serial),
            "expected": hexed(
                sha256(b"\x33", FORMAT, struct.pack(">Q", number), lot, struct.pack(">B", purpose), u128(serial))
            ),
        }
        for number, lot, purpose, serial in shapes
    ]


def batch_subject() -> list[Case]:
    party, root, file = counted("party"), counted("root"), counted("file")
    shapes = [
        (1, 1, 1, party, root, 1, 1, file, 0, 0),
        (2, 4, 2, ZERO, root, 1_000_000, 999_999, file, 0, 7),
        (3, 5, 1, bytes(31) + b"\x01", ZERO, 0, 0, ZERO, 0, 0),
        (U64, 7, 2, ONES, ONES, U64, U64, ONES, U64, U64),
    ]
    return [
        {
            "batch_number": str(number),
            "kind": str(kind),
            "reduction_class": str(reduction_class),
            "party": hexed(party),
            "root": hexed(root),
            "total": str(total),
            "entry_count": str(count),
            "file_hash": hexed(file),
            "withheld_grams": str(withheld),
            "first_certificate": str(certificate),
            "expected": hexed(
                sha256(
                    b"\x3c" + FORMAT + struct.pack(">QBB", number, kind, reduction_class),
                    party + root + struct.pack(">QQ", total, count),
                    file + struct.pack(">QQ", withheld, certificate),
                )
            ),
        }
        for number, kind, reduction_class, party, root, total, count, file, withheld, certificate in shapes
    ]


FEED_HEADER_TYPE = (
    "FeedHeader(uint8 kind,bytes32 activityId,bytes32 methodologyId,uint8 class,uint64 sequence,uint32 firstDay,"
    "uint32 lastDay,bytes32 root,uint64 total,uint64 entryCount,bytes32 fileHash)"
)
DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


def keccak(*parts: bytes) -> bytes:
    return bytes(sha3.keccak_256(b"".join(parts)).digest())


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def feed_header_digest() -> list[Case]:
    """What a feed signer signs: EIP-712 over the header in the domain of one points ledger on one chain."""
    ids = counted("activity"), counted("methodology"), counted("root"), counted("file")
    shapes = [
        (31337, counted("ledger", 20), 1, ids[0], ids[1], 1, 1, 20089, 20089, ids[2], 1_000_000, 999_999, ids[3]),
        (31337, counted("ledger", 20), 6, ids[0], ids[1], 2, 7, 20089, 20119, ids[2], 1, 1, ids[3]),
        (2025, counted("ledger", 20), 1, ids[0], ids[1], 1, 1, 20089, 20089, ids[2], 1_000_000, 999_999, ids[3]),
        (U64, filled(0xFF, 20), 7, ONES, ONES, 2, U64, U32, U32, ONES, U64, U64, ONES),
    ]
    cases: list[Case] = []
    for shape in shapes:
        chain, ledger, kind, activity, methodology, reduction_class, sequence = shape[:7]
        first, last, root, total, count, file = shape[7:]
        domain = keccak(
            keccak(DOMAIN_TYPE.encode()) + keccak(b"Tanpuhui PointLedger") + keccak(b"1"),
            word(chain) + bytes(12) + ledger,
        )
        header = keccak(
            keccak(FEED_HEADER_TYPE.encode()) + word(kind) + activity + methodology + word(reduction_class),
            word(sequence) + word(first) + word(last) + root + word(total) + word(count) + file,
        )
        cases.append(
            {
                "chain_id": str(chain),
                "ledger": hexed(ledger),
                "kind": str(kind),
                "activity_id": hexed(activity),
                "methodology_id": hexed(methodology),
                "reduction_class": str(reduction_class),
                "sequence": str(sequence),
                "first_day": str(first),
                "last_day": str(last),
                "root": hexed(root),
                "total": str(total),
                "entry_count": str(count),
                "file_hash": hexed(file),
                "struct_hash": hexed(header),
                "expected": hexed(keccak(b"\x19\x01", domain, header)),
            }
        )
    return cases


def buy_back_lot_id() -> list[Case]:
    shapes = [
        (0, filled(0, 20), filled(1), 1),
        (31337, counted("ledger", 20), counted("operation"), 2),
        (U64, filled(0xFF, 20), ONES, 2),
    ]
    return [
        {
            "chain_id": str(chain),
            "ledger": hexed(ledger),
            "operation_id": hexed(operation),
            "reduction_class": str(reduction_class),
            "expected": hexed(
                sha256(
                    b"\x3d" + FORMAT + struct.pack(">Q", chain),
                    ledger + operation + struct.pack(">B", reduction_class),
                )
            ),
        }
        for chain, ledger, operation, reduction_class in shapes
    ]


def buy_back_operation_id() -> list[Case]:
    return [
        {"redeem_id": hexed(redeem), "expected": hexed(sha256(b"\x3e", FORMAT, redeem))}
        for redeem in (filled(1), ONES, counted("operation"))
    ]


def campaign_id() -> list[Case]:
    return [{"code": code, "expected": hexed(sha256(b"\x3f", FORMAT, with_length(code)))} for code in CODES]


def campaign_cancellation_subject() -> list[Case]:
    shapes = [(1, counted("campaign"), 1, 2), (7, counted("campaign"), 2, 3), (U64, ONES, 2, 4)]
    return [
        {
            "certificate_number": str(number),
            "campaign_id": hexed(campaign),
            "reduction_class": str(reduction_class),
            "purpose": str(purpose),
            "expected": hexed(
                sha256(
                    b"\x40", FORMAT, struct.pack(">Q", number), campaign, struct.pack(">BB", reduction_class, purpose)
                )
            ),
        }
        for number, campaign, reduction_class, purpose in shapes
    ]


def batch_operation_id() -> list[Case]:
    party, root, file = counted("party"), counted("root"), counted("file")
    shapes = [
        (31337, counted("ledger", 20), 1, 1, party, 1, root, 1_000_000, file),
        (31337, counted("ledger", 20), 1, 1, party, 2, root, 1_000_000, file),
        (31337, counted("ledger", 20), 4, 2, ZERO, 0, root, 1, file),
        (U64, filled(0xFF, 20), 7, 2, ONES, U64, ONES, U64, ONES),
    ]
    return [
        {
            "chain_id": str(chain),
            "ledger": hexed(ledger),
            "kind": str(kind),
            "reduction_class": str(reduction_class),
            "party": hexed(party),
            "sequence": str(sequence),
            "root": hexed(root),
            "total": str(total),
            "file_hash": hexed(file),
            "expected": hexed(
                sha256(
                    b"\x41" + FORMAT + struct.pack(">Q", chain) + ledger + struct.pack(">BB", kind, reduction_class),
                    party + struct.pack(">Q", sequence) + root + struct.pack(">Q", total) + file,
                )
            ),
        }
        for chain, ledger, kind, reduction_class, party, sequence, root, total, file in shapes
    ]


def identity_commitment() -> list[Case]:
    salts = [filled(0, 16), counted("identity salt", 16)]
    return [
        {
            "salt": hexed(salt),
            "identity": identity,
            "expected": hexed(sha256(b"\x34", FORMAT, salt, with_length(identity))),
        }
        for salt in salts
        for identity in [*TEXTS, "统一社会信用代码 91310000MA1FL0000X"]
    ]


def row_operation_id() -> list[Case]:
    shapes = [(ZERO, 1, 0), (ONES, U64, U16), (counted("file"), 109_441, 1), (counted("file"), 1, 109)]
    return [
        {
            "file_hash": hexed(file_hash),
            "line": str(line),
            "step": str(step),
            "expected": hexed(sha256(b"\x35", FORMAT, file_hash, struct.pack(">QH", line, step))),
        }
        for file_hash, line, step in shapes
    ]


def named_row_operation_id() -> list[Case]:
    shapes = [("", "", 0), ("verra", "1", 0), ("verr", "a1", 0), ("抵销", "行-1", 1), ("n" * 300, "r" * 300, U16)]
    return [
        {
            "namespace": namespace,
            "row_id": row,
            "step": str(step),
            "expected": hexed(
                sha256(b"\x36", FORMAT, with_length(namespace), with_length(row), struct.pack(">H", step))
            ),
        }
        for namespace, row, step in shapes
    ]


def request_operation_id() -> list[Case]:
    shapes = [("", ""), ("key-1", "abc"), ("key-", "1abc"), ("钥匙", "🔑"), ("k" * 300, "i" * 300)]
    return [
        {
            "api_key_id": key,
            "idempotency_key": idempotency,
            "expected": hexed(sha256(b"\x37", FORMAT, with_length(key), with_length(idempotency))),
        }
        for key, idempotency in shapes
    ]


def custody_address() -> list[Case]:
    return [
        {"identity_commitment": hexed(commitment), "expected": hexed(sha256(b"\x38", FORMAT, commitment)[12:])}
        for commitment in (ZERO, ONES, counted("commitment"))
    ]


def derived_salt() -> list[Case]:
    cases: list[Case] = []
    for key in (filled(0, 16), counted("salt key"), counted("salt key", 65)):
        for name in ("", "rules", "受益人"):
            operation = counted("operation")
            message = operation + name.encode("utf-8")
            cases.append(
                {
                    "salt_key": hexed(key),
                    "operation_id": hexed(operation),
                    "name": name,
                    "expected": hexed(hmac.new(key, message, hashlib.sha256).digest()[:16]),
                }
            )
    return cases


ENCODINGS: list[Callable[[], list[Case]]] = [
    record_field,
    record_hash,
    entry_leaf,
    entry_node,
    entry_node_refused,
    entry_root,
    log_leaf,
    log_node,
    log_root,
    checkpoint_body,
    entry_id,
    lot_id,
    methodology_id,
    activity_id,
    claim_id,
    debtor_id,
    code_refused,
    certificate_subject,
    batch_subject,
    feed_header_digest,
    buy_back_lot_id,
    buy_back_operation_id,
    campaign_id,
    campaign_cancellation_subject,
    batch_operation_id,
    identity_commitment,
    row_operation_id,
    named_row_operation_id,
    request_operation_id,
    custody_address,
    derived_salt,
]


def render() -> str:
    """The whole file, in the order of the specification."""
    vectors = {encoding.__name__: encoding() for encoding in ENCODINGS}
    return json.dumps(vectors, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Writes the file, or with `--check` compares it."""
    if sys.argv[1:] == ["--check"]:
        if VECTORS.read_text(encoding="utf-8") != render():
            sys.exit(f"{VECTORS.name} differs from what the generator writes")
        return
    VECTORS.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
