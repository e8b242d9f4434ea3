"""docs/spec/10-pages.md §10.12: as which body a session acts, and that the chain decides it, again for each act."""

import pytest

from api.auth import FOUR_EYES, ROLE_OF_SCOPE, KeyScope, check_scopes
from api.chain_node import NodeChain
from api.operations_port import Trouble
from api.routes.writes import ROUTES
from api.web.console.actors import Actor
from chain.functions import Function
from chain.hexes import to_data
from chain.operations import ContractName
from chain.rpc import Request
from indexer.records import RecordStore
from ledger.errors import InvalidInput, NodeUnreachable, RpcFailure, UnknownWord
from ledger.records import RandomSalts
from ledger.refusals import ReductionLedger_LotFrozen
from ledger.vocabulary import Role
from tests.fakes.fake_node import ADDRESSES, DEPLOYMENT
from tests.unit.api.browsers import Browser, Shown
from tests.unit.api.conftest import KEYS, ConsoleOffice
from tests.unit.api.fake_port import SENDERS
from tests.unit.api.sample import address

LOT = "0x" + "c1" * 32
FREEZE = "/console/acts/freeze_lot"


def freeze(browser: Browser, **changes: str) -> Shown:
    """Goes the whole way from the form over the preview to the signature."""
    preview = browser.fill_in(browser.get(FREEZE), FREEZE, lot_id=LOT, reason="a doubt", step="preview")
    return browser.fill_in(preview, FREEZE, step="sign", **changes) if preview.status == 200 else preview


def test_every_route_of_the_api_is_the_step_of_its_scopes_body() -> None:
    assert {route.scope: route.role for route in ROUTES}.items() <= ROLE_OF_SCOPE.items()
    assert set(KeyScope) - set(ROLE_OF_SCOPE) == {KeyScope.TRANSACTIONS_SEND}


def test_no_key_both_proposes_and_confirms() -> None:
    for scopes in (KEYS["regulator"], KEYS["centre"], tuple(set(KeyScope) - {KeyScope.ISSUANCES_PROPOSE})):
        check_scopes(scopes)
    with pytest.raises(InvalidInput, match="issuances:confirm and issuances:propose: two people decide"):
        check_scopes(FOUR_EYES)
    with pytest.raises(UnknownWord):
        check_scopes(["issuances:approve"])


def test_a_key_from_before_that_rule_does_neither_here(console: ConsoleOffice) -> None:
    old = Actor.of_key(console.keys["old"].key)
    assert not old.scopes & FOUR_EYES
    browser = console.browser("old")
    browser.fill_in(browser.get("/console"), "/console/body", role="regulator")
    assert "Confirm or reject" not in browser.get("/console").text
    page = browser.get("/console/acts/confirm_issuance")
    assert (page.status, "act-not-allowed" in page.text) == (403, True)


def test_somebody_who_may_be_two_bodies_chooses_one(console: ConsoleOffice) -> None:
    browser = console.browser("two bodies")
    home = browser.get("/console")
    assert "No body chosen yet" in home.text
    page = browser.get(FREEZE)
    assert (page.status, "another-body-acts" in page.text) == (403, True)
    browser.fill_in(home, "/console/body", role="regulator")
    assert browser.get(FREEZE).status == 200
    browser.fill_in(home, "/console/body", role="platform")
    assert browser.get(FREEZE).status == 403


@pytest.mark.parametrize("role", ["exchange", "technical-centre", "administrator"])
def test_nobody_chooses_a_body_that_is_not_theirs(console: ConsoleOffice, role: str) -> None:
    browser = console.browser("two bodies")
    page = browser.fill_in(browser.get("/console"), "/console/body", role=role)
    assert (page.status, "role-not-held" in page.text) == (403, True)
    assert "No body chosen yet" in browser.get("/console").text


def test_a_word_that_is_no_body_is_said_to_be_wrong(console: ConsoleOffice) -> None:
    browser = console.browser("two bodies")
    page = browser.fill_in(browser.get("/console"), "/console/body", role="king")
    assert (page.status, "unknown-word" in page.text) == (422, True)


def test_an_act_is_sent_and_its_page_says_how_it_goes(console: ConsoleOffice) -> None:
    console.port.outcome = "pending"
    page = freeze(console.browser("regulator"))
    [(operation, _)] = console.port.saved.values()
    assert operation.sender == SENDERS[Role.REGULATOR]
    assert page.path.startswith(f"/console/operations/{operation.id.hex0x}")


def test_the_same_form_twice_is_one_operation(console: ConsoleOffice) -> None:
    browser = console.browser("regulator")
    preview = browser.fill_in(browser.get(FREEZE), FREEZE, lot_id=LOT, reason="a doubt", step="preview")
    for _ in range(2):
        assert browser.send(FREEZE, {**preview.form(FREEZE), "step": "sign"}, follow=False).status == 303
    assert len(console.port.saved) == 1


