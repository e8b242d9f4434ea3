# ruff: noqa: N818 - named for what is wrong, as the rest of the tree is
"""What can be wrong with a request as HTTP carries it. Everything else is in `ledger.errors`.

::

    TanpuhuiError
    └── RequestRefused                the request is refused before the ledger is asked
        ├── CredentialsMissing        401  no API key, or not `Authorization: Bearer`
        ├── CredentialsInvalid        401  a Bearer token that is no key of ours, or is revoked
        ├── LookupTokenInvalid        401  no lookup token of a person, or one that is none of ours
        ├── ScopeMissing              403
        ├── RouteUnknown              404
        ├── MethodNotAllowed          405
        ├── BodyTooSlow               408
        ├── IdempotencyKeyReused      409  same key, other request
        ├── IdempotencyKeyMissing     400
        ├── LengthRequired            411
        ├── BodyTooLarge              413
        ├── AddressTooLong            414
        ├── MediaTypeUnsupported      415
        ├── TableTooLong              422  a table is longer than a file that is made of it
        ├── BodyInvalid                422  several fields of a body break rules
        ├── RateExceeded              429
        ├── HeadersTooLarge           431
        ├── NodeNotConfigured         501  this instance only reads
        ├── PointsNotServed           501  this instance keeps no entries of persons
        ├── LogKeysNotConfigured      501  this instance was not told of the log's key
        ├── CertificateIsPersonal     403  a bundle that holds a person's entry was asked for without a lookup token
        ├── CertificateUnverified     503  what the index says of a certificate does not verify
        ├── FontMissing               503  this instance has no font to make a PDF with
        ├── IndexEmpty                503  the index has not read its first block
        ├── IndexHalted               503  the index found something wrong and stands still
        ├── ExportInterrupted         503  the mirror became another one while it was exported
        ├── DownloadsBusy             503  as many tables are sent as files as there is room for
        ├── NodeOnOtherBlocks         503  the node's blocks are not those of the index
        ├── LogNotAsPublished         503  the index does not hold the log that a published checkpoint states
        └── FollowerFailing           503  the index is not kept up with the chain
"""

from dataclasses import dataclass
from typing import ClassVar

from ledger.errors import TanpuhuiError


class RequestRefused(TanpuhuiError):
    """Base: refused at the edge."""

    status: ClassVar[int] = 400


class CredentialsMissing(RequestRefused):
    """A route for operators was asked without an API key."""

    status: ClassVar[int] = 401

    def explain(self) -> str:
        return "This route needs an API key; send it as `Authorization: Bearer KEY`."

    def explain_chinese(self) -> str:
        return "此接口需要 API 密钥；请以 `Authorization: Bearer KEY` 提交。"


class CredentialsInvalid(RequestRefused):
    """The Bearer token is not an API key of ours, or the key was revoked."""

    status: ClassVar[int] = 401

    def explain(self) -> str:
        return "This API key is not valid here; ask the operator for a new one."

    def explain_chinese(self) -> str:
        return "此 API 密钥无效；请向运营方申请新的密钥。"


class LookupTokenInvalid(RequestRefused):
    """The lookup token is missing, malformed, unknown, or of a person who was forgotten: which of them, is not said."""

    status: ClassVar[int] = 401

    def explain(self) -> str:
        return (
            "This needs a lookup token that is valid here; send yours as `Authorization: Bearer TOKEN`, or ask for one."
        )

    def explain_chinese(self) -> str:
        return "此处需要有效的查询码；请以 `Authorization: Bearer TOKEN` 提交，或申请新的查询码。"


class PointsNotServed(RequestRefused):
    """This instance has neither batch files nor lookup tokens."""

    status: ClassVar[int] = 501

    def explain(self) -> str:
        return "This instance keeps no entries of persons; ask the platform's own instance."

    def explain_chinese(self) -> str:
        return "本实例不保存个人积分明细；请向平台的实例查询。"


