"""docs/spec/06-records.md: what each operation's record holds, as the composer makes it and the index discloses it."""

import inspect
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any, Final

from chain.composer import Composer
from chain.operations import Operation
from indexer.records import public_names
from ledger.ids import Address, FixedBytes
from ledger.records import FIELD_NAMES, PURPOSE_FIELDS, REQUIRED_FIELDS, DerivedSalts
from ledger.vocabulary import (
    AccountKind,
    ActivityKind,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    OperationKind,
    ProviderMode,
    ReductionClass,
    Role,
    Word,
)

_DAY: Final = "civil day in Shanghai, `YYYY-MM-DD`"
_GRAMS: Final = "whole grams of CO2e, a decimal string, at least 1"
_ACCOUNT: Final = "address, 0x and 40 hexadecimal digits"
_ID: Final = "0x and 64 hexadecimal digits"


def _one_of(words: type[Word]) -> str:
    return "one of " + ", ".join(f"`{label}`" for label in words.labels())


FORMATS: Final[Mapping[str, str]] = {
    "field_names": "names of all fields of the record, itself among them, a list in their order",
    "rules": "version of the rules that the operation is done under (M21, M23), text",
    "account": _ACCOUNT,
    "from_account": f"{_ACCOUNT}: gives",
    "to_account": f"{_ACCOUNT}: receives",
    "operator_account": f"{_ACCOUNT}: issuance goes there",
    "account_kind": _one_of(AccountKind),
    "custody": _one_of(Custody),
    "code": "public code of the methodology or activity, text",
    "version": "version number, a decimal string",
    "methodology_kind": _one_of(MethodologyKind),
    "class": _one_of(ReductionClass),
    "activity_kind": _one_of(ActivityKind),
    "effective_first_day": _DAY,
    "effective_last_day": _DAY,
    "crediting_first_day": _DAY,
    "crediting_last_day": _DAY,
    "period_first_day": f"{_DAY}; monitoring period, or of a voluntary offset the period that is offset",
    "period_last_day": f"{_DAY}, not before `period_first_day`",
    "document_hash": f"{_ID}: SHA-256 of the published text",
    "pledge_hash": f"{_ID}: SHA-256 of the signed exclusivity pledge; zeros where there is none",
    "methodology_id": f"{_ID} (§3.2)",
    "activity_id": f"{_ID} (§3.2)",
    "proposal_id": f"{_ID}: operation id of the proposal",
    "lot_id": f"{_ID} (§3.2)",
    "quantity_gco2e": _GRAMS,
    "cap_gco2e": f"{_GRAMS}: most that may be issued",
    "purpose": _one_of(CancellationPurpose),
    "case_reference": "reference of the case, text (M13)",
    "event": "name of the event, text (M14)",
    "organisation": "who offsets, text (M15)",
    "compliance_year": "year, `YYYY` (M12)",
    "beneficiary": "for whom is cancelled, text",
    "quantification": "how grams are reckoned, an object (§5.6)",
    "provider_mode": _one_of(ProviderMode),
    "application_hash": f"{_ID}: SHA-256 of the application",
    "evaluation_hash": f"{_ID}: SHA-256 of the exchange's evaluation",
    "agreement_hash": f"{_ID}: SHA-256 of the signed agreement",
    "provider_account": f"{_ACCOUNT}: of the provider",
    "beneficiary_account": f"{_ACCOUNT}: to which is donated",
    "campaign_id": f"{_ID} (§5)",
    "campaign_last_day": _DAY,
    "batch_root": f"{_ID}: root of the batch's sum tree (§5)",
    "entry_count": "number of entries, a decimal string",
    "file_hash": f"{_ID}: SHA-256 of the batch file (§5.7)",
    "sequence": "number of the feed header, from 1 for each activity, a decimal string",
    "reason": "why it is corrected, text that names nobody",
    "taken_gco2e": f"{_GRAMS}: of the corrected grams what is taken back from persons",
    "batch_number": "number of the batch that is corrected, a decimal string",
    "after_batch": "number of the last batch that the snapshot holds, a decimal string",
    "behaviour_value": "sum of the entries' behaviour value, a decimal string",
}
"""Format and unit of each field with a meaning of its own."""

