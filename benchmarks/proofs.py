"""Tiles a second, and inclusion proofs a second in bulk beside single requests, all over HTTP from one instance.

`make bench NAME=proofs`. A log of `--leaves` made-up leaves is written into an SQLite index with its tiles and one
published checkpoint, and served by the API in a process of its own. One client with one connection asks, in this order:
every full tile of the log (`/tile/0/…`) as often as fits `--seconds`; single proofs of random leaves
(`/v1/log/proof/inclusion`); the same in bulk (`/v1/log/proofs/inclusion`, `--count` leaves a request); leaves by export
(`/v1/exports/leaves`, NDJSON). Each kind is measured after a first round that fills caches. `hash` is how many proofs a
second of this depth plain hashlib verifies, so that what a client can check is beside what it can get.

Last line: `ratio_bulk` is proofs a second in bulk over single requests; `ratio_tiles` is leaf hashes a second by tiles
over leaves a second by export.
"""

import argparse
import json
import multiprocessing
import random
import socket
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import urllib3
import uvicorn
from sqlalchemy import insert

from api.app import create_app
from api.routes.exports import MOST_PROOFS
from api.settings import ApiSettings
from indexer import checkpoints, mirror, schema
from indexer.database import Database, open_database
from indexer.tiles import TileBuilder
from ledger.checkpoints import Checkpoint
from ledger.encoding import log_leaf
from ledger.ids import Address, Hash32, OperationId
from ledger.log_tree import CompactRange, verify_inclusion
from ledger.notes import KeyType, Note, SignerKey
from ledger.vocabulary import OperationKind

CHAIN_ID = 31_337
ORIGIN = f"tanpuhui/{CHAIN_ID}/{'ab' * 32}"
LEDGER = Address(b"\x1e" * 20)
KIND = OperationKind.REDUCTION_TRANSFERRED
TIME = 1_763_000_000
CHUNK = 20_000
SEED = 2026


def made_operation(index: int) -> dict[str, Any]:
    """A row of `operations` whose leaf hash is true."""
    operation_id = sha256(b"operation %d" % index).digest()
    subject = sha256(b"lot %d" % (index % 997)).digest()
    giver, receiver = operation_id[:20], subject[:20]
    grams = 1 + index % 1_000_000
    leaf = log_leaf(
        chain_id=CHAIN_ID,
        ledger=LEDGER,
        kind=KIND,
        operation_id=OperationId(operation_id),
        subject=subject,
        from_account=Address(giver),
        to_account=Address(receiver),
        grams=grams,
        record_hash=subject,
        timestamp=TIME,
    )
    return {
        "leaf_index": index,
        "operation_id": operation_id,
        "kind": int(KIND),
        "ledger": bytes(LEDGER),
        "subject": subject,
        "from_account": giver,
        "to_account": receiver,
        "quantity_gco2e": grams,
        "record_hash": subject,
        "timestamp": TIME,
        "leaf_hash": bytes(leaf),
        "block_number": 1,
        "transaction_hash": operation_id,
        "log_index": index,
    }


def fill(database: Database, leaves: int) -> bytes:
    """Writes the log, with one published checkpoint over all of it; gives its root."""
    log, builder = CompactRange(), TileBuilder()
    with database.write() as connection:
        block = {"number": 1, "hash": bytes(32), "parent_hash": bytes(32), "timestamp": TIME}
        connection.execute(insert(schema.blocks), [block])
        tiles: dict[tuple[int, int], bytes] = {}
        for begin in range(0, leaves, CHUNK):
            rows = [made_operation(index) for index in range(begin, min(begin + CHUNK, leaves))]
            connection.execute(insert(schema.operations), rows)
            for level, index, nodes in builder.extend(log.extend([row["leaf_hash"] for row in rows])):
                tiles[level, index] = nodes
        made = [{"level": level, "tile_index": index, "nodes": nodes} for (level, index), nodes in tiles.items()]
        connection.execute(insert(schema.log_tiles), made)
        root = log.root()
        cursor = {"block_number": 1, "block_hash": bytes(32), "block_timestamp": TIME, "log_size": leaves}
        connection.execute(insert(schema.cursor), [{"id": 1, **cursor, "log_root": root}])
        binding = {"chain_id": CHAIN_ID, "genesis_hash": bytes(32), "first_block": 1, "parent_hash": bytes(32)}
        connection.execute(insert(schema.chain_binding), [{"id": 1, **binding, "parent_timestamp": TIME}])
        mirror.begin_generation(connection)
        text = Checkpoint(ORIGIN, leaves, Hash32(root)).text
        note = Note(text, (SignerKey.generate(ORIGIN, KeyType.LOG).sign(text),))
        checkpoints.reserve(connection, note)
        checkpoints.publish(connection, note)
    return root


