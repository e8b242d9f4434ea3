"""Answers from the index, by the same functions that serve the API, so that both say the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from api.pagination import Key
from api.reading import Found, Keyed
from api.repository.snapshots import Snapshot
from ledger.errors import Json
from scripts.context import Context
from scripts.output import Facts, Listing, Result, read_values

Read = Callable[[Snapshot, dict[str, Any]], Found]
ReadRows = Callable[[Snapshot, dict[str, Any], int, Key | None], list[Keyed]]


def read_one(context: Context, read: Read, arguments: dict[str, Any], title: str) -> Result:
    """One thing; `NotFound` as the API has it."""
    with context.snapshot() as snapshot:
        document = read(snapshot, arguments).document
        as_of = _plain(snapshot.as_of.document)
    return Result(
        parts=[Facts(title, read_values(document))], note=_as_of(as_of), whole=_plain({**document, "as_of": as_of})
    )


def read_list(
    context: Context,
    read: ReadRows,
    arguments: dict[str, Any],
    *,
    title: str,
    columns: Sequence[str],
    limit: int,
) -> Result:
    """Up to `limit` things in the order of the index."""
    with context.snapshot() as snapshot:
        found = read(snapshot, arguments, limit + 1, None)
        as_of = _plain(snapshot.as_of.document)
    documents = [document for _, document in found[:limit]]
    rows = [[values.get(column) for column in columns] for values in map(read_values, documents)]
    more = f"; there are more than {limit}, see --limit" if len(found) > limit else ""
    return Result(
        parts=[Listing(title, "items", columns, rows)],
        note=_as_of(as_of) + more,
        whole=_plain({"items": documents, "more": len(found) > limit, "as_of": as_of}),
    )


def _plain(document: object) -> Json:
    plain: Json = orjson.loads(orjson.dumps(document))
    return plain


def _as_of(as_of: Json) -> str:
    assert isinstance(as_of, dict)  # noqa: S101 - `AsOf.document` is an object
    return f"as of block {as_of['block_number']}, {as_of['time']}"
