"""The words of the ledger: enums with the numbers of contracts/src/types/Types.sol, their labels and Chinese terms.

A label is what JSON, SQL and the command line say: the name in lower case with hyphens. Chinese terms are those of the
regulations (沪环规〔2025〕10号) where they have one.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cached_property
from typing import Self, TypeVar

from ledger.errors import UnknownWord


class Word(IntEnum):
    """Base of the vocabularies: a number on chain, a label in text, a Chinese term for people."""

    _value_: int
    chinese: str

    def __new__(cls, number: int, chinese: str) -> Self:
        member = int.__new__(cls, number)
        member._value_ = number
        member.chinese = chinese
        return member

    @cached_property
    def label(self) -> str:
        """Lower case with hyphens: `REDUCTION_SCENARIO` -> "reduction-scenario"."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def labels(cls) -> list[str]:
        """The words that may be given, in the order of their numbers; "none" and "unknown" are never given."""
        return list(_given(cls))

    @classmethod
    def from_label(cls, text: str, field: str | None = None) -> Self:
        """The member with this label; `UnknownWord` names the allowed ones."""
        member = _given(cls).get(text)
        if member is None:
            raise UnknownWord(field or cls.__name__, "be one of " + ", ".join(cls.labels()), text)
        return member

    @classmethod
    def from_number(cls, number: int, field: str | None = None) -> Self:
        """The member with this number, as it comes from the chain; `UnknownWord` if there is none."""
        try:
            return cls._value2member_map_[number]  # type: ignore[return-value]
        except (KeyError, TypeError):
            numbers = ", ".join(str(int(member)) for member in cls)
            raise UnknownWord(field or cls.__name__, f"be one of the numbers {numbers}", number) from None


_Kind = TypeVar("_Kind", bound=Word)
_given_words: dict[type[Word], dict[str, Word]] = {}


def _given(kind: type[_Kind]) -> dict[str, _Kind]:
    """The members that may be given, by label."""
    if kind not in _given_words:
        _given_words[kind] = {member.label: member for member in kind if member.name not in {"NONE", "UNKNOWN"}}
    return _given_words[kind]  # type: ignore[return-value]


class AccountKind(Word):
    """M2, G3.1: an account belongs to an institution or to a person."""

    NONE = 0, "无"
    INSTITUTION = 1, "机构账户"
    PERSONAL = 2, "个人账户"


class AccountStatus(Word):
    """Unknown -> Active <-> Frozen; Active -> Closed, which is final."""

    UNKNOWN = 0, "未开立"
    ACTIVE = 1, "正常"
    FROZEN = 2, "冻结"
    CLOSED = 3, "已销户"


class Custody(Word):
    """Who moves what an account holds: the holder's own key, or the platform on the holder's instruction (M7)."""

    NONE = 0, "无"
    HOLDER = 1, "持有人自管"
    PLATFORM = 2, "平台代管"


class ReductionClass(Word):
    """M8: class Ⅰ and class Ⅱ of methodologies; the class decides what a reduction may be used for (M12)."""

    NONE = 0, "无"
    I = 1, "Ⅰ类"  # noqa: E741 - the term of the regulations
    II = 2, "Ⅱ类"

    @cached_property
    def label(self) -> str:
        """ "I" and "II", as the regulations write them."""
        return "none" if self is ReductionClass.NONE else self.name


class MethodologyKind(Word):
    """M8: a methodology is written for projects or for scenarios."""

    NONE = 0, "无"
    PROJECT = 1, "减排项目方法学"
    SCENARIO = 2, "减排场景方法学"


class MethodologyStatus(Word):
    """Unknown -> Published -> Withdrawn, which is final."""

    UNKNOWN = 0, "未发布"
    PUBLISHED = 1, "已发布"
    WITHDRAWN = 2, "已废止"


class ActivityKind(Word):
    """M9, M19: behaviour scenarios are registered too but can never issue reductions."""

    NONE = 0, "无"
    PROJECT = 1, "减排项目"
    REDUCTION_SCENARIO = 2, "减排场景"
    BEHAVIOUR_SCENARIO = 3, "行为场景"


class ActivityStatus(Word):
    """Unknown -> Active <-> Suspended; Active or Suspended -> Closed or Withdrawn, both final."""

    UNKNOWN = 0, "未登记"
    ACTIVE = 1, "正常"
    SUSPENDED = 2, "暂停"
    CLOSED = 3, "已结束"
    WITHDRAWN = 4, "已撤销"


class ProposalStatus(Word):
    """Unknown -> Proposed -> Confirmed or Rejected, both final."""

    UNKNOWN = 0, "未提出"
    PROPOSED = 1, "待确认"
    CONFIRMED = 2, "已确认"
    REJECTED = 3, "未通过"


class CancellationPurpose(Word):
    """M12 to M15: what a reduction is cancelled for."""

    NONE = 0, "无"
    ECOLOGICAL_RESTORATION = 1, "生态损害赔偿替代性修复"
    EVENT_NEUTRALITY = 2, "大型活动碳中和"
    VOLUNTARY_OFFSET = 3, "自愿碳抵销"
    ETS_COMPLIANCE = 4, "配额履约清缴"


