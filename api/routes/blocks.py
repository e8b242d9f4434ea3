"""Blocks that hold events of the ledger."""

from api.pagination import Key
from api.parameters import Arguments, Parameter, fixed_bytes, whole_number
from api.reading import Found, Keyed, ListRoute, ReadRoute
from api.repository import blocks
from api.repository.snapshots import Snapshot
from api.routes.operations import ORDER
from api.schemas.blocks import BlockAnswer, BlocksAnswer, block_document
from ledger.errors import NotFound
from ledger.ids import Hash32


def read_blocks(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Blocks by number."""
    newest_first = arguments["order"] == "newest-first"
    begin = None if after is None else int(after[0])
    rows = blocks.page(snapshot, newest_first=newest_first, after=begin, limit=limit)
    return [((row.number,), block_document(row)) for row in rows]


def read_block(snapshot: Snapshot, arguments: Arguments) -> Found:
    """A block by number or hash."""
    asked = arguments["block"]
    found = blocks.by_number(snapshot, asked) if isinstance(asked, int) else blocks.by_hash(snapshot, asked)
    if found is None:
        raise NotFound("block with events of the ledger", str(asked))
    return Found(block_document(found))


def _number_or_hash(text: str, name: str) -> int | Hash32:
    return fixed_bytes(Hash32)(text, name) if text.startswith("0x") else whole_number()(text, name)  # type: ignore[return-value]


BLOCK = Parameter(
    "block", "path", "Number, or hash (0x and 64 hexadecimal digits).", _number_or_hash, {"type": "string"}, "7"
)

BLOCKS = ListRoute(
    "/v1/blocks",
    read_blocks,
    key_types=(int,),
    summary="Blocks that hold events of the ledger",
    description="Other blocks of the chain are not kept here.",
    model=BlocksAnswer,
    tag="blocks",
    parameters=(ORDER,),
)

ROUTES = (
    BLOCKS,
    ReadRoute(
        "/v1/blocks/{block}",
        read_block,
        summary="A block with events of the ledger",
        model=BlockAnswer,
        tag="blocks",
        parameters=(BLOCK,),
        may_be_missing=True,
    ),
)
