"""docs/spec/10-pages.md §10.13: acts from the form through the preview to the operation, and the queue."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from api.web.console.acts.tables import ACTS, Act
from chain.facts import check_record
from chain.functions import keccak256
from ledger.encoding import methodology_id, request_operation_id
from ledger.ids import LotId
from ledger.refusals import ReductionLedger_InsufficientBalance, ReductionLedger_SameProposerAndConfirmer
from ledger.vocabulary import ProposalStatus, Role
from tests.unit.api.browsers import Browser, Shown
from tests.unit.api.conftest import ConsoleOffice
from tests.unit.api.sample import BUYER, STRANGER
from tests.unit.api.test_console_acts import typed_for
from tests.unit.api.test_console_wallets import ADDRESS, log_in

WHO = {
    Role.REGULATOR: "regulator",
    Role.TECHNICAL_CENTRE: "centre",
    Role.PLATFORM: "platform",
    Role.EXCHANGE: "exchange",
}
CANCEL = "/console/acts/cancel"
OWN = "/console/acts/cancel_own"


def lot_of(console: ConsoleOffice) -> str:
    return LotId(console.sample.rows["lots"][0]["lot_id"]).hex0x


def cancelling(console: ConsoleOffice, **others: str) -> dict[str, str]:
    return {
        "account": BUYER.hex0x,
        "lot_id": lot_of(console),
        "quantity_gco2e": "12.5",
        "purpose": "event-neutrality",
        "event": "Half marathon",
        **others,
    }


def previewed(browser: Browser, console: ConsoleOffice, **others: str) -> Shown:
    page = browser.get(f"{CANCEL}?purpose=event-neutrality")
    return browser.fill_in(page, CANCEL, **cancelling(console, **others))


def confirm(browser: Browser, page: Shown, again: str = "12.5", **others: str) -> Shown:
    return browser.send(CANCEL, {**page.form(CANCEL), "step": "sign", "again": again, **others}, follow=False)


def saved(console: ConsoleOffice) -> list[Any]:
    return [operation for operation, _ in console.port.saved.values()]


def open_form(browser: Browser, act: Act, typed: dict[str, str]) -> Shown:
    return browser.get(f"{act.path}?purpose={typed['purpose']}" if act.asks_purpose_first else act.path)


@pytest.mark.parametrize("role", list(WHO))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_act_of_a_body_has_a_form_and_a_preview(console: ConsoleOffice, role: Role, language: str) -> None:
    browser = console.browser(WHO[role])
    browser.language = language
    for act in (one for one in ACTS.values() if one.role is role and one.name != "close_account"):
        typed = typed_for(act)
        if "methodology_id" in typed:
            typed["methodology_id"] = methodology_id(code="SHCER-PV-001", version=1).hex0x
        form = open_form(browser, act, typed)
        assert form.status == 200, form.text
        assert set(form.form(act.path)) >= {"csrf", "form_id", "step"}
        page = browser.fill_in(form, act.path, **typed)
        assert page.status == 200, page.text
        shown = page.form(act.path)
        assert {"operation_id", "calldata_hash", "signer"} <= set(shown)
        assert shown["operation_id"] in page.text
    assert not saved(console)


def test_a_key_without_the_scope_opens_no_form(console: ConsoleOffice) -> None:
    page = console.browser("platform").get(ACTS["close_account"].path)
    assert (page.status, "act-not-allowed" in page.text) == (403, True)


def test_the_list_has_the_acts_of_the_body_and_of_the_key(console: ConsoleOffice) -> None:
    links = {link.partition("?")[0] for link in console.browser("regulator").get("/console/acts").links}
    assert "/console/acts/confirm_issuance" in links
    assert "/console/acts/propose_issuance" not in links
    assert "/console/acts/cancel" not in links


def test_a_cancellation_from_the_form_to_the_operation(console: ConsoleOffice) -> None:
    browser = console.browser("platform")
    page = previewed(browser, console)
    assert page.status == 200
    assert "Cancels 12.5 t (12,500,000 g) of Class I for good" in page.text
    assert "cancelFor(bytes32,address,uint256,uint128,uint8,bytes32)" in page.text
    assert not saved(console)
    done = confirm(browser, page)
    assert done.status == 303
    [operation] = saved(console)
    assert done.reply.header("location") == f"/console/operations/{operation.id.hex0x}"
    check_record(operation.record, operation.call, operation.sender)
    assert operation.record.values["quantity_gco2e"] == "12500000"
    form = page.form(CANCEL)
    assert operation.id.hex0x == form["operation_id"]
    assert "0x" + keccak256(operation.call.calldata).hex() == form["calldata_hash"]
    assert operation.sender.hex0x == form["signer"]
    assert operation.record.hash.hex0x in page.text


def test_the_operation_follows_from_who_and_from_the_form(console: ConsoleOffice) -> None:
    browser = console.browser("platform")
    page = previewed(browser, console)
    key = console.keys["platform"].key.key_id
    expected = request_operation_id(api_key_id=f"console:{key}", idempotency_key=page.form(CANCEL)["form_id"])
    assert page.form(CANCEL)["operation_id"] == expected.hex0x


def test_confirming_twice_is_one_operation(console: ConsoleOffice) -> None:
    browser = console.browser("platform")
    page = previewed(browser, console)
    first, again = confirm(browser, page), confirm(browser, page)
    assert first.reply.header("location") == again.reply.header("location")
    assert len(console.port.saved) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"quantity_gco2e": "12.500001", "again": "12.500001"},
        {"account": STRANGER.hex0x},
        {"event": "Other"},
        {"purpose": "ecological-restoration", "case_reference": "7"},
        {"form_id": "another"},
        {"operation_id": "0x" + "11" * 32},
        {"calldata_hash": "0x" + "11" * 32},
        {"signer": STRANGER.hex0x},
        {"operation_id": ""},
    ],
)
def test_what_was_not_shown_is_not_signed(console: ConsoleOffice, changed: dict[str, str]) -> None:
    browser = console.browser("platform")
    page = previewed(browser, console)
    refused = confirm(browser, page, **changed)
    assert refused.status == 409
    assert "act-differs" in refused.text
    assert not saved(console)
    assert refused.form(CANCEL)["lot_id"] == lot_of(console)


def test_a_form_that_was_confirmed_does_no_second_thing(console: ConsoleOffice) -> None:
    browser = console.browser("platform")
    page = previewed(browser, console)
    assert confirm(browser, page).status == 303
    other = browser.send(CANCEL, {**page.form(CANCEL), "step": "preview", "quantity_gco2e": "1"})
    refused = confirm(browser, other, again="1")
    assert (refused.status, "act-done-otherwise" in refused.text) == (409, True)
    assert len(console.port.saved) == 1


@pytest.mark.parametrize("again", ["", "12", "12500000", "yes"])
def test_what_is_final_needs_its_quantity_typed_again(console: ConsoleOffice, again: str) -> None:
    browser = console.browser("platform")
    page = previewed(browser, console)
    refused = confirm(browser, page, again=again)
    assert refused.status == 422
    assert "This is not what the preview says" in refused.text
    assert not saved(console)
    assert confirm(browser, refused).status == 303


def test_what_the_ledger_would_refuse_is_told_in_words_and_saves_nothing(console: ConsoleOffice) -> None:
    browser = console.browser("platform")
    console.chain.refusal = ReductionLedger_InsufficientBalance(BUYER, LotId(b"\x1a" * 32), 3, 12_500_000)
    page = previewed(browser, console)
    assert page.status == 422
    assert "holds 0.000003 t of lot" in page.text
    assert "held_grams" in page.text
    assert "reduction-ledger-insufficient-balance" in page.text
    assert "again" not in page.form(CANCEL)
    browser.language = "zh"
    assert "账本现在会拒绝此操作" in previewed(browser, console).text
    assert not saved(console)


def test_what_the_ledger_refuses_only_when_it_is_confirmed_keeps_what_was_typed(console: ConsoleOffice) -> None:
    browser = console.browser("platform")
    page = previewed(browser, console)
    console.chain.refusal = ReductionLedger_InsufficientBalance(BUYER, LotId(b"\x1a" * 32), 3, 12_500_000)
    refused = confirm(browser, page)
    assert (refused.status, "insufficient-balance" in refused.text) == (409, True)
    assert refused.form(CANCEL)["quantity_gco2e"] == "12.5"
    assert not saved(console)


def test_going_back_keeps_everything_that_was_typed(console: ConsoleOffice) -> None:
    browser = console.browser("platform")
    page = previewed(browser, console, note="seen by two", fields='{"district": "Pudong"}')
    back = browser.send(CANCEL, {**page.form(CANCEL), "step": "change"})
    assert back.status == 200
    form = back.form(CANCEL)
    assert form["note"] == "seen by two"
    assert form["fields"] == '{"district": "Pudong"}'
    assert form["form_id"] == page.form(CANCEL)["form_id"]


def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(console: ConsoleOffice) -> None:
    browser = console.browser("platform")
    page = previewed(browser, console, quantity_gco2e="1.1234567", account="0x12")
    assert page.status == 422
    assert "Tonnes have six decimals at most" in page.text
    assert "To be changed: 2." in page.text
    raw = page.reply.body.decode()
    assert 'aria-describedby="field-quantity_gco2e-hint field-quantity_gco2e-error"' in raw
    assert raw.count('aria-invalid="true"') == 2
    assert page.form(CANCEL)["quantity_gco2e"] == "1.1234567"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", "account 应当在平台代管时留空，或为 0x"),
        ("en", "account must be left out in platform custody, or be 0x"),
    ],
)
def test_a_rule_of_the_route_is_said_at_its_field_in_the_readers_language(
    console: ConsoleOffice, language: str, said: str
) -> None:
    browser, path = console.browser("platform"), ACTS["open_account"].path
    browser.language = language
    typed = {**typed_for(ACTS["open_account"]), "custody": "platform"}
    page = browser.fill_in(browser.get(path), path, **typed)
    assert page.status == 422
    assert said in page.text
    assert 'id="field-account-error"' in page.reply.body.decode()


def test_what_others_wrote_is_text(console: ConsoleOffice) -> None:
    browser = console.browser("platform")
    evil = '<script>alert(1)</script>"\u202e'
    page = previewed(browser, console, beneficiary=evil)
    raw = page.reply.body.decode()
    assert "<script>alert(1)" not in raw
    assert "[U+202E]" in raw
    assert page.form(CANCEL)["beneficiary"] == evil
    assert confirm(browser, page).status == 303
    [operation] = saved(console)
    assert operation.record.values["beneficiary"] == evil


def test_withheld_fields_are_marked_and_public_ones_too(console: ConsoleOffice) -> None:
    page = previewed(console.browser("platform"), console, beneficiary="Somebody")
    rows = re.findall(r'<code>(\w+)</code> <span class="badge[^>]*>([^<]+)<', page.reply.body.decode())
    seen = dict(rows)
    assert seen["beneficiary"] == "Withheld"
    assert seen["event"] == seen["quantity_gco2e"] == seen["field_names"] == "Public"


def test_a_purpose_is_chosen_first_and_decides_the_fields(console: ConsoleOffice) -> None:
    browser = console.browser("platform")
    first = browser.get(CANCEL)
    assert "Choose the purpose first" in first.text
    assert CANCEL not in first.forms
    names = set(browser.get(f"{CANCEL}?purpose=ets-compliance").form(CANCEL))
    assert "compliance_year" in names
    assert "event" not in names


def test_a_form_is_filled_in_by_the_address_that_leads_to_it(console: ConsoleOffice) -> None:
    page = console.browser("platform").get(f"{CANCEL}?purpose=event-neutrality&account={BUYER.hex0x}")
    assert page.form(CANCEL)["account"] == BUYER.hex0x
    assert lot_of(console) in page.reply.body.decode()


def test_a_session_that_ends_in_the_middle_loses_nothing_and_does_nothing(console: ConsoleOffice) -> None:
    browser = console.browser("platform")
    page = previewed(browser, console)
    console.now[0] += 1_000_000
    late = confirm(browser, page)
    assert late.status == 401
    assert not saved(console)
    assert "12.5" in late.text


@pytest.mark.parametrize("who", ["regulator", "centre", "exchange"])
def test_another_body_opens_no_form_and_sends_none(console: ConsoleOffice, who: str) -> None:
    platform = console.browser("platform")
    page = previewed(platform, console)
    browser = console.browser(who)
    assert browser.get(f"{CANCEL}?purpose=event-neutrality").status == 403
    fields = {**page.form(CANCEL), "csrf": browser.get("/console").form("/console/logout")["csrf"], "step": "sign"}
    assert browser.send(CANCEL, {**fields, "again": "12.5"}, follow=False).status == 403
    assert not saved(console)


def test_a_node_that_is_down_confirms_nothing(console: ConsoleOffice) -> None:
    browser = console.browser("platform")
    page = previewed(browser, console)
    console.chain.down = True
    assert confirm(browser, page).status == 503
    assert not saved(console)


# ----------------------------------------------------------------------------------------------------------- wallets


def test_a_bodys_wallet_gets_the_same_preview_and_is_asked_to_sign_those_very_bytes(console: ConsoleOffice) -> None:
    console.chain.roles[ADDRESS] = frozenset({Role.PLATFORM})
    browser, _ = log_in(console)
    page = previewed(browser, console)
    assert "Cancels 12.5 t (12,500,000 g) of Class I for good" in page.text
    shown = page.form(CANCEL)
    assert shown["signer"] == ADDRESS.hex0x
    signing = browser.send(CANCEL, {**shown, "step": "sign", "again": "12.5"})
    assert signing.path.startswith(f"/console/sign/{shown['operation_id']}")
    given = signing.reply.body.decode().partition('data-transaction="')[2].partition('"')[0]
    data = bytes.fromhex(json.loads(html.unescape(given))["data"][2:])
    assert "0x" + keccak256(data).hex() == shown["calldata_hash"]
    [record] = console.chain.kept
    assert record.hash == data[-32:]
    assert not saved(console)


def own_cancellation(console: ConsoleOffice) -> tuple[Browser, Shown]:
    console.chain.accounts.add(ADDRESS)
    browser, _ = log_in(console)
    page = browser.get(f"{OWN}?purpose=event-neutrality")
    typed = {"lot_id": lot_of(console), "quantity_gco2e": "1", "event": "Half marathon", "account": BUYER.hex0x}
    return browser, browser.fill_in(page, OWN, **typed)


def test_a_holder_cancels_what_the_own_account_holds_and_no_others(console: ConsoleOffice) -> None:
    browser, page = own_cancellation(console)
    assert page.form(OWN)["account"] == ADDRESS.hex0x  # whatever was sent
    assert "cancel(bytes32,uint256,uint128,uint8,bytes32)" in page.text
    assert "holds 0 t of the lot, less than 1 t" in page.text
    signing = browser.send(OWN, {**page.form(OWN), "step": "sign", "again": "1"})
    assert signing.path.startswith("/console/sign/0x")


def test_the_list_of_a_holder_has_what_the_own_key_may_do(console: ConsoleOffice) -> None:
    console.chain.accounts.add(ADDRESS)
    browser, _ = log_in(console)
    acts = {link.partition("?")[0] for link in browser.get("/console/acts").links if "/console/acts/" in link}
    assert acts == {"/console/acts/transfer_own", OWN}


def test_nobody_else_opens_a_holders_form(console: ConsoleOffice) -> None:
    page = console.browser("platform").get(OWN)
    assert (page.status, "holder-acts" in page.text) == (403, True)


# --------------------------------------------------------------------------------------------------------- the queue


@pytest.fixture
def proposal(console: ConsoleOffice) -> Iterator[str]:
    """The sample's first proposal, undecided for the time of a test."""
    row = console.sample.rows["proposals"][0]
    _decide(console, row["proposal_id"], ProposalStatus.PROPOSED)
    yield LotId(row["proposal_id"]).hex0x
    _decide(console, row["proposal_id"], ProposalStatus.CONFIRMED)