HEAD = """\
# 6. Records

Normative; made by `make generate` from `ledger/records.py`, `indexer/records.py` and `chain/composer.py`. How a record
is hashed, and which JSON values it may hold, is in §3.1.

## 6.1 What a record holds

*required*: no record of the kind is made without it. *written*: this program writes it in every record of the kind.
*optional*: may be there.
*disclosed*: shown to everyone with its salt, unless the body decides otherwise; *withheld*: only its commitment is.
What the operation itself says (all fields but `rules`, `reason` and what a purpose requires) is never taken from the
caller.

Every record, of whatever kind, holds besides `field_names`, which this program writes and which is always disclosed
(§8.3).

| operation | field | | by default |
|---|---|---|---|
"""

FREE = """
Any record may hold further fields, whose names match `[a-z][a-z0-9_]{0,63}`, up to 256 in all. They are withheld by
default, `beneficiary` among them. A field with a name of §6.2 must have that format in whatever record it stands, but
for `version` and `field_names`, which only this program writes. A whole record whose `field_names` are not those of its
fields is refused.

## 6.2 Formats and units

| field | value |
|---|---|
"""


def record_reference() -> str:
    """The whole page."""
    written = _written()
    lines = [HEAD]
    lines += [f"| {' | '.join(row)} |\n" for kind in OperationKind for row in _rows(kind, written.get(kind, ()))]
    lines.append(FREE)
    lines += [f"| `{name}` | {text} |\n" for name, text in FORMATS.items()]
    return "".join(lines)


def _rows(kind: OperationKind, written: Iterable[str]) -> Iterator[tuple[str, str, str, str]]:
    """A row for each field that a record of the kind has of itself; `written` is what the composer writes into it."""
    required, public = REQUIRED_FIELDS[kind], public_names(kind, "")
    purposes = PURPOSE_FIELDS if kind is OperationKind.REDUCTION_CANCELLED else {}
    for_purpose = {name for names in purposes.values() for name in names}
    for name in dict.fromkeys([*required, *written, *sorted(public)]):
        if name not in for_purpose and name != FIELD_NAMES:
            state = "required" if name in required else "written" if name in written else "optional"
            yield kind.label, f"`{name}`", state, "disclosed" if name in public else "withheld"
    for word, names in purposes.items():
        for name in names:
            yield kind.label, f"`{name}`", f"required for {word.label}", f"disclosed for {word.label}"


def _written() -> dict[OperationKind, list[str]]:
    """The fields of one record of each kind, made as the program makes it."""
    senders = {role: _made(Address) for role in Role}
    composer = Composer(salts=DerivedSalts(b"salt key of the reference"), senders=senders)
    found = {}
    for name, method in inspect.getmembers(Composer, inspect.isfunction):
        if name.startswith("_"):
            continue
        hints = typing.get_type_hints(method)
        given = {
            parameter.name: _made(hints[parameter.name])
            for parameter in inspect.signature(method).parameters.values()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY and parameter.default is inspect.Parameter.empty
        }
        if "purpose" in given:
            given["purpose"] = CancellationPurpose.EVENT_NEUTRALITY
        if name == Composer.cancel.__name__:
            given["fields"] = {"event": "an event"}
        operation: Operation = getattr(composer, name)(**given)
        found[operation.record.kind] = list(operation.record.values)
    return found


def _made(kind: Any) -> Any:
    """Some value of a parameter's type."""
    if issubclass(kind, FixedBytes):
        return kind(b"\x01" * kind.LENGTH)
    if issubclass(kind, Word):
        return kind.from_label(kind.labels()[0])
    if isinstance(kind, type) and is_dataclass(kind):
        return kind(**{name: _made(hint) for name, hint in typing.get_type_hints(kind).items()})
    return kind(1)
