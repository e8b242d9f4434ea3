"""What people call things, and the ids that the ledger knows them by.

An account is an address or `ref:NAME`, a name of the operator's own for an account in platform custody; an activity is
its code, a methodology `code@version`, a lot its id or an activity and a monitoring period. Ids in hexadecimal are
taken everywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Protocol

from ledger import encoding
from ledger.errors import InvalidIdentifier, NotFound
from ledger.ids import ActivityId, Address, Hash32, IdentityCommitment, LotId, MethodologyId, OperationId
from ledger.records import SaltSource
from ledger.vocabulary import ReductionClass

REFERENCE_PREFIX: Final = "ref:"
_HEX: Final = re.compile(r"0[xX]")
_MOST_REMEMBERED: Final = 100_000  # rows of a file name the same few accounts again and again
_METHODOLOGY: Final = re.compile(r"(?P<code>[!-~]{1,64})@(?P<version>[1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True)
class ActivityTerms:
    """What every lot of an activity is bound to."""

    methodology_id: MethodologyId
    reduction_class: ReductionClass


class Directory(Protocol):
    """What is registered already: the index, or the index and what a file adds to it."""

    def account_exists(self, account: Address) -> bool:
        """Whether the account was ever opened."""
        ...

    def methodology_class(self, methodology_id: MethodologyId) -> ReductionClass | None:
        """The class of a published version; None if there is none."""
        ...

    def activity_terms(self, activity_id: ActivityId) -> ActivityTerms | None:
        """The terms of a registered activity; None if there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Translates. `salts` must be derived from a key, or a reference would lead to another account each time."""

    chain_id: int
    ledger: Address
    salts: SaltSource
    directory: Directory
    _commitments: dict[str, IdentityCommitment] = field(default_factory=dict, init=False, repr=False, compare=False)

    def commitment(self, reference: str) -> IdentityCommitment:
        """The identity commitment of the account that is called `reference` (without `ref:`)."""
        found = self._commitments.get(reference)
        if found is None:
            found = encoding.identity_commitment(salt=self._salt("account", reference), identity=reference)
            if len(self._commitments) < _MOST_REMEMBERED:
                self._commitments[reference] = found
        return found

    def facility(self, text: str, field: str = "facility") -> Hash32:
        """A facility id: hexadecimal, or the salted hash of whatever identifies the facility."""
        if _HEX.match(text):
            return Hash32.from_hex(text, field)
        return Hash32(encoding.identity_commitment(salt=self._salt("facility", text), identity=text))

    def account(self, text: str, field: str = "account") -> Address:
        """The address of an account given as address or `ref:NAME`; `InvalidIdentifier` otherwise."""
        if text.startswith(REFERENCE_PREFIX):
            return encoding.custody_address(self.commitment(reference_name(text, field)))
        if not _HEX.match(text):
            raise InvalidIdentifier(field, "be an address (0x and 40 hexadecimal digits) or ref:NAME", text)
        return Address.from_hex(text, field)

    def activity(self, text: str) -> ActivityId:
        """The id of an activity given as code or id."""
        return activity_id(text)

    def methodology(self, text: str) -> MethodologyId:
        """The id of a methodology version given as code@version or id; `InvalidIdentifier` otherwise."""
        return methodology_id(text)

    def lot(
        self,
        *,
        activity_id: ActivityId,
        first_day: int,
        last_day: int,
        methodology_id: MethodologyId | None = None,
        reduction_class: ReductionClass | None = None,
        shown: str | None = None,
    ) -> LotId:
        """The lot of an activity's monitoring period; what is not given is looked up.

        Raises `NotFound` for an activity that is not registered, which it calls `shown`.
        """
        if methodology_id is None or reduction_class is None:
            terms = self.directory.activity_terms(activity_id)
            if terms is None:
                raise NotFound("activity", shown or activity_id.hex0x)
            methodology_id = methodology_id or terms.methodology_id
            reduction_class = reduction_class or terms.reduction_class
        return encoding.lot_id(
            chain_id=self.chain_id,
            ledger=self.ledger,
            activity_id=activity_id,
            methodology_id=methodology_id,
            reduction_class=reduction_class,
            first_day=first_day,
            last_day=last_day,
        )

    def _salt(self, namespace: str, reference: str) -> bytes:
        place: OperationId = encoding.named_row_operation_id(namespace=namespace, row_id=reference)
        return self.salts.salt(place, "identity")


def reference_name(text: str, field: str = "account") -> str:
    """NAME of `ref:NAME`; `InvalidIdentifier` for anything else."""
    name = text.removeprefix(REFERENCE_PREFIX)
    if name == text or not name.strip():
        raise InvalidIdentifier(field, "be ref:NAME with a name", text)
    return name


def activity_id(text: str) -> ActivityId:
    """The id of an activity given as code or id."""
    return ActivityId.from_hex(text, "activity") if _HEX.match(text) else encoding.activity_id(code=text)


def methodology_id(text: str) -> MethodologyId:
    """The id of a methodology version given as code@version or id; `InvalidIdentifier` otherwise."""
    if _HEX.match(text):
        return MethodologyId.from_hex(text, "methodology")
    parts = _METHODOLOGY.fullmatch(text)
    if parts is None:
        raise InvalidIdentifier("methodology", "be code@version, such as SH-PV@1, or an id", text)
    return encoding.methodology_id(code=parts["code"], version=int(parts["version"]))
