"""How fast the API answers by key over a million leaves, against a raw ASGI route with a fixed answer in the same
run.

`make bench NAME=serve`. Builds an SQLite index with `--leaves` leaves, two fifths of them cancellations with
certificate and record, whose tiles make one true log (leaf hashes are made up: serving never recomputes them; proofs
are verified against the root before anything is measured). Starts uvicorn (uvloop, httptools, one worker, no access
log) with the application as `tanpuhui serve` runs it, and with raw routes, and asks all in turns for random keys over
`--connections` kept-alive connections from one loop of epoll, which never sleeps: waking a client costs a server ten
microseconds, but only if it is slow enough to let the client fall asleep. Server and client have a core of their own
where there are two. Rate limits are on but so high that they never refuse, so that their cost is in the figures.

The raw route answers with as many fixed bytes as a certificate has; a second one with 17 bytes (`..._to_small`).

Last line: medians over rounds. `ratio_...` is requests a second over those of the raw route in the same round.
`cpu_us_...` is the server's own processor time a request and `cpu_ratio_...` the ratio by it: lower where the load
generator and not the raw server is the limit, and worse than it need be where others use the machine, since what has
the larger footprint in the caches loses more by it. `p99_ms` is of certificates, at full load: mostly the wait for
the other connections, of which one worker serves one at a time.
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
from itertools import cycle
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Table, text

from api.app import Application, create_app
from api.settings import ApiSettings
from indexer import bulk, mirror, row_seals, schema
from indexer.database import open_database
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
RECORD_COLUMNS = ("record_hash", "kind", "document", "public", "saved_at")
REQUESTS = 50_000
"""Made before the clock runs; a load that lasts longer begins with the first again."""
LOT_GRAMS = 10**12
PURPOSE = CancellationPurpose.EVENT_NEUTRALITY


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


def documents_of(number: int, account: bytes, lot: bytes) -> tuple[str, str]:
    """A record as it is stored, whole and as anyone may see it: seven fields, one of them kept back."""
    values = (
        ("account", "0x" + account.hex()),
        ("beneficiary", f"Beneficiary number {number}"),
        ("event", f"Half marathon {number}"),
        ("lot_id", "0x" + lot.hex()),
        ("purpose", "event-neutrality"),
        ("quantity_gco2e", str(GRAMS)),
        ("rules", "沪环规〔2025〕10号"),
    )
    fields = [
        f'{{"name":"{name}","salt":"0x{made_up(name, number)[:16].hex()}","value":"{value}"}}' for name, value in values
    ]
    public = [f'{{"commitment":"0x{made_up("kept", number).hex()}"}}' if HIDDEN in one else one for one in fields]
    return document_of(fields), document_of(public)


def document_of(fields: list[str]) -> str:
    """A record's canonical JSON."""
    return f'{{"fields":[{",".join(fields)}],"format":1,"kind":"reduction-cancelled"}}'


HIDDEN = '"beneficiary"'


