"""What the operator keeps and no chain can give back."""

from sqlalchemy import Column, Index, LargeBinary, Table, Text, UniqueConstraint

from chain.operations import ContractName, OperationState
from indexer.schema.columns import (
    STRICT,
    Int64,
    SmallInt,
    address,
    check,
    count,
    hash32,
    label,
    metadata,
    optional_count,
    raw_bytes,
    seal,
    text_column,
    word,
)
from indexer.schema.words import BatchFileState, IncidentKind
from ledger.vocabulary import OperationKind

outbox = Table(
    "outbox",
    metadata,
    # Operations that this node's bodies submit: docs/spec/02-states.md §2.7.
    Column("sequence", Int64, primary_key=True, autoincrement=True),  # order in which they were saved
    hash32("operation_id"),
    label("state", OperationState),
    address("sender"),
    label("contract", ContractName),
    word("kind", OperationKind),
    Column("calldata", LargeBinary, nullable=False),
    hash32("record_hash"),
    optional_count("nonce"),
    hash32("transaction_hash", nullable=True),
    Column("raw_transaction", LargeBinary, nullable=True),
    optional_count("block_number"),
    optional_count("leaf_index"),  # its place in the log, once the leaf was seen
    text_column("error_code", nullable=True),  # name of the refusal, a class of `ledger.refusals`
    text_column("error_arguments", nullable=True),  # its arguments, a JSON object
    count("saved_at"),
    count("changed_at"),
    seal(),
    UniqueConstraint("operation_id"),
    check(
        "sent_is_signed",
        "state <> 'sent' OR (nonce IS NOT NULL AND raw_transaction IS NOT NULL AND transaction_hash IS NOT NULL)",
    ),
    check("done_has_block", "state <> 'done' OR (block_number IS NOT NULL AND transaction_hash IS NOT NULL)"),
    check("refused_has_error", "(state = 'refused') = (error_code IS NOT NULL)"),
    **STRICT,
)
_unfinished = outbox.c.state.in_([OperationState.SAVED.value, OperationState.SENT.value])
Index(
    "ix_outbox_unfinished",
    outbox.c.sender,
    outbox.c.sequence,
    sqlite_where=_unfinished,
    postgresql_where=_unfinished,
)

records = Table(
    "records",
    metadata,
    # The off-chain documents, by the hash that stands in the leaf. A document hashes to its key.
    hash32("record_hash", primary_key=True),
    word("kind", OperationKind),
    text_column("document"),  # canonical JSON: every field with its salt and value
    # The same as anyone may see it: fields that are kept back as commitments. Made when it is decided and not when it
    # is asked for, which is far more often.
    text_column("public"),
    count("saved_at"),
    seal(),
    **STRICT,
)

api_keys = Table(
    "api_keys",
    metadata,
    # A key is 256 random bits and shown once; only its SHA-256 is kept.
    Column("key_id", Text, primary_key=True),
    text_column("name"),
    hash32("key_hash"),
    text_column("last_four"),  # last characters of the key, so that its holder can recognise it
    text_column("scopes"),  # JSON array of words
    count("created_at"),
    optional_count("revoked_at"),
    seal(),
    UniqueConstraint("key_hash"),
    check("last_four", "length(last_four) = 4"),
    **STRICT,
)

incidents = Table(
    "incidents",
    metadata,
    # What happened to the follower, or was found in a batch. All but reorgs are open until `resolved_at` is set.
    Column("incident_id", Int64, primary_key=True, autoincrement=True),
    word("kind", IncidentKind),
    count("detected_at"),
    count("block_number"),  # cursor when it was detected
    hash32("block_hash"),
    optional_count("halted_to"),  # halt: block to which the follower was on its way; passed once the cursor is there
    optional_count("batch_number", least=1),  # the batch that it is about
    optional_count("ancestor_number"),  # reorg: last block that both chains share, to which the mirror was rolled back
    hash32("ancestor_hash", nullable=True),
    text_column("code"),  # halt: `code` of the error; reorg: "reorg"; wrong batch: the rule
    text_column("detail"),  # for people
    optional_count("resolved_at"),
    seal(),
    check("ancestor", "(ancestor_number IS NULL) = (ancestor_hash IS NULL)"),
    check("batch_number_of_batches", f"(kind >= {int(IncidentKind.WRONG_BATCH)}) = (batch_number IS NOT NULL)"),
    check("halted_to_of_halts", f"(kind = {int(IncidentKind.HALT)}) = (halted_to IS NOT NULL)"),
    **STRICT,
)

batch_files = Table(
    "batch_files",
    metadata,
    # What became of the file of each anchored batch (`indexer.batch_worker`). `subject` is the batch's on the chain: a
    # row whose batch has another one now, or is none any more, was of a block that the chain took back.
    count("batch_number", least=1, primary_key=True),
    hash32("subject"),
    hash32("file_hash"),
    label("state", BatchFileState),
    text_column("rule", nullable=True),  # wrong: the code of the rule that it breaks; waiting: why
    text_column("detail", nullable=True),  # for people; nothing of any person
    optional_count("duplicates"),  # entries that were in another batch before
    optional_count("overdrawn"),  # persons below zero; NULL where that cannot be known, or needs no looking
    count("changed_at"),
    seal(),
    check("wrong_has_rule", "(state = 'checked') = (rule IS NULL)"),
    **STRICT,
)
Index("ix_batch_files_state", batch_files.c.state, batch_files.c.batch_number)

mirror_generation = Table(
    "mirror_generation",
    metadata,
    # One row: 16 random bytes, made anew when the mirror is bound, rebuilt or rolled back. What a reader keeps of the
    # mirror is good for one generation. It is no part of the mirror, which is the same whoever builds it.
    Column("id", SmallInt, check("one_row", "id = 1"), primary_key=True, autoincrement=False),
    raw_bytes("generation", 16),
    seal(),
    **STRICT,
)

checkpoints = Table(
    "checkpoints",
    metadata,
    # What the log's key has signed, by size. A row is here, and on the disk, before the signature leaves this process;
    # until `published_at` is set nobody is served it, but a witness may have seen it. Rows are never deleted: the key
    # must not sign another root at a size, nor a tree that does not continue these.
    count("size", least=1, primary_key=True),
    hash32("root"),
    text_column("note"),  # with the log's line; once published, with the witnesses' lines too, and as it is for ever
    count("signed_at"),
    optional_count("published_at"),
    seal(),
    check("published_after_signed", "published_at IS NULL OR published_at >= signed_at"),
    **STRICT,
)
