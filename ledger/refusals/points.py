"""Refusals of the points ledger."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.ids import ActivityId, Address, CampaignId, Hash32, MethodologyId
from ledger.refusals.base import ContractRefusal
from ledger.vocabulary import BatchKind, ReductionClass


@dataclass(unsafe_hash=True)
class PointLedger_WrongKind(ContractRefusal):
    kind: BatchKind
    expected: BatchKind
    english = (
        "The header is for a batch of kind {kind}, but this step anchors kind {expected}; use the step of the "
        "header's kind."
    )
    chinese = "批次头的类型为{kind},本操作要求类型为{expected},请按批次头类型选择操作。"


@dataclass(unsafe_hash=True)
class PointLedger_MethodologyMismatch(ContractRefusal):
    activity_id: ActivityId
    methodology_id: MethodologyId
    expected_methodology_id: MethodologyId
    english = (
        "The header names methodology {methodology_id}, but activity {activity_id} is bound to "
        "{expected_methodology_id}; prepare the batch again."
    )
    chinese = "批次头的方法学为 {methodology_id},而 {activity_id} 适用 {expected_methodology_id},请重新制作批次。"


@dataclass(unsafe_hash=True)
class PointLedger_ClassMismatch(ContractRefusal):
    activity_id: ActivityId
    reduction_class: ReductionClass
    expected: ReductionClass
    english = (
        "The header says class {reduction_class}, but activity {activity_id} is class {expected}; prepare the "
        "batch again."
    )
    chinese = "批次头的类别为{reduction_class},而 {activity_id} 为{expected},请重新制作批次。"


@dataclass(unsafe_hash=True)
class PointLedger_ClassMissing(ContractRefusal):
    english = "The batch names no class; a batch holds points of class I or of class II."
    chinese = "批次未注明类别,每个批次只含Ⅰ类或Ⅱ类积分。"


@dataclass(unsafe_hash=True)
class PointLedger_SequenceNotNext(ContractRefusal):
    activity_id: ActivityId
    sequence: int
    expected: int
    english = (
        "The header of activity {activity_id} has sequence {sequence}, but {expected} is next; anchor the "
        "batches in order, each once."
    )
    chinese = "{activity_id} 批次头的序号为 {sequence},下一序号应为 {expected},请按顺序上链,每个批次仅一次。"


@dataclass(unsafe_hash=True)
class PointLedger_SignatureMalformed(ContractRefusal):
    activity_id: ActivityId
    english = (
        "The header of activity {activity_id} carries no valid signature; give the 65 bytes of an ECDSA "
        "signature with a low s."
    )
    chinese = "{activity_id} 批次头的签名无效,应为 65 字节且 s 取低值的 ECDSA 签名。"


@dataclass(unsafe_hash=True)
class PointLedger_WrongSigner(ContractRefusal):
    activity_id: ActivityId
    signer: Address
    feed_signer: Address
    english = (
        "The signature leads to key {signer}, not to the feed signer {feed_signer} of activity {activity_id}; "
        "the header was changed, or another key signed it or for another ledger."
    )
    chinese = (
        "签名对应密钥 {signer},而 {activity_id} 登记的数据签署密钥为 {feed_signer};批次头已被改动,"
        "或由其他密钥、为其他账本签署。"
    )


@dataclass(unsafe_hash=True)
class PointLedger_RootMissing(ContractRefusal):
    english = "The batch carries no root; give the root of its sum tree."
    chinese = "批次缺少根哈希,请提供其求和树的根。"


@dataclass(unsafe_hash=True)
class PointLedger_RootAlreadyAnchored(ContractRefusal):
    root: Hash32
    batch_number: int
    english = (
        "The entries with root {root} were anchored as batch {batch_number} and move points only once; leave this "
        "batch out."
    )
    chinese = "根哈希为 {root} 的条目已作为批次 {batch_number} 上链,同一组条目仅可入账一次,请勿再次提交。"


@dataclass(unsafe_hash=True)
class PointLedger_FileHashMissing(ContractRefusal):
    english = "The batch carries no file hash; give the SHA-256 of its batch file."
    chinese = "批次缺少文件哈希,请提供批次文件的 SHA-256 值。"


@dataclass(unsafe_hash=True)
class PointLedger_EntryCountOutOfRange(ContractRefusal):
    entry_count: int
    total: int
    largest_count: int
    english = (
        "A batch with a total of {total} has 1 to {largest_count} entries of at least one each, not "
        "{entry_count}; check the batch file."
    )
    chinese = (
        "合计为 {total} 的批次应有 1 至 {largest_count} 个条目(每个至少为 1),而非 {entry_count} 个,请核对批次文件。"
    )


@dataclass(unsafe_hash=True)
class PointLedger_QuantityTooLarge(ContractRefusal):
    quantity: int
    largest: int
    english = "The quantity {quantity} is more than the ledger can hold, {largest}; check the batch."
    chinese = "数量 {quantity} 超出账本上限 {largest},请核对批次。"


@dataclass(unsafe_hash=True)
class PointLedger_ExceedsPersonal(ContractRefusal):
    reduction_class: ReductionClass
    personal_grams: int
    grams: int
    english = (
        "Persons have {personal_grams} of class {reduction_class} in points, less than {grams}; check the batch "
        "against their balances."
    )
    chinese = "个人持有的{reduction_class}积分合计 {personal_grams},不足 {grams},请按个人余额核对批次。"


@dataclass(unsafe_hash=True)
class PointLedger_ZeroQuantity(ContractRefusal):
    english = "The batch moves nothing; give at least one point."
    chinese = "数量为零,至少应为 1 个积分。"


@dataclass(unsafe_hash=True)
class PointLedger_UnknownBatch(ContractRefusal):
    batch_number: int
    batch_count: int
    english = "There is no batch {batch_number}; the latest is {batch_count}."
    chinese = "批次 {batch_number} 不存在,最新批次为 {batch_count}。"


@dataclass(unsafe_hash=True)
class PointLedger_NotEarned(ContractRefusal):
    batch_number: int
    kind: BatchKind
    english = "Batch {batch_number} is of kind {kind}; only a batch of earned points can be corrected."
    chinese = "批次 {batch_number} 的类型为{kind},只有积分获得批次可以矫正。"


@dataclass(unsafe_hash=True)
class PointLedger_CorrectionExceedsBatch(ContractRefusal):
    batch_number: int
    uncorrected_grams: int
    grams: int
    english = (
        "Batch {batch_number} has {uncorrected_grams} left to correct, less than {grams}; correct no more than that."
    )
    chinese = "批次 {batch_number} 可矫正量为 {uncorrected_grams},不足 {grams}。"


@dataclass(unsafe_hash=True)
class PointLedger_TakenExceedsCorrection(ContractRefusal):
    grams: int
    taken_grams: int
    english = (
        "The correction is of {grams} but takes {taken_grams} from persons; take no more than was credited wrongly."
    )
    chinese = "矫正量为 {grams},而从个人扣回 {taken_grams},扣回不得超过多计的数量。"


@dataclass(unsafe_hash=True)
class PointLedger_TotalMismatch(ContractRefusal):
    reduction_class: ReductionClass
    after_batch: int
    personal_grams: int
    total_grams: int
    english = (
        "After batch {after_batch} persons had {personal_grams} of class {reduction_class}, but the snapshot "
        "adds up to {total_grams}; make it again from all batches up to that one."
    )
    chinese = (
        "第 {after_batch} 批之后个人{reduction_class}积分合计为 {personal_grams},快照合计为 {total_grams},"
        "请由截至该批的全部批次重新制作。"
    )


@dataclass(unsafe_hash=True)
class PointLedger_CampaignPoolEmpty(ContractRefusal):
    campaign_id: CampaignId
    reduction_class: ReductionClass
    english = "Campaign {campaign_id} holds no points of class {reduction_class}; there is nothing to cancel."
    chinese = "捐赠活动 {campaign_id} 没有{reduction_class}积分,无可注销。"
