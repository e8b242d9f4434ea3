"""Errors as problem documents (RFC 9457): the only place where an error becomes HTTP.

Every class of `ledger.errors`, `ledger.refusals` and `api.errors` has a type URI of its own, `{public
URL}/problems/{code}`, where `code` is the class's stable name. Title and detail come in English or Chinese by
`Accept-Language`. What is no member of the tree is answered as an opaque 500 whose `error_id` stands in the log with
the exception; nothing of it reaches the caller.
"""

import logging
import secrets
from collections.abc import Iterator
from typing import Any, NamedTuple

from api.answers import PROBLEM_TYPE, Answer, Headers, encode_json
from api.caching import CacheRule
from api.errors import (
    BodyInvalid,
    BodyTooSlow,
    CredentialsInvalid,
    CredentialsMissing,
    FieldError,
    LookupTokenInvalid,
    RateExceeded,
    RequestRefused,
)
from api.languages import CHINESE, ENGLISH, preferred
from ledger.errors import (
    DeploymentFileMissing,
    InvalidInput,
    InvalidJson,
    NotANode,
    NotFound,
    OperationConflict,
    PasswordNotGiven,
    SignerNotConfigured,
    TanpuhuiError,
    Unauthorised,
    Unavailable,
    WrongKeyFile,
    kebab,
)
from ledger.refusals import AccessManagedUnauthorized, AccessManagerUnauthorizedAccount, ContractRefusal

log = logging.getLogger("tanpuhui.api")

# Status, title and Chinese title by family: the nearest base of an error decides.
_FAMILIES: dict[type[TanpuhuiError], tuple[int, str, str]] = {
    InvalidInput: (422, "A value breaks a rule", "数值不符合规则"),
    InvalidJson: (400, "The body is not strict JSON", "请求正文不是严格的 JSON"),
    ContractRefusal: (409, "The ledger's rules forbid the operation", "账本规则不允许该操作"),
    AccessManagedUnauthorized: (403, "This body may not do that", "该机构无权进行此操作"),
    AccessManagerUnauthorizedAccount: (403, "This body may not do that", "该机构无权进行此操作"),
    OperationConflict: (409, "The operation id was used before", "操作编号已被使用"),
    SignerNotConfigured: (501, "This instance does not sign for that body", "本实例不为该机构签署"),
    WrongKeyFile: (503, "Wrong key file", "密钥文件有误"),
    PasswordNotGiven: (503, "The password of a key file is not given", "未提供密钥文件的密码"),
    NotANode: (503, "This is no JSON-RPC node", "该地址不是 JSON-RPC 节点"),
    DeploymentFileMissing: (503, "There is no deployment file", "没有部署文件"),
    Unavailable: (503, "The ledger cannot be reached", "暂时无法访问账本"),
    NotFound: (404, "There is no such thing", "未找到"),
    Unauthorised: (403, "The caller may not do that", "调用方无此权限"),
    RequestRefused: (400, "The request cannot be taken", "无法受理该请求"),
    # Members that no family knows (a refusal without a class, a proof that does not hold) say that something of ours
    # is wrong.
    TanpuhuiError: (500, "Something went wrong here", "服务内部错误"),
}

INTERNAL_ERROR = "internal-error"


def family_of(kind: type[TanpuhuiError]) -> tuple[int, str, str]:
    """Status, title and Chinese title of an error class."""
    status, title, chinese = next(_FAMILIES[base] for base in kind.__mro__ if base in _FAMILIES)
    if issubclass(kind, RequestRefused):
        status = kind.status
    if kind not in _FAMILIES:
        title = f"{title}: {words_of(kind)}"
    return status, title, chinese


def words_of(kind: type[TanpuhuiError]) -> str:
    """`ReductionLedger_LotFrozen` -> "lot frozen"."""
    return kebab(kind.__name__.rpartition("_")[2]).replace("-", " ")


def status_of(kind: type[TanpuhuiError]) -> int:
    """The HTTP status that errors of this class are answered with."""
    return family_of(kind)[0]


