"""The ledger's state out of the mirror: for the reference model to go on from, and for looking up what is registered.

SQL only; takes a connection and never commits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, func, select

from chain.deployment import Deployment
from chain.operations import ContractName
from indexer import schema
from indexer.schema import Book, LotStatus
from ledger import encoding
from ledger.ids import (
    ZERO_ADDRESS,
    ZERO_HASH,
    ActivityId,
    Address,
    ClaimId,
    DebtorId,
    Hash32,
    IdentityCommitment,
    LotId,
    MethodologyId,
    OperationId,
)
from ledger.model import Account, Activity, Contracts, Lot, Methodology, ModelState, Proposal, Registration
from ledger.periods import Days, period
from ledger.vocabulary import (
    AccountKind,
    AccountStatus,
    ActivityKind,
    ActivityStatus,
    BatchKind,
    Custody,
    MethodologyKind,
    MethodologyStatus,
    ProposalStatus,
    ReductionClass,
    Role,
)

_IDS_PER_QUESTION = 500
_NO_HASH = Hash32(bytes(32))


def contracts_of(deployment: Deployment) -> Contracts:
    """Where the ledgers live, as the model takes it."""
    return Contracts(
        chain_id=deployment.chain_id,
        account_registry=deployment.address(ContractName.ACCOUNT_REGISTRY),
        methodology_registry=deployment.address(ContractName.METHODOLOGY_REGISTRY),
        activity_registry=deployment.address(ContractName.ACTIVITY_REGISTRY),
        reduction_ledger=deployment.address(ContractName.REDUCTION_LEDGER),
        provider_registry=deployment.address(ContractName.PROVIDER_REGISTRY),
        campaign_registry=deployment.address(ContractName.CAMPAIGN_REGISTRY),
        point_ledger=deployment.address(ContractName.POINT_LEDGER),
    )


def load_state(connection: Connection, roles: Mapping[Address, Iterable[Role]]) -> ModelState:
    """Everything that the rules depend on, as of the cursor's block.

    Applied operations are not listed (there may be millions): ask `applied` for those that matter. Neither are the
    certificates and the log's peaks, which decide nothing. `roles` come from the chain, the mirror does not hold them.
    """
    lots = {LotId(row.lot_id): _lot(row) for row in connection.execute(select(schema.lots))}
    by_activity: dict[ActivityId, list[Lot]] = defaultdict(list)
    for lot in lots.values():
        by_activity[lot.activity_id].append(lot)
    earned = _earned(connection)
    activities: dict[ActivityId, Activity] = {}
    for row in connection.execute(select(schema.activities)):
        key = ActivityId(row.activity_id)
        activities[key] = _activity(row, by_activity[key], earned.get(key, (0, 0)))
    return ModelState(
        accounts={Address(row.account): _account(row) for row in connection.execute(select(schema.accounts))},
        methodologies={
            MethodologyId(row.methodology_id): _methodology(row)
            for row in connection.execute(select(schema.methodologies))
        },
        activities=activities,
        credited_days=_days(connection, schema.lots),
        earned_days=_days(connection, schema.batches, schema.batches.c.kind == int(BatchKind.EARN)),
        deficits=_deficits(connection),
        proposals={Hash32(row.proposal_id): _proposal(row) for row in connection.execute(select(schema.proposals))},
        lots=lots,
        balances=_balances(connection),
        certificate_count=_certificate_count(connection),
        roles={account: frozenset(given) for account, given in roles.items()},
    )


def applied(connection: Connection, operation_ids: Sequence[OperationId]) -> set[OperationId]:
    """Those of the ids that have a leaf in the indexed log."""
    found: set[OperationId] = set()
    column = schema.operations.c.operation_id
    for start in range(0, len(operation_ids), _IDS_PER_QUESTION):
        part = [bytes(operation_id) for operation_id in operation_ids[start : start + _IDS_PER_QUESTION]]
        found.update(OperationId(value) for value in connection.scalars(select(column).where(column.in_(part))))
    return found


def account_exists(connection: Connection, account: Address) -> bool:
    """Whether the account was ever opened."""
    column = schema.accounts.c.account
    return connection.scalar(select(column).where(column == bytes(account))) is not None


def methodology_class(connection: Connection, methodology_id: MethodologyId) -> ReductionClass | None:
    """The class of a published version; None if there is none."""
    table = schema.methodologies.c
    number = connection.scalar(select(table.reduction_class).where(table.methodology_id == bytes(methodology_id)))
    return None if number is None else ReductionClass.from_number(number)


def activity_terms(connection: Connection, activity_id: ActivityId) -> tuple[MethodologyId, ReductionClass] | None:
    """Methodology version and class of a registered activity; None if there is none."""
    table = schema.activities.c
    question = select(table.methodology_id, table.reduction_class).where(table.activity_id == bytes(activity_id))
    row = connection.execute(question).one_or_none()
    if row is None:
        return None
    return MethodologyId(row.methodology_id), ReductionClass.from_number(row.reduction_class)


def _account(row: Row[Any]) -> Account:
    return Account(
        kind=AccountKind.from_number(row.kind),
        status=AccountStatus.from_number(row.status),
        custody=Custody.from_number(row.custody),
        identity_commitment=IdentityCommitment(row.identity_commitment),
    )


def _methodology(row: Row[Any]) -> Methodology:
    return Methodology(
        code=row.code,
        version=row.version,
        kind=MethodologyKind.from_number(row.kind),
        reduction_class=ReductionClass.from_number(row.reduction_class),
        effective_first_day=row.effective_first_day,
        effective_last_day=row.effective_last_day,
        document_hash=Hash32(row.document_hash),
        status=MethodologyStatus.from_number(row.status),
    )


def _activity(row: Row[Any], lots: Sequence[Lot], earned: tuple[int, int]) -> Activity:
    registration = Registration(
        code=row.code,
        kind=ActivityKind.from_number(row.kind),
        methodology_id=MethodologyId(row.methodology_id),
        operator_account=Address(row.operator_account),
        feed_signer=Address(row.feed_signer) if row.feed_signer else ZERO_ADDRESS,
        crediting_first_day=row.crediting_first_day,
        crediting_last_day=row.crediting_last_day,
        facility_id=Hash32(row.facility_id) if row.facility_id else _NO_HASH,
        pledge_hash=Hash32(row.pledge_hash) if row.pledge_hash else _NO_HASH,
        cap_grams=row.cap_gco2e,
    )
    return Activity(
        registration=registration,
        reduction_class=ReductionClass.from_number(row.reduction_class),
        status=ActivityStatus.from_number(row.status),
        issued_grams=earned[0] + sum(lot.issued_grams for lot in lots),
        corrected_grams=earned[1] + sum(lot.corrected_grams for lot in lots),
    )


def _proposal(row: Row[Any]) -> Proposal:
    return Proposal(
        activity_id=ActivityId(row.activity_id),
        first_day=row.first_day,
        last_day=row.last_day,
        grams=row.quantity_gco2e,
        proposer=Address(row.proposer),
        status=ProposalStatus.from_number(row.status),
    )


def _lot(row: Row[Any]) -> Lot:
    return Lot(
        activity_id=ActivityId(row.activity_id or _NO_HASH),
        methodology_id=MethodologyId(row.methodology_id or _NO_HASH),
        reduction_class=ReductionClass.from_number(row.reduction_class),
        first_day=row.first_day or 0,
        last_day=row.last_day or 0,
        credited_account=Address(row.credited_account),
        first_serial=row.first_serial,
        issued_grams=row.issued_gco2e,
        frozen=row.status == LotStatus.FROZEN,
        cancelled_grams=row.cancelled_gco2e,
        taken_back_grams=row.taken_back_gco2e,
        corrected_grams=row.corrected_gco2e,
    )


def _days(connection: Connection, table: Table, *where: ColumnElement[bool]) -> dict[ClaimId, Days]:
    """Days that the lots, or the batches, of each claim are of."""
    activities = schema.activities
    question = select(
        activities.c.activity_id, activities.c.facility_id, table.c.first_day, table.c.last_day
    ).join_from(table, activities, table.c.activity_id == activities.c.activity_id)
    days: dict[ClaimId, Days] = {}
    for row in connection.execute(question.where(*where).distinct()):
        claim = encoding.claim_id(activity_id=row.activity_id, facility_id=row.facility_id or ZERO_HASH)
        days[claim] = days.get(claim, 0) | period(row.first_day, row.last_day)
    return days


def _earned(connection: Connection) -> dict[ActivityId, tuple[int, int]]:
    """Points that each activity earned, and those found over-credited: they count against its cap."""
    earned, correcting = schema.batches.alias(), schema.batches.alias()
    totals = select(earned.c.activity_id, func.sum(earned.c.total)).where(earned.c.kind == int(BatchKind.EARN))
    corrections = select(earned.c.activity_id, func.sum(correcting.c.corrected_gco2e)).join(
        correcting, correcting.c.corrected_batch == earned.c.batch_number
    )
    of_corrections = dict(connection.execute(corrections.group_by(earned.c.activity_id)).all())
    return {
        ActivityId(activity_id): (int(total), int(of_corrections.get(activity_id, 0)))
        for activity_id, total in connection.execute(totals.group_by(earned.c.activity_id))
    }


def _certificate_count(connection: Connection) -> int:
    """Numbers taken so far, by both ledgers: one sequence (docs/spec/05-points.md §5.4)."""
    batches = schema.batches.c
    last = (
        select(func.max(schema.certificates.c.number)),
        select(func.max(schema.campaign_cancellations.c.certificate_number)),
        select(func.max(batches.first_certificate + batches.entry_count - 1)),
    )
    return max(connection.scalar(question) or 0 for question in last)


def _balances(connection: Connection) -> dict[tuple[Address, LotId], int]:
    table = schema.balances.c
    rows = connection.execute(select(table.owner, table.lot_id, table.quantity_gco2e).where(table.book == Book.HELD))
    return {(Address(row.owner), LotId(row.lot_id)): row.quantity_gco2e for row in rows}


def _deficits(connection: Connection) -> dict[DebtorId, int]:
    table = schema.balances.c
    rows = connection.execute(select(table.owner, table.quantity_gco2e).where(table.book == Book.DEFICIT))
    return {DebtorId(row.owner): row.quantity_gco2e for row in rows}
