"""What auditors take away: leaves, batches, postings, events, and inclusion proofs in bulk (docs/api.md)."""

from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlencode

from api.errors import NodeNotConfigured, NodeOnOtherBlocks
from api.events_port import EventRow, EventsPort
from api.export_formats import ADDRESS, BYTES, HASH, NUMBER, OBJECT, QUANTITY, TEXT, Column, Ndjson, Parquet, Row
from api.exports import FORMATS, Export, choose, parts, require_unchanged
from api.parameters import Arguments, choice_parameter, number_parameter
from api.repository import exports, log
from api.repository.snapshots import AsOf, Readers, Snapshot
from api.streams import Prepared, StreamRoute
from indexer.tiles import TILE_WIDTH
from ledger.errors import OutOfRange

MOST_LEAVES: Final = 100_000
MOST_BATCHES: Final = 100_000
MOST_BLOCKS: Final = 20_000
MOST_PROOFS: Final = 4_096
CONTENT_TYPES: Final = (Ndjson.CONTENT_TYPE, Parquet.CONTENT_TYPE)
_PROOF_LINE: Final = b'{"leaf_index":%d,"leaf_hash":"0x%b","tree_size":%d,"root":"0x%b","path":[%b]}\n'


def _log(snapshot: Snapshot) -> tuple[int, int]:
    return 0, snapshot.as_of.log_size - 1


def _batches(snapshot: Snapshot) -> tuple[int, int]:
    return 1, exports.last_batch(snapshot)


def _blocks(snapshot: Snapshot) -> tuple[int, int]:
    return exports.first_block(snapshot), snapshot.as_of.block_number


def _fetch_events(port: EventsPort | None, first: int, last: int) -> list[EventRow]:
    if port is None:
        raise NodeNotConfigured
    return port.events(first, last)


def _events(snapshot: Snapshot, first: int, last: int, fetched: list[EventRow]) -> list[Row]:
    """Of the node, which must have the very blocks that the index has."""
    if {row.block_number: row.block_hash for row in fetched} != exports.blocks(snapshot, first, last):
        raise NodeOnOtherBlocks(first, last)
    return list(fetched)


LEAVES = Export(
    "leaves",
    "leaf",
    (
        Column("leaf_index", NUMBER),
        Column("leaf_hash", HASH),
        Column("format", NUMBER),
        Column("chain_id", NUMBER),
        Column("ledger", ADDRESS),
        Column("kind", TEXT),
        Column("kind_number", NUMBER),
        Column("operation_id", HASH),
        Column("subject", HASH),
        Column("from_account", ADDRESS),
        Column("to_account", ADDRESS),
        Column("quantity_gco2e", QUANTITY),
        Column("record_hash", HASH),
        Column("timestamp", NUMBER),
        Column("block_number", NUMBER),
        Column("transaction_hash", HASH),
        Column("log_index", NUMBER),
    ),
    _log,
    lambda snapshot, first, last, _: exports.leaves(snapshot, first, last),
    most=MOST_LEAVES,
    part=2_000,
)
BATCHES = Export(
    "batches",
    "batch",
    (
        Column("batch_number", NUMBER),
        Column("leaf_index", NUMBER),
        Column("kind", TEXT),
        Column("class", TEXT),
        Column("activity_id", HASH),
        Column("provider", ADDRESS),
        Column("campaign_id", HASH),
        Column("corrected_batch", NUMBER),
        Column("after_batch", NUMBER),
        Column("root", HASH),
        Column("total", QUANTITY),
        Column("entry_count", NUMBER),
        Column("file_hash", HASH),
        Column("withheld_gco2e", QUANTITY),
        Column("first_certificate", NUMBER),
        Column("corrected_gco2e", QUANTITY),
        Column("bought_back_gco2e", QUANTITY),
        Column("personal_after_gco2e", QUANTITY),
        Column("methodology_id", HASH),
        Column("sequence", NUMBER),
        Column("first_day", TEXT),
        Column("last_day", TEXT),
    ),
    _batches,
    lambda snapshot, first, last, _: exports.batches(snapshot, first, last),
    most=MOST_BATCHES,
    part=2_000,
)
POSTINGS = Export(
    "postings",
    "leaf",
    (
        Column("leaf_index", NUMBER),
        Column("ledger", TEXT),
        Column("position", NUMBER),
        Column("lot_id", HASH),
        Column("class", TEXT),
        Column("debit_book", TEXT),
        Column("debit_owner", BYTES),
        Column("credit_book", TEXT),
        Column("credit_owner", BYTES),
        Column("quantity_gco2e", QUANTITY),
    ),
    _log,
    lambda snapshot, first, last, _: exports.postings(snapshot, first, last),
    most=MOST_LEAVES,
    part=2_000,
)
EVENTS = Export(
    "events",
    "block",
    (
        Column("block_number", NUMBER),
        Column("block_hash", HASH),
        Column("transaction_hash", HASH),
        Column("log_index", NUMBER),
        Column("contract", TEXT),
        Column("event", TEXT),
        Column("arguments", OBJECT),
    ),
    _blocks,
    _events,
    most=MOST_BLOCKS,
    part=500,
    fetch=_fetch_events,
)
EXPORTS: Final = (LEAVES, BATCHES, POSTINGS, EVENTS)

