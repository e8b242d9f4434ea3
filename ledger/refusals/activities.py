"""Refusals of the activity registry."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.ids import ActivityId, Hash32, MethodologyId
from ledger.refusals.base import ContractRefusal
from ledger.vocabulary import ActivityStatus


@dataclass(unsafe_hash=True)
class ActivityRegistry_CodeMalformed(ContractRefusal):
    public_code: str
    english = 'Activity code "{public_code}" is malformed; use 1 to 64 printable ASCII characters without spaces.'
    chinese = "项目或场景编码“{public_code}”格式有误,应为 1 至 64 个不含空格的可打印 ASCII 字符。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_AlreadyRegistered(ContractRefusal):
    activity_id: ActivityId
    english = "Activity {activity_id} is registered already; choose another code."
    chinese = "项目或场景 {activity_id} 已登记,请更换编码。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_KindMissing(ContractRefusal):
    public_code: str
    english = "Activity {public_code} is given no kind; say project, reduction scenario or behaviour scenario."
    chinese = "{public_code} 未注明类型,请注明减排项目、减排场景或行为场景。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_MethodologyKindMismatch(ContractRefusal):
    activity_id: ActivityId
    methodology_id: MethodologyId
    english = (
        "Methodology {methodology_id} is not written for the kind of activity {activity_id}; "
        "projects need a project methodology, scenarios a scenario methodology."
    )
    chinese = "方法学 {methodology_id} 不适用于 {activity_id} 的类型,项目应采用项目方法学,场景应采用场景方法学。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_CreditingPeriodEmpty(ContractRefusal):
    first_day: int
    last_day: int
    english = "The crediting period from {first_day} to {last_day} is empty; the last day must not precede the first."
    chinese = "计入期 {first_day} 至 {last_day} 为空,截止日不得早于起始日。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_DayTooFar(ContractRefusal):
    day: int
    latest_day: int
    english = "The crediting period ends on day {day}, which no calendar names; the latest is {latest_day}."
    chinese = "计入期截止日 {day} 超出日历范围,最晚为 {latest_day}。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_FacilityMissing(ContractRefusal):
    activity_id: ActivityId
    english = "Project {activity_id} names no facility; give the salted hash of the facility's identity (M10)."
    chinese = "减排项目 {activity_id} 未注明设施,请提供设施标识的加盐哈希(管理办法第十条)。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_PledgeMissing(ContractRefusal):
    activity_id: ActivityId
    english = "Project {activity_id} carries no exclusivity pledge; give the SHA-256 of the signed pledge (M10)."
    chinese = "减排项目 {activity_id} 缺少唯一性承诺,请提供已签署承诺书的 SHA-256 值(管理办法第十条)。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_CapMissing(ContractRefusal):
    activity_id: ActivityId
    english = "Activity {activity_id} has no cap; give the most it may be issued over its crediting period."
    chinese = "{activity_id} 未设签发上限,请填写计入期内的签发上限。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_CapTooLarge(ContractRefusal):
    activity_id: ActivityId
    cap_grams: int
    largest_grams: int
    english = "The cap of {cap_grams} for activity {activity_id} is more than the ledger can hold, {largest_grams}."
    chinese = "{activity_id} 的签发上限 {cap_grams} 超出账本上限 {largest_grams}。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_FacilityTaken(ContractRefusal):
    facility_id: Hash32
    live_activity_id: ActivityId
    english = "Facility {facility_id} is registered as activity {live_activity_id}; close that one first (M10)."
    chinese = "设施 {facility_id} 已登记为 {live_activity_id},请先结束原登记(管理办法第十条)。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_WrongStatus(ContractRefusal):
    activity_id: ActivityId
    status: ActivityStatus
    expected: ActivityStatus
    english = (
        "Activity {activity_id} is {status}, but this step needs it to be {expected}; check the code and the step."
    )
    chinese = "{activity_id} 当前状态为{status},本操作要求状态为{expected},请核对编码和操作。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_NotActive(ContractRefusal):
    activity_id: ActivityId
    status: ActivityStatus
    english = "Activity {activity_id} is {status}; only a registered activity that has not ended can do this."
    chinese = "{activity_id} 当前状态为{status},不能进行本操作。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_DeficitOutstanding(ContractRefusal):
    activity_id: ActivityId
    deficit_grams: int
    english = (
        "The facility of activity {activity_id}, or the activity where it names none, owes {deficit_grams} "
        "of its class; later issuance has to fill that before the activity can end."
    )
    chinese = (
        "{activity_id} 所属设施(未登记设施的为其本身)尚有待抵扣量 {deficit_grams},须由后续签发抵扣完毕后方可结束。"
    )


@dataclass(unsafe_hash=True)
class ActivityRegistry_NeverIssues(ContractRefusal):
    activity_id: ActivityId
    english = "Activity {activity_id} is a behaviour scenario, whose value is never grams (M19); register another kind."
    chinese = "{activity_id} 为行为场景,其价值不得折算为减排量(管理办法第十九条)。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_ZeroQuantity(ContractRefusal):
    activity_id: ActivityId
    english = "An issuance of activity {activity_id} has no quantity; give at least one gram."
    chinese = "{activity_id} 的签发量为零,至少应为 1 克。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_PeriodEmpty(ContractRefusal):
    first_day: int
    last_day: int
    english = "The monitoring period from {first_day} to {last_day} is empty; the last day must not precede the first."
    chinese = "监测期 {first_day} 至 {last_day} 为空,截止日不得早于起始日。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_PeriodNotEnded(ContractRefusal):
    last_day: int
    today: int
    english = "The monitoring period ends on {last_day}, but today is {today}; issue after it has ended."
    chinese = "监测期截止日为 {last_day},今天是 {today},请在监测期结束后签发。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_OutsideCreditingPeriod(ContractRefusal):
    first_day: int
    last_day: int
    crediting_first_day: int
    crediting_last_day: int
    english = (
        "The monitoring period from {first_day} to {last_day} leaves the crediting period from {crediting_first_day} "
        "to {crediting_last_day}; report only days inside it."
    )
    chinese = "监测期 {first_day} 至 {last_day} 超出计入期 {crediting_first_day} 至 {crediting_last_day}。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_PeriodOverlap(ContractRefusal):
    activity_id: ActivityId
    first_day: int
    last_day: int
    english = (
        "Some day from {first_day} to {last_day} of activity {activity_id} was credited before; report other days."
    )
    chinese = "{activity_id} 在 {first_day} 至 {last_day} 内已有日期被签发过,监测期不得重叠。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_DayEarnedPoints(ContractRefusal):
    activity_id: ActivityId
    first_day: int
    last_day: int
    english = (
        "Points were earned on some day from {first_day} to {last_day} of activity {activity_id}, and a gram is a "
        "point or a reduction (M16); report other days."
    )
    chinese = (
        "{activity_id} 在 {first_day} 至 {last_day} 内已有日期获得积分,减排量与积分不得重复计算(管理办法第十六条)。"
    )


@dataclass(unsafe_hash=True)
class ActivityRegistry_FeedSignerMissing(ContractRefusal):
    activity_id: ActivityId
    english = "Activity {activity_id} was registered without a feed signer; its data cannot be taken."
    chinese = "{activity_id} 登记时未注明数据签署密钥,其数据无法签署,不予接收。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_NotBehaviour(ContractRefusal):
    activity_id: ActivityId
    english = "Activity {activity_id} is no behaviour scenario and has no behaviour value (M19); anchor earned points."
    chinese = "{activity_id} 不是行为场景,不能记录行为赋值(管理办法第十九条),请按积分获得上链。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_CapExceeded(ContractRefusal):
    activity_id: ActivityId
    cap_grams: int
    used_grams: int
    grams: int
    english = (
        "Activity {activity_id} may be issued {cap_grams} and has {used_grams}; {grams} more would exceed its cap."
    )
    chinese = "{activity_id} 的签发上限为 {cap_grams},已签发 {used_grams},再签发 {grams} 将超出上限。"


@dataclass(unsafe_hash=True)
class ActivityRegistry_CorrectionExceedsIssued(ContractRefusal):
    activity_id: ActivityId
    net_issued_grams: int
    grams: int
    english = "Activity {activity_id} has {net_issued_grams} issued and uncorrected; {grams} cannot be corrected."
    chinese = "{activity_id} 未矫正的签发量为 {net_issued_grams},不能矫正 {grams}。"
