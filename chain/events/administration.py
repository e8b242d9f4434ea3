"""Events that change nothing that is mirrored, of whichever contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class OperationRepeated(NamedTuple):
    """An operation was sent again and changed nothing."""

    operation_id: bytes


class HoldingsSourceAdded(NamedTuple):
    """Wiring of the deployment."""

    source: bytes


class AuthorityUpdated(NamedTuple):
    """Wiring of the deployment: which AccessManager a contract obeys."""

    authority: bytes


ON_EVERY_LEDGER: Mapping[type[Any], str] = {
    AuthorityUpdated: "AuthorityUpdated(address authority)",
    OperationRepeated: "OperationRepeated(bytes32 indexed operationId)",
}
"""What every ledger can emit besides its own events."""