@dataclass
class Builder:
    """Fills the mirror of an empty, migrated database, within one transaction."""

    connection: Connection
    log: CompactRange = field(default_factory=CompactRange)
    tiles: TileBuilder = field(default_factory=TileBuilder)
    certificates: int = 0

    def build(self, leaves: int) -> Built:
        """Everything. Secondary indexes are made last, as the indexer does."""
        dropped = self._drop_indexes()
        self.connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        self._add_frame()
        for first in range(0, leaves, CHUNK):
            self._add_leaves(range(first, min(first + CHUNK, leaves)))
        for statement in dropped:
            self.connection.exec_driver_sql(statement)
        last_block = block_of(leaves - 1)
        row = (1, last_block, made_up("block", last_block), BASE_TIME + last_block, leaves, self.log.root())
        bulk.insert(self.connection, schema.cursor, [row])
        mirror.begin_generation(self.connection)
        self.connection.exec_driver_sql("ANALYZE")
        return Built(leaves, self.certificates, "0x" + self.log.root().hex())

    def _drop_indexes(self) -> list[str]:
        question = text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        found = self.connection.execute(question).all()
        for name, _ in found:
            self.connection.exec_driver_sql(f"DROP INDEX {name}")
        return [statement for _, statement in found]

    def _add_frame(self) -> None:
        """One methodology, one activity, lots and accounts; the leaves they point at are not what made them."""
        methodology, activity = made_up("methodology", 0), made_up("activity", 0)
        days = (20_000, 23_000)
        registration = (made_up("facility", 0), made_up("debtor", 0), bytes(32), LOT_GRAMS, 1, 0, 0)
        tables: list[tuple[Table, list[tuple[Any, ...]]]] = [
            (schema.chain_binding, [(1, 31337, bytes(32), 1, bytes(32), BASE_TIME)]),
            (schema.accounts, [(account_of(i), 1, 2, made_up("commitment", i), 1, i, i) for i in range(ACCOUNTS)]),
            (schema.methodologies, [(methodology, "SHCER-PV-001", 1, 1, 1, *days, bytes(32), 1, 0, 0)]),
            (
                schema.activities,
                [(activity, "SH-PV-0001", 1, 1, methodology, account_of(0), None, *days, *registration)],
            ),
            (
                schema.proposals,
                [
                    (made_up("proposal", i), activity, LEDGER, 20_000 + i, 20_000 + i, LOT_GRAMS, 2, i, i)
                    for i in range(LOTS)
                ],
            ),
            (schema.lots, [lot_row(i, activity, methodology) for i in range(LOTS)]),
        ]
        for table, rows in tables:
            bulk.insert(self.connection, table, rows)

    def _add_leaves(self, indices: range) -> None:
        blocks = range(-(-indices.start // LEAVES_PER_BLOCK), -(-indices.stop // LEAVES_PER_BLOCK))
        rows = [(n + 1, made_up("block", n + 1), made_up("block", n), BASE_TIME + n + 1) for n in blocks]
        bulk.insert(self.connection, schema.blocks, rows)
        leaf_hashes = [made_up("leaf", index) for index in indices]
        operations: list[tuple[Any, ...]] = []
        certificates: list[tuple[Any, ...]] = []
        records: list[dict[str, Any]] = []
        for index, leaf_hash in zip(indices, leaf_hashes, strict=True):
            lot, giver = made_up("lot", index % LOTS), account_of(index)
            record_hash = made_up("record", index)
            kind, subject = OperationKind.REDUCTION_TRANSFERRED, lot
            receiver: bytes | None = account_of(index + 1)
            if index % 5 < 2:
                kind, receiver = OperationKind.REDUCTION_CANCELLED, None
                certificates.append(self._certificate(index, lot, giver))
                subject = subject_of(certificates[-1])
                documents = documents_of(self.certificates, giver, lot)
                values = (record_hash, int(kind), *documents, BASE_TIME)
                records.append(dict(zip(RECORD_COLUMNS, values, strict=True)))
            place = (block_of(index), made_up("transaction", index), index % LEAVES_PER_BLOCK)
            leaf = (int(kind), LEDGER, subject, giver, receiver, GRAMS, record_hash, BASE_TIME + place[0], leaf_hash)
            operations.append((index, operation_id_of(index), *leaf, *place))
        bulk.insert(self.connection, schema.operations, operations)
        bulk.insert(self.connection, schema.certificates, certificates)
        row_seals.add(self.connection, schema.records, records)
        for tile in self.tiles.extend(self.log.extend(leaf_hashes)):
            self.connection.exec_driver_sql("INSERT OR REPLACE INTO log_tiles VALUES (?, ?, ?)", tuple(tile))

    def _certificate(self, index: int, lot: bytes, account: bytes) -> tuple[Any, ...]:
        self.certificates += 1
        first_serial = 1 + (index % LOTS) * LOT_GRAMS + (index // LOTS) * GRAMS
        return (self.certificates, index, lot, account, int(PURPOSE), GRAMS, first_serial)


def block_of(index: int) -> int:
    """The block of a leaf."""
    return 1 + index // LEAVES_PER_BLOCK


def lot_row(number: int, activity: bytes, methodology: bytes) -> tuple[Any, ...]:
    """A lot that has more grams than are ever cancelled of it."""
    facts = (activity, methodology, 1, 20_000 + number, 20_000 + number, account_of(number))
    serials = (1 + number * LOT_GRAMS, LOT_GRAMS, 0, 0, 0, 0)
    return (made_up("lot", number), *facts, made_up("proposal", number), None, *serials, 1, number, number)


def subject_of(certificate: tuple[Any, ...]) -> bytes:
    """Subject of the leaf of a certificate."""
    number, _, lot, _, _, _, first_serial = certificate
    return bytes(
        encoding.certificate_subject(
            certificate_number=number, lot_id=LotId(lot), purpose=PURPOSE, first_serial=first_serial
        )
    )


def operation_id_of(index: int) -> bytes:
    """The operation at a place of the log."""
    return made_up("operation", index)


# ---------------------------------------------------------------------------------------------------- the two servers


RAW_BODY = b'"' + b"x" * (int(os.environ.get("RAW_BYTES", "17")) - 2) + b'"'
RAW_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(RAW_BODY)).encode())]


