"""The short way and the way through FastAPI give the same bytes and headers, whatever is asked."""

from collections.abc import Iterator

import pytest

from api.app import Application, create_app
from api.settings import ApiSettings
from tests.unit.api.client import Client, Reply
from tests.unit.api.sample import hash32

TARGETS = [
    "/v1/certificates/1",
    "/v1/certificates/2",
    "/v1/certificates/99",
    "/v1/certificates/0",
    "/v1/certificates/x",
    "/v1/certificates/%E7%A2%B3",
    "/v1/certificates/1?limit=3",
    "/v1/certificates/1/2",
    "/v1/certificates/",
    "/v1/log/proof/inclusion?leaf_index=3",
    "/v1/log/proof/inclusion?leaf_index=3&tree_size=7",
    f"/v1/log/proof/inclusion?operation_id={hash32(4).hex0x}",
    f"/v1/log/proof/inclusion?operation_id={hash32(999).hex0x}",
    "/v1/log/proof/inclusion?leaf_index=500",
    "/v1/log/proof/inclusion?leaf_index=3&leaf_index=4",
    "/v1/log/proof/inclusion?leaf%5Findex=3",
    "/v1/log/proof/inclusion",
]


def of(reply: Reply) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """All of a reply; headers sorted, since their order means nothing."""
    return reply.status, sorted(reply.headers), reply.body


@pytest.fixture
def two_ways(database_url: str) -> Iterator[tuple[Client, Client]]:
    """The same instance with and without the short way, limits on."""
    made: list[Application] = [
        create_app(
            ApiSettings(
                database_url=database_url,
                public_url="https://ledger.example",
                public_requests=6,
                public_requests_per_second=0.001,
                hot_paths=hot,
            )
        )
        for hot in (True, False)
    ]
    yield Client(made[0]), Client(made[1])
    for application in made:
        application.close()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("target", TARGETS)
def test_both_ways_are_equal(two_ways: tuple[Client, Client], target: str, method: str) -> None:
    short, through = (client.request(method, target, check=method == "GET") for client in two_ways)
    assert of(short) == of(through)
    assert (short.body == b"") == (method == "HEAD")
    if etag := short.header("etag"):
        headers = {"if_none_match": f'"other", {etag}', "accept_language": "zh"}
        again = [client.request(method, target, headers, check=False) for client in two_ways]
        assert of(again[0]) == of(again[1])
        assert (again[0].status, again[0].body) == (304, b"")


@pytest.mark.parametrize("target", ["/v1/certificates/99", "/v1/certificates/x", "/v1/log/proof/inclusion"])
def test_both_ways_are_equal_in_chinese(two_ways: tuple[Client, Client], target: str) -> None:
    short, through = (client.get(target, accept_language="zh-CN,zh;q=0.9,en;q=0.8") for client in two_ways)
    assert of(short) == of(through)
    assert short.header("content-language") == "zh"


def test_both_ways_run_into_the_same_limit(two_ways: tuple[Client, Client]) -> None:
    seen = []
    for client in two_ways:
        replies = [client.get("/v1/certificates/1") for _ in range(8)]
        seen.append([of(reply) for reply in replies])
        assert [reply.status for reply in replies] == [200] * 6 + [429] * 2
        left = [reply.header("ratelimit") for reply in replies]
        assert left == [None] * 3 + [f'"address";r={remaining}' for remaining in (2, 1, 0, 0, 0)]
        assert replies[-1].header("retry-after") == "1000"
    assert seen[0] == seen[1]


def test_the_short_way_is_taken(two_ways: tuple[Client, Client], monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> None:
        raise AssertionError("FastAPI was asked")

    monkeypatch.setattr(two_ways[0].application, "_inner", never)
    assert two_ways[0].get("/v1/certificates/1").status == 200
    assert two_ways[0].get("/v1/log/proof/inclusion?leaf_index=1").status == 200


def test_too_much_is_refused_on_both_ways(two_ways: tuple[Client, Client]) -> None:
    many = {f"x_{number}": "1" for number in range(80)}
    for client in two_ways:
        assert client.get("/v1/certificates/1", **many).json["code"] == "headers-too-large"
        assert client.get("/v1/certificates/1", cookie="c" * 20_000).status == 431
        assert client.get("/v1/certificates/1?x=" + "y" * 5_000).json["code"] == "address-too-long"
