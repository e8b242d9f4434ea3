"""A witness over HTTP: `create_app(witness)` is an ASGI application."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ledger.limits import TokenBuckets, caller_of_address
from witness.messages import MAX_BODY_BYTES, TEXT
from witness.service import Witness
from witness.state import origin_hash

BODY_SECONDS: Final = 10.0
"""How long a body may take to arrive."""
REQUESTS: Final = 60
REQUESTS_PER_SECOND: Final = 10.0
"""Of one address: so many at once, and so many a second for ever."""

Handler = Callable[[Request], Awaitable[Response]]


class _TooLarge(Exception):  # noqa: N818 - told to the handler alone
    """The body has more bytes than are read."""


class WitnessApp:
    """The routes of one witness."""

    def __init__(
        self,
        witness: Witness,
        *,
        body_seconds: float = BODY_SECONDS,
        requests: int = REQUESTS,
        requests_per_second: float = REQUESTS_PER_SECOND,
    ) -> None:
        self._witness = witness
        self._body_seconds = body_seconds
        self._buckets = TokenBuckets(capacity=requests, per_second=requests_per_second, clock=time.monotonic)

    def asgi(self) -> Starlette:
        """The application."""
        return Starlette(
            routes=[
                Route("/", self._limited(self._about), methods=["GET"]),
                Route("/add-checkpoint", self._limited(self._add_checkpoint), methods=["POST"]),
                Route("/logs/{origin_hash}/checkpoint", self._limited(self._checkpoint), methods=["GET"]),
                Route("/evidence", self._limited(self._evidence_list), methods=["GET"]),
                Route("/evidence/{name}", self._limited(self._evidence), methods=["GET"]),
            ]
        )

    def _limited(self, handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            caller = caller_of_address(request.client.host if request.client else "")
            grant = self._buckets.take(caller)
            if not grant.allowed:
                headers = {"Retry-After": str(grant.wait_seconds)}
                return PlainTextResponse("Too many requests.\n", 429, headers)
            return await handler(request)

        return answer

    async def _add_checkpoint(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(self._body_seconds):
                body = await _read(request)
        except _TooLarge:
            return PlainTextResponse(f"At most {MAX_BODY_BYTES} bytes are read.\n", 413, {"Connection": "close"})
        except TimeoutError:
            return PlainTextResponse("The request took too long.\n", 408, {"Connection": "close"})
        except ClientDisconnect:
            return Response(status_code=400)
        answer = await run_in_threadpool(self._witness.add_checkpoint, body)
        return Response(answer.body, answer.status, {"Content-Type": answer.content_type})

    async def _about(self, _: Request) -> Response:
        logs = [
            {"origin": origin, "size": kept.size, "checkpoint": f"/logs/{origin_hash(origin)}/checkpoint"}
            for origin, kept in self._witness.cosigned.items()
        ]
        key = self._witness.key
        proven = await run_in_threadpool(self._witness.proven.hashes)
        about = {"name": key.name, "verifier_key": str(key), "logs": logs, "evidence": len(proven)}
        return JSONResponse(about)

    async def _checkpoint(self, request: Request) -> Response:
        kept = self._witness.cosigned_of(request.path_params["origin_hash"])
        if kept is None or kept.note is None:
            return PlainTextResponse("There is no checkpoint of this log.\n", 404)
        return Response(str(kept.note), headers={"Content-Type": TEXT, "Cache-Control": "no-cache"})

    async def _evidence_list(self, _: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self._listed))

    def _listed(self) -> dict[str, object]:
        proven = [
            {**_at(name), **({"damaged": True} if told is None else asdict(told))}
            for name, told in self._witness.proven.told().items()
        ]
        return {"evidence": proven, "unproven": [_at(name) for name in self._witness.unproven.hashes()]}

    async def _evidence(self, request: Request) -> Response:
        content = await run_in_threadpool(self._read_evidence, request.path_params["name"])
        if content is None:
            return PlainTextResponse("Nothing of this hash is kept.\n", 404)
        return Response(content, headers={"Content-Type": "application/json"})

    def _read_evidence(self, name: str) -> bytes | None:
        return self._witness.proven.read(name) or self._witness.unproven.read(name)


def create_app(witness: Witness) -> Starlette:
    """The application of a witness with the usual limits."""
    return WitnessApp(witness).asgi()


def _at(name: str) -> dict[str, object]:
    return {"hash": name, "url": f"/evidence/{name}"}


async def _read(request: Request) -> bytes:
    """The body; `_TooLarge` as soon as it is known to be."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > MAX_BODY_BYTES:
        raise _TooLarge
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise _TooLarge
    return bytes(body)
