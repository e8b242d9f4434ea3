"""The ledger's words in the reader's language: Chinese as the regulations say it, English as the label reads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from api.languages import CHINESE
from ledger import vocabulary
from ledger.vocabulary import Word

_ENGLISH: Final[Mapping[tuple[str, str], str]] = {
    ("ReductionClass", "I"): "Class I",
    ("ReductionClass", "II"): "Class II",
    ("CancellationPurpose", "ets-compliance"): "ETS compliance",
    ("CancellationPurpose", "ecological-restoration"): "Restoration of ecological damage",
    ("CancellationPurpose", "event-neutrality"): "Carbon neutrality of an event",
    ("ProviderMode", "third-party-mall"): "Third-party mall",
    ("ProviderMode", "sub-platform"): "Sub-platform",
    ("ProposalStatus", "proposed"): "Waiting for confirmation",
    ("ProposalStatus", "rejected"): "Not confirmed",
    ("Role", "administrator"): "System administrator",
    ("Role", "regulator"): "Municipal Bureau of Ecology and Environment",
    ("Role", "exchange"): "Shanghai Environment and Energy Exchange",
    ("Role", "platform"): "Operating platform",
    ("Role", "ledger"): "Contract of the ledger",
}
"""Words whose label is not what one would say."""

_ONLY_IN_INDEX: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "By": {
        "month": ("月份", "Month"),
        "reduction_class": ("类别", "Class"),
        "district": ("区", "District"),
        "purpose": ("用途", "Purpose"),
        "activity": ("项目或场景", "Project or scenario"),
    },
    "Step": {
        "proposed": ("评估提出", "Proposed"),
        "confirmed": ("确认签发", "Confirmed"),
        "earned": ("积分获得", "Earned as points"),
        "redeemed": ("积分兑换", "Points redeemed"),
        "donated": ("积分捐赠", "Points donated"),
        "bought-back": ("积分回兑为减排量", "Points bought back as lots"),
        "transferred": ("划转", "Transferred"),
        "cancelled": ("减排量注销", "Reductions cancelled"),
        "campaign-cancelled": ("捐赠积分注销", "Donated points cancelled"),
        "personal-cancelled": ("个人自愿注销积分", "Points cancelled by persons"),
        "taken-back": ("减排量扣回", "Reductions taken back"),
        "points-taken-back": ("积分扣回", "Points taken back"),
    },
    "What": {
        "issuance": ("签发", "Issuance"),
        "earned": ("积分获得", "Points earned"),
        "cancellation": ("注销", "Cancellation"),
    },
    "Fate": {
        "cancelled": ("已注销", "Cancelled"),
        "held": ("持有", "Held"),
        "taken-back": ("已扣回", "Taken back"),
        "withheld": ("签发时抵扣", "Withheld at issuance"),
    },
    "LotStatus": {"free": ("正常", "Free"), "frozen": ("冻结", "Frozen")},
    "BatchFileState": {
        "waiting": ("待核对", "Waiting for its file"),
        "checked": ("已核对", "File checked"),
        "wrong": ("文件不符", "File does not fit"),
    },
    "Book": {
        "issued": ("签发", "Issued"),
        "held": ("持有", "Held"),
        "cancelled": ("已注销", "Cancelled"),
        "taken-back": ("已扣回", "Taken back"),
        "owed": ("多计总额", "Ever owed"),
        "deficit": ("待抵扣", "Deficit"),
        "filled": ("已抵扣", "Filled"),
        "bought-back": ("积分回兑", "Bought back"),
    },
    "PointBook": {
        "issued": ("获得", "Issued"),
        "personal": ("个人", "Personal"),
        "provider-pool": ("权益方积分池", "Provider's pool"),
        "campaign-pool": ("捐赠活动积分池", "Campaign's pool"),
        "bought-back": ("已回兑", "Bought back"),
        "cancelled": ("已注销", "Cancelled"),
        "taken-back": ("已扣回", "Taken back"),
    },
    "IncidentKind": {
        "reorg": ("链回退", "The chain took blocks back"),
        "halt": ("索引停止", "The index halted"),
        "wrong-batch": ("批次文件不符", "A batch file does not fit"),
        "duplicate-entries": ("条目重复", "Entries that were there before"),
        "overdrawn-persons": ("个人透支", "Persons spent more than they have"),
    },
    "Order": {
        "oldest-first": ("由早到晚", "Oldest first"),
        "newest-first": ("由晚到早", "Newest first"),
    },
    "Direction": {
        "in": ("计入", "In"),
        "out": ("支出", "Out"),
        "beside": ("未经持有", "Beside"),
    },
}
"""Vocabularies of `indexer.schema.words`, `api.lot_life` and single routes that answers contain, in both languages."""


def word(value: Word | str, language: str, name: str = "") -> str:
    """A word for people. A label needs the `name` of its vocabulary ("LotStatus"): "closed" is said of an account
    otherwise than of a campaign. `LookupError` where that has no such label.
    """
    if isinstance(value, Word):
        value, name = value.label, type(value).__name__
    return _words(name)[value][0 if language == CHINESE else 1]


@cache
def _words(name: str) -> Mapping[str, tuple[str, str]]:
    if name in _ONLY_IN_INDEX:
        return _ONLY_IN_INDEX[name]
    kind = vars(vocabulary).get(name)
    if not (isinstance(kind, type) and issubclass(kind, Word)):
        raise LookupError(f"no vocabulary {name!r}")
    return {one.label: (one.chinese, _ENGLISH.get((name, one.label)) or _plain(one.label)) for one in kind}


def _plain(label: str) -> str:
    return label.replace("-", " ").capitalize()
