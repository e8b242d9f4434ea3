"""Errors of runs of batches: what stands in the folder is not what is needed, or not what it says."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import Inconsistent, InvalidInput, Refused
from ledger.ids import ActivityId, Address, Hash32, OperationId


@dataclass(unsafe_hash=True)
class RunUnfinished(InvalidInput):
    """A run whose preparation was cut off."""

    def explain(self) -> str:
        return (
            f"The run in {self.value} is not finished; start `tanpuhui points prepare` again with the same arguments."
        )


@dataclass(unsafe_hash=True)
class NothingPrepared(InvalidInput):
    """A run without a single entry."""

    def explain(self) -> str:
        return f"The run in {self.value} holds no entries: every row was refused (see refused.csv there)."


@dataclass(unsafe_hash=True)
class HeaderNotSigned(InvalidInput):
    """A batch of earned points or behaviour without its operator's signature."""

    def explain(self) -> str:
        return f"{self.value} is not signed by its operator; run `tanpuhui points sign` with the feed key first."


@dataclass(unsafe_hash=True)
class SignedOtherwise(InvalidInput):
    """A signed header that is not that of the prepared batch."""

    def explain(self) -> str:
        return f"{self.value} does not say what the prepared batch says ({self.field}); sign the run again."


@dataclass(unsafe_hash=True)
class NotTheFeedKey(InvalidInput):
    """Another key than the one that the activity is registered with."""

    activity_id: ActivityId
    feed_signer: Address

    def explain(self) -> str:
        if self.feed_signer.is_zero:
            return (
                f"Activity {self.activity_id.hex0x} is registered without a feed key, so that it cannot earn points; "
                "register one with its operator's key."
            )
        return (
            f"The key of {self.value} is not the feed key of activity {self.activity_id.hex0x}, which is "
            f"{self.feed_signer.hex0x}; give that one by --keystore."
        )


@dataclass(unsafe_hash=True)
class EntriesElsewhere(Refused):
    """Entries of a batch stand in another batch: each counts once."""

    batch: str
    entries: int
    first_entry: Hash32
    other_batch: Hash32

    def explain(self) -> str:
        return (
            f"{self.entries} entries of {self.batch} stand in another batch, the first ({self.first_entry.hex0x}) in "
            f"the one with file hash {self.other_batch.hex0x}; prepare the run again without them."
        )


@dataclass(unsafe_hash=True)
class BatchWithdrawn(Refused):
    """A run whose batch was withdrawn: it will never be anchored, and other runs may hold its records."""

    run: str
    number: int
    file_hash: Hash32

    def explain(self) -> str:
        return (
            f"Batch {self.number} of the run in {self.run} (file hash {self.file_hash.hex0x}) was withdrawn; prepare "
            "its files as another run."
        )


@dataclass(unsafe_hash=True)
class RunAbandoned(Refused):
    """A run that was given up."""

    run: str

    def explain(self) -> str:
        return f"The run in {self.run} was abandoned; prepare its files as another run."


@dataclass(unsafe_hash=True)
class RunBusy(Refused):
    """Another process signs, anchors or abandons the run."""

    run: str

    def explain(self) -> str:
        return f"The run in {self.run} is being signed, anchored or abandoned elsewhere; wait until it is done."


@dataclass(unsafe_hash=True)
class BatchOnItsWay(Refused):
    """A batch that was handed to the chain and has not ended: whether it will be anchored is not known."""

    run: str
    number: int
    operation_id: OperationId

    def explain(self) -> str:
        return (
            f"Batch {self.number} of the run in {self.run} is on its way to the chain (operation "
            f"{self.operation_id.hex0x}), so that the run cannot be abandoned; anchor it again, and it ends either way."
        )


@dataclass(unsafe_hash=True)
class BalancesDiffer(Inconsistent):
    """Balances from batch files do not add up to what persons have on chain."""

    reduction_class: str
    after_batch: int
    batches_grams: int
    chain_grams: int
    where: str

    def explain(self) -> str:
        difference = self.batches_grams - self.chain_grams
        return (
            f"After batch {self.after_batch} the batch files give persons {self.batches_grams} g of class "
            f"{self.reduction_class}, the chain {self.chain_grams} g (a difference of {difference:+} g): {self.where}. "
            "Nothing was sent."
        )
