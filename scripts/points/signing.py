"""Signs the headers of a run with the operator's feed key, and reads them again, held to the prepared batches.

`signed/NNNNN.json` appears whole or not at all. Signing again gives what is signed already; a header whose batch was
anchored in the meantime keeps its sequence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chain.deployment import Deployment
from chain.feeds import feed_operation_id, sign_feed
from chain.operations import ContractName
from chain.rpc import Rpc
from chain.signers import TypedDataSigner
from chain.views import ContractViews
from ledger.batches import FeedHeader
from ledger.canonical import parse_strict
from ledger.errors import InvalidInput, Json, NotFound
from ledger.ids import ActivityId, Address
from ledger.vocabulary import ActivityStatus, BatchKind
from scripts.points.errors import HeaderNotSigned, NothingPrepared, NotTheFeedKey, RunUnfinished, SignedOtherwise
from scripts.points.run_folder import PreparedBatch, RunFolder
from scripts.points.sequences import Sequences

_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedBatch:
    """A prepared batch with its sequence and the operator's signature (65 bytes), for one point ledger."""

    batch: PreparedBatch
    sequence: int
    chain_id: int
    ledger: Address
    signer: Address
    signature: bytes

    @property
    def header(self) -> FeedHeader:
        """What was signed."""
        return feed_header(self.batch, self.sequence)

    def to_json(self) -> dict[str, Json]:
        """As it stands in `signed/`."""
        return {
            "format": _FORMAT,
            "header": {**_stated(self.batch), "sequence": self.sequence},
            "chain_id": self.chain_id,
            "point_ledger": self.ledger.hex0x,
            "signer": self.signer.hex0x,
            "signature": "0x" + self.signature.hex(),
        }


class FeedSigning:
    """Signs for one deployment with one operator's key."""

    def __init__(self, rpc: Rpc, deployment: Deployment, signer: TypedDataSigner, sequences: Sequences) -> None:
        self.deployment = deployment
        self.signer = signer
        self._sequences = sequences
        self._views = ContractViews(rpc, deployment)
        self._next: dict[ActivityId, int] = {}

    def sign_run(self, run: RunFolder) -> list[SignedBatch]:
        """Signs every header that is not signed yet, in their order; gives all. `NotTheFeedKey` before any is."""
        prepared_batches(run)  # before anything is made in a folder that is no run's
        with run.alone():
            return self._sign(run, prepared_batches(run))

    def _sign(self, run: RunFolder, batches: Sequence[PreparedBatch]) -> list[SignedBatch]:
        if not batches[0].kind.is_of_feed:
            kinds = " or ".join(kind.label for kind in BatchKind if kind.is_of_feed)
            raise InvalidInput(
                "run", f"be of kind {kinds}: only those carry their operator's signature", batches[0].kind.label
            )
        for activity_id in {batch.activity_id for batch in batches if batch.activity_id is not None}:
            self._check_key(activity_id)
        return [self._signed(run, batch) for batch in batches]

    def _check_key(self, activity_id: ActivityId) -> None:
        activity = self._views.activity_of(activity_id)
        if activity.status is ActivityStatus.UNKNOWN:
            raise NotFound("activity", activity_id)
        if activity.feed_signer != self.signer.address:
            rule = "be the one that the activity is registered with"
            raise NotTheFeedKey("key", rule, self.signer.address.hex0x, activity_id, activity.feed_signer)
        self._next[activity_id] = self._views.next_sequence(activity_id)

    def _signed(self, run: RunFolder, batch: PreparedBatch) -> SignedBatch:
        activity_id, file_hash = batch.activity_id, batch.file_hash
        assert activity_id is not None  # noqa: S101 - of a feed
        assert file_hash is not None  # noqa: S101 - a batch with entries has one
        following = self._next[activity_id]
        known = read_signed(run, batch)
        if known is not None and self._still_good(known, following):
            return known
        sequence = self._sequences.take(activity_id, file_hash, following=following)
        signed = SignedBatch(
            batch=batch,
            sequence=sequence,
            chain_id=self.deployment.chain_id,
            ledger=self.deployment.address(ContractName.POINT_LEDGER),
            signer=self.signer.address,
            signature=sign_feed(feed_header(batch, sequence), self.deployment, self.signer),
        )
        run.keep_signed(batch.number, signed.to_json())
        return signed

    def _still_good(self, known: SignedBatch, following: int) -> bool:
        """Signed for this ledger with this key, and either anchored or waiting for a turn that is still to come."""
        place = (self.deployment.chain_id, self.deployment.address(ContractName.POINT_LEDGER), self.signer.address)
        if (known.chain_id, known.ledger, known.signer) != place:
            return False
        if known.sequence >= following:
            return True
        return any(self._views.operation_digest(feed_operation_id(known.header, self.deployment)))


