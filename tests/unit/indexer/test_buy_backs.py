"""What a redemption says was bought back is held to its lot and to the pool: no leaf binds it."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from chain.events import SIGNATURES, PointsBoughtBack, PointsRedeemed, Signature
from chain.operations import ContractName
from indexer.database import Database
from indexer.errors import BrokenBooks
from indexer.follower import Follower
from indexer.projections.growth import BuyBack, Growth, Pending
from indexer.projections.points import PROJECTION
from indexer.status import status
from tests.fakes.event_chain import EventChain
from tests.fakes.event_logs import Log

REDEEMED = Signature.parse(SIGNATURES[ContractName.POINT_LEDGER][PointsRedeemed]).topic
BOUGHT_BACK = Signature.parse(SIGNATURES[ContractName.REDUCTION_LEDGER][PointsBoughtBack]).topic
GRAMS_WORD = 5  # after the class and the four words of the commitment
PROVIDER, OTHER, REDEMPTION = b"\xaa" * 20, b"\xbb" * 20, b"\x01" * 32


def _grams(log: Log) -> int:
    return int(log["data"][2 + 64 * GRAMS_WORD : 2 + 64 * (GRAMS_WORD + 1)], 16)


def _say(log: Log, grams: int) -> Log:
    digits = log["data"][2:]
    said = "0x" + digits[: 64 * GRAMS_WORD] + f"{grams:064x}" + digits[64 * (GRAMS_WORD + 1) :]
    return {**log, "data": said}


@pytest.mark.parametrize(
    ("of_a_lot", "change"),
    [(True, lambda _: 0), (True, lambda grams: grams - 1_000_000 or 2_000_000), (False, lambda _: 1_000_000)],
    ids=["nothing", "other grams", "without a lot"],
)
def test_a_redemption_that_says_other_than_its_lot(
    database: Database, of_a_lot: bool, change: Callable[[int], int]
) -> None:
    chain = EventChain(7, points=1)
    follower = Follower(chain, chain.deployment, database)
    while True:
        follower.catch_up()
        logs = chain.mine(10).logs
        told = [log for log in logs if log["topics"][0] == REDEEMED and bool(_grams(log)) == of_a_lot]
        if told:
            break
    if of_a_lot:
        assert BOUGHT_BACK in {log["topics"][0] for log in logs}
    lying = told[0]

    def tamper(method: str, params: Sequence[Any], result: Any) -> Any:
        if method != "eth_getLogs" or not result:
            return result
        return [_say(log, change(_grams(log))) if log == lying else log for log in result]

    chain.tamper.append(tamper)
    with pytest.raises(BrokenBooks, match=r"were bought back in class .*, its lot "):
        follower.catch_up()
    assert status(database).halted_reason
    chain.tamper.clear()
    assert follower.catch_up().block_number == chain.head.number


class _Pool:
    """A provider's pool as it is stored."""

    def __init__(self, grams: int) -> None:
        self._grams = grams

    def read_provider_pool(self, account: bytes, reduction_class: int) -> int:
        return self._grams if (account, reduction_class) == (PROVIDER, 1) else 0


def _growth(stored: int) -> Growth:
    pending = Pending([], [])
    pending.blocks.append((9, b"", b"", 0))
    return Growth(pending, _Pool(stored))  # type: ignore[arg-type]


@pytest.mark.parametrize(("stored", "grams", "bought"), [(0, 1_000_000, 0), (999_999, 1, 0), (5, 2_000_000, 1_000_000)])
def test_a_full_tonne_that_stays_in_the_pool(stored: int, grams: int, bought: int) -> None:
    growth = _growth(stored)
    if bought:
        growth.begin_redemption(REDEMPTION, BuyBack(PROVIDER, 1, bought))
    with pytest.raises(BrokenBooks, match=f"leaves {stored + grams - bought} g in the pool"):
        growth.redeem(REDEMPTION, BuyBack(PROVIDER, 1, bought), grams)


def test_pools_go_on_from_what_is_stored() -> None:
    growth = _growth(999_000)
    growth.redeem(REDEMPTION, BuyBack(PROVIDER, 1, 0), 999)
    growth.redeem(b"\x02" * 32, BuyBack(PROVIDER, 2, 0), 999_999)
    growth.begin_redemption(b"\x03" * 32, BuyBack(PROVIDER, 1, 1_000_000))
    growth.redeem(b"\x03" * 32, BuyBack(PROVIDER, 1, 1_000_000), 1)
    growth.begin_redemption(b"\x04" * 32, BuyBack(PROVIDER, 1, 2_000_000))
    with pytest.raises(BrokenBooks, match="leaves -1000000 g"):
        growth.redeem(b"\x04" * 32, BuyBack(PROVIDER, 1, 2_000_000), 1_000_000)
    growth.end_redemptions()


@pytest.mark.parametrize("lot", [BuyBack(OTHER, 1, 1_000_000), BuyBack(PROVIDER, 2, 1_000_000)])
def test_a_lot_of_another_provider_or_class(lot: BuyBack) -> None:
    growth = _growth(0)
    growth.begin_redemption(REDEMPTION, lot)
    with pytest.raises(BrokenBooks, match="its lot 1000000 g of"):
        growth.redeem(REDEMPTION, BuyBack(PROVIDER, 1, 1_000_000), 1_000_000)


def test_a_lot_without_its_redemption() -> None:
    growth = _growth(0)
    growth.begin_redemption(REDEMPTION, BuyBack(PROVIDER, 1, 1_000_000))
    assert PROJECTION.before_store is not None
    with pytest.raises(BrokenBooks, match=r"1000000 g were bought back in redemption 01.* is missing"):
        PROJECTION.before_store(growth, None)  # type: ignore[arg-type]
