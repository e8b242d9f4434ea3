"""Signs the headers of a run with the operator's feed key, and reads them again, held to the prepared batches.

`signed/NNNNN.json` appears whole or not at all. Signing again gives what is signed already; a header whose batch was
anchored in the meantime keeps its sequence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chain.deployment import Deployment
from chain.feeds import feed_operation_id, feed_signer_of, sign_feed
from chain.operations import ContractName
from chain.rpc import Rpc
from chain.signers import TypedDataSigner
from chain.typed_data import contract_form
from chain.views import Activity, ContractViews
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


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderToSign:
    """A header with the sequence that its batch has taken, and whose signature it needs. `signed` once it has it."""

    batch: PreparedBatch
    header: FeedHeader
    feed_signer: Address
    signed: SignedBatch | None


class FeedHeaders:
    """The headers of runs for one deployment, whoever signs them: here with a key, or elsewhere with a wallet."""

    def __init__(self, rpc: Rpc, deployment: Deployment, sequences: Sequences) -> None:
        self.deployment = deployment
        self._sequences = sequences
        self._views = ContractViews(rpc, deployment)

    def feed_signer(self, run: RunFolder) -> Address:
        """The key that the run's activity is registered with; raises as `prepared_batches`, `InvalidInput`, `NotFound`
        where there is no such activity."""
        return self._activity(self._batches(run)[0]).feed_signer

    def of_run(self, run: RunFolder) -> list[HeaderToSign]:
        """Every header of a run in its order; raises as `feed_signer`, and `RunBusy` while somebody is at the run."""
        self._batches(run)  # before anything is made in a folder that is no run's
        with run.alone():
            batches = self._batches(run)
            feed_signer = self._activity(batches[0]).feed_signer
            following = self._views.next_sequence(_activity_id(batches[0]))
            return [self._to_sign(run, batch, feed_signer, following) for batch in batches]

    def keep(self, run: RunFolder, wanted: HeaderToSign, signature: bytes) -> SignedBatch:
        """Keeps a signature of 65 bytes, if it is the feed key's over this very header.

        `InvalidInput` for bytes that are no signature, `NotTheFeedKey` for somebody else's, `RunAbandoned`.
        """
        given = contract_form(signature)
        signer = feed_signer_of(wanted.header, given, self.deployment)
        if signer is None:
            raise InvalidInput("signature", "be 65 bytes that a key has signed with", f"{len(signature)} bytes")
        check_feed_key(signer, _activity_id(wanted.batch), wanted.feed_signer)
        signed = SignedBatch(
            batch=wanted.batch,
            sequence=wanted.header.sequence,
            chain_id=self.deployment.chain_id,
            ledger=self.deployment.address(ContractName.POINT_LEDGER),
            signer=signer,
            signature=given,
        )
        with run.alone():
            run.check_wanted()
            run.keep_signed(wanted.batch.number, signed.to_json())
        return signed

    def _batches(self, run: RunFolder) -> list[PreparedBatch]:
        batches = prepared_batches(run)
        if not batches[0].kind.is_of_feed:
            kinds = " or ".join(kind.label for kind in BatchKind if kind.is_of_feed)
            rule = f"be of kind {kinds}: only those carry their operator's signature"
            raise InvalidInput("run", rule, batches[0].kind.label)
        return batches

    def _activity(self, batch: PreparedBatch) -> Activity:
        activity = self._views.activity_of(_activity_id(batch))
        if activity.status is ActivityStatus.UNKNOWN:
            raise NotFound("activity", _activity_id(batch))
        return activity

    def _to_sign(self, run: RunFolder, batch: PreparedBatch, feed_signer: Address, following: int) -> HeaderToSign:
        known = read_signed(run, batch)
        if known is not None and self._still_good(known, feed_signer, following):
            return HeaderToSign(batch=batch, header=known.header, feed_signer=feed_signer, signed=known)
        assert batch.file_hash is not None  # noqa: S101 - a batch with entries has one
        sequence = self._sequences.take(_activity_id(batch), batch.file_hash, following=following)
        return HeaderToSign(batch=batch, header=feed_header(batch, sequence), feed_signer=feed_signer, signed=None)

    def _still_good(self, known: SignedBatch, feed_signer: Address, following: int) -> bool:
        """Signed for this ledger with this key, and either anchored or waiting for a turn that is still to come."""
        place = (self.deployment.chain_id, self.deployment.address(ContractName.POINT_LEDGER), feed_signer)
        if (known.chain_id, known.ledger, known.signer) != place:
            return False
        if known.sequence >= following:
            return True
        return any(self._views.operation_digest(feed_operation_id(known.header, self.deployment)))


class FeedSigning:
    """Signs for one deployment with one operator's key."""

    def __init__(self, rpc: Rpc, deployment: Deployment, signer: TypedDataSigner, sequences: Sequences) -> None:
        self.signer = signer
        self._headers = FeedHeaders(rpc, deployment, sequences)

    def sign_run(self, run: RunFolder) -> list[SignedBatch]:
        """Signs every header that is not signed yet, in their order; gives all. `NotTheFeedKey` before any is."""
        feed_signer = self._headers.feed_signer(run)
        check_feed_key(self.signer.address, _activity_id(prepared_batches(run)[0]), feed_signer)
        return [wanted.signed or self._sign(run, wanted) for wanted in self._headers.of_run(run)]

    def _sign(self, run: RunFolder, wanted: HeaderToSign) -> SignedBatch:
        return self._headers.keep(run, wanted, sign_feed(wanted.header, self._headers.deployment, self.signer))


def check_feed_key(signer: Address, activity_id: ActivityId, feed_signer: Address) -> None:
    """`NotTheFeedKey` unless the activity is registered with this key."""
    if feed_signer != signer:
        rule = "be the one that the activity is registered with"
        raise NotTheFeedKey("key", rule, signer.hex0x, activity_id, feed_signer)


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


def _activity_id(batch: PreparedBatch) -> ActivityId:
    assert batch.activity_id is not None  # noqa: S101 - of a feed
    return batch.activity_id


def _stated(batch: PreparedBatch) -> dict[str, Json]:
    """What a prepared batch says that is signed."""
    names = ("kind", "class", "activity_id", "methodology_id", "first_day", "last_day", "root", "total")
    document = batch.to_json()
    return {name: document[name] for name in (*names, "entry_count", "file_hash")}
