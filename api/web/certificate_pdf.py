"""A certificate as PDF: A4, Chinese and English, with the bundle itself attached (docs/spec/08-certificates.md §8.1).

The same bundle and address give the same bytes, whenever and wherever they are made: the only time in it is the leaf's.
Whether the bundle verifies is for the caller to know; nothing here looks at a proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Final

import segno
from fpdf import FPDF
from fpdf.enums import Align, WrapMode, XPos, YPos

from api.errors import FontMissing
from api.languages import CHINESE, ENGLISH
from api.web.certificate_view import CertificateView, Fact
from api.web.texts import mark_of, texts
from ledger.bundle import Bundle

Colour = tuple[int, int, int]
Pair = tuple[str, str]
"""The same in Chinese and in English."""

_INK: Final[Colour] = (24, 33, 29)
_FAINT: Final[Colour] = (84, 96, 90)
_GREEN: Final[Colour] = (11, 93, 60)
_LINE: Final[Colour] = (196, 208, 201)
_ALERT: Final[Colour] = (154, 31, 20)

_MARGIN: Final = 18.0
_WIDTH: Final = 210.0 - 2 * _MARGIN
_LABEL_WIDTH: Final = 46.0
_QR_SIDE: Final = 36.0
_MOST_TEXT: Final = 400
_MOST_FIELDS: Final = 40
"""What is longer, or more, is in the attached bundle: one page should stay one page."""

_FAMILY = "certificate"
_FONTS = ("NotoSansHans-Regular.otf", "NotoSansHans-Bold.otf")


@dataclass(frozen=True, slots=True)
class Fonts:
    """Files of one family that has Chinese and Latin letters, OpenType or TrueType."""

    regular: Path
    bold: Path

    @classmethod
    def at(cls, folder: str | None) -> Fonts:
        """The fonts in `folder`, or those that `tools/setup` installs; `FontMissing` where they are not."""
        place = Path(folder) if folder else Path(str(files("api.web") / "node_modules/@embedpdf/fonts-sc/fonts"))
        found = cls(*(place / name for name in _FONTS))
        for path in (found.regular, found.bold):
            if not path.is_file():
                raise FontMissing(path.name)
        return found


def attachment_name(number: int) -> str:
    """Name of the bundle's file inside the PDF."""
    return f"certificate-{number}.json"


def certificate_url(public_url: str, number: int, bundle_hash: str) -> str:
    """Where the QR code leads; the hash tells whether what is served there is the same bundle still."""
    return f"{public_url.rstrip('/')}/certificates/{number}#bundle={bundle_hash}"


def make_pdf(bundle: Bundle, data: bytes, *, public_url: str, fonts: Fonts) -> bytes:
    """The PDF of a bundle whose bytes are `data`."""
    views = (CertificateView.of(bundle, data, CHINESE), CertificateView.of(bundle, data, ENGLISH))
    page = _Page(fonts, views[0])
    sheet = _Sheet(page, views, public_url)
    sheet.draw()
    moment = views[0].time
    page.embed_file(
        bytes=data,
        basename=attachment_name(views[0].number),
        mime_type="application/json",
        desc=sheet.both("download_bundle", " / "),
        creation_date=moment,
        modification_date=moment,
    )
    page.set_creation_date(moment)
    return bytes(page.output())