def every_problem() -> Iterator[type[TanpuhuiError]]:
    """Every class of the error tree, bases included."""
    waiting: list[type[TanpuhuiError]] = [TanpuhuiError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        yield kind


def speaks_chinese(accept_language: bytes | None) -> bool:
    """Whether Chinese is preferred to English by `Accept-Language` (RFC 9110 §12.5.4); English where neither is
    named.
    """
    return preferred(accept_language, ENGLISH) == CHINESE


class Said(NamedTuple):
    """An error as it is said to one reader: a problem document's members, and the headers that go with it."""

    status: int
    code: str
    title: str
    detail: str
    errors: list[dict[str, str]]
    error_id: str | None = None
    headers: Headers = ()


class Problems:
    """Says errors, and makes problem documents of them; knows where their types are described."""

    def __init__(self, public_url: str) -> None:
        self._base = public_url.rstrip("/") + "/problems/"

    def type_uri(self, code: str) -> str:
        """The URI that identifies a type of problem and leads to its description."""
        return self._base + code

    def said(self, error: Exception, language: str) -> Said:
        """What to say of an error; an unknown one is logged, and nothing of it is said but an id."""
        chinese = language == CHINESE
        if not isinstance(error, TanpuhuiError) or status_of(type(error)) == 500:
            return _opaque(error, chinese)
        status, title, chinese_title = family_of(type(error))
        if isinstance(error, Unavailable) and not isinstance(error, SignerNotConfigured):
            log.warning("unavailable: %s", error.explain())
        return Said(
            status,
            error.code,
            chinese_title if chinese else title,
            _detail(error, chinese),
            _field_errors(error),
            headers=_headers_of(error, status),
        )

    def answer(self, error: Exception, accept_language: bytes | None, extra: dict[str, Any] | None = None) -> Answer:
        """The problem document of an error; an unknown one is logged and answered as an opaque 500."""
        chinese = speaks_chinese(accept_language)
        said = self.said(error, CHINESE if chinese else ENGLISH)
        document: dict[str, Any] = {
            "type": self.type_uri(said.code),
            "title": said.title,
            "status": said.status,
            "detail": said.detail,
            "code": said.code,
        }
        if said.errors:
            document["errors"] = said.errors
        if said.error_id is not None:
            document["error_id"] = said.error_id
        elif isinstance(error, ContractRefusal):
            document["refusal"] = {"name": type(error).__name__, "arguments": error.details()}
        return _answer(said.status, {**document, **(extra or {})}, chinese, said.headers)


def _opaque(error: Exception, chinese: bool) -> Said:
    error_id = secrets.token_hex(8)
    log.error("error %s", error_id, exc_info=error)
    _, title, chinese_title = family_of(TanpuhuiError)
    detail = f"请向运营方提供错误编号 {error_id}。" if chinese else f"Tell the operator the error id {error_id}."
    return Said(500, INTERNAL_ERROR, chinese_title if chinese else title, detail, [], error_id)


def _answer(status: int, document: dict[str, Any], chinese: bool, headers: Headers) -> Answer:
    return Answer(
        status,
        (
            (b"content-type", PROBLEM_TYPE),
            (b"content-language", b"zh" if chinese else b"en"),
            (b"vary", b"Accept-Language"),
            (b"cache-control", CacheRule.NEVER.value),
            *headers,
        ),
        encode_json(document),
    )


def _detail(error: TanpuhuiError, chinese: bool) -> str:
    """What is wrong and what to do. Of something unavailable the caller learns no address, path or message of ours."""
    match error:
        case SignerNotConfigured():
            role = error.role
            if chinese:
                return f"本实例未配置{getattr(role, 'chinese', role.name)}的密钥；请使用该机构的实例。"
            body = role.name.lower().replace("_", " ")
            return f"This instance holds no key of the {body}; use the instance of the body that does."
        case Unavailable() if not type(error).__module__.startswith("api."):
            return (
                "暂时无法访问账本节点；请稍后重试。"
                if chinese
                else "The ledger's node cannot be used now; try again soon."
            )
        case InvalidInput() if chinese:
            return f"字段 {error.field} 的值不符合规则:{error.rule}。"
        case NotFound() if chinese:
            return "没有该编号对应的内容；请核对编号，并确认索引已更新。"
        case _:
            return error.explain_chinese() if chinese else error.explain()


def _field_errors(error: TanpuhuiError) -> list[dict[str, str]]:
    match error:
        case InvalidInput():
            found = [FieldError(error.field, error.rule)]
        case BodyInvalid():
            found = list(error.errors)
        case _:
            found = []
    return [{"field": one.field, "rule": one.rule} for one in found]


def _headers_of(error: TanpuhuiError, status: int) -> Headers:
    match error:
        case RateExceeded():
            return ((b"retry-after", str(error.wait_seconds).encode()),)
        case BodyTooSlow():
            # What still comes of the body is not the next request.
            return ((b"connection", b"close"),)
        case CredentialsMissing():
            return ((b"www-authenticate", b'Bearer realm="tanpuhui"'),)
        case CredentialsInvalid() | LookupTokenInvalid():
            return ((b"www-authenticate", b'Bearer realm="tanpuhui", error="invalid_token"'),)
        case _ if status == 503:
            return ((b"retry-after", b"5"),)
        case _:
            return ()
