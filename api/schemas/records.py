"""Records as the public sees them."""

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.common import Hash, JsonValue, Model, OperationKindWord


class ShownField(Model):
    """A disclosed field: with its salt anyone can recompute its commitment."""

    name: Annotated[str, Field(examples=["event"])]
    salt: Annotated[str, Field(pattern=r"^0x[0-9a-f]{32}$", examples=["0x" + "00" * 16])]
    value: JsonValue


class HiddenField(Model):
    """A field that is kept back: only its commitment."""

    commitment: Hash


class PublicRecord(Model):
    """The record of an operation, hashing to the leaf's `record_hash` (docs/spec/03-encodings.md §3.1)."""

    format: Literal[1]
    kind: OperationKindWord
    fields: list[ShownField | HiddenField]


class FullField(Model):
    """A field with its salt."""

    name: str
    salt: Annotated[str, Field(pattern=r"^0x[0-9a-f]{32}$")]
    value: JsonValue


class FullRecord(Model):
    """A whole record (docs/spec/03-encodings.md §3.1)."""

    format: Literal[1]
    kind: OperationKindWord
    fields: list[FullField]
