"""What can be wrong with who acts, and between the preview of an act and its confirmation.

::

    RequestRefused
    ├── HolderActs                403  a step of an account's own key, in a session of something else
    ├── ActDiffers                409  what would be signed is not what was shown
    └── ActDoneOtherwise          409  this form was confirmed before, with other content
"""

from dataclasses import dataclass
from typing import ClassVar

from api.errors import RequestRefused
from ledger.ids import OperationId


class HolderActs(RequestRefused):
    """Only whoever logged in with the wallet of an account, and acts as no body, does this."""

    status: ClassVar[int] = 403

    def explain(self) -> str:
        return (
            "This is for the holder of an account: log in with the account's wallet, and as no body. For what is in "
            "the platform's custody, the platform acts on the holder's instruction."
        )

    def explain_chinese(self) -> str:
        return (
            "此业务由账户持有人自行办理：请以该账户的钱包登录，且不选择机构身份。平台代管的账户由平台按持有人指令办理。"
        )


@dataclass(unsafe_hash=True)
class ActDiffers(RequestRefused):
    """The confirmation names another operation, other bytes or another signer than what would be signed now."""

    part: str

    status: ClassVar[int] = 409

    def explain(self) -> str:
        return (
            f"What would be signed now is not what you were shown: it has another {self.part}. Nothing was signed or "
            "sent. Look at the preview again, and confirm that one."
        )

    def explain_chinese(self) -> str:
        return "即将签署的内容与您看到的预览不一致，未签署、未提交任何内容。请重新查看预览，核对后再确认。"


@dataclass(unsafe_hash=True)
class ActDoneOtherwise(RequestRefused):
    """The form was confirmed before, with other content: the operation of this form is the first one."""

    operation_id: OperationId

    status: ClassVar[int] = 409

    def explain(self) -> str:
        return (
            f"This form was confirmed before, with other content, as operation {self.operation_id.hex0x}. Nothing more "
            "was sent. Open a new form for another operation."
        )

    def explain_chinese(self) -> str:
        done = self.operation_id.hex0x
        return f"这份表单此前已确认过其他内容（操作 {done}），本次未再提交。如需另办一笔，请打开新的表单。"
