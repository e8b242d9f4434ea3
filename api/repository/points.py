"""Points: batches, providers, campaigns and totals. Nothing here knows a person (docs/spec/05-points.md)."""

from typing import Any, NamedTuple

from api.repository.filters import number, raw, where
from api.repository.snapshots import Snapshot
from indexer.schema import PointBook

_BATCH = """
SELECT b.batch_number, b.leaf_index, b.kind, b.reduction_class, b.activity_id, a.code, b.provider, b.campaign_id,
       c.code, b.corrected_batch, b.after_batch, b.root, b.total, b.entry_count, b.file_hash, b.withheld_gco2e,
       b.first_certificate, b.corrected_gco2e, b.bought_back_gco2e, b.personal_after_gco2e, b.methodology_id,
       b.sequence, b.first_day, b.last_day, f.state, f.rule, f.duplicates, f.overdrawn, o.operation_id, o.subject,
       o.timestamp
FROM batches b
JOIN operations o ON o.leaf_index = b.leaf_index
LEFT JOIN activities a ON a.activity_id = b.activity_id
LEFT JOIN campaigns c ON c.campaign_id = b.campaign_id
LEFT JOIN batch_files f ON f.batch_number = b.batch_number AND f.subject = o.subject
"""
_PROVIDER = """
SELECT p.account, p.status, a.mode, a.application_hash, a.evaluation_hash, a.agreement_hash, p.admitted_leaf_index,
       p.status_leaf_index
FROM providers p
JOIN provider_admissions a ON a.leaf_index = (
    SELECT MAX(last.leaf_index) FROM provider_admissions last WHERE last.account = p.account)
"""
_CAMPAIGN = """
SELECT campaign_id, code, beneficiary, purpose, last_day, document_hash, status, opened_leaf_index, status_leaf_index
FROM campaigns
"""
_CANCELLATION = """
SELECT c.certificate_number, c.leaf_index, c.campaign_id, g.code, c.reduction_class, c.purpose, c.quantity_gco2e,
       o.operation_id, o.timestamp
FROM campaign_cancellations c
JOIN operations o ON o.leaf_index = c.leaf_index
JOIN campaigns g ON g.campaign_id = c.campaign_id
"""
_OF_OWNER = "SELECT book, reduction_class, quantity_gco2e FROM point_balances WHERE owner = ?"
_TOTALS = """
SELECT reduction_class, book, CAST(SUM(quantity_gco2e) AS BIGINT) FROM point_balances GROUP BY reduction_class, book
"""


class BatchRow(NamedTuple):
    """One batch with its operation and what became of its file; totals in grams, or behaviour value."""

    batch_number: int
    leaf_index: int
    kind: int
    reduction_class: int
    activity_id: bytes | None
    activity_code: str | None
    provider: bytes | None
    campaign_id: bytes | None
    campaign_code: str | None
    corrected_batch: int | None
    after_batch: int | None
    root: bytes | None
    total: int
    entry_count: int
    file_hash: bytes | None
    withheld_grams: int
    first_certificate: int | None
    corrected_grams: int | None
    bought_back_grams: int | None
    personal_after_grams: int | None
    methodology_id: bytes | None
    sequence: int | None
    first_day: int | None
    last_day: int | None
    file_state: str | None
    file_rule: str | None
    duplicates: int | None
    overdrawn: int | None
    operation_id: bytes
    subject: bytes
    timestamp: int


class ProviderRow(NamedTuple):
    """One provider, with its last admission."""

    account: bytes
    status: int
    mode: int
    application_hash: bytes
    evaluation_hash: bytes
    agreement_hash: bytes
    admitted_leaf_index: int
    status_leaf_index: int


class CampaignRow(NamedTuple):
    """One campaign."""

    campaign_id: bytes
    code: str
    beneficiary: bytes
    purpose: int
    last_day: int
    document_hash: bytes
    status: int
    opened_leaf_index: int
    status_leaf_index: int


class CampaignCancellationRow(NamedTuple):
    """A campaign's pool of a class, cancelled for it; in grams."""

    certificate_number: int
    leaf_index: int
    campaign_id: bytes
    campaign_code: str
    reduction_class: int
    purpose: int
    grams: int
    operation_id: bytes
    timestamp: int


def batch(snapshot: Snapshot, batch_number: int) -> BatchRow | None:
    """The batch with this number."""
    row = snapshot.one(_BATCH + "WHERE b.batch_number = ?", batch_number)
    return None if row is None else BatchRow._make(row)


def batch_of_certificate(snapshot: Snapshot, certificate: int) -> BatchRow | None:
    """The cancel batch one of whose entries has this certificate number."""
    row = snapshot.one(_BATCH + "WHERE b.first_certificate <= ? ORDER BY b.first_certificate DESC LIMIT 1", certificate)
    if row is None:
        return None
    found = BatchRow._make(row)
    assert found.first_certificate is not None  # noqa: S101 - the condition above
    return found if certificate < found.first_certificate + found.entry_count else None


def latest_number(snapshot: Snapshot) -> int:
    """How many batches there are, which is the number of the last."""
    row = snapshot.one("SELECT batch_number FROM batches ORDER BY batch_number DESC LIMIT 1")
    return 0 if row is None else int(row[0])


