"""The transparency log."""

from typing import Literal

from api.schemas.common import Account, Answered, Hash, Index, OperationKindWord, Quantity


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
