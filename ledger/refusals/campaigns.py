"""Refusals of the registry of campaigns."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.ids import CampaignId
from ledger.refusals.base import ContractRefusal
from ledger.vocabulary import CampaignStatus, CancellationPurpose


@dataclass(unsafe_hash=True)
class CampaignRegistry_CodeMalformed(ContractRefusal):
    public_code: str
    english = 'Campaign code "{public_code}" is malformed; use 1 to 64 printable ASCII characters without spaces.'
    chinese = "捐赠活动编码“{public_code}”格式有误,应为 1 至 64 个不含空格的可打印 ASCII 字符。"


@dataclass(unsafe_hash=True)
class CampaignRegistry_AlreadyOpened(ContractRefusal):
    campaign_id: CampaignId
    status: CampaignStatus
    english = "Campaign {campaign_id} was opened before and is {status}; choose another code."
    chinese = "捐赠活动 {campaign_id} 已开启过,当前状态为{status},请更换编码。"


@dataclass(unsafe_hash=True)
class CampaignRegistry_PurposeNotAllowed(ContractRefusal):
    campaign_id: CampaignId
    purpose: CancellationPurpose
    english = (
        "Campaign {campaign_id} cannot serve {purpose}; points are donated for event neutrality or voluntary offset "
        "(G5.3)."
    )
    chinese = "捐赠活动 {campaign_id} 的用途不能为{purpose},积分只可捐赠用于大型活动碳中和或自愿碳抵销。"


@dataclass(unsafe_hash=True)
class CampaignRegistry_DocumentMissing(ContractRefusal):
    campaign_id: CampaignId
    english = "Campaign {campaign_id} carries no document hash; give the SHA-256 of its published announcement."
    chinese = "捐赠活动 {campaign_id} 缺少文件哈希,请提供公告文本的 SHA-256 值。"


@dataclass(unsafe_hash=True)
class CampaignRegistry_DayTooFar(ContractRefusal):
    day: int
    latest_day: int
    english = "The campaign ends on day {day}, which no calendar names; the latest is {latest_day}."
    chinese = "捐赠活动截止日 {day} 超出日历范围,最晚为 {latest_day}。"


@dataclass(unsafe_hash=True)
class CampaignRegistry_WrongStatus(ContractRefusal):
    campaign_id: CampaignId
    status: CampaignStatus
    expected: CampaignStatus
    english = (
        "Campaign {campaign_id} is {status}, but this step needs it to be {expected}; check the code and the step."
    )
    chinese = "捐赠活动 {campaign_id} 当前状态为{status},本操作要求状态为{expected},请核对编码和操作。"


@dataclass(unsafe_hash=True)
class CampaignRegistry_NotOpen(ContractRefusal):
    campaign_id: CampaignId
    status: CampaignStatus
    english = "Campaign {campaign_id} is {status} and takes no donations; check the code."
    chinese = "捐赠活动 {campaign_id} 当前状态为{status},不接受捐赠,请核对编码。"


@dataclass(unsafe_hash=True)
class CampaignRegistry_Ended(ContractRefusal):
    campaign_id: CampaignId
    last_day: int
    today: int
    english = "Campaign {campaign_id} takes donations until {last_day}, but today is {today}; choose another one."
    chinese = "捐赠活动 {campaign_id} 的截止日为 {last_day},今天是 {today},请选择其他活动。"
