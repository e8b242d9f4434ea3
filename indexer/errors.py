"""Errors of the index; they hang in the tree of `ledger.errors`.

::

    InvalidInput
    ├── InvalidDatabaseUrl       the database URL is not one we can open
    ├── InvalidStoreUrl          the URL of the batch store is not one we can open
    └── MalformedBatch           a batch file is not as the specification or its header says
    Unavailable
    ├── DatabaseUnusable         the database does not answer, or its schema is not this program's
    ├── WrongVaultKey            the vault of persons was made with another key
    ├── BatchStoreUnusable       the batch store does not answer
    ├── EntryIndexBusy           another process writes the index of entries
    ├── CheckpointUnfinished     a checkpoint that was signed before is not published yet
    ├── CheckpointOvertaken      another process has signed a larger checkpoint meanwhile
    ├── NodeBehindIndex          the node's log is shorter than the index, so nothing is signed
    ├── WitnessFailed            a witness gave no cosignature
    ├── BlockNotReached          the node does not have the block that is to be audited
    ├── StatePruned              the node does not have the contracts' state of that block any more
    ├── NothingToContinue        no audit was finished that could be continued
    └── WorkFolderBusy           another audit works in the folder
    Refused
    └── EntriesCounted           entries of a withdrawn batch were prepared in another one since
    Inconsistent                 each halts the follower; what was committed before stays
    ├── CorruptBatch             the store holds other bytes under a hash
    ├── BrokenEntryIndex         the index of entries is damaged; it is derived, build it anew
    ├── AnchoredOtherwise        the index of entries has a batch with another number or other withheld grams
    ├── BindingMismatch          the database belongs to another deployment or chain
    ├── BrokenChain              blocks do not follow each other, or logs do not belong to them
    ├── BrokenLog                leaves are missing, doubled or do not hash to what they claim
    ├── UnpairedEvent            a leaf without its event, an event without its leaf, or the two differ
    ├── BrokenBooks              an event contradicts what was booked before
    └── CheckpointConflict       a checkpoint would contradict what the log's key has signed (halts publishing only)
"""

from dataclasses import dataclass
from typing import ClassVar

from ledger.errors import Inconsistent, InvalidInput, Json, Refused, Unavailable
from ledger.ids import Hash32


class InvalidDatabaseUrl(InvalidInput):
    """The database URL is not one we can open. The value is not shown where it could hold a password."""


@dataclass(unsafe_hash=True)
class DatabaseUnusable(Unavailable):
    """The database does not answer, or its schema is not this program's. `url` carries no password."""

    url: str
    reason: str

    def explain(self) -> str:
        return f"The database {self.url} cannot be used: {self.reason}; check TANPUHUI_DATABASE_URL."


@dataclass(unsafe_hash=True)
class WrongVaultKey(Unavailable):
    """The vault of persons was made with another key; with this one everyone would be a new person."""

    url: str

    def explain(self) -> str:
        return (
            f"The vault of persons {self.url} was made with another vault key; give it the one that it was made with."
        )


class InvalidStoreUrl(InvalidInput):
    """The URL of the batch store is not one we can open. The value is not shown where it could hold a secret."""


@dataclass(unsafe_hash=True)
class MalformedBatch(InvalidInput):
    """A batch file is not as docs/spec/05-points.md §5.7 or its header says; nothing of it is used."""

    file: str = ""

    def explain(self) -> str:
        return f"Batch file {self.file}: {InvalidInput.explain(self)} Use the file that was anchored."

    def details(self) -> dict[str, Json]:
        return {"file": self.file, **InvalidInput.details(self)}


@dataclass(unsafe_hash=True)
class BatchStoreUnusable(Unavailable):
    """The batch store does not answer. `url` carries no secret."""

    url: str
    reason: str

    def explain(self) -> str:
        return f"The batch store {self.url} cannot be used: {self.reason}; check its address and its credentials."


@dataclass(unsafe_hash=True)
class EntryIndexBusy(Unavailable):
    """Another process writes the index of entries."""

    folder: str

    def explain(self) -> str:
        return f"Another process writes the index in {self.folder}; wait until it has ended."


@dataclass(unsafe_hash=True)
class CheckpointUnfinished(Unavailable):
    """A checkpoint that was signed before is not published yet, and no other comes before it."""

    size: int

    def explain(self) -> str:
        return (
            f"The checkpoint of size {self.size} is signed and not published yet, perhaps by another process that is "
            "at it; run `tanpuhui checkpoint publish` again, which finishes it."
        )


@dataclass(unsafe_hash=True)
class CheckpointOvertaken(Unavailable):
    """Another process with the same key has signed a larger checkpoint meanwhile, and sizes rise."""

    size: int
    signed_size: int

    def explain(self) -> str:
        return (
            f"A checkpoint of size {self.size} comes too late: size {self.signed_size} is signed already, by another "
            "process that publishes into this database. Let one of them do it."
        )


@dataclass(unsafe_hash=True)
class NodeBehindIndex(Unavailable):
    """The node's log is shorter than what the index holds, or what the key has signed. Nothing is signed meanwhile."""

    node_size: int
    block_number: int
    known_size: int

    def explain(self) -> str:
        return (
            f"The log has {self.node_size} leaves at the node's block {self.block_number}, and {self.known_size} are "
            "known already; wait until the node has caught up, and compare it with another one if it does not."
        )


