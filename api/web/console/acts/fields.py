"""Fields of an act's form, and how what was typed becomes what the API takes.

A form is data: one `Field` for each member of the route's body, for each id of its path, and for what the operation's
record is to say besides. Reading one gives the JSON value that the same request to the API would carry, so that there
is one check of it (`api.schemas.writes`), and no second one here. Quantities are typed in tonnes and become whole grams
as decimal text; never a float.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from ledger import encoding
from ledger.canonical import parse_strict
from ledger.errors import InvalidInput, InvalidQuantity, Json
from ledger.ids import Address, FixedBytes, Hash32
from ledger.quantification import Quantification
from ledger.units import civil_day_from_text, grams_from_tonnes
from ledger.vocabulary import CancellationPurpose, Word

_SEVEN_DECIMALS: Final = re.compile(r"[0-9]{1,30}\.[0-9]{7,30}", re.ASCII)
_ZERO: Final = re.compile(r"0+(\.0+)?", re.ASCII)
_YEAR: Final = re.compile(r"[0-9]{4}", re.ASCII)
_MOST_TEXT: Final = 2_000
_MOST_JSON: Final = 60_000


class Place(StrEnum):
    """Where a field's value goes."""

    PATH = "path"
    BODY = "body"
    RECORD = "record"
    FIELDS = "fields"
    """Further fields of the record, as one JSON object."""


class Kind(StrEnum):
    """What is typed into a field."""

    CODE = "code"
    VERSION = "version"
    DAY = "day"
    TONNES = "tonnes"
    ACCOUNT = "account"
    METHODOLOGY = "methodology"
    ACTIVITY = "activity"
    LOT = "lot"
    PROPOSAL = "proposal"
    CAMPAIGN = "campaign"
    DOCUMENT = "document"
    """The SHA-256 of a file, which stays where it is: the browser reckons it, or whoever fills in the form."""
    COMMITMENT = "commitment"
    WORD = "word"
    QUANTIFICATION = "quantification"
    TEXT = "text"
    YEAR = "year"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field. `name` is the body's, the path's or the record's own; `label` and `hint` are the ends of texts
    (`acts_field_…`, `acts_hint_…`).

    `words`: the vocabulary of a word, and `choices` those of its labels that this act takes. `purposes`: only asked for
    cancellations for these. `told_as`: other names under which errors speak of this field.
    """

    name: str
    kind: Kind
    place: Place = Place.BODY
    required: bool = True
    label: str = ""
    hint: str = ""
    words: type[Word] | None = None
    choices: tuple[str, ...] = ()
    purposes: frozenset[CancellationPurpose] = frozenset()
    told_as: tuple[str, ...] = ()

    @property
    def label_text(self) -> str:
        """Name of the text that stands above the field."""
        return f"acts_field_{self.label or self.name}"

    @property
    def hint_text(self) -> str | None:
        """Name of the text that explains the field, if it has one."""
        return f"acts_hint_{self.hint}" if self.hint else None

    @property
    def input_id(self) -> str:
        """Of its element in the page."""
        return f"field-{self.name}"

    @property
    def options(self) -> tuple[str, ...]:
        """The labels that may be chosen, of a field of words."""
        return self.choices or (() if self.words is None else tuple(self.words.labels()))


class Trouble(NamedTuple):
    """Why a value is not taken: a text of `locales` and what is filled in."""

    text: str
    values: Mapping[str, str] = {}


class NotTaken(Exception):  # noqa: N818 - never leaves this package
    """What was typed into a field is not taken."""

    def __init__(self, text: str, **values: str) -> None:
        super().__init__(text)
        self.trouble = Trouble(text, values)


def read_field(field: Field, typed: str) -> Json:
    """The JSON value of what was typed, None for nothing. Raises `NotTaken`, which says what to do in the reader's own
    terms.
    """
    text = typed.strip()
    if not text:
        if field.required:
            raise NotTaken("acts_wrong_missing")
        return None
    if len(text) > (_MOST_JSON if field.kind in {Kind.JSON, Kind.QUANTIFICATION} else _MOST_TEXT):
        raise NotTaken("acts_wrong_long")
    try:
        return _READERS[field.kind](text, field)
    except InvalidInput:
        raise NotTaken(f"acts_wrong_{field.kind}") from None


def _tonnes(text: str, field: Field) -> str:
    """Exact: what is less than a gram is refused, not rounded."""
    try:
        return str(grams_from_tonnes(text, field.name))
    except InvalidQuantity:
        if _ZERO.fullmatch(text):
            raise NotTaken("acts_wrong_tonnes_zero") from None
        if _SEVEN_DECIMALS.fullmatch(text):
            raise NotTaken("acts_wrong_tonnes_fraction") from None
        raise


def _hex(kind: type[FixedBytes]) -> Callable[[str, Field], str]:
    return lambda text, field: kind.from_hex(text.lower(), field.name).hex0x


def _id_or_code(id_of: Callable[[str], FixedBytes]) -> Callable[[str, Field], str]:
    """An id as such, or the id of the public code that was typed."""

    def read(text: str, field: Field) -> str:
        if text.startswith("0x"):
            return Hash32.from_hex(text.lower(), field.name).hex0x
        return id_of(_code(text, field)).hex0x

    return read


def _code(text: str, field: Field) -> str:
    if not encoding.is_code(text):
        raise InvalidInput(field.name, "be a code", text)
    return text


def _day(text: str, field: Field) -> str:
    civil_day_from_text(text, field.name)
    return text


def _version(text: str, field: Field) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) < 2**32):
        raise InvalidInput(field.name, "be a whole number from 1", text)
    return int(text)


def _word(text: str, field: Field) -> str:
    if text not in field.options:
        raise InvalidInput(field.name, "be one of the choices", text)
    return text


def _year(text: str, field: Field) -> str:
    if not _YEAR.fullmatch(text):
        raise InvalidInput(field.name, "be a year", text)
    return text


def _object(text: str, field: Field) -> Json:
    found = parse_strict(text.encode("utf-8", "surrogatepass"), max_depth=12)
    if not isinstance(found, dict):
        raise InvalidInput(field.name, "be an object", found)
    return found


def _quantification(text: str, field: Field) -> Json:
    found = parse_strict(text.encode("utf-8", "surrogatepass"), max_depth=12)
    try:
        Quantification.from_json(found, field.name)
    except InvalidInput as error:
        raise NotTaken("acts_wrong_quantification_rule", field=error.field, rule=error.rule) from None
    return found


_READERS: Final[Mapping[Kind, Callable[[str, Field], Json]]] = {
    Kind.CODE: _code,
    Kind.VERSION: _version,
    Kind.DAY: _day,
    Kind.TONNES: _tonnes,
    Kind.ACCOUNT: _hex(Address),
    Kind.METHODOLOGY: _hex(Hash32),
    Kind.ACTIVITY: _id_or_code(lambda code: encoding.activity_id(code=code)),
    Kind.LOT: _hex(Hash32),
    Kind.PROPOSAL: _hex(Hash32),
    Kind.CAMPAIGN: _id_or_code(lambda code: encoding.campaign_id(code=code)),
    Kind.DOCUMENT: lambda text, field: (
        Hash32.from_hex(text.lower() if text.lower().startswith("0x") else f"0x{text.lower()}", field.name).hex0x
    ),
    Kind.COMMITMENT: _hex(Hash32),
    Kind.WORD: _word,
    Kind.QUANTIFICATION: _quantification,
    Kind.TEXT: lambda text, _: text,
    Kind.YEAR: _year,
    Kind.JSON: _object,
}
