"""Exports: rows of the mirror and events of the chain as files, by range, in bounded memory, as of one block.

An export is read part by part, each in a snapshot of its own, so that a slow reader holds up nobody. What is exported
is only ever appended to, so that all parts together are as of the first one's block, as long as the mirror's generation
stays the same; where it does not, the file ends in the middle and the connection breaks.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from api.errors import ExportInterrupted
from api.events_port import EventsPort
from api.export_formats import Column, Ndjson, Parquet, Row
from api.repository.snapshots import AsOf, Readers, Snapshot
from ledger.errors import InvalidInput, OutOfRange

FORMATS = ("ndjson", "parquet")
_WRITERS: dict[str, type[Ndjson] | type[Parquet]] = {"ndjson": Ndjson, "parquet": Parquet}


class Export(NamedTuple):
    """What can be exported. `unit` is what `first` and `last` count; a request has at most `most` of them, read `part`
    at a time.

    `bounds` gives the first and the last there are as of a snapshot. `fetch` gets what is not in the mirror, before a
    snapshot is taken; `read` gives the rows from one unit to another, both inclusive, from the snapshot and from what
    was fetched.
    """

    name: str
    unit: str
    columns: tuple[Column, ...]
    bounds: Callable[[Snapshot], tuple[int, int]]
    read: Callable[[Snapshot, int, int, Any], list[Row]]
    most: int
    part: int
    fetch: Callable[[EventsPort | None, int, int], Any] = lambda events, first, last: None


class Chosen(NamedTuple):
    """A range of an export as of a block; empty where `last` is below `first`. `more`: whether there is more."""

    export: Export
    as_of: AsOf
    first: int
    last: int
    more: bool
    form: str

    @property
    def content_type(self) -> str:
        """Media type of the file."""
        return _WRITERS[self.form].CONTENT_TYPE

    @property
    def file_name(self) -> str:
        """What it may be saved as."""
        return f"{self.export.name}-{self.first}-{self.last}.{self.form}"


def choose(export: Export, snapshot: Snapshot, first: int | None, last: int | None, form: str) -> Chosen:
    """The range that is asked for; by default from the first on, as many as one request gives.

    `InvalidInput` for a range that runs backwards or is too long, `OutOfRange` for a `last` that is not there yet.
    """
    least, end = export.bounds(snapshot)
    begin = least if first is None else first
    if begin < least:
        raise OutOfRange("first", f"be at least {least}, the first {export.unit}", begin)
    if last is None:
        stop = min(end, begin + export.most - 1)
    else:
        stop = last
        if stop < begin:
            raise InvalidInput("last", f"be at least first, {begin}", stop)
        if stop - begin >= export.most:
            raise InvalidInput("last", f"be less than {export.most} after first: ask for the rest in another", stop)
        if stop > end:
            raise OutOfRange("last", f"be at most {end}, the last {export.unit} as of this block", stop)
    return Chosen(export, snapshot.as_of, begin, max(stop, begin - 1), stop < end, form)


def parts(chosen: Chosen, readers: Readers, events: EventsPort | None) -> Iterator[bytes]:
    """The file, piece by piece. A snapshot is held within a step only, so that each step may run in another thread."""
    export = chosen.export
    writer = _WRITERS[chosen.form](export.columns, _metadata(chosen))
    for first in range(chosen.first, chosen.last + 1, export.part):
        last = min(first + export.part - 1, chosen.last)
        fetched = export.fetch(events, first, last)
        with readers.snapshot() as snapshot:
            require_unchanged(chosen.as_of, snapshot)
            rows = export.read(snapshot, first, last, fetched)
        yield writer.part(rows)
    yield writer.end()


def require_unchanged(as_of: AsOf, snapshot: Snapshot) -> None:
    """`ExportInterrupted` where the mirror is another one than it was."""
    if snapshot.as_of.generation != as_of.generation:
        raise ExportInterrupted


def _metadata(chosen: Chosen) -> dict[str, str]:
    """What a Parquet file says of itself."""
    metadata: dict[str, Any] = {
        "tanpuhui.export": chosen.export.name,
        "tanpuhui.first": chosen.first,
        "tanpuhui.last": chosen.last,
        "tanpuhui.as_of": chosen.as_of.header.decode(),
    }
    return {name: str(value) for name, value in metadata.items()}
