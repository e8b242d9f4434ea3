"""Refusals of the reduction ledger."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.ids import Address, Hash32, LotId, OperationId
from ledger.refusals.base import ContractRefusal
from ledger.vocabulary import CancellationPurpose, ProposalStatus, ReductionClass


@dataclass(unsafe_hash=True)
class ReductionLedger_ProposalWrongStatus(ContractRefusal):
    proposal_id: Hash32
    status: ProposalStatus
    expected: ProposalStatus
    english = "Proposal {proposal_id} is {status}, but this step needs it to be {expected}; check the proposal's id."
    chinese = "签发提出 {proposal_id} 当前状态为{status},本操作要求状态为{expected},请核对编号。"


@dataclass(unsafe_hash=True)
class ReductionLedger_SameProposerAndConfirmer(ContractRefusal):
    proposal_id: OperationId
    key: Address
    english = "Key {key} made proposal {proposal_id} and can never confirm it (M11); another body's key must."
    chinese = "密钥 {key} 提出了签发 {proposal_id},不得自行确认(管理办法第十一条),须由另一机构确认。"


@dataclass(unsafe_hash=True)
class ReductionLedger_UnknownLot(ContractRefusal):
    lot_id: LotId
    english = "There is no lot {lot_id}; check the lot's id."
    chinese = "批次 {lot_id} 不存在,请核对批次编号。"


@dataclass(unsafe_hash=True)
class ReductionLedger_LotFrozen(ContractRefusal):
    lot_id: LotId
    english = "Lot {lot_id} is frozen; wait until the regulator unfreezes it."
    chinese = "批次 {lot_id} 已冻结,请待解冻后再操作。"


@dataclass(unsafe_hash=True)
class ReductionLedger_LotNotFrozen(ContractRefusal):
    lot_id: LotId
    english = "Lot {lot_id} is not frozen; nothing needs to be unfrozen."
    chinese = "批次 {lot_id} 未冻结,无需解冻。"


@dataclass(unsafe_hash=True)
class ReductionLedger_ZeroQuantity(ContractRefusal):
    english = "The operation moves nothing; give at least one gram."
    chinese = "数量为零,至少应为 1 克。"


@dataclass(unsafe_hash=True)
class ReductionLedger_InsufficientBalance(ContractRefusal):
    account: Address
    lot_id: LotId
    held_grams: int
    grams: int
    english = "Account {account} holds {held_grams} of lot {lot_id}, less than {grams}; ask for no more than it holds."
    chinese = "账户 {account} 持有批次 {lot_id} 的 {held_grams},不足 {grams}。"


@dataclass(unsafe_hash=True)
class ReductionLedger_SelfTransfer(ContractRefusal):
    account: Address
    english = "Account {account} cannot transfer to itself; name another receiver."
    chinese = "账户 {account} 不能向自身划转,请填写其他接收账户。"


@dataclass(unsafe_hash=True)
class ReductionLedger_NotInPlatformCustody(ContractRefusal):
    account: Address
    english = "Account {account} is not in the platform's custody; its holder's own key has to sign."
    chinese = "账户 {account} 非平台代管,须由持有人密钥签署。"


@dataclass(unsafe_hash=True)
class ReductionLedger_PurposeMissing(ContractRefusal):
    english = "The cancellation names no purpose; give one of those of M12 to M15."
    chinese = "注销未注明用途,请按管理办法第十二至十五条注明。"


@dataclass(unsafe_hash=True)
class ReductionLedger_PurposeNotAllowed(ContractRefusal):
    lot_id: LotId
    reduction_class: ReductionClass
    purpose: CancellationPurpose
    english = "Lot {lot_id} is class {reduction_class} and must not serve {purpose} (M12); use a class I lot."
    chinese = "批次 {lot_id} 为{reduction_class},不得用于{purpose}(管理办法第十二条),请使用Ⅰ类减排量。"


@dataclass(unsafe_hash=True)
class ReductionLedger_CorrectionExceedsLot(ContractRefusal):
    lot_id: LotId
    uncorrected_grams: int
    grams: int
    english = "Lot {lot_id} has {uncorrected_grams} left to correct, less than {grams}; correct no more than that."
    chinese = "批次 {lot_id} 可矫正量为 {uncorrected_grams},不足 {grams}。"


@dataclass(unsafe_hash=True)
class ReductionLedger_LotBoughtBack(ContractRefusal):
    lot_id: LotId
    english = "Lot {lot_id} was bought back from points and has no activity; correct the batch that earned them."
    chinese = "批次 {lot_id} 由积分回兑形成,不对应单一项目或场景,请矫正相应的积分获得批次。"


@dataclass(unsafe_hash=True)
class ReductionLedger_SerialsExhausted(ContractRefusal):
    next_serial: int
    grams: int
    english = "Serial numbers from {next_serial} do not reach for {grams}; this ledger cannot issue that much."
    chinese = "序列号自 {next_serial} 起不足以签发 {grams},本账本无法签发该数量。"


@dataclass(unsafe_hash=True)
class ReductionLedger_UseOperations(ContractRefusal):
    english = "Token transfers are closed, for they leave no record; use transfer or cancel with an operation id."
    chinese = "不支持代币转账接口,请使用带操作编号的划转或注销。"
