"""`tanpuhui points …`: what is sent to the chain; `scripts.commands.points` is the whole group."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from chain.views import ContractViews
from indexer.batch_files import read_batch
from ledger.canonical import parse_strict
from ledger.errors import InvalidInput, Json
from ledger.ids import Hash32
from ledger.vocabulary import BatchKind, ReductionClass, Role
from scripts.command import command, group
from scripts.commands.campaign import ClassOption, campaign_of
from scripts.context import Context, new_operation_id
from scripts.errors import Interrupted
from scripts.keys import open_keystore
from scripts.operating import OperatingContext
from scripts.operations import perform
from scripts.options import FieldOption, QuantityOption, RecordOption, record_fields
from scripts.options import quantity as read_quantity
from scripts.output import Facts, Grams, Listing, Result
from scripts.points.anchoring import Anchored, Anchoring, Correction, Outcome
from scripts.points.foreseen import foresee
from scripts.points.home import PointsHome
from scripts.points.instructions import NO_PARTY, Instructions, prepare_instructions
from scripts.points.run_folder import PreparedBatch, RunFolder
from scripts.points.sequences import Sequences
from scripts.points.signing import FeedSigning
from scripts.points.snapshots import prepare_snapshot
from scripts.settings import FEED

app = group(
    "points", "Points of persons (个人积分), by batch: prepared, signed, anchored, redeemed, donated, cancelled."
)

RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="Folder of the run, or its name under `HOME/points/runs`.")
]
FilesArgument = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", help="Columns instruction_id, account, points, reference; or see --mapping."),
]
MappingOption = Annotated[
    Path | None, typer.Option("--mapping", metavar="MAP.toml", help="How the file is read, if it has other columns.")
]
RunOption = Annotated[
    str | None, typer.Option("--run", metavar="RUN", help="Where to prepare; by default it follows from the files.")
]
YesOption = Annotated[
    bool, typer.Option("--yes", help="Anchor at once. Without it nothing is sent: what it would do is shown.")
]


@contextmanager
def points_home(context: Context) -> Iterator[PointsHome]:
    """The operator's side of points, for one command."""
    with PointsHome(context.settings) as home:
        yield home


@command(app, "sign")
def sign(context: OperatingContext, run: RunArgument) -> Result:
    """Signs every header of a run with the operator's feed key (EIP-712).

    Gives each its sequence: the activity's next on chain, plus those signed before. Signing again gives the same. The
    key is a key file (`--keystore` or `TANPUHUI_KEYSTORE_FEED`) whose password comes from `--password-file` or the
    environment; it must be the one that the activity is registered with.

    **Example**

        tanpuhui points sign metro-2026-10-01 --keystore metro-feed.json --password-file metro-feed.password
    """
    signer = open_keystore(context.settings.key(FEED))
    with points_home(context) as home:
        folder = home.run(run)
        signing = FeedSigning(context.rpc, context.deployment, signer, Sequences(home.register()))
        signed = signing.sign_run(folder)
    facts = {
        "run": str(folder.path),
        "batches": len(signed),
        "first_sequence": min(one.sequence for one in signed),
        "last_sequence": max(one.sequence for one in signed),
        "signer": signer.address,
        "point_ledger": signed[0].ledger,
        "entries": sum(one.batch.entry_count for one in signed),
        **_sum("total", [one.batch for one in signed]),
    }
    return Result(parts=[Facts("Signed", facts)], note=f"next: tanpuhui points anchor {run}")


@command(app, "anchor")
def anchor(context: OperatingContext, run: RunArgument) -> Result:
    """Anchors every batch of a run, in order, each once however often it is started.

    Each file is checked again first: its hash, order, total and root against the header, and its entries against those
    of every other batch. Many are in flight at a time. Killed anywhere and started again, it sends what is missing.
    Earned points and behaviour must be signed (`points sign`).

    **Example**

        tanpuhui points anchor metro-2026-10-01
    """
    with points_home(context) as home:
        return _anchor(context, home, home.run(run))


@command(app, "redeem")
def redeem(
    context: OperatingContext,
    files: FilesArgument,
    *,
    provider: Annotated[str, typer.Option(metavar="ACCOUNT", help="Mall provider that receives the points.")],
    reduction_class: ClassOption,
    mapping: MappingOption = None,
    run: RunOption = None,
    yes: YesOption = False,
) -> Result:
    """Moves points of persons to a mall provider (兑换), from a file of instructions.

    Prepares, shows the consequence in points and tonnes, and with --yes anchors at once; else `points anchor RUN` does.
    Every full 1,000,000 of a class in the provider's pool becomes one tonne that the provider holds, in the same step.
    Nobody can redeem more than they have: such a row is refused, and stands in the run's refused.csv.

    **Example**

        tanpuhui points redeem mall-2026-10-02.csv --provider ref:mall-01 --class II --yes
    """
    account = context.names.account(provider, "provider")
    return _instruct(
        context, BatchKind.REDEEM, reduction_class, account.padded, files=files, mapping=mapping, run=run, yes=yes
    )


