"""Checkpoints against the tree of the chain, against what a source said before, and against each other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chain.monitor.alarms import Alarm, AlarmKind
from chain.monitor.state import MonitorState
from chain.monitor.tree_files import TreeFiles
from ledger.canonical import MAX_EXACT_INTEGER
from ledger.checkpoints import Checkpoint
from ledger.errors import InvalidInput, NotEvidence
from ledger.ids import Hash32
from ledger.notes import MAX_NOTE_BYTES, Note, VerifierKey
from ledger.split_view import evidence_of, written_out_proof

_MOST_SUSPECTS: Final = 64
_MOST_REFUSED: Final = 16
_SHOWN: Final = 2_000


@dataclass(frozen=True, slots=True)
class Published:
    """A checkpoint that the log's key signed, with the names of the given witnesses that cosigned it.

    `wrong`: why a line of a given witness does not verify. What the log signed binds the log all the same.
    """

    note: str
    checkpoint: Checkpoint
    cosigned: tuple[str, ...] = ()
    wrong: InvalidInput | None = None


def read_published(content: bytes, log_key: VerifierKey, witnesses: Sequence[VerifierKey]) -> Published:
    """Reads what a source serves; `InvalidInput` unless the log's key signed it."""
    note = Note.parse(content)
    checkpoint = Checkpoint.of_note(note)
    if checkpoint.origin != log_key.name:
        raise InvalidInput("origin", f"be {log_key.name}", checkpoint.origin)
    if log_key not in note.verify([log_key]):
        raise InvalidInput("checkpoint", "carry a line of the log's key", "none")
    try:
        signed = note.verify(witnesses)
    except InvalidInput as error:
        return Published(str(note), checkpoint, wrong=error)
    return Published(str(note), checkpoint, tuple(sorted(key.name for key in signed)))


def no_checkpoint(state: MonitorState, source: str, content: bytes, error: InvalidInput) -> Alarm:
    """What a source serves is no checkpoint of the log: the error of `read_published` says why.

    Of one source so many contents are alarms of their own, and all others are one: junk must not fill the disk.
    """
    digest = hashlib.sha256(content[: MAX_NOTE_BYTES + 1]).hexdigest()  # beyond it, how much was read is by chance
    told = state.refused.setdefault(source, [])
    if digest not in told and len(told) < _MOST_REFUSED:
        told.append(digest)
    facts: dict[str, str | int] = {"sha256": f"0x{digest}"} if digest in told else {}
    shown = content[:_SHOWN].decode(errors="replace")
    detail = f"what {source} serves is no checkpoint that the log's key signed: {error.explain()}"
    return Alarm(kind=AlarmKind.NOTE, detail=detail, source=source, facts={**facts}, notes=(shown,))


