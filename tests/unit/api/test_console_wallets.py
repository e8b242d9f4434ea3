"""docs/spec/10-pages.md §10.12: people who log in with a wallet of their own, and sign what they were shown."""

import json
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from coincurve import PrivateKey
from eth_account import Account
from eth_account.messages import encode_defunct

from api.chain_port import WalletTransaction
from api.web.console.wallet_login import LASTS_SECONDS, LoginMessage, WalletLogins, checksummed
from api.web.errors import WalletLoginRefused
from chain.functions import keccak256
from chain.transactions import address_of
from chain.typed_data import write_signature
from ledger.errors import Refused
from ledger.ids import Address, Hash32
from ledger.refusals import ReductionLedger_LotFrozen
from ledger.vocabulary import Role
from tests.unit.api.browsers import PUBLIC_URL, Browser, Shown
from tests.unit.api.conftest import ConsoleOffice
from tests.unit.api.fake_chain import CHAIN_ID, CONTRACTS
from tests.unit.api.test_console_roles import FREEZE, LOT

KEY = PrivateKey(b"\x11" * 32)
ADDRESS = address_of(KEY.public_key)
OTHER_KEY = PrivateKey(b"\x22" * 32)
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SENT = Hash32(b"\x5a" * 32)


def personal_sign(text: str, key: PrivateKey = KEY) -> str:
    """As a wallet answers it."""
    data = text.encode()
    digest = keccak256(b"\x19Ethereum Signed Message:\n%d" % len(data) + data)
    return "0x" + write_signature(key.sign_recoverable(digest, hasher=None)).hex()


def log_in(console: ConsoleOffice, key: PrivateKey = KEY) -> tuple[Browser, Shown]:
    browser = console.browser()
    page = browser.send("/console/login/wallet", {"address": address_of(key.public_key).hex0x})
    nonce = page.form("/console/login/signature")["nonce"]
    text = message_of(page)
    assert nonce in text
    return browser, browser.fill_in(page, "/console/login/signature", signature=personal_sign(text, key))


def message_of(page: Shown) -> str:
    """The text as the page shows it, which is what a wallet is given."""
    body = page.reply.body.decode()
    given = body.partition('data-message="0x')[2].partition('"')[0]
    text = bytes.fromhex(given).decode()
    assert text.replace("&", "&amp;") in body
    return text


def test_a_bodys_wallet_logs_in_and_acts_itself(console: ConsoleOffice) -> None:
    console.chain.roles[ADDRESS] = frozenset({Role.REGULATOR})
    _, page = log_in(console)
    assert page.status == 200
    assert "Municipal Bureau of Ecology and Environment" in page.text
    assert ADDRESS.hex0x in page.reply.body.decode()


def test_a_holder_of_an_account_logs_in_as_no_body(console: ConsoleOffice) -> None:
    console.chain.accounts.add(ADDRESS)
    _, page = log_in(console)
    assert "Account holder" in page.text
    assert "You act for no body" in page.text


def test_a_stranger_to_the_ledger_is_not_let_in(console: ConsoleOffice) -> None:
    browser, page = log_in(console)
    assert (page.status, "wallet-login-refused" in page.text) == (401, True)
    assert browser.cookies == {}


def test_nobody_logs_in_by_wallet_while_the_node_is_silent(console: ConsoleOffice) -> None:
    browser = console.browser()
    page = browser.send("/console/login/wallet", {"address": ADDRESS.hex0x})
    console.chain.down = True
    page = browser.fill_in(page, "/console/login/signature", signature=personal_sign(message_of(page)))
    assert (page.status, browser.cookies) == (503, {})


@pytest.mark.parametrize("given", ["", "0x", "0x12", "somebody.eth", ADDRESS.hex0x + "00"])
def test_what_is_no_address_is_asked_again(console: ConsoleOffice, given: str) -> None:
    page = console.browser().send("/console/login/wallet", {"address": given})
    assert (page.status, "invalid-identifier" in page.text) == (422, True)


# ---------------------------------------------------------------------------------------------- the message


def logins(now: list[float]) -> WalletLogins:
    return WalletLogins(PUBLIC_URL, lambda: now[0])


