"""What can be wrong with what a person in a browser sends: forms, sessions, and who may do what in the console.

::

    RequestRefused
    ├── FormNotOurs               403  a form without the secret of the session that sends it
    ├── RequestFromElsewhere      403  a form that was not on a page of this instance
    ├── FormMalformed             400  a body that is no form, or one with too many or doubled fields
    ├── LoginRefused              401  no valid API key: which of the reasons, is not said
    ├── SessionEnded              401  a form was sent after its session had ended
    ├── WalletLoginRefused        401  a wallet's signature that is not the answer to our question
    ├── AnotherBodyActs           403  the session acts as another body than the step is for
    ├── RoleNotHeld               403  the chain says that the address does not hold the role (any more)
    ├── ActNotAllowed             403  the API key of the session lacks the scope
    ├── NotYours                  404  something that another session has begun
    ├── TransactionDiffers        409  the wallet sent something else than it was shown
    └── ConsoleNotServed          501  this instance knows no node to ask
"""

from dataclasses import dataclass
from typing import ClassVar

from api.errors import RequestRefused
from ledger.ids import Address
from ledger.vocabulary import Role


class FormNotOurs(RequestRefused):
    """A form without the secret that this session's forms have, or with another session's."""

    status: ClassVar[int] = 403

    def explain(self) -> str:
        return "This form does not belong to your session, and nothing was done. Open the page again and send it there."

    def explain_chinese(self) -> str:
        return "该表单不属于您当前的会话，未执行任何操作。请重新打开页面后再提交。"


@dataclass(unsafe_hash=True)
class RequestFromElsewhere(RequestRefused):
    """A form that was sent from another site's page, or through another address than the public one."""

    public_url: str

    status: ClassVar[int] = 403

    def explain(self) -> str:
        return (
            "Your browser says that this was sent from another site's page, and nothing was done. Open the page at "
            f"{self.public_url} and send it there."
        )

    def explain_chinese(self) -> str:
        return f"浏览器表明该请求来自其他网站的页面，未执行任何操作。请在 {self.public_url} 打开页面后再提交。"


@dataclass(unsafe_hash=True)
class FormMalformed(RequestRefused):
    """A body that is no form that a page of ours sends; `rule` reads on from "must"."""

    rule: str

    def explain(self) -> str:
        return f"What was sent is no form of these pages: it must {self.rule}."

    def explain_chinese(self) -> str:
        return "提交的内容不是本网站的表单；请重新打开页面后再提交。"


class LoginRefused(RequestRefused):
    """No API key, a malformed, an unknown or a revoked one: the answer is the same."""

    status: ClassVar[int] = 401

    def explain(self) -> str:
        return "This key does not open the console. Check that it is whole; the operator can make a new one."

    def explain_chinese(self) -> str:
        return "此密钥无法登录控制台。请核对是否完整；也可请运营方另发新密钥。"


class SessionEnded(RequestRefused):
    """A form came after its session had ended, by time or by logging out."""

    status: ClassVar[int] = 401

    def explain(self) -> str:
        return "Your session has ended, so nothing was sent. Log in again: what you typed is kept for you meanwhile."

    def explain_chinese(self) -> str:
        return "会话已结束，内容尚未提交。请重新登录：您填写的内容已为您暂存。"


@dataclass(unsafe_hash=True)
class WalletLoginRefused(RequestRefused):
    """What a wallet signed does not log in; `rule` reads on from "must"."""

    rule: str

    status: ClassVar[int] = 401

    def explain(self) -> str:
        return f"The wallet's signature does not log in: it must {self.rule}. Begin again from the login page."

    def explain_chinese(self) -> str:
        return "钱包签名未通过核验，无法登录。请从登录页重新开始。"


@dataclass(unsafe_hash=True)
class AnotherBodyActs(RequestRefused):
    """A step of one body in a session that acts as another, or as none."""

    needed: Role

    status: ClassVar[int] = 403

    def explain(self) -> str:
        return (
            f"This is a step of the {self.needed.label.replace('-', ' ')}, and your session does not act as that body. "
            "Choose the body on the console's first page, if you may act as it."
        )

    def explain_chinese(self) -> str:
        return (
            f"此操作应由{self.needed.chinese}办理，而您当前的会话并非以该机构身份办理。"
            "如您有权，请在业务办理的总览页切换身份。"
        )


@dataclass(unsafe_hash=True)
class RoleNotHeld(RequestRefused):
    """The access manager of the ledger says that an address does not hold a role."""

    role: Role
    address: Address

    status: ClassVar[int] = 403

    def explain(self) -> str:
        return (
            f"The chain says that {self.address.hex0x} does not hold the role of the "
            f"{self.role.label.replace('-', ' ')} now, so it cannot act. The administrator grants roles."
        )

    def explain_chinese(self) -> str:
        return f"链上记录表明 {self.address.hex0x} 当前没有{self.role.chinese}的权限，不能办理。权限由系统管理员授予。"


@dataclass(unsafe_hash=True)
class ActNotAllowed(RequestRefused):
    """The API key that logged in may not do this."""

    scope: str

    status: ClassVar[int] = 403

    def explain(self) -> str:
        return f"The key that you logged in with lacks the scope {self.scope}; use a key that has it."

    def explain_chinese(self) -> str:
        return f"您登录所用的密钥没有 {self.scope} 权限；请使用具有该权限的密钥。"


class NotYours(RequestRefused):
    """What this session asks for was begun by another one, or by none."""

    status: ClassVar[int] = 404

    def explain(self) -> str:
        return "There is nothing of yours here: it was begun in another session, or too long ago. Begin again."

    def explain_chinese(self) -> str:
        return "此处没有属于您的内容：它由其他会话发起，或已过期。请重新开始。"


@dataclass(unsafe_hash=True)
class TransactionDiffers(RequestRefused):
    """What a wallet sent is not what its page showed; `part` says in what."""

    part: str
    transaction_hash: str

    status: ClassVar[int] = 409

    def explain(self) -> str:
        return (
            f"The transaction {self.transaction_hash} is not the one that was shown: it has another {self.part}. "
            "The wallet sent something else; look at it there before you sign again."
        )

    def explain_chinese(self) -> str:
        return (
            f"交易 {self.transaction_hash} 与页面所示不同（{self.part}）。"
            "钱包发送了其他内容；请先在钱包中核对，再行签名。"
        )


class ConsoleNotServed(RequestRefused):
    """This instance has no node to ask for roles, so that nobody can act here."""

    status: ClassVar[int] = 501

    def explain(self) -> str:
        return "This instance has no console, for it knows no node; use the one that `tanpuhui serve` runs."

    def explain_chinese(self) -> str:
        return "本实例未连接节点，没有控制台；请使用由 `tanpuhui serve` 启动的实例。"
