"""What a value must be, in the reader's language. Rules are written in English where they are enforced; those that
people meet on pages are said in Chinese here, and a rule that is not known here stands in English.
"""

from __future__ import annotations

import re
from typing import Final

from api.languages import CHINESE

_CHINESE: Final = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (r"be given", "必须填写"),
        (r"be given once", "只能出现一次"),
        (r"be one of (.+)", r"是下列之一：\1"),
        (r"be one of the choices", "从所列选项中选择"),
        (r"be a parameter of this route \((.+)\)", r"是本页可用的条件（\1）"),
        (r"have at most (\d+) parameters", r"不超过 \1 个条件"),
        (r"be a whole number", "是整数"),
        (r"be a whole number from (\d+) to (\d+)(?:, without sign or leading zeros)?", r"是 \1 到 \2 之间的整数"),
        (r"be a whole number from (\d+)", r"是不小于 \1 的整数"),
        (r"be 0x and (\d+) hexadecimal digits", r"是 0x 加 \1 位十六进制数字"),
        (r"be 0x and an even number of hexadecimal digits", "是 0x 加偶数位十六进制数字"),
        (r"be a date written YYYY-MM-DD", "是“年-月-日”形式的日期，例如 2026-01-31"),
        (r"be a day of the calendar", "是日历上有的日子"),
        (r"not lie before 1970-01-01", "不早于 1970-01-01"),
        (
            r"be plain decimal text in (tonnes|kilograms), without sign, spaces or exponent",
            "是不带符号和空格的十进制数",
        ),
        (r"be a whole number of grams", "折合成整数克，最多六位小数的吨数"),
        (r"be whole grams as a decimal string without sign or leading zeros", "是整数克，不带符号和前导零"),
        (r"be more than zero", "大于零"),
        (r"not be zero", "不为零"),
        (r"not be negative", "不小于零"),
        (r"be at most (\d+)(?: g)?", r"不超过 \1"),
        (r"be at least (\d+)", r"不小于 \1"),
        (r"be at most the log's size, (\d+)", r"不超过日志的大小 \1"),
        (r"be text", "是文字"),
        (r"be at most (\d+) bytes of UTF-8", r"不超过 \1 个 UTF-8 字节"),
        (
            r"be (?:a code of )?1 to 64 printable ASCII characters without spaces",
            "是 1 到 64 个英文字母、数字或符号",
        ),
        (r"be 1 to (\d+) characters", r"是 1 到 \1 个字符"),
        (r"have at most (\d+) characters", r"不超过 \1 个字符"),
        (
            r"be a cursor that this list returned, used with the same filters",
            "是本列表给出的翻页标记，且筛选条件不变；请回到第一页重新翻页",
        ),
        (r"be a column of the file", "是文件中的一列"),
        (r"be there: the first row names the columns", "有表头：第一行写明各列的名称"),
        (r"name every column", "每一列都有名称"),
        (r"name each column once", "各列的名称不重复"),
        (r"be (utf-8|gb18030|gbk|big5|latin-1|ascii|utf-16)", r"是 \1 编码"),
        (r"be at most (\d+) characters long \(max_record_characters\)", r"每行不超过 \1 个字符"),
        (r"be (?:complete|intact)", "完整"),
        (r"expand to at most (\d+) bytes \(max_expanded_bytes\)", r"解压后不超过 \1 字节"),
        (r"expand at most (\d+) times \(max_expansion\)", r"解压后不超过压缩前的 \1 倍"),
        (r"be (?:intact )?Parquet", "是完整的 Parquet 文件"),
        (r"be chosen", "选择一个文件"),
        (r"be given, in at most (\d+) characters", r"必须填写，不超过 \1 个字符"),
        (r"not contradict what the operation itself says", "与操作本身的内容一致"),
        (r"not say again what the form asks: (.+)", r"不重复表单中已有的字段：\1"),
        (r"be left to this program, which writes it", "留给系统填写"),
        (r"be left out in platform custody, or be (0x[0-9a-f]+)", r"在平台代管时留空，或为 \1"),
        (r"be given in holder custody", "在持有人自管时填写"),
        (r"not precede period_first_day (\d{4}-\d{2}-\d{2})", r"不早于起始日 \1"),
        (r"be a year written YYYY", "是四位数字的年份"),
        (r"be a whole number written in decimal digits", "是十进制整数"),
    )
)


def rule_in(rule: str, language: str) -> tuple[str, str]:
    """The rule and the language that it is in, as `lang` has it."""
    if language == CHINESE:
        for pattern, said in _CHINESE:
            if (found := pattern.fullmatch(rule)) is not None:
                return found.expand(said), "zh-Hans"
    return rule, "en"
