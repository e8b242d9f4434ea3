"""Bundles and PDFs of certificates as they are served: they verify, hide what is to be hidden, and hold each other."""

import asyncio
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pypdf import PdfReader
from sqlalchemy import text

from api.app import create_app
from api.certificate_files import PdfMaker, narrowed
from api.files import File, FileRoute
from api.log_keys import LogKeys
from api.parameters import Arguments
from api.reading import Conditions
from api.repository.snapshots import Snapshot
from api.routes.certificate_files import pdf_route, personal_pdf_route
from api.settings import ApiSettings
from indexer.database import open_database
from ledger.bundle import Bundle
from ledger.errors import InvalidInput
from ledger.notes import KeyType, SignerKey
from ledger.verifier import Level, Trust, verify
from tests.conftest import ROOT
from tests.unit.api.client import Client
from tests.unit.api.pdfs import links_of, text_of
from tests.unit.api.sample import LOG_SEED, WITNESS_KEY, SampleLedger, make_sample

PUBLIC_URL = "https://ledger.example"
BUNDLE = "/v1/certificates/1/bundle"
PDF = "/v1/certificates/1/certificate.pdf"
SHOWN = {"rules", "purpose", "event", "quantity_gco2e", "field_names"}


def keys_of(sample: SampleLedger) -> LogKeys:
    log_key = SignerKey(sample.origin, KeyType.LOG, LOG_SEED).verifier
    return LogKeys(log_key=log_key, witnesses=(WITNESS_KEY.verifier,), quorum=1)


def trust_of(sample: SampleLedger) -> Trust:
    keys = keys_of(sample)
    return Trust(origin=sample.origin, log_key=keys.log_key, witnesses=keys.witnesses, quorum=keys.quorum)


def read(data: bytes) -> Bundle:
    return Bundle.from_bytes(data)


@contextmanager
def serving(sample: SampleLedger, folder: Path, *statements: str) -> Iterator[Client]:
    """An instance over a ledger into which somebody wrote."""
    url = f"sqlite:///{folder / 'index.db'}"
    database = open_database(url)
    database.migrate()
    sample.save(database)
    with database.write() as connection:
        for statement in statements:
            connection.execute(text(statement))
    database.close()
    settings = ApiSettings(database_url=url, public_url=PUBLIC_URL, rate_limits=False)
    application = create_app(settings, log_keys=keys_of(sample))
    yield Client(application)
    application.close()


# Bundles


@pytest.mark.parametrize("number", [1, 2, 3, 6])
def test_what_is_served_is_verified_by_the_pinned_keys(client: Client, sample: SampleLedger, number: int) -> None:
    reply = client.get(f"/v1/certificates/{number}/bundle")
    verdict = verify(reply.body, trust_of(sample))
    assert (verdict.verified, verdict.level) == (True, Level.WITNESSED), verdict
    assert verdict.facts is not None
    assert verdict.facts.number == number
    assert reply.header("content-type") == "application/json"


def test_a_bundle_is_kept_by_its_hash(client: Client) -> None:
    reply = client.get(BUNDLE)
    etag = reply.header("etag")
    assert etag == f'"{hashlib.sha256(reply.body).hexdigest()[:32]}"'
    assert reply.header("cache-control") == "public, no-cache"  # what is disclosed may be withdrawn
    assert client.get(BUNDLE, If_None_Match=etag).status == 304
    assert client.get(BUNDLE).body == reply.body


def test_fields_and_project_are_hidden_and_it_verifies_all_the_same(client: Client, sample: SampleLedger) -> None:
    whole = read(client.get(BUNDLE).body)
    assert whole.record is not None
    assert set(whole.record.values) == SHOWN
    data = client.get(f"{BUNDLE}?hide=event,project").body
    assert b"Half marathon" not in data
    assert b"SH-PV-0001" not in data
    narrow = read(data)
    assert narrow.record is not None
    assert set(narrow.record.values) == SHOWN - {"event"}
    assert narrow.certificate.to_json()["lot"] is None
    assert verify(data, trust_of(sample)).verified
    assert narrowed(client.get(BUNDLE).body, ["project", "event"]) == data
    assert client.get(f"{BUNDLE}?hide=beneficiary").body == client.get(BUNDLE).body  # is hidden already


