"""Runs of points: an uploaded file prepared, signed, anchored, given up, by the machinery of `tanpuhui points`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

from api.intake_port import (
    BatchView,
    Consequence,
    FileKind,
    HeaderForWallet,
    PreparedView,
    Purpose,
)
from chain.feeds import feed_domain
from chain.views import ContractViews
from indexer.entry_index import ANCHORED, WITHDRAWN
from ledger.encoding import campaign_id
from ledger.errors import InvalidInput, NotFound
from ledger.ids import Address, CampaignId, Hash32
from ledger.vocabulary import BatchKind
from scripts.intake.folders import UploadFolder
from scripts.intake.mappings import MappingFolder
from scripts.intake.rows import preview
from scripts.keys import open_keystore
from scripts.operating import OperatingContext
from scripts.points.abandoning import abandon
from scripts.points.anchoring import Anchoring, Progress
from scripts.points.foreseen import foresee
from scripts.points.home import PointsHome
from scripts.points.instructions import NO_PARTY, Instructions, prepare_instructions, standard_mapping
from scripts.points.mapping import FeedMapping, load_feed_mapping
from scripts.points.prepare import Told, prepare
from scripts.points.run_folder import PreparedBatch, RunFolder
from scripts.points.sequences import Sequences
from scripts.points.signing import FeedHeaders, FeedSigning, prepared_batches, read_signed, signed_batches
from scripts.points.terms import earning_terms
from scripts.settings import FEED

INSTRUCTED: Final = (BatchKind.REDEEM, BatchKind.DONATE, BatchKind.CANCEL)
"""What files of instructions may ask for here; a correction needs more than its file (`tanpuhui points correct`)."""


class PointRuns:
    """For one thread: a home has one writer."""

    def __init__(self, context: OperatingContext, home: PointsHome, mappings: MappingFolder) -> None:
        self._context = context
        self._home = home
        self._mappings = mappings

    def mapping_of(self, purpose: Purpose) -> FeedMapping:
        """How the file is read; `InvalidInput` for a mapping of something else."""
        if purpose.kind is FileKind.INSTRUCTIONS and not purpose.mapping:
            if purpose.batch_kind not in INSTRUCTED:
                raise InvalidInput("batch_kind", "be " + ", ".join(one.label for one in INSTRUCTED), purpose.batch_kind)
            return load_feed_mapping(standard_mapping(purpose.batch_kind))
        mapping = load_feed_mapping(self._mappings.path(purpose.mapping))
        asked = purpose.batch_kind
        if mapping.kind.is_spending is not (purpose.kind is FileKind.INSTRUCTIONS) or asked not in {None, mapping.kind}:
            raise InvalidInput(
                "mapping", "be one of what the file is said to be", f"{purpose.mapping}: {mapping.kind.label}"
            )
        return mapping

    def check_purpose(self, purpose: Purpose) -> None:
        """Whether such a file can be asked for at all, before anything is kept."""
        self.mapping_of(purpose)
        if purpose.kind is FileKind.FEED and not purpose.activity:
            raise InvalidInput("activity", "be given", None)
        if purpose.kind is FileKind.INSTRUCTIONS:
            if purpose.reduction_class is None:
                raise InvalidInput("reduction_class", "be given", None)
            self._party(purpose)

    def prepare(self, folder: UploadFolder, told: Told) -> None:
        """Prepares every batch of the file; raises as `scripts.points.prepare.prepare`, for terms too."""
        purpose, file = folder.purpose, folder.upload.path
        mapping = self.mapping_of(purpose)
        folder.keep_preview(preview(file, mapping.file))
        if purpose.kind is FileKind.INSTRUCTIONS:
            assert purpose.reduction_class is not None  # noqa: S101 - as `check_purpose` says
            asked = Instructions(
                kind=mapping.kind,
                reduction_class=purpose.reduction_class,
                party=self._party(purpose),
                files=[file],
                mapping=self._mappings.path(purpose.mapping) if purpose.mapping else None,
                run=folder.run,
            )
            prepare_instructions(self._home, asked, told)
            return
        earning = earning_terms(self._context, mapping, purpose.activity)
        prepare(
            mapping=mapping,
            files=[file],
            terms=earning.terms,
            quantification=earning.quantification,
            keys=self._home.prepare_keys(mapping.kind, mapping.name),
            places=self._home.places(self._run(folder)),
            told=told,
        )

    def view(self, folder: UploadFolder) -> PreparedView | None:
        """What has been made of the file so far; None before anything was."""
        headers = self._run(folder).headers()
        if not headers:
            return None
        first = headers[0]
        refused: Counter[str] = Counter()
        for header in headers:
            refused.update(header.refused)
        self._home.index.refresh()
        return PreparedView(
            kind=first.kind,
            reduction_class=first.reduction_class,
            party=first.party,
            methodology_id=None if first.methodology_id is None else Hash32(first.methodology_id),
            batches=tuple(self._batch(folder, header) for header in headers if header.entry_count),
            rows=sum(header.rows + header.left_out for header in headers),
            left_out=sum(header.left_out for header in headers),
            refused=dict(refused.most_common()),
        )

    def is_abandoned(self, folder: UploadFolder) -> bool:
        """Whether the run was given up, here or by the command."""
        return self._run(folder).abandoned

    def refused_path(self, folder: UploadFolder) -> Path:
        """Where its refused rows are, if there are any."""
        return self._run(folder).refused_path

    def consequence(self, folder: UploadFolder) -> Consequence | None:
        """Of anchoring it."""
        found = foresee(ContractViews(self._context.rpc, self._context.deployment), self._run(folder))
        if found is None:
            return None
        return Consequence(
            personal_before=found.personal_before,
            personal_after=found.personal_after,
            cap_left=found.cap_left,
            cap_left_after=found.cap_left_after,
            withheld=found.withheld,
            bought_back=found.bought_back,
            pool_after=found.pool_after,
        )

    # Signatures

    def feed_signer(self, folder: UploadFolder) -> Address | None:
        """The key that the run's activity is registered with; None for instructions, or before anything was made."""
        headers = self._run(folder).headers()
        if not headers or headers[0].activity_id is None:
            return None
        return (
            ContractViews(self._context.rpc, self._context.deployment).activity_of(headers[0].activity_id).feed_signer
        )

    def sign(self, folder: UploadFolder) -> None:
        """With the feed key of this instance; raises as `FeedSigning.sign_run`."""
        key = open_keystore(self._context.settings.key(FEED))
        FeedSigning(self._context.rpc, self._context.deployment, key, self._sequences).sign_run(self._run(folder))

    def headers_for_wallet(self, folder: UploadFolder) -> list[HeaderForWallet]:
        """Every header as a wallet is asked to sign it."""
        domain = feed_domain(self._context.deployment)
        return [
            HeaderForWallet(
                number=one.batch.number,
                sequence=one.header.sequence,
                feed_signer=one.feed_signer,
                document=domain.data(one.header).document,
                signed=one.signed is not None,
            )
            for one in self._headers.of_run(self._run(folder))
        ]

    def accept_signature(self, folder: UploadFolder, number: int, signature: bytes) -> None:
        """Raises as `FeedHeaders.keep`; `NotFound` for a header that there is not."""
        run = self._run(folder)
        for wanted in self._headers.of_run(run):
            if wanted.batch.number == number:
                if wanted.signed is None:
                    self._headers.keep(run, wanted, signature)
                return
        raise NotFound("batch of the run", number)

    # Chain

    def check_signed(self, folder: UploadFolder) -> None:
        """`HeaderNotSigned` while a signature is missing; `RunUnfinished`, `NothingPrepared`, `RunAbandoned`."""
        run = self._run(folder)
        batches = prepared_batches(run)
        if batches[0].kind.is_of_feed:
            list(signed_batches(run, batches))

    def anchor(self, folder: UploadFolder, progress: Progress) -> None:
        """Raises as `Anchoring.anchor`."""
        Anchoring(self._context, self._home, self._run(folder)).anchor(progress)
        self._context.bring_up()

    def abandon(self, folder: UploadFolder) -> None:
        """Raises as `scripts.points.abandoning.abandon`; a file of which nothing was made yet is no run."""
        run = self._run(folder)
        if run.exists:
            abandon(self._context, self._home, run)

    # Within

    @property
    def _sequences(self) -> Sequences:
        return Sequences(self._home.register())

    @property
    def _headers(self) -> FeedHeaders:
        return FeedHeaders(self._context.rpc, self._context.deployment, self._sequences)

    def _run(self, folder: UploadFolder) -> RunFolder:
        return RunFolder(self._home.runs() / folder.run)

    def _party(self, purpose: Purpose) -> Hash32:
        match purpose.batch_kind:
            case BatchKind.REDEEM:
                return Hash32(self._context.names.account(purpose.party, "party").padded)
            case BatchKind.DONATE:
                if not purpose.party:
                    raise InvalidInput("party", "be the campaign's code", None)
                given = purpose.party
                return Hash32(
                    CampaignId.from_hex(given, "party") if given.startswith("0x") else campaign_id(code=given)
                )
            case _:
                return NO_PARTY

    def _batch(self, folder: UploadFolder, header: PreparedBatch) -> BatchView:
        assert header.root is not None  # noqa: S101 - a batch with entries has both
        assert header.file_hash is not None  # noqa: S101
        place = self._home.index.place_of(header.file_hash)
        indexed = None if place is None else self._home.index.batches[place]
        signed = read_signed(self._run(folder), header) if header.kind.is_of_feed else None
        return BatchView(
            number=header.number,
            entries=header.entry_count,
            total=header.total,
            first_day=header.first_day,
            last_day=header.last_day,
            root=header.root,
            file_hash=header.file_hash,
            sequence=None if signed is None else signed.sequence,
            batch_number=indexed.number if indexed is not None and indexed.state == ANCHORED else None,
            withdrawn=indexed is not None and indexed.state == WITHDRAWN,
        )
