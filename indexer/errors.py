"""Errors of the index; they hang in the tree of `ledger.errors`.

::

    InvalidInput
    ├── InvalidDatabaseUrl       the database URL is not one we can open
    ├── InvalidStoreUrl          the URL of the batch store is not one we can open
    └── MalformedBatch           a batch file is not as the specification or its header says
    Unavailable
    ├── DatabaseUnusable         the database does not answer, or its schema is not this program's
    ├── BatchStoreUnusable       the batch store does not answer
    └── EntryIndexBusy           another process writes the index of entries
    Inconsistent                 each halts the follower; what was committed before stays
    ├── CorruptBatch             the store holds other bytes under a hash
    ├── BrokenEntryIndex         the index of entries is damaged; it is derived, build it anew
    ├── BindingMismatch          the database belongs to another deployment or chain
    ├── BrokenChain              blocks do not follow each other, or logs do not belong to them
    ├── BrokenLog                leaves are missing, doubled or do not hash to what they claim
    ├── UnpairedEvent            a leaf without its event, an event without its leaf, or the two differ
    └── BrokenBooks              an event contradicts what was booked before
"""

from dataclasses import dataclass
from typing import ClassVar

from ledger.errors import Inconsistent, InvalidInput, Json, Unavailable


class InvalidDatabaseUrl(InvalidInput):
    """The database URL is not one we can open. The value is not shown where it could hold a password."""


@dataclass(unsafe_hash=True)
class DatabaseUnusable(Unavailable):
    """The database does not answer, or its schema is not this program's. `url` carries no password."""

    url: str
    reason: str

    def explain(self) -> str:
        return f"The database {self.url} cannot be used: {self.reason}; check TANPUHUI_DATABASE_URL."


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