@command(app, "donate")
def donate(
    context: OperatingContext,
    files: FilesArgument,
    *,
    campaign: Annotated[str, typer.Option(metavar="CODE", help="Campaign that the points are for.")],
    reduction_class: ClassOption,
    mapping: MappingOption = None,
    run: RunOption = None,
    yes: YesOption = False,
) -> Result:
    """Donates points of persons to a campaign (捐赠), from a file of instructions; see `points redeem`.

    They are cancelled for it by `campaign cancel`, under one certificate for each class.

    **Example**

        tanpuhui points donate donations.csv --campaign MARATHON-2026 --class I --yes
    """
    party = Hash32(campaign_of(campaign))
    return _instruct(context, BatchKind.DONATE, reduction_class, party, files=files, mapping=mapping, run=run, yes=yes)


@command(app, "cancel")
def cancel(
    context: OperatingContext,
    files: FilesArgument,
    *,
    reduction_class: ClassOption,
    mapping: MappingOption = None,
    run: RunOption = None,
    yes: YesOption = False,
) -> Result:
    """Cancels points of persons for ever (自愿注销), from a file of instructions; shows each certificate number.

    **Example**

        tanpuhui points cancel cancellations.csv --class I --yes
    """
    return _instruct(
        context, BatchKind.CANCEL, reduction_class, NO_PARTY, files=files, mapping=mapping, run=run, yes=yes
    )


