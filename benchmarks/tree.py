"""Leaves a second of our batch builder beside pymerkle, @openzeppelin/merkle-tree and a plain hashlib loop.

`make bench NAME=tree`. All build a tree over the same leaves in the same run: `kind | grams | entry id | fields root`
of `--leaves` entries (a million). Ours (on all processors) and the hashlib loop (on one) make the sum tree of
docs/spec/05-points.md §5.3, roots compared; pymerkle (SHA-256, in memory) makes the RFC 6962 tree over the same bytes;
OpenZeppelin both its standard tree (ABI-encoded values, Keccak-256 twice) and its simple one over leaves that were
hashed before, of which the faster counts. Theirs have no sums. Inputs are made before the clock runs; compiling and
imports are not in the figures.

OpenZeppelin takes minutes for a million leaves, so it is given the first `--openzeppelin-leaves` (100,000) and its rate
per leaf counts, which flatters it, since it slows down as trees grow; 0 gives it all leaves. Ours is measured
`--rounds` times, half before and half after the others; the median counts, and `spread` is slowest over fastest.

Last line: `ratio_...` is our leaves a second over theirs.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pymerkle

from ledger.bulk.columns import Grams, Hashes
from ledger.bulk.entries import entry_leaves
from ledger.bulk.sum_tree import SumTree
from ledger.vocabulary import BatchKind

ROOT = Path(__file__).resolve().parent.parent
KIND = BatchKind.EARN
MOST_GRAMS = 5_000
SEED = 2025

Columns = tuple[Grams, Hashes, Hashes]


def made_columns(count: int) -> Columns:
    """Grams, entry ids and fields roots of made-up entries."""
    chance = np.random.default_rng(SEED)
    grams = chance.integers(1, MOST_GRAMS, count, np.uint64, endpoint=True)
    ids, roots = (chance.integers(0, 256, (count, 32), np.uint8) for _ in range(2))
    return grams, ids, roots


def packed_entries(columns: Columns) -> list[bytes]:
    """What is hashed of each entry, without tag and format: 73 bytes."""
    grams, ids, roots = columns
    kinds = np.full((len(grams), 1), int(KIND), np.uint8)
    weights = grams.astype(">u8").view(np.uint8).reshape(-1, 8)
    table = np.hstack([kinds, weights, ids, roots])
    return [row.tobytes() for row in table]


def ours(columns: Columns) -> tuple[int, bytes]:
    """Total and root by `ledger.bulk`, leaves included."""
    grams, ids, roots = columns
    tree = SumTree.of_leaves(grams, entry_leaves(KIND, grams, ids, roots))
    return tree.total, tree.root


def by_hashlib(entries: list[bytes]) -> tuple[int, bytes]:
    """Total and root by the shortest loop that Python allows: a node is 40 bytes, sum and hash."""
    level = [entry[1:9] + sha256(b"\x00\x01" + entry).digest() for entry in entries]
    while len(level) > 1:
        above = []
        for left, right in zip(level[::2], level[1::2], strict=False):
            grams = int.from_bytes(left[:8], "big") + int.from_bytes(right[:8], "big")
            above.append(grams.to_bytes(8, "big") + sha256(b"\x01" + left + right).digest())
        level = above + level[-1:] if len(level) % 2 else above
    return int.from_bytes(level[0][:8], "big"), level[0][8:]


def by_pymerkle(entries: list[bytes]) -> bytes:
    """Root by pymerkle."""
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in entries:
        tree.append_entry(entry)
    return bytes(tree.get_root())


def by_openzeppelin(entries: list[bytes]) -> dict[str, float]:
    """Seconds that both trees of @openzeppelin/merkle-tree take, measured within node."""
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        file.write(b"".join(entries))
        file.flush()
        script = Path(__file__).with_name("_tree_openzeppelin.mjs")
        command = [str(ROOT / "tools/node"), "--max-old-space-size=12000", str(script), file.name]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds: dict[str, float] = json.loads(done.stdout)
    return seconds


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leaves", type=int, default=1_000_000)
    parser.add_argument("--openzeppelin-leaves", type=int, default=100_000, help="0: all")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    columns = made_columns(options.leaves)
    entries = packed_entries(columns)
    given = entries[: options.openzeppelin_leaves or options.leaves]
    if ours(columns) != by_hashlib(entries):
        raise AssertionError("the fast builder and the hashlib loop disagree")
    print(f"{options.leaves:,} leaves; the hashlib loop has the same total and root")

    seconds = [timed(lambda: ours(columns)) for _ in range(options.rounds - options.rounds // 2)]
    rates = {
        "hashlib": options.leaves / timed(lambda: by_hashlib(entries)),
        "pymerkle": options.leaves / timed(lambda: by_pymerkle(entries)),
    }
    of_openzeppelin = by_openzeppelin(given)
    rates |= {f"openzeppelin_{name}": len(given) / spent for name, spent in of_openzeppelin.items()}
    rates["openzeppelin"] = max(len(given) / spent for spent in of_openzeppelin.values())
    seconds += [timed(lambda: ours(columns)) for _ in range(options.rounds // 2)]
    rate = options.leaves / statistics.median(seconds)

    print(f"ours         {rate:>12,.0f} leaves/s (median of {len(seconds)}: {statistics.median(seconds):.3f} s)")
    for name, other in rates.items():
        count = len(given) if name.startswith("openzeppelin") else options.leaves
        print(f"{name:<22} {other:>12,.0f} leaves/s over {count:,} leaves: ours is {rate / other:,.1f} times as fast")
    figures = {f"ratio_{name}": round(rate / rates[name], 1) for name in ("pymerkle", "openzeppelin", "hashlib")}
    figures |= {
        "leaves": options.leaves,
        "openzeppelin_leaves": len(given),
        "leaves_per_second": round(rate),
        "spread": round(max(seconds) / min(seconds), 2),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
