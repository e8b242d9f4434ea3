"""What will be signed, shown before it is: every argument, the record, the hashes, and what it will do.

What is shown is what is signed: the confirmation names operation, calldata and signer, and is refused where any of them
would be another (`check_shown`). Salts follow from a secret of the session and the operation's id, so that composing
the same form twice gives the same record; of what is saved already, the saved record gives them.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from api.idempotency import RepeatedSalts
from api.repository.deployment import binding
from api.repository.snapshots import Snapshot
from api.web.console.acts.errors import ActDiffers
from api.web.console.acts.forms import Asked
from api.web.console.acts.looks import LOOKS
from api.web.console.acts.outlook import Again, Meant, Outlook
from api.web.console.acts.tables import Act
from api.web.texts import visible
from api.writing import compose
from chain.calls import BY_SELECTOR
from chain.facts import Argument, arguments_of
from chain.functions import keccak256
from chain.operations import Operation
from indexer.records import public_fields
from ledger.errors import InvalidQuantity
from ledger.ids import Address, Hash32, OperationId
from ledger.records import DerivedSalts, Record
from ledger.units import grams_from_tonnes
from ledger.vocabulary import Role


class Said(NamedTuple):
    """A field of the record. `shown`: anyone may see it; the others are kept back, only their commitments are seen."""

    name: str
    value: str
    shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """An act as it would be signed now."""

    act: Act
    operation: Operation
    contract: Address
    signature: str
    arguments: tuple[Argument, ...]
    said: tuple[Said, ...]
    outlook: Outlook

    @property
    def role(self) -> Role:
        """The body that signs."""
        return self.act.role

    @property
    def calldata_hash(self) -> Hash32:
        """Of the bytes that are signed."""
        return calldata_hash(self.operation)

    @property
    def again(self) -> Again | None:
        """What has to be typed again."""
        return self.outlook.again


def calldata_hash(operation: Operation) -> Hash32:
    """Keccak-256 of the calldata."""
    return Hash32(keccak256(operation.call.calldata))


def composed(
    act: Act,
    asked: Asked,
    operation_id: OperationId,
    *,
    sender: Address,
    session_secret: str,
    saved: Record | None,
) -> Operation:
    """The operation that a form asks for. Raises the `InvalidInput` of a value."""
    key = hmac.digest(session_secret.encode(), b"tanpuhui console record salts", sha256)
    salts = RepeatedSalts.of(saved, DerivedSalts(key))
    return compose(act.route, operation_id, asked.arguments, asked.body, senders={act.role: sender}, salts=salts)


def look_at(act: Act, asked: Asked, operation: Operation, snapshot: Snapshot) -> Preview:
    """Everything that a person is shown before signing, but for what the ledger says."""
    call = operation.call
    contracts: Mapping[str, bytes] = {name: address for name, address, _ in binding(snapshot).contracts}
    public = set(public_fields(operation.record))
    return Preview(
        act=act,
        operation=operation,
        contract=Address(contracts[call.contract.value]),
        signature=BY_SELECTOR[call.contract, call.calldata[:4]].function.signature,
        arguments=arguments_of(call),
        said=tuple(Said(one.name, visible(one.value), one.name in public) for one in operation.record.fields),
        outlook=LOOKS[act.name](snapshot, Meant(asked.arguments, asked.body, operation)),
    )


def check_shown(operation: Operation, *, operation_id: str, calldata: str, signer: str) -> None:
    """`ActDiffers` unless the operation is the one that was shown; the three as the preview's form carries them."""
    shown = {"operation id": operation_id, "content": calldata, "signer": signer}
    meant = {
        "operation id": operation.id.hex0x,
        "content": calldata_hash(operation).hex0x,
        "signer": operation.sender.hex0x,
    }
    for part, value in meant.items():
        if shown[part] != value:
            raise ActDiffers(part)


def typed_again(again: Again | None, typed: str) -> bool:
    """Whether what had to be typed again was."""
    if again is None:
        return True
    text = typed.strip()
    if again.kind != "tonnes":
        return text.lower() == again.expected.lower()
    try:
        return str(grams_from_tonnes(text)) == again.expected
    except InvalidQuantity:
        return False
