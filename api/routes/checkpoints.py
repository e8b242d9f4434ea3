"""What the log's key has signed, and the log as C2SP tlog-tiles and tlog-proof have it (docs/spec/07-log.md)."""

import re
from dataclasses import dataclass
from typing import Any, Self

from api.files import BYTES, TEXT, File, FileRoute
from api.pagination import Key
from api.parameters import Arguments, Parameter, id_parameter, number_parameter, plain_text
from api.reading import Found, Keyed, ListRoute, ReadRoute
from api.repository import checkpoints, log
from api.repository.checkpoints import CheckpointRow
from api.repository.snapshots import Snapshot, rfc3339
from api.routes.log import leaf_index_of
from api.schemas.common import hex0x
from api.schemas.log import CheckpointAnswer, CheckpointsAnswer
from indexer.tiles import TILE_WIDTH
from ledger.errors import NotFound
from ledger.ids import OperationId
from ledger.notes import Note
from ledger.tlog_proof import TlogProof

_INDEX = re.compile(r"(?P<upper>(?:x[0-9]{3}/)*)(?P<last>[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?", re.ASCII)
_LEVEL = re.compile(r"0|[1-9][0-9]?", re.ASCII)
_LONGEST_INDEX = 64
_HIGHEST_LEVEL = 7
"""A tile of level 8 would be over 2**64 leaves."""


@dataclass(frozen=True, slots=True)
class TilePlace:
    """Index of a tile within its level, and how many of its 256 places are asked for."""

    index: int
    width: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `x001/x234/067` or `x001/x234/067.p/112`; `NotFound` for anything but the one way to write it."""
        match = _INDEX.fullmatch(text) if len(text) <= _LONGEST_INDEX else None
        if match is not None:
            index = int(match["upper"].replace("x", "").replace("/", "") + match["last"])
            place = cls(index, TILE_WIDTH if match["width"] is None else int(match["width"]))
            if str(place) == text and place.width <= TILE_WIDTH:
                return place
        raise NotFound("tile", text[:_LONGEST_INDEX])

    def __str__(self) -> str:
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        path = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
        return path if self.width == TILE_WIDTH else f"{path}.p/{self.width}"


def read_newest_checkpoint(snapshot: Snapshot, _: Arguments) -> File:
    """The newest published checkpoint, as it was signed."""
    return File(_newest(snapshot).note.encode(), immutable=False)


def read_tile(snapshot: Snapshot, arguments: Arguments) -> File:
    """Hashes of the log's tree."""
    text = arguments["level"]
    if not _LEVEL.fullmatch(text) or int(text) > _HIGHEST_LEVEL:
        raise NotFound("tile level", text[:_LONGEST_INDEX])
    level = int(text)
    place = TilePlace.parse(arguments["index"])
    _require_published(snapshot, level, place)
    return File(checkpoints.tile(snapshot, level, place.index, place.width), immutable=True)


def read_entries(snapshot: Snapshot, arguments: Arguments) -> File:
    """Entries of the log."""
    place = TilePlace.parse(arguments["index"])
    _require_published(snapshot, 0, place)
    return File(checkpoints.entries(snapshot, place.index, place.width), immutable=True)


def read_tlog_proof(snapshot: Snapshot, arguments: Arguments) -> File:
    """The inclusion proof of a leaf with the earliest published checkpoint that covers it."""
    index = leaf_index_of(snapshot, arguments["leaf_index"], arguments["operation_id"])
    row = checkpoints.of_leaf(snapshot, index)
    if row is None:
        raise NotFound("published checkpoint", f"that covers leaf {index} yet")
    checkpoints.require_as_published(snapshot, row)
    _, path = log.inclusion_proof(snapshot, index, row.size)
    return File(str(TlogProof(index, tuple(path), Note.parse(row.note))).encode(), immutable=True)


