"""From the chain to the tree: reads leaves, computes their hashes, and holds the tree against the contract.

The node is not believed either. Its events must make the roots that the contract gives, and what was seen once must
stay; a difference that does not go away is an `Anomaly`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chain.deployment import Deployment
from chain.events import EventDecoder, LeafAppended, UnreadableLog
from chain.events.log import leaf_hash
from chain.hexes import from_data, from_quantity, malformed, to_quantity
from chain.leaves import LEAF_APPENDED
from chain.logs import scan_logs
from chain.monitor.alarms import Alarm, AlarmKind
from chain.monitor.state import MonitorState
from chain.monitor.tree_files import TreeFiles
from chain.operations import ContractName
from chain.rpc import Rpc
from chain.views import ContractViews
from chain.wiring import topic
from ledger.errors import Json
from ledger.ids import Hash32

_LEAF_TOPIC: Final = topic(LEAF_APPENDED)
_FIRST_BLOCKS: Final = 32
_MOST_BLOCKS: Final = 1_000
_LEAVES_PER_RANGE: Final = 4_000
_PATIENCE: Final = (0.1, 0.5, 1.5)
"""Seconds between looks at what seems wrong: a node may answer from two blocks while one arrives."""

NO_BLOCK: Final = Hash32(bytes(32))
"""No block's hash: everything is to be read (again)."""

Progress = Callable[[int, int], None]
"""Called with the block that was reached and the one to be reached."""
Saver = Callable[[], None]


class Anomaly(Exception):  # noqa: N818 - what was found, not a failure
    """The chain is not what it should be, as an alarm."""

    def __init__(self, kind: AlarmKind, detail: str, **facts: Json) -> None:
        super().__init__(detail)
        self.alarm = Alarm(kind=kind, detail=detail, facts=facts)


class _Moved(Exception):  # noqa: N818 - the follower's word to itself
    """The chain changed between two questions."""


