"""One look at chain and sources, and what came of it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, Self

from chain.deployment import Deployment
from chain.monitor.alarms import Alarm, AlarmFolder, AlarmKind, Raised
from chain.monitor.errors import MonitorStateUnusable
from chain.monitor.following import NO_BLOCK, ChainFollower, Progress
from chain.monitor.judging import Judge, Published, no_checkpoint, read_published
from chain.monitor.sources import SourceSilent
from chain.monitor.state import MonitorState
from chain.monitor.tree_files import TreeFiles
from chain.rpc import Rpc
from ledger.encoding import EMPTY_ROOT
from ledger.errors import InvalidInput
from ledger.ids import Hash32
from ledger.locks import sole_holder
from ledger.notes import VerifierKey, check_log_key, check_witness_keys

DEFAULT_STALE_SECONDS: Final = 86_400.0
NOTHING_PUBLISHED: Final = "nothing is published there: no checkpoint yet, or no URL of a log or a witness"
_TREE: Final = "tree"
_LOCK: Final = "lock"
_PATIENCE: Final = (1.0, 2.0, 4.0)
"""Seconds between looks at the own node when a checkpoint is ahead of it: it may be a block behind the publisher's."""


class Source(Protocol):
    """Where checkpoints are published."""

    @property
    def url(self) -> str:
        """Its name."""
        ...

    def read(self) -> bytes | None:
        """What it serves, None if nothing yet; raises `SourceSilent`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """What the monitor trusts: the log's key, and the witnesses whose cosignatures it tells of."""

    log_key: VerifierKey
    witnesses: tuple[VerifierKey, ...] = ()

    def check(self, origin: str) -> None:
        """Raises `InvalidKey` unless the keys go together and the log's is this deployment's."""
        check_log_key(self.log_key, origin)
        check_witness_keys(self.witnesses, self.log_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What a source served: the size of its checkpoint, and who cosigned it; or why there is none."""

    url: str
    size: int | None
    cosigned: tuple[str, ...] = ()
    silent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What came of one look. `behind_blocks`: by how much the own node is behind what was seen before."""

    block_number: int
    size: int
    root: Hash32
    behind_blocks: int
    sources: tuple[SourceReport, ...]
    alarms: tuple[Raised, ...]
    alarms_ever: int


class Monitor:
    """See `opened`."""

    def __init__(
        self,
        follower: ChainFollower,
        folder: Path,
        sources: Sequence[Source],
        pins: Pins | None,
        *,
        stale_seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self._follower = follower
        self._folder = folder
        self._sources = sources
        self._pins = pins
        self._clock = clock
        self._alarms = AlarmFolder(folder)
        self._stale_seconds = stale_seconds

    @classmethod
    @contextlib.contextmanager
    def opened(
        cls,
        rpc: Rpc,
        deployment: Deployment,
        folder: Path,
        *,
        sources: Sequence[Source] = (),
        pins: Pins | None = None,
        confirmations: int = 0,
        stale_seconds: float = DEFAULT_STALE_SECONDS,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Iterator[Self]:
        """A monitor of one deployment, whose state is in `folder`; it goes on where the last one was.

        Raises `InvalidKey` or `InvalidInput` for sources without a key or keys that do not go together, and
        `MonitorStateUnusable`.
        """
        if pins is not None:
            pins.check(deployment.origin)
        elif sources:
            raise InvalidInput("log_key", "be given where sources are: checkpoints are checked against it", "nothing")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with sole_holder(folder / _LOCK) as alone:
            if not alone:
                raise MonitorStateUnusable(str(folder), "another process uses it")
            state = MonitorState.load(folder, _begin(deployment))
            tree = TreeFiles(folder / _TREE, state.size)
            with contextlib.closing(tree):
                if tree.root_at(state.size) != state.root:
                    raise MonitorStateUnusable(str(folder), "the files of the tree do not have its root")
                follower = ChainFollower(
                    rpc,
                    deployment,
                    tree,
                    state,
                    save=lambda: state.save(folder),
                    confirmations=confirmations,
                    sleep=sleep,
                )
                yield cls(follower, folder, sources, pins, stale_seconds=stale_seconds, clock=clock)

    def look(self, progress: Progress | None = None) -> Look:
        """Follows the chain, reads every source, and raises an alarm for whatever is wrong.

        Raises `NodeUnreachable` and `RpcFailure` of the own node; nothing that a source does.
        """
        follower, state = self._follower, self._follower.state
        wrong = follower.follow(progress)
        found = [wrong] if wrong is not None else []
        found += self._age_of_node()
        reports: list[SourceReport] = []
        if self._pins is not None:
            judge = Judge(follower.tree, state, self._pins.log_key, self._stale_seconds)
            read = [self._read(source, self._pins) for source in self._sources]
            if wrong is None:
                wrong = self._catch_up_with(published for _, published, _ in read if published is not None)
                found += [] if wrong is None else [wrong]
            for report, published, alarm in read:
                reports.append(report)
                found += [] if alarm is None else [alarm]
                found += [] if published is None else judge.judge(report.url, published)
                stale = judge.judge_age(report.url, self._clock())
                found += [] if stale is None else [stale]
            found += judge.judge_pairs()
        raised = tuple(self._alarms.raise_alarm(alarm, self._clock()) for alarm in found)
        state.save(self._folder)
        return Look(
            block_number=state.block_number,
            size=state.size,
            root=state.root,
            behind_blocks=follower.behind_blocks,
            sources=tuple(reports),
            alarms=raised,
            alarms_ever=self._alarms.count(),
        )

    def _read(self, source: Source, pins: Pins) -> tuple[SourceReport, Published | None, Alarm | None]:
        try:
            content = source.read()
        except SourceSilent as error:
            return SourceReport(url=source.url, size=None, silent=str(error)), None, None
        if content is None:
            return SourceReport(url=source.url, size=None, silent=NOTHING_PUBLISHED), None, None
        try:
            published = read_published(content, pins.log_key, pins.witnesses)
        except InvalidInput as error:
            alarm = no_checkpoint(self._follower.state, source.url, content, error)
            return SourceReport(url=source.url, size=None, silent="it serves no checkpoint of the log"), None, alarm
        report = SourceReport(url=source.url, size=published.checkpoint.size, cosigned=published.cosigned)
        return report, published, None

    def _catch_up_with(self, published: Iterable[Published]) -> Alarm | None:
        """Looks at the chain again while a checkpoint is ahead of it; gives what is wrong with the chain then."""
        largest = max((one.checkpoint.size for one in published), default=0)
        for patience in _PATIENCE:
            if self._follower.tree.size >= largest:
                return None
            self._follower.sleep(patience)
            wrong = self._follower.follow()
            if wrong is not None:
                return wrong
        return None

    def _age_of_node(self) -> list[Alarm]:
        state, now = self._follower.state, int(self._clock())
        if not self._follower.behind_blocks:
            state.behind_since = None
            return []
        if state.behind_since is None:
            state.behind_since = now
        if now - state.behind_since <= self._stale_seconds:
            return []
        detail = (
            f"the own node has been behind block {state.block_number}, which it had before, for "
            f"{now - state.behind_since} s"
        )
        return [Alarm(kind=AlarmKind.NODE_BEHIND, detail=detail, facts={"block_number": state.block_number})]


def _begin(deployment: Deployment) -> MonitorState:
    """Before the first block of the deployment."""
    return MonitorState(
        origin=deployment.origin,
        block_number=deployment.first_block - 1,
        block_hash=NO_BLOCK,
        size=0,
        root=Hash32(EMPTY_ROOT),
    )
