"""How fast the API answers by key over a million leaves, against a raw ASGI route with a fixed answer in the same
run.

`make bench NAME=serve`. Builds an SQLite index with `--leaves` leaves, two fifths of them cancellations with
certificate and record, whose tiles make one true log (leaf hashes are made up: serving never recomputes them; every
proof of the warm-up is verified against the root). Starts uvicorn (uvloop, httptools, one worker, no access log)
twice, with the application as `tanpuhui serve` runs it and with the raw route, and asks both in turns for random keys
over `--connections` kept-alive connections from one loop of epoll. Server and client have a core of their own where
there are two. Rate limits are on but so high that they never refuse, so that their cost is in the figures.

Last line: medians over rounds. `ratio_...` is requests a second over those of the raw route; `cpu_us_...` is the
server's own processor time a request, which does not depend on who else uses the machine. `p99_ms` is of
certificates, at full load.
"""

import argparse
import contextlib
import json
import os
import random
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from api.app import Application, create_app
from api.settings import ApiSettings
from indexer import bulk, schema
from indexer.database import Database, open_database
from indexer.tiles import TileBuilder
from ledger import encoding
from ledger.ids import LotId
from ledger.log_tree import CompactRange, verify_inclusion
from ledger.vocabulary import CancellationPurpose, OperationKind

CHUNK = 1 << 15
LOTS = 1_000
ACCOUNTS = 10_000
LEDGER = b"\x1e" * 20
GRAMS = 1_000_000
BASE_TIME = 1_763_000_000
LEAVES_PER_BLOCK = 100


# ------------------------------------------------------------------------------------------------------- the index


@dataclass
class Built:
    """What was built, as far as the load generator needs it."""

    leaves: int
    certificates: int
    root: str


def made_up(tag: str, number: int) -> bytes:
    """32 bytes that look like a hash."""
    return sha256(f"{tag}/{number}".encode()).digest()


def account_of(number: int) -> bytes:
    """An account's address."""
    return made_up("account", number % ACCOUNTS)[:20]


def document_of(number: int, account: bytes, lot: bytes) -> str:
    """A record as it is stored: canonical JSON with salts, seven fields, one of them kept back."""
    values = (
        ("account", "0x" + account.hex()),
        ("beneficiary", f"Beneficiary number {number}"),
        ("event", f"Half marathon {number}"),
        ("lot_id", "0x" + lot.hex()),
        ("purpose", "event-neutrality"),
        ("quantity_gco2e", str(GRAMS)),
        ("rules", "沪环规〔2025〕10号"),
    )
    fields = ",".join(
        f'{{"name":"{name}","salt":"0x{made_up(name, number)[:16].hex()}","value":"{value}"}}' for name, value in values
    )
    return f'{{"fields":[{fields}],"format":1,"kind":"reduction-cancelled"}}'


DISCLOSED = '["account","event","lot_id","purpose","quantity_gco2e","rules"]'


def build(database: Database, leaves: int) -> Built:
    """Fills the mirror. Secondary indexes are made last, as the indexer does."""
    database.migrate()
    log = CompactRange()
    tiles = TileBuilder()
    number = 0
    with database.write() as connection:
        dropped = _drop_indexes(connection)
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        _build_frame(connection)
        for first in range(0, leaves, CHUNK):
            number = _build_chunk(connection, first, min(first + CHUNK, leaves), number, log, tiles)
        for statement in dropped:
            connection.exec_driver_sql(statement)
        last_block = 1 + (leaves - 1) // LEAVES_PER_BLOCK
        bulk.insert(
            connection,
            schema.cursor,
            [(1, last_block, made_up("block", last_block), BASE_TIME + last_block, leaves, log.root())],
        )
        connection.exec_driver_sql("ANALYZE")
    return Built(leaves, number, "0x" + log.root().hex())


def _drop_indexes(connection: Connection) -> list[str]:
    found = connection.execute(
        text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    ).all()
    for name, _ in found:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    return [statement for _, statement in found]


