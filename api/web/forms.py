"""Forms as browsers send them: urlencoded, or multipart without files; small, and strict about what they are."""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.web.errors import FormMalformed

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_FORM_BYTES: Final = 65_536
CSRF: Final = "csrf"
FORM_ID: Final = "form_id"

_MOST_FIELDS: Final = 200
_URLENCODED: Final = b"application/x-www-form-urlencoded"
_MULTIPART: Final = b"multipart/form-data"
_SECRET: Final = frozenset({CSRF, "key"})
_NAME: Final = re.compile(r"[a-z0-9_.-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Form:
    """What somebody typed, by field; `given` is false for a page that nobody has filled in yet."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    given: bool = False

    def __contains__(self, name: str) -> bool:
        return bool(self.values.get(name))

    def text(self, name: str, default: str = "") -> str:
        """The field without spaces around it, `default` where it was not sent; `FormMalformed` if it came twice."""
        found = self.values.get(name, ())
        if len(found) > 1:
            raise FormMalformed(f"have one field {name}")
        return found[0].strip().replace("\r\n", "\n") if found else default

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field that may come more than once: ticked boxes."""
        return self.values.get(name, ())

    def without_secrets(self) -> Form:
        """What may be kept while somebody logs in again."""
        return Form({name: values for name, values in self.values.items() if name not in _SECRET}, given=True)


def read_form(content_type: bytes | None, body: bytes) -> Form:
    """The form in a body; `FormMalformed` for what is none: another media type, no UTF-8, files, too many fields."""
    kind, options = parse_options_header(content_type)
    kind = kind.strip()
    if kind == _URLENCODED:
        pairs = _urlencoded(body)
    elif kind == _MULTIPART:
        pairs = _multipart(body, options.get(b"boundary", b""))
    else:
        raise FormMalformed("be sent as a form")
    if len(pairs) > _MOST_FIELDS:
        raise FormMalformed(f"have at most {_MOST_FIELDS} fields")
    found: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if not _NAME.fullmatch(name):
            raise FormMalformed("name its fields as our pages do")
        if "\0" in value:
            raise FormMalformed("hold text without null characters")
        found[name] = (*found.get(name, ()), value)
    return Form(found, given=True)


def new_form_id() -> str:
    """The secret of one filling in of a form: sent twice, it is one operation."""
    return secrets.token_urlsafe(16)


class KeptForms:
    """Forms that came after their session had ended, until somebody has logged in again: each is given once.

    The `most` newest are kept, for `seconds`; who knows the id of one has typed it.
    """

    def __init__(self, *, clock: Callable[[], float], most: int = 200, seconds: float = 900.0) -> None:
        self._clock = clock
        self._most = most
        self._seconds = seconds
        self._forms: OrderedDict[str, tuple[Form, float]] = OrderedDict()
        self._lock = Lock()

    def keep(self, form: Form) -> str:
        """The id under which the form is found again."""
        kept_id = secrets.token_urlsafe(16)
        with self._lock:
            self._forms[kept_id] = (form.without_secrets(), self._clock())
            while len(self._forms) > self._most:
                self._forms.popitem(last=False)
        return kept_id

    def take(self, kept_id: str | None) -> Form:
        """The form, and no form where there is none any more."""
        if kept_id is None:
            return Form()
        with self._lock:
            found = self._forms.pop(kept_id, None)
        return found[0] if found is not None and self._clock() - found[1] < self._seconds else Form()


def _urlencoded(body: bytes) -> Sequence[tuple[str, str]]:
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise FormMalformed(f"be UTF-8 and have at most {_MOST_FIELDS} fields") from None


def _multipart(body: bytes, boundary: bytes) -> Sequence[tuple[str, str]]:
    parts = _Parts()
    try:
        parser = MultipartParser(boundary, parts.callbacks)
        parser.write(body)
        parser.finalize()
        if not parts.ended:
            raise ValueError("cut off")
        return [(name.decode(), value.decode()) for name, value in parts.fields]
    except (FormParserError, ValueError):
        raise FormMalformed("be whole, and UTF-8") from None


class _Parts:
    """Collects the fields of a multipart body; `ValueError` for a part that is no field."""

    def __init__(self) -> None:
        self.fields: list[tuple[bytes, bytes]] = []
        self.ended = False
        self._name, self._value, self._header, self._header_value = b"", bytearray(), bytearray(), bytearray()

    @property
    def callbacks(self) -> MultipartCallbacks:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_part_data": lambda data, start, end: self._value.extend(data[start:end]),
            "on_part_end": lambda: self.fields.append((self._name, bytes(self._value))),
            "on_header_begin": self._begin_header,
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header_value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.fields) >= _MOST_FIELDS:
            raise ValueError("too many fields")
        self._name, self._value = b"", bytearray()

    def _end(self) -> None:
        self.ended = True

    def _begin_header(self) -> None:
        self._header.clear()
        self._header_value.clear()

    def _end_header(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            kind, options = parse_options_header(bytes(self._header_value))
            if kind != b"form-data" or b"filename" in options:
                raise ValueError("a part that is no field")
            self._name = options.get(b"name", b"")