def corrections_of(snapshot: Snapshot, batch_number: int) -> list[tuple[int, int]]:
    """Corrections of an earn batch: their numbers, and grams found over-credited."""
    statement = "SELECT batch_number, corrected_gco2e FROM batches WHERE corrected_batch = ? ORDER BY batch_number"
    rows = snapshot.all(statement, batch_number)
    return [(int(number), int(grams)) for number, grams in rows]


def latest_snapshot(snapshot: Snapshot, reduction_class: int) -> BatchRow | None:
    """The last snapshot of a class."""
    row = snapshot.one(
        _BATCH + "WHERE b.kind = 7 AND b.reduction_class = ? ORDER BY b.batch_number DESC LIMIT 1", int(reduction_class)
    )
    return None if row is None else BatchRow._make(row)


def batch_page(
    snapshot: Snapshot, *, newest_first: bool, after: int | None, limit: int, day: int | None = None, **filters: Any
) -> list[BatchRow]:
    """Batches by number; `filters` by column: kind, reduction_class, activity_id, provider, campaign_id. `day`: only of
    feeds, with a period that holds this civil day.
    """
    values = {
        f"b.{name} = ?": raw(value) if isinstance(value, bytes) else number(value) for name, value in filters.items()
    }
    values |= {"b.first_day <= ?": day, "b.last_day >= ?": day}
    clause, given = where({"b.batch_number < ?" if newest_first else "b.batch_number > ?": after, **values})
    order = "DESC" if newest_first else "ASC"
    rows = snapshot.all(f"{_BATCH} {clause} ORDER BY b.batch_number {order} LIMIT ?", *given, limit)
    return [BatchRow._make(row) for row in rows]


def provider(snapshot: Snapshot, account: bytes) -> ProviderRow | None:
    """The provider with this account."""
    row = snapshot.one(_PROVIDER + "WHERE p.account = ?", bytes(account))
    return None if row is None else ProviderRow._make(row)


def provider_page(snapshot: Snapshot, *, status: int | None, after: int, limit: int) -> list[ProviderRow]:
    """Providers in the order in which they were first admitted."""
    clause, values = where({"p.admitted_leaf_index > ?": after, "p.status = ?": number(status)})
    rows = snapshot.all(f"{_PROVIDER} {clause} ORDER BY p.admitted_leaf_index LIMIT ?", *values, limit)
    return [ProviderRow._make(row) for row in rows]


def campaign(snapshot: Snapshot, *, campaign_id: bytes | None = None, code: str | None = None) -> CampaignRow | None:
    """The campaign with this id or code."""
    clause, values = where({"campaign_id = ?": raw(campaign_id), "code = ?": code})
    row = snapshot.one(_CAMPAIGN + clause, *values)
    return None if row is None else CampaignRow._make(row)


def campaign_page(snapshot: Snapshot, *, status: int | None, after: int, limit: int) -> list[CampaignRow]:
    """Campaigns in the order in which they were opened."""
    clause, values = where({"opened_leaf_index > ?": after, "status = ?": number(status)})
    rows = snapshot.all(f"{_CAMPAIGN} {clause} ORDER BY opened_leaf_index LIMIT ?", *values, limit)
    return [CampaignRow._make(row) for row in rows]


def cancellations(snapshot: Snapshot, campaign_id: bytes) -> list[CampaignCancellationRow]:
    """What was cancelled for a campaign, by certificate."""
    rows = snapshot.all(_CANCELLATION + "WHERE c.campaign_id = ? ORDER BY c.certificate_number", bytes(campaign_id))
    return [CampaignCancellationRow._make(row) for row in rows]


def cancellation(snapshot: Snapshot, certificate: int) -> CampaignCancellationRow | None:
    """The campaign cancellation with this certificate number."""
    row = snapshot.one(_CANCELLATION + "WHERE c.certificate_number = ?", certificate)
    return None if row is None else CampaignCancellationRow._make(row)


def cancellation_after(snapshot: Snapshot, batch: BatchRow) -> CampaignCancellationRow | None:
    """The cancellation that the points of a donation went into: the first of its campaign and class after it (§5.4)."""
    row = snapshot.one(
        _CANCELLATION
        + "WHERE c.campaign_id = ? AND c.reduction_class = ? AND c.leaf_index > ? ORDER BY c.leaf_index LIMIT 1",
        batch.campaign_id,
        batch.reduction_class,
        batch.leaf_index,
    )
    return None if row is None else CampaignCancellationRow._make(row)


def books_of(snapshot: Snapshot, owner: bytes) -> dict[tuple[PointBook, int], int]:
    """What stands for a provider (left-padded) or campaign, by book and class, in grams."""
    rows = snapshot.all(_OF_OWNER, owner.rjust(32, b"\x00"))
    return {(PointBook(book), reduction_class): grams for book, reduction_class, grams in rows}


def totals(snapshot: Snapshot) -> dict[tuple[PointBook, int], int]:
    """Sums by book and class, in grams. Kept until the log grows."""
    size, found = snapshot.facts.get("point totals", snapshot.as_of) or (-1, {})
    if size != snapshot.as_of.log_size:
        found = {(PointBook(book), one): grams for one, book, grams in snapshot.all(_TOTALS)}
        snapshot.facts.put("point totals", (snapshot.as_of.log_size, found), snapshot.as_of)
    kept: dict[tuple[PointBook, int], int] = found
    return kept
