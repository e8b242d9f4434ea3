"""What a call states: the facts that its calldata carries, in the names and forms in which `chain.composer` writes them
into the record of the operation.

Contracts see only the hash of a record. Of a record that somebody else made, nothing but this comparison says that it
tells of the same operation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from eth_abi.exceptions import DecodingError

from chain.calls import BY_SELECTOR
from chain.functions import decode
from chain.operations import Call, ContractName
from ledger.errors import InvalidRecord, InvalidTransaction
from ledger.ids import Address
from ledger.records import Record, check_fields
from ledger.units import date_of_civil_day
from ledger.vocabulary import (
    AccountKind,
    ActivityKind,
    BatchKind,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    ProviderMode,
    ReductionClass,
    Word,
)

_Form = Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a call, or a member of a tuple, as people read it: grams and numbers in decimal digits, days as
    YYYY-MM-DD, words by their labels, all else as 0x and hexadecimal digits.
    """

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class _Apart:
    """An argument that the record does not have, by the name it has here."""

    name: str
    form: _Form


_Stated = tuple[tuple[str, _Form] | _Apart, ...]


def _hash(value: bytes) -> str:
    return "0x" + value.hex()


def _lot(value: int) -> str:
    return f"0x{value:064x}"


def _day(value: int) -> str:
    return date_of_civil_day(value).isoformat()


def _word(kind: type[Word]) -> _Form:
    return lambda value: kind.from_number(value).label


# eth-abi gives addresses as text in lower case.
_ACCOUNT: Final = ("account", str)
_FROM: Final = ("from_account", str)
_TO: Final = ("to_account", str)
_LOT: Final = ("lot_id", _lot)
_GRAMS: Final = ("quantity_gco2e", str)
_PURPOSE: Final = ("purpose", _word(CancellationPurpose))
_ACTIVITY: Final = ("activity_id", _hash)
_PROPOSAL: Final = ("proposal_id", _hash)

_CLASS: Final = ("class", _word(ReductionClass))
_CAMPAIGN: Final = ("campaign_id", _hash)

_ENTRIES: Final[_Stated] = (("batch_root", _hash), _GRAMS, ("entry_count", str), ("file_hash", _hash))

_PUBLICATION: Final[_Stated] = (
    ("code", str),
    ("version", str),
    ("methodology_kind", _word(MethodologyKind)),
    ("class", _word(ReductionClass)),
    ("effective_first_day", _day),
    ("effective_last_day", _day),
    ("document_hash", _hash),
)
_REGISTRATION: Final[_Stated] = (
    ("code", str),
    ("activity_kind", _word(ActivityKind)),
    ("methodology_id", _hash),
    ("operator_account", str),
    _Apart("feed_signer", str),
    ("crediting_first_day", _day),
    ("crediting_last_day", _day),
    _Apart("facility_id", _hash),
    ("pledge_hash", _hash),
    ("cap_gco2e", str),
)


def _header(total: str) -> _Stated:
    """A feed header and its signature; `total`: the name of what its entries add up to."""
    return (
        _Apart("batch_kind", _word(BatchKind)),
        _ACTIVITY,
        ("methodology_id", _hash),
        _CLASS,
        ("sequence", str),
        ("period_first_day", _day),
        ("period_last_day", _day),
        ("batch_root", _hash),
        (total, str),
        ("entry_count", str),
        ("file_hash", _hash),
        _Apart("signature", _hash),
    )


