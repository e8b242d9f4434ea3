"""One operation with everything that proves it: record, leaf, inclusion, double entries, block."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any, Final
from urllib.parse import quote

import orjson

from api.answers import encode_json
from api.context import Context
from api.log_keys import LogKeys
from api.parameters import Arguments, Parameter, fixed_bytes, whole_number
from api.repository import certificates, checkpoints, log, operations, postings, subjects
from api.repository.operations import OperationRow
from api.repository.snapshots import Snapshot
from api.routes.operations import read_operation
from api.web.certificate_check import MirrorView
from api.web.explorer.leaf import climb, leaf_of
from api.web.explorer.lists import SECTION
from api.web.explorer.record import record_view
from api.web.explorer.signatures import is_as_signed, lines_of
from api.web.frame.asked import Asked
from api.web.frame.pages import Page, PageRoute
from chain.roles import bodies_of, is_open_to_holders
from indexer.schema import Book, PointBook
from ledger.errors import TanpuhuiError
from ledger.ids import OperationId
from ledger.vocabulary import OperationKind

_MOVED_FROM: Final = {
    OperationKind.ISSUANCE_CONFIRMED: (False, Book.ISSUED),
    OperationKind.REDUCTION_TRANSFERRED: (False, Book.HELD),
    OperationKind.REDUCTION_CANCELLED: (False, Book.HELD),
    OperationKind.POINTS_BOUGHT_BACK: (False, Book.BOUGHT_BACK),
    OperationKind.POINTS_EARNED: (True, PointBook.ISSUED),
    OperationKind.POINTS_REDEEMED: (True, PointBook.PERSONAL),
    OperationKind.POINTS_DONATED: (True, PointBook.PERSONAL),
    OperationKind.POINTS_CANCELLED: (True, PointBook.PERSONAL),
    OperationKind.CAMPAIGN_CANCELLED: (True, PointBook.CAMPAIGN_POOL),
}
"""The book, of lots or of points, that the leaf's grams come from, where it is all of them."""

_LEAF_INDEX: Final = re.compile(r"[0-9]+", re.ASCII)


def _id_or_leaf(text: str, name: str) -> OperationId | int:
    if _LEAF_INDEX.fullmatch(text):
        return whole_number()(text, name)
    return fixed_bytes(OperationId)(text, name)  # type: ignore[return-value]  # of that kind


_OPERATION: Final = Parameter("operation", "path", "Id, or place in the log.", _id_or_leaf, {"type": "string"}, "41")


def pages(context: Context) -> tuple[PageRoute, ...]:
    """The page of an operation."""
    return (
        PageRoute(
            "/explorer/operations/{operation}",
            partial(_operation_page, context.log_keys, context.settings.public_url),
            name="explorer-operation",
            section=SECTION,
            parameters=(_OPERATION,),
        ),
    )


def _operation_page(
    keys: LogKeys | None, public_url: str, snapshot: Snapshot, arguments: Arguments, asked: Asked
) -> Page:
    given = arguments["operation"]
    row = operations.by_leaf(snapshot, given) if isinstance(given, int) else operations.by_id(snapshot, given)
    if row is None:
        name = "leaf" if isinstance(given, int) else "operation"
        return Page("explorer/missing.html", {"what": name, "given": str(given), "size": snapshot.as_of.log_size}, 404)
    document = orjson.loads(
        encode_json(read_operation(snapshot, {"operation_id": OperationId(row.operation_id)}).document)
    )
    kind = OperationKind.from_number(row.kind)
    return Page(
        "explorer/operation.html",
        {
            "operation": document,
            "kind": kind,
            "bodies": bodies_of(kind),
            "by_holder": is_open_to_holders(kind),
            "moved_agrees": _moves_what_the_leaf_says(snapshot, row),
            "about": _about(snapshot, row),
            **_record(snapshot, row),
            **_leaf(snapshot, row, keys),
            "raw": json.dumps(document, ensure_ascii=False, indent=2),
            "newer": row.leaf_index + 1 if row.leaf_index + 1 < snapshot.as_of.log_size else None,
            "public_url": public_url,
        },
    )


