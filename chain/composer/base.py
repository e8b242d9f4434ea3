"""What every operation needs: a record with its facts, and whose key signs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chain.operations import Call, Operation
from ledger.errors import SignerNotConfigured
from ledger.ids import Address, OperationId
from ledger.records import CURRENT_RULES, Record, SaltSource, build_record
from ledger.units import date_of_civil_day
from ledger.vocabulary import OperationKind, Role

Fields = Mapping[str, Any]

NO_FIELDS: Fields = {}


def day_text(day: int) -> str:
    """A civil day as records have it."""
    return date_of_civil_day(day).isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseComposer:
    """`senders`: the key of each body that this process may sign for; `rules`: the version they are done under."""

    salts: SaltSource
    senders: Mapping[Role, Address] = field(default_factory=dict)
    rules: str = CURRENT_RULES

    def _by(self, role: Role, call: Call, record: Record) -> Operation:
        try:
            sender = self.senders[role]
        except KeyError:
            raise SignerNotConfigured(role=role) from None
        return Operation(call=call, sender=sender, record=record)

    def _record(self, kind: OperationKind, operation_id: OperationId, facts: Fields, fields: Fields) -> Record:
        """What the operation does wins over what the caller says it does."""
        return build_record(
            kind=kind,
            operation_id=operation_id,
            fields={"rules": self.rules, **fields, **facts},
            salts=self.salts,
        )
