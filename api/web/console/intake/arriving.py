"""A form with a file as it arrives: its fields first, then the file, straight to the disk; nothing whole in memory."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.web.console.intake.errors import UploadCutOff, UploadTooLarge
from api.web.forms import Form
from ledger.ids import Hash32

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FILE: Final = "file"
MOST_FIELD_BYTES: Final = 16_384
"""All fields before the file together, and the headers of all parts."""

_MOST_BESIDES: Final = 2 * MOST_FIELD_BYTES
"""All that is not the file, what stands before the first boundary and after the last among it."""

_MOST_PARTS: Final = 24
_MOST_NAME: Final = 255


class Arriving:
    """One upload on its way. `begin` is called with the fields when the file begins, and says where it goes: what it
    raises refuses the upload before a byte of the file is kept.
    """

    def __init__(self, content_type: bytes | None, most_bytes: int, begin: Callable[[Form], Path]) -> None:
        """`UploadCutOff` for what is no form with a file."""
        kind, options = parse_options_header(content_type)
        if kind.strip() != b"multipart/form-data" or b"boundary" not in options:
            raise UploadCutOff
        self._most_bytes = most_bytes
        self._begin = begin
        self._parser = MultipartParser(options[b"boundary"], self._callbacks())
        self._headers: dict[bytes, bytes] = {}
        self._header, self._header_value = bytearray(), bytearray()
        self._name, self._value = "", bytearray()
        self._fields: dict[str, tuple[str, ...]] = {}
        self._small = self._parts = self._come = 0
        self._file: IO[bytes] | None = None
        self._digest = sha256()
        self._ended = False
        self.path: Path | None = None
        self.file_name = ""
        self.bytes = 0

    @property
    def form(self) -> Form:
        """The fields that have come."""
        return Form(dict(self._fields), given=True)

    @property
    def sha256(self) -> Hash32:
        """Of the file, as far as it has come."""
        return Hash32(self._digest.digest())

    def take(self, data: bytes) -> None:
        """The next bytes of the body; raises `UploadCutOff`, `UploadTooLarge` and what `begin` raises."""
        self._come += len(data)
        try:
            self._parser.write(data)
        except (FormParserError, UnicodeDecodeError):
            raise UploadCutOff from None
        if self._come - self.bytes > _MOST_BESIDES:
            raise UploadCutOff

    def end(self) -> None:
        """The body is over; `UploadCutOff` unless the form is."""
        self.close()
        if not self._ended:
            raise UploadCutOff

    def close(self) -> None:
        """Closes the file, wherever it is."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin_part,
            "on_header_begin": self._begin_header,
            "on_header_field": lambda data, start, end: self._add(self._header, data[start:end]),
            "on_header_value": lambda data, start, end: self._add(self._header_value, data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._data,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS or self.path is not None:  # the file is the last part
            raise UploadCutOff
        self._headers, self._name, self._value = {}, "", bytearray()

    def _begin_header(self) -> None:
        self._header, self._header_value = bytearray(), bytearray()

    def _end_header(self) -> None:
        self._headers[bytes(self._header).lower()] = bytes(self._header_value)

    def _end_headers(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition"))
        if kind != b"form-data":
            raise UploadCutOff
        self._name = options.get(b"name", b"").decode()
        if b"filename" not in options:
            return
        if self._name != FILE:
            raise UploadCutOff
        self.file_name = options[b"filename"].decode(errors="replace")[-_MOST_NAME:]
        self.path = self._begin(self.form)
        self._file = self.path.open("wb")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file is None:
            self._add(self._value, data[start:end])
            return
        self.bytes += end - start
        if self.bytes > self._most_bytes:
            raise UploadTooLarge(self._most_bytes)
        part = data[start:end]
        self._digest.update(part)
        self._file.write(part)

    def _end_part(self) -> None:
        if self.path is None:
            value = self._value.decode()
            if "\0" in value:
                raise UploadCutOff
            self._fields[self._name] = (*self._fields.get(self._name, ()), value)

    def _end(self) -> None:
        self._ended = True

    def _add(self, to: bytearray, data: bytes) -> None:
        self._small += len(data)
        if self._small > MOST_FIELD_BYTES:
            raise UploadCutOff
        to += data