@dataclass(unsafe_hash=True)
class CertificateIsPersonal(RequestRefused):
    """The certificate is of a person's points: its bundle holds the person's entry, and only the person is given it."""

    number: int

    status: ClassVar[int] = 403

    def explain(self) -> str:
        return (
            f"Certificate {self.number} is of a person's points, and its bundle holds that person's entry; ask with "
            f"the person's lookup token at /v1/points/account/certificates/{self.number}/bundle."
        )

    def explain_chinese(self) -> str:
        return (
            f"编号 {self.number} 的凭证属于个人积分，其文件含有本人的积分明细；请以本人的查询码请求 "
            f"/v1/points/account/certificates/{self.number}/bundle。"
        )


@dataclass(unsafe_hash=True)
class CertificateUnverified(RequestRefused):
    """What the index says of a certificate does not verify, so that no PDF is made of it. `step`: which failed."""

    number: int
    step: str

    status: ClassVar[int] = 503

    def explain(self) -> str:
        return (
            f"What this server says of certificate {self.number} does not verify (step {self.step}), so no PDF is made "
            "of it. Do not rely on it, and tell the operator."
        )

    def explain_chinese(self) -> str:
        return (
            f"本服务器关于编号 {self.number} 凭证的内容核验不通过（步骤 {self.step}），不予出具 PDF。"
            "请勿信赖，并告知运营方。"
        )


@dataclass(unsafe_hash=True)
class FontMissing(RequestRefused):
    """The font that a PDF is made with is not there."""

    font: str

    status: ClassVar[int] = 503

    def explain(self) -> str:
        return (
            f"The font {self.font} is not there. The operator runs tools/setup, or sets TANPUHUI_PDF_FONTS to the "
            "folder of NotoSansHans-Regular.otf and NotoSansHans-Bold.otf."
        )

    def explain_chinese(self) -> str:
        return (
            f"没有字体 {self.font}。请运营方运行 tools/setup，或将 TANPUHUI_PDF_FONTS 设为 NotoSansHans-Regular.otf 与 "
            "NotoSansHans-Bold.otf 所在的文件夹。"
        )


@dataclass(unsafe_hash=True)
class ScopeMissing(RequestRefused):
    """The API key is valid but may not do this."""

    scope: str

    status: ClassVar[int] = 403

    def explain(self) -> str:
        return f"This API key lacks the scope {self.scope}; use a key that has it."

    def explain_chinese(self) -> str:
        return f"此 API 密钥没有 {self.scope} 权限；请使用具有该权限的密钥。"


class RouteUnknown(RequestRefused):
    """No route has this path."""

    status: ClassVar[int] = 404

    def explain(self) -> str:
        return "There is no such route; see /docs for those there are."

    def explain_chinese(self) -> str:
        return "没有此接口；接口目录见 /docs。"


class MethodNotAllowed(RequestRefused):
    """The path exists but not with this method."""

    status: ClassVar[int] = 405

    def explain(self) -> str:
        return "This route does not take this method; the header Allow names those it takes."

    def explain_chinese(self) -> str:
        return "此接口不支持该方法；可用方法见 Allow 头。"


@dataclass(unsafe_hash=True)
class BodyTooSlow(RequestRefused):
    """The body did not arrive in time."""

    most_seconds: float

    status: ClassVar[int] = 408

    def explain(self) -> str:
        return f"The body of a request must arrive within {self.most_seconds} s; send the same request again."

    def explain_chinese(self) -> str:
        return f"请求正文须在 {self.most_seconds} 秒内送达；请重新提交同一请求。"


class IdempotencyKeyReused(RequestRefused):
    """The Idempotency-Key came before, with another request."""

    status: ClassVar[int] = 409

    def explain(self) -> str:
        return (
            "This Idempotency-Key was used before with another request; send the first request unchanged, or this one "
            "with a key of its own."
        )

    def explain_chinese(self) -> str:
        return "此 Idempotency-Key 已用于内容不同的请求；请原样重发先前的请求，或为本请求使用新的键。"


@dataclass(unsafe_hash=True)
class IdempotencyKeyMissing(RequestRefused):
    """A write came without a usable Idempotency-Key."""

    rule: str

    def explain(self) -> str:
        return f"The header Idempotency-Key must {self.rule}."

    def explain_chinese(self) -> str:
        return "写操作必须带有 Idempotency-Key 头：1 至 255 个可见 ASCII 字符。"