@dataclass(slots=True)
class ChainFollower:
    """Brings `tree` and `state` up to the final chain. `confirmations`: blocks above the final one; 0 on QBFT."""

    rpc: Rpc
    deployment: Deployment
    tree: TreeFiles
    state: MonitorState
    save: Saver
    confirmations: int = 0
    sleep: Callable[[float], None] = time.sleep
    behind_blocks: int = 0
    """By how many blocks the node is behind what was seen before."""
    _decoder: EventDecoder = field(init=False)
    _blocks: int = field(default=_FIRST_BLOCKS, init=False)

    def __post_init__(self) -> None:
        address = self.deployment.address(ContractName.TRANSPARENCY_LOG)
        self._decoder = EventDecoder({ContractName.TRANSPARENCY_LOG: address})

    def follow(self, progress: Progress | None = None) -> Alarm | None:
        """Everything up to the final block; gives what is wrong with the chain, if something is.

        What is wrong is not taken into the tree. Raises `NodeUnreachable`, `RpcFailure`.
        """
        for patience in (*_PATIENCE, None):
            try:
                self._follow(progress)
            except (Anomaly, _Moved) as found:
                if patience is None:
                    return _alarm_of(found)
                self.sleep(patience)
            else:
                return None
        raise AssertionError("unreachable")

    def _follow(self, progress: Progress | None) -> None:
        head = from_quantity(self.rpc.call("eth_blockNumber"), "eth_blockNumber")
        final = max(0, head - self.confirmations)
        known, begin = self.state.block_number, self.deployment.first_block
        self.behind_blocks = max(0, known - final) if known >= begin else 0
        if final < begin:
            return  # no contract is there yet to be asked
        first = self._settle(final)
        while first <= final:
            last = min(first + self._blocks - 1, final)
            block_hash = self._block_hash(last)
            leaves = self._leaves(first, last)
            self._take(leaves, final)
            self.state.block_number, self.state.block_hash = last, block_hash
            self.save()
            if progress is not None:
                progress(last, final)
            self._adjust(len(leaves))
            first = last + 1
        if not self.behind_blocks:
            self._check_whole(final)

    def _adjust(self, leaves: int) -> None:
        """A range grows while it holds few leaves and shrinks to fit: what is read at once stands in memory."""
        if leaves > _LEAVES_PER_RANGE:
            self._blocks = max(1, self._blocks * _LEAVES_PER_RANGE // leaves)
        elif leaves < _LEAVES_PER_RANGE // 2:
            self._blocks = min(_MOST_BLOCKS, self._blocks * 2)

    def _settle(self, final: int) -> int:
        """The first block to be read: the one after the last that was read, if what was seen still stands."""
        known = self.state.block_number
        if self.behind_blocks:
            self._check_seen(final)
            return final + 1
        if not self.tree.size and known < self.deployment.first_block:
            return self.deployment.first_block
        if self._block_hash(known) == self.state.block_hash:
            return known + 1
        self._check_seen(final)
        # Other blocks with the same leaves: read again, so that none is missed that stands in an earlier block now.
        return self.deployment.first_block

    def _check_seen(self, final: int) -> None:
        """Whether every leaf that was seen is in the contract's log, as far as the node has it."""
        views = ContractViews(self.rpc, self.deployment, final)
        size = views.log_size()
        shared = min(size, self.tree.size)
        gone = size < self.tree.size and not self.behind_blocks
        if not gone and (not shared or views.log_root_at(shared) == self.tree.root_at(shared)):
            return
        same = self._same_leaves(views, shared)
        raise Anomaly(
            AlarmKind.REWRITTEN,
            f"leaf {same} was seen and is on the chain no more: {self.tree.size} leaves were seen, and the chain has "
            f"{size}, of which the first {same} are the same",
            leaf_index=same,
            seen_size=self.tree.size,
            seen_root="0x" + self.tree.root_at(self.tree.size).hex(),
        )

    def _same_leaves(self, views: ContractViews, shared: int) -> int:
        """How many leaves at the start are the same, by halving."""
        same, other = 0, shared + 1
        while other - same > 1:
            middle = (same + other) // 2
            if views.log_root_at(middle) == self.tree.root_at(middle):
                same = middle
            else:
                other = middle
        return same

    def _leaves(self, first: int, last: int) -> list[LeafAppended]:
        address = self.deployment.address(ContractName.TRANSPARENCY_LOG)
        logs = list(scan_logs(self.rpc, address, [_LEAF_TOPIC], first, last))
        try:
            events = self._decoder.decode_all(logs)
        except UnreadableLog as error:
            raise Anomaly(AlarmKind.LEAF, error.explain(), first_block=first, last_block=last) from None
        return [event for event in events if isinstance(event, LeafAppended)]

    def _take(self, leaves: Sequence[LeafAppended], final: int) -> None:
        """Adds the leaves of a range, once they are known to be the contract's."""
        new: list[bytes] = []
        times: list[int] = []
        for leaf in leaves:
            computed = leaf_hash(self.deployment.chain_id, leaf)
            due = self.tree.size + len(new)
            if computed != leaf.leaf_hash:
                detail = f"leaf {leaf.leaf_index} does not hash to what its event says"
                raise Anomaly(AlarmKind.LEAF, detail, leaf_index=leaf.leaf_index, computed="0x" + computed.hex())
            if leaf.leaf_index > due:
                detail = f"leaf {leaf.leaf_index} comes where leaf {due} is due"
                raise Anomaly(AlarmKind.LEAF, detail, leaf_index=due)
            if leaf.leaf_index == due:
                new.append(computed)
                times.append(leaf.timestamp)
            elif not new and leaf.leaf_index < self.tree.size and self.tree.node(0, leaf.leaf_index) == computed:
                continue  # read again after other blocks took the place of those that were read
            else:
                raise Anomaly(AlarmKind.LEAF, f"leaf {leaf.leaf_index} comes twice", leaf_index=leaf.leaf_index)
        if new:
            self._check_root(new, final)
            self.tree.extend(new, times)
            self.state.size, self.state.root = self.tree.size, Hash32(self.tree.root_at(self.tree.size))

    def _check_root(self, new: Sequence[bytes], final: int) -> None:
        grown = self.tree.grown(new)
        views = ContractViews(self.rpc, self.deployment, final)
        size = views.log_size()
        if size < grown.size:
            detail = f"the node tells of {grown.size} leaves, but the contract has {size}"
            raise Anomaly(AlarmKind.ROOT, detail, size=grown.size)
        found = views.log_root_at(grown.size)
        if found != grown.root():
            raise Anomaly(
                AlarmKind.ROOT,
                f"the leaves that the node tells of have root 0x{grown.root().hex()} at size {grown.size}, but the "
                f"contract's is {found.hex0x}",
                size=grown.size,
                computed="0x" + grown.root().hex(),
                found=found.hex0x,
            )

    def _check_whole(self, final: int) -> None:
        """Whether the contract has exactly the leaves that were read."""
        self._check_seen(final)
        size = ContractViews(self.rpc, self.deployment, final).log_size()
        if size != self.tree.size:
            # What is missing may stand in any block that was read: all are read again, until none is missing.
            self.state.block_number, self.state.block_hash = self.deployment.first_block - 1, NO_BLOCK
            self.save()
            detail = f"the contract has {size} leaves, but the node tells of {self.tree.size}"
            raise Anomaly(AlarmKind.ROOT, detail, size=self.tree.size)

    def _block_hash(self, number: int) -> Hash32:
        method = "eth_getBlockByNumber"
        block: Any = self.rpc.call(method, [to_quantity(number), False])
        if block is None:
            raise _Moved(f"the node has no block {number}, which it had before")
        if not isinstance(block, Mapping):
            raise malformed(method, block, "a block")
        return Hash32(from_data(block.get("hash"), method))


def _alarm_of(found: Anomaly | _Moved) -> Alarm:
    if isinstance(found, Anomaly):
        return found.alarm
    return Alarm(kind=AlarmKind.LEAF, detail=f"the node's answers do not fit together: {found}")
