"""Whether what a node says of a block's logs is what the block's header says: by the header's hash and `receiptsRoot`.

A node that leaves a log out, adds one or changes one has to make another root, with it another header, another block
hash and another parent of every block after it.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any

from chain.headers import header_rlp, is_header_of
from chain.hexes import from_data
from chain.receipts import encode_log, encode_receipt, receipts_root
from indexer.errors import BrokenChain

Json = Mapping[str, Any]
_Placed = tuple[str, int, bytes]
"""Hash of the transaction, index of the log in the block, and the log as its receipt holds it."""


def check_block(block: Json, receipts: Sequence[Json], logs: Iterable[Json], addresses: Iterable[str]) -> None:
    """Holds the logs of some contracts, at these `addresses`, to their block.

    `block`, `receipts`, `logs`: as the node answered them; `logs` all of this block, in order. Raises `BrokenChain`,
    and `RpcFailure` for answers that cannot be read.
    """
    number = int(block["number"], 16)
    if not is_header_of(header_rlp(block), from_data(block["hash"], "eth_getBlockByNumber")):
        raise BrokenChain(number, "its header does not make its hash")
    root = receipts_root(map(encode_receipt, receipts))
    if root.hex0x != block["receiptsRoot"]:
        raise BrokenChain(number, f"its receipts make the root {root}, and its header has {block['receiptsRoot']}")
    wanted = frozenset(addresses)
    if list(_emitted(receipts, wanted)) != [_placed(log) for log in logs]:
        raise BrokenChain(number, "the node leaves out a log that its receipts hold, adds one or changes one")


def _emitted(receipts: Sequence[Json], addresses: frozenset[str]) -> Iterable[_Placed]:
    log_index = count()
    for receipt in receipts:
        for log in receipt["logs"]:
            index = next(log_index)
            if log["address"].lower() in addresses:
                yield receipt["transactionHash"], index, encode_log(log)


def _placed(log: Json) -> _Placed:
    return log["transactionHash"], int(log["logIndex"], 16), encode_log(log)
