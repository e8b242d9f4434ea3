"""Parameters of the reading routes: each is parsed and described (OpenAPI) by the same object, so that neither can
lie.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from ledger.errors import InvalidIdentifier, InvalidInput, OutOfRange
from ledger.ids import Address, FixedBytes
from ledger.units import MAX_CIVIL_DAY, civil_day_from_text
from ledger.vocabulary import Word

Arguments = dict[str, Any]
Schema = dict[str, Any]

_MOST_PARAMETERS = 16
_MOST_DIGITS = 19
_CODE = re.compile(r"[!-~]{1,64}", re.ASCII)
LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path or query parameter. `parse` takes the text and the name and raises `InvalidInput`; `default` stands
    where it is absent.
    """

    name: str
    place: str
    description: str
    parse: Callable[[str, str], Any]
    schema: Schema
    example: object
    default: Any = None
    required: bool = False

    def parse_given(self, text: str | None) -> Any:
        """The value of an optional parameter, or its default."""
        if text is None:
            if self.required:
                raise InvalidInput(self.name, "be given", None)
            return self.default
        return self.parse(text, self.name)

    def openapi(self) -> dict[str, Any]:
        """The parameter object of OpenAPI 3.1."""
        described = {
            "name": self.name,
            "in": self.place,
            "required": self.required or self.place == "path",
            "description": self.description,
            "schema": self.schema,
        }
        return described if self.example is None else {**described, "example": self.example}


def parse_query(query: bytes, known: Mapping[str, Parameter]) -> dict[str, str]:
    """The query as text by name. Refuses unknown names (a mistyped filter must not be ignored) and names that come
    twice.
    """
    found: dict[str, str] = {}
    if not query:
        return found
    text = query.decode("latin-1")
    encoded = "%" in text or "+" in text
    parts = text.split("&", _MOST_PARAMETERS)
    if len(parts) > _MOST_PARAMETERS:
        raise InvalidInput("query", f"have at most {_MOST_PARAMETERS} parameters", len(parts))
    for part in parts:
        if not part:
            continue
        name, _, value = part.partition("=")
        if encoded:
            name, value = unquote_plus(name), unquote_plus(value)
        if name not in known:
            allowed = ", ".join(known) or "none"
            raise InvalidInput(name[:64], f"be a parameter of this route ({allowed})", value)
        if name in found:
            raise InvalidInput(name, "be given once", value)
        found[name] = value
    return found


def whole_number(least: int = 0, most: int = LARGEST_INTEGER) -> Callable[[str, str], int]:
    """Decimal digits without sign or leading zeros, within bounds."""

    def parse(text: str, name: str) -> int:
        # By hand: a regular expression would be a twentieth of the cost of an answer.
        if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and (text[0] != "0" or text == "0")):
            raise OutOfRange(name, f"be a whole number from {least} to {most}, without sign or leading zeros", text)
        value = int(text)
        if not least <= value <= most:
            raise OutOfRange(name, f"be a whole number from {least} to {most}", text)
        return value

    return parse


def fixed_bytes(kind: type[FixedBytes]) -> Callable[[str, str], FixedBytes]:
    """0x and hexadecimal digits."""

    def parse(text: str, name: str) -> FixedBytes:
        return kind.from_hex(text, name)

    return parse


def word(words: type[Word]) -> Callable[[str, str], Word]:
    """A label of a vocabulary."""

    def parse(text: str, name: str) -> Word:
        return words.from_label(text, name)

    return parse


def code(text: str, name: str) -> str:
    """A public code: 1 to 64 bytes of printable ASCII without spaces."""
    if not _CODE.fullmatch(text):
        raise InvalidIdentifier(name, "be a code of 1 to 64 printable ASCII characters without spaces", text)
    return text


def id_or_code(kind: type[FixedBytes]) -> Callable[[str, str], FixedBytes | str]:
    """An id where the text looks like one, else a public code."""

    def parse(text: str, name: str) -> FixedBytes | str:
        return kind.from_hex(text, name) if text.startswith("0x") else code(text, name)

    return parse


def plain_text(text: str, _: str) -> str:
    """Any text; whoever takes it checks it."""
    return text


def hex_schema(length: int) -> Schema:
    """0x and `2 * length` hexadecimal digits, in either case when given, in lower case when answered."""
    return {"type": "string", "pattern": f"^0x[0-9a-fA-F]{{{2 * length}}}$"}


def id_parameter(name: str, kind: type[FixedBytes], description: str, *, place: str = "path") -> Parameter:
    """An id of 32 bytes, or an address."""
    example = "0x" + ("5a" if kind is Address else "c1") * kind.LENGTH
    return Parameter(name, place, description, fixed_bytes(kind), hex_schema(kind.LENGTH), example)


def number_parameter(
    name: str,
    description: str,
    *,
    place: str = "query",
    least: int = 0,
    most: int = LARGEST_INTEGER,
    example: int = 7,
    required: bool = False,
    default: int | None = None,
) -> Parameter:
    """A whole number."""
    schema: Schema = {"type": "integer", "minimum": least, "maximum": most}
    if default is not None:
        schema["default"] = default
    return Parameter(
        name, place, description, whole_number(least, most), schema, example, required=required, default=default
    )


def word_parameter(name: str, words: type[Word], description: str) -> Parameter:
    """A filter by a word of the vocabulary."""
    labels = words.labels()
    return Parameter(name, "query", description, word(words), {"type": "string", "enum": labels}, labels[0])


def civil_day(text: str, name: str) -> int:
    """A day in Shanghai, written YYYY-MM-DD, as days since 1970-01-01."""
    day = civil_day_from_text(text, name)
    if day >= MAX_CIVIL_DAY:
        raise OutOfRange(name, "be before 9999-12-31", text)
    return day


def day_parameter(name: str, description: str) -> Parameter:
    """A filter by a civil day."""
    schema: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
    return Parameter(name, "query", description, civil_day, schema, "2026-11-21")


def choice_parameter(name: str, choices: tuple[str, ...], description: str, *, optional: bool = False) -> Parameter:
    """One of a few words; the first is the default unless it is `optional`."""

    def parse(text: str, name: str) -> str:
        if text not in choices:
            raise InvalidInput(name, f"be one of {', '.join(choices)}", text)
        return text

    default = None if optional else choices[0]
    schema: Schema = {"type": "string", "enum": list(choices), **({} if optional else {"default": default})}
    return Parameter(name, "query", description, parse, schema, choices[-1], default=default)


def code_filter(name: str, description: str, example: str) -> Parameter:
    """A filter by a public code."""
    return Parameter(name, "query", description, code, {"type": "string", "pattern": "^[!-~]{1,64}$"}, example)


def code_parameter(name: str, description: str) -> Parameter:
    """A public code in the path."""
    return Parameter(name, "path", description, code, {"type": "string", "pattern": "^[!-~]{1,64}$"}, "SHCER-PV-001")
