"""A citizen's paths: from the first page to a certificate that the own browser verifies; what cannot be believed is
refused, with its step; the own points.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import segno
from PIL import Image, ImageDraw
from playwright.sync_api import Page, Playwright, expect

from ledger.canonical import canonical_json
from tests.browser.chromium import Chromium
from tests.browser.visitors import PERSON, Visitors
from tests.browser.visits import CHINESE, DESK, ENGLISH, PATIENCE_MILLISECONDS, PHONE, Visits
from tests.browser.world import STRANGE, STRANGE_CERTIFICATE, World
from tests.fakes.bundles import BundleWorld, good_bundles

BOTH = pytest.mark.parametrize(("width", "language"), [(PHONE, CHINESE), (DESK, ENGLISH)])
BUNDLE = "/v1/certificates/1/bundle"


@BOTH
def test_from_the_first_page_to_a_verified_certificate(visits: Visits, world: World, width: int, language: str) -> None:
    page = visits.open("/", width=width, language=language)
    page.locator("#number").fill(" １ ")  # as people write it on a phone
    page.locator("form.lookup button[type=submit]").click()
    page.wait_for_url("**/certificates/1*")
    expect(page.locator("section.verdict.verified")).to_be_visible()
    expect(page.locator("main")).to_contain_text("120.5")
    page.locator("#check-button").click()
    expect(page.locator("#check-result .good")).to_be_visible()
    for link in page.locator("#check p.actions a").all():
        content = world.fetch(str(link.get_attribute("href")))
        assert content.startswith((b"%PDF-", b'{"certificate"'))


@BOTH
def test_a_changed_bundle_is_refused_with_its_step(visits: Visits, world: World, width: int, language: str) -> None:
    changed = world.api(BUNDLE)
    changed["leaf"]["timestamp"] += 1
    page = visits.page(width=width, language=language)
    page.route(
        f"**{BUNDLE}", lambda route: route.fulfill(body=canonical_json(changed), content_type="application/json")
    )
    page.goto("/certificates/1")
    page.locator("#check-button").click()
    refused = page.locator("#check-result .bad")
    expect(refused).to_contain_text("12")
    expect(page.locator("#check-result .good")).to_have_count(0)


def test_a_bundle_of_another_deployment_is_refused(visits: Visits, tmp_path: Path) -> None:
    file = tmp_path / "certificate.json"
    file.write_bytes(good_bundles(BundleWorld())["reductions"].to_bytes())
    page = visits.open("/static/verify.html", width=PHONE)
    expect(page.locator("#start")).to_be_enabled()
    page.locator("#file").set_input_files(file)
    expect(page.locator("#chosen")).not_to_be_empty()
    page.locator("#start").click()
    result = page.locator("#result")
    result.locator(".verdict").wait_for()
    expect(result).to_contain_text("第 4 步")


def test_a_code_before_the_camera_leads_to_its_certificate(
    playwright: Playwright, chromium: Chromium, world: World, tmp_path: Path
) -> None:
    video = tmp_path / "code.y4m"
    write_video(video, f"{world.url}/certificates/1")
    options = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    )
    with chromium.launched(playwright, *options) as browser:
        page = browser.new_page(base_url=world.url)
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        page.goto("/certificates")
        page.locator("#scan-open").click()
        page.wait_for_url("**/certificates/1*")
        expect(page.locator("section.verdict.verified")).to_be_visible()


def write_video(path: Path, text: str, width: int = 640, height: int = 480) -> None:
    """What a camera sees that is held before a QR code: a few pictures without colour, as YUV4MPEG2."""
    picture = Image.new("L", (width, height), 255)
    code = segno.make(text, error="m")
    size = code.symbol_size(border=0)[0]
    scale = (height - 80) // size
    left, top = (width - scale * size) // 2, (height - scale * size) // 2
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate(code.matrix):
        for column, dark in enumerate(line):
            if dark:
                corner = (left + column * scale, top + row * scale)
                draw.rectangle((*corner, corner[0] + scale - 1, corner[1] + scale - 1), fill=0)
    frame = b"FRAME\n" + picture.tobytes() + bytes([128]) * (width * height // 2)
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420mpeg2\n".encode() + 3 * frame)


@pytest.mark.parametrize(("path", "status"), [("/certificates/999", 404), ("/certificates/x", 404)])
def test_a_wrong_number_is_said(visits: Visits, path: str, status: int) -> None:
    page = visits.open(path, width=PHONE, status=status)
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("#number")).to_be_visible()


@pytest.mark.parametrize("path", [f"/certificates/{STRANGE_CERTIFICATE}", "/explorer/certificates"])
def test_what_a_beneficiary_is_called_is_text(visits: Visits, path: str) -> None:
    page = visits.open(path)
    assert "taken" not in page.title()
    assert page.locator("main b").count() == 0
    assert page.locator("main script").count() == 0


def test_a_program_in_a_record_is_seen_as_it_was_written(visits: Visits) -> None:
    page = visits.open(f"/certificates/{STRANGE_CERTIFICATE}", width=PHONE)
    expect(page.locator("main")).to_contain_text(STRANGE.replace("\u202e", "[U+202E]"))


@BOTH
def test_the_own_points_by_a_lookup_token(
    visits: Visits, visitors: Visitors, world: World, width: int, language: str
) -> None:
    page = visits.page(width=width, language=language)
    visitors.enter(page, PERSON)
    page.goto("/points")
    classes = person_api(world)["classes"]
    shown = next(one["points"] for one in classes if one["points"] != "0")
    expect(page.locator("main")).to_contain_text(f"{int(shown):,}")
    page.goto(f"/points/entries/{world.entry_id}")
    expect(page.locator("main ol.proof")).to_be_visible()
    assert world.token not in page.url + page.content()


def person_api(world: World) -> dict[str, list[dict[str, str]]]:
    """What the API says of the person's points."""
    found: dict[str, list[dict[str, str]]] = json.loads(
        world.fetch("/v1/points/account", {"Authorization": f"Bearer {world.token}"})
    )
    return found


def test_a_guessed_token_is_refused_and_nothing_is_said_of_it(visits: Visits) -> None:
    page = visits.open("/points", width=PHONE)
    visits.watch.expected.add(401)
    page.locator("#token").fill("ab" * 32)
    page.locator("main form:has(#token) button").click()
    expect(page.locator("#token-problem")).to_be_visible()
    assert "abab" not in page.url + page.content()
    signed_out(page)


def test_whoever_leaves_is_known_no_more(visits: Visits, visitors: Visitors, world: World) -> None:
    token = world.served.points.persons.issue_token("sample:1001").hex()
    page = visits.open("/points")
    page.locator("#token").fill(token)
    page.locator("main form:has(#token) button").click()
    page.locator("form.leave button").first.click()
    signed_out(page)
    page.goto("/points/entries")
    signed_out(page)


def test_somebody_is_forgotten(visits: Visits, world: World) -> None:
    token = world.served.points.persons.issue_token("sample:1002").hex()
    page = visits.open("/points", width=PHONE)
    page.locator("#token").fill(token)
    page.locator("main form:has(#token) button").click()
    page.locator("form.leave").wait_for()
    page.goto("/points/forget")
    page.locator("input[name=understood]").check()
    page.locator("form button.danger").click()
    signed_out(page)
    visits.watch.expected.add(401)
    page.locator("#token").fill(token)
    page.locator("main form:has(#token) button").click()
    expect(page.locator("#token-problem")).to_be_visible()


def signed_out(page: Page) -> None:
    """The form for a token is there."""
    expect(page.locator("#token")).to_be_visible()
