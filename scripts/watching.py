"""Holds the mirror to the node while the API serves, beside it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from api.chain_watch import ChainWatch
from api.settings import ApiSettings
from chain.rpc import RpcClient
from scripts.background import Background
from scripts.context import Context

TIMEOUT_SECONDS: Final = 4.0
"""How long the node may take to answer a watch: no page waits for it, but what it shows should not be old."""

_LOOK_SECONDS: Final = 5.0

log = logging.getLogger("tanpuhui.watch")


@contextmanager
def watching(context: Context) -> Iterator[ChainWatch]:
    """The watch over the node of a command, over a connection of its own, which gives up soon."""
    client = RpcClient(context.settings.rpc_url, timeout_seconds=TIMEOUT_SECONDS, connections=1)
    watch = ChainWatch(client, context.deployment, context.database)
    try:
        with WatchThread(watch):
            yield watch
    finally:
        client.close()


def with_audit_report(settings: ApiSettings, context: Context) -> ApiSettings:
    """Settings that name the report of `tanpuhui audit` in the home folder where they name none."""
    if settings.audit_report:
        return settings
    return settings.model_copy(update={"audit_report": str(context.settings.home / "audit" / "report.json")})


class WatchThread(Background):
    """Looks every few seconds; a context manager."""

    def __init__(self, watch: ChainWatch) -> None:
        super().__init__("tanpuhui-watch")
        self._watch = watch

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                self._watch.look()
            except Exception:
                # What is watched is served on, whatever ails the watch; what it saw last says how old it is.
                log.exception("watching the node")
            self._stop.wait(_LOOK_SECONDS)
