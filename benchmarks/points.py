"""A municipal day as points: `--entries` made trips in batches of `--batch-size`, from Parquet to anchored and indexed.

Input is one Parquet file of made trips (trip number, card, start, whole metres) by an eighth as many cards, written
before the clock starts. What is timed is what `tanpuhui points prepare`, `sign` and `anchor` and the index do: reading,
entry ids, persons, quantification, sum trees, batch files on the disk, entry index, EIP-712 signatures, the second look
at every file before it is sent, transactions on a local chain, the SQL mirror, and balances. A tiny run before it
compiles what is compiled once for each process; its seconds are `warm_up_seconds`.

`ratio_to_bare_sha256` is the whole by the time that a plain hashlib loop in two processes takes for SHA-256 over as
many messages of the same lengths as the run has to hash, each counted once: entry id, reference, salts, both fields,
fields root, leaf, node, and the file. `--bare-share` measures the loop on a share of the entries and scales it up.
`ratio_last_to_first` is the cost of an entry of the last batch by that of the first, preparing. Then proofs of single
entries are read from what the API reads, with all entries stored: p50 and p99 in milliseconds, and the size of a
proof's JSON.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import resource
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks._keeping import add_keep_option, write_token
from benchmarks._local import local_ledger
from benchmarks._points import Scenario, World, formula
from chain.views import ContractViews
from indexer.batch_files import read_entry, read_salt_key
from indexer.tree_cache import TreeCache
from ledger.canonical import parse_strict
from ledger.entries import Entry, EntryProof
from ledger.ids import Hash32
from ledger.vocabulary import ReductionClass
from scripts.points.home import PointsHome
from scripts.points.run_folder import PreparedBatch

MAPPING = """
[feed]
name = "made-trips"
kind = "earn"
record_id = ["trip"]
account = "card"
account_space = "metro"

[file]
format = "parquet"

[times]
format = "epoch-s"
started_at = "started"

[inputs.distance_m]
column = "metres"
unit = "m"
"""
DAY = 1_750_003_200  # 2025-06-16 00:00 in Shanghai
SECONDS_PER_DAY = 86_400
ENTRIES_PER_CARD = 8
WARM_UP_ENTRIES = 5_000
PROOFS = 1_000
MULTIPLIER = 2_654_435_761  # Knuth's: spreads whole numbers over 32 bits

HMAC_OUTER = 64 + 32
ACCOUNT_FIELD = 1 + 2 + len("account") + 16 + len('"0x"') + 64
FIELDS_ROOT = 1 + 1 + 2 + 2 + 2 * 32
LEAF = 1 + 1 + 1 + 8 + 32 + 32
NODE = 1 + 2 * (8 + 32)


def main() -> None:
    """Prints the stages, and the figures as one JSON object on the last line."""
    options = _options()
    with local_ledger(options.keep) as context, PointsHome(context.settings) as home:
        folder = context.settings.home
        mapping = folder / "made-trips.toml"
        mapping.write_text(MAPPING, encoding="utf-8")
        world = World(context, home)
        scenario = world.scenario(
            "MADE-TRIPS",
            world.account("operator"),
            ReductionClass.II,
            formula("per-distance", "150.5", {"distance_m": [1, 50_000]}),
        )
        warm_up = _run(
            world,
            scenario,
            "warm-up",
            mapping,
            made_trips(folder / "warm.parquet", 0, WARM_UP_ENTRIES),
            batch_size=2_500,
        )
        trips = made_trips(folder / "trips.parquet", WARM_UP_ENTRIES, options.entries)
        world.seconds.clear()
        seconds = _run(world, scenario, "day", mapping, trips, batch_size=options.batch_size)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        headers = home.run("day").headers()
        assert sum(header.entry_count for header in headers) == options.entries  # noqa: S101 - none is refused
        batches = _batch_seconds(home.run("day").path, headers)
        stages = dict(world.seconds)
        proofs = _proofs(world, headers)
        if options.keep:
            write_token(home, "metro:1", options.keep / "token.txt")
        details = _mean_details(home, headers[0])
        files = sum(home.store.local(header.file_hash).stat().st_size for header in headers if header.file_hash)
    share = max(1, round(options.entries * options.bare_share))
    bare = bare_seconds(share, details, files * share // options.entries) * options.entries / share
    rates = {stage: round(options.entries / spent) for stage, spent in stages.items()}
    for stage, spent in stages.items():
        print(f"{stage:>8}: {spent:8.1f} s, {rates[stage]:>12,} entries a second")
    print(
        json.dumps(
            {
                "entries": options.entries,
                "seconds": round(seconds, 1),
                "peak_gib": round(peak, 2),
                "ratio_to_bare_sha256": round(seconds / bare, 2),
                "entries_per_second": {"whole": round(options.entries / seconds), **rates},
                "bare_sha256_seconds": round(bare, 1),
                "batches": len(headers),
                "ratio_last_to_first": round(batches[-1] / batches[0], 2),
                "microseconds_an_entry_by_batch": [round(spent * 1e6, 2) for spent in batches],
                "bytes_an_entry": round(files / options.entries, 1),
                "warm_up_seconds": round(warm_up, 1),
                **proofs,
            }
        )
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=16_000_000)
    parser.add_argument("--batch-size", type=int, default=1_000_000)
    parser.add_argument("--bare-share", type=float, default=0.25, help="share of the entries for the hashlib loop")
    add_keep_option(parser)
    return parser.parse_args()


def made_trips(path: Path, first: int, count: int) -> Path:
    """Made trips, a row group for every 250,000."""
    schema = pa.schema([("trip", pa.int64()), ("card", pa.string()), ("started", pa.int64()), ("metres", pa.int64())])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for begin in range(first, first + count, 250_000):
            trips = np.arange(begin, min(begin + 250_000, first + count), dtype=np.int64)
            spread = (trips * MULTIPLIER) % 2**32
            cards = pa.array(spread % max(1, count // ENTRIES_PER_CARD)).cast(pa.string())
            columns = [pa.array(trips), cards, pa.array(DAY + trips % SECONDS_PER_DAY), pa.array(500 + spread % 20_000)]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    return path


def _run(world: World, scenario: Scenario, name: str, mapping: Path, trips: Path, *, batch_size: int) -> float:
    """From the file to anchored and indexed; seconds."""
    started = time.perf_counter()
    world.prepare(scenario, name, mapping, [trips], batch_size)
    world.sign(name)
    outcome = world.anchor(world.home.run(name))
    world.index()
    seconds = time.perf_counter() - started
    # The second look at the files and the balances are parts of anchoring that have a rate of their own.
    world.seconds["check"] = outcome.seconds["check"]
    world.seconds["balances"] = outcome.seconds["settle"]
    return seconds


def _batch_seconds(run: Path, headers: Sequence[PreparedBatch]) -> list[float]:
    """Seconds an entry of each batch, by when its header appeared."""
    times = [(run / "plan.json").stat().st_mtime_ns]
    times += [(run / "batches" / f"{header.number:05d}.json").stat().st_mtime_ns for header in headers]
    return [
        (after - before) / 1e9 / header.entry_count
        for before, after, header in zip(times, times[1:], headers, strict=False)
    ]


# Proofs


def _proofs(world: World, headers: Sequence[PreparedBatch]) -> dict[str, object]:
    """Entry proofs from stored nodes and batch files, each verified against the chain's total and root."""
    views = ContractViews(world.context.rpc, world.context.deployment)
    on_chain = {batch.commitment.file_hash: batch for batch in views.batches_of(range(1, views.batch_count() + 1))}
    trees = TreeCache(world.home.folder / "trees", world.home.store)
    chosen = random.Random(5)
    seconds, sizes = [], []
    for header in headers:
        assert header.file_hash is not None  # noqa: S101 - every batch has entries
        _prove(world, trees, header, on_chain[header.file_hash].commitment.root, 0)  # builds the nodes, which are kept
    for _ in range(PROOFS):
        header = chosen.choice(headers)
        assert header.file_hash is not None  # noqa: S101
        root = on_chain[header.file_hash].commitment.root
        row = chosen.randrange(header.entry_count)
        started = time.perf_counter()
        document = _prove(world, trees, header, root, row)
        seconds.append(time.perf_counter() - started)
        sizes.append(len(document))
    quantiles = statistics.quantiles(seconds, n=100)
    return {
        "proof_p50_ms": round(quantiles[49] * 1000, 2),
        "proof_p99_ms": round(quantiles[98] * 1000, 2),
        "proof_bytes": round(statistics.mean(sizes)),
    }


