"""Reads feed mappings: TOML that says how rows of an operator's file become entries. The reference is docs/points.md.

Read as strictly as the mappings of `tanpuhui import`: a key that the language does not know is `InvalidMapping`.
"""

from __future__ import annotations

import datetime
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from ledger.errors import first_line
from ledger.quantification.network import Network
from ledger.vocabulary import BatchKind
from scripts.importing.errors import InvalidMapping
from scripts.importing.expressions import Condition
from scripts.importing.mapping import ALL_COLUMNS, Part, file_format, read_document
from scripts.importing.records import FileFormat

UNITS: Final[Mapping[str, int]] = {"Wh": 0, "kWh": 3, "MWh": 6, "W": 0, "kW": 3, "MW": 6, "m": 0, "km": 3, "s": 0}
"""Decimals between a unit and the whole unit that the quantification takes: 1 kWh = 10**3 Wh."""

QUANTITY_UNITS: Final[Mapping[str, int]] = {"g": 0, "kg": 3, "t": 6}

EPOCHS: Final[Mapping[str, int]] = {"epoch-s": 1, "epoch-ms": 1_000}

ENTER: Final = "in."
LEAVE: Final = "out."
"""Before the names of a pair's columns: those of the tap that begins the trip, and of the one that ends it."""

_OFFSET: Final = re.compile(r"([+-])([0-1][0-9]):([0-5][0-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """Text that a column writes in its own way: what `pattern` matches is replaced."""

    column: str
    pattern: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Rows that are refused on purpose."""

    when: Condition
    rule: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A column of times. `format` is of strptime or a word of `EPOCHS`; Parquet's own times need none.

    Local times are of `zone`, or of the offset that the row's `offset_column` names among `offsets` (seconds).
    """

    column: str
    format: str
    zone: str
    offset_column: str = ""
    offsets: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An input that a column gives in a unit: 10**`decimals` whole units each."""

    column: str
    decimals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """An input that is the same for every row."""

    value: int


@dataclass(frozen=True, slots=True)
class Duration:
    """Seconds from the beginning to the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GreatCircle:
    """Metres between two points, whose columns hold decimal degrees."""

    columns: tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverNetwork:
    """Metres between two stations over a table of arcs."""

    network: Network
    origin: str
    destination: str


Input = Reading | Constant | Duration | GreatCircle | OverNetwork


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Two taps of a card make a trip: one passes `enter`, the card's next one `leave`, `limit_s` later at most."""

    card: str
    time: Moment
    enter: Condition
    leave: Condition
    limit_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedMapping:
    """A whole mapping. For instructions `quantity` and `reference` are there instead of times and inputs."""

    path: str
    content: bytes
    name: str
    kind: BatchKind
    record_id: tuple[str, ...]
    account: str
    account_space: str
    file: FileFormat
    cleaners: Mapping[str, tuple[str, ...]]
    replacements: tuple[Replacement, ...]
    left_out: tuple[Condition, ...]
    refusals: tuple[Refusal, ...]
    pairing: Pairing | None
    started_at: Moment | None
    ended_at: Moment | None
    inputs: Mapping[str, Input]
    quantity: Reading | None
    reference: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names that rows are read by once taps are paired, each once, sorted."""
        return tuple(sorted(set(self._names())))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the file must have, sorted."""
        early = [name for condition in self.left_out for name in condition.names]
        early += [name for name in self.cleaners if name != ALL_COLUMNS] + [rule.column for rule in self.replacements]
        if self.pairing is None:
            return tuple(sorted({*early, *self.names}))
        taps = [name.removeprefix(ENTER).removeprefix(LEAVE) for name in self.names]
        pairing = self.pairing
        marks = [pairing.card, *_moment_names(pairing.time), *pairing.enter.names, *pairing.leave.names]
        return tuple(sorted({*early, *taps, *marks}))

    def _names(self) -> Iterator[str]:
        yield from (*self.record_id, self.account)
        for refusal in self.refusals:
            yield from refusal.when.names
        for moment in (self.started_at, self.ended_at):
            if moment is not None:
                yield from _moment_names(moment)
        for given in self.inputs.values():
            match given:
                case Reading():
                    yield given.column
                case GreatCircle():
                    yield from given.columns
                case OverNetwork():
                    yield from (given.origin, given.destination)
                case _:
                    pass
        if self.quantity is not None:
            yield from (self.quantity.column, self.reference)


def load_feed_mapping(path: Path) -> FeedMapping:
    """The mapping in `path`; `InvalidMapping` names the file, the key and the rule."""
    return _Reader(path, Part(str(path), "", read_document(path))).mapping()


def _moment_names(moment: Moment) -> tuple[str, ...]:
    return (moment.column, moment.offset_column) if moment.offset_column else (moment.column,)


class _Reader:
    """Reads one document."""

    def __init__(self, path: Path, top: Part) -> None:
        self._path = path
        self._top = top

    def mapping(self) -> FeedMapping:
        top = self._top
        head = top.part("feed")
        kind = BatchKind.from_label(head.text("kind"), "feed.kind")
        if not (kind.is_of_feed or kind.is_spending):
            raise head.wrong("kind", "be a kind that files are prepared for", kind.label)
        name, account = head.text("name"), head.text("account")
        record_id, space = head.texts("record_id"), head.text("account_space", "")
        head.text("description", "")
        head.finish()
        if not name or not record_id:
            raise head.wrong("record_id" if name else "name", "not be empty", "")
        cleaners = self._cleaners()
        replacements = tuple(self._replacement(part) for part in top.parts("replace"))
        left_out = tuple(self._left_out(part) for part in top.parts("leave_out"))
        refusals = tuple(self._refusal(part) for part in top.parts("refuse"))
        earned = kind.is_of_feed
        started_at, ended_at, pairing = self._times() if earned else (None, None, None)
        quantity, reference = (None, "") if earned else self._instruction()
        made = FeedMapping(
            path=top.file,
            content=self._path.read_bytes(),
            name=name,
            kind=kind,
            record_id=record_id,
            account=account,
            account_space=space,
            file=file_format(top.part("file")),
            cleaners=cleaners,
            replacements=replacements,
            left_out=left_out,
            refusals=refusals,
            pairing=pairing,
            started_at=started_at,
            ended_at=ended_at,
            inputs=self._inputs() if earned else {},
            quantity=quantity,
            reference=reference,
        )
        top.finish()
        self._check(made)
        return made

    def _check(self, made: FeedMapping) -> None:
        if made.pairing is not None:
            for name in made.names:
                if not name.startswith((ENTER, LEAVE)):
                    rule = f"say of which tap: {ENTER}{name} or {LEAVE}{name}"
                    raise self._top.wrong("pair", f"go with names that {rule}", name)
        lasting = any(isinstance(given, Duration) for given in made.inputs.values())
        if lasting and (made.started_at is None or made.ended_at is None):
            raise self._top.wrong("inputs", "have both started_at and ended_at for a duration", None)

    def _cleaners(self) -> Mapping[str, tuple[str, ...]]:
        part = self._top.part("clean")
        return {column: part.cleaners(column) for column in part.content}

    def _replacement(self, part: Part) -> Replacement:
        made = Replacement(column=part.text("column"), pattern=part.text("pattern"), by=part.text("by"))
        try:  # not Python's patterns: what runs it says whether it can
            pc.replace_substring_regex(pa.array([""]), made.pattern, made.by)
        except pa.ArrowInvalid as error:
            rule = f"be a regular expression of RE2, with groups in by that it has ({first_line(error)})"
            raise part.wrong("pattern", rule, made.pattern) from None
        part.finish()
        return made

    def _left_out(self, part: Part) -> Condition:
        when = part.condition("when")
        part.finish()
        return when

    def _refusal(self, part: Part) -> Refusal:
        made = Refusal(when=part.condition("when"), rule=part.text("rule"), message=part.text("message"))
        part.finish()
        return made

    def _times(self) -> tuple[Moment | None, Moment | None, Pairing | None]:
        part = self._top.part("times")
        zone, pattern = part.text("zone", "Asia/Shanghai"), part.text("format", "")
        try:
            zoneinfo.ZoneInfo(zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            raise part.wrong("zone", "be a zone of the tz database, such as Asia/Shanghai or UTC", zone) from None
        offsets = self._offsets(part.part("offsets"))
        moments: list[Moment | None] = []
        for key in ("started_at", "ended_at"):
            column, offset = part.text(key, ""), part.text(key + "_offset", "")
            if offset and not offsets:
                raise part.wrong("offsets", "say what the texts of " + offset + " stand for", None)
            made = Moment(column=column, format=pattern, zone=zone, offset_column=offset, offsets=offsets)
            moments.append(made if column else None)
        part.finish()
        started, ended = moments
        if started is None and ended is None:
            raise part.wrong("started_at", "be given, or ended_at: an entry has its day from it", None)
        pairing = self._pairing(zone, pattern) if "pair" in self._top.content else None
        return started, ended, pairing

    def _offsets(self, part: Part) -> Mapping[str, int]:
        offsets: dict[str, int] = {}
        for name in part.content:
            found = _OFFSET.fullmatch(part.text(name))
            if found is None:
                raise part.wrong(name, "be an offset such as +08:00", part.content[name])
            offset = datetime.timedelta(hours=int(found[2]), minutes=int(found[3])) * (1 if found[1] == "+" else -1)
            offsets[name] = round(offset.total_seconds())
        return offsets

    def _pairing(self, zone: str, pattern: str) -> Pairing:
        part = self._top.part("pair")
        time = Moment(column=part.text("time"), format=pattern, zone=zone)
        made = Pairing(
            card=part.text("card"),
            time=time,
            enter=part.condition("enter"),
            leave=part.condition("leave"),
            limit_s=part.number("limit_s", 4 * 3600),
        )
        part.finish()
        return made

    def _inputs(self) -> Mapping[str, Input]:
        part = self._top.part("inputs")
        return {name: self._input(part.part(name)) for name in part.content}

    def _input(self, part: Part) -> Input:
        made = self._any_input(part)
        part.finish()
        return made

    def _any_input(self, part: Part) -> Input:
        if "constant" in part.content:
            return Constant(value=part.number("constant", 0, least=0))
        if "between" in part.content:
            if part.text("between") != "times":
                raise part.wrong("between", 'be "times"', part.content["between"])
            return Duration()
        if "great_circle" in part.content:
            points = part.part("great_circle")
            keys = ("start_longitude", "start_latitude", "end_longitude", "end_latitude")
            longitude1, latitude1, longitude2, latitude2 = (points.text(key) for key in keys)
            points.finish()
            return GreatCircle(columns=(longitude1, latitude1, longitude2, latitude2))
        if "network" in part.content:
            return self._over_network(part.part("network"))
        return self._reading(part, UNITS)

    def _over_network(self, part: Part) -> OverNetwork:
        path = self._path.parent / part.text("file")
        try:
            network = Network.from_csv(path.read_bytes())
        except OSError as error:
            raise part.wrong("file", f"be a file that can be read ({error.strerror})", str(path)) from None
        made = OverNetwork(network=network, origin=part.text("origin"), destination=part.text("destination"))
        part.finish()
        return made

    def _reading(self, part: Part, units: Mapping[str, int]) -> Reading:
        unit = part.text("unit")
        if unit not in units:
            raise part.wrong("unit", "be one of " + ", ".join(units), unit)
        return Reading(column=part.text("column"), decimals=units[unit])

    def _instruction(self) -> tuple[Reading, str]:
        part = self._top.part("instruction")
        inner = part.part("quantity")
        quantity = self._reading(inner, QUANTITY_UNITS)
        inner.finish()
        reference = part.text("reference")
        part.finish()
        return quantity, reference


def wrong_inputs(mapping: FeedMapping, rule: str, value: object) -> InvalidMapping:
    """The error for inputs that the methodology does not take."""
    return InvalidMapping("inputs", rule, value, mapping.path)
