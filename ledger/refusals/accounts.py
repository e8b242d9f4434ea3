"""Refusals of the account registry."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.ids import Address, Hash32
from ledger.refusals.base import ContractRefusal
from ledger.vocabulary import AccountStatus


@dataclass(unsafe_hash=True)
class AccountRegistry_ZeroAccount(ContractRefusal):
    english = "The zero address is no account; give the holder's address or the one derived from the commitment."
    chinese = "零地址不能作为账户,请填写持有人地址或由承诺值导出的地址。"


@dataclass(unsafe_hash=True)
class AccountRegistry_KindMissing(ContractRefusal):
    account: Address
    english = "Account {account} is given no kind; say whether it is an institution's or a person's."
    chinese = "账户 {account} 未注明类型,请注明机构账户或个人账户。"


@dataclass(unsafe_hash=True)
class AccountRegistry_CustodyMissing(ContractRefusal):
    account: Address
    english = "Account {account} is given no custody; say whether its holder or the platform moves it."
    chinese = "账户 {account} 未注明管理方式,请注明持有人自管或平台代管。"


@dataclass(unsafe_hash=True)
class AccountRegistry_CommitmentMissing(ContractRefusal):
    account: Address
    english = "Account {account} carries no identity commitment; compute it from the holder's identity and a salt."
    chinese = "账户 {account} 缺少身份承诺值,请由持有人身份信息和盐值计算。"


@dataclass(unsafe_hash=True)
class AccountRegistry_CommitmentInUse(ContractRefusal):
    identity_commitment: Hash32
    account: Address
    english = (
        "Identity commitment {identity_commitment} belongs to account {account}; use a fresh salt or that account."
    )
    chinese = "身份承诺值 {identity_commitment} 已属于账户 {account},请更换盐值或使用该账户。"


@dataclass(unsafe_hash=True)
class AccountRegistry_AlreadyOpened(ContractRefusal):
    account: Address
    status: AccountStatus
    english = "Account {account} was opened before and is {status}; use it, or open another address."
    chinese = "账户 {account} 已开立,当前状态为{status},请直接使用或另开账户。"


@dataclass(unsafe_hash=True)
class AccountRegistry_NotCustodyAddress(ContractRefusal):
    account: Address
    expected: Address
    english = "Account {account} cannot be in platform custody; the address derived from its commitment is {expected}."
    chinese = "账户 {account} 不能由平台代管,由其承诺值导出的地址应为 {expected}。"


@dataclass(unsafe_hash=True)
class AccountRegistry_WrongStatus(ContractRefusal):
    account: Address
    status: AccountStatus
    expected: AccountStatus
    english = "Account {account} is {status}, but this step needs it to be {expected}; check the account and the step."
    chinese = "账户 {account} 当前状态为{status},本操作要求状态为{expected},请核对账户和操作。"


@dataclass(unsafe_hash=True)
class AccountRegistry_NotActive(ContractRefusal):
    account: Address
    status: AccountStatus
    english = "Account {account} is {status} and can take no part in a movement; open or unfreeze it first."
    chinese = "账户 {account} 当前状态为{status},不能参与划转或注销,请先开立或解冻。"


@dataclass(unsafe_hash=True)
class AccountRegistry_StillHolding(ContractRefusal):
    account: Address
    held_grams: int
    english = "Account {account} still holds {held_grams}; transfer or cancel it before closing."
    chinese = "账户 {account} 仍持有 {held_grams},请先划转或注销后再销户。"


@dataclass(unsafe_hash=True)
class AccountRegistry_SourceKnown(ContractRefusal):
    source: Address
    english = "Ledger {source} is asked about holdings already; nothing needs to be done."
    chinese = "账本 {source} 已登记为持有量来源,无需重复登记。"