def test_the_message_is_written_as_eip_4361_has_it() -> None:
    message = LoginMessage(
        domain="ledger.example",
        uri="https://ledger.example/console/login",
        address=Address.from_hex("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
        chain_id=20_259,
        nonce="00112233445566778899aabbccddeeff",
        issued_at=1_763_712_000,
    )
    assert message.text == (
        "ledger.example wants you to sign in with your Ethereum account:\n"
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\n"
        "\n"
        "Log in to the Tanpuhui Ledger console. This sends no transaction and costs nothing.\n"
        "\n"
        "URI: https://ledger.example/console/login\n"
        "Version: 1\n"
        "Chain ID: 20259\n"
        "Nonce: 00112233445566778899aabbccddeeff\n"
        "Issued At: 2025-11-21T08:00:00Z\n"
        "Expiration Time: 2025-11-21T08:10:00Z"
    )


@pytest.mark.parametrize(
    "text",
    [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ],
)  # fmt: skip
def test_addresses_are_written_as_eip_55_has_them(text: str) -> None:
    assert checksummed(Address.from_hex(text.lower())) == text


def test_a_public_url_with_a_port_is_named_with_it() -> None:
    asked = WalletLogins("http://127.0.0.1:8123/", lambda: 0.0).ask(ADDRESS, 1)
    assert (asked.domain, asked.uri) == ("127.0.0.1:8123", "http://127.0.0.1:8123/console/login")


def test_eth_account_signs_what_we_recover() -> None:
    now = [1_000.0]
    desk = logins(now)
    message = desk.ask(ADDRESS, CHAIN_ID)
    signed = Account.sign_message(encode_defunct(text=message.text), KEY.secret)
    assert desk.answer(message.nonce, "0x" + bytes(signed.signature).hex()) == ADDRESS


def test_a_nonce_is_taken_once() -> None:
    desk = logins([0.0])
    message = desk.ask(ADDRESS, CHAIN_ID)
    signature = personal_sign(message.text)
    assert desk.answer(message.nonce, signature) == ADDRESS
    with pytest.raises(WalletLoginRefused, match="a question that this instance has asked, and only once"):
        desk.answer(message.nonce, signature)


def test_a_wrong_answer_spends_the_nonce_too() -> None:
    desk = logins([0.0])
    message = desk.ask(ADDRESS, CHAIN_ID)
    with pytest.raises(WalletLoginRefused, match="made with the key of"):
        desk.answer(message.nonce, personal_sign(message.text, OTHER_KEY))
    with pytest.raises(WalletLoginRefused, match="only once"):
        desk.answer(message.nonce, personal_sign(message.text))


def test_a_nonce_that_nobody_asked_is_refused() -> None:
    desk = logins([0.0])
    other = logins([0.0]).ask(ADDRESS, CHAIN_ID)
    with pytest.raises(WalletLoginRefused, match="a question that this instance has asked"):
        desk.answer(other.nonce, personal_sign(other.text))


def test_an_answer_after_ten_minutes_is_too_late() -> None:
    now = [1_000.0]
    desk = logins(now)
    messages = [desk.ask(ADDRESS, CHAIN_ID) for _ in range(2)]
    now[0] = 1_000 + LASTS_SECONDS - 1
    assert desk.answer(messages[0].nonce, personal_sign(messages[0].text)) == ADDRESS
    now[0] = 1_000 + LASTS_SECONDS
    with pytest.raises(WalletLoginRefused, match="within 10 minutes"):
        desk.answer(messages[1].nonce, personal_sign(messages[1].text))


@pytest.mark.parametrize(
    "change",
    [
        {"domain": "evil.example"},
        {"uri": "https://evil.example/console/login"},
        {"chain_id": 1},
        {"issued_at": 1},
        {"nonce": "f" * 32},
        {"address": address_of(OTHER_KEY.public_key)},
    ],
)
def test_a_signature_of_another_message_logs_nobody_in(change: dict[str, Any]) -> None:
    desk = logins([0.0])
    message = desk.ask(ADDRESS, CHAIN_ID)
    with pytest.raises(WalletLoginRefused, match="made with the key of"):
        desk.answer(message.nonce, personal_sign(replace(message, **change).text))


def high_s(signature: str) -> str:
    """The other signature that the same key makes of the same message."""
    data = bytes.fromhex(signature[2:])
    s = ORDER - int.from_bytes(data[32:64], "big")
    return "0x" + (data[:32] + s.to_bytes(32, "big") + bytes([55 - data[64]])).hex()


@pytest.mark.parametrize(
    "mar",
    [
        high_s,
        lambda signature: signature[:-2],
        lambda signature: signature + "00",
        lambda signature: signature[:-2] + "1d",
        lambda _: "",
        lambda _: "0x",
        lambda _: "nonsense",
        lambda _: "0x" + "00" * 65,
        lambda _: "0x" + "ff" * 65,
    ],
)
def test_what_is_no_plain_signature_is_refused(mar: Any) -> None:
    desk = logins([0.0])
    message = desk.ask(ADDRESS, CHAIN_ID)
    with pytest.raises(WalletLoginRefused, match="65 bytes with a low s"):
        desk.answer(message.nonce, mar(personal_sign(message.text)))


def test_wallets_that_write_v_as_0_or_1_are_understood() -> None:
    desk = logins([0.0])
    message = desk.ask(ADDRESS, CHAIN_ID)
    data = bytes.fromhex(personal_sign(message.text)[2:])
    assert desk.answer(message.nonce, "0x" + (data[:64] + bytes([data[64] - 27])).hex()) == ADDRESS


# ---------------------------------------------------------------------------------------------- acting


def shown_to_the_wallet(console: ConsoleOffice) -> tuple[Browser, Shown, dict[str, str]]:
    """A regulator with a wallet, before the page that asks to sign a freeze."""
    console.chain.roles[ADDRESS] = frozenset({Role.REGULATOR})
    browser, _ = log_in(console)
    preview = browser.fill_in(browser.get(FREEZE), FREEZE, lot_id=LOT, reason="a doubt", step="preview")
    page = browser.fill_in(preview, FREEZE, step="sign")
    assert page.path.startswith("/console/sign/0x")
    operation_id = page.path.partition("?")[0].rpartition("/")[2]
    [record] = console.chain.kept
    assert record.hash.hex0x in page.reply.body.decode()
    given = page.reply.body.decode().partition('data-transaction="')[2].partition('"')[0]
    request: dict[str, str] = json.loads(unescape(given))
    assert operation_id[2:] in request["data"]
    return browser, page, request


def transaction(request: dict[str, str], **changes: Any) -> WalletTransaction:
    """What an honest wallet sends."""
    sent = WalletTransaction(
        hash=SENT,
        sender=ADDRESS,
        to=Address.from_hex(request["to"]),
        data=bytes.fromhex(request["data"][2:]),
        value=0,
    )
    return replace(sent, **changes)


def test_a_wallet_is_shown_all_that_it_sends_and_its_hash_is_checked(console: ConsoleOffice) -> None:
    browser, page, request = shown_to_the_wallet(console)
    assert not console.port.saved
    assert {name: request[name] for name in ("from", "gasPrice", "value", "type")} == {
        "from": ADDRESS.hex0x, "gasPrice": "0x0", "value": "0x0", "type": "0x0",
    }  # fmt: skip
    assert "a doubt" in page.text
    path = page.path.partition("?")[0]
    console.chain.transactions[SENT] = transaction(request)
    told = browser.fill_in(page, path, transaction_hash=SENT.hex0x)
    assert told.path.startswith("/console/operations/0x")
    assert "waits for a block" in told.text
    console.chain.transactions[SENT] = transaction(request, block_number=41)
    assert "A block has it" in browser.get(told.path).text
    assert browser.get(path).path.startswith("/console/operations/0x")


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("sender", {"sender": address_of(OTHER_KEY.public_key)}),
        ("contract", {"to": next(iter(CONTRACTS.values()))}),
        ("contract", {"to": None}),
        ("content", {"data": b"\x00" * 68}),
        ("value", {"value": 1}),
    ],
)
def test_a_wallet_that_sends_something_else_is_found_out(
    console: ConsoleOffice, part: str, change: dict[str, Any]
) -> None:
    browser, page, request = shown_to_the_wallet(console)
    console.chain.transactions[SENT] = transaction(request, **change)
    refused = browser.fill_in(page, page.path.partition("?")[0], transaction_hash=SENT.hex0x)
    assert refused.status == 409
    assert f"it has another {part}" in refused.text
    assert browser.get(page.path).path == page.path


