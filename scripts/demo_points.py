"""The demo's points: a made feed of charging sessions becomes points, and these go round.

Prepared, signed by the operator's key, anchored; redeemed at a mall provider until a full tonne is bought back; donated
to an event and cancelled for it; cancelled by a person, with a certificate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Protocol

from chain.composer import Composer
from chain.operations import Operation
from chain.views import ContractViews
from ledger.encoding import activity_id as encoded_activity_id
from ledger.encoding import campaign_id as encoded_campaign_id
from ledger.ids import Hash32, OperationId
from ledger.quantification import Quantification
from ledger.units import civil_day_from_text, format_tonnes
from ledger.vocabulary import AccountKind, BatchKind, CancellationPurpose, Custody, ProviderMode, ReductionClass, Role
from scripts.keys import open_keystore
from scripts.operating import OperatingContext
from scripts.output import Facts, Grams, Listing
from scripts.points.anchoring import Anchoring, Outcome
from scripts.points.home import PointsHome
from scripts.points.instructions import NO_PARTY, Instructions, prepare_instructions
from scripts.points.lookup import choose, entries_of, prove
from scripts.points.mapping import load_feed_mapping
from scripts.points.prepare import prepare
from scripts.points.run_folder import CreditableDays, PreparedBatch, RunFolder, Terms
from scripts.points.sequences import Sequences
from scripts.points.signing import FeedSigning
from scripts.settings import FEED

POINTS_ACTIVITY: Final = "SAMPLE-EV-0002"
CAMPAIGN: Final = "SAMPLE-MARATHON-2026"
RUN: Final = "sample-charging"
SAMPLE_PERSON: Final = "sample:1005"
"""Who cancels points in `sample/cancel.csv`."""
BATCH_ROWS: Final = 30
CHARGING_FORMULA: Final = Quantification.from_json(
    {
        "format": 1,
        "formula": "metered-energy",
        "parameters": {"grams_per_kwh": "420"},
        "rounding": "half-up",
        "ranges": {"energy_wh": [1, 200_000]},
    }
)
_OF_CLASS: Final = ReductionClass.II
_MADE: Final = {"made": "a sample, not real"}


class Story(Protocol):
    """What points need of the demo."""

    context: OperatingContext

    def say(self, chinese: str, english: str, detail: str = "") -> None:
        """One line of progress."""
        ...

    def perform(self, role: Role, make: Callable[[Composer, OperationId], Operation]) -> dict[str, Any]:
        """Sends one operation and gives what its event says."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsOutcome:
    """What became of the made feed. Quantities in g CO2e."""

    entries: int
    refused_rows: int
    earned: int
    redeemed: int
    bought_back: int
    donated: int
    donation_certificate: int
    cancelled: int
    personal_certificate: int

    def facts(self) -> Facts:
        """For the summary."""
        values: dict[str, object] = {
            "points_entries": self.entries,
            "points_refused_rows": self.refused_rows,
            "points_earned_gco2e": Grams(self.earned),
            "points_redeemed_gco2e": Grams(self.redeemed),
            "points_bought_back_gco2e": Grams(self.bought_back),
            "points_donated_gco2e": Grams(self.donated),
            "points_donation_certificate": self.donation_certificate,
            "points_cancelled_gco2e": Grams(self.cancelled),
            "points_personal_certificate": self.personal_certificate,
        }
        return Facts("积分 Points (made data 虚构数据)", values)


def run_points(story: Story) -> PointsOutcome:
    """Everything that happens to points, in the order of the story."""
    with PointsHome(story.context.settings) as home:
        return _Points(story, home).go()


def points_listing(views: ContractViews) -> Listing:
    """The sums of points of each class on chain."""
    rows: list[list[object]] = []
    for each in (ReductionClass.I, ReductionClass.II):
        totals = views.point_totals_of(each)
        grams = (
            *(totals.issued_grams, totals.personal_grams, totals.pooled_by_providers_grams),
            *(totals.pooled_by_campaigns_grams, totals.bought_back_grams, totals.cancelled_grams),
        )
        rows.append([each, *map(Grams, grams)])
    names = ("issued", "personal", "providers", "campaigns", "bought_back", "cancelled")
    columns = ["class", *(f"{name}_gco2e" for name in names)]
    return Listing("积分 Points by class (made data 虚构数据)", "points", columns, rows)


