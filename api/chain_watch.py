"""The mirror's watch over a node. Whoever runs it calls `look` from a thread of its own."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy.exc import DBAPIError

from api.mirror_watch import Drift, HeadSeen, TotalsSeen
from chain.deployment import Deployment
from chain.hexes import from_quantity
from chain.rpc import Rpc
from chain.views import ContractViews
from indexer import mirror
from indexer.audit.contract_totals import compare_totals
from indexer.database import Database
from indexer.source import read_header
from ledger.errors import TanpuhuiError

TOTALS_SECONDS: Final = 60.0
"""Totals are compared at most so often: it takes some calls for each class, provider, campaign, feed and debtor."""

_MOST_SHOWN: Final = 20
_UNUSABLE: Final = "database-unusable"
_NOT_INDEXED: Final = "index-empty"

log = logging.getLogger("tanpuhui.watch")


class ChainWatch:
    """`api.mirror_watch.MirrorWatch` for one deployment. `rpc` should answer soon or not at all."""

    def __init__(
        self,
        rpc: Rpc,
        deployment: Deployment,
        database: Database,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._rpc = rpc
        self._deployment = deployment
        self._database = database
        self._clock = clock
        self._wall = wall
        self._head: HeadSeen | None = None
        self._totals: TotalsSeen | None = None
        self._compared_at: float | None = None

    def head(self) -> HeadSeen | None:
        """See the port."""
        return self._head

    def totals(self) -> TotalsSeen | None:
        """See the port."""
        return self._totals

    def look(self) -> None:
        """Asks for the head, and for the totals if that is due. Never raises."""
        self._head = self._look_at_head()
        due = self._compared_at is None or self._clock() - self._compared_at >= TOTALS_SECONDS
        if self._head.error is None and due:
            self._totals = self._compare()
            self._compared_at = self._clock()

    def _look_at_head(self) -> HeadSeen:
        now = int(self._wall())
        try:
            number = from_quantity(self._rpc.call("eth_blockNumber"), "eth_blockNumber")
            return HeadSeen(asked_at=now, block_number=number, timestamp=read_header(self._rpc, number).timestamp)
        except TanpuhuiError as error:
            return HeadSeen(asked_at=now, error=error.code)

    def _compare(self) -> TotalsSeen:
        now = int(self._wall())
        try:
            with self._database.read() as connection:
                cursor = mirror.read_cursor(connection)
                if cursor is None:
                    return TotalsSeen(asked_at=now, error=_NOT_INDEXED)
                views = ContractViews(self._rpc, self._deployment, cursor.block_number)
                found = list(compare_totals(connection, views, cursor))
        except TanpuhuiError as error:
            return TotalsSeen(asked_at=now, error=error.code)
        except DBAPIError:
            return TotalsSeen(asked_at=now, error=_UNUSABLE)
        if found:
            log.warning("%d totals of the contracts are not those of the mirror", len(found))
        shown = (Drift(one.table, one.key, one.column, str(one.expected), str(one.found)) for one in found)
        return TotalsSeen(asked_at=now, block_number=cursor.block_number, differing=tuple(shown)[:_MOST_SHOWN])
