"""Answers from the index, by the same functions that serve the API, so that both say the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from api.pagination import Key
from api.reading import Found, Keyed
from api.repository.snapshots import Snapshot
from ledger.errors import Json
from scripts.context import Context
from scripts.output import Facts, Listing, Result, read_values

Read = Callable[[Snapshot, dict[str, Any]], Found]
_NOT_SHOWN: Final = frozenset({"as_of", "links", "record"})
"""Members that are for programs; `as_of` is the note."""

ReadRows = Callable[[Snapshot, dict[str, Any], int, Key | None], list[Keyed]]


def read_one(context: Context, read: Read, arguments: dict[str, Any], title: str) -> Result:
    """One thing; `NotFound` as the API has it."""
    with context.snapshot() as snapshot:
        document = plain({**read(snapshot, arguments).document, "as_of": snapshot.as_of.document})
    shown = {name: value for name, value in document.items() if name not in _NOT_SHOWN}
    return Result(parts=[Facts(title, read_values(shown))], note=_as_of(document["as_of"]), whole=document)


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
        as_of = plain({"as_of": snapshot.as_of.document})["as_of"]
    documents = [plain(document) for _, document in found[:limit]]
    rows = [[values.get(column) for column in columns] for values in map(read_values, documents)]
    items: list[Json] = list(documents)
    more = f"; there are more than {limit}, see --limit" if len(found) > limit else ""
    return Result(
        parts=[Listing(title, "items", columns, rows)],
        note=_as_of(as_of) + more,
        whole={"items": items, "more": len(found) > limit, "as_of": as_of},
    )


def plain(document: dict[str, Any]) -> dict[str, Any]:
    """A document of the API, whose parts may be JSON text already, as plain values."""
    read: dict[str, Any] = orjson.loads(orjson.dumps(document))
    return read


def _as_of(as_of: Mapping[str, Any]) -> str:
    return f"as of block {as_of['block_number']}, {as_of['time']}"
