"""Tries rows on the reference model of the rules, which goes on from the state of the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from chain.deployment import Deployment
from chain.hexes import from_quantity
from chain.operations import ContractName, Operation
from chain.rpc import Rpc
from chain.wiring import role_members
from indexer.database import Database
from indexer.ledger_state import contracts_of, load_state
from ledger.errors import TanpuhuiError
from ledger.ids import Address
from ledger.model import LedgerModel
from ledger.vocabulary import Role
from scripts.importing.actions import Step

Apply = Callable[..., object]


def _transfer(model: LedgerModel, *, to_account: Address, **rest: Any) -> object:
    return model.transfer_for(to=to_account, **rest)


APPLY: Final[dict[str, Apply]] = {
    "open-account": LedgerModel.open_account,
    "freeze-account": LedgerModel.freeze_account,
    "unfreeze-account": LedgerModel.unfreeze_account,
    "close-account": LedgerModel.close_account,
    "publish-methodology": LedgerModel.publish_methodology,
    "withdraw-methodology": LedgerModel.withdraw_methodology,
    "register-activity": LedgerModel.register_activity,
    "suspend-activity": LedgerModel.suspend_activity,
    "resume-activity": LedgerModel.resume_activity,
    "close-activity": LedgerModel.close_activity,
    "withdraw-activity": LedgerModel.withdraw_activity,
    "propose": LedgerModel.propose_issuance,
    "confirm": LedgerModel.confirm_issuance,
    "reject": LedgerModel.reject_issuance,
    "transfer": _transfer,
    "cancel": LedgerModel.cancel_for,
    "correct": LedgerModel.correct,
    "freeze-lot": LedgerModel.freeze_lot,
    "unfreeze-lot": LedgerModel.unfreeze_lot,
}
"""The model's method for every action; tests/unit/scripts/test_waves.py holds it to `actions.ACTIONS`."""


class ModelCheck:
    """`scripts.importing.runner.RowCheck`: what the contracts would say, row after row."""

    def __init__(self, model: LedgerModel) -> None:
        self._model = model

    def try_row(self, row: Sequence[tuple[Step, Operation]]) -> TanpuhuiError | None:
        """Applies the row to the copy; if one of its operations is refused, none is applied and the reason is given."""
        trial = self._model.fork()
        try:
            for step, operation in row:
                APPLY[step.action.label](
                    trial,
                    sender=operation.sender,
                    operation_id=step.operation_id,
                    record_hash=operation.call.record_hash,
                    **step.arguments,
                )
        except TanpuhuiError as error:
            return error
        self._model.merge(trial)
        return None


def model_of(rpc: Rpc, deployment: Deployment, database: Database) -> LedgerModel:
    """The rules at the state that the index has; its time is the next block's."""
    head = from_quantity(rpc.call("eth_blockNumber"), "eth_blockNumber")
    block = rpc.call("eth_getBlockByNumber", [hex(head), False])
    timestamp = max(from_quantity(block["timestamp"], "eth_getBlockByNumber"), int(time.time()))
    with database.read() as connection:
        state = load_state(connection, _roles(rpc, deployment, head))
    return LedgerModel.load(contracts_of(deployment), state, timestamp)


def _roles(rpc: Rpc, deployment: Deployment, head: int) -> dict[Address, set[Role]]:
    manager = deployment.address(ContractName.ACCESS_MANAGER)
    known = {int(role): role for role in Role}
    roles: dict[Address, set[Role]] = {}
    for number, members in role_members(rpc, manager, deployment.first_block, head).items():
        for member in members:
            if number in known:
                roles.setdefault(member, set()).add(known[number])
    return roles
