"""An auditor's paths: from figures to rows to proofs, and files that say what the API says."""

from __future__ import annotations

import csv
import io

import pytest
from playwright.sync_api import expect

from tests.browser.visits import CHINESE, DESK, ENGLISH, PHONE, Visits
from tests.browser.world import World

BOTH = pytest.mark.parametrize(("width", "language"), [(PHONE, CHINESE), (DESK, ENGLISH)])


@BOTH
def test_from_a_certificate_to_its_operation_and_the_proof(
    visits: Visits, world: World, width: int, language: str
) -> None:
    operation = world.certificate["operation_id"]
    page = visits.open("/explorer", width=width, language=language)
    page.locator("main form input[name=q]").fill(operation)
    page.locator("main form:has(input[name=q]) button").click()
    page.wait_for_url("**/explorer/operations/*")
    assert operation in page.content()
    proof = world.api(f"/v1/log/proof/inclusion?operation_id={operation}")
    assert proof["path"][0] in page.content()  # those above it are of the size that the page proves to


@BOTH
def test_from_a_lot_to_a_certificate_that_came_of_it(visits: Visits, world: World, width: int, language: str) -> None:
    page = visits.open(f"/explorer/lots/{world.lot_id}", width=width, language=language)
    expect(page.locator("main")).to_contain_text("462")
    page.goto(f"/explorer/lots/{world.lot_id}/ends")
    page.locator("main a[href*='/certificates/1']").first.click()
    page.wait_for_url("**/certificates/1*")
    expect(page.locator("section.verdict.verified")).to_be_visible()


@BOTH
def test_one_gram_by_its_serial_number(visits: Visits, world: World, width: int, language: str) -> None:
    serial = world.certificate["first_serial"]
    page = visits.open("/explorer/serials", width=width, language=language)
    page.locator("main input[name=serial]").fill(serial)
    page.locator("main form:has(input[name=serial]) button").click()
    page.wait_for_url(f"**/explorer/serials/{serial}*")
    assert page.locator("main a[href*='/certificates/1']").count() > 0


def test_a_table_taken_as_a_file_says_what_the_api_says(visits: Visits, world: World) -> None:
    visits.open("/explorer/operations")
    rows = list(csv.DictReader(io.StringIO(world.fetch("/explorer/operations?format=csv").decode("utf-8-sig"))))
    listed = world.api("/v1/operations?limit=200")["items"]
    assert [row["operation_id"] for row in rows] == [one["operation_id"] for one in listed]
    assert [row["quantity_gco2e"] or "0" for row in rows] == [one["quantity_gco2e"] for one in listed]
    assert world.fetch("/explorer/operations?format=xlsx").startswith(b"PK")


def test_a_checkpoint_shows_its_witnesses(visits: Visits, world: World) -> None:
    size = world.api("/v1/log/checkpoints")["items"][0]["size"]
    page = visits.open(f"/explorer/checkpoints/{size}", width=PHONE)
    expect(page.locator("main")).to_contain_text("witness.example")