def test_one_changed_byte_of_the_content_is_found_out(console: ConsoleOffice) -> None:
    browser, page, request = shown_to_the_wallet(console)
    data = bytearray.fromhex(request["data"][2:])
    data[-1] ^= 1
    console.chain.transactions[SENT] = transaction(request, data=bytes(data))
    refused = browser.fill_in(page, page.path.partition("?")[0], transaction_hash=SENT.hex0x)
    assert (refused.status, "another content" in refused.text) == (409, True)


def test_a_transaction_that_our_node_does_not_know_is_said_so(console: ConsoleOffice) -> None:
    browser, page, _ = shown_to_the_wallet(console)
    refused = browser.fill_in(page, page.path.partition("?")[0], transaction_hash=SENT.hex0x)
    assert (refused.status, "not-found" in refused.text) == (404, True)
    assert refused.form(page.path.partition("?")[0])["transaction_hash"] == SENT.hex0x


@pytest.mark.parametrize("given", ["", "0x12", "nonsense"])
def test_what_is_no_hash_is_asked_again(console: ConsoleOffice, given: str) -> None:
    browser, page, _ = shown_to_the_wallet(console)
    refused = browser.fill_in(page, page.path.partition("?")[0], transaction_hash=given)
    assert refused.status == 422


def test_nobody_sees_what_another_wallet_is_asked(console: ConsoleOffice) -> None:
    _, page, request = shown_to_the_wallet(console)
    path = page.path.partition("?")[0]
    console.chain.transactions[SENT] = transaction(request)
    console.chain.roles[address_of(OTHER_KEY.public_key)] = frozenset({Role.REGULATOR})
    other, _ = log_in(console, OTHER_KEY)
    for stranger in (other, console.browser("regulator")):
        assert stranger.get(path).status == 404
        csrf = stranger.get("/console").form("/console/logout")["csrf"]
        refused = stranger.send(path, {"transaction_hash": SENT.hex0x, "csrf": csrf})
        assert (refused.status, "not-yours" in refused.text) == (404, True)