def _build_frame(connection: Connection) -> None:
    """One methodology, one activity, lots and accounts; what they point at in the log is not what made them."""
    methodology = made_up("methodology", 0)
    activity = made_up("activity", 0)
    bulk.insert(connection, schema.chain_binding, [(1, 31337, bytes(32), 1, bytes(32), BASE_TIME)])
    bulk.insert(
        connection,
        schema.accounts,
        [(account_of(i), 1, 2, made_up("commitment", i), 1, i, i) for i in range(ACCOUNTS)],
    )
    bulk.insert(
        connection, schema.methodologies, [(methodology, "SHCER-PV-001", 1, 1, 1, 20_000, 23_000, bytes(32), 1, 0, 0)]
    )
    bulk.insert(
        connection,
        schema.activities,
        [
            (activity, "SH-PV-0001", 1, 1, methodology, account_of(0), None, 20_000, 23_000, made_up("f", 0), bytes(32))
            + (10**15, 1, 0, 0)
        ],
    )
    bulk.insert(
        connection,
        schema.proposals,
        [(made_up("proposal", i), activity, LEDGER, 20_000 + i, 20_000 + i, 10**12, 2, i, i) for i in range(LOTS)],
    )
    bulk.insert(
        connection,
        schema.lots,
        [
            (made_up("lot", i), activity, methodology, 1, 20_000 + i, 20_000 + i, account_of(i), made_up("proposal", i))
            + (1 + i * 10**12, 10**12, 0, 0, 0, 0, 1, i, i)
            for i in range(LOTS)
        ],
    )


