"""How much one caller may ask for: token buckets in memory, by whatever name the user of this module calls a caller.

The buckets of one process know nothing of another's; an instance runs one worker, and a limit across instances
belongs into the proxy in front of them.
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple


@dataclass(slots=True)
class Bucket:
    """Tokens at a moment of a monotonic clock in seconds."""

    tokens: float
    filled_at: float


class Grant(NamedTuple):
    """Whether a request may pass; `remaining` tokens, and seconds until there is one (0 where there is)."""

    allowed: bool
    remaining: int
    wait_seconds: int


class TokenBuckets:
    """`capacity` requests at once, refilled evenly at `per_second`; remembers the `most_callers` seen last."""

    def __init__(
        self, *, capacity: int, per_second: float, clock: Callable[[], float], most_callers: int = 100_000
    ) -> None:
        if capacity < 1 or per_second <= 0:
            raise ValueError("a bucket needs a capacity and a rate above zero")
        self.capacity = capacity
        self.per_second = per_second
        self._clock = clock
        self._most_callers = most_callers
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    @property
    def policy(self) -> str:
        """The quota and the seconds in which an empty bucket fills, as `RateLimit-Policy` states them."""
        return f"q={self.capacity};w={math.ceil(self.capacity / self.per_second)}"

    def look(self, caller: str) -> Grant:
        """Whether the caller has a token, which stays there."""
        bucket = self._buckets.get(caller)
        if bucket is None:
            return Grant(True, self.capacity, 0)
        tokens = min(bucket.tokens + (self._clock() - bucket.filled_at) * self.per_second, float(self.capacity))
        return Grant(True, int(tokens), 0) if tokens >= 1 else self._refused(tokens)

    def take(self, caller: str) -> Grant:
        """Takes one token of the caller's, if there is one."""
        now = self._clock()
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._buckets[caller] = Bucket(float(self.capacity), now)
            if len(self._buckets) > self._most_callers:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(caller)
            filled = bucket.tokens + (now - bucket.filled_at) * self.per_second
            bucket.tokens = filled if filled < self.capacity else float(self.capacity)
            bucket.filled_at = now
        if bucket.tokens < 1:
            return self._refused(bucket.tokens)
        bucket.tokens -= 1
        return Grant(True, int(bucket.tokens), 0)

    def _refused(self, tokens: float) -> Grant:
        return Grant(False, 0, math.ceil((1 - tokens) / self.per_second))


def caller_of_address(host: str) -> str:
    """What an address counts as: itself, or its /64 network in IPv6, which one subscriber holds whole."""
    if ":" not in host:
        return host
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return host