async def raw_app(scope: dict[str, Any], _: Any, send: Callable[[dict[str, Any]], Any]) -> None:
    """A fixed answer and nothing else."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": RAW_HEADERS})
        await send({"type": "http.response.body", "body": RAW_BODY})


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
    """Starts uvicorn and waits until it answers. `target`: an application of this module, or of another as
    `module:name`; all but `raw_app` are made by a function.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    application = target if ":" in target else f"benchmarks.serve:{target}"
    command = [sys.executable, "-m", "uvicorn", application, "--port", str(port)]
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
    command += ["--lifespan", "off"] + ([] if target == "raw_app" else ["--factory"])
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        deadline = time.monotonic() + 300
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

    def __str__(self) -> str:
        return f"{self.requests_per_second:8.0f} requests/s  {self.cpu_us:6.1f} us of CPU  p99 {self.p99_ms:.2f} ms"

    @property
    def p99_ms(self) -> float:
        """99th percentile."""
        return sorted(self.latencies_ms)[int(len(self.latencies_ms) * 0.99)]


def request_bytes(path: str) -> bytes:
    """A request as a browser's cache or another server would send it, cut to the bone."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n".encode()


def drive(server: Server, make_path: Callable[[], str], seconds: float, connections: int) -> Figures:
    """As many requests as are answered in `seconds`, one at a time on each connection."""
    requests = cycle([request_bytes(make_path()) for _ in range(REQUESTS)])
    poller = select.epoll()
    sockets: dict[int, socket.socket] = {}
    begun: dict[int, float] = {}
    unfinished: dict[int, bytes] = {}
    for _ in range(connections):
        one = socket.create_connection(("127.0.0.1", server.port))
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[one.fileno()] = one
        poller.register(one.fileno(), select.EPOLLIN)
    clock = time.perf_counter
    latencies: list[float] = []
    cpu_before = server.cpu_seconds()
    start = clock()
    for number, one in sockets.items():
        begun[number] = clock()
        one.send(next(requests))
    end = start + seconds
    while (now := clock()) < end:
        for number, _ in poller.poll(0):
            one = sockets[number]
            data = one.recv(65_536)
            if unfinished:
                data = unfinished.pop(number, b"") + data
            if not complete(data):
                unfinished[number] = data
                continue
            now = clock()
            latencies.append(now - begun[number])
            begun[number] = now
            one.send(next(requests))
    elapsed = clock() - start
    cpu = server.cpu_seconds() - cpu_before
    for one in sockets.values():
        one.close()
    poller.close()
    return Figures(len(latencies) / elapsed, cpu / len(latencies) * 1e6, [1_000 * one for one in latencies])


def complete(data: bytes) -> bool:
    """Whether a whole response is there; anything but 200 ends the benchmark."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return False
    if data[9:12] != b"200":
        raise RuntimeError(data[:400].decode())
    place = data.find(b"content-length: ") + 16
    return len(data) >= head + 4 + int(data[place : data.find(b"\r", place)])


