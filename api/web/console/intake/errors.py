"""What can be wrong with uploads and their runs, besides what the machinery below says.

::

    RequestRefused
    ├── UploadTooLarge            413  a file of more bytes than this instance takes
    ├── UploadTooSlow             408  nothing more of the file came for too long
    ├── UploadCutOff              400  the file ended before it was whole
    ├── TooManyUploads            429  enough files are being received, or wait to be read
    ├── WrongStage                409  the run is not where this step could be taken
    ├── NotConfirmed              422  what had to be typed to confirm was not typed
    └── IntakeNotServed           501  this instance takes no files
"""

from dataclasses import dataclass
from typing import ClassVar

from api.errors import RequestRefused


@dataclass(unsafe_hash=True)
class UploadTooLarge(RequestRefused):
    """A file beyond `TANPUHUI_MOST_UPLOAD_BYTES`."""

    most_bytes: int

    status: ClassVar[int] = 413

    def explain(self) -> str:
        return (
            f"The file is larger than the {self.most_bytes:,} bytes that can be uploaded here; nothing of it was kept. "
            "Pack it with gzip, split it, or have the operator prepare it with `tanpuhui points prepare` or `import`."
        )

    def explain_chinese(self) -> str:
        return (
            f"文件超过此处可上传的上限 {self.most_bytes:,} 字节，未保存任何内容。"
            "请用 gzip 压缩、拆分，或请运营人员使用命令行（points prepare、import）处理。"
        )


@dataclass(unsafe_hash=True)
class UploadTooSlow(RequestRefused):
    """Nothing more came for a while."""

    seconds: int

    status: ClassVar[int] = 408

    def explain(self) -> str:
        return f"Nothing more of the file came for {self.seconds} seconds; it was not kept. Upload it again."

    def explain_chinese(self) -> str:
        return f"{self.seconds} 秒内没有收到更多内容，文件未保存。请重新上传。"


class UploadCutOff(RequestRefused):
    """What was sent is no whole upload of our form."""

    def explain(self) -> str:
        return "The upload is not whole, and nothing of it was kept. Open the page again and upload the file there."

    def explain_chinese(self) -> str:
        return "上传内容不完整，未保存。请重新打开页面后再上传。"


class TooManyUploads(RequestRefused):
    """Enough at a time."""

    status: ClassVar[int] = 429

    def explain(self) -> str:
        return "Enough files are being received or wait to be read; try again when one of them is through."

    def explain_chinese(self) -> str:
        return "正在接收或等待读取的文件已达上限，请待其中一个处理完后再试。"


@dataclass(unsafe_hash=True)
class WrongStage(RequestRefused):
    """A step that the run does not offer now."""

    run: str
    stage: str

    status: ClassVar[int] = 409

    def explain(self) -> str:
        return f"The file is {self.stage} now, so that this cannot be done. Look at its page again."

    def explain_chinese(self) -> str:
        return "该文件当前所处的阶段不能进行此操作，请重新查看其页面。"


@dataclass(unsafe_hash=True)
class NotConfirmed(RequestRefused):
    """What confirms a step was not typed as it stands on the page."""

    expected: str

    status: ClassVar[int] = 422

    def explain(self) -> str:
        return f"Nothing was sent: to confirm, type {self.expected} exactly as it stands on the page."

    def explain_chinese(self) -> str:
        return f"尚未发送：请按页面所示准确输入 {self.expected} 以确认。"


class IntakeNotServed(RequestRefused):
    """This instance keeps no files of operators."""

    status: ClassVar[int] = 501

    def explain(self) -> str:
        return "This instance takes no files; use the one that `tanpuhui serve` runs for the platform."

    def explain_chinese(self) -> str:
        return "本实例不接收文件；请使用由平台运行的 `tanpuhui serve` 实例。"
