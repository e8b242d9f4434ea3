"""The part `checkpoints`: what the log's key signed, against the chain's roots and the keys that are given (§9.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Row, select

from indexer import schema
from indexer.audit.chain_roots import ChainRoots
from indexer.audit.context import AuditContext
from indexer.audit.findings import WHOLE_ROW, Finding
from indexer.audit.progress import CHECKPOINTS
from ledger.checkpoints import Checkpoint
from ledger.errors import InvalidInput
from ledger.notes import KeyType, Note, VerifierKey

PART: Final = "checkpoints"
_TABLE: Final = "checkpoints"
_AT_ONCE: Final = 500

Difference = tuple[str, object, object]
"""Column, expected, found."""


def audit_checkpoints(context: AuditContext) -> Iterator[Finding]:
    """Every row, published or only signed. Without the log's key, signatures are not verified, and it is said."""
    assert context.audited is not None  # noqa: S101 - the part is left out without a database
    roots = ChainRoots(context.rpc, context.deployment)
    question = select(schema.checkpoints).order_by(schema.checkpoints.c.size)
    covered = 0
    for rows in context.audited.execute(question, execution_options={"yield_per": _AT_ONCE}).partitions():
        roots.learn(row.size for row in rows if row.size <= context.at.log_size)
        for row in rows:
            for column, expected, found in _check(row, roots, context):
                yield Finding.of(PART, _TABLE, row.size, column, expected=expected, found=found)
        covered += len(rows)
        context.told("checkpoints", covered, None)
    if covered and not any(key.type is KeyType.LOG for key in context.keys):
        context.state("Signatures of checkpoints were not verified: the log's key was not given (--log-key).")
    before = context.checkpoints_before
    if covered < before:
        expected = f"at least the {before} rows that the audit before found"
        yield Finding.of(PART, _TABLE, None, WHOLE_ROW, expected=expected, found=f"{covered} rows")
    context.cover(CHECKPOINTS, covered)


def _check(row: Row[Any], roots: ChainRoots, context: AuditContext) -> Iterator[Difference]:
    if row.size > context.at.log_size:
        yield "size", f"at most {context.at.log_size}, the leaves at the audited block", row.size
        return
    root = roots.root(row.size)
    if bytes(row.root) != root:
        yield "root", root, row.root
    try:
        note = Note.parse(row.note)
        stated = Checkpoint.of_note(note)
    except InvalidInput as error:
        yield "note", "a signed checkpoint", str(error)
        return
    if stated.origin != context.deployment.origin:
        yield "note", context.deployment.origin, stated.origin
    if stated.size != row.size and stated.size <= context.at.log_size and stated.root == roots.root(stated.size):
        yield "size", stated.size, row.size
    elif stated.size != row.size or stated.root != root:
        yield "note", f"size {row.size}, root {root}", f"size {stated.size}, root {stated.root}"
    yield from _check_lines(note, context.deployment.origin, context.keys)


def _check_lines(note: Note, origin: str, keys: Sequence[VerifierKey]) -> Iterator[Difference]:
    """The log's own line first, witnesses' by name (§7.3); those of the keys that are given verify."""
    names = [line.name for line in note.lines]
    if names[0] != origin:
        yield "note", f"the line of {origin} first", names[0]
    if names[1:] != sorted(names[1:]):
        yield "note", "the witnesses' lines in the order of their names", ", ".join(names[1:])
    try:
        signed = note.verify(keys)
    except InvalidInput as error:
        yield "note", "lines that verify", str(error)
        return
    for key in keys:
        if key.type is KeyType.LOG and key not in signed:
            yield "note", f"a line of {key}", ", ".join(map(str, note.lines))