@pytest.mark.parametrize("hide", ["field_names", "nothing", "event,nothing", "Event", "event;", ","])
def test_what_cannot_be_hidden_is_refused_by_name(client: Client, hide: str) -> None:
    reply = client.get(f"{BUNDLE}?hide={hide}")
    assert (reply.status, reply.json["errors"][0]["field"]) == (422, "hide")


def test_a_certificate_of_points_is_given_to_its_person_only(client: Client) -> None:
    for target in ("/v1/certificates/4/bundle", "/v1/certificates/4/certificate.pdf"):
        reply = client.get(target, Accept_Language="en")
        assert (reply.status, reply.json["code"]) == (403, "certificate-is-personal")
        assert "/v1/points/account/certificates/4/bundle" in reply.json["detail"]


@pytest.mark.parametrize("target", ["/v1/certificates/7/bundle", "/v1/certificates/7/certificate.pdf"])
def test_a_number_that_was_never_given(client: Client, target: str) -> None:
    assert (client.get(target).status, client.get(target).json["code"]) == (404, "not-found")


def test_a_halted_index_serves_nothing_to_keep(halted_client: Client) -> None:
    assert halted_client.get(BUNDLE).header("cache-control") == "no-store"


def test_the_schema_of_bundles_is_served_and_every_bundle_is_of_it(client: Client) -> None:
    reply = client.get("/schema/certificate-bundle-1.json")
    assert reply.json == json.loads((ROOT / "docs/schema/certificate-bundle-1.json").read_text(encoding="utf-8"))
    for number in (1, 2, 6):
        Draft202012Validator(reply.json).validate(client.get(f"/v1/certificates/{number}/bundle").json)


def test_what_is_no_bundle_cannot_be_narrowed(client: Client) -> None:
    data = client.get(BUNDLE).body
    for given in (b"", b"{}", data + b" ", json.dumps(json.loads(data)).encode()):
        with pytest.raises(InvalidInput):
            narrowed(given, ["event"])


# PDF


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory, sample: SampleLedger) -> Iterator[Client]:
    """An instance that knows the log's keys."""
    with serving(make_sample(), tmp_path_factory.mktemp("pdf")) as asking:
        yield asking


def test_the_pdf_says_what_the_bundle_says_and_carries_it(pdf: Client, sample: SampleLedger) -> None:
    reply = pdf.get(PDF)
    assert reply.header("content-type") == "application/pdf"
    reader, bundle = PdfReader(BytesIO(reply.body)), pdf.get(BUNDLE).body
    assert len(reader.pages) == 1
    assert [float(side) for side in reader.pages[0].mediabox[2:]] == pytest.approx([595.28, 841.89])
    (attached,) = reader.attachments["certificate-1.json"]
    assert attached == bundle
    assert verify(attached, trust_of(sample)).verified
    said = text_of(reader)
    digest = hashlib.sha256(bundle).hexdigest()
    for part in (
        "减排量注销凭证", "Certificate of Cancellation", "1 t CO2e", "1,000,000", "1 – 1000000", "大型活动碳中和",
        "Carbon neutrality of a large event", "SH-PV-0001", "SHCER-PV-001", "2025-01-12", "2025-02-10", "Half marathon",
        "0x0000000000000000000000000000000000000002", "Ⅰ", digest,
    ):  # fmt: skip
        assert part in said, part
    assert "Preliminary" not in said
    assert "kept back" not in said.replace("more kept back", "")
    assert links_of(reader) == {f"{PUBLIC_URL}/certificates/1#bundle={digest}"}


