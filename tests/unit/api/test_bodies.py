"""How a body is taken: not before the key is known, not for ever, not beyond its bound, quietly if nobody sends it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from api.app import create_app
from tests.unit.api.client import Client, Reply
from tests.unit.api.test_writing import Office, office

__all__ = ["office"]

Receive = Callable[[], Awaitable[Any]]


async def never() -> Any:
    await asyncio.sleep(3600)


async def gone() -> Any:
    return {"type": "http.disconnect"}


def trickle(part: bytes) -> Receive:
    """The same again and again, a hundred times a second."""

    async def receive() -> Any:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": part, "more_body": True}

    return receive


def post(office: Office, target: str, receive: Receive, *, secret: str | None, seconds: float = 0.2) -> Reply:
    """One request whose body comes as `receive` has it, to an instance that waits so long."""
    context = office.client.application.context
    settings = context.settings.model_copy(update={"body_seconds": seconds, "most_body_bytes": 1_024})
    application = create_app(settings, database=office.database, operations=office.port)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"900"), (b"idempotency-key", b"k")]
    if secret is not None:
        headers.append((b"authorization", f"Bearer {secret}".encode()))
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": target,
        "raw_path": target.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("203.0.113.7", 40_000),
        "server": ("testserver", 80),
        "scheme": "http",
    }
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def ask() -> None:
        async with asyncio.timeout(20):
            await application(scope, receive, send)

    asyncio.run(ask())
    application.close()
    reply = Reply(sent[0]["status"], list(sent[0]["headers"]), b"".join(one.get("body", b"") for one in sent[1:]))
    if reply.body:
        Client(application).check("POST", target, reply)
    return reply


TARGETS = pytest.mark.parametrize("target", ["/v1/transfers", "/v1/transactions"])


@TARGETS
@pytest.mark.parametrize(("who", "status"), [(None, 401), ("revoked", 401), ("other", 403)])
def test_nothing_of_a_body_is_read_for_who_may_not_send_it(
    office: Office, target: str, who: str | None, status: int
) -> None:
    async def unasked() -> Any:
        raise AssertionError("the body was asked for")

    reply = post(office, target, unasked, secret=None if who is None else office.keys[who].secret)
    assert reply.status == status
    assert reply.header("connection") == "close"


@TARGETS
@pytest.mark.parametrize("receive", [never, trickle(b"")])
def test_a_slow_body_is_not_waited_for(office: Office, target: str, receive: Receive) -> None:
    reply = post(office, target, receive, secret=office.keys["all"].secret)
    assert (reply.status, reply.json["code"]) == (408, "body-too-slow")
    assert reply.header("connection") == "close"
    assert not office.port.saved


@TARGETS
def test_a_body_that_is_longer_than_it_said_is_refused(office: Office, target: str) -> None:
    reply = post(office, target, trickle(b"x" * 600), secret=office.keys["all"].secret, seconds=10)
    assert (reply.status, reply.json["code"]) == (413, "body-too-large")


@TARGETS
def test_who_goes_away_in_the_middle_is_no_error(office: Office, target: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        post(office, target, gone, secret=office.keys["all"].secret)
    assert [record for record in caplog.records if record.name != "asyncio"] == []
    assert not office.port.saved
