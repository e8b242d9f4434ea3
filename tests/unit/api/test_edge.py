"""What holds for every request and every response."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from api.app import Application, create_app
from api.settings import ApiSettings
from tests.unit.api.client import Client

Made = Callable[..., Client]


@pytest.fixture
def made(database_url: str, request: pytest.FixtureRequest) -> Made:
    """Makes clients of instances with other settings."""

    def make(**settings: Any) -> Client:
        application = create_app(ApiSettings(database_url=database_url, **settings))
        request.addfinalizer(application.close)
        return Client(application)

    return make


@pytest.mark.parametrize("target", ["/v1/certificates/1", "/v1/totals", "/v1/nothing", "/docs", "/problems/not-found"])
def test_every_response_has_the_security_headers_and_may_be_read_anywhere(client: Client, target: str) -> None:
    reply = client.get(target)
    assert reply.header("x-content-type-options") == "nosniff"
    assert reply.header("access-control-allow-origin") == "*"
    assert reply.header("strict-transport-security")
    assert len({name for name, _ in reply.headers}) == len(reply.headers)


@pytest.mark.parametrize("target", ["/points", "/points/entries", "/console", "/console/login"])
def test_no_other_site_may_read_pages_of_a_session(client: Client, target: str) -> None:
    reply = client.request("GET", target, check=False)
    assert reply.header("access-control-allow-origin") is None
    preflight = client.request("OPTIONS", target, check=False)
    assert (preflight.status, preflight.header("access-control-allow-methods")) == (204, None)


def test_hsts_is_for_https_only(made: Made) -> None:
    assert made(public_url="http://localhost:8000").get("/v1/log").header("strict-transport-security") is None


def test_no_other_site_may_write(client: Client) -> None:
    reply = client.request("POST", "/v1/transfers", {"content_type": "application/json"}, b"{}")
    assert reply.status == 401
    assert reply.header("access-control-allow-origin") is None
    preflight = client.request("OPTIONS", "/v1/transfers", {"access_control_request_method": "POST"})
    assert preflight.status == 204
    assert preflight.header("access-control-allow-methods") == "GET, HEAD"
    assert "authorization" not in (preflight.header("access-control-allow-headers") or "").lower()


def test_an_unknown_route_and_a_wrong_method_are_problems(client: Client) -> None:
    assert client.get("/v1/nothing").json["code"] == "route-unknown"
    wrong = client.request("DELETE", "/v1/lots", check=False)
    assert (wrong.status, wrong.json["code"]) == (405, "method-not-allowed")
    assert wrong.header("allow") is not None


def test_a_long_or_chunked_body_is_refused_before_it_is_read(made: Made) -> None:
    client = made(most_body_bytes=2_000)
    assert client.post("/v1/transfers", b"x" * 2_001).status == 413
    assert client.request("POST", "/v1/transfers", {"content_length": "1e9"}).status == 413
    assert client.request("POST", "/v1/transfers", {"transfer_encoding": "chunked"}).status == 411


def test_limits_are_by_address_and_a_subnet_of_ipv6_is_one(made: Made) -> None:
    application = made(public_requests=2, public_requests_per_second=0.01).application
    here, there = Client(application, host="203.0.113.1"), Client(application, host="203.0.113.2")
    assert [here.get("/v1/log").status for _ in range(3)] == [200, 200, 429]
    assert there.get("/v1/log").status == 200
    six = [Client(application, host=f"2001:db8::{end}") for end in (1, 2, 3)]
    assert [client.get("/v1/log").status for client in six] == [200, 200, 429]
    refused = here.get("/v1/log")
    assert refused.json["code"] == "rate-exceeded"
    assert refused.header("ratelimit-policy") == '"address";q=2;w=200'
    assert int(refused.header("retry-after") or 0) > 0


def test_an_unforeseen_error_says_nothing_but_an_id_that_is_in_the_log(
    made: Made, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = made()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret of ours")

    monkeypatch.setattr(client.application.context.readers, "snapshot", fail)
    with caplog.at_level(logging.ERROR, "tanpuhui.api"):
        for target in ("/v1/certificates/1", "/v1/totals"):
            reply = client.get(target)
            assert reply.status == 500
            assert "secret" not in reply.body.decode()
            assert reply.json["error_id"] in caplog.text
    assert "secret of ours" in caplog.text


def test_what_escapes_every_handler_is_an_opaque_500_too(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    client = made()

    async def fail(*_: object) -> None:
        raise RuntimeError("secret of ours")

    monkeypatch.setattr(client.application, "_inner", fail)
    reply = client.get("/v1/totals")
    assert reply.status == 500
    assert "secret" not in reply.body.decode()


def test_websockets_are_closed(application: Application) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    asyncio.run(application({"type": "websocket"}, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_the_page_of_routes_has_all_of_them(client: Client) -> None:
    page = client.get("/docs")
    assert "script-src" not in (page.header("content-security-policy") or "")
    for path in client.application.openapi()["paths"]:
        assert path in page.body.decode()
    again = client.get("/docs", if_none_match=page.header("etag") or "")
    assert (again.status, again.body) == (304, b"")
    assert client.get("/openapi.json").json == client.application.openapi()