def prepared_batches(run: RunFolder) -> list[PreparedBatch]:
    """The batches of a finished run that have entries; `RunUnfinished`, `NothingPrepared`, `RunAbandoned` otherwise."""
    run.check_wanted()
    if run.done is None:
        raise RunUnfinished("run", "be a finished run of `points prepare`", str(run.path))
    batches = [batch for batch in run.headers() if batch.entry_count]
    if not batches:
        raise NothingPrepared("run", "hold entries", str(run.path))
    return batches


def signed_batches(run: RunFolder, batches: Sequence[PreparedBatch]) -> Iterator[SignedBatch]:
    """The signed headers of these batches; `HeaderNotSigned` and `SignedOtherwise` name what is missing or differs."""
    for batch in batches:
        signed = read_signed(run, batch)
        if signed is None:
            raise HeaderNotSigned("header", "be signed", f"Batch {batch.number} of {run.path}")
        yield signed


def read_signed(run: RunFolder, batch: PreparedBatch) -> SignedBatch | None:
    """The signed header of a batch, None if there is none; `SignedOtherwise` if it is not of this batch."""
    content = run.signed(batch.number)
    if content is None:
        return None
    name = f"signed/{batch.number:05d}.json"
    try:
        document = parse_strict(content)
        if not isinstance(document, dict) or document["format"] != _FORMAT:
            raise SignedOtherwise("format", f"be {_FORMAT}", name)
        header = document["header"]
        assert isinstance(header, dict)  # noqa: S101 - caught below
        for key, value in _stated(batch).items():
            if header.get(key) != value:
                raise SignedOtherwise(key, "be that of the prepared batch", name)
        return SignedBatch(
            batch=batch,
            sequence=int(str(header["sequence"])),
            chain_id=int(str(document["chain_id"])),
            ledger=Address.from_hex(document["point_ledger"], "point_ledger"),
            signer=Address.from_hex(document["signer"], "signer"),
            signature=bytes.fromhex(str(document["signature"]).removeprefix("0x")),
        )
    except (KeyError, ValueError, AssertionError) as error:
        raise InvalidInput(name, f"be a signed header ({type(error).__name__})", "what stands there") from None


def feed_header(batch: PreparedBatch, sequence: int) -> FeedHeader:
    """The header of a prepared batch that a sequence is given to."""
    assert batch.root is not None  # noqa: S101 - a batch with entries has them
    assert batch.file_hash is not None  # noqa: S101
    assert batch.methodology_id is not None  # noqa: S101 - earned points and behaviour have both
    assert batch.activity_id is not None  # noqa: S101
    return FeedHeader(
        kind=batch.kind,
        activity_id=batch.activity_id,
        methodology_id=batch.methodology_id,
        reduction_class=batch.reduction_class,
        sequence=sequence,
        first_day=batch.first_day,
        last_day=batch.last_day,
        root=batch.root,
        total=batch.total,
        entry_count=batch.entry_count,
        file_hash=batch.file_hash,
    )


def _stated(batch: PreparedBatch) -> dict[str, Json]:
    """What a prepared batch says that is signed."""
    names = ("kind", "class", "activity_id", "methodology_id", "first_day", "last_day", "root", "total")
    document = batch.to_json()
    return {name: document[name] for name in (*names, "entry_count", "file_hash")}
