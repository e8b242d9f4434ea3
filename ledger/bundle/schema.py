"""The JSON Schema of a bundle (docs/schema/certificate-bundle-1.json), from the same words and names as its readers.

It says less than step `form` does: ranges of decimal strings, the order of a record's fields and the one spelling of
the bytes are not in it. What `Bundle.from_json` takes, the schema takes.
"""

from __future__ import annotations

from ledger import encoding
from ledger.bundle.bundle import FORMAT, TYPE, Bundle
from ledger.bundle.certificates import (
    CampaignCertificate,
    CancelledBatch,
    IssuedLot,
    PointsCertificate,
    ReductionCertificate,
)
from ledger.bundle.parts import DeploymentIdentity, Leaf, LogProof, SealedReceiptProof
from ledger.canonical import MAX_EXACT_INTEGER
from ledger.errors import Json
from ledger.vocabulary import BatchKind, CancellationPurpose, OperationKind, ReductionClass, Word

Schema = dict[str, Json]

SCHEMA_ID = "urn:tanpuhui:schema:certificate-bundle-1"

_TEXT: Schema = {"type": "string"}
_HASH: Schema = {"type": "string", "pattern": "^0x[0-9a-f]{64}$"}
_ADDRESS: Schema = {"type": "string", "pattern": "^0x[0-9a-f]{40}$"}
_SALT: Schema = {"type": "string", "pattern": f"^0x[0-9a-f]{{{2 * encoding.SALT_LENGTH}}}$"}
_BYTES: Schema = {"type": "string", "pattern": "^0x([0-9a-f]{2})+$"}
_DECIMAL: Schema = {"type": "string", "pattern": "^(0|[1-9][0-9]{0,38})$"}
_POSITIVE: Schema = {"type": "string", "pattern": "^[1-9][0-9]{0,38}$"}
_CODE: Schema = {"type": "string", "pattern": "^[!-~]{1,64}$"}
_DAY: Schema = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_FORMAT: Schema = {"const": FORMAT}


