"""Refusals of the registry of mall providers."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.ids import Address
from ledger.refusals.base import ContractRefusal
from ledger.vocabulary import ProviderStatus


@dataclass(unsafe_hash=True)
class ProviderRegistry_AlreadyAdmitted(ContractRefusal):
    account: Address
    status: ProviderStatus
    english = "Account {account} was admitted as a mall provider before and is {status}; resume or close it instead."
    chinese = "账户 {account} 已准入为碳普惠权益方,当前状态为{status},请改用恢复或退出操作。"


@dataclass(unsafe_hash=True)
class ProviderRegistry_NotAnInstitution(ContractRefusal):
    account: Address
    english = "Account {account} is a person's; only an institution's account can be admitted as a mall provider."
    chinese = "账户 {account} 为个人账户,碳普惠权益方应为机构账户。"


@dataclass(unsafe_hash=True)
class ProviderRegistry_ModeMissing(ContractRefusal):
    account: Address
    english = (
        "The admission of {account} names no mode; say third-party mall, sub-platform, limited event or other (G7.1)."
    )
    chinese = "账户 {account} 的准入未注明模式,请注明第三方商城、子平台、限时活动或其他。"


@dataclass(unsafe_hash=True)
class ProviderRegistry_DocumentMissing(ContractRefusal):
    account: Address
    english = (
        "The admission of {account} lacks a document hash; give the SHA-256 of application, evaluation and agreement "
        "(G7)."
    )
    chinese = "账户 {account} 的准入缺少文件哈希,请提供申请、评估和协议文件的 SHA-256 值。"


@dataclass(unsafe_hash=True)
class ProviderRegistry_WrongStatus(ContractRefusal):
    account: Address
    status: ProviderStatus
    expected: ProviderStatus
    english = "Provider {account} is {status}, but this step needs it to be {expected}; check the account and the step."
    chinese = "权益方 {account} 当前状态为{status},本操作要求状态为{expected},请核对账户和操作。"


@dataclass(unsafe_hash=True)
class ProviderRegistry_NotActive(ContractRefusal):
    account: Address
    status: ProviderStatus
    english = "Provider {account} is {status} and can receive no points; the exchange has to admit or resume it first."
    chinese = "权益方 {account} 当前状态为{status},不能接收积分,须先由交易所准入或恢复。"
