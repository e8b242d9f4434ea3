"""Refusals of the methodology registry."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.ids import MethodologyId
from ledger.refusals.base import ContractRefusal
from ledger.vocabulary import MethodologyStatus


@dataclass(unsafe_hash=True)
class MethodologyRegistry_CodeMalformed(ContractRefusal):
    public_code: str
    english = 'Methodology code "{public_code}" is malformed; use 1 to 64 printable ASCII characters without spaces.'
    chinese = "方法学编码“{public_code}”格式有误,应为 1 至 64 个不含空格的可打印 ASCII 字符。"


@dataclass(unsafe_hash=True)
class MethodologyRegistry_VersionNotNext(ContractRefusal):
    public_code: str
    given: int
    expected: int
    english = "Version {given} of methodology {public_code} is out of order; the next version is {expected}."
    chinese = "方法学 {public_code} 的版本号 {given} 不连续,下一版本号应为 {expected}。"


@dataclass(unsafe_hash=True)
class MethodologyRegistry_KindMissing(ContractRefusal):
    public_code: str
    english = "Methodology {public_code} is given no kind; say whether it is written for projects or for scenarios."
    chinese = "方法学 {public_code} 未注明类型,请注明减排项目或减排场景。"


@dataclass(unsafe_hash=True)
class MethodologyRegistry_ClassMissing(ContractRefusal):
    public_code: str
    english = "Methodology {public_code} is given no class; say whether it is class I or II."
    chinese = "方法学 {public_code} 未注明类别,请注明Ⅰ类或Ⅱ类。"


@dataclass(unsafe_hash=True)
class MethodologyRegistry_PeriodEmpty(ContractRefusal):
    first_day: int
    last_day: int
    english = "The effective period from {first_day} to {last_day} is empty; the last day must not precede the first."
    chinese = "有效期 {first_day} 至 {last_day} 为空,截止日不得早于起始日。"


@dataclass(unsafe_hash=True)
class MethodologyRegistry_DayTooFar(ContractRefusal):
    day: int
    latest_day: int
    english = "The effective period ends on day {day}, which no calendar names; the latest is {latest_day}."
    chinese = "有效期截止日 {day} 超出日历范围,最晚为 {latest_day}。"


@dataclass(unsafe_hash=True)
class MethodologyRegistry_DocumentMissing(ContractRefusal):
    public_code: str
    english = "Methodology {public_code} carries no document hash; give the SHA-256 of the published text."
    chinese = "方法学 {public_code} 缺少文本哈希,请提供发布文本的 SHA-256 值。"


@dataclass(unsafe_hash=True)
class MethodologyRegistry_WrongStatus(ContractRefusal):
    methodology_id: MethodologyId
    status: MethodologyStatus
    expected: MethodologyStatus
    english = (
        "Methodology {methodology_id} is {status}, but this step needs it to be {expected}; check code and version."
    )
    chinese = "方法学 {methodology_id} 当前状态为{status},本操作要求状态为{expected},请核对编码和版本。"


@dataclass(unsafe_hash=True)
class MethodologyRegistry_NotEffective(ContractRefusal):
    methodology_id: MethodologyId
    day: int
    effective_first_day: int
    effective_last_day: int
    english = (
        "Methodology {methodology_id} may not issue on {day}, only from {effective_first_day} to {effective_last_day}; "
        "register the activity under a version in force."
    )
    chinese = (
        "方法学 {methodology_id} 的有效期为 {effective_first_day} 至 {effective_last_day},{day} 不得签发,"
        "请采用现行有效的版本。"
    )