def _prove(world: World, trees: TreeCache, header: PreparedBatch, root: Hash32, row: int) -> bytes:
    assert header.file_hash is not None  # noqa: S101 - every batch has entries
    path = world.home.store.local(header.file_hash)
    found = read_entry(path, row)
    details = parse_strict(found.details)
    assert isinstance(details, dict)  # noqa: S101 - of an earning
    entry = Entry.salted(
        salt_key=read_salt_key(path),
        kind=header.kind,
        grams=found.grams,
        entry_id=found.entry_id,
        account_tag=found.account_tag,
        details=details,
    )
    terms = {
        "kind": header.kind,
        "reduction_class": header.reduction_class,
        "root": root,
        "total": header.total,
        "entry_count": header.entry_count,
    }
    tree = trees.tree(header.file_hash, **terms)  # type: ignore[arg-type]
    proof = EntryProof(
        entry=entry.disclose(["account", "details"]),
        index=row,
        size=header.entry_count,
        total=header.total,
        root=root,
        path=tuple(tree.proof(row)),
    )
    proof.verify()
    return json.dumps(proof.to_json()).encode()


# Bare SHA-256


def _mean_details(home: PointsHome, header: PreparedBatch) -> int:
    """Bytes of `details` of a typical entry."""
    assert header.file_hash is not None  # noqa: S101 - every batch has entries
    path = home.store.local(header.file_hash)
    rows = range(0, header.entry_count, max(1, header.entry_count // 100))
    return round(statistics.mean(len(read_entry(path, row).details) for row in rows))


def bare_seconds(entries: int, details: int, file_bytes: int) -> float:
    """Seconds of hashlib for the hashes of so many entries, half of them in each of two processes."""
    lengths = (
        *(64 + 2 + len("made-trips") + 2 + 8, HMAC_OUTER),  # entry id
        *(64 + len("metro:1234567"), HMAC_OUTER),  # reference in the vault
        *(64 + 34, HMAC_OUTER),  # salts
        *(ACCOUNT_FIELD, 1 + 2 + len("details") + 16 + details, FIELDS_ROOT, LEAF, NODE),
    )
    halves = [(entries // 2, lengths, file_bytes // 2), (entries - entries // 2, lengths, file_bytes - file_bytes // 2)]
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_hash_all, [(1, lengths, 0)] * 2))  # both are up
        started = time.perf_counter()
        list(pool.map(_hash_all, halves))
        return time.perf_counter() - started


def _hash_all(work: tuple[int, Sequence[int], int]) -> None:
    entries, lengths, file_bytes = work
    messages = [bytes(length) for length in lengths]
    sha256 = hashlib.sha256
    for _ in range(entries):
        for message in messages:
            sha256(message).digest()
    block = bytes(1 << 20)
    running = sha256()
    for _ in range(file_bytes >> 20):
        running.update(block)
    running.digest()


if __name__ == "__main__":
    main()
