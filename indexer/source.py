"""Reads block ranges from a node: headers of every block and the logs of our contracts, ahead of whoever uses them.

What is checked here is that headers follow each other, that every log belongs to its header, and that logs rise in
order. A difference may mean that the chain took back blocks between two questions, so that it is raised as
`ChainMoved`, and the follower looks again before it calls the chain broken.
"""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, NamedTuple

from chain.events import Event, EventDecoder
from chain.hexes import from_data, from_quantity, malformed, to_quantity
from chain.receipts import read_receipts
from chain.rpc import Rpc
from indexer.errors import BrokenChain
from indexer.receipt_check import check_block
from ledger.errors import RpcFailure

_FIRST_BLOCKS = 32
_MOST_BLOCKS = 2_000
_METHOD_NOT_FOUND = -32601


class ChainMoved(Exception):  # noqa: N818 - no error: the follower's word to itself
    """Two answers of the node do not fit together; perhaps the chain took back blocks between them."""

    def __init__(self, block_number: int, reason: str) -> None:
        super().__init__(block_number, reason)
        self.block_number = block_number
        self.reason = reason


class Header(NamedTuple):
    """A block. Hashes are text as the node writes them, to be compared with those of logs."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int

    @classmethod
    def parse(cls, number: int, block: Any) -> "Header":
        """Reads the answer for block `number`; `ChainMoved` if the node has no such block."""
        method = "eth_getBlockByNumber"
        if block is None:
            raise ChainMoved(number, "the node has no such block")
        if not isinstance(block, dict) or from_quantity(block.get("number"), method) != number:
            raise malformed(method, block, f"block {number}")
        for name in ("hash", "parentHash"):
            if len(from_data(block.get(name), method)) != 32:
                raise malformed(method, block.get(name), "a hash")
        return cls(number, block["hash"], block["parentHash"], from_quantity(block.get("timestamp"), method))

    @property
    def hash_bytes(self) -> bytes:
        """The hash as bytes."""
        return bytes.fromhex(self.hash[2:])

    @property
    def parent_hash_bytes(self) -> bytes:
        """The parent's hash as bytes."""
        return bytes.fromhex(self.parent_hash[2:])


PlacedEvent = tuple[bytes, int, Event]
"""Hash of the transaction, index of the log in the block, and the event."""


class BlockEvents(NamedTuple):
    """The events of one block, in the order of the chain."""

    header: Header
    events: list[PlacedEvent]


class BlockRange(NamedTuple):
    """Blocks without gaps, each the parent of the next, and the events of those that have any."""

    headers: Sequence[Header]
    blocks: Sequence[BlockEvents]

    @property
    def event_count(self) -> int:
        """How many events there are in all blocks."""
        return sum(len(block.events) for block in self.blocks)


def read_header(rpc: Rpc, number: int) -> Header:
    """One block; `ChainMoved` if the node has no such block."""
    return Header.parse(number, rpc.call("eth_getBlockByNumber", [to_quantity(number), False]))


def read_headers(rpc: Rpc, numbers: Sequence[int]) -> list[Header | None]:
    """Blocks, None where the node has none."""
    blocks = zip(numbers, _answered_blocks(rpc, numbers), strict=True)
    return [None if block is None else Header.parse(number, block) for number, block in blocks]


def _answered_blocks(rpc: Rpc, numbers: Iterable[int]) -> list[Any]:
    """Blocks as the node answers them."""
    return rpc.batch([("eth_getBlockByNumber", [to_quantity(number), False]) for number in numbers])


