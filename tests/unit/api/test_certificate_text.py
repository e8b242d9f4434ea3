"""Text of strangers in a PDF: nothing hides, nothing runs over the edge, and what the font lacks is said."""

import json
from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest
from pypdf import PdfReader

from api.languages import LANGUAGES, preferred
from api.web.certificate_check import STEP_NAMES
from api.web.certificate_pdf import Fonts, make_pdf
from api.web.texts import is_plain, texts, visible
from indexer.certificate_bundles import draft
from indexer.database import open_database
from ledger.bundle import Bundle
from ledger.errors import Json
from ledger.vocabulary import CancellationPurpose
from tests.unit.api.pdfs import text_of
from tests.unit.api.sample import make_sample
from tests.unit.indexer.test_certificate_bundles import asking


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("上海半程马拉松 2026", "上海半程马拉松 2026"),
        ("a\u202egpj.exe", "a[U+202E]gpj.exe"),
        ("x\u2066y\u2069", "x[U+2066]y[U+2069]"),
        ("line\nnext\ttab\r", "line[U+000A]next[U+0009]tab[U+000D]"),
        ("zero\u200bwidth\ufeff", "zero[U+200B]width[U+FEFF]"),
        ("\u2028", "[U+2028]"),
        ("private \ue000", "private [U+E000]"),
        ("wide\u2003space", "wide[U+2003]space"),
        ({"b": [1, "x"], "a": None}, '{"a":null,"b":[1,"x"]}'),
    ],
)
def test_what_cannot_be_seen_is_written_out(given: Json, shown: str) -> None:
    assert visible(given) == shown


def test_what_python_calls_printable_shows_as_it_is() -> None:
    assert all(is_plain(one) for one in map(chr, range(0x110000)) if one.isprintable())


def fields_of(text: str) -> set[str]:
    """What `str.format` fills in."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_languages_have_every_text() -> None:
    chinese, english = (texts(language) for language in LANGUAGES)
    assert list(chinese) == list(english)
    for name, value in chinese.items():
        assert fields_of(value) == fields_of(english[name]), name
    wanted = {f"step_{name}" for name in STEP_NAMES} | {f"step_explain_{name}" for name in STEP_NAMES}
    wanted |= {f"purpose_{label}" for label in CancellationPurpose.labels()}
    assert wanted <= set(chinese)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh"),
        (b"", "zh"),
        (b"en-GB,en;q=0.9", "en"),
        (b"fr", "zh"),
        (b"zh-TW;q=0.4, en;q=0.3", "zh"),
        (b"*;q=x", "zh"),
    ],
)
def test_the_language_is_the_one_that_is_preferred(header: bytes | None, language: str) -> None:
    assert preferred(header, "zh") == language


def pdf_of(folder: Path, **written: Json) -> PdfReader:
    """The PDF of a certificate whose holder wrote this."""
    database = open_database(f"sqlite:///{folder / 'index.db'}")
    database.migrate()
    make_sample(1, written=written).save(database)
    with asking(database) as (questions, nodes):
        data = draft(questions, nodes, 1).to_bytes()
    database.close()
    bundle = Bundle.from_bytes(data)
    return PdfReader(BytesIO(make_pdf(bundle, data, public_url="https://ledger.example", fonts=Fonts.at(None))))


def test_hostile_text_stays_in_its_place(tmp_path: Path) -> None:
    written: dict[str, Json] = {
        "event": "\u202eevil\n\x07",
        "beneficiary": "龘𠮷 عربي 한",
        "note": "W" * 300,
        "other": {"a": ["<b>"]},
    }
    reader = pdf_of(tmp_path, **written)
    said = text_of(reader)
    assert "[U+202E]evil[U+000A][U+0007]" in said
    assert "[U+20BB7] [U+0639][U+0631][U+0628][U+064A] [U+D55C]" in said  # the font does not have them
    assert "W" * 300 in said
    assert '{"a":["<b>"]}' in said
    assert "[U+…]" in said
    assert json.loads(reader.attachments["certificate-1.json"][0])["record"] is not None
    for page in reader.pages:
        right = float(page.mediabox.right)
        places: list[float] = []
        page.extract_text(visitor_text=lambda text, _, matrix, *__, places=places: places.append(matrix[4]))
        assert max(places) < right


def test_a_text_without_end_does_not_fill_the_pages(tmp_path: Path) -> None:
    written: dict[str, Json] = {"event": "长" * 60_000, **{f"field_{number:03d}": "x" for number in range(200)}}
    reader = pdf_of(tmp_path, **written)
    assert len(reader.pages) < 5
    assert "…" in text_of(reader)
