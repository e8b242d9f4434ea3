"""A record as anyone may see it, hashed again: what is disclosed with its salt, what is kept back as its commitment."""

from __future__ import annotations

from typing import NamedTuple

from api.web.texts import visible
from ledger.canonical import parse_strict
from ledger.errors import InvalidInput
from ledger.records import FIELD_NAMES, Disclosure, Field


class RecordField(NamedTuple):
    """A field; of one that is kept back value and salt are None, and its name is that of its place, if that is told."""

    name: str | None
    value: str | None
    salt: str | None
    commitment: str


class RecordView(NamedTuple):
    """`hash`: what the fields hash to. `broken`: why the document that is kept is no record; then there is no hash."""

    fields: tuple[RecordField, ...]
    hash: bytes | None
    broken: str | None = None

    @property
    def shown(self) -> int:
        """How many fields are disclosed."""
        return sum(one.value is not None for one in self.fields)


def record_view(document: bytes) -> RecordView:
    """The record of a public document. Never raises for what it holds: a changed row must be seen."""
    try:
        disclosure = Disclosure.from_json(parse_strict(document))
    except InvalidInput as error:
        return RecordView((), None, f"{error.field} must {error.rule}"[:200])
    named = disclosure.values.get(FIELD_NAMES)
    names = named if isinstance(named, list) and len(named) == len(disclosure.members) else None
    fields = []
    for place, member in enumerate(disclosure.members):
        if isinstance(member, Field):
            value = visible(member.value)
            fields.append(RecordField(member.name, value, "0x" + member.salt.hex(), member.commitment.hex0x))
        else:
            name = None if names is None else visible(names[place])
            fields.append(RecordField(name, None, None, member.hex0x))
    return RecordView(tuple(fields), bytes(disclosure.hash))
