"""The mirror: where it stands, blocks, operations, and the tree of the log."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, Text, UniqueConstraint

from indexer.schema.columns import STRICT, Int64, SmallInt, address, check, count, hash32, metadata, word
from ledger.vocabulary import OperationKind

chain_binding = Table(
    "chain_binding",
    metadata,
    # One row: a database belongs to one deployment on one chain, for ever.
    Column("id", SmallInt, check("one_row", "id = 1"), primary_key=True, autoincrement=False),
    count("chain_id", least=1),
    hash32("genesis_hash"),
    count("first_block", least=1),  # first block that may hold our events; indexing starts here
    hash32("parent_hash"),  # hash of the block before it, which the index stands on when it is empty
    count("parent_timestamp"),
    **STRICT,
)

bound_contracts = Table(
    "bound_contracts",
    metadata,
    # The contracts of the deployment: `chain.operations.ContractName`.
    Column("name", Text, primary_key=True),
    address("address"),
    hash32("code_hash"),  # keccak-256 of the deployed code
    UniqueConstraint("address"),
    **STRICT,
)

cursor = Table(
    "cursor",
    metadata,
    # One row: everything up to and including this block is in the tables, and nothing above it.
    Column("id", SmallInt, check("one_row", "id = 1"), primary_key=True, autoincrement=False),
    count("block_number"),
    hash32("block_hash"),
    count("block_timestamp"),
    count("log_size"),  # leaves in the log at this block
    hash32("log_root"),  # RFC 6962 root of these leaves; equal to the contract's `rootAt(log_size)`
    **STRICT,
)

blocks = Table(
    "blocks",
    metadata,
    # Only the blocks that hold our events.
    count("number", primary_key=True),
    hash32("hash"),
    hash32("parent_hash"),
    count("timestamp"),
    UniqueConstraint("hash"),
    **STRICT,
)

operations = Table(
    "operations",
    metadata,
    # One row per leaf of the log, with everything that is hashed into the leaf (docs/spec/03-encodings.md §3.1).
    count("leaf_index", primary_key=True),
    hash32("operation_id"),
    word("kind", OperationKind),
    address("ledger"),  # contract that appended the leaf
    hash32("subject"),  # by kind: §3.4
    address("from_account", nullable=True),
    address("to_account", nullable=True),
    count("quantity_gco2e"),  # 0 where the operation moves none
    hash32("record_hash"),
    count("timestamp"),  # of the block
    hash32("leaf_hash"),
    Column("block_number", Int64, ForeignKey("blocks.number"), nullable=False),
    hash32("transaction_hash"),
    count("log_index"),  # of the LeafAppended event within the block
    **STRICT,
)
Index("uq_operations_operation_id", operations.c.operation_id, unique=True)
Index("uq_operations_block_number_log_index", operations.c.block_number, operations.c.log_index, unique=True)
Index("ix_operations_subject", operations.c.subject, operations.c.leaf_index)
# Lists by kind would otherwise go through the whole log for the few withdrawals in it, and `/v1/transfers` for the few
# transfers where most is cancelled. New rows come at the end of each kind's range, so that it costs a tenth of the time
# of this table's inserts (SQLite: 42-47 instead of 46-54 thousand rows a second of CPU) while the chain is followed; a
# large backfill makes it afterwards with the others. An index without the frequent kinds would cost nothing, but only
# as long as it is known which ones they are.
Index("ix_operations_kind", operations.c.kind, operations.c.leaf_index)
for _side in (operations.c.from_account, operations.c.to_account):
    Index(
        f"ix_operations_{_side.name}",
        _side,
        operations.c.leaf_index,
        sqlite_where=_side.is_not(None),
        postgresql_where=_side.is_not(None),
    )
# What somebody has of an operation may be its record, its leaf or its transaction (`/v1/search`). Three hashes in no
# order are a third of this table's inserts while the chain is followed, and are made afterwards in a large backfill.
for _hash in (operations.c.record_hash, operations.c.leaf_hash, operations.c.transaction_hash):
    Index(f"ix_operations_{_hash.name}", _hash)

log_tiles = Table(
    "log_tiles",
    metadata,
    # Nodes of the log tree. A tile of level L covers tree levels 8L to 8L + 7 over 256 nodes of tree level 8L; the
    # node above them all is the first of its kind in a tile of the next level. `nodes` joins the tile's complete nodes
    # in the order in which they were completed (each leaf, then what that leaf completes, going up), so that a growing
    # tile only gains bytes at its end: `indexer.tiles`.
    count("level", primary_key=True),
    count("tile_index", primary_key=True),
    Column(
        "nodes",
        LargeBinary,
        check("nodes", "length(nodes) BETWEEN 32 AND 16320 AND length(nodes) & 31 = 0"),
        nullable=False,
    ),
    **STRICT,
)