def test_why_the_ledger_refused_a_wallets_transaction_is_told(console: ConsoleOffice) -> None:
    browser, page, request = shown_to_the_wallet(console)
    refusal: Refused = ReductionLedger_LotFrozen(Hash32(b"\xc1" * 32))  # type: ignore[arg-type]
    console.chain.transactions[SENT] = transaction(request, block_number=41, refusal=refusal)
    told = browser.fill_in(page, page.path.partition("?")[0], transaction_hash=SENT.hex0x)
    assert "The ledger's rules forbid it" in told.text
    assert "reduction-ledger-lot-frozen" in told.text


def test_a_role_that_the_chain_took_away_stops_a_wallet_too(console: ConsoleOffice) -> None:
    console.chain.roles[ADDRESS] = frozenset({Role.REGULATOR})
    browser, _ = log_in(console)
    preview = browser.fill_in(browser.get(FREEZE), FREEZE, lot_id=LOT, reason="a doubt", step="preview")
    console.chain.roles[ADDRESS] = frozenset()
    page = browser.fill_in(preview, FREEZE, step="sign")
    assert (page.status, "role-not-held" in page.text) == (403, True)
    assert not console.chain.kept


def test_a_wallet_sees_its_own_operations_and_no_others(console: ConsoleOffice) -> None:
    freezing = console.browser("regulator")
    preview = freezing.fill_in(freezing.get(FREEZE), FREEZE, lot_id=LOT, reason="a doubt", step="preview")
    freezing.fill_in(preview, FREEZE, step="sign")
    [operation_id] = console.port.saved
    browser, page, _ = shown_to_the_wallet(console)
    assert browser.get(f"/console/operations/{operation_id.hex0x}").status == 404
    listed = browser.get("/console/operations")
    assert "Not signed" in listed.text
    assert any(page.path.partition("?")[0] in one for one in listed.links)