class _Points:
    """One run."""

    def __init__(self, story: Story, home: PointsHome) -> None:
        self._story = story
        self._context = story.context
        self._home = home

    def go(self) -> PointsOutcome:
        headers = self._earn()
        redeemed, sent = self._redeem()
        donated, donation_certificate = self._donate()
        cancelled, personal = self._instruct(BatchKind.CANCEL, NO_PARTY)
        certificate = personal.anchored[0].first_certificate
        self._story.say("自愿注销", "cancelled by a person", f"{cancelled} points, certificate {certificate}")
        return PointsOutcome(
            entries=sum(header.entry_count for header in headers),
            refused_rows=sum(sum(header.refused.values()) for header in headers),
            earned=sum(header.total for header in headers),
            redeemed=redeemed,
            bought_back=sum(anchored.bought_back for anchored in sent.anchored),
            donated=donated,
            donation_certificate=donation_certificate,
            cancelled=cancelled,
            personal_certificate=certificate,
        )

    def _earn(self) -> list[PreparedBatch]:
        context, home = self._context, self._home
        run = home.run(RUN)
        activity_id = encoded_activity_id(code=POINTS_ACTIVITY)
        activity = ContractViews(context.rpc, context.deployment).activity_of(activity_id)
        mapping = load_feed_mapping(_sample("sessions.toml"))
        headers = prepare(
            mapping=mapping,
            files=[_sample("sessions.csv")],
            terms=Terms(
                kind=BatchKind.EARN,
                reduction_class=_OF_CLASS,
                party=Hash32(activity_id),
                methodology_id=activity.methodology_id,
                creditable=CreditableDays.planned_now(activity.crediting_first_day, activity.crediting_last_day),
            ),
            quantification=CHARGING_FORMULA,
            keys=home.prepare_keys(BatchKind.EARN, mapping.name),
            places=home.places(run),
            batch_size=BATCH_ROWS,
        )
        entries, refused = sum(one.entry_count for one in headers), sum(sum(one.refused.values()) for one in headers)
        self._story.say("积分准备", "points prepared", f"{entries} sessions of a made feed, {refused} rows refused")
        key = open_keystore(context.settings.key(FEED))
        signed = FeedSigning(context.rpc, context.deployment, key, Sequences(home.register())).sign_run(run)
        self._story.say("积分签署", "batch headers signed by the operator", f"{len(signed)} headers, EIP-712")
        self._anchor(run)
        grams = sum(header.total for header in headers)
        self._story.say("积分上链", "batches anchored", f"{len(signed)} batches, {grams} points")
        found = entries_of(home, home.persons.tag_of("sample:1001"))
        proof = prove(home, choose(found, entry=found[0].entry_id.hex0x, batch=None))
        self._story.say(
            "积分证明", "an entry of a person proved", f"{len(proof.path)} siblings, entry {proof.index + 1}"
        )
        return headers

    def _redeem(self) -> tuple[int, Outcome]:
        provider = self._open("demo-mall")
        paper = Hash32(hashlib.sha256(_sample("pledge.txt").read_bytes()).digest())
        self._story.perform(
            Role.EXCHANGE,
            lambda composer, identifier: composer.admit_provider(
                operation_id=identifier,
                account=provider,
                mode=ProviderMode.THIRD_PARTY_MALL,
                application_hash=paper,
                evaluation_hash=paper,
                agreement_hash=paper,
                fields=_MADE,
            ),
        )
        grams, outcome = self._instruct(BatchKind.REDEEM, provider.padded)
        bought_back = sum(anchored.bought_back for anchored in outcome.anchored)
        detail = f"{grams} points, {format_tonnes(bought_back)} t bought back as a lot"
        self._story.say("兑换", "redeemed at a mall provider", detail)
        return grams, outcome

    def _donate(self) -> tuple[int, int]:
        campaign_id = encoded_campaign_id(code=CAMPAIGN)
        beneficiary = self._context.names.account("ref:demo-marathon")
        self._story.perform(
            Role.EXCHANGE,
            lambda composer, identifier: composer.open_campaign(
                operation_id=identifier,
                code=CAMPAIGN,
                beneficiary=beneficiary,
                purpose=CancellationPurpose.EVENT_NEUTRALITY,
                last_day=civil_day_from_text("2099-12-31"),
                document_hash=Hash32(hashlib.sha256(_sample("README.md").read_bytes()).digest()),
                fields=_MADE,
            ),
        )
        grams, _ = self._instruct(BatchKind.DONATE, Hash32(campaign_id))
        cancelled = self._story.perform(
            Role.PLATFORM,
            lambda composer, identifier: composer.cancel_campaign(
                operation_id=identifier,
                campaign_id=campaign_id,
                reduction_class=_OF_CLASS,
                fields={**_MADE, "event": CAMPAIGN},
            ),
        )
        certificate = int(cancelled["certificate_number"])
        self._story.say(
            "捐赠", "donated to an event and cancelled for it", f"{grams} points, certificate {certificate}"
        )
        return grams, certificate

    def _instruct(self, kind: BatchKind, party: Hash32) -> tuple[int, Outcome]:
        files = [_sample(f"{kind.label}.csv")]
        asked = Instructions(kind=kind, reduction_class=_OF_CLASS, party=party, files=files)
        run = prepare_instructions(self._home, asked)
        return sum(header.total for header in run.headers()), self._anchor(run)

    def _anchor(self, run: RunFolder) -> Outcome:
        with self._context.output.progress() as progress:
            progress.begin("anchoring", None)
            return Anchoring(self._context, self._home, run).anchor(progress.reach)

    def _open(self, name: str) -> Any:
        account = self._context.names.account(f"ref:{name}")
        self._story.perform(
            Role.PLATFORM,
            lambda composer, identifier: composer.open_account(
                operation_id=identifier,
                account=account,
                kind=AccountKind.INSTITUTION,
                custody=Custody.PLATFORM,
                identity_commitment=self._context.names.commitment(name),
                fields=_MADE,
            ),
        )
        return account


def _sample(name: str) -> Path:
    return Path(str(files("scripts").joinpath("sample", name)))
