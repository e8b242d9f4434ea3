"""What the operators' routes take. Each value is read by the same function of `ledger` that every other way in uses."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationInfo, WithJsonSchema

from api.schemas.common import QUANTIFICATION_EXAMPLE
from api.schemas.records import FullRecord
from ledger.encoding import is_code
from ledger.errors import InvalidIdentifier, InvalidInput, OutOfRange
from ledger.ids import ActivityId, Address, FixedBytes, Hash32, IdentityCommitment, LotId, MethodologyId
from ledger.quantification import Quantification
from ledger.units import civil_day_from_text, grams_from_decimal_string
from ledger.vocabulary import (
    AccountKind,
    ActivityKind,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    ProviderMode,
    ReductionClass,
    Word,
)


def _reader(parse: Callable[[object, str], Any]) -> PlainValidator:
    """A field that `parse(value, name)` reads; it raises `InvalidInput`, which names field and rule."""

    def validate(value: object, info: ValidationInfo) -> Any:
        return parse(value, info.field_name or "value")

    return PlainValidator(validate)


def _hex_schema(kind: type[FixedBytes], example: str) -> WithJsonSchema:
    pattern = f"^0x[0-9a-fA-F]{{{2 * kind.LENGTH}}}$"
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": ["0x" + example * kind.LENGTH]})


def _word(words: type[Word]) -> PlainValidator:
    return _reader(lambda value, name: words.from_label(value if isinstance(value, str) else repr(value), name))


def _word_schema(words: type[Word]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": words.labels()})


def _code(value: object, name: str) -> str:
    if not isinstance(value, str) or not is_code(value):
        raise InvalidIdentifier(name, "be a code of 1 to 64 printable ASCII characters without spaces", value)
    return value


def _version(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < 2**32:
        raise OutOfRange(name, "be a whole number from 1 to 4294967295", value)
    return value


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInput(name, "be an object of field names and values", value)
    return value


def _hex_bytes(value: object, name: str) -> bytes:
    if isinstance(value, str) and value.startswith("0x") and value.isascii():
        try:
            return bytes.fromhex(value[2:])
        except ValueError:
            pass
    raise InvalidIdentifier(name, "be 0x and an even number of hexadecimal digits", value)


AddressIn = Annotated[Address, _reader(Address.from_hex), _hex_schema(Address, "5a")]
HashIn = Annotated[Hash32, _reader(Hash32.from_hex), _hex_schema(Hash32, "d0")]
LotIdIn = Annotated[LotId, _reader(LotId.from_hex), _hex_schema(LotId, "1a")]
ActivityIdIn = Annotated[ActivityId, _reader(ActivityId.from_hex), _hex_schema(ActivityId, "ac")]
MethodologyIdIn = Annotated[MethodologyId, _reader(MethodologyId.from_hex), _hex_schema(MethodologyId, "3e")]
CommitmentIn = Annotated[
    IdentityCommitment, _reader(IdentityCommitment.from_hex), _hex_schema(IdentityCommitment, "c0")
]
GramsIn = Annotated[
    int,
    _reader(grams_from_decimal_string),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,18}$", "examples": ["462000000"]}),
]
DayIn = Annotated[
    int,
    _reader(civil_day_from_text),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "examples": ["2026-01-01"]}),
]
CodeIn = Annotated[
    str, _reader(_code), WithJsonSchema({"type": "string", "pattern": "^[!-~]{1,64}$", "examples": ["SHCER-PV-001"]})
]
VersionIn = Annotated[int, _reader(_version), WithJsonSchema({"type": "integer", "minimum": 1, "examples": [1]})]
FieldsIn = Annotated[
    dict[str, Any],
    _reader(_object),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": True,
            "description": "Further fields of the operation's record: JSON values without floats. What the operation "
            "itself says need not be repeated and cannot be contradicted.",
        }
    ),
]
QuantificationIn = Annotated[
    Quantification,
    _reader(Quantification.from_json),
    WithJsonSchema(
        {
            "type": "object",
            "description": "docs/spec/05-points.md §5.6. Numbers are decimal strings or whole numbers.",
            "examples": [QUANTIFICATION_EXAMPLE],
        }
    ),
]
RawTransactionIn = Annotated[
    bytes,
    _reader(_hex_bytes),
    WithJsonSchema({"type": "string", "pattern": "^0x([0-9a-fA-F]{2})+$", "examples": ["0xf8aa8080"]}),
]


class WriteBody(BaseModel):
    """Base of all bodies: nothing beyond what is named. `fields` joins the operation's record."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True)


