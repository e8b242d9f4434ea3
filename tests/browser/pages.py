"""Where each page of the site is seen on the ledger of `world`: a page without an address here fails a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from ledger.vocabulary import Role
from tests.browser.world import World


class Seen(NamedTuple):
    """One address of a page. `by`: the body that is logged in, or "person" for one who showed a lookup token."""

    area: str
    address: Callable[[World], str]
    by: Role | str | None = None
    status: int = 200


def _public(area: str, path: str, status: int = 200) -> Seen:
    return Seen(area, lambda _: path, None, status)


def _first(list_path: str, member: str, page: str) -> Callable[[World], str]:
    """The page of the first of a list of the API."""
    return lambda world: page.format(world.api(list_path)["items"][0][member])


def _account(tail: str = "") -> Callable[[World], str]:
    return lambda world: "/explorer/accounts/" + world.certificate["account"] + tail


def _entry(tail: str = "") -> Callable[[World], str]:
    return lambda world: f"/points/entries/{world.entry_id}{tail}"


_OPERATOR: Final = Role.PLATFORM

SEEN: Final[Mapping[str, Seen]] = {
    "home": _public("citizen", "/"),
    "certificates": _public("citizen", "/certificates"),
    "certificate": _public("citizen", "/certificates/1"),
    "activities": _public("citizen", "/activities"),
    "methodologies": _public("citizen", "/methodologies"),
    "campaigns": _public("citizen", "/campaigns"),
    "activity": _public("citizen", "/activities/SAMPLE-PV-0001"),
    "methodology": _public("citizen", "/methodologies/SAMPLE-PV"),
    "campaign": _public("citizen", "/campaigns/SAMPLE-MARATHON-2026"),
    "about": _public("citizen", "/about"),
    "points": Seen("citizen", lambda _: "/points", "person"),
    "points_entries": Seen("citizen", lambda _: "/points/entries", "person"),
    "points_entry": Seen("citizen", _entry(), "person"),
    "points_forget": Seen("citizen", lambda _: "/points/forget", "person"),
    "explorer-home": _public("explorer", "/explorer"),
    "explorer-operations": _public("explorer", "/explorer/operations"),
    "explorer-operation": Seen("explorer", lambda world: "/explorer/operations/" + world.certificate["operation_id"]),
    "explorer-accounts": _public("explorer", "/explorer/accounts"),
    "explorer-account": Seen("explorer", _account()),
    "explorer-holdings": Seen("explorer", _account("/holdings")),
    "explorer-postings": Seen("explorer", _account("/postings")),
    "explorer-certificates": _public("explorer", "/explorer/certificates"),
    "explorer-blocks": _public("explorer", "/explorer/blocks"),
    "explorer-block": _public("explorer", "/explorer/blocks/5"),
    "explorer-incidents": _public("explorer", "/explorer/status/incidents"),
    "lots": _public("explorer", "/explorer/lots"),
    "lot": Seen("explorer", lambda world: f"/explorer/lots/{world.lot_id}"),
    "lot-ends": Seen("explorer", lambda world: f"/explorer/lots/{world.lot_id}/ends"),
    "batches": _public("explorer", "/explorer/batches"),
    "batch": _public("explorer", "/explorer/batches/1"),
    "serials": _public("explorer", "/explorer/serials"),
    "serial": _public("explorer", "/explorer/serials/1000"),
    "explorer-checkpoints": _public("explorer", "/explorer/checkpoints"),
    "explorer-checkpoint": Seen("explorer", _first("/v1/log/checkpoints", "size", "/explorer/checkpoints/{}")),
    "explorer-status": _public("explorer", "/explorer/status"),
    "explorer-exports": _public("explorer", "/explorer/exports"),
    "supervision": _public("supervision", "/supervision"),
    "supervision-movements": _public("supervision", "/supervision/movements"),
    "supervision-sums": _public("supervision", "/supervision/sums"),
    "supervision-unusual": _public("supervision", "/supervision/unusual"),
    "supervision-deficits": _public("supervision", "/supervision/deficits"),
    "console login": _public("console", "/console/login"),
    "console home": Seen("console", lambda _: "/console", _OPERATOR),
    "console acts": Seen("console", lambda _: "/console/acts", _OPERATOR),
    "console queue": Seen("console", lambda _: "/console/queue", Role.REGULATOR),
    "console operations": Seen("console", lambda _: "/console/operations", _OPERATOR),
    "console uploads": Seen("console", lambda _: "/console/uploads", _OPERATOR),
    "console batches": Seen("console", lambda _: "/console/batches", _OPERATOR),
}
"""By the name of the route."""

ACTS: Final[Mapping[str, Role]] = {
    **dict.fromkeys(
        ("confirm_issuance", "reject_issuance", "correct", "publish_methodology", "withdraw_methodology"),
        Role.REGULATOR,
    ),
    **dict.fromkeys(
        ("register_activity", "suspend_activity", "resume_activity", "close_activity", "withdraw_activity"),
        Role.REGULATOR,
    ),
    **dict.fromkeys(("freeze_lot", "unfreeze_lot", "freeze_account", "unfreeze_account"), Role.REGULATOR),
    "propose_issuance": Role.TECHNICAL_CENTRE,
    **dict.fromkeys(("transfer", "cancel", "open_account", "close_account", "cancel_campaign"), Role.PLATFORM),
    **dict.fromkeys(
        ("admit_provider", "suspend_provider", "resume_provider", "close_provider", "open_campaign", "close_campaign"),
        Role.EXCHANGE,
    ),
}
"""Forms of acts, `/console/acts/…`, and a body that may see each."""

ELSEWHERE: Final[Mapping[str, str]] = {
    "verify": "leads to the checking page: test_checking_page",
    "points_proof": "a file",
    "points_bundle": "a file",
    "points_pdf": "a file",
    "points_leave": "leads to /points",
    "console login_wallet": "a step of a login: unit tests",
    "console login_signature": "a step of a login: unit tests",
    "console body": "leads to /console",
    "console logout": "leads to the login",
    "console proposal": "test_operator",
    "console operation": "test_operator",
    "console sign": "for wallets: unit tests",
    "console act_transfer_own": "for wallets: unit tests",
    "console act_cancel_own": "for wallets: unit tests",
    "console upload": "of a run: unit tests",
    "console upload_refused": "of a run: unit tests",
    "console upload_refused_file": "a file",
    "console upload_sign": "of a run: unit tests",
    "console upload_send": "of a run: unit tests",
    "console upload_abandon": "of a run: unit tests",
}
"""Routes that answer with no page of their own, or whose page other tests see."""


def seen() -> dict[str, Seen]:
    """Every page that is seen, forms of acts included."""
    acts = {
        f"console act_{act}": Seen("console", lambda _, act=act: f"/console/acts/{act}", role)  # type: ignore[misc]
        for act, role in ACTS.items()
    }
    return {**SEEN, **acts}