@dataclass(frozen=True, slots=True)
class Judge:
    """Holds checkpoints against everything that is known, and remembers them in `state`."""

    tree: TreeFiles
    state: MonitorState
    log_key: VerifierKey
    stale_seconds: float

    def judge(self, source: str, published: Published) -> Iterator[Alarm]:
        """What is wrong with a source's checkpoint; one that holds is remembered as the source's."""
        given = published.checkpoint
        if published.wrong is not None:
            yield Alarm(
                kind=AlarmKind.NOTE,
                detail=f"{source} serves a checkpoint with a false line of a witness: {published.wrong.explain()}",
                source=source,
                facts={"size": _exact(given.size), "root": given.root.hex0x},
                notes=(published.note,),
            )
        wrong = self._against_tree(source, published)
        if wrong is not None:
            self._suspect(published.note)
            yield wrong
            return
        known = self.state.sources.get(source)
        if known is not None and given.size < (before := _checkpoint(known)).size:
            yield Alarm(
                kind=AlarmKind.ROLLBACK,
                detail=f"{source} serves a checkpoint of size {given.size}, and served one of {before.size} before",
                source=source,
                facts={"size": _exact(given.size), "size_before": _exact(before.size)},
                notes=(known, published.note),
            )
            return
        self.state.sources[source] = published.note
        if self.state.verified is None or _checkpoint(self.state.verified).size < given.size:
            self.state.verified = published.note

    def judge_age(self, source: str, now: float) -> Alarm | None:
        """Whether the largest checkpoint that a source ever served covers every leaf but those that are young."""
        known = self.state.sources.get(source)
        size = 0 if known is None else _checkpoint(known).size
        if size >= self.tree.size or (age := now - self.tree.time_of(size)) <= self.stale_seconds:
            return None
        return Alarm(
            kind=AlarmKind.STALE,
            detail=f"{source} serves no checkpoint that covers leaf {size}, which is {age:.0f} s old",
            source=source,
            facts={"size": size},
        )

    def judge_pairs(self) -> Iterator[Alarm]:
        """Evidence, as soon as two signed notes make it."""
        left = []
        for suspect in self.state.suspects:
            checkpoint = _checkpoint(suspect)
            if self._holds(checkpoint):
                continue  # the own node was behind
            partner = next((found for other in self._partners(suspect) if (found := self._pair(suspect, other))), None)
            if partner is None:
                left.append(suspect)
            else:
                yield partner
        self.state.suspects[:] = left

    def _against_tree(self, source: str, published: Published) -> Alarm | None:
        given = published.checkpoint
        facts: dict[str, str | int] = {"size": _exact(given.size), "root": given.root.hex0x}
        if given.size > self.tree.size:
            detail = (
                f"{source} serves a checkpoint of size {given.size}, but the final chain has {self.tree.size} leaves"
            )
            return Alarm(kind=AlarmKind.SIZE, detail=detail, source=source, facts={**facts}, notes=(published.note,))
        if self._holds(given):
            return None
        root = Hash32(self.tree.root_at(given.size))
        detail = f"{source} serves root {given.root.hex0x} at size {given.size}, but the chain has {root.hex0x}"
        return Alarm(
            kind=AlarmKind.CHECKPOINT,
            detail=detail,
            source=source,
            facts={**facts, "root_of_chain": root.hex0x},
            notes=(published.note,),
        )

    def _holds(self, checkpoint: Checkpoint) -> bool:
        return checkpoint.size <= self.tree.size and checkpoint.root == self.tree.root_at(checkpoint.size)

    def _suspect(self, note: str) -> None:
        if note not in self.state.suspects:
            self.state.suspects[:] = [*self.state.suspects, note][-_MOST_SUSPECTS:]

    def _partners(self, suspect: str) -> Iterator[str]:
        if self.state.verified is not None:
            yield self.state.verified
        # One order of two is enough.
        yield from (other for other in self.state.suspects if suspect < other)

    def _pair(self, suspect: str, other: str) -> Alarm | None:
        """Evidence where the tree leads from the suspect to a checkpoint that holds, or two have one size."""
        first, second = _checkpoint(suspect), _checkpoint(other)
        if not 1 <= first.size <= second.size:
            return None
        try:
            proof = written_out_proof(first.size, second.size, self.tree) if self._reaches(first, second) else []
            evidence, found = evidence_of(suspect, other, self.log_key, proof)
        except NotEvidence:
            return None
        return Alarm(
            kind=AlarmKind.SPLIT_VIEW,
            detail=f"the log's key signed two logs: root {found.first_root.hex0x} at size {found.first_size}, and "
            f"{found.second_root.hex0x} at size {found.second_size}, whose log had {found.other_root.hex0x} there",
            facts={
                "first_size": _exact(found.first_size),
                "first_root": found.first_root.hex0x,
                "second_size": _exact(found.second_size),
                "second_root": found.second_root.hex0x,
            },
            evidence=evidence,
        )

    def _reaches(self, first: Checkpoint, second: Checkpoint) -> bool:
        return first.size < second.size <= self.tree.size


def _exact(size: int) -> int | str:
    """A size as JSON holds it: the log's key may sign any below 2**63, and beyond 2**53 - 1 it is a decimal string."""
    return size if size <= MAX_EXACT_INTEGER else str(size)


def _checkpoint(note: str) -> Checkpoint:
    return Checkpoint.of_note(Note.parse(note))