def _build_chunk(
    connection: Connection, first: int, end: int, number: int, log: CompactRange, tiles: TileBuilder
) -> int:
    """Leaves [first, end); gives the number of the last certificate."""
    blocks = range(1 + -(-first // LEAVES_PER_BLOCK), 1 + -(-end // LEAVES_PER_BLOCK))
    bulk.insert(
        connection,
        schema.blocks,
        [(block, made_up("block", block), made_up("block", block - 1), BASE_TIME + block) for block in blocks],
    )
    operations, certificates, records = [], [], []
    leaf_hashes = [made_up("leaf", index) for index in range(first, end)]
    for index, leaf_hash in zip(range(first, end), leaf_hashes, strict=True):
        block = 1 + index // LEAVES_PER_BLOCK
        lot, giver = made_up("lot", index % LOTS), account_of(index)
        record_hash = made_up("record", index)
        if cancels := index % 5 < 2:
            number += 1
            first_serial = 1 + (index % LOTS) * 10**12 + (index // LOTS) * GRAMS
            subject: bytes = encoding.certificate_subject(
                certificate_number=number,
                lot_id=LotId(lot),
                purpose=CancellationPurpose.EVENT_NEUTRALITY,
                first_serial=first_serial,
            )
            purpose = int(CancellationPurpose.EVENT_NEUTRALITY)
            certificates.append((number, index, lot, giver, purpose, GRAMS, first_serial))
            records.append((record_hash, 52, document_of(number, giver, lot), DISCLOSED, BASE_TIME))
        else:
            subject = lot
        kind = OperationKind.REDUCTION_CANCELLED if cancels else OperationKind.REDUCTION_TRANSFERRED
        receiver = None if cancels else account_of(index + 1)
        operations.append(
            (index, operation_id_of(index), int(kind), LEDGER, bytes(subject), giver, receiver, GRAMS, record_hash)
            + (BASE_TIME + block, leaf_hash, block, made_up("transaction", index), index % LEAVES_PER_BLOCK)
        )
    bulk.insert(connection, schema.operations, operations)
    bulk.insert(connection, schema.certificates, certificates)
    bulk.insert(connection, schema.records, records)
    for tile in tiles.extend(log.extend(leaf_hashes)):
        connection.exec_driver_sql("INSERT OR REPLACE INTO log_tiles VALUES (?, ?, ?)", tuple(tile))
    return number


def operation_id_of(index: int) -> bytes:
    """The operation at a place of the log."""
    return made_up("operation", index)


# ---------------------------------------------------------------------------------------------------- the two servers


async def raw_app(scope: dict[str, Any], _: Any, send: Callable[[dict[str, Any]], Any]) -> None:
    """A fixed answer and nothing else."""
    if scope["type"] != "http":
        return
    body = b'{"status":"live"}'
    headers = [(b"content-type", b"application/json"), (b"content-length", b"17")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def real_app() -> Application:
    """The application, its limits so high that they never refuse."""
    return create_app(ApiSettings(public_requests=10**9, public_requests_per_second=10**9))


@dataclass
class Server:
    """A uvicorn process."""

    process: subprocess.Popen[bytes]
    port: int

    def cpu_seconds(self) -> float:
        """Processor time it has used, user and system."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def serving(target: str, environment: dict[str, str], core: int | None) -> Iterator[Server]:
    """Starts uvicorn and waits until it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", f"benchmarks.serve:{target}", "--port", str(port)]
    command += [
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        "--no-access-log",
        "--log-level",
        "warning",
        "--workers",
        "1",
    ]
    command += ["--lifespan", "off"] + (["--factory"] if target == "real_app" else [])
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError(f"{target} did not start")
            time.sleep(0.1)
        yield Server(process, port)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)


# ------------------------------------------------------------------------------------------------------------ the load


@dataclass
class Figures:
    """One round against one server."""

    requests_per_second: float
    cpu_us: float
    latencies_ms: list[float] = field(repr=False)

    @property
    def p99_ms(self) -> float:
        """99th percentile."""
        return sorted(self.latencies_ms)[int(len(self.latencies_ms) * 0.99)]


def request_bytes(path: str) -> bytes:
    """A request as a browser's cache or another server would send it, cut to the bone."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n".encode()


def drive(server: Server, make_path: Callable[[], str], seconds: float, connections: int) -> Figures:
    """As many requests as are answered in `seconds`, one at a time on each connection."""
    poller = select.epoll()
    sockets: dict[int, socket.socket] = {}
    begun: dict[int, float] = {}
    received: dict[int, bytes] = {}
    for _ in range(connections):
        one = socket.create_connection(("127.0.0.1", server.port))
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[one.fileno()] = one
        received[one.fileno()] = b""
        poller.register(one.fileno(), select.EPOLLIN)
    clock = time.perf_counter
    latencies: list[float] = []
    cpu_before = server.cpu_seconds()
    start = clock()
    for number, one in sockets.items():
        begun[number] = clock()
        one.send(request_bytes(make_path()))
    end = start + seconds
    while clock() < end:
        for number, _ in poller.poll(1.0):
            data = received[number] + sockets[number].recv(65_536)
            if not _complete(data):
                received[number] = data
                continue
            now = clock()
            latencies.append((now - begun[number]) * 1_000)
            received[number] = b""
            begun[number] = now
            sockets[number].send(request_bytes(make_path()))
    elapsed = clock() - start
    cpu = server.cpu_seconds() - cpu_before
    for one in sockets.values():
        one.close()
    poller.close()
    return Figures(len(latencies) / elapsed, cpu / len(latencies) * 1e6, latencies)


def _complete(data: bytes) -> bool:
    """Whether a whole response is there; anything but 200 ends the benchmark."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return False
    if not data.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(data[:400].decode())
    place = data.find(b"content-length: ")
    length = int(data[place + 16 : data.find(b"\r\n", place)])
    return len(data) >= head + 4 + length


def ask(server: Server, path: str) -> Any:
    """One answer, as JSON."""
    with socket.create_connection(("127.0.0.1", server.port)) as one:
        one.send(request_bytes(path))
        data = b""
        while not _complete(data):
            data += one.recv(65_536)
    return json.loads(data.partition(b"\r\n\r\n")[2])


def warm_up(server: Server, built: Built, generator: random.Random, samples: int) -> None:
    """Verifies what will be measured: proofs lead to the root, certificates are the ones asked for."""
    root = bytes.fromhex(built.root[2:])
    for _ in range(samples):
        index = generator.randrange(built.leaves)
        by_index = ask(server, f"/v1/log/proof/inclusion?leaf_index={index}")
        by_operation = ask(server, f"/v1/log/proof/inclusion?operation_id=0x{operation_id_of(index).hex()}")
        if by_index != by_operation:
            raise RuntimeError(f"two proofs for leaf {index}")
        proof = [bytes.fromhex(member[2:]) for member in by_index["path"]]
        leaf = made_up("leaf", index)
        verify_inclusion(leaf_hash=leaf, index=index, size=built.leaves, proof=proof, root=root)
        number = 1 + generator.randrange(built.certificates)
        if ask(server, f"/v1/certificates/{number}")["number"] != number:
            raise RuntimeError(f"another certificate for {number}")


def main() -> None:
    """Builds, serves, asks, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leaves", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each of the four loads in a round")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--folder", type=Path, help="keep the index here and take it from here the next time")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="tanpuhui-serve-"))
    try:
        run(options, folder)
    finally:
        if options.folder is None:
            shutil.rmtree(folder)


def run(options: argparse.Namespace, folder: Path) -> None:
    """Everything after the arguments."""
    built = prepare(folder, options.leaves)
    generator = random.Random(20261121)
    cores = sorted(os.sched_getaffinity(0))
    server_core, client_core = (cores[0], cores[1]) if len(cores) > 1 else (None, None)
    if client_core is not None:
        os.sched_setaffinity(0, {client_core})
    environment = {"TANPUHUI_DATABASE_URL": f"sqlite:///{folder / 'index.db'}"}
    loads: dict[str, Callable[[], str]] = {
        "raw": lambda: "/fixed",
        "certificate": lambda: f"/v1/certificates/{1 + generator.randrange(built.certificates)}",
        "proof": lambda: f"/v1/log/proof/inclusion?leaf_index={generator.randrange(built.leaves)}",
        "proof_by_operation": lambda: (
            f"/v1/log/proof/inclusion?operation_id=0x{operation_id_of(generator.randrange(built.leaves)).hex()}"
        ),
    }
    found: dict[str, list[Figures]] = {name: [] for name in loads}
    with serving("raw_app", {}, server_core) as raw, serving("real_app", environment, server_core) as real:
        warm_up(real, built, generator, 50)
        for name, load in loads.items():
            drive(raw if name == "raw" else real, load, 2 * options.seconds, options.connections)
        for round_number in range(options.rounds):
            for name, load in loads.items():
                figures = drive(raw if name == "raw" else real, load, options.seconds, options.connections)
                found[name].append(figures)
                print(
                    f"round {round_number + 1}  {name:20} {figures.requests_per_second:8.0f} requests/s  "
                    f"{figures.cpu_us:6.1f} us of CPU  p99 {figures.p99_ms:.2f} ms"
                )
    report(found, built)


def prepare(folder: Path, leaves: int) -> Built:
    """Builds the index, or takes the one that was built before."""
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "built.json"
    if note.exists() and (before := Built(**json.loads(note.read_text()))).leaves == leaves:
        return before
    started = time.perf_counter()
    database = open_database(f"sqlite:///{folder / 'index.db'}")
    built = build(database, leaves)
    database.close()
    note.write_text(json.dumps(vars(built)))
    size = (folder / "index.db").stat().st_size / 1e6
    print(
        f"built {built.leaves} leaves, {built.certificates} certificates, {size:.0f} MB, {time.perf_counter() - started:.0f} s"
    )
    return built


def report(found: dict[str, list[Figures]], built: Built) -> None:
    """The last line."""
    per_second = {name: statistics.median(one.requests_per_second for one in rounds) for name, rounds in found.items()}
    cpu = {name: statistics.median(one.cpu_us for one in rounds) for name, rounds in found.items()}
    ratios = {
        name: statistics.median(
            mine.requests_per_second / raw.requests_per_second
            for mine, raw in zip(found[name], found["raw"], strict=True)
        )
        for name in found
    }
    figures = {
        "ratio_certificate": round(ratios["certificate"], 3),
        "ratio_proof": round(ratios["proof"], 3),
        "ratio_proof_by_operation": round(ratios["proof_by_operation"], 3),
        "p99_ms": round(statistics.median(one.p99_ms for one in found["certificate"]), 2),
        **{f"requests_per_second_{name}": round(value) for name, value in per_second.items()},
        **{f"cpu_us_{name}": round(value, 1) for name, value in cpu.items()},
        "leaves": built.leaves,
        "certificates": built.certificates,
        "rounds": len(found["raw"]),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
