"""One exception for each error of the contracts, of the same name and with the same arguments in snake_case.

`tests/unit/ledger/test_refusals.py` reads contracts/src and demands the agreement. `chain` decodes revert data into
these through `refusal`; `ledger.model` raises the same ones. Two arguments are named apart: `class`, a Python keyword,
is `reduction_class`, and `code` is `public_code`, since `code` names the error itself.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from ledger.errors import Json, Refused, argument_names
from ledger.ids import ActivityId, Address, FixedBytes, Hash32, LotId, MethodologyId, OperationId
from ledger.units import MAX_CIVIL_DAY, date_of_civil_day, format_tonnes
from ledger.vocabulary import (
    AccountStatus,
    ActivityStatus,
    CancellationPurpose,
    MethodologyStatus,
    ProposalStatus,
    ReductionClass,
    Role,
    Word,
)

REFUSALS: dict[str, type[ContractRefusal]] = {}
"""Every refusal by the name of its Solidity error."""


class ContractRefusal(Refused):
    """Base of the refusals. `english` and `chinese` are format strings over the arguments as people read them."""

    english: ClassVar[str]
    chinese: ClassVar[str]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        REFUSALS[cls.__name__] = cls

    def explain(self) -> str:
        return self.english.format(**self._shown("english"))

    def explain_chinese(self) -> str:
        return self.chinese.format(**self._shown("chinese"))

    def _shown(self, language: Literal["english", "chinese"]) -> dict[str, str]:
        return {name: _show(name, getattr(self, name), language) for name in argument_types(type(self))}


def refusal(name: str, arguments: Sequence[object]) -> ContractRefusal:
    """The refusal of a Solidity error from its ABI-decoded arguments, in order.

    Takes bytes, integers, 0x-hex and strings as `eth_abi` gives them. `KeyError` for an unknown name.
    """
    refusal_type = REFUSALS[name]
    types = argument_types(refusal_type)
    return refusal_type(*(_typed(kind, raw) for kind, raw in zip(types.values(), arguments, strict=True)))


def refusal_from_details(name: str, details: Mapping[str, Json]) -> ContractRefusal:
    """The refusal whose `details()` were saved, for example in the outbox. `KeyError` for an unknown name."""
    return refusal(name, [details[argument] for argument in argument_types(REFUSALS[name])])


def argument_types(refusal_type: type[ContractRefusal]) -> dict[str, type]:
    """Argument names of a refusal, in order, with their Python types."""
    hints = typing.get_type_hints(refusal_type)
    return {name: hints[name] for name in argument_names(refusal_type)}


def _typed(kind: type, raw: object) -> object:
    match raw:
        case str() if issubclass(kind, FixedBytes):
            return kind.from_hex(raw)
        case bytes() if issubclass(kind, FixedBytes):
            return kind(raw)
        case int() if issubclass(kind, LotId):
            return kind.from_token_id(raw)
        case str() if issubclass(kind, Word):
            return {member.label: member for member in kind}[raw]
        case int() if issubclass(kind, Word):
            return kind.from_number(raw)
        case _:
            return kind(raw)


def _show(name: str, value: object, language: Literal["english", "chinese"]) -> str:
    match value:
        case Word():
            return value.chinese if language == "chinese" else value.label.replace("-", " ")
        case FixedBytes():
            return value.hex0x
        case int() if name.endswith("grams"):
            return format_tonnes(value) + " t"
        case int() if name.endswith(("day", "today")) and value <= MAX_CIVIL_DAY:
            return date_of_civil_day(value).isoformat()
        case _:
            return str(value)


# AccountRegistry


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


# MethodologyRegistry


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


# ActivityRegistry


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
        "The facility of activity {activity_id}, or the activity where it names none, owes {deficit_grams}; "
        "later issuance has to fill that before the activity can end."
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


# ReductionLedger


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
class ReductionLedger_SerialsExhausted(ContractRefusal):
    next_serial: int
    grams: int
    english = "Serial numbers from {next_serial} do not reach for {grams}; this ledger cannot issue that much."
    chinese = "序列号自 {next_serial} 起不足以签发 {grams},本账本无法签发该数量。"


@dataclass(unsafe_hash=True)
class ReductionLedger_UseOperations(ContractRefusal):
    english = "Token transfers are closed, for they leave no record; use transfer or cancel with an operation id."
    chinese = "不支持代币转账接口,请使用带操作编号的划转或注销。"


# TransparencyLog


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


# Access


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
