"""What a verification says to people, in English and Chinese: steps, whom one has to believe, what it leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from ledger.verifier.trust import Level


class Words(NamedTuple):
    """The same in both languages."""

    english: str
    chinese: str


STEPS: Final[Mapping[str, Words]] = {
    "size": Words("the file is not too large", "文件大小在限度内"),
    "json": Words("every reader reads the same values in it", "任何程序读出的内容都相同"),
    "form": Words("it is a certificate bundle, each value in its one form", "它是凭证证明包,每个值都按唯一写法书写"),
    "deployment": Words("it is of the chain and the ledger that are pinned", "它属于所指定的链和账本"),
    "record": Words("the record is the one whose hash is in the log", "记录与日志中的哈希一致"),
    "leaf": Words("the leaf is that of such a cancellation", "日志条目确为此类注销"),
    "subject": Words(
        "number, lot, purpose and serials are those that the ledger gave", "编号、批次、用途和序列号是账本给出的"
    ),
    "lot": Words("the project that is shown is the lot's", "所示项目就是该批次的项目"),
    "agreement": Words("the record says nothing else than the ledger", "记录与账本所述一致"),
    "entry": Words("the person's entry is in the batch, under its number", "个人条目在该批次内,编号相符"),
    "checkpoint": Words(
        "the checkpoint is one of the pinned log, and covers the leaf", "检查点属于所指定的日志,并包含该条目"
    ),
    "inclusion": Words("the leaf is in the log that the checkpoint states", "该条目在检查点所述的日志中"),
    "log-signature": Words("the log's key signed the checkpoint", "检查点由日志密钥签名"),
    "witnesses": Words("enough pinned witnesses cosigned it", "有足够多的指定见证方联署"),
    "chain": Words("the chain, as the node shows it, has the same root", "节点所示的链上根与之相同"),
    "header": Words("the block header is one of a QBFT chain", "区块头是 QBFT 链的区块头"),
    "seals": Words("enough pinned validators sealed the block", "有足够多的指定验证者封印该区块"),
    "receipt": Words("a transaction of the block that succeeded has the receipt", "该回执属于区块内一笔成功的交易"),
    "event": Words("in it the log appended this very leaf", "回执中日志追加的正是该条目"),
}
"""What it means that a step passed, by its name."""

RESTS_ON: Final[Mapping[Level, Words]] = {
    Level.NODE: Words(
        "the node that was asked: whoever runs it could show another chain",
        "所查询的节点:其运行者有可能出示另一条链",
    ),
    Level.LOG: Words(
        "the holder of the log's key: that he does not show two people two logs",
        "日志密钥的持有者:不会向不同的人出示不同的日志",
    ),
    Level.WITNESSED: Words(
        "the pinned witnesses: that of those needed one is honest, so that everybody sees the same log",
        "所指定的见证方:所需的联署中至少有一方诚实,因而人人看到同一份日志",
    ),
    Level.SEALED: Words(
        "the pinned validators: that fewer than a third of them cheat",
        "所指定的验证者:其中作弊者不到三分之一",
    ),
}
"""Whom one still has to believe, by level."""

NOT_SAID: Final = (
    Words(
        "that what the holder wrote (beneficiary, event, organisation) is true: only that it was written then, once",
        "持有人自己填写的内容(受益人、活动、机构等)属实:只证明当时如此填写,且仅填写一次",
    ),
    Words(
        "that the reduction happened: the technical centre and the regulator answer for that",
        "减排确已发生:由技术中心和主管部门负责",
    ),
    Words("who stands behind an account", "账户背后是谁"),
)
"""What no verification says."""