class _Page(FPDF):
    """Paper, fonts, and text of strangers: whatever the font does not have is marked."""

    def __init__(self, fonts: Fonts, view: CertificateView) -> None:
        super().__init__(format="A4")
        self.add_font(_FAMILY, "", fonts.regular)
        self.add_font(_FAMILY, "B", fonts.bold)
        self._known = set(self.fonts[_FAMILY].cmap) & set(self.fonts[f"{_FAMILY}B"].cmap)  # type: ignore[union-attr]
        self.marked = False
        self._view = view
        self.set_lang(texts(CHINESE)["language"])
        self.set_title(f"{view.title} {view.number}")
        self.set_subject(f"{texts(ENGLISH)[f'title_{view.kind}']} {view.number}")
        self.set_author(texts(CHINESE)["site"])
        self.set_margins(_MARGIN, 14, _MARGIN)
        self.set_auto_page_break(True, margin=15)
        self.add_page()

    def plain(self, text: str) -> str:
        """The text in characters that the font has."""
        shown = "".join(one if ord(one) in self._known else mark_of(one) for one in text)
        self.marked = self.marked or "[U+" in shown
        return shown

    def write_line(
        self,
        text: str,
        size: float,
        *,
        bold: bool = False,
        colour: Colour = _INK,
        width: float = _WIDTH,
        spacing: float = 1.28,
        align: Align = Align.L,
    ) -> None:
        """One paragraph, broken anywhere where it is too long; what follows begins below it, at the same margin."""
        left = self.get_x()
        self.set_font(_FAMILY, "B" if bold else "", size)
        self.set_text_color(*colour)
        height = size * 0.3528 * spacing
        wrap = WrapMode.WORD if _is_words(text) else WrapMode.CHAR
        self.multi_cell(width, height, self.plain(text), align=align, wrapmode=wrap, new_x=XPos.LEFT, new_y=YPos.NEXT)
        self.set_x(left)

    def rule(self, colour: Colour = _LINE, thickness: float = 0.2) -> None:
        """A line across the page."""
        self.set_draw_color(*colour)
        self.set_line_width(thickness)
        self.line(_MARGIN, self.get_y(), _MARGIN + _WIDTH, self.get_y())

    def footer(self) -> None:
        """Number of the certificate and of the page."""
        self.set_y(-12)
        view = self._view
        total = self.str_alias_nb_pages
        ours = " · ".join(texts(one)["pdf_page"].format(page=self.page_no(), pages=total) for one in (CHINESE, ENGLISH))
        self.set_font(_FAMILY, "", 7)
        self.set_text_color(*_FAINT)
        self.cell(_WIDTH, 4, f"{view.title} {view.number} · {ours}", align=Align.C)


