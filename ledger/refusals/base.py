"""What every refusal of a contract is, and how one comes out of its name and arguments."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from ledger.errors import Json, Refused, argument_names, json_safe
from ledger.ids import FixedBytes, LotId
from ledger.units import MAX_CIVIL_DAY, civil_day_from_text, date_of_civil_day, format_tonnes
from ledger.vocabulary import Word

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

REFUSALS: dict[str, type[ContractRefusal]] = {}
"""Every refusal by the name of its Solidity error."""


class ContractRefusal(Refused):
    """Base of the refusals. `english` and `chinese` are format strings over the arguments as people read them."""

    english: ClassVar[str]
    chinese: ClassVar[str]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        REFUSALS[cls.__name__] = cls

    def explain(self) -> str:
        return self.english.format(**self._shown("english"))

    def explain_chinese(self) -> str:
        return self.chinese.format(**self._shown("chinese"))

    def details(self) -> dict[str, Json]:
        """The error's arguments as JSON, days as YYYY-MM-DD (a number where no calendar names them)."""
        return {
            name: date_of_civil_day(value).isoformat() if _is_day(name, value) else json_safe(name, value)
            for name in argument_types(type(self))
            for value in (getattr(self, name),)
        }

    def _shown(self, language: Literal["english", "chinese"]) -> dict[str, str]:
        return {name: _show(name, getattr(self, name), language) for name in argument_types(type(self))}


def refusal(name: str, arguments: Sequence[object]) -> ContractRefusal:
    """The refusal of a Solidity error from its ABI-decoded arguments, in order.

    Takes bytes, integers, 0x-hex and strings as `eth_abi` gives them. `KeyError` for an unknown name.
    """
    refusal_type = REFUSALS[name]
    types = argument_types(refusal_type)
    return refusal_type(*(_typed(kind, raw) for kind, raw in zip(types.values(), arguments, strict=True)))


def refusal_from_details(name: str, details: Mapping[str, Json]) -> ContractRefusal:
    """The refusal whose `details()` were saved, for example in the outbox. `KeyError` for an unknown name."""
    return refusal(name, [details[argument] for argument in argument_types(REFUSALS[name])])


def argument_types(refusal_type: type[ContractRefusal]) -> dict[str, type]:
    """Argument names of a refusal, in order, with their Python types."""
    hints = typing.get_type_hints(refusal_type)
    return {name: hints[name] for name in argument_names(refusal_type)}


def _typed(kind: type, raw: object) -> object:
    match raw:
        case str() if issubclass(kind, FixedBytes):
            return kind.from_hex(raw)
        case bytes() if issubclass(kind, FixedBytes):
            return kind(raw)
        case int() if issubclass(kind, LotId):
            return kind.from_token_id(raw)
        case str() if kind is int and _DAY.fullmatch(raw):
            return civil_day_from_text(raw)
        case str() if issubclass(kind, Word):
            return {member.label: member for member in kind}[raw]
        case int() if issubclass(kind, Word):
            return kind.from_number(raw)
        case _:
            return kind(raw)


def _is_day(name: str, value: object) -> bool:
    return name.endswith(("day", "today")) and isinstance(value, int) and value <= MAX_CIVIL_DAY


def _show(name: str, value: object, language: Literal["english", "chinese"]) -> str:
    match value:
        case Word():
            return value.chinese if language == "chinese" else value.label.replace("-", " ")
        case FixedBytes():
            return value.hex0x
        case int() if name.endswith("grams"):
            return format_tonnes(value) + " t"
        case int() if _is_day(name, value):
            return date_of_civil_day(value).isoformat()
        case _:
            return str(value)