def test_a_role_that_the_chain_has_taken_away_stops_every_act(console: ConsoleOffice) -> None:
    browser = console.browser("regulator")
    preview = browser.fill_in(browser.get(FREEZE), FREEZE, lot_id=LOT, reason="a doubt", step="preview")
    console.chain.roles[SENDERS[Role.REGULATOR]] = frozenset()
    page = browser.fill_in(preview, FREEZE, step="sign")
    assert (page.status, "role-not-held" in page.text) == (403, True)
    assert not console.port.saved
    home = browser.get("/console")
    assert "does not hold the role of this body" in home.text
    assert "The chain has taken this role away" in home.text


def test_while_the_node_is_silent_nobody_acts_and_pages_say_so(console: ConsoleOffice) -> None:
    browser = console.browser("regulator")
    console.chain.down = True
    home = browser.get("/console")
    assert (home.status, "node does not answer" in home.text) == (200, True)
    form = browser.get(FREEZE).form(FREEZE)
    for step in ("preview", "sign"):
        page = browser.send(FREEZE, {**form, "lot_id": LOT, "reason": "a doubt", "step": step})
        assert (page.status, "node-unreachable" in page.text, "10.0.0.9" in page.text) == (503, True, False)
    assert not console.port.saved


def test_a_body_that_this_instance_does_not_sign_for_cannot_be_chosen(console: ConsoleOffice) -> None:
    console.port.senders = {role: one for role, one in SENDERS.items() if role is not Role.EXCHANGE}
    browser = console.browser("exchange")
    assert "This instance has no key of this body" in browser.get("/console").text
    assert browser.get("/console/acts/admit_provider").status == 403


def test_what_the_ledger_refuses_now_is_said_before_anything_is_saved(console: ConsoleOffice) -> None:
    browser = console.browser("regulator")
    preview = browser.fill_in(browser.get(FREEZE), FREEZE, lot_id=LOT, reason="a doubt", step="preview")
    console.chain.refusal = ReductionLedger_LotFrozen(address(1))  # type: ignore[arg-type]
    page = browser.fill_in(preview, FREEZE, step="sign")
    assert (page.status, "reduction-ledger-lot-frozen" in page.text) == (409, True)
    assert not console.port.saved


def test_why_operations_wait_is_told(console: ConsoleOffice) -> None:
    silent = NodeUnreachable("http://10.0.0.9:8545", "refused")
    console.port.troubles = {Role.REGULATOR: Trouble(error=silent, failures=3, again_seconds=7.6)}
    browser = console.browser("regulator")
    for target in ("/console", "/console/operations"):
        text = browser.get(target).text
        assert "It failed 3 times in a row and is tried again in 8 s" in text
        assert "10.0.0.9" not in text


# ---------------------------------------------------------------------------------------------- the chain


class Manager:
    """An access manager behind an RPC: what `hasRole` answers, by role."""

    def __init__(self, answers: dict[int, str]) -> None:
        self.answers = answers
        self.asked = 0
        self.failure: Exception | None = None

    def batch(self, requests: list[Request]) -> list[object]:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        found: list[object] = []
        for method, [call, block] in requests:
            assert (method, block) == ("eth_call", "latest")
            assert call["to"] == ADDRESSES[ContractName.ACCESS_MANAGER].hex0x
            assert call["data"].startswith(to_data(Function("hasRole(uint64,address)").selector))
            found.append(self.answers.get(int(call["data"][10:74], 16), "0x" + "00" * 64))
        return found


HELD = "0x" + f"{1:064x}{0:064x}"
DELAYED = "0x" + f"{1:064x}{3600:064x}"


def chain_of(manager: Manager, now: list[float]) -> NodeChain:
    records: RecordStore = None  # type: ignore[assignment]  # roles ask for no record
    return NodeChain(manager, DEPLOYMENT, records, RandomSalts(), clock=lambda: now[0])  # type: ignore[arg-type]


def test_roles_are_what_the_access_manager_says() -> None:
    manager = Manager({Role.REGULATOR: HELD, Role.PLATFORM: DELAYED})
    assert chain_of(manager, [0.0]).bodies_of(address(1)) == {Role.REGULATOR}


def test_roles_are_asked_for_again_after_five_seconds() -> None:
    manager, now = Manager({Role.REGULATOR: HELD}), [0.0]
    chain = chain_of(manager, now)
    assert chain.bodies_of(address(1)) == {Role.REGULATOR}
    manager.answers = {}
    now[0] = 4.9
    assert chain.bodies_of(address(1)) == {Role.REGULATOR}
    assert chain.bodies_of(address(2)) == frozenset()
    now[0] = 5.0
    assert chain.bodies_of(address(1)) == frozenset()
    assert manager.asked == 3


@pytest.mark.parametrize("failure", [NodeUnreachable("http://node", "refused"), RpcFailure("eth_call", -32000, "no")])
def test_a_silent_node_is_not_waited_for_by_every_page(failure: Exception) -> None:
    manager, now = Manager({Role.REGULATOR: HELD}), [0.0]
    chain = chain_of(manager, now)
    manager.failure = failure
    for _ in range(3):
        with pytest.raises(type(failure)):
            chain.bodies_of(address(1))
    assert manager.asked == 1
    manager.failure, now[0] = None, 5.0
    assert chain.bodies_of(address(1)) == {Role.REGULATOR}