class LengthRequired(RequestRefused):
    """A body came without Content-Length."""

    status: ClassVar[int] = 411

    def explain(self) -> str:
        return "A request with a body must say its Content-Length."

    def explain_chinese(self) -> str:
        return "带有正文的请求必须给出 Content-Length。"


@dataclass(unsafe_hash=True)
class BodyTooLarge(RequestRefused):
    """The body is longer than this instance takes."""

    most_bytes: int

    status: ClassVar[int] = 413

    def explain(self) -> str:
        return f"The body of a request must be at most {self.most_bytes} bytes."

    def explain_chinese(self) -> str:
        return f"请求正文不得超过 {self.most_bytes} 字节。"


@dataclass(unsafe_hash=True)
class AddressTooLong(RequestRefused):
    """Path and query are longer than this instance takes."""

    most_bytes: int

    status: ClassVar[int] = 414

    def explain(self) -> str:
        return f"Path and query together must be at most {self.most_bytes} bytes."

    def explain_chinese(self) -> str:
        return f"路径与查询串合计不得超过 {self.most_bytes} 字节。"


class MediaTypeUnsupported(RequestRefused):
    """The body is not JSON."""

    status: ClassVar[int] = 415

    def explain(self) -> str:
        return "The body must be JSON in UTF-8, sent as Content-Type: application/json."

    def explain_chinese(self) -> str:
        return "请求正文必须是 UTF-8 编码的 JSON，并以 Content-Type: application/json 发送。"


@dataclass(unsafe_hash=True)
class FieldError:
    """One field of a body and the rule it breaks, which reads on from "must"."""

    field: str
    rule: str


@dataclass(unsafe_hash=True)
class BodyInvalid(RequestRefused):
    """Fields of a body break rules of its schema."""

    errors: tuple[FieldError, ...]

    status: ClassVar[int] = 422

    def explain(self) -> str:
        return "; ".join(f"{error.field} must {error.rule}" for error in self.errors) + "."

    def explain_chinese(self) -> str:
        return f"请求正文有 {len(self.errors)} 处不符合规则，见 errors。"


@dataclass(unsafe_hash=True)
class RateExceeded(RequestRefused):
    """The caller asked too often."""

    wait_seconds: int

    status: ClassVar[int] = 429

    def explain(self) -> str:
        return f"Too many requests; try again in {self.wait_seconds} s."

    def explain_chinese(self) -> str:
        return f"请求过于频繁；请在 {self.wait_seconds} 秒后重试。"


@dataclass(unsafe_hash=True)
class HeadersTooLarge(RequestRefused):
    """The headers are longer or more than this instance takes."""

    most_bytes: int
    most_headers: int

    status: ClassVar[int] = 431

    def explain(self) -> str:
        return f"Headers must be at most {self.most_headers} and together at most {self.most_bytes} bytes."

    def explain_chinese(self) -> str:
        return f"请求头不得超过 {self.most_headers} 个，合计不得超过 {self.most_bytes} 字节。"


class NodeNotConfigured(RequestRefused):
    """This instance has no node: it only reads."""

    status: ClassVar[int] = 501

    def explain(self) -> str:
        return "This instance only reads; send the request to an instance of the body that operates."

    def explain_chinese(self) -> str:
        return "本实例只提供查询；请向办理机构的实例提交。"


class LogKeysNotConfigured(RequestRefused):
    """This instance was not told of the log's key."""

    status: ClassVar[int] = 501

    def explain(self) -> str:
        return "This instance was not told of the log's key; ask the instance that publishes the checkpoints."

    def explain_chinese(self) -> str:
        return "本实例未配置日志密钥；请向发布检查点的实例查询。"


@dataclass(unsafe_hash=True)
class LogNotAsPublished(RequestRefused):
    """The index does not hold the log that a published checkpoint states: it is being rebuilt, or contradicts it."""

    size: int

    status: ClassVar[int] = 503

    def explain(self) -> str:
        return (
            f"The index does not hold the log of the published checkpoint of size {self.size}. Try again when it has "
            "been rebuilt; if that does not help, the chain has taken back what was published: tell the operator."
        )

    def explain_chinese(self) -> str:
        return (
            f"索引中没有已发布检查点（大小 {self.size}）所对应的日志。请待索引重建后重试；若仍如此，"
            "则区块链已撤回已发布的内容，请告知运营方。"
        )