class _Sheet:
    """What is drawn, from top to bottom."""

    def __init__(self, page: _Page, views: tuple[CertificateView, CertificateView], public_url: str) -> None:
        self.page = page
        self.views = views
        self.public_url = public_url.rstrip("/")

    def pair(self, name: str, /, **values: object) -> Pair:
        """A text in both languages."""
        chinese, english = (texts(one)[name].format(**values) for one in (CHINESE, ENGLISH))
        return chinese, english

    def both(self, name: str, between: str = " ") -> str:
        """A text in both languages on one line."""
        return between.join(self.pair(name))

    def draw(self) -> None:
        """Everything."""
        self.head()
        self.quantity()
        self.section("facts_title", [view.facts for view in self.views])
        self.said()
        self.section("technical_title", [view.technical[:-1] for view in self.views])
        self.how_to_check()

    def head(self) -> None:
        """Who gives it, what it is, its number."""
        page, (chinese, english) = self.page, self.views
        page.write_line(self.both("site", " · "), 9, colour=_FAINT)
        page.set_y(page.get_y() + 2)
        page.rule(_GREEN, 0.9)
        page.set_y(page.get_y() + 5)
        page.write_line(chinese.title, 24, bold=True, colour=_GREEN)
        page.write_line(english.title, 12.5, colour=_GREEN)

    def quantity(self) -> None:
        """Number and quantity, and beside them the code that leads to the page."""
        page, view = self.page, self.views[0]
        top = page.get_y() + 5
        width = _WIDTH - _QR_SIDE - 6
        page.set_y(top)
        page.write_line(self.both("number"), 8, colour=_FAINT, width=width)
        page.write_line(str(view.number), 19, bold=True, width=width)
        page.set_y(page.get_y() + 2.5)
        page.write_line(self.both("quantity"), 8, colour=_FAINT, width=width)
        page.write_line(f"{view.tonnes_text} {texts(ENGLISH)['unit_tonnes']}", 21, bold=True, width=width)
        page.write_line(texts(CHINESE)["unit_tonnes"], 9.5, width=width)
        page.write_line(" · ".join(self.pair("exactly", grams=view.grams_text)), 9.5, width=width)
        bottom = page.get_y()
        self.code(_MARGIN + _WIDTH - _QR_SIDE, top)
        page.set_xy(_MARGIN, max(bottom, top + _QR_SIDE + 7))

    def code(self, left: float, top: float) -> None:
        """The QR code, drawn as squares, and what it is for."""
        page, view = self.page, self.views[0]
        url = certificate_url(self.public_url, view.number, view.bundle_hash)
        matrix = segno.make(url, error="m", micro=False).matrix
        module = _QR_SIDE / len(matrix)
        page.set_fill_color(0, 0, 0)
        for row, members in enumerate(matrix):
            column = 0
            for dark, run in groupby(members):
                length = len(list(run))
                if dark:
                    page.rect(left + column * module, top + row * module, length * module, module, style="F")
                column += length
        page.link(left, top, _QR_SIDE, _QR_SIDE, url)
        page.set_xy(left, top + _QR_SIDE + 1)
        for text in self.pair("pdf_scan"):
            page.write_line(text, 6.5, colour=_FAINT, width=_QR_SIDE, align=Align.C)

    def title(self, text: str) -> None:
        """The title of a section."""
        page = self.page
        page.set_y(page.get_y() + 2.5)
        if page.will_page_break(18):
            page.add_page()
        page.write_line(text, 10.5, bold=True, colour=_GREEN)
        page.set_y(page.get_y() + 0.8)
        page.rule()
        page.set_y(page.get_y() + 1.2)

    def section(self, name: str, facts: Sequence[Sequence[Fact]]) -> None:
        """A title and lines, of which each has its name and its value in both languages."""
        self.title(self.both(name))
        for chinese, english in zip(*facts, strict=True):
            self.row((chinese.label, english.label), _values(chinese, english), small=chinese.code)

    def row(self, label: Pair, values: Sequence[str], *, small: bool = False) -> None:
        """One line: name on the left, value on the right."""
        page = self.page
        if page.will_page_break(10):
            page.add_page()
        top, number = page.get_y(), page.page_no()
        page.write_line(label[0], 8.5, width=_LABEL_WIDTH, colour=_FAINT)
        bottom = page.get_y()
        if label[1] != label[0]:
            page.set_font(_FAMILY, "", 8.5)
            indent = page.get_string_width(page.plain(label[0])) + 2
            page.set_xy(_MARGIN + indent, top + 0.45)
            page.write_line(label[1], 6.5, width=_LABEL_WIDTH - indent, colour=_FAINT, spacing=1.25)
            bottom = max(bottom, page.get_y())
        page.set_xy(_MARGIN + _LABEL_WIDTH, top)
        for place, value in enumerate(values):
            page.write_line(value, 7.5 if small or place else 9, width=_WIDTH - _LABEL_WIDTH)
        below = page.get_y() if page.page_no() > number else max(bottom, page.get_y())
        page.set_xy(_MARGIN, below + 0.7)

    def said(self) -> None:
        """What the record shows, and how much it keeps back."""
        chinese, english = self.views
        self.title(self.both("said_title"))
        for one, other in list(zip(chinese.said, english.said, strict=True))[:_MOST_FIELDS]:
            self.row((one.label, other.label), [_shortened(one.value)])
        for name, wanted in (
            ("record_missing", not chinese.record_kept),
            ("said_none", chinese.record_kept and not chinese.said),
            ("said_note", bool(chinese.said)),
            ("said_more", len(chinese.said) > _MOST_FIELDS),
        ):
            if wanted:
                self.small_print(name, count=len(chinese.said) - _MOST_FIELDS)
        if chinese.hidden:
            for view in self.views:
                names = _shortened(", ".join(view.hidden))
                said = texts(view.language)["said_hidden"].format(count=len(view.hidden), names=names)
                self.page.write_line(said, 6.8, colour=_FAINT, spacing=1.25)

    def how_to_check(self) -> None:
        """What is attached, its hash, and how to check it."""
        page, view = self.page, self.views[0]
        self.title(self.both("check_title"))
        if not view.signed:
            for text in self.pair("pdf_preliminary"):
                page.write_line(text, 9, bold=True, colour=_ALERT)
        for text in self.pair("pdf_attached", name=attachment_name(view.number), url=self.public_url):
            page.write_line(text, 8)
        page.set_y(page.get_y() + 1)
        page.write_line(self.both("pdf_hash", " · "), 7, colour=_FAINT)
        page.write_line(view.bundle_hash, 8.5, bold=True)
        page.set_y(page.get_y() + 1)
        self.small_print("pdf_paper")
        if page.marked:
            self.small_print("strange")

    def small_print(self, name: str, **values: object) -> None:
        """A text in both languages, one below the other."""
        for text in self.pair(name, **values):
            self.page.write_line(text, 6.8, colour=_FAINT, spacing=1.25)


def _values(chinese: Fact, english: Fact) -> list[str]:
    """The value in both languages, or once where it is the same."""
    ours = [_noted(fact) for fact in (chinese, english)]
    return ours[:1] if ours[0] == ours[1] else ours


def _noted(fact: Fact) -> str:
    return f"{fact.value} ({fact.note})" if fact.note else fact.value


def _is_words(text: str) -> bool:
    """Whether a text is broken between words and not anywhere, as Chinese is."""
    return " " in text and sum(map(ord, text)) < 0x500 * len(text)


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else text[:_MOST_TEXT] + " …"
