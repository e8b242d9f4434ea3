"""Where a row comes from. Operation ids follow from it, so a refused row keeps it when it is imported again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ledger import encoding
from ledger.errors import InvalidInput, MissingField
from ledger.ids import OperationId
from scripts.importing.errors import MalformedFile
from scripts.importing.mapping import ImportMapping
from scripts.importing.records import BadRow, Row
from scripts.importing.sources import Source

COLUMNS: Final = ("refused_file", "refused_line", "refused_part", "refused_key")
"""The columns of a file of refused rows that say where each row comes from."""

_FILE: Final = re.compile("0x[0-9a-f]{64}")
_LINE: Final = re.compile("[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class Origin:
    """A row where it was first imported: the file's SHA-256, the line, and the unpivoted column if it is from one.

    `key` is a digest of these, of the row's own id where it is known, and of what else ids follow from.
    """

    file: str
    line: int
    part: str = ""
    key: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of `COLUMNS`."""
        return self.file, str(self.line), self.part, self.key


class Origins:
    """Says of each row of a file where it comes from: from this file, or from the one that it was refused from."""

    def __init__(self, mapping: ImportMapping, source: Source) -> None:
        columns = source.columns()
        self._mapping = mapping
        self._file = "0x" + source.sha256.hex()
        self._places = [columns.index(name) for name in COLUMNS if name in columns]
        if self._places and len(self._places) < len(COLUMNS):
            missing = next(name for name in COLUMNS if name not in columns)
            rule = "be a column, as it was when the rows were refused"
            raise MalformedFile(missing, rule, "not there", str(source.path), 1)
        self._seen: set[tuple[str, str]] = set()

    @property
    def carried(self) -> bool:
        """Whether the rows bring their origins with them."""
        return bool(self._places)

    def of(self, row: Row | BadRow) -> Origin | None:
        """The origin; None where a row without the right cells hides it. `InvalidInput` if the cells were changed."""
        if not self.carried:
            return self._sealed(Origin(self._file, row.line))
        if isinstance(row, BadRow):
            return None
        file, line, part, key = (row.cells[place].strip() for place in self._places)
        for name, form, text in (("refused_file", _FILE, file), ("refused_line", _LINE, line)):
            if not form.fullmatch(text):
                raise InvalidInput(name, "stay as it was when the row was refused", text)
        origin = Origin(file, int(line), part, key)
        if self._mapping.unpivot is not None:
            if part and part not in self._mapping.unpivot.columns:
                raise InvalidInput("refused_part", "be a column that the mapping unpivots", part)
            if not part and origin != self._sealed(origin):
                raise _changed(origin)
        return origin

    def part_of(self, origin: Origin, column: str) -> Origin:
        """The origin of the row that one unpivoted column of a line makes (`column` is empty without unpivoting)."""
        return origin if origin.part == column else self._sealed(replace(origin, part=column))

    def identified(self, origin: Origin, row_id: str | None) -> Origin:
        """The origin with the row's own id in its key; raises if that may not be, or if another row has it."""
        if row_id is not None and not row_id.strip():
            raise MissingField("row_id", "not be blank: the mapping takes the row's id from it", row_id)
        known = self._sealed(origin, row_id or "")
        if origin not in (known, self._sealed(origin)):
            raise _changed(origin)
        if row_id is not None:
            self._once((origin.part, row_id), InvalidInput("row_id", "be another in every row of the file", row_id))
        if self.carried:
            line = f"{origin.file} {origin.line}"
            rule = "be another in every row: one refused row cannot become several"
            self._once((line, origin.part), InvalidInput("refused_line", rule, origin.line))
        return known

    def operation_id(self, origin: Origin, row_id: str | None, index: int) -> OperationId:
        """The id of the row's operation with this place in the mapping (docs/spec/03-encodings.md §3.2)."""
        step = self._mapping.first_step + index
        if row_id is None and not origin.part:
            return encoding.row_operation_id(file_hash=bytes.fromhex(origin.file[2:]), line=origin.line, step=step)
        namespace = origin.file if row_id is None else self._mapping.name
        within = str(origin.line) if row_id is None else row_id
        # Neither the place of the column nor the number of operations counts, so that a mapping may get more of both.
        text = f"{origin.part}\x00{within}" if origin.part else within
        return encoding.named_row_operation_id(namespace=namespace, row_id=text, step=step)

    def _once(self, identity: tuple[str, str], error: InvalidInput) -> None:
        if identity in self._seen:
            raise error
        self._seen.add(identity)

    def _sealed(self, origin: Origin, row_id: str = "") -> Origin:
        mapping = self._mapping
        facts: Sequence[object] = (
            *(mapping.name, mapping.row_id.text if mapping.row_id else None, mapping.first_step),
            mapping.unpivot is not None,
            [template.action.label for template in mapping.operations],
            *(origin.file, origin.line, origin.part, row_id),
        )
        return replace(origin, key="0x" + hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16])


def _changed(origin: Origin) -> InvalidInput:
    rule = (
        "belong to refused_file, refused_line, refused_part, the row's own id and the mapping's name, row_id, "
        "first_step and operations: operations of the row may be applied already, and would get other ids"
    )
    return InvalidInput("refused_key", rule, origin.key)
