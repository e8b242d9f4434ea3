"""Refusals of the transparency log."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.ids import Hash32, OperationId
from ledger.refusals.base import ContractRefusal


@dataclass(unsafe_hash=True)
class TransparencyLog_ZeroOperationId(ContractRefusal):
    english = "The operation id is zero; make a fresh one and save it before sending."
    chinese = "操作编号为零,请生成新的操作编号并在发送前保存。"


@dataclass(unsafe_hash=True)
class TransparencyLog_ZeroRecordHash(ContractRefusal):
    operation_id: OperationId
    english = "Operation {operation_id} carries no record; give the hash of its record."
    chinese = "操作 {operation_id} 缺少记录,请提供其记录的哈希。"


@dataclass(unsafe_hash=True)
class TransparencyLog_OperationConflict(ContractRefusal):
    operation_id: OperationId
    recorded_digest: Hash32
    given_digest: Hash32
    english = (
        "Operation id {operation_id} was applied before with other content or by another sender; "
        "give this operation an id of its own."
    )
    chinese = "操作编号 {operation_id} 已用于内容或发送方不同的操作,请更换操作编号。"


@dataclass(unsafe_hash=True)
class TransparencyLog_SizeNotReached(ContractRefusal):
    asked_size: int
    current_size: int
    english = "The log has {current_size} leaves and not yet {asked_size}; ask for a size it has reached."
    chinese = "日志现有 {current_size} 个叶,尚未达到 {asked_size}。"
