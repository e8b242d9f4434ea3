"""Names and values of arguments and record fields, as people read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from api.web.frame.words import word
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

_VOCABULARIES: Final[Mapping[str, type[Word]]] = {
    "account_kind": AccountKind,
    "activity_kind": ActivityKind,
    "class": ReductionClass,
    "custody": Custody,
    "methodology_kind": MethodologyKind,
    "provider_mode": ProviderMode,
    "purpose": CancellationPurpose,
}
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}", re.ASCII)
_HASH: Final = re.compile(r"0x[0-9a-f]{64}", re.ASCII)
_GRAMS: Final = re.compile(r"[0-9]{1,39}", re.ASCII)


def argument_label(words: Mapping[str, str], name: str) -> str:
    """What an argument or a field of a record is called; its own name where it is somebody's own field."""
    return words.get(f"acts_argument_{name}") or words.get(f"acts_field_{name}") or name


def readable(name: str, value: str) -> str:
    """How a value is drawn: "grams", "address", "hash", "word" or "text"."""
    if name.endswith(("gco2e", "grams")) and _GRAMS.fullmatch(value):
        return "grams"
    if name in _VOCABULARIES and value in _VOCABULARIES[name].labels():
        return "word"
    if _ADDRESS.fullmatch(value):
        return "address"
    return "hash" if _HASH.fullmatch(value) else "text"


def word_of_value(language: str, name: str, value: str) -> str:
    """A word in the reader's language."""
    return word(_VOCABULARIES[name].from_label(value), language)
