"""Lists of what grows with the ledger are searched by an index of what was asked, and never gone through for it.

Methodologies, activities, providers and campaigns are registries of some thousands of rows at most, and go without.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import make_url

from api.app import READ_ROUTES
from api.problems import Problems
from api.reading import Conditions, ListRoute
from api.repository.snapshots import AsOf, FactCache, Row, as_of_from_row
from tests.unit.api.sample import CHAIN_ID

ACCOUNT, ID = "0x" + "5a" * 20, "0x" + "1a" * 32
LISTS = {route.path: route for route in READ_ROUTES if isinstance(route, ListRoute)}
REGISTRIES = {"/v1/methodologies", "/v1/activities", "/v1/providers", "/v1/campaigns"}
NEVER_EXPLAINED = {"limit", "cursor", "order", "activity_code", "campaign_code"}
"""Codes are turned into the filter by id, which is explained, by a registry's unique code."""
ELSEWHERE = {
    "/v1/lots/{lot_id}/ends": "test_flow_lives: filters choose among the rows of one lot",
    "/v1/supervision/sums": "of what is kept in memory",
    "/v1/supervision/unusual": "of what is kept in memory",
    "/v1/supervision/movements": "test_supervision_lists, step by step",
}
"""Lists whose plans are not explained here, and why."""
BOTH_SIDES = "ix_operations_from_account (from_account=? ix_operations_to_account (to_account=?"
SEARCHED = {
    ("/v1/operations", "kind=methodology-withdrawn"): "ix_operations_kind (kind=?",
    ("/v1/operations", f"subject={ID}"): "ix_operations_subject (subject=?",
    ("/v1/operations", f"account={ACCOUNT}"): f"{BOTH_SIDES} ix_operations_subject (subject=?",
    ("/v1/operations", f"account={ACCOUNT}&kind=lot-frozen"): f"{BOTH_SIDES} ix_operations_subject (subject=?",
    ("/v1/operations", f"subject={ID}&kind=lot-frozen"): "ix_operations_subject (subject=?",
    ("/v1/operations", "order=newest-first"): "SCAN o",
    ("/v1/operations", f"lot_id={ID}"): (
        "uq_operations_operation_id (operation_id=? ix_operations_subject (subject=? ix_certificates_lot_id (lot_id=?"
    ),
    ("/v1/operations", f"activity_id={ID}"): (
        "ix_operations_subject (subject=? ix_operations_subject (subject=? ix_certificates_lot_id (lot_id=? "
        "ix_batches_activity_id (activity_id=? ix_batches_corrected_batch (corrected_batch=?"
    ),
    ("/v1/operations", "first_day=2026-01-01&last_day=2026-01-31"): "INTEGER PRIMARY KEY (rowid<?)",
    (
        "/v1/operations",
        "first_leaf=5&last_leaf=9&kind=lot-frozen",
    ): "ix_operations_kind (kind=? AND leaf_index>? AND leaf_index<?)",
    ("/v1/accounts", "kind=personal"): "ix_accounts_kind (kind=?",
    ("/v1/accounts", "status=frozen&kind=personal"): "ix_accounts_status (status=?",
    ("/v1/accounts/{account}/postings", ""): BOTH_SIDES,
    ("/v1/blocks", "order=newest-first"): "SCAN b",
    ("/v1/transfers", "order=newest-first"): "ix_operations_kind (kind=?",
    ("/v1/transfers", f"account={ACCOUNT}"): f"{BOTH_SIDES} ix_operations_subject (subject=?",
    ("/v1/transfers", f"lot_id={ID}"): "ix_operations_subject (subject=?",
    ("/v1/certificates", f"account={ACCOUNT}"): "ix_certificates_account (account=?",
    ("/v1/certificates", f"lot_id={ID}"): "ix_certificates_lot_id (lot_id=?",
    ("/v1/certificates", f"activity_id={ID}"): "ix_lots_activity_id (activity_id=? ix_certificates_lot_id (lot_id=?",
    # One of four: gone through until a page is full.
    ("/v1/certificates", "purpose=ets-compliance&order=newest-first"): "SCAN c",
    # First number, last number.
    (
        "/v1/certificates",
        "first_day=2026-01-01&last_day=2026-01-31",
    ): "c USING INTEGER PRIMARY KEY (rowid>? AND rowid<?",
    ("/v1/certificates", "order=newest-first"): "SCAN c",
    ("/v1/lots", f"activity_id={ID}"): "ix_lots_activity_id (activity_id=?",
    ("/v1/lots", f"credited_account={ACCOUNT}"): "ix_lots_credited_account (credited_account=? AND issued_leaf_index>?",
    ("/v1/lots", "status=frozen"): "ix_lots_status (status=? AND issued_leaf_index>?",
    # Half of all lots, so that going through them finds a page soon.
    ("/v1/lots", "reduction_class=I"): "(issued_leaf_index>?",
    ("/v1/issuances", "status=proposed"): "ix_proposals_status (status=? AND proposed_leaf_index>?",
    ("/v1/issuances", f"activity_id={ID}"): "ix_proposals_activity_id (activity_id=?",
    ("/v1/batches", "kind=snapshot"): "ix_batches_kind (kind=?",
    ("/v1/batches", "kind=earn&reduction_class=II"): "ix_batches_kind (kind=? AND reduction_class=?",
    ("/v1/batches", f"activity_id={ID}"): "ix_batches_activity_id (activity_id=?",
    ("/v1/batches", f"provider={ACCOUNT}"): "ix_batches_provider (provider=?",
    ("/v1/batches", f"campaign_id={ID}"): "ix_batches_campaign_id (campaign_id=?",
    # A year has some thousands of batches at most.
    ("/v1/batches", "day=2026-11-21"): "SCAN b",
    ("/v1/accounts/{account}/holdings", ""): "(owner=? AND book=? AND lot_id>?",
}
"""What is looked for in the plan, word by word in this order. Only the whole list, in its own order, is a scan."""


