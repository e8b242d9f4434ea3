"""What a row can ask for: each action's keys in a mapping, how its arguments are read, and what it touches.

What an operation touches decides what may be sent at the same time: `scripts.importing.waves`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chain.composer import Composer
from chain.operations import Operation
from ledger import encoding
from ledger.errors import InvalidInput, MissingField, NotFound, UnknownWord
from ledger.ids import ZERO_ADDRESS, ActivityId, Address, Hash32, IdentityCommitment, LotId, OperationId
from ledger.units import (
    civil_day_from_text,
    grams_from_decimal_string,
    grams_from_kilograms,
    grams_from_tonnes,
)
from ledger.vocabulary import (
    AccountKind,
    ActivityKind,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    ReductionClass,
    Role,
)
from scripts.names import REFERENCE_PREFIX, Directory, Names, reference_name

Arguments = dict[str, Any]
"""Arguments of a method of `chain.composer.Composer`, by name."""

UNITS: Final[Mapping[str, Callable[[str, str], int]]] = {
    "t": grams_from_tonnes,
    "kg": grams_from_kilograms,
    "g": grams_from_decimal_string,
}


_NAMED: Final[Mapping[str, str]] = {
    "account": "account",
    "from": "from_account",
    "to": "to_account",
    "operator": "operator_account",
    "feed_signer": "feed_signer",
    "activity": "activity_id",
    "methodology": "methodology_id",
}
"""Keys under which a row names things, and the arguments that are their ids."""

_LOT_TEXTS: Final = ("lot", "activity", "first_day", "last_day")


@dataclass(frozen=True, slots=True)
class Touches:
    """What an operation reads and writes, as keys. `everything`: it cannot be told, so nothing may pass it."""

    reads: tuple[Hashable, ...] = ()
    writes: tuple[Hashable, ...] = ()
    everything: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation that one row (line, part) asks for. `index` is its place within the row, counted from 0.

    `ensure`: other rows rely on it, so it is done whatever becomes of its own row.
    """

    row: tuple[int, int]
    index: int
    ensure: bool
    operation_id: OperationId
    action: Action
    arguments: Arguments
    fields: Mapping[str, str]
    touches: Touches
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def written(self) -> Mapping[str, str]:
        """What the row calls the things that the ledger knows by the ids that are the keys here."""
        named = {argument: self.texts.get(key, "") for key, argument in _NAMED.items()}
        named["lot_id"] = " ".join(self.texts[key] for key in _LOT_TEXTS if self.texts.get(key))
        written = {self.arguments[name].hex0x: text for name, text in named.items() if text and name in self.arguments}
        if self.action.label == "register-activity":
            written[encoding.activity_id(code=self.arguments["code"]).hex0x] = self.arguments["code"]
        return {identifier: text for identifier, text in written.items() if text != identifier}

    def compose(self, composer: Composer) -> Operation:
        """The operation, signed by nobody yet."""
        return self.action.compose(composer, operation_id=self.operation_id, fields=self.fields, **self.arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one row gives to one operation: texts by mapping key, and where each came from for messages."""

    texts: Mapping[str, str]
    labels: Mapping[str, str]
    names: Names
    operation_id: OperationId
    earlier: tuple[Step, ...] = field(default=())

    def label(self, key: str) -> str:
        """The column or value that fills the key, or the key itself."""
        return self.labels.get(key, key)

    def has(self, key: str) -> bool:
        """Whether the row gives anything for the key."""
        return bool(self.texts.get(key))

    def text(self, key: str) -> str:
        """The text for a key; `MissingField` if it is blank."""
        if not self.has(key):
            raise MissingField(self.label(key), f"not be blank: it is the {key.replace('_', ' ')}", "")
        return self.texts[key]

    def day(self, key: str) -> int:
        """A civil day."""
        return civil_day_from_text(self.text(key), self.label(key))

    def grams(self, key: str) -> int:
        """A quantity, in grams, from text in the unit that the mapping names."""
        unit = self.texts.get("unit", "t")
        if unit not in UNITS:
            raise UnknownWord(self.label("unit"), "be one of " + ", ".join(UNITS), unit)
        return UNITS[unit](self.text(key), self.label(key))

    def account(self, key: str) -> Address:
        """An account, as address or `ref:NAME`."""
        return self.names.account(self.text(key), self.label(key))

    def document(self, key: str) -> Hash32:
        """The SHA-256 of a text that is given in full, or that hash under `KEY_hash`; zero if neither is given."""
        if self.has(f"{key}_hash"):
            return Hash32.from_hex(self.text(f"{key}_hash"), self.label(f"{key}_hash"))
        if self.has(key):
            return Hash32(hashlib.sha256(self.text(key).encode()).digest())
        return Hash32(bytes(32))

    def activity(self) -> ActivityId:
        """The activity, by code or id."""
        return self.names.activity(self.text("activity"))

    def lot(self) -> LotId:
        """The lot, by id or by activity and monitoring period."""
        if self.has("lot"):
            return LotId.from_hex(self.text("lot"), self.label("lot"))
        by_class = self.has("class")
        return self.names.lot(
            activity_id=self.activity(),
            first_day=self.day("first_day"),
            last_day=self.day("last_day"),
            shown=self.text("activity"),
            methodology_id=self.names.methodology(self.text("methodology")) if self.has("methodology") else None,
            reduction_class=ReductionClass.from_label(self.text("class"), self.label("class")) if by_class else None,
        )

    def proposal(self) -> OperationId:
        """The proposal: by its id, or the one that this row made just before."""
        if self.has("proposal"):
            return OperationId.from_hex(self.text("proposal"), self.label("proposal"))
        return self.own_proposal().operation_id

    def own_proposal(self) -> Step:
        """The latest proposal of this row."""
        for step in reversed(self.earlier):
            if step.action.label == "propose":
                return step
        raise MissingField("proposal", "be given, or made earlier by the same row", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that a row can ask for.

    `keys`: groups of which one key each must be given; `optional`: further keys. `read` makes the composer's arguments
    from what a row gives; `touch` says what they touch; `there` whether the subject is registered already.
    """

    label: str
    role: Role
    keys: tuple[tuple[str, ...], ...]
    optional: tuple[str, ...] = ()
    read: Callable[[Given], Arguments]
    compose: Callable[..., Operation]
    touch: Callable[[Given, Arguments], Touches]
    there: Callable[[Arguments, Directory], bool] | None = None

    def __repr__(self) -> str:
        return f"Action({self.label})"


_LOT_KEYS = ("lot", "activity")
_LOT_OPTIONAL = ("methodology", "class", "first_day", "last_day")


# Reading arguments


def _open_account(given: Given) -> Arguments:
    text = given.text("account")
    commitment = _commitment(given, text)
    custody = Custody.PLATFORM if text.startswith(REFERENCE_PREFIX) else Custody.HOLDER
    return {
        "account": given.account("account"),
        "kind": AccountKind.from_label(given.text("kind"), given.label("kind")),
        "custody": custody,
        "identity_commitment": commitment,
    }


def _commitment(given: Given, text: str) -> IdentityCommitment:
    if given.has("identity_commitment"):
        return IdentityCommitment.from_hex(given.text("identity_commitment"), given.label("identity_commitment"))
    if text.startswith(REFERENCE_PREFIX):
        return given.names.commitment(reference_name(text, given.label("account")))
    return given.names.commitment(given.text("identity"))


def _account(given: Given) -> Arguments:
    return {"account": given.account("account")}


def _publish(given: Given) -> Arguments:
    version = given.text("version")
    if not version.isascii() or not version.isdigit():
        raise InvalidInput(given.label("version"), "be a whole number", version)
    return {
        "code": given.text("code"),
        "version": int(version),
        "kind": MethodologyKind.from_label(given.text("kind"), given.label("kind")),
        "reduction_class": ReductionClass.from_label(given.text("class"), given.label("class")),
        "effective_first_day": given.day("effective_first_day"),
        "effective_last_day": given.day("effective_last_day"),
        "document_hash": given.document("document"),
    }


def _methodology(given: Given) -> Arguments:
    return {"methodology_id": given.names.methodology(given.text("methodology"))}


def _register(given: Given) -> Arguments:
    facility = given.names.facility(given.text("facility")) if given.has("facility") else Hash32(bytes(32))
    return {
        "code": given.text("code"),
        "kind": ActivityKind.from_label(given.text("kind"), given.label("kind")),
        "methodology_id": given.names.methodology(given.text("methodology")),
        "operator_account": given.account("operator"),
        "feed_signer": given.account("feed_signer") if given.has("feed_signer") else ZERO_ADDRESS,
        "crediting_first_day": given.day("crediting_first_day"),
        "crediting_last_day": given.day("crediting_last_day"),
        "facility_id": facility,
        "pledge_hash": given.document("pledge"),
        "cap_grams": given.grams("cap"),
    }


def _activity(given: Given) -> Arguments:
    return {"activity_id": given.activity()}


def _propose(given: Given) -> Arguments:
    return {
        "activity_id": given.activity(),
        "first_day": given.day("first_day"),
        "last_day": given.day("last_day"),
        "grams": given.grams("quantity"),
    }


def _proposal(given: Given) -> Arguments:
    return {"proposal_id": given.proposal()}


def _transfer(given: Given) -> Arguments:
    return {
        "from_account": given.account("from"),
        "to_account": given.account("to"),
        "lot_id": given.lot(),
        "grams": given.grams("quantity"),
    }


def _cancel(given: Given) -> Arguments:
    return {
        "account": given.account("account"),
        "lot_id": given.lot(),
        "grams": given.grams("quantity"),
        "purpose": CancellationPurpose.from_label(given.text("purpose"), given.label("purpose")),
    }


def _correct(given: Given) -> Arguments:
    return {"lot_id": given.lot(), "grams": given.grams("quantity")}


def _lot(given: Given) -> Arguments:
    return {"lot_id": given.lot()}


# What they touch

# An issuance reads its activity's operator account and methodology, which a row does not name: whatever freezes or
# withdraws any of them is kept in order with every issuance.
_ANY_ACCOUNT = ("any account",)
_ANY_METHODOLOGY = ("any methodology",)


def _touch_open(given: Given, made: Arguments) -> Touches:
    return Touches(writes=(("account", made["account"]), ("commitment", made["identity_commitment"])))


def _touch_account(given: Given, made: Arguments) -> Touches:
    return Touches(writes=(("account", made["account"]), _ANY_ACCOUNT))


def _touch_publish(given: Given, made: Arguments) -> Touches:
    identifier = encoding.methodology_id(code=made["code"], version=made["version"])
    return Touches(writes=(("methodology", identifier), ("methodology code", made["code"])))


def _touch_methodology(given: Given, made: Arguments) -> Touches:
    return Touches(writes=(("methodology", made["methodology_id"]), _ANY_METHODOLOGY))


def _touch_register(given: Given, made: Arguments) -> Touches:
    identifier = encoding.activity_id(code=made["code"])
    return Touches(
        reads=(("methodology", made["methodology_id"]), ("account", made["operator_account"])),
        writes=(("activity", identifier), ("facility", made["facility_id"])),
    )


def _touch_activity(given: Given, made: Arguments) -> Touches:
    # It may free a facility, and which one is not known here.
    return Touches(everything=True)


def _touch_propose(given: Given, made: Arguments) -> Touches:
    return Touches(
        reads=(("activity", made["activity_id"]), _ANY_ACCOUNT, _ANY_METHODOLOGY),
        writes=(("proposal", given.operation_id), _day_key(made)),
    )


def _day_key(made: Arguments) -> Hashable:
    return ("credited days", made["activity_id"])


def _touch_confirm(given: Given, made: Arguments) -> Touches:
    if given.has("proposal"):
        return Touches(everything=True)
    proposed = given.own_proposal().arguments
    activity: ActivityId = proposed["activity_id"]
    try:
        lot = given.names.lot(activity_id=activity, first_day=proposed["first_day"], last_day=proposed["last_day"])
    except NotFound:
        return Touches(everything=True)
    return Touches(
        reads=(("activity", activity), _ANY_ACCOUNT, _ANY_METHODOLOGY),
        writes=(("proposal", made["proposal_id"]), _day_key(proposed), ("lot", lot)),
    )


def _touch_reject(given: Given, made: Arguments) -> Touches:
    return Touches(writes=(("proposal", made["proposal_id"]),))


def _touch_transfer(given: Given, made: Arguments) -> Touches:
    lot, giver, receiver = made["lot_id"], made["from_account"], made["to_account"]
    return Touches(
        reads=(("account", giver), ("account", receiver), ("lot", lot)),
        writes=(("holding", lot, giver), ("holding", lot, receiver)),
    )


def _touch_cancel(given: Given, made: Arguments) -> Touches:
    lot, holder = made["lot_id"], made["account"]
    return Touches(reads=(("account", holder), ("lot", lot)), writes=(("holding", lot, holder),))


def _touch_lot(given: Given, made: Arguments) -> Touches:
    return Touches(writes=(("lot", made["lot_id"]),))


def _touch_everything(given: Given, made: Arguments) -> Touches:
    return Touches(everything=True)


# Whether the subject is there


def _account_there(made: Arguments, directory: Directory) -> bool:
    return directory.account_exists(made["account"])


def _activity_there(made: Arguments, directory: Directory) -> bool:
    return directory.activity_terms(encoding.activity_id(code=made["code"])) is not None


def _methodology_there(made: Arguments, directory: Directory) -> bool:
    identifier = encoding.methodology_id(code=made["code"], version=made["version"])
    return directory.methodology_class(identifier) is not None


_ALL = (
    Action(
        label="open-account",
        role=Role.PLATFORM,
        keys=(("account",), ("kind",)),
        optional=("identity", "identity_commitment"),
        read=_open_account,
        compose=Composer.open_account,
        touch=_touch_open,
        there=_account_there,
    ),
    Action(
        label="freeze-account",
        role=Role.REGULATOR,
        keys=(("account",),),
        read=_account,
        compose=Composer.freeze_account,
        touch=_touch_account,
    ),
    Action(
        label="unfreeze-account",
        role=Role.REGULATOR,
        keys=(("account",),),
        read=_account,
        compose=Composer.unfreeze_account,
        touch=_touch_account,
    ),
    Action(
        label="close-account",
        role=Role.PLATFORM,
        keys=(("account",),),
        read=_account,
        compose=Composer.close_account,
        touch=_touch_everything,
    ),
    Action(
        label="publish-methodology",
        role=Role.REGULATOR,
        keys=(
            ("code",),
            ("version",),
            ("kind",),
            ("class",),
            ("effective_first_day",),
            ("effective_last_day",),
            ("document", "document_hash"),
        ),
        read=_publish,
        compose=Composer.publish_methodology,
        touch=_touch_publish,
        there=_methodology_there,
    ),
    Action(
        label="withdraw-methodology",
        role=Role.REGULATOR,
        keys=(("methodology",),),
        read=_methodology,
        compose=Composer.withdraw_methodology,
        touch=_touch_methodology,
    ),
    Action(
        label="register-activity",
        role=Role.REGULATOR,
        keys=(
            ("code",),
            ("kind",),
            ("methodology",),
            ("operator",),
            ("crediting_first_day",),
            ("crediting_last_day",),
            ("cap",),
        ),
        optional=("feed_signer", "facility", "pledge", "pledge_hash", "unit"),
        read=_register,
        compose=Composer.register_activity,
        touch=_touch_register,
        there=_activity_there,
    ),
    *(
        Action(
            label=f"{verb}-activity",
            role=Role.REGULATOR,
            keys=(("activity",),),
            read=_activity,
            compose=compose,
            touch=_touch_activity,
        )
        for verb, compose in (
            ("suspend", Composer.suspend_activity),
            ("resume", Composer.resume_activity),
            ("close", Composer.close_activity),
            ("withdraw", Composer.withdraw_activity),
        )
    ),
    Action(
        label="propose",
        role=Role.TECHNICAL_CENTRE,
        keys=(("activity",), ("first_day",), ("last_day",), ("quantity",)),
        optional=("unit",),
        read=_propose,
        compose=Composer.propose_issuance,
        touch=_touch_propose,
    ),
    Action(
        label="confirm",
        role=Role.REGULATOR,
        keys=(),
        optional=("proposal",),
        read=_proposal,
        compose=Composer.confirm_issuance,
        touch=_touch_confirm,
    ),
    Action(
        label="reject",
        role=Role.REGULATOR,
        keys=(),
        optional=("proposal",),
        read=_proposal,
        compose=Composer.reject_issuance,
        touch=_touch_reject,
    ),
    Action(
        label="transfer",
        role=Role.PLATFORM,
        keys=(("from",), ("to",), _LOT_KEYS, ("quantity",)),
        optional=(*_LOT_OPTIONAL, "unit"),
        read=_transfer,
        compose=Composer.transfer,
        touch=_touch_transfer,
    ),
    Action(
        label="cancel",
        role=Role.PLATFORM,
        keys=(("account",), _LOT_KEYS, ("quantity",), ("purpose",)),
        optional=(*_LOT_OPTIONAL, "unit"),
        read=_cancel,
        compose=Composer.cancel,
        touch=_touch_cancel,
    ),
    Action(
        label="correct",
        role=Role.REGULATOR,
        keys=(_LOT_KEYS, ("quantity",)),
        optional=(*_LOT_OPTIONAL, "unit"),
        read=_correct,
        compose=Composer.correct,
        touch=_touch_everything,
    ),
    *(
        Action(
            label=f"{verb}-lot",
            role=Role.REGULATOR,
            keys=(_LOT_KEYS,),
            optional=_LOT_OPTIONAL,
            read=_lot,
            compose=compose,
            touch=_touch_lot,
        )
        for verb, compose in (("freeze", Composer.freeze_lot), ("unfreeze", Composer.unfreeze_lot))
    ),
)

ACTIONS: Final[Mapping[str, Action]] = {action.label: action for action in _ALL}
"""Every action by its name in a mapping (`do = "..."`)."""
