"""Who guesses lookup tokens learns nothing: one answer for every wrong one, and soon none at all."""

from collections.abc import Iterator
from hashlib import sha256

import pytest

from api.app import create_app
from api.errors import LookupTokenInvalid, PointsNotServed, RateExceeded
from api.personal import SECONDS_PER_WRONG_TOKEN, WRONG_TOKENS, TokenDesk, bearer_of
from api.settings import ApiSettings
from indexer.point_accounts import PointAccounts
from ledger.errors import NotFound
from ledger.ids import Hash32
from ledger.limits import TokenBuckets
from tests.unit.api.client import Client
from tests.unit.api.test_personal import ACCOUNT, Town, town

__all__ = ["town"]

RIGHT = "ab" * 32


class Vault:
    """Stands for the point accounts: knows one token, and writes down what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    def tag_of_token_hash(self, token_hash: bytes) -> Hash32:
        self.asked.append(token_hash)
        if token_hash != sha256(bytes.fromhex(RIGHT)).digest():
            raise NotFound("lookup token", "like this")
        return Hash32(bytes(32))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def vault() -> Vault:
    return Vault()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(vault: Vault, clock: Clock) -> TokenDesk:
    buckets = TokenBuckets(capacity=WRONG_TOKENS, per_second=1 / SECONDS_PER_WRONG_TOKEN, clock=clock)
    return TokenDesk(vault, buckets)  # type: ignore[arg-type]  # as much of it as is asked


def wrong(desk: TokenDesk, times: int, caller: str = "a") -> None:
    for _ in range(times):
        with pytest.raises(LookupTokenInvalid):
            desk.person("cd" * 32, caller)


@pytest.mark.parametrize(
    "given", ["", " ", "x", RIGHT[:-1], RIGHT + "00", "0x", RIGHT.replace("a", "g"), "é" * 64, "x" * 10_000, "\0" * 64]
)
def test_whatever_is_given_one_hash_is_looked_for(desk: TokenDesk, vault: Vault, given: str) -> None:
    """The same work for what is no token as for one that nobody has, and the same error."""
    with pytest.raises(LookupTokenInvalid) as malformed:
        desk.person(given, "a")
    with pytest.raises(LookupTokenInvalid) as unknown:
        desk.person("cd" * 32, "a")
    assert [len(token) for token in vault.asked] == [32, 32]
    assert malformed.value.explain() == unknown.value.explain()


def test_tokens_are_read_as_people_copy_them(desk: TokenDesk) -> None:
    for given in (RIGHT, RIGHT.upper(), "0x" + RIGHT, "0X" + RIGHT):
        assert desk.person(given, "a").tag == bytes(32)


def test_who_guesses_waits_and_is_not_told_that_the_next_is_right(desk: TokenDesk, vault: Vault, clock: Clock) -> None:
    wrong(desk, WRONG_TOKENS)
    looked_for = len(vault.asked)
    for token in ("cd" * 32, RIGHT, "x"):
        with pytest.raises(RateExceeded) as refused:
            desk.person(token, "a")
        assert refused.value.wait_seconds == SECONDS_PER_WRONG_TOKEN
    assert len(vault.asked) == looked_for
    assert desk.person(RIGHT, "another address").tag == bytes(32)
    clock.now += SECONDS_PER_WRONG_TOKEN
    wrong(desk, 1)
    with pytest.raises(RateExceeded):
        desk.person(RIGHT, "a")
    clock.now += SECONDS_PER_WRONG_TOKEN
    assert desk.person(RIGHT, "a").tag == bytes(32)


def test_right_tokens_cost_nothing(desk: TokenDesk) -> None:
    wrong(desk, WRONG_TOKENS - 1)
    for _ in range(100):
        desk.person(RIGHT, "a")
    wrong(desk, 1)


def test_to_give_none_is_no_guess(desk: TokenDesk, vault: Vault) -> None:
    for _ in range(100):
        with pytest.raises(LookupTokenInvalid):
            desk.person(None, "a")
    assert vault.asked == []
    assert desk.person(RIGHT, "a").tag == bytes(32)


def test_without_persons_it_says_so_and_without_limits_nobody_waits(vault: Vault) -> None:
    with pytest.raises(PointsNotServed):
        TokenDesk(None, None).person(RIGHT, "a")
    unlimited = TokenDesk(vault, None)  # type: ignore[arg-type]  # as above
    wrong(unlimited, 3 * WRONG_TOKENS)


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (None, None),
        (b"", None),
        (b"Bearer abc", "abc"),
        (b"bEARER   abc", "abc"),
        (b"Bearer", "Bearer"),
        (b"Basic abc", "Basic abc"),
        (b"Bearer a b", "Bearer a b"),
        (b"\xff", "ÿ"),
    ],
)
def test_whatever_stands_in_the_header_is_a_guess(header: bytes | None, token: str | None) -> None:
    assert bearer_of(header) == token


# The API


@pytest.fixture
def limited(town: Town) -> Iterator[Client]:
    accounts: PointAccounts = town.accounts
    application = create_app(ApiSettings(database_url=str(town.city.database.engine.url)), point_accounts=accounts)
    yield Client(application)
    application.close()


def test_every_route_of_a_person_counts_wrong_tokens(limited: Client, town: Town) -> None:
    paths = [ACCOUNT, f"{ACCOUNT}/entries", f"{ACCOUNT}/snapshot", f"{ACCOUNT}/certificates/1/bundle"]
    answers = set()
    for number in range(WRONG_TOKENS):
        token = "cd" * 32 if number % 2 else "malformed"
        reply = limited.get(paths[number % len(paths)], Authorization=f"Bearer {token}")
        answers.add((reply.status, reply.body))
    assert len(answers) == 1
    assert {status for status, _ in answers} == {401}
    for path in paths:
        reply = limited.get(path, Authorization=f"Bearer {town.token[1]}")
        assert (reply.status, reply.json["code"]) == (429, "rate-exceeded")
        assert 0 < int(reply.header("retry-after") or 0) <= SECONDS_PER_WRONG_TOKEN
    elsewhere = Client(limited.application, host="198.51.100.9")
    assert elsewhere.get(ACCOUNT, Authorization=f"Bearer {town.token[1]}").status == 200