def _decide(console: ConsoleOffice, proposal_id: bytes, status: ProposalStatus) -> None:
    with console.database.write() as connection:
        connection.exec_driver_sql("UPDATE proposals SET status = ? WHERE proposal_id = ?", (int(status), proposal_id))


def test_the_queue_has_what_waits(console: ConsoleOffice, proposal: str) -> None:
    page = console.browser("regulator").get("/console/queue")
    assert "1 in all, 462 t." in page.text
    assert "SH-PV-0001" in page.text
    assert any(proposal in link for link in page.links)
    assert not any("/explorer/accounts/" in link for link in page.links)  # a body's address is no account of the ledger


def test_an_empty_queue_says_so(console: ConsoleOffice) -> None:
    assert "No issuance waits." in console.browser("regulator").get("/console/queue").text


def test_a_proposal_shows_what_it_would_do_and_leads_to_both_ends(console: ConsoleOffice, proposal: str) -> None:
    page = console.browser("regulator").get(f"/console/queue/{proposal}")
    assert "462 t" in page.text
    assert "Overlap: SH-PV-0001" in page.text
    assert "Another proposal overlaps" not in page.text  # its own days are no overlap
    ways = {link.partition("?")[0] for link in page.links}
    assert {"/console/acts/confirm_issuance", "/console/acts/reject_issuance"} <= ways