def serve(url: str, listening: socket.socket) -> None:
    """The API, without limits."""
    application = create_app(ApiSettings(database_url=url, rate_limits=False))
    uvicorn.Server(uvicorn.Config(application, log_level="error", access_log=False)).run(sockets=[listening])


def rate(ask: Callable[[], int], seconds: float) -> float:
    """What `ask` gives a second, after one that is not counted."""
    ask()
    done, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        done += ask()
    return done / spent


class Client:
    """One connection."""

    def __init__(self, url: str, leaves: int, count: int) -> None:
        self._pool = urllib3.connectionpool.connection_from_url(url, maxsize=1)
        self._leaves = leaves
        self._count = min(count, leaves)
        self._random = random.Random(SEED)
        self._tiles = leaves // 256

    def get(self, target: str) -> bytes:
        """A body; anything but 200 ends the benchmark."""
        response = self._pool.urlopen("GET", target)
        if response.status != 200:
            raise SystemExit(f"{target}: {response.status} {response.data[:200]!r}")
        return bytes(response.data)

    def wait(self) -> None:
        """Until the server answers."""
        for _ in range(200):
            try:
                self.get("/v1/log")
            except urllib3.exceptions.HTTPError:
                time.sleep(0.1)
            else:
                return
        raise SystemExit("the server did not start")

    def tile(self) -> int:
        """A full tile, by leaf hashes."""
        number = f"{self._random.randrange(self._tiles):06d}"
        path = number[3:] if number < "001000" else f"x{number[:3]}/{number[3:]}"
        return len(self.get(f"/tile/0/{path}")) // 32

    def single(self) -> int:
        """One proof."""
        self.get(f"/v1/log/proof/inclusion?leaf_index={self._random.randrange(self._leaves)}")
        return 1

    def bulk(self) -> int:
        """Many proofs."""
        first = self._random.randrange(self._leaves - self._count + 1)
        return self.get(f"/v1/log/proofs/inclusion?first={first}&count={self._count}").count(b"\n")

    def export(self) -> int:
        """Many leaves."""
        return self.get(f"/v1/exports/leaves?first=0&last={min(self._leaves, 20_000) - 1}").count(b"\n")


def verified_a_second(client: Client, root: bytes, seconds: float) -> float:
    """Proofs that one core verifies."""
    proof = json.loads(client.get("/v1/log/proof/inclusion?leaf_index=0"))
    path = [bytes.fromhex(member[2:]) for member in proof["path"]]
    leaf = bytes.fromhex(proof["leaf_hash"][2:])

    def verify() -> int:
        for _ in range(100):
            verify_inclusion(leaf_hash=leaf, index=0, size=proof["tree_size"], proof=path, root=root)
        return 100

    return rate(verify, seconds)


def main() -> None:
    """Prints the figures; see above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leaves", type=int, default=1_000_000)
    parser.add_argument("--count", type=int, default=MOST_PROOFS, help="leaves of a request in bulk")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each kind")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="tanpuhui-benchmark-") as folder:
        url = f"sqlite:///{Path(folder) / 'index.db'}"
        database = open_database(url)
        database.migrate()
        began = time.perf_counter()
        root = fill(database, options.leaves)
        database.close()
        print(f"{options.leaves:,} leaves written in {time.perf_counter() - began:.1f} s")
        listening = socket.create_server(("127.0.0.1", 0))
        server = multiprocessing.Process(target=serve, args=(url, listening), daemon=True)
        server.start()
        client = Client(f"http://127.0.0.1:{listening.getsockname()[1]}", options.leaves, options.count)
        client.wait()
        tiles = rate(client.tile, options.seconds)
        single = rate(client.single, options.seconds)
        bulk = rate(client.bulk, options.seconds)
        export = rate(client.export, options.seconds)
        hashes = verified_a_second(client, root, options.seconds)
        server.terminate()
        server.join()
    print(f"tiles    {tiles / 256:>12,.0f} a second, {tiles:,.0f} leaf hashes")
    print(f"single   {single:>12,.0f} proofs a second, a request each")
    print(f"bulk     {bulk:>12,.0f} proofs a second, {options.count} a request")
    print(f"export   {export:>12,.0f} leaves a second")
    print(f"hash     {hashes:>12,.0f} proofs a second verified by one core")
    figures = {
        "leaves": options.leaves,
        "tiles_per_second": round(tiles / 256),
        "single_proofs_per_second": round(single),
        "bulk_proofs_per_second": round(bulk),
        "exported_leaves_per_second": round(export),
        "verified_proofs_per_second": round(hashes),
        "ratio_bulk": round(bulk / single, 1),
        "ratio_tiles": round(tiles / export, 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