class Explaining:
    """Readers and snapshot in one: answers every statement with nothing, and keeps its plan."""

    in_loop = True
    chain_id = CHAIN_ID
    version = None

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.as_of: AsOf = as_of_from_row((1, bytes(32), 1, 0, bytes(32), 0, bytes(16)))
        self.facts = FactCache(16)
        self.plan: list[str] = []

    @contextmanager
    def snapshot(self) -> Iterator["Explaining"]:
        yield self

    def one(self, statement: str, *arguments: object) -> Row | None:
        # An account, where one is asked for; a leaf's time or a certificate's number.
        return (bytes(20) if "FROM accounts" in statement else 1, 1, 1, 1, 1, 1)

    def all(self, statement: str, *arguments: Any) -> list[Row]:
        self.plan += [row[3] for row in self._connection.execute(f"EXPLAIN QUERY PLAN {statement}", arguments)]
        return []

    def close(self) -> None:
        self._connection.close()


@pytest.mark.parametrize(("path", "query"), list(SEARCHED))
def test_a_list_is_searched_by_what_was_asked(database_url: str, path: str, query: str) -> None:
    explaining = Explaining(sqlite3.connect(str(make_url(database_url).database)))
    answer = LISTS[path].answer(explaining, Problems("https://x"), {"account": ACCOUNT}, query.encode(), Conditions())
    explaining.close()
    assert answer.status == 200, answer.body
    plan = " ".join(explaining.plan)
    place = 0
    for word in SEARCHED[path, query].split(" ix_"):
        place = plan.find(word, place)
        assert place >= 0, plan
    assert ("TEMP B-TREE FOR ORDER BY" not in plan) or "activity_id=?" in plan or "UNION" in plan, plan


def test_every_filter_of_a_list_that_grows_is_explained() -> None:
    for path, route in LISTS.items():
        filters = {one.name for one in route.parameters if one.place == "query"} - NEVER_EXPLAINED
        asked = {part.partition("=")[0] for of, query in SEARCHED for part in query.split("&") if of == path}
        assert path in REGISTRIES | ELSEWHERE.keys() or filters <= asked, path
