"""Ctrl-C and SIGTERM: ending what only ends so is no failure; ending anything earlier is `Interrupted`."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from scripts.errors import Interrupted


@contextmanager
def interruptible(remedy: str) -> Iterator[None]:
    """In the block SIGTERM is as Ctrl-C, and both raise `Interrupted`, which tells people to do `remedy`."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(remedy) from None
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def until_interrupted() -> Iterator[None]:
    """Ctrl-C (within `interruptible` SIGTERM too) ends the block, as it is meant to end."""
    with suppress(KeyboardInterrupt):
        yield
