"""Values as people read them: filters of the templates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, Final

SHANGHAI: Final = timezone(timedelta(hours=8))


def shanghai_time(timestamp: int) -> str:
    """Seconds since 1970 as date and time in Shanghai: "2026-11-21 10:13:19"."""
    return datetime.fromtimestamp(timestamp, SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


FILTERS: Final[dict[str, Callable[..., Any]]] = {"shanghai_time": shanghai_time}
"""By the name that templates call them."""
