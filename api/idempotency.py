"""The same request sent again has one effect.

The operation id is made from the API key's id and the `Idempotency-Key`, so a repeated request is the same operation,
and the chain applies an operation once. What was asked stands whole in the operation: in its calldata, or in its
record, whose hash the calldata carries. So "the same request" means "the same calldata", and nothing else has to be
kept. Salts are the one thing in a record that no request gives; a repeated request takes those of the saved record.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from api.errors import IdempotencyKeyMissing
from ledger.encoding import request_operation_id
from ledger.ids import OperationId
from ledger.records import Record, SaltSource

_KEY = re.compile(r"[!-~]{1,255}", re.ASCII)


def operation_id_of(api_key_id: str, idempotency_key: str | None) -> OperationId:
    """The operation id of a request; `IdempotencyKeyMissing` unless the header is there and 1 to 255 visible ASCII
    characters.
    """
    if idempotency_key is None:
        raise IdempotencyKeyMissing("be given on every write")
    if not _KEY.fullmatch(idempotency_key):
        raise IdempotencyKeyMissing("be 1 to 255 visible ASCII characters")
    return request_operation_id(api_key_id=api_key_id, idempotency_key=idempotency_key)


@dataclass(frozen=True, slots=True)
class RepeatedSalts:
    """The salts of a saved record by field name, and fresh ones for names it does not have."""

    saved: Mapping[str, bytes] = field(repr=False)
    fresh: SaltSource

    @classmethod
    def of(cls, record: Record | None, fresh: SaltSource) -> "RepeatedSalts":
        """Those of a saved record, or all fresh where there is none."""
        return cls({} if record is None else {one.name: one.salt for one in record.fields}, fresh)

    def salt(self, operation_id: OperationId, name: str) -> bytes:
        """16 bytes for the field."""
        return self.saved.get(name) or self.fresh.salt(operation_id, name)
