"""Operations through the submitter against the same kind of transactions, signed beforehand and sent as they are.

Each round starts a new node and a new deployment for each side and changes which goes first. The raw side has its
transactions signed and encoded before the clock starts, sends them as JSON-RPC batches and waits until all are mined.
The submitter's side starts with operations (record and call) and ends when the last is done: saved with its record to
SQLite on disk, signed, saved again, sent, found in the log, saved again. Prints the median of the rounds' ratios.
"""

import argparse
import gc
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from chain.artifacts import artifacts
from chain.composer import Composer
from chain.deploy import deploy
from chain.deployment import Deployment
from chain.gas import gas_limit
from chain.hexes import from_quantity, to_data
from chain.node import AnvilNode
from chain.operations import Operation, OperationState
from chain.rpc import RpcClient
from chain.signers import LocalSigner
from chain.submitter import Submitter, SubmitterSettings
from chain.transactions import Transaction
from indexer.database import open_database
from indexer.outbox import SqlOutbox
from ledger.ids import Address, IdentityCommitment, OperationId
from ledger.records import DerivedSalts
from ledger.vocabulary import AccountKind, Custody, Role

BODIES = [role for role in Role if role is not Role.LEDGER]
SIGNERS: dict[Role, LocalSigner] = {role: LocalSigner(sha256(role.label.encode()).digest()) for role in BODIES}
PLATFORM = SIGNERS[Role.PLATFORM]
DEPLOYER = LocalSigner(sha256(b"deployer").digest())
BLOCK_GAS_LIMIT = 10**9  # so that blocks never fill: the node's own speed is what is compared with

Side = Callable[[RpcClient, Deployment, Path, list[Operation]], float]


def main() -> None:
    """Runs the rounds and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--operations", type=int, default=6_000, help="for each side of a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=SubmitterSettings().batch, help="transactions in a JSON-RPC batch")
    parser.add_argument("--block-seconds", type=float, default=0.1)
    options = parser.parse_args()
    artifacts()  # compiled before the first clock starts

    sides: dict[str, Side] = {"raw": raw_side(options.batch), "submitter": submitter_side(options.batch)}
    per_second: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(options.rounds):
        for name in list(sides) if number % 2 == 0 else reversed(sides):
            seconds = run(sides[name], options.operations, options.block_seconds, number)
            per_second[name].append(options.operations / seconds)
            print(f"round {number + 1}: {name:9} {per_second[name][-1]:7.0f} operations/s", flush=True)
    ratios = [ours / theirs for ours, theirs in zip(per_second["submitter"], per_second["raw"], strict=True)]
    figures = {
        "ratio": round(statistics.median(ratios), 3),
        "operations_per_second": round(statistics.median(per_second["submitter"])),
        "raw_per_second": round(statistics.median(per_second["raw"])),
        "ratios": [round(ratio, 3) for ratio in ratios],
        "operations": options.operations,
        "rounds": options.rounds,
        "batch": options.batch,
        "database": "sqlite on disk",
    }
    print(json.dumps(figures))


def run(side: Side, operations: int, block_seconds: float, seed: int) -> float:
    """Seconds that one side takes on a node of its own."""
    made = [opening(seed, number) for number in range(operations)]
    with (
        tempfile.TemporaryDirectory() as folder,
        AnvilNode(block_seconds=block_seconds, block_gas_limit=BLOCK_GAS_LIMIT) as node,
    ):
        holders = {role: signer.address for role, signer in SIGNERS.items()}
        deployment = deploy(node.rpc, DEPLOYER, holders, Path(folder) / "deployment.json").deployment
        gc.collect()
        return side(node.rpc, deployment, Path(folder), made)


def opening(seed: int, number: int) -> Operation:
    """An account opening."""
    content = sha256(f"{seed} {number}".encode()).digest()
    return COMPOSER.open_account(
        operation_id=OperationId(sha256(content).digest()),
        account=Address(content[:20]),
        kind=AccountKind.PERSONAL,
        custody=Custody.HOLDER,
        identity_commitment=IdentityCommitment(content),
    )


COMPOSER = Composer(
    salts=DerivedSalts(b"salt key of the benchmark"),
    senders={role: signer.address for role, signer in SIGNERS.items()},
)


def raw_side(batch: int) -> Side:
    """Signed and encoded beforehand; the clock runs from the first byte sent to the last transaction mined."""

    def measure(rpc: RpcClient, deployment: Deployment, folder: Path, operations: list[Operation]) -> float:
        raws = [to_data(signed(deployment, nonce, operation)) for nonce, operation in enumerate(operations)]
        started = time.perf_counter()
        for first in range(0, len(raws), batch):
            rpc.batch(("eth_sendRawTransaction", [raw]) for raw in raws[first : first + batch])
        while from_quantity(rpc.call("eth_getTransactionCount", [PLATFORM.address.hex0x, "latest"]), "") < len(raws):
            time.sleep(0.005)
        return time.perf_counter() - started

    return measure


def signed(deployment: Deployment, nonce: int, operation: Operation) -> bytes:
    """The transaction that the submitter would send."""
    transaction = Transaction(
        chain_id=deployment.chain_id,
        nonce=nonce,
        gas_price=0,
        gas=gas_limit(operation.call.contract, operation.call.function),
        to=deployment.address(operation.call.contract),
        data=operation.call.calldata,
    )
    return PLATFORM.sign_transaction(transaction).raw


def submitter_side(batch: int) -> Side:
    """The clock runs from the first operation handed over to the last status, done."""

    def measure(rpc: RpcClient, deployment: Deployment, folder: Path, operations: list[Operation]) -> float:
        database = open_database(f"sqlite:///{folder / 'outbox.sqlite'}")
        database.migrate()
        settings = SubmitterSettings(batch=batch)
        with Submitter(rpc, deployment, PLATFORM, SqlOutbox(database), settings) as submitter:
            started = time.perf_counter()
            states = {status.state for status in submitter.submit_many(operations)}
            seconds = time.perf_counter() - started
        if states != {OperationState.DONE}:
            raise SystemExit(f"not every operation was done: {states}")
        return seconds

    return measure


if __name__ == "__main__":
    main()
