"""Refusals of the access manager and of what it guards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.ids import Address
from ledger.refusals.base import ContractRefusal
from ledger.vocabulary import Role


@dataclass(unsafe_hash=True)
class AccessManagedUnauthorized(ContractRefusal):
    """OpenZeppelin's: the caller lacks the role that a `restricted` function needs."""

    caller: Address
    exit_code: ClassVar[int] = 5
    english = "Key {caller} lacks the role that this step needs; sign with the key of the body that has it."
    chinese = "密钥 {caller} 无权进行本操作,请使用有权机构的密钥签署。"


@dataclass(unsafe_hash=True)
class AccessManagerUnauthorizedAccount(ContractRefusal):
    """OpenZeppelin's: the caller lacks the role that a function of the access manager needs."""

    msgsender: Address
    role_id: int
    exit_code: ClassVar[int] = 5
    english = "Key {msgsender} lacks role {role_id} and cannot change roles; sign with the administrator's key."
    chinese = "密钥 {msgsender} 不具备{role_id}角色,不能变更角色。"


@dataclass(unsafe_hash=True)
class SeparatedAccessManager_IncompatibleRoles(ContractRefusal):
    """No key may hold roles of both bodies that decide an issuance (M11)."""

    account: Address
    held: Role
    given: Role
    english = "Key {account} is {held} and can never be {given} too (M11); give the role to another key."
    chinese = "密钥 {account} 已具备{held}角色,不得同时授予{given}角色(管理办法第十一条)。"


@dataclass(unsafe_hash=True)
class SeparatedAccessManager_ExecuteClosed(ContractRefusal):
    english = "Calls through the access manager are closed; call the ledger itself, with the key that acts."
    chinese = "不支持通过权限管理合约调用,请以本机构密钥直接调用账本合约。"
