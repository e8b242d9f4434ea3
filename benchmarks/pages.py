"""How fast pages are: certificate page and API beside a bare FastAPI route, and every public page by itself.

`make bench NAME=pages`. Makes a ledger by the contracts (`_pages_ledger`): `--certificates` cancellations, 500 of a
lot, and `--entries` entries of points in batches of a million; `--folder` keeps it for the next time. Serves it as
`tanpuhui serve` does, with the log's keys, on a core of its own; rate limits on, so high that they never refuse.

`ratio_page`: requests a second for certificate pages of uniformly random numbers, by those of a FastAPI application
with one asynchronous route that answers with as many fixed bytes and does nothing else, in the same round; the median
of the rounds. `ratio_page_popular`: numbers as people ask for them, the k-th most popular in proportion to 1/k.
`ratio_page_with_blocks`: uniform, while a block is written to the index every second, after which everything kept has
to be found true again. `ratio_api`: the certificate API, uniform, by a bare route with as many bytes as it answers.
Before the clock runs every certificate page is asked for once: `first_pages_per_second` is how fast those were, which
nobody had asked for: read, verified against the log's and the witnesses' keys, and drawn.

`certificate_page_kb`: the page with every file that it loads (style, scripts and what they import at once, pictures),
as sent, 1 KB = 1,000 bytes. `pages`: for each public page `bytes`, `gzip` (what a proxy would make of it),
`with_files`, `with_files_gzip`, and `ttfb_ms` p50 and p99 of `--samples` requests one after the other on one
connection.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
import shutil
import socket
import sqlite3
import statistics
import tempfile
import threading
import time
from bisect import bisect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from fastapi import FastAPI, Response

from api.app import Application, create_app
from api.settings import ApiSettings
from benchmarks import _pages_ledger
from benchmarks.serve import Figures, Server, complete, drive, request_bytes, serving

SEED = 20261121
NEVER_OLD = 10**10
_LOADED = re.compile(r"""(?:src|href)="(/static/[^"]+)"|(?:from|import)\s+"(\.[^"]+)\"""")


def pages_app() -> Application:
    """The application over the ledger, its limits so high that they never refuse."""
    folder = Path(os.environ["PAGES_FOLDER"])
    settings = ApiSettings(
        database_url=f"sqlite:///{folder / 'tanpuhui.db'}",
        public_requests=10**9,
        public_requests_per_second=10**9,
        stale_seconds=NEVER_OLD,
    )
    return create_app(settings, log_keys=_pages_ledger.log_keys(folder))


def bare_app() -> FastAPI:
    """One route that does nothing."""
    app = FastAPI()
    body = b"x" * int(os.environ["BARE_BYTES"])

    @app.get("/fixed/{number}")
    async def fixed(number: int) -> Response:
        del number
        return Response(body, media_type="text/html")

    return app


def main() -> None:
    """Builds, serves, asks, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--certificates", type=int, default=100_000)
    parser.add_argument("--entries", type=int, default=16_000_000)
    parser.add_argument("--batch-size", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each load in a round")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--samples", type=int, default=200, help="requests of each page for its time to first byte")
    parser.add_argument("--folder", type=Path, help="keep the ledger here and take it from here the next time")
    options = parser.parse_args()
    folder = (options.folder or Path(tempfile.mkdtemp(prefix="tanpuhui-pages-"))).resolve()
    try:
        started = time.perf_counter()
        _pages_ledger.build(folder, options.certificates, options.entries, options.batch_size)
        print(f"ledger there after {time.perf_counter() - started:.0f} s")
        run(options, folder)
    finally:
        if options.folder is None:
            shutil.rmtree(folder)


def run(options: argparse.Namespace, folder: Path) -> None:
    """Everything after the ledger."""
    cores = sorted(os.sched_getaffinity(0))
    server_core, client_core = (cores[0], cores[1]) if len(cores) > 1 else (None, None)
    if client_core is not None:
        os.sched_setaffinity(0, {client_core})
    with serving("benchmarks.pages:pages_app", {"PAGES_FOLDER": str(folder)}, server_core) as real:
        page, answer = fetch(real, "/certificates/1"), fetch(real, "/v1/certificates/1")
        pages = {path: measured(real, path, options.samples) for path in public_pages(real)}
        first = first_pages_per_second(real, options.certificates)
        with (
            serving("benchmarks.pages:bare_app", {"BARE_BYTES": str(len(page))}, server_core) as bare_page,
            serving("benchmarks.pages:bare_app", {"BARE_BYTES": str(len(answer))}, server_core) as bare_api,
        ):
            servers = {"page": real, "api": real, "bare_page": bare_page, "bare_api": bare_api}
            found = rounds(options, servers, folder / "tanpuhui.db")
    report(options, found, pages, first)


def rounds(options: argparse.Namespace, servers: dict[str, Server], database: Path) -> dict[str, list[Figures]]:
    """Every load in turns."""
    uniform, popular = numbers(options.certificates)
    loads: dict[str, tuple[Server, Callable[[], str]]] = {
        "bare_page": (servers["bare_page"], lambda: f"/fixed/{uniform()}"),
        "bare_api": (servers["bare_api"], lambda: f"/fixed/{uniform()}"),
        "page": (servers["page"], lambda: f"/certificates/{uniform()}"),
        "page_popular": (servers["page"], lambda: f"/certificates/{popular()}"),
        "api": (servers["api"], lambda: f"/v1/certificates/{uniform()}"),
    }
    found = in_turns(options, loads)
    with blocks_coming(database):  # last: after a block everything has to be found true again
        among = in_turns(options, {name: loads[name] for name in ("bare_page", "page")})
    return {**found, **{f"{name}_with_blocks": figures for name, figures in among.items()}}


def in_turns(
    options: argparse.Namespace, loads: dict[str, tuple[Server, Callable[[], str]]]
) -> dict[str, list[Figures]]:
    """Every load in each round; the first round warms up and does not count."""
    found: dict[str, list[Figures]] = {name: [] for name in loads}
    for number in range(options.rounds + 1):
        for name, (server, load) in loads.items():
            figures = drive(server, load, options.seconds, options.connections)
            if number:
                found[name].append(figures)
                print(f"round {number}  {name:16} {figures}", flush=True)
    return found


def numbers(certificates: int) -> tuple[Callable[[], int], Callable[[], int]]:
    """Random certificate numbers: all alike, and some much asked for."""
    generator = random.Random(SEED)
    by_popularity = list(range(1, certificates + 1))
    generator.shuffle(by_popularity)
    ends = list(accumulate(1 / rank for rank in range(1, certificates + 1)))

    def popular() -> int:
        return by_popularity[min(bisect(ends, generator.random() * ends[-1]), certificates - 1)]

    return lambda: 1 + generator.randrange(certificates), popular


@contextmanager
def blocks_coming(database: Path) -> Iterator[None]:
    """While this lasts, the index learns of a block without operations every second."""
    ended = threading.Event()

    def write() -> None:
        connection = sqlite3.connect(database, isolation_level=None)
        while not ended.wait(1):
            connection.execute(
                "UPDATE cursor SET block_number = block_number + 1, block_timestamp = block_timestamp + 1"
            )
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        ended.set()
        writer.join()


def first_pages_per_second(server: Server, certificates: int) -> float:
    """Asks for every certificate page once."""
    started = time.perf_counter()
    with socket.create_connection(("127.0.0.1", server.port)) as one:
        for number in range(1, certificates + 1):
            one.send(request_bytes(f"/certificates/{number}"))
            received(one)
    return certificates / (time.perf_counter() - started)


# -------------------------------------------------------------------------------------------------------- single pages


def public_pages(server: Server) -> list[str]:
    """An address of every public page, of things that this ledger has."""
    certificate = json.loads(fetch(server, "/v1/certificates?limit=1"))["items"][0]
    lot, account, operation = (certificate[name] for name in ("lot_id", "account", "operation_id"))
    block = json.loads(fetch(server, f"/v1/operations/{operation}"))["block_number"]
    return [
        *("/", "/certificates", "/certificates/1", "/activities", "/activities/MADE-TRIPS", "/methodologies"),
        *("/methodologies/MADE-TRIPS", "/campaigns", "/points", "/about", "/static/verify.html", "/explorer"),
        *("/explorer/operations", f"/explorer/operations/{operation}", "/explorer/lots", f"/explorer/lots/{lot}"),
        *(f"/explorer/lots/{lot}/ends", "/explorer/certificates", "/explorer/accounts"),
        *(f"/explorer/accounts/{account}", "/explorer/batches", "/explorer/batches/1", "/explorer/serials"),
        *("/explorer/serials/1000", "/explorer/blocks", f"/explorer/blocks/{block}", "/explorer/checkpoints"),
        *("/explorer/status", "/explorer/exports"),
        *("/supervision", "/supervision/movements", "/supervision/sums", "/supervision/unusual"),
    ]


def measured(server: Server, path: str, samples: int) -> dict[str, Any]:
    """Bytes and time to first byte of a page."""
    page = fetch(server, path)
    files = {one: fetch(server, one) for one in loaded(server, path, page, set())}
    seconds = []
    with socket.create_connection(("127.0.0.1", server.port)) as one:
        for _ in range(samples):
            started = time.perf_counter()
            one.send(request_bytes(path))
            head = one.recv(1)
            seconds.append(time.perf_counter() - started)
            received(one, head)
    quantiles = statistics.quantiles(seconds, n=100)
    small = len(gzip.compress(page))
    figures = {
        "bytes": len(page),
        "gzip": small,
        "with_files": len(page) + sum(map(len, files.values())),
        "with_files_gzip": small + sum(len(gzip.compress(content)) for content in files.values()),
        "ttfb_ms": {"p50": round(1_000 * quantiles[49], 2), "p99": round(1_000 * quantiles[98], 2)},
    }
    print(f"{path[:60]:60} {figures}", flush=True)
    return figures


def loaded(server: Server, address: str, content: bytes, known: set[str]) -> set[str]:
    """Every file that a page or a script loads, and what these load."""
    for absolute, relative in _LOADED.findall(content.decode("utf-8", "replace")):
        path = absolute or urljoin(address, relative)
        if path not in known and path != address and not path.endswith(".html"):
            known.add(path)
            loaded(server, path, fetch(server, path), known)
    return known


def fetch(server: Server, path: str) -> bytes:
    """The content at an address."""
    with socket.create_connection(("127.0.0.1", server.port)) as one:
        one.send(request_bytes(path))
        return received(one).partition(b"\r\n\r\n")[2]


def received(one: socket.socket, data: bytes = b"") -> bytes:
    """A whole response."""
    while not (b"\r\n\r\n" in data and complete(data)):
        data += one.recv(65_536)
    return data


def report(
    options: argparse.Namespace, found: dict[str, list[Figures]], pages: dict[str, dict[str, Any]], first: float
) -> None:
    """The last line."""

    def ratio(name: str, bare: str) -> float:
        pairs = zip(found[name], found[bare], strict=True)
        return round(statistics.median(one.requests_per_second / two.requests_per_second for one, two in pairs), 3)

    figures = {
        "certificate_page_kb": round(pages["/certificates/1"]["with_files"] / 1_000, 1),
        "ratio_page": ratio("page", "bare_page"),
        "ratio_page_popular": ratio("page_popular", "bare_page"),
        "ratio_page_with_blocks": ratio("page_with_blocks", "bare_page_with_blocks"),
        "ratio_api": ratio("api", "bare_api"),
        "first_pages_per_second": round(first),
        "requests_per_second": {
            name: round(statistics.median(one.requests_per_second for one in rounds)) for name, rounds in found.items()
        },
        "p99_ms": {name: round(statistics.median(one.p99_ms for one in rounds), 2) for name, rounds in found.items()},
        "certificates": options.certificates,
        "entries": options.entries,
        "rounds": options.rounds,
        "pages": pages,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