def ask(server: Server, path: str) -> Any:
    """One answer, as JSON."""
    with socket.create_connection(("127.0.0.1", server.port)) as one:
        one.send(request_bytes(path))
        data = b""
        while not complete(data):
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
        "raw_small": lambda: "/fixed",
        "certificate": lambda: f"/v1/certificates/{1 + generator.randrange(built.certificates)}",
        "proof": lambda: f"/v1/log/proof/inclusion?leaf_index={generator.randrange(built.leaves)}",
        "proof_by_operation": lambda: (
            f"/v1/log/proof/inclusion?operation_id=0x{operation_id_of(generator.randrange(built.leaves)).hex()}"
        ),
    }
    found: dict[str, list[Figures]] = {name: [] for name in loads}
    with serving("real_app", environment, server_core) as real:
        warm_up(real, built, generator, 50)
        size = str(len(orjson.dumps(ask(real, "/v1/certificates/1"))))
        with (
            serving("raw_app", {"RAW_BYTES": size}, server_core) as raw,
            serving("raw_app", {"RAW_BYTES": "17"}, server_core) as small,
        ):
            servers = {"raw": raw, "raw_small": small}
            for name, load in loads.items():
                drive(servers.get(name, real), load, 2 * options.seconds, options.connections)
            for round_number in range(options.rounds):
                for name, load in loads.items():
                    figures = drive(servers.get(name, real), load, options.seconds, options.connections)
                    found[name].append(figures)
                    print(f"round {round_number + 1}  {name:20} {figures}")
    report(found, built)


def prepare(folder: Path, leaves: int) -> Built:
    """Builds the index, or takes the one that was built before."""
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "built.json"
    if note.exists() and (before := Built(**json.loads(note.read_text()))).leaves == leaves:
        return before
    started = time.perf_counter()
    database = open_database(f"sqlite:///{folder / 'index.db'}")
    database.migrate()
    with database.write() as connection:
        built = Builder(connection).build(leaves)
    database.close()
    note.write_text(json.dumps(vars(built)))
    size = (folder / "index.db").stat().st_size / 1e6
    seconds = time.perf_counter() - started
    print(f"built {built.leaves} leaves, {built.certificates} certificates, {size:.0f} MB, {seconds:.0f} s")
    return built


def report(found: dict[str, list[Figures]], built: Built) -> None:
    """The last line."""

    def ratio(name: str, to: str, figure: Callable[[Figures], float]) -> float:
        pairs = zip(found[name], found[to], strict=True)
        return round(statistics.median(figure(one) / figure(raw) for one, raw in pairs), 3)

    def rate(one: Figures) -> float:
        return one.requests_per_second

    def rate_by_cpu(one: Figures) -> float:
        return 1e6 / one.cpu_us

    def median(name: str, figure: str) -> float:
        values: list[float] = [getattr(one, figure) for one in found[name]]
        return statistics.median(values)

    measured = [name for name in found if not name.startswith("raw")]
    figures = {
        **{f"ratio_{name}": ratio(name, "raw", rate) for name in measured},
        **{f"ratio_{name}_to_small": ratio(name, "raw_small", rate) for name in measured},
        **{f"cpu_ratio_{name}": ratio(name, "raw", rate_by_cpu) for name in measured},
        "p99_ms": round(median("certificate", "p99_ms"), 2),
        **{f"requests_per_second_{name}": round(median(name, "requests_per_second")) for name in found},
        **{f"cpu_us_{name}": round(median(name, "cpu_us"), 1) for name in found},
        "leaves": built.leaves,
        "certificates": built.certificates,
        "rounds": len(found["raw"]),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
