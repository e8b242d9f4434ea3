"""`tanpuhui certificate show|export|redact|seal`: each loaded when it is named."""

from __future__ import annotations

from typing import Any

from scripts.command import group
from scripts.lazy import LazyGroup, Part


class _Group(LazyGroup):
    """`tanpuhui certificate 7` is `tanpuhui certificate show 7`."""

    parts = (
        Part(
            "show",
            "certificate_show",
            "Shows a certificate of cancellation (注销凭证) and checks it against the contract.",
        ),
        Part(
            "export",
            "certificate_files",
            "Writes a certificate's bundle, which proves it to anyone (`tanpuhui verify`), or the PDF that carries it.",
        ),
        Part(
            "redact",
            "certificate_files",
            "Makes of a bundle one that shows less and proves the same. Needs no node, no database and no key.",
        ),
        Part(
            "seal",
            "certificate_seal",
            "Makes of a bundle one that is proved by the seals of the chain's validators, in place of a checkpoint.",
        ),
    )

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that is named, or `show` where a number stands in its place."""
        return super().resolve_command(ctx, ["show", *args] if args and args[0].isdecimal() else args)


app = group(
    "certificate", "Certificates of cancellation (注销凭证): shown and checked, given out as bundle or PDF.", _Group
)