def bundle_schema() -> Schema:
    """The schema, draft 2020-12."""
    common: Schema = {
        "type": {"const": TYPE},
        "format": _FORMAT,
        "deployment": _object(
            DeploymentIdentity.NAMES,
            chain_id=_whole(),
            genesis_hash=_HASH,
            transparency_log=_ADDRESS,
            reduction_ledger=_ADDRESS,
            point_ledger=_ADDRESS,
        ),
        "certificate": {"oneOf": [_reductions(), _points(), _campaign()]},
        "record": {"oneOf": [{"type": "null"}, _record()]},
        "leaf": _leaf(),
        "entry": _entry_proof(),
        "proof": {"oneOf": [_log_proof(), _sealed_receipt_proof()]},
    }
    is_of_points: Schema = {"properties": {"certificate": {"properties": {"kind": {"const": PointsCertificate.KIND}}}}}
    with_entry: Schema = {"required": ["entry"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Tanpuhui certificate bundle, format 1",
        "description": "docs/spec/08-certificates.md §8.1 to §8.4. To have this form proves nothing.",
        "type": "object",
        "properties": common,
        "required": [name for name in Bundle.NAMES if name != "entry"],
        "additionalProperties": False,
        "if": is_of_points,
        "then": with_entry,
        "else": {"not": with_entry},
    }


def _object(names: tuple[str, ...], **properties: Json) -> Schema:
    """Exactly these members. A member that is a word of Python is given with `_` behind it."""
    given = {name.removesuffix("_"): value for name, value in properties.items()}
    required: list[Json] = [*names]
    return {
        "type": "object",
        "properties": {name: given[name] for name in names},
        "required": required,
        "additionalProperties": False,
    }


def _whole(least: int = 0, most: int = MAX_EXACT_INTEGER) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _one_of(words: type[Word]) -> Schema:
    labels: list[Json] = [*words.labels()]
    return {"enum": labels}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _reductions() -> Schema:
    issued = _object(
        IssuedLot.NAMES,
        activity_code=_CODE,
        methodology_code=_CODE,
        methodology_version=_whole(0, 2**32 - 1),
        class_=_one_of(ReductionClass),
        period_first_day=_DAY,
        period_last_day=_DAY,
    )
    bought = _object(("redeem_operation_id", "class"), redeem_operation_id=_HASH, class_=_one_of(ReductionClass))
    return _object(
        ReductionCertificate.NAMES,
        kind={"const": ReductionCertificate.KIND},
        number=_whole(1),
        lot_id=_HASH,
        purpose=_one_of(CancellationPurpose),
        first_serial=_POSITIVE,
        lot={"oneOf": [{"type": "null"}, issued, bought]},
    )


def _points() -> Schema:
    batch = _object(
        CancelledBatch.NAMES,
        number=_whole(1),
        class_=_one_of(ReductionClass),
        root=_HASH,
        total=_DECIMAL,
        entry_count=_whole(1),
        file_hash=_HASH,
        first_certificate=_whole(1),
    )
    kind: Schema = {"const": PointsCertificate.KIND}
    return _object(("kind", "number", "batch"), kind=kind, number=_whole(1), batch=batch)


def _campaign() -> Schema:
    return _object(
        CampaignCertificate.NAMES,
        kind={"const": CampaignCertificate.KIND},
        number=_whole(1),
        campaign_code=_CODE,
        class_=_one_of(ReductionClass),
        purpose=_one_of(CancellationPurpose),
    )


def _field(name: Schema, value: Json) -> Schema:
    """A field that is shown, or its commitment."""
    shown = _object(("name", "salt", "value"), name=name, salt=_SALT, value=value)
    return {"oneOf": [shown, _object(("commitment",), commitment=_HASH)]}


def _record() -> Schema:
    name: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"}
    fields: Schema = {
        **_list(_field(name, {"description": "JSON without fractions"})),
        "minItems": 1,
        "maxItems": encoding.MAX_RECORD_FIELDS,
    }
    return _object(("format", "kind", "fields"), format=_FORMAT, kind=_one_of(OperationKind), fields=fields)


def _leaf() -> Schema:
    return _object(
        Leaf.NAMES,
        index=_whole(),
        kind=_one_of(OperationKind),
        ledger=_ADDRESS,
        operation_id=_HASH,
        subject=_HASH,
        from_=_ADDRESS,
        to=_ADDRESS,
        quantity_gco2e=_DECIMAL,
        record_hash=_HASH,
        timestamp=_whole(),
    )


def _entry_proof() -> Schema:
    fields: list[Json] = [_field({"const": "account"}, _HASH), _field({"const": "details"}, {"type": "object"})]
    entry = _object(
        ("format", "kind", "grams", "entry_id", "fields"),
        format=_FORMAT,
        kind=_one_of(BatchKind),
        grams=_POSITIVE,
        entry_id=_HASH,
        fields={"type": "array", "prefixItems": fields, "items": False, "minItems": 2},
    )
    return _object(
        ("format", "entry", "index", "size", "total", "root", "path"),
        format=_FORMAT,
        entry=entry,
        index=_whole(),
        size=_whole(),
        total=_DECIMAL,
        root=_HASH,
        path=_list(_object(("grams", "hash"), grams=_DECIMAL, hash=_HASH)),
    )


def _log_proof() -> Schema:
    names = ("type", "inclusion", "checkpoint")
    return _object(names, type={"const": LogProof.TYPE}, inclusion=_list(_HASH), checkpoint=_TEXT)


def _sealed_receipt_proof() -> Schema:
    return _object(
        ("type", "header", "transaction_index", "log_position", "path"),
        type={"const": SealedReceiptProof.TYPE},
        header=_BYTES,
        transaction_index=_whole(),
        log_position=_whole(),
        path=_list(_BYTES),
    )
