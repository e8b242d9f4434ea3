"""What was found, for people: in English and Chinese, side by side."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from typing import Final

from ledger.bundle import IssuedLot
from ledger.errors import Json
from ledger.units import date_of_civil_day, format_tonnes
from ledger.verifier import Facts, Verdict
from ledger.verifier.wording import NOT_SAID, RESTS_ON, STEPS

_SHANGHAI: Final = datetime.timezone(datetime.timedelta(hours=8))
_KINDS: Final = {
    "reductions": "cancellation of reductions 减排量注销",
    "points": "cancellation of a person's points 个人积分注销",
    "campaign": "cancellation of a campaign's donated points 捐赠积分注销",
}


def report(verdict: Verdict) -> str:
    """Every line of it, ended by line feeds."""
    lines = _refused(verdict) if verdict.facts is None else _verified(verdict, verdict.facts)
    return "".join(f"{_printable(line)}\n" for line in lines)


def _refused(verdict: Verdict) -> Iterator[str]:
    assert verdict.failed is not None  # noqa: S101 - without facts it was refused
    words = STEPS[verdict.failed.name]
    yield f"REFUSED at step {verdict.failed}. 核验未通过(第 {verdict.failed.number} 步 {verdict.failed.name})。"
    yield f"  It does not hold that {words.english}. 不成立:{words.chinese}。"
    yield f"  {verdict.reason}"
    yield "Do not rely on anything that it says. 请勿采信其中任何内容。"


def _verified(verdict: Verdict, facts: Facts) -> Iterator[str]:
    assert verdict.level is not None  # noqa: S101 - a level was verified
    yield f"VERIFIED: certificate {facts.number}. 核验通过:凭证 {facts.number}。"
    yield from (f"  {name}: {value}" for name, value in _facts(facts))
    yield "Checked 已核验:"
    checked = [step for step in verdict.passed if step.name not in _nothing_to_check(facts)]
    yield from (f"  {step.number:2} {STEPS[step.name].english}. {STEPS[step.name].chinese}。" for step in checked)
    rests = RESTS_ON[verdict.level]
    yield f"It rests on the word of 所依据的信任({verdict.level}):"
    yield f"  {rests.english}. {rests.chinese}。"
    yield "It does not say 本核验不证明:"
    yield from (f"  {words.english}. {words.chinese}。" for words in NOT_SAID)


def _nothing_to_check(facts: Facts) -> set[str]:
    """Steps that passed because the bundle has nothing that they look at."""
    without = {"entry"} if facts.kind != "points" else set()
    without |= {"lot"} if facts.lot is None else set()
    return without | ({"record", "agreement"} if facts.fields is None else set())


def _facts(facts: Facts) -> Iterator[tuple[str, object]]:
    yield "kind 种类", _KINDS[facts.kind]
    yield "quantity 数量", f"{format_tonnes(facts.grams)} t CO2e ({facts.grams} g)"
    if facts.first_serial is not None:
        yield "serials 序列号", f"{facts.first_serial} - {facts.last_serial}"
    if facts.purpose is not None:
        yield "purpose 用途", f"{facts.purpose.label} {facts.purpose.chinese}"
    if facts.reduction_class is not None:
        yield "class 类别", facts.reduction_class.chinese
    yield "time 时间", _time(facts.timestamp)
    yield "ledger 账本", facts.origin
    optional = {"account 账户": facts.account, "campaign 捐赠活动": facts.campaign_code, "lot 批次": facts.lot_id}
    yield from ((name, value) for name, value in optional.items() if value is not None)
    yield from _lot(facts)
    yield from _record(facts)
    yield from ((f"entry: {name} 个人条目", _shown(value)) for name, value in facts.entry.items())
    for one in facts.cosignatures:
        yield "cosigned by 联署", f"{one.witness}, {_time(one.timestamp)}"
    if facts.block is not None:
        yield "sealed block 区块", f"{facts.block.number} {facts.block.hash}"


def _lot(facts: Facts) -> Iterator[tuple[str, object]]:
    if isinstance(facts.lot, IssuedLot):
        lot = facts.lot
        first, last = (date_of_civil_day(day) for day in (lot.period_first_day, lot.period_last_day))
        yield "project 项目", lot.activity_code
        yield "methodology 方法学", f"{lot.methodology_code}@{lot.methodology_version}"
        yield "period 监测期", f"{first} - {last}"
    elif facts.lot is not None:
        yield "bought back from points by 积分回兑自", facts.lot.redeem_operation_id


def _record(facts: Facts) -> Iterator[tuple[str, object]]:
    if facts.fields is None:
        yield "record 记录", "not in the bundle: who did the operation has it 不在证明包内"
        return
    yield from ((f"record: {name} 记录", _shown(value)) for name, value in facts.fields.items())
    if facts.withheld:
        yield "kept back 未披露", ", ".join(facts.withheld)


def _time(seconds: int) -> str:
    try:
        return datetime.datetime.fromtimestamp(seconds, _SHANGHAI).strftime("%Y-%m-%d %H:%M:%S (UTC+8)")
    except (OverflowError, ValueError, OSError):
        return f"{seconds} s since 1970"


def _shown(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _printable(text: str) -> str:
    """Without characters that could steer the terminal."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