_SUMMARIES: Final = {
    LEAVES.name: "Leaves of the log, with every value that is hashed into them",
    BATCHES.name: "Batches of points, as the chain has them",
    POSTINGS.name: "Double entries of reductions and of points",
    EVENTS.name: "Events of the contracts, from the node, up to the block of the index",
}


def _begin(export: Export) -> Callable[[Snapshot, Arguments], Prepared]:
    def begin(snapshot: Snapshot, arguments: Arguments) -> Prepared:
        chosen = choose(export, snapshot, arguments["first"], arguments["last"], arguments["format"])
        query = {"first": chosen.last + 1, "format": chosen.form}
        link = f"/v1/exports/{export.name}?{urlencode(query)}" if chosen.more else None
        return Prepared(
            chosen.content_type,
            chosen.file_name,
            chosen.as_of,
            link,
            lambda readers, events: parts(chosen, readers, events),
        )

    return begin


def _route(export: Export) -> StreamRoute:
    return StreamRoute(
        f"/v1/exports/{export.name}",
        f"export_{export.name}",
        _begin(export),
        summary=_SUMMARIES[export.name],
        description=(
            f"From `first` to `last`, both inclusive, counted in {export.unit}s; at most {export.most} of them a "
            "request, and by default as many from `first` on as there are. `Link` leads on. NDJSON: one object a line, "
            "quantities as decimal strings, bytes as 0x-hex. Parquet: the same columns, quantities as 64-bit integers, "
            "bytes as binary. A file whose connection breaks before its end is no whole file."
        ),
        tag="exports",
        content_types=CONTENT_TYPES,
        parameters=(
            number_parameter("first", f"The first {export.unit}; by default the first there is."),
            number_parameter("last", f"The last {export.unit}; by default as far as one request goes."),
            choice_parameter("format", FORMATS, "Lines of JSON, or a Parquet file."),
        ),
        needs_node=export is EVENTS,
    )


def begin_inclusion_proofs(snapshot: Snapshot, arguments: Arguments) -> Prepared:
    """Proofs of a run of leaves in one tree."""
    size = snapshot.as_of.log_size
    tree_size: int = size if arguments["tree_size"] is None else arguments["tree_size"]
    if tree_size > size:
        raise OutOfRange("tree_size", f"be at most the log's size, {size}", tree_size)
    first: int = arguments["first"]
    if first >= tree_size:
        raise OutOfRange("first", f"be below the tree's size, {tree_size}", first)
    last = min(first + arguments["count"], tree_size) - 1
    more = {"first": last + 1, "count": arguments["count"], "tree_size": tree_size}
    link = f"/v1/log/proofs/inclusion?{urlencode(more)}" if last + 1 < tree_size else None
    as_of = snapshot.as_of
    return Prepared(
        Ndjson.CONTENT_TYPE,
        f"inclusion-{first}-{last}-{tree_size}.ndjson",
        as_of,
        link,
        lambda readers, _: proof_lines(readers, as_of, first, last, tree_size),
    )


def proof_lines(readers: Readers, as_of: AsOf, first: int, last: int, tree_size: int) -> Iterator[bytes]:
    """A line for each leaf, the leaves of a tile at a time, of which each tile is read once."""
    while first <= last:
        end = min(last, first | TILE_WIDTH - 1)
        with readers.snapshot() as snapshot:
            require_unchanged(as_of, snapshot)
            root = log.root_of(snapshot, tree_size).hex().encode()
            found = log.inclusion_proofs(snapshot, first, end, tree_size)
        yield b"".join(_PROOF_LINE % (index, leaf, tree_size, root, path) for index, leaf, path in found)
        first = end + 1


INCLUSION_PROOFS = StreamRoute(
    "/v1/log/proofs/inclusion",
    "read_inclusion_proofs",
    begin_inclusion_proofs,
    summary="Proofs that many leaves are in the log",
    description=(
        f"Of `count` leaves from `first` on, at most {MOST_PROOFS}, in the tree of `tree_size`: a line of JSON each "
        "with `leaf_index`, `leaf_hash`, `tree_size`, `root` and `path`, as `/v1/log/proof/inclusion` answers one. "
        "Take the root from a checkpoint, not from here. `Link` leads on."
    ),
    tag="log",
    content_types=(Ndjson.CONTENT_TYPE,),
    parameters=(
        number_parameter("first", "The first leaf, counted from 0.", default=0),
        number_parameter("count", "How many leaves.", least=1, most=MOST_PROOFS, default=TILE_WIDTH),
        number_parameter("tree_size", "Size of the log to prove for; by default its size now.", least=1),
    ),
)

ROUTES: Final = (*map(_route, EXPORTS), INCLUSION_PROOFS)