def test_the_pdf_hides_what_its_bundle_hides(pdf: Client, sample: SampleLedger) -> None:
    whole = pdf.get(PDF).body
    bundle = pdf.get(f"{BUNDLE}?hide=event,project").body
    reader = PdfReader(BytesIO(pdf.get(f"{PDF}?hide=event,project").body))
    (attached,) = reader.attachments["certificate-1.json"]
    assert attached == bundle
    assert verify(attached, trust_of(sample)).verified
    said, digest = text_of(reader), hashlib.sha256(bundle).hexdigest()
    assert [part for part in ("Half marathon", "SH-PV-0001") if part in said] == []
    assert digest in said
    assert links_of(reader) == {f"{PUBLIC_URL}/certificates/1#bundle={digest}"}
    assert pdf.get(PDF).body == whole  # the one that is kept is another one
    refused = pdf.get(f"{PDF}?hide=nothing")
    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "hide")


def test_pdfs_are_made_in_a_thread_of_their_own(client: Client) -> None:
    def read_thread(_: Snapshot, __: Arguments) -> File:
        return File(threading.current_thread().name.encode(), immutable=False)

    context = client.application.context
    for draws, name in ((True, b"tanpuhui-draw"), (False, b"tanpuhui-read")):
        route = FileRoute("/x", read_thread, summary="", content_type="", tag="", point=False, draws=draws)
        answer = asyncio.run(context.read(route, {}, b"", Conditions()))
        assert answer.body.startswith(name)
    maker = PdfMaker("", None, None)
    assert (pdf_route(maker).draws, personal_pdf_route(maker).route.draws) == (True, True)


def test_every_font_of_the_pdf_is_embedded(pdf: Client) -> None:
    reader = PdfReader(BytesIO(pdf.get(PDF).body))
    fonts = reader.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    for name in fonts:
        (descendant,) = fonts[name]["/DescendantFonts"]
        assert {"/FontFile2", "/FontFile3"} & set(descendant.get_object()["/FontDescriptor"])


def test_the_pdf_is_the_same_bytes_wherever_it_is_made(pdf: Client, tmp_path: Path) -> None:
    with serving(make_sample(), tmp_path) as other:
        first, second = (one.get(PDF) for one in (pdf, other))
    assert first.body == second.body
    assert pdf.get(PDF, If_None_Match=str(first.header("etag"))).status == 304
    assert PdfReader(BytesIO(first.body)).metadata.creation_date.timestamp() == 1_763_000_015  # type: ignore[union-attr]


def test_a_pdf_before_there_is_a_checkpoint_says_so(tmp_path: Path) -> None:
    sample = make_sample()
    del sample.rows["checkpoints"]
    with serving(sample, tmp_path) as asking:
        assert "Preliminary" in text_of(PdfReader(BytesIO(asking.get(PDF).body)))


@pytest.mark.parametrize(
    ("statement", "step"),
    [
        ("UPDATE operations SET quantity_gco2e = quantity_gco2e + 1", "9 agreement"),
        ("UPDATE certificates SET quantity_gco2e = quantity_gco2e + 1", "index"),
        ("UPDATE operations SET timestamp = timestamp + 1", "12 inclusion"),
    ],
)
def test_no_pdf_is_made_of_what_does_not_verify(tmp_path: Path, statement: str, step: str) -> None:
    with serving(make_sample(), tmp_path, statement) as asking:
        reply = asking.get(PDF, Accept_Language="en")
    assert (reply.status, reply.json["code"]) == (503, "certificate-unverified")
    assert f"(step {step})" in reply.json["detail"]


def test_without_its_font_there_is_no_pdf(tmp_path: Path, database_url: str) -> None:
    settings = ApiSettings(database_url=database_url, rate_limits=False, pdf_fonts=str(tmp_path))
    application = create_app(settings)
    reply = Client(application).get(PDF, Accept_Language="en")
    application.close()
    assert (reply.status, reply.json["code"]) == (503, "font-missing")
    assert "NotoSansHans" in reply.json["detail"]
    assert str(tmp_path).encode() not in reply.body