_STATED: Final[Mapping[tuple[ContractName, str], _Stated]] = {
    (ContractName.ACCOUNT_REGISTRY, "open"): (
        _ACCOUNT,
        ("account_kind", _word(AccountKind)),
        ("custody", _word(Custody)),
        _Apart("identity_commitment", _hash),
    ),
    (ContractName.ACCOUNT_REGISTRY, "freeze"): (_ACCOUNT,),
    (ContractName.ACCOUNT_REGISTRY, "unfreeze"): (_ACCOUNT,),
    (ContractName.ACCOUNT_REGISTRY, "close"): (_ACCOUNT,),
    (ContractName.METHODOLOGY_REGISTRY, "publish"): _PUBLICATION,
    (ContractName.METHODOLOGY_REGISTRY, "withdraw"): (("methodology_id", _hash),),
    (ContractName.ACTIVITY_REGISTRY, "register"): _REGISTRATION,
    (ContractName.ACTIVITY_REGISTRY, "suspend"): (_ACTIVITY,),
    (ContractName.ACTIVITY_REGISTRY, "resume"): (_ACTIVITY,),
    (ContractName.ACTIVITY_REGISTRY, "close"): (_ACTIVITY,),
    (ContractName.ACTIVITY_REGISTRY, "withdraw"): (_ACTIVITY,),
    (ContractName.REDUCTION_LEDGER, "proposeIssuance"): (
        _ACTIVITY,
        ("period_first_day", _day),
        ("period_last_day", _day),
        _GRAMS,
    ),
    (ContractName.REDUCTION_LEDGER, "confirmIssuance"): (_PROPOSAL,),
    (ContractName.REDUCTION_LEDGER, "rejectIssuance"): (_PROPOSAL,),
    (ContractName.REDUCTION_LEDGER, "transfer"): (_TO, _LOT, _GRAMS),
    (ContractName.REDUCTION_LEDGER, "transferFor"): (_FROM, _TO, _LOT, _GRAMS),
    (ContractName.REDUCTION_LEDGER, "cancel"): (_LOT, _GRAMS, _PURPOSE),
    (ContractName.REDUCTION_LEDGER, "cancelFor"): (_ACCOUNT, _LOT, _GRAMS, _PURPOSE),
    (ContractName.REDUCTION_LEDGER, "correct"): (_LOT, _GRAMS),
    (ContractName.REDUCTION_LEDGER, "freezeLot"): (_LOT,),
    (ContractName.REDUCTION_LEDGER, "unfreezeLot"): (_LOT,),
    (ContractName.PROVIDER_REGISTRY, "admit"): (
        _ACCOUNT,
        ("provider_mode", _word(ProviderMode)),
        ("application_hash", _hash),
        ("evaluation_hash", _hash),
        ("agreement_hash", _hash),
    ),
    (ContractName.PROVIDER_REGISTRY, "suspend"): (_ACCOUNT,),
    (ContractName.PROVIDER_REGISTRY, "resume"): (_ACCOUNT,),
    (ContractName.PROVIDER_REGISTRY, "close"): (_ACCOUNT,),
    (ContractName.CAMPAIGN_REGISTRY, "open"): (
        ("code", str),
        ("beneficiary_account", str),
        _PURPOSE,
        ("campaign_last_day", _day),
        ("document_hash", _hash),
    ),
    (ContractName.CAMPAIGN_REGISTRY, "close"): (_CAMPAIGN,),
    (ContractName.POINT_LEDGER, "earn"): _header("quantity_gco2e"),
    (ContractName.POINT_LEDGER, "recordBehaviour"): _header("behaviour_value"),
    (ContractName.POINT_LEDGER, "redeem"): (_CLASS, ("provider_account", str), *_ENTRIES),
    (ContractName.POINT_LEDGER, "donate"): (_CLASS, _CAMPAIGN, *_ENTRIES),
    (ContractName.POINT_LEDGER, "cancel"): (_CLASS, *_ENTRIES),
    (ContractName.POINT_LEDGER, "correct"): (
        ("batch_number", str),
        _GRAMS,
        *(("batch_root", _hash), ("taken_gco2e", str), ("entry_count", str), ("file_hash", _hash)),
    ),
    (ContractName.POINT_LEDGER, "takeSnapshot"): (_CLASS, ("after_batch", str), *_ENTRIES),
    (ContractName.POINT_LEDGER, "cancelCampaign"): (_CAMPAIGN, _CLASS),
}
"""What the arguments between operation id and record hash are in the record; a tuple's members stand for the tuple."""

_OF_THE_SENDER: Final = {
    (ContractName.REDUCTION_LEDGER, "transfer"): "from_account",
    (ContractName.REDUCTION_LEDGER, "cancel"): "account",
}
"""The account that a holder's own call does not name, for it is the sender's."""


def arguments_of(call: Call) -> tuple[Argument, ...]:
    """Every argument of the call, in order, as it will be signed. Raises as `facts_of`."""
    inside = tuple(
        Argument(stated.name, text) if isinstance(stated, _Apart) else Argument(stated[0], text)
        for stated, text in _told(call)
    )
    return (
        Argument("operation_id", call.operation_id.hex0x),
        *inside,
        Argument("record_hash", call.record_hash.hex0x),
    )


def facts_of(call: Call, sender: Address) -> dict[str, str]:
    """What the call states. Raises `InvalidTransaction` for calldata that cannot be read, and `InvalidInput` for a word
    or a day that there is not.
    """
    facts = {stated[0]: text for stated, text in _told(call) if not isinstance(stated, _Apart)}
    if (own := _OF_THE_SENDER.get((call.contract, call.function))) is not None:
        facts[own] = sender.hex0x
    return facts


def _told(call: Call) -> list[tuple[tuple[str, _Form] | _Apart, str]]:
    """The arguments between operation id and record hash, read from the calldata."""
    types = BY_SELECTOR[call.contract, call.calldata[:4]].function.types
    try:
        arguments = decode(types, call.calldata[4:])[1:-1]
    except (DecodingError, UnicodeDecodeError):
        rule = "have arguments that can be read"
        raise InvalidTransaction("raw_transaction", rule, f"calldata of {call.function}") from None
    values = chain.from_iterable(one if isinstance(one, tuple) else (one,) for one in arguments)
    stated = _STATED[call.contract, call.function]
    return [
        (one, (one.form if isinstance(one, _Apart) else one[1])(value))
        for one, value in zip(stated, values, strict=True)
    ]


def check_record(record: Record, call: Call, sender: Address) -> None:
    """Refuses a record that is not the record of this call.

    It must hash to what the call carries, be of its kind, have every field that the kind requires, well-formed, and
    say of the operation what the call says. `InvalidRecord` or another `InvalidInput` names the first field that does
    not.
    """
    if record.hash != call.record_hash:
        rule = f"hash to {call.record_hash.hex0x}, which the transaction carries"
        raise InvalidRecord("record", rule, record.hash.hex0x)
    if record.kind is not call.kind:
        raise InvalidRecord("kind", f"be {call.kind.label}, as the transaction is", record.kind.label)
    values = record.values
    check_fields(record.kind, values)
    for name, fact in facts_of(call, sender).items():
        if name in values and values[name] != fact:
            raise InvalidRecord(name, f"be {fact}, as the transaction says", values[name])