def _about(snapshot: Snapshot, row: OperationRow) -> list[tuple[str, str, str | None]]:
    """What the operation is about: a text of `locales`, what is shown, and where that leads on this server."""
    found = subjects.about(snapshot, row)
    shown: list[tuple[str, str, str | None]] = []
    if found.certificate is not None:
        shown.append(("certificate", str(found.certificate), f"/certificates/{found.certificate}"))
    if found.lot_id is not None:
        shown.append(("lot_id", _hex(found.lot_id), f"/explorer/lots/{_hex(found.lot_id)}"))
    if found.proposal_id is not None and bytes(found.proposal_id) != bytes(row.operation_id):
        shown.append(("proposal", _hex(found.proposal_id), f"/explorer/operations/{_hex(found.proposal_id)}"))
    if found.batch is not None:
        shown.append(("batch", str(found.batch), f"/explorer/batches/{found.batch}"))
    if found.account is not None:
        shown.append(("account", _hex(found.account), f"/explorer/accounts/{_hex(found.account)}"))
    if found.proposer is not None:
        shown.append(("proposer", _hex(found.proposer), None))
    if found.activity_code is not None:
        shown.append(("activity", found.activity_code, f"/activities/{quote(found.activity_code, safe='')}"))
    if found.methodology is not None:
        shown.append(("methodology", found.methodology, "/methodologies"))
    if found.campaign_code is not None:
        shown.append(("campaign", found.campaign_code, "/campaigns"))
    return shown


def _moves_what_the_leaf_says(snapshot: Snapshot, row: OperationRow) -> bool:
    """Whether the double entries, which are not in the leaf, take its grams from where that kind takes them. Where the
    index has none at all, none are shown, and nothing is compared.
    """
    source = _MOVED_FROM.get(OperationKind.from_number(row.kind))
    moved = postings.of_operation(snapshot, row.leaf_index)
    if source is None or not moved:
        return True
    return sum(one.grams for one in moved if (one.of_points, one.debit_book) == source) == row.grams


def _record(snapshot: Snapshot, row: OperationRow) -> dict[str, Any]:
    """The record and whether it hashes to what the leaf says; None where it is not kept here."""
    document = certificates.leaf(snapshot, row.leaf_index).public_record
    view = None if document is None else record_view(bytes(document))
    return {"record": view, "record_agrees": view is not None and view.hash == bytes(row.record_hash)}


def _leaf(snapshot: Snapshot, row: OperationRow, keys: LogKeys | None) -> dict[str, Any]:
    """The leaf's bytes, and its proof in the earliest published checkpoint that covers it, else in the log of now."""
    leaf = leaf_of(row, snapshot.chain_id)
    checkpoint = checkpoints.of_leaf(snapshot, row.leaf_index)
    size = snapshot.as_of.log_size if checkpoint is None else checkpoint.size
    root = snapshot.as_of.log_root if checkpoint is None else checkpoint.root
    values: dict[str, Any] = {
        "leaf": leaf,
        "leaf_agrees": leaf.hash == bytes(row.leaf_hash),
        "size": size,
        "root": _hex(root),
        "checkpoint": checkpoint,
        "as_signed": checkpoint is None or is_as_signed(checkpoint, MirrorView(snapshot).origin, keys),
        "signers": [] if checkpoint is None else [line.name for line in lines_of(checkpoint, keys)],
        "steps": (),
        "proof_fails": None,
    }
    try:
        _, path = log.inclusion_proof(snapshot, row.leaf_index, size)
        return {**values, "steps": climb(leaf.hash, row.leaf_index, size, path, root)}
    except (TanpuhuiError, LookupError) as error:
        return {**values, "proof_fails": error.code if isinstance(error, TanpuhuiError) else "log-tiles-missing"}


def _hex(value: bytes) -> str:
    return "0x" + bytes(value).hex()