class OperationKind(Word):
    """The `kind` of a log leaf and of a record. Numbers are hashed: never renumber, only add."""

    ACCOUNT_OPENED = 1, "账户开立"
    ACCOUNT_FROZEN = 2, "账户冻结"
    ACCOUNT_UNFROZEN = 3, "账户解冻"
    ACCOUNT_CLOSED = 4, "账户注销"
    METHODOLOGY_PUBLISHED = 16, "方法学发布"
    METHODOLOGY_WITHDRAWN = 17, "方法学废止"
    ACTIVITY_REGISTERED = 32, "项目或场景登记"
    ACTIVITY_SUSPENDED = 33, "项目或场景暂停"
    ACTIVITY_RESUMED = 34, "项目或场景恢复"
    ACTIVITY_CLOSED = 35, "项目或场景结束"
    ACTIVITY_WITHDRAWN = 36, "项目或场景撤销"
    ISSUANCE_PROPOSED = 48, "减排量签发提出"
    ISSUANCE_CONFIRMED = 49, "减排量签发确认"
    ISSUANCE_REJECTED = 50, "减排量签发退回"
    REDUCTION_TRANSFERRED = 51, "减排量划转"
    REDUCTION_CANCELLED = 52, "减排量注销"
    REDUCTION_CORRECTED = 53, "减排量矫正"
    LOT_FROZEN = 54, "批次冻结"
    LOT_UNFROZEN = 55, "批次解冻"
    POINTS_BOUGHT_BACK = 56, "积分回兑"
    PROVIDER_ADMITTED = 64, "权益方准入"
    PROVIDER_SUSPENDED = 65, "权益方暂停"
    PROVIDER_RESUMED = 66, "权益方恢复"
    PROVIDER_CLOSED = 67, "权益方退出"
    CAMPAIGN_OPENED = 72, "捐赠活动开启"
    CAMPAIGN_CLOSED = 73, "捐赠活动结束"
    POINTS_EARNED = 80, "积分获得"
    POINTS_REDEEMED = 81, "积分兑换"
    POINTS_DONATED = 82, "积分捐赠"
    POINTS_CANCELLED = 83, "积分自愿注销"
    POINTS_CORRECTED = 84, "积分矫正"
    BEHAVIOUR_RECORDED = 85, "行为赋值记录"
    POINTS_SNAPSHOT_TAKEN = 86, "积分余额快照"
    CAMPAIGN_CANCELLED = 87, "捐赠积分注销"


class ProviderMode(Word):
    """G7.1: how a mall provider takes part."""

    NONE = 0, "无"
    THIRD_PARTY_MALL = 1, "第三方商城"
    SUB_PLATFORM = 2, "子平台"
    LIMITED_EVENT = 3, "限时活动"
    OTHER = 4, "其他"


class ProviderStatus(Word):
    """Unknown -> Active <-> Suspended; Active or Suspended -> Closed; Closed -> Active by a new admission."""

    UNKNOWN = 0, "未准入"
    ACTIVE = 1, "正常"
    SUSPENDED = 2, "暂停"
    CLOSED = 3, "已退出"


class CampaignStatus(Word):
    """Unknown -> Open -> Closed, which is final."""

    UNKNOWN = 0, "未开启"
    OPEN = 1, "进行中"
    CLOSED = 2, "已结束"


class BatchKind(Word):
    """What the entries of a batch of points do (docs/spec/05-points.md §5.2). Numbers are hashed: only add."""

    NONE = 0, "无"
    EARN = 1, "获得"
    REDEEM = 2, "兑换"
    DONATE = 3, "捐赠"
    CANCEL = 4, "自愿注销"
    CORRECT = 5, "矫正"
    BEHAVIOUR = 6, "行为"
    SNAPSHOT = 7, "快照"

    @property
    def is_of_feed(self) -> bool:
        """Measured by an operator's feed, quantified by a methodology and signed by the operator."""
        return self in {BatchKind.EARN, BatchKind.BEHAVIOUR}

    @property
    def is_spending(self) -> bool:
        """Takes from what persons have, as an instruction says."""
        return self in {BatchKind.REDEEM, BatchKind.DONATE, BatchKind.CANCEL, BatchKind.CORRECT}


class Role(Word):
    """Roles of the AccessManager, by their number (CLAUSES "Who acts")."""

    ADMINISTRATOR = 0, "系统管理员"
    REGULATOR = 1, "市生态环境局"
    TECHNICAL_CENTRE = 2, "市减污降碳管理运行技术中心"
    EXCHANGE = 3, "上海环境能源交易所"
    PLATFORM = 4, "管理运营平台"
    LEDGER = 5, "账本合约"


_PURPOSES_BY_CLASS: dict[ReductionClass, frozenset[CancellationPurpose]] = {
    ReductionClass.NONE: frozenset(),
    ReductionClass.I: frozenset(CancellationPurpose) - {CancellationPurpose.NONE},
    ReductionClass.II: frozenset(CancellationPurpose) - {CancellationPurpose.NONE, CancellationPurpose.ETS_COMPLIANCE},
}


def purpose_allowed(reduction_class: ReductionClass, purpose: CancellationPurpose) -> bool:
    """M12: both classes serve restoration, events and voluntary offset; only class Ⅰ serves ETS compliance."""
    return purpose in _PURPOSES_BY_CLASS[reduction_class]