@command(app, "correct")
def correct(
    context: OperatingContext,
    batch: Annotated[int, typer.Argument(min=1, metavar="BATCH", help="Number of the batch of earned points.")],
    *,
    quantity: QuantityOption,
    reason: Annotated[str, typer.Option(help="Why; it is kept in the record.")],
    file: Annotated[
        list[Path] | None,
        typer.Option("--file", metavar="FILE", help="What is taken back from whom: as `points cancel` takes it."),
    ] = None,
    mapping: MappingOption = None,
    run: RunOption = None,
    yes: YesOption = False,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Corrects a batch of earned points (矫正, the regulator). Nothing is erased.

    `--quantity` was credited too much. What the file takes back from persons leaves their balances; the rest becomes
    the activity's deficit, which its next batches fill first.

    **Example**

        tanpuhui points correct 17 --quantity 5420g --reason "gate 12 counted twice" --file taken-back.csv --yes
    """
    grams = read_quantity(quantity)
    corrected = ContractViews(context.rpc, context.deployment).batch_of(batch)
    if corrected.kind is not BatchKind.EARN:
        raise InvalidInput(
            "batch", "be a batch of earned points that was anchored", f"{batch} ({corrected.kind.label})"
        )
    if not file:
        return _correct_alone(context, batch, grams, reason, record_fields(record, field), yes=yes)
    with points_home(context) as home:
        asked = Instructions(
            kind=BatchKind.CORRECT,
            reduction_class=corrected.reduction_class,
            party=Hash32(batch.to_bytes(32, "big")),
            files=file,
            mapping=mapping,
            run=run,
        )
        folder = prepare_instructions(home, asked)
        if folder.correction() is None:
            said = Correction(
                operation_id=new_operation_id(),
                batch_number=batch,
                grams=grams,
                reason=reason,
                fields=record_fields(record, field),
            )
            folder.keep_correction(said.to_json())
        return _shown_or_sent(context, home, folder, yes=yes)


@command(app, "snapshot")
def snapshot(context: OperatingContext, *, reduction_class: ClassOption) -> Result:
    """Anchors all personal balances of a class as they are after the last batch (余额快照).

    Balances are made from the batch files. If their total differs from the chain's by as little as a gram, nothing is
    sent and the batch at fault is named.

    **Example**

        tanpuhui points snapshot --class I
    """
    of_class = ReductionClass.from_label(reduction_class, "class")
    with points_home(context) as home:
        made = prepare_snapshot(home, ContractViews(context.rpc, context.deployment), of_class)
        return _anchor(context, home, made.run)


# Instructions


def _correct_alone(
    context: OperatingContext, batch: int, grams: int, reason: str, fields: dict[str, Json], *, yes: bool
) -> Result:
    """A correction that takes nothing from persons: all of it joins the deficit."""
    foreseen = Facts("What it would do", {"batch_number": batch, "joins_deficit_gco2e": Grams(grams)})
    if not yes:
        return Result(parts=[foreseen], note="nothing is sent yet: this command again with --yes")
    context.output.aside(foreseen)
    identifier = new_operation_id()
    return perform(
        context,
        Role.REGULATOR,
        identifier,
        lambda composer: composer.correct_points(
            operation_id=identifier, batch_number=batch, grams=grams, reason=reason, fields=fields
        ),
    )


def _instruct(
    context: OperatingContext,
    kind: BatchKind,
    reduction_class: str,
    party: Hash32,
    *,
    files: list[Path],
    mapping: Path | None,
    run: str | None,
    yes: bool,
) -> Result:
    asked = Instructions(
        kind=kind,
        reduction_class=ReductionClass.from_label(reduction_class, "class"),
        party=party,
        files=files,
        mapping=mapping,
        run=run,
    )
    with points_home(context) as home:
        folder = prepare_instructions(home, asked)
        return _shown_or_sent(context, home, folder, yes=yes)


def _shown_or_sent(context: OperatingContext, home: PointsHome, run: RunFolder, *, yes: bool) -> Result:
    foreseen = consequence(context, run)
    if not yes:
        note = f"nothing is sent yet: tanpuhui points anchor {run.path.name}, or this command again with --yes"
        return Result(parts=[foreseen], note=note)
    context.output.aside(foreseen)
    return _anchor(context, home, run)


def consequence(context: OperatingContext, run: RunFolder) -> Facts:
    """What anchoring a run of instructions would do, in points and tonnes."""
    found = foresee(ContractViews(context.rpc, context.deployment), run)
    refused = sum(sum(batch.refused.values()) for batch in run.headers())
    facts: dict[str, object] = {"run": run.path.name, "entries": 0 if found is None else found.entries}
    facts["refused_rows"] = refused
    if refused:
        facts["refused_file"] = str(run.refused_path)
    if found is None:
        return Facts("Nothing to anchor", facts)
    facts |= {
        "kind": found.kind,
        "class": found.reduction_class,
        "points": str(found.total),
        "quantity_gco2e": Grams(found.total),
        "personal_before_gco2e": Grams(found.personal_before or 0),
        "personal_after_gco2e": Grams(found.personal_after or 0),
    }
    if found.provider is not None:
        facts |= {
            "provider_account": found.provider,
            "bought_back_gco2e": Grams(found.bought_back or 0),
            "pool_after_gco2e": Grams(found.pool_after or 0),
        }
    if found.corrected_batch is not None:
        facts |= {
            "batch_number": found.corrected_batch,
            "over_credited_gco2e": Grams(found.over_credited or 0),
            "joins_deficit_gco2e": Grams(found.joins_deficit or 0),
        }
    return Facts("What it would do", facts)


# Anchoring


def _anchor(context: OperatingContext, home: PointsHome, run: RunFolder) -> Result:
    anchoring = Anchoring(context, home, run)
    try:
        with context.output.progress() as progress:
            progress.begin("anchoring", None)
            outcome = anchoring.anchor(progress.reach)
    except KeyboardInterrupt:
        raise Interrupted(f"`tanpuhui points anchor {run.path.name}` goes on where it was") from None
    context.bring_up()
    return told(home, run, outcome)


def told(home: PointsHome, run: RunFolder, outcome: Outcome) -> Result:
    """What was anchored, a row for each batch; of cancellations every certificate number."""
    batches = [anchored.sending.batch for anchored in outcome.anchored]
    facts: dict[str, object] = {
        "run": run.path.name,
        "kind": batches[0].kind,
        "class": batches[0].reduction_class,
        "batches": len(batches),
        "sent_now": outcome.sent,
        "entries": sum(batch.entry_count for batch in batches),
        **_sum("total", batches),
        "withheld_gco2e": Grams(sum(anchored.withheld for anchored in outcome.anchored)),
        "bought_back_gco2e": Grams(sum(anchored.bought_back for anchored in outcome.anchored)),
    }
    columns = ["batch_number", "entries", "total", "block_number", "operation_id", "file_hash"]
    rows = [
        [
            anchored.number,
            anchored.sending.batch.entry_count,
            str(anchored.sending.batch.total),
            anchored.status.block_number,
            anchored.sending.operation_id,
            anchored.sending.batch.file_hash,
        ]
        for anchored in outcome.anchored
    ]
    parts: list[Facts | Listing] = [Facts("Anchored", facts), Listing("Batches", "items", columns, rows)]
    return Result(parts=[*parts, *_certificates(home, outcome.anchored)])


def _certificates(home: PointsHome, anchored: list[Anchored]) -> Iterator[Listing]:
    """Of cancellations: the certificate of each entry, in the order of the entries' ids."""
    columns = ["certificate_number", "quantity_gco2e", "reference", "entry_id"]
    rows: list[list[object]] = []
    for one in anchored:
        file_hash = one.sending.batch.file_hash
        if not one.first_certificate or file_hash is None:
            continue
        batch = read_batch(home.store.local(file_hash))
        for row, (grams, details) in enumerate(zip(batch.grams.tolist(), batch.details.to_list(), strict=True)):
            said = parse_strict(details)
            reference = said["reference"] if isinstance(said, dict) else None
            entry_id = Hash32(batch.entry_ids[row].tobytes())
            rows.append([one.first_certificate + row, Grams(grams), reference, entry_id])
    if rows:
        yield Listing("Certificates", "certificates", columns, rows)


def _sum(name: str, batches: list[PreparedBatch]) -> dict[str, object]:
    """The total of batches with its unit: behaviour value is no grams."""
    total = sum(batch.total for batch in batches)
    if batches[0].kind is BatchKind.BEHAVIOUR:
        return {"behaviour_value": str(total)}
    return {"points": str(total), f"{name}_gco2e": Grams(total)}