class RecordedBody(WriteBody):
    """Nothing but further fields of the record."""

    fields: FieldsIn = Field(default_factory=dict)


class OpenAccountBody(RecordedBody):
    """Opens an account. Who stands behind it is known here only as a salted commitment, made by the caller."""

    kind: Annotated[AccountKind, _word(AccountKind), _word_schema(AccountKind)]
    custody: Annotated[Custody, _word(Custody), _word_schema(Custody)]
    identity_commitment: CommitmentIn
    """docs/spec/03-encodings.md §3.2; the identity and its salt stay with the caller."""
    account: AddressIn | None = None
    """The holder's address in holder custody. In platform custody it follows from the commitment and is left out."""


class PublishMethodologyBody(RecordedBody):
    """Publishes a version of a methodology."""

    code: CodeIn
    version: VersionIn
    kind: Annotated[MethodologyKind, _word(MethodologyKind), _word_schema(MethodologyKind)]
    reduction_class: Annotated[ReductionClass, _word(ReductionClass), _word_schema(ReductionClass)]
    effective_first_day: DayIn
    effective_last_day: DayIn
    document_hash: HashIn
    """SHA-256 of the published text."""
    quantification: QuantificationIn | None = None
    """How grams are made of measurements; it stands in the record of the publication and is public."""


class RegisterActivityBody(RecordedBody):
    """Registers a project or scenario. Projects need facility and pledge."""

    code: CodeIn
    kind: Annotated[ActivityKind, _word(ActivityKind), _word_schema(ActivityKind)]
    methodology_id: MethodologyIdIn
    operator_account: AddressIn
    feed_signer: AddressIn | None = None
    """Address whose signature stands under the operator's data."""
    crediting_first_day: DayIn
    crediting_last_day: DayIn
    facility_id: HashIn | None = None
    """Salted hash of the facility's identity."""
    pledge_hash: HashIn | None = None
    """SHA-256 of the signed exclusivity pledge."""
    cap_gco2e: GramsIn
    """Most that may be issued over the crediting period, in grams."""


class ProposeIssuanceBody(RecordedBody):
    """Proposes an issuance for a monitoring period, whole days, both ends inclusive."""

    activity_id: ActivityIdIn
    first_day: DayIn
    last_day: DayIn
    quantity_gco2e: GramsIn


class TransferBody(RecordedBody):
    """Moves grams of a lot from an account in the platform's custody."""

    from_account: AddressIn
    to_account: AddressIn
    lot_id: LotIdIn
    quantity_gco2e: GramsIn


class CancelBody(RecordedBody):
    """Cancels grams for good. The purpose decides which `fields` are needed (docs/spec/01-concepts.md §1.3)."""

    account: AddressIn
    lot_id: LotIdIn
    quantity_gco2e: GramsIn
    purpose: Annotated[CancellationPurpose, _word(CancellationPurpose), _word_schema(CancellationPurpose)]


class CorrectBody(RecordedBody):
    """Takes back over-credited grams of a lot."""

    lot_id: LotIdIn
    quantity_gco2e: GramsIn


class AdmitProviderBody(RecordedBody):
    """Admits an institution's account as a mall provider, or a closed one again. Only hashes of the documents are
    published.
    """

    account: AddressIn
    mode: Annotated[ProviderMode, _word(ProviderMode), _word_schema(ProviderMode)]
    application_hash: HashIn
    """SHA-256 of the application."""
    evaluation_hash: HashIn
    """SHA-256 of the evaluation of it."""
    agreement_hash: HashIn
    """SHA-256 of the agreement that was signed."""


class OpenCampaignBody(RecordedBody):
    """Opens a campaign: until its last day points may be donated to it."""

    code: CodeIn
    beneficiary: AddressIn
    """Account of the event or enterprise; a name goes into `fields`."""
    purpose: Annotated[CancellationPurpose, _word(CancellationPurpose), _word_schema(CancellationPurpose)]
    """An event, or an enterprise's voluntary offset; the contract refuses the others."""
    last_day: DayIn
    document_hash: HashIn
    """SHA-256 of the announcement."""


class CancelCampaignBody(RecordedBody):
    """Cancels for good all that was donated to a campaign in one class."""

    reduction_class: Annotated[ReductionClass, _word(ReductionClass), _word_schema(ReductionClass)]


class SendTransactionBody(WriteBody):
    """A transaction that a holder has signed; the key stays with the holder."""

    raw_transaction: RawTransactionIn
    record: FullRecord | None = None
    """The record whose hash the transaction carries, so that it can be shown with the operation."""