def read_range(
    rpc: Rpc, decoder: EventDecoder, begin: int, end: int, *, verify_receipts: bool = False
) -> list[BlockRange]:
    """The blocks from `begin` up to but not including `end`, in as many parts as the node can answer.

    `verify_receipts`: also reads the receipts of every block and holds logs and header to them (`check_block`).
    Raises `ChainMoved`, `BrokenChain`, a member of `UnreadableLog`, and `RpcFailure` for a single block that the node
    refuses.
    """
    query = {"address": decoder.addresses, "fromBlock": to_quantity(begin), "toBlock": to_quantity(end - 1)}
    answer = rpc.try_call("eth_getLogs", [query])
    if answer.error is not None:
        if end - begin == 1 or answer.error.code == _METHOD_NOT_FOUND:
            # Nodes refuse blocks that they do not have, each with its own words.
            read_header(rpc, end - 1)
            raise RpcFailure("eth_getLogs", answer.error.code, answer.error.message)
        parts = pairwise((begin, (begin + end) // 2, end))
        return [part for two in parts for part in read_range(rpc, decoder, *two, verify_receipts=verify_receipts)]
    if not isinstance(answer.result, list):
        raise malformed("eth_getLogs", answer.result, "a list")
    blocks = _answered_blocks(rpc, range(begin, end))
    headers = _linked(blocks, begin)
    if verify_receipts:
        _verify_receipts(rpc, blocks, answer.result, decoder)
    return [BlockRange(headers, list(_by_block(headers, answer.result, decoder)))]


def _verify_receipts(rpc: Rpc, blocks: list[Any], logs: list[dict[str, Any]], decoder: EventDecoder) -> None:
    """Holds every block and its logs to its receipts. Raises as `check_block`, and `ChainMoved`."""
    by_hash: dict[str, list[dict[str, Any]]] = {block["hash"]: [] for block in blocks}
    for log in logs:
        if log.get("blockHash") not in by_hash:
            raise ChainMoved(int(blocks[0]["number"], 16), "a log names a block hash that none of the blocks has")
        by_hash[log["blockHash"]].append(log)
    for block, receipts in zip(blocks, read_receipts(rpc, blocks), strict=True):
        if receipts is None:
            raise ChainMoved(int(block["number"], 16), "the node has no receipts of the block by its hash")
        check_block(block, receipts, by_hash[block["hash"]], decoder.addresses)


def _by_block(headers: list[Header], logs: list[dict[str, Any]], decoder: EventDecoder) -> Iterator[BlockEvents]:
    """The events by block; `BrokenChain` for logs that are out of order or of no block that was asked for."""
    by_number = {to_quantity(header.number): header for header in headers}
    last = -1
    for number, run in groupby(logs, key=itemgetter("blockNumber")):
        header = by_number.get(number)
        if header is None:
            raise BrokenChain(headers[0].number, f"the node gave a log of block {number}, which was not asked for")
        if header.number <= last:
            raise BrokenChain(header.number, "its logs come in two parts or out of order")
        last = header.number
        try:
            yield BlockEvents(header, _placed(header, list(run), decoder))
        except (KeyError, ValueError, TypeError) as error:
            raise BrokenChain(header.number, f"one of its logs is malformed ({error!r})") from error


def _placed(header: Header, logs: list[dict[str, Any]], decoder: EventDecoder) -> list[PlacedEvent]:
    transactions: list[bytes] = []
    indexes: list[int] = []
    last_index = -1
    transaction, transaction_hash = "", b""
    for log in logs:
        log_index = int(log["logIndex"], 16)
        if log["blockHash"] != header.hash or log.get("removed"):
            raise ChainMoved(header.number, "a log names another block hash than the block has")
        if log_index <= last_index:
            raise BrokenChain(header.number, f"log {log_index} comes after log {last_index}")
        last_index = log_index
        if log["transactionHash"] != transaction:
            transaction = log["transactionHash"]
            transaction_hash = bytes.fromhex(transaction[2:])
        transactions.append(transaction_hash)
        indexes.append(log_index)
    return list(zip(transactions, indexes, decoder.decode_all(logs), strict=True))


def _linked(blocks: Iterable[Any], begin: int) -> list[Header]:
    linked: list[Header] = []
    for number, block in enumerate(blocks, begin):
        header = Header.parse(number, block)
        if linked and header.parent_hash != linked[-1].hash:
            raise ChainMoved(number, "its parent is not the block before it")
        linked.append(header)
    return linked


class RangeReader:
    """Reads ranges one after the other, the next ones while the last one is being used.

    A range grows while the node answers with fewer events than half of `logs_per_range`, and shrinks to fit when there
    are more or the node refuses it.
    """

    def __init__(
        self,
        rpc: Rpc,
        decoder: EventDecoder,
        *,
        logs_per_range: int,
        threads: int,
        ranges_ahead: int,
        verify_receipts: bool = False,
    ) -> None:
        self._logs_per_range = logs_per_range
        self._threads = threads
        self._ranges_ahead = ranges_ahead
        self._read = partial(read_range, rpc, decoder, verify_receipts=verify_receipts)
        self._blocks = _FIRST_BLOCKS

    def ranges(self, begin: int, end: int) -> Generator[BlockRange, None, None]:
        """The blocks from `begin` up to but not including `end`, in order. Raises as `read_range`."""
        waiting: deque[Future[list[BlockRange]]] = deque()
        with ThreadPoolExecutor(self._threads, thread_name_prefix="read-range") as pool:
            try:
                while begin < end or waiting:
                    while begin < end and len(waiting) < self._ranges_ahead:
                        stop = min(begin + self._blocks, end)
                        waiting.append(pool.submit(self._read, begin, stop))
                        begin = stop
                    parts = waiting.popleft().result()
                    self._adjust(parts)
                    yield from parts
            finally:
                for future in waiting:
                    future.cancel()

    def _adjust(self, parts: Sequence[BlockRange]) -> None:
        logs = sum(part.event_count for part in parts)
        blocks = sum(len(part.headers) for part in parts)
        if len(parts) > 1 or logs > self._logs_per_range:
            fitting = blocks * self._logs_per_range // max(logs, 1)
            self._blocks = max(1, min(fitting, blocks // len(parts)))
        elif logs < self._logs_per_range // 2:
            self._blocks = min(_MOST_BLOCKS, self._blocks * 2)