class ExportInterrupted(RequestRefused):
    """The mirror became another one while it was exported: rebuilt, or rolled back. What was sent is no whole file."""

    status: ClassVar[int] = 503

    def explain(self) -> str:
        return "The index was rebuilt or rolled back while it was exported; throw away what came, and ask again."

    def explain_chinese(self) -> str:
        return "导出期间索引被重建或回滚；请丢弃已收到的内容并重新请求。"


class DownloadsBusy(RequestRefused):
    """As many tables are being made into files and sent as this instance has room for."""

    status: ClassVar[int] = 503

    def explain(self) -> str:
        return "Too many tables are being downloaded just now; try again in a minute."

    def explain_chinese(self) -> str:
        return "正在下载的表格太多；请一分钟后重试。"


@dataclass(unsafe_hash=True)
class TableTooLong(RequestRefused):
    """A table has more rows than a file of the form asked for may have."""

    most_rows: int

    status: ClassVar[int] = 422

    def explain(self) -> str:
        return (
            f"This table has more than {self.most_rows} rows, the most of such a file. Narrow it by its filters, ask "
            "for CSV if this was XLSX, or take the exports at /explorer/exports, which have no end."
        )

    def explain_chinese(self) -> str:
        return (
            f"此表超过 {self.most_rows} 行，为这种文件的上限。请用筛选条件缩小范围，或（若所选为 XLSX）改用 CSV，"
            "或使用 /explorer/exports 的数据导出，其行数不限。"
        )


@dataclass(unsafe_hash=True)
class NodeOnOtherBlocks(RequestRefused):
    """The node has other blocks with events of ours than the index, in a range that is exported."""

    first_block: int
    last_block: int

    status: ClassVar[int] = 503

    def explain(self) -> str:
        return (
            f"Between blocks {self.first_block} and {self.last_block} the node of this instance does not have the "
            "blocks of the index; ask again soon, and tell the operator if that does not help."
        )

    def explain_chinese(self) -> str:
        return (
            f"在区块 {self.first_block} 至 {self.last_block} 之间，本实例的节点与索引不一致；请稍后重试，"
            "若仍如此请告知运营方。"
        )


class IndexEmpty(RequestRefused):
    """The database is not there, or holds no block yet."""

    status: ClassVar[int] = 503

    def explain(self) -> str:
        return "The index has not read its first block yet; try again when it has."

    def explain_chinese(self) -> str:
        return "索引尚未读入首个区块；请稍后重试。"


@dataclass(unsafe_hash=True)
class IndexHalted(RequestRefused):
    """The index found something on the chain that contradicts what it knows, and stands still. `cause`: its code."""

    block_number: int
    cause: str

    status: ClassVar[int] = 503

    def explain(self) -> str:
        return (
            f"The index stopped at block {self.block_number} ({self.cause}). Take nothing from it as final; the "
            "operator compares its node with another one, and then follows docs/operations.md."
        )

    def explain_chinese(self) -> str:
        return (
            f"索引已在区块 {self.block_number} 停止（{self.cause}）。其内容不得视为最终结果；请运营方与其他节点核对后，"
            "按 docs/operations.md 处理。"
        )


@dataclass(unsafe_hash=True)
class FollowerFailing(RequestRefused):
    """What keeps the index up with the chain has failed, or has failed again and again. `cause`: the error's code."""

    cause: str

    status: ClassVar[int] = 503

    def explain(self) -> str:
        return (
            f"The index is not kept up with the chain ({self.cause}), and what is read is ever older. The operator "
            "sees that node and database of this instance answer, and finds more in its log."
        )

    def explain_chinese(self) -> str:
        return f"索引未能跟上区块链（{self.cause}），所读内容日渐陈旧。请运营方检查本实例的节点与数据库，详情见其日志。"