@dataclass(unsafe_hash=True)
class WitnessFailed(Unavailable):
    """A witness gave no cosignature; the checkpoint is published without it."""

    witness: str
    reason: str

    def explain(self) -> str:
        return f"The witness {self.witness} did not cosign: {self.reason}."


@dataclass(unsafe_hash=True)
class BlockNotReached(Unavailable):
    """The node does not have the block that is to be audited."""

    block: int
    head: int

    def explain(self) -> str:
        return (
            f"Block {self.block} is to be audited, but the node ends at block {self.head}; "
            "wait until it has the block, or ask another node."
        )


@dataclass(unsafe_hash=True)
class StatePruned(Unavailable):
    """The node does not have the contracts' state of a block any more, nor could all be asked while it had."""

    block: int
    reason: str

    def explain(self) -> str:
        return (
            f"The node does not have the contracts' state at block {self.block} ({self.reason}); "
            "audit with a node that keeps old states (an archive node)."
        )


@dataclass(unsafe_hash=True)
class NothingToContinue(Unavailable):
    """No audit was finished that could be continued, or not of what the checkpoint says."""

    work: str
    reason: str

    def explain(self) -> str:
        return f"There is no finished audit in {self.work} to continue: {self.reason}; audit without --since first."


@dataclass(unsafe_hash=True)
class WorkFolderBusy(Unavailable):
    """Another audit works in the folder."""

    work: str

    def explain(self) -> str:
        return f"Another audit works in {self.work}; wait until it has ended, or choose another --work."


@dataclass(unsafe_hash=True)
class CorruptBatch(Inconsistent):
    """The store holds other bytes under a hash than those that have it."""

    place: str
    expected: bytes
    found: bytes

    def explain(self) -> str:
        return (
            f"Batch file 0x{self.expected.hex()} at {self.place} is damaged: its hash is 0x{self.found.hex()}; "
            "put back the file that was anchored."
        )


@dataclass(unsafe_hash=True)
class BrokenEntryIndex(Inconsistent):
    """The index of entries is damaged."""

    folder: str
    reason: str

    def explain(self) -> str:
        return (
            f"The index in {self.folder} is damaged: {self.reason}; it is derived: build it anew from the batch files."
        )


@dataclass(unsafe_hash=True)
class EntriesCounted(Refused):
    """Entries of a withdrawn batch were prepared in another batch since: both together would count them twice."""

    file_hash: Hash32
    entry_count: int
    other_file_hash: Hash32

    def explain(self) -> str:
        return (
            f"{self.entry_count} entries of the withdrawn batch {self.file_hash.hex0x} are in the batch "
            f"{self.other_file_hash.hex0x} by now; go on with that one, or withdraw it first."
        )

    def explain_chinese(self) -> str:
        return (
            f"已撤回批次 {self.file_hash.hex0x} 中有 {self.entry_count} 个条目现已列入批次 "
            f"{self.other_file_hash.hex0x}；请继续使用后者，或先将其撤回。"
        )


@dataclass(unsafe_hash=True)
class AnchoredOtherwise(Inconsistent):
    """The index of entries has a batch as anchored with another number or other withheld grams."""

    file_hash: Hash32
    known_number: int
    known_withheld: int
    number: int
    withheld: int

    def explain(self) -> str:
        return (
            f"The index of entries has the batch {self.file_hash.hex0x} as number {self.known_number} with "
            f"{self.known_withheld} g withheld, not as {self.number} with {self.withheld} g; if the chain took blocks "
            "back, take this anchoring back first."
        )


@dataclass(unsafe_hash=True)
class BindingMismatch(Inconsistent):
    """The database was built from another chain or deployment than the one given now."""

    what: str
    bound: str
    given: str

    exit_code: ClassVar[int] = 3

    def explain(self) -> str:
        return (
            f"The database holds the {self.what} {self.bound}, but now it is {self.given}; "
            "choose the other database or deployment file."
        )


@dataclass(unsafe_hash=True)
class _Contradiction(Inconsistent):
    """Something between blocks; `block_number` is where it was seen."""

    block_number: int
    reason: str

    where: ClassVar[str] = "The chain"

    def explain(self) -> str:
        return f"{self.where} is inconsistent at block {self.block_number}: {self.reason}; nothing more is indexed."


class BrokenChain(_Contradiction):
    """Blocks do not follow each other, or logs do not belong to their blocks."""


class BrokenLog(_Contradiction):
    """Leaves are missing, doubled or do not hash to what they claim."""

    where: ClassVar[str] = "The transparency log"


class UnpairedEvent(_Contradiction):
    """A leaf without its event, an event without its leaf, or the two do not say the same."""

    where: ClassVar[str] = "An operation"


class BrokenBooks(_Contradiction):
    """An event contradicts what was booked before."""

    where: ClassVar[str] = "The books"


@dataclass(unsafe_hash=True)
class CheckpointConflict(Inconsistent):
    """A checkpoint would contradict what the log's key has signed. It is not signed, nor anything after it."""

    size: int
    reason: str

    def explain(self) -> str:
        return (
            f"The log's key does not sign a checkpoint of size {self.size}: {self.reason}. Compare the node with "
            "another one; if what was signed is not on the chain, its signature is out in the world and the key is "
            "spent: say so, before anybody else does."
        )
