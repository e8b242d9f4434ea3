"""The transparency log."""

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.common import Account, Answered, Hash, Index, Model, OperationKindWord, Quantity, Time


class LogAnswer(Answered):
    """The log now."""

    size: Index
    """Leaves."""
    root: Hash
    """RFC 6962 root over them."""
    chain_id: Index
    links: dict[str, str]


class LeafAnswer(Answered, Quantity):
    """One leaf: every value that is hashed into it (docs/spec/03-encodings.md §3.1)."""

    leaf_index: Index
    leaf_hash: Hash
    format: Literal[1]
    chain_id: Index
    ledger: Account
    kind: OperationKindWord
    kind_number: Index
    operation_id: Hash
    subject: Hash
    from_account: Account | None
    """None where the leaf has the zero address."""
    to_account: Account | None
    record_hash: Hash
    timestamp: Index


class InclusionProofAnswer(Answered):
    """That a leaf is in the log of a size (RFC 9162 §2.1.3)."""

    leaf_index: Index
    leaf_hash: Hash
    tree_size: Index
    root: Hash
    """Of the log at `tree_size`."""
    path: list[Hash]
    """Lowest first."""


class ConsistencyProofAnswer(Answered):
    """That the log at one size is the start of the log at another (RFC 9162 §2.1.4)."""

    first: Index
    first_root: Hash
    second: Index
    second_root: Hash
    path: list[Hash]


_NOTE = f"""tanpuhui/31337/{"ab" * 32}
1
{"A" * 43}=

— tanpuhui/31337/{"ab" * 32} {"A" * 90}==
"""
Size = Annotated[int, Field(ge=1, examples=[41])]
VerifierKeyText = Annotated[str, Field(pattern=r"^[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$")]


class CheckpointModel(Model):
    """A checkpoint as it was published (docs/spec/07-log.md §7.3)."""

    size: Size
    """Leaves that it covers."""
    root: Hash
    note: Annotated[str, Field(examples=[_NOTE])]
    """The signed note: what is verified. All else here is read from it."""
    signers: list[Annotated[str, Field(examples=["witness.example/1"])]]
    """Names on its signature lines, the log's own first. What a line is worth, its key tells."""
    published_at: Annotated[int, Field(ge=0, examples=[1763690000])]
    """By this instance's clock, seconds since 1970-01-01T00:00:00Z; nothing proves it."""
    published_time: Time


class CheckpointAnswer(CheckpointModel, Answered):
    """One of them."""


class CheckpointsAnswer(Answered):
    """A page of them, newest first."""

    items: list[CheckpointModel]
    next: str | None


class LogKeysAnswer(Model):
    """The log's keys as this instance says them: the content of a trust file."""

    format: Literal[1]
    origin: Annotated[str, Field(examples=[f"tanpuhui/31337/{'ab' * 32}"])]
    """First line of every checkpoint, and name of the log's key."""
    log_key: VerifierKeyText = Field(examples=[f"tanpuhui/31337/{'ab' * 32}+0123abcd+{'A' * 44}"])
    witnesses: list[VerifierKeyText] = Field(examples=[[f"witness.example/1+0123abcd+{'B' * 44}"]])
    quorum: Annotated[int, Field(ge=0, examples=[1])]
    """How many of the witnesses must have cosigned."""
    validators: list[Account]
    """Who seals the blocks of the chain; empty where this instance was not told."""
