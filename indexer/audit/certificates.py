"""The part `certificates`: every certificate as anyone is served it, verified like anybody's (§8.5, level node).

The bundle is made from the audited database, and only the node is believed. A certificate of a person's points needs
the batch's file for the person's entry: one of each batch is verified, since `batch-files` makes every batch's root
anew from all of its entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, select

from indexer import schema
from indexer.audit.anchored import AuditedBatch, read_batches
from indexer.audit.chain_roots import ChainRoots
from indexer.audit.context import AuditContext
from indexer.audit.findings import WHOLE_ROW, Finding
from indexer.batch_files import BatchColumns, read_batch
from indexer.batch_store import BatchStore
from indexer.certificate_bundles import MOST_AT_ONCE, Draft, drafts
from indexer.errors import CorruptBatch
from indexer.questions import ConnectionQuestions
from indexer.tiles import SqlNodes, TileCache
from ledger.canonical import parse_strict
from ledger.entries import Entry, EntryProof
from ledger.errors import InvalidInput, InvalidJson, Json, NotFound, TanpuhuiError, first_line
from ledger.ids import Hash32
from ledger.verifier import Level, Trust, verify
from ledger.vocabulary import BatchKind

PART: Final = "certificates"
_TABLE: Final = "certificate"
_TILES: Final = 8_192
"""Tiles that are kept while bundles are made: proofs of neighbours share almost all of them."""

_UNMAKEABLE: Final = (TanpuhuiError, TypeError, ValueError, KeyError)
"""What is raised for values that no database of ours holds, unless somebody changed them."""


def audit_certificates(context: AuditContext) -> Iterator[Finding]:
    """Every number that the chain gave, of a continued audit those that came since."""
    assert context.audited is not None  # noqa: S101 - the part is left out without a database
    node, trust = ChainRoots(context.rpc, context.deployment), Trust(origin=context.deployment.origin)
    with context.replica.read() as replica:
        numbers = list(_numbers(replica, context.since_leaf or 0))
        batches = {one.first_certificate: one for one in read_batches(replica) if one.kind is BatchKind.CANCEL}
    for done, draft in enumerate(_drafts(context.audited, numbers), 1):
        if isinstance(draft, Finding):
            yield draft
            continue
        yield from _contradictions(draft)
        try:
            data = _bytes_of(draft, batches.get(draft.number), context)
        except InvalidJson as error:  # texts that are no UTF-8
            yield Finding.of(PART, _TABLE, draft.number, WHOLE_ROW, expected="a bundle", found=first_line(error))
            continue
        if data is not None:
            verdict = verify(data, trust, level=Level.NODE, node=node)
            if verdict.failed is not None:
                step = f"step {verdict.failed.number}, {verdict.failed.name}"
                yield Finding.of(PART, _TABLE, draft.number, step, expected="verified", found=verdict.reason)
            context.cover("certificates verified")
        context.told("certificates", done, len(numbers))


def _drafts(audited: Connection, numbers: Sequence[int]) -> Iterator[Draft | Finding]:
    """The bundle of each number, or that there is none, or why none can be made of what the database says."""
    questions, nodes = ConnectionQuestions(audited), SqlNodes(audited, TileCache(_TILES))
    for first in range(0, len(numbers), MOST_AT_ONCE):
        part = numbers[first : first + MOST_AT_ONCE]
        try:
            made = {draft.number: draft for draft in drafts(questions, nodes, part)}
        except _UNMAKEABLE:
            yield from (_draft_alone(questions, nodes, number) for number in part)
        else:
            yield from (made.get(number) or Finding.missing(PART, _TABLE, number) for number in part)


def _draft_alone(questions: ConnectionQuestions, nodes: SqlNodes, number: int) -> Draft | Finding:
    try:
        found = list(drafts(questions, nodes, (number,)))
    except _UNMAKEABLE as error:
        return Finding.of(PART, _TABLE, number, WHOLE_ROW, expected="a bundle", found=first_line(error))
    return found[0] if found else Finding.missing(PART, _TABLE, number)


def _numbers(replica: Connection, since_leaf: int) -> Iterator[int]:
    """Of each batch the first number stands for all."""
    certificates, cancellations, batches = (
        schema.certificates.c,
        schema.campaign_cancellations.c,
        schema.batches.c,
    )
    for number, leaf in (
        (certificates.number, certificates.leaf_index),
        (cancellations.certificate_number, cancellations.leaf_index),
        (batches.first_certificate, batches.leaf_index),
    ):
        yield from replica.scalars(select(number).where(number.is_not(None), leaf >= since_leaf).order_by(number))


def _contradictions(draft: Draft) -> Iterable[Finding]:
    """Values of a certificate's own table that are not its leaf's."""
    for one in draft.contradictions:
        yield Finding.of(PART, one.table, draft.number, one.column, expected=one.leaf, found=one.found)


def _bytes_of(draft: Draft, batch: AuditedBatch | None, context: AuditContext) -> bytes | None:
    """The bundle; None where the batch's file is not there, or is wrong, which `batch-files` finds."""
    if not draft.personal:
        return draft.to_bytes()
    if context.store is None or batch is None:
        context.state("Certificates of persons' points were not verified: there is no store to take the entries from.")
        return None
    try:
        return draft.to_bytes(_first_entry(batch, context.store))
    except (NotFound, CorruptBatch, InvalidInput):
        context.state(
            f"The certificates of batch {batch.number} were not verified: its file is not there, or is wrong."
        )
        return None


def _first_entry(batch: AuditedBatch, store: BatchStore) -> EntryProof:
    """The proof of the first entry, every field shown."""
    columns = read_batch(store.local(batch.file_hash))
    tree = columns.tree()
    entry = Entry.salted(
        salt_key=columns.salt_key,
        kind=columns.kind,
        grams=int(columns.grams[0]),
        entry_id=Hash32(columns.entry_ids[0].tobytes()),
        account_tag=Hash32(columns.account_tags[0].tobytes()),
        details=_details(columns),
    )
    return EntryProof(
        entry=entry.disclose(("account", "details")),
        index=0,
        size=tree.size,
        total=tree.total,
        root=tree.root,
        path=tuple(tree.proof(0)),
    )


def _details(columns: BatchColumns) -> dict[str, Json]:
    """Of the first entry."""
    read = parse_strict(columns.details.part(0, 1).to_list()[0])
    return read if isinstance(read, dict) else {}
