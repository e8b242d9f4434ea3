"""The way in and out of the console, and the choice of the body that a session acts as."""

from __future__ import annotations

import re
from typing import Final

from api.parameters import Parameter, plain_text
from api.web.console.actors import Actor, standings
from api.web.console.routes import OpenRoute, Stranger
from api.web.console.visits import LOGIN, Page, SeeOther, Visit, local_path
from api.web.errors import LoginRefused, RoleNotHeld, WalletLoginRefused
from ledger.errors import Unauthorised
from ledger.ids import Address
from ledger.vocabulary import Role

_SECRET: Final = re.compile(r"[!-~]{16,256}", re.ASCII)
_NEXT: Final = Parameter("next", "query", "", plain_text, {}, None)


def show_login(stranger: Stranger) -> Page:
    """Both ways: an API key, or a wallet."""
    return Page("console/login.html", {"next": _next(stranger), "chain_id": stranger.console.chain.chain_id})


def log_in_by_key(stranger: Stranger) -> SeeOther:
    """Raises `LoginRefused` for whatever is wrong with the key, and `RateExceeded` for too many tries."""
    stranger.console.take_attempt(stranger.host)
    secret = stranger.form.text("key")
    if not _SECRET.fullmatch(secret):
        raise LoginRefused
    try:
        key = stranger.console.keys.verify(secret)
    except Unauthorised:
        raise LoginRefused from None
    return _begin(stranger, Actor.of_key(key))


def ask_wallet(stranger: Stranger) -> Page:
    """The message that the wallet of this address has to sign."""
    stranger.console.take_attempt(stranger.host)
    address = Address.from_hex(stranger.form.text("address").lower(), "address")
    message = stranger.console.wallet_logins.ask(address, stranger.console.chain.chain_id)
    values = {"message": message, "next": _next(stranger), "hex_message": "0x" + message.text.encode().hex()}
    return Page("console/login_wallet.html", values)


def log_in_by_wallet(stranger: Stranger) -> SeeOther:
    """Raises `WalletLoginRefused`, also for an address that the ledger does not know: neither body nor account."""
    stranger.console.take_attempt(stranger.host)
    address = stranger.console.wallet_logins.answer(stranger.form.text("nonce"), stranger.form.text("signature"))
    chain = stranger.console.chain
    if not chain.bodies_of(address) and not chain.has_account(address):
        raise WalletLoginRefused("be of a body of this ledger, or of an account that is open on it")
    return _begin(stranger, Actor.of_wallet(address))


def log_out(visit: Visit) -> SeeOther:
    """Ends the session and takes the cookie away."""
    visit.console.sessions.end(visit.session_id)
    return SeeOther(visit.link(LOGIN), (visit.console.cookie.clear(),))


def choose_body(visit: Visit) -> SeeOther:
    """From now on the session acts as this body; `RoleNotHeld` where the chain does not give it to the address."""
    role = Role.from_label(visit.form.text("role"), "role")
    found = next((one for one in visit.standings() if one.role is role), None)
    if found is None or not found.usable:
        raise RoleNotHeld(role, (found and found.address) or visit.actor.address or Address(bytes(20)))
    visit.console.sessions.change(visit.session_id, visit.actor.acting(role))
    return SeeOther(visit.link(local_path(visit.form.text("next"))))


def _begin(stranger: Stranger, actor: Actor) -> SeeOther:
    """A new session under a new id; of somebody who may be one body only, as that body."""
    console = stranger.console
    usable = [one.role for one in standings(actor, console.senders, console.chain) if one.usable]
    if len(usable) == 1:
        actor = actor.acting(usable[0])
    session_id = console.sessions.begin(actor, instead_of=stranger.session_id)
    target = _next(stranger)
    location = target if "?" in target else stranger.asked.link(target)
    return SeeOther(location, (console.cookie.set(session_id),))


def _next(stranger: Stranger) -> str:
    """Where the login leads: a path of the console, whatever was asked."""
    return local_path(stranger.form.text("next") or stranger.arguments.get("next"))


OPEN_PAGES: Final = (
    OpenRoute(LOGIN, "login", show_login, log_in_by_key, parameters=(_NEXT,)),
    OpenRoute("/console/login/wallet", "login_wallet", show_login, ask_wallet, parameters=(_NEXT,)),
    OpenRoute("/console/login/signature", "login_signature", show_login, log_in_by_wallet, parameters=(_NEXT,)),
)
