"""Errors of the machinery as pages tell them: by the name that the file was uploaded under, and no path of ours."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping

from api.intake_port import Problem
from api.problems import INTERNAL_ERROR
from ledger.errors import InvalidInput, NotFound, SignerNotConfigured, TanpuhuiError, Unavailable, shorten
from scripts.importing.errors import InvalidMapping, MalformedFile, RowsInvalid
from scripts.points.errors import NothingPrepared

log = logging.getLogger("tanpuhui.intake")


def problem_of(error: Exception, names: Mapping[str, str]) -> Problem:
    """What is shown of an error; `names` says what stands in a page in place of our paths."""
    if not isinstance(error, TanpuhuiError):
        return _opaque(error)
    english, chinese = _texts(error)
    field = rule = value = ""
    if isinstance(error, InvalidInput) and not isinstance(error, RowsInvalid | NothingPrepared):
        field, rule, value = error.field, error.rule, shorten(error.value)
    return Problem(
        code=error.code,
        english=_named(english, names),
        chinese=_named(chinese, names),
        field=_named(field, names),
        rule=_named(rule, names),
        value=_named(value, names),
        line=error.line if isinstance(error, MalformedFile) else 0,
    )


def _texts(error: TanpuhuiError) -> tuple[str, str]:
    match error:
        case MalformedFile():
            return (
                "The file cannot be read as the mapping says. Correct it, or choose another mapping; upload it again.",
                "无法按所选映射读取该文件，未采用任何内容。请更正文件或改选映射后重新上传。",
            )
        case InvalidMapping():
            return (
                "The mapping does not fit what it is used for; ask whoever keeps the mappings of this instance.",
                "所选映射与用途不符；请联系维护本实例映射文件的人员。",
            )
        case RowsInvalid():
            return (
                "The ledger has changed since the file was checked, and rows that passed then are refused now. Nothing "
                "was sent; look at the rows below and decide again."
            ), "核对之后账本有变化，原先通过的行现在被拒绝。尚未办理任何一项；请查看下面的行后再作决定。"
        case NothingPrepared():
            return (
                "Every row of the file was refused, so there is nothing to anchor; the rules are listed below.",
                "文件中的每一行均被拒绝，没有可上链的内容；原因见下。",
            )
        case SignerNotConfigured():
            role = error.role
            body, chinese = role.name.lower().replace("_", " "), getattr(role, "chinese", role.name)
            return (
                f"This instance holds no key of the {body}; use the instance of the body that does.",
                f"本实例未配置{chinese}的密钥；请使用该机构的实例。",
            )
        case Unavailable():
            return (
                "The ledger's node does not answer. What was done is kept, the rest is tried again by itself, once.",
                "账本节点暂无应答。已准备和已发送的内容均已保存，其余部分将自动重试；不会重复办理。",
            )
        case NotFound():
            return error.explain(), f"没有找到：{error.kind}"
        case _:
            return error.explain(), error.explain_chinese()


def _named(text: str, names: Mapping[str, str]) -> str:
    for path, name in names.items():
        text = text.replace(path, name)
    return text


def _opaque(error: Exception) -> Problem:
    error_id = secrets.token_hex(8)
    log.error("error %s", error_id, exc_info=error)
    return Problem(
        code=INTERNAL_ERROR,
        english=f"Something went wrong here. Tell the operator the error id {error_id}.",
        chinese=f"服务内部错误。请向运营方提供错误编号 {error_id}。",
    )