def test_who_proposes_is_led_to_no_confirmation(console: ConsoleOffice, proposal: str) -> None:
    page = console.browser("centre").get(f"/console/queue/{proposal}")
    assert "you can neither confirm nor reject" in page.text
    assert not any("confirm_issuance" in link for link in page.links)


def test_an_unknown_proposal_is_not_found(console: ConsoleOffice) -> None:
    assert console.browser("regulator").get(f"/console/queue/0x{'77' * 32}").status == 404


@pytest.mark.parametrize(("act", "typed"), [("confirm_issuance", {"again": "462"}), ("reject_issuance", {})])
def test_a_proposal_is_decided_from_the_queue(
    console: ConsoleOffice, proposal: str, act: str, typed: dict[str, str]
) -> None:
    browser, path = console.browser("regulator"), f"/console/acts/{act}"
    way = next(link for link in browser.get(f"/console/queue/{proposal}").links if link.startswith(path))
    page = browser.fill_in(browser.get(way), path, **({"reason": "counted twice"} if act == "reject_issuance" else {}))
    assert page.status == 200, page.text
    done = browser.send(path, {**page.form(path), "step": "sign", **typed}, follow=False)
    assert done.status == 303, done.text
    [operation] = saved(console)
    assert operation.call.calldata[36:68] == bytes.fromhex(proposal[2:])
    if act == "reject_issuance":
        assert operation.record.values["reason"] == "counted twice"


def test_the_contracts_word_against_confirming_ones_own_is_shown(console: ConsoleOffice, proposal: str) -> None:
    browser, path = console.browser("regulator"), "/console/acts/confirm_issuance"
    key = console.port.senders[Role.REGULATOR]
    console.chain.refusal = ReductionLedger_SameProposerAndConfirmer(
        request_operation_id(api_key_id="a", idempotency_key="b"), key
    )
    page = browser.fill_in(browser.get(f"{path}?proposal_id={proposal}"), path)
    assert page.status == 422
    assert "can never confirm it (M11)" in html.unescape(page.text)