def read_checkpoints(snapshot: Snapshot, _: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Published checkpoints, newest first."""
    before = None if after is None else int(after[0])
    return [((row.size,), _document(row)) for row in checkpoints.page(snapshot, before=before, limit=limit)]


def read_checkpoint(snapshot: Snapshot, arguments: Arguments) -> Found:
    """The published checkpoint of a size."""
    row = checkpoints.at_size(snapshot, arguments["size"])
    if row is None:
        raise NotFound("published checkpoint of size", arguments["size"])
    return Found(_document(row))


def _newest(snapshot: Snapshot) -> CheckpointRow:
    row = checkpoints.newest(snapshot)
    if row is None:
        raise NotFound("published checkpoint", "yet")
    return row


def _require_published(snapshot: Snapshot, level: int, place: TilePlace) -> None:
    """`NotFound` for what no published size makes: a full tile beyond the newest, a partial one of no such size."""
    newest = _newest(snapshot)
    span = checkpoints.span(level)
    end = (place.index * TILE_WIDTH + place.width) * span
    missing = NotFound("tile of a published size", str(place))
    if end > newest.size:
        raise missing
    if place.width < TILE_WIDTH and not checkpoints.is_published_between(snapshot, end, end + span):
        raise missing
    checkpoints.require_as_published(snapshot, newest)


def _document(row: CheckpointRow) -> dict[str, Any]:
    return {
        "size": row.size,
        "root": hex0x(row.root),
        "note": row.note,
        "signers": [line.name for line in Note.parse(row.note).lines],
        "published_at": row.published_at,
        "published_time": rfc3339(row.published_at),
    }


_INDEX_PARAMETER = Parameter(
    "index",
    "path",
    "Index of the tile in path elements of three digits, all but the last after an x: `x001/x234/067`; of a partial "
    "tile with `.p/W` and its width.",
    plain_text,
    {"type": "string"},
    "000.p/7",
)

FILE_ROUTES = (
    FileRoute(
        "/checkpoint",
        read_newest_checkpoint,
        summary="The newest published checkpoint of the log, a signed note",
        description="C2SP tlog-checkpoint: origin, size and root, signed by the log's key and cosigned by witnesses.",
        content_type=TEXT,
        tag="log",
    ),
    FileRoute(
        "/tile/entries/{index:path}",
        read_entries,
        summary="Entries of the log",
        description="C2SP tlog-tiles: each entry after its length, a big-endian uint16. An entry is the 191 bytes of a "
        "leaf after its tag. Only for published sizes.",
        content_type=BYTES,
        tag="log",
        parameters=(_INDEX_PARAMETER,),
        point=False,
    ),
    FileRoute(
        "/tile/{level}/{index:path}",
        read_tile,
        summary="Hashes of the log's tree",
        description="C2SP tlog-tiles: up to 256 hashes. Only for published sizes.",
        content_type=BYTES,
        tag="log",
        parameters=(
            Parameter("level", "path", "Level of the tile, from 0.", plain_text, {"type": "string"}, "0"),
            _INDEX_PARAMETER,
        ),
    ),
    FileRoute(
        "/v1/log/proof/tlog",
        read_tlog_proof,
        summary="Proof of a leaf that needs no server to be checked, a tlog-proof file",
        description="Give `leaf_index` or `operation_id`. C2SP tlog-proof: index, inclusion proof, and the earliest "
        "published checkpoint that covers the leaf; the same for ever. 404 until one covers it.",
        content_type=TEXT,
        tag="log",
        parameters=(
            number_parameter(
                "leaf_index", "Place of the leaf, counted from 0. This or `operation_id` must be given, not both."
            ),
            id_parameter(
                "operation_id", OperationId, "The operation whose leaf it is, instead of `leaf_index`.", place="query"
            ),
        ),
    ),
)

CHECKPOINTS = ListRoute(
    "/v1/log/checkpoints",
    read_checkpoints,
    key_types=(int,),
    summary="Published checkpoints, newest first",
    model=CheckpointsAnswer,
    tag="log",
)

ROUTES = (
    CHECKPOINTS,
    ReadRoute(
        "/v1/log/checkpoints/{size}",
        read_checkpoint,
        summary="The published checkpoint of a size",
        model=CheckpointAnswer,
        tag="log",
        parameters=(number_parameter("size", "Leaves that it covers.", place="path", least=1),),
        may_be_missing=True,
    ),
)
