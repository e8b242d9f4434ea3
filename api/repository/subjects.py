"""What a leaf is about: the rows that its operation made or changed."""

from typing import NamedTuple

from api.repository.operations import OperationRow
from api.repository.snapshots import Snapshot
from ledger.vocabulary import OperationKind

_LOT = "SELECT lot_id, activity_id, proposal_id FROM lots WHERE lot_id = ?"
_CERTIFICATE = "SELECT number, lot_id FROM certificates WHERE leaf_index = ?"
_CAMPAIGN_CERTIFICATE = """
SELECT c.certificate_number, g.code FROM campaign_cancellations c
JOIN campaigns g ON g.campaign_id = c.campaign_id WHERE c.leaf_index = ?
"""
_ACTIVITY = "SELECT code FROM activities WHERE activity_id = ?"
_METHODOLOGY = "SELECT code, version FROM methodologies WHERE methodology_id = ?"
_CAMPAIGN = "SELECT code FROM campaigns WHERE campaign_id = ?"
_BATCH = "SELECT batch_number, activity_id FROM batches WHERE leaf_index = ?"
_PROPOSAL = "SELECT proposal_id, proposer, activity_id FROM proposals WHERE proposal_id = ?"

_OF_ACCOUNTS = range(1, 16)
_OF_METHODOLOGIES = range(16, 32)
_OF_ACTIVITIES = range(32, 48)
_OF_PROVIDERS = range(64, 72)
_OF_CAMPAIGNS = range(72, 80)


class About(NamedTuple):
    """Of one operation; None where it is not about one. Codes are those of the registries."""

    account: bytes | None = None
    lot_id: bytes | None = None
    proposal_id: bytes | None = None
    proposer: bytes | None = None
    certificate: int | None = None
    batch: int | None = None
    activity_code: str | None = None
    methodology: str | None = None
    campaign_code: str | None = None


def about(snapshot: Snapshot, row: OperationRow) -> About:
    """What docs/spec/03-encodings.md §3.4 and 05-points.md §5.4 say that the subject of such a leaf is."""
    kind, subject = row.kind, bytes(row.subject)
    if kind in _OF_ACCOUNTS or kind in _OF_PROVIDERS:
        return About(account=subject[12:])
    if kind in _OF_METHODOLOGIES:
        found = snapshot.one(_METHODOLOGY, subject)
        return About(methodology=None if found is None else f"{found[0]} v{found[1]}")
    if kind in _OF_ACTIVITIES:
        return About(activity_code=_activity(snapshot, subject))
    if kind in _OF_CAMPAIGNS:
        found = snapshot.one(_CAMPAIGN, subject)
        return About(campaign_code=None if found is None else found[0])
    if kind in (OperationKind.ISSUANCE_PROPOSED, OperationKind.ISSUANCE_REJECTED):
        return _proposal(snapshot, bytes(row.operation_id) if kind == OperationKind.ISSUANCE_PROPOSED else subject)
    if kind == OperationKind.REDUCTION_CANCELLED:
        found = snapshot.one(_CERTIFICATE, row.leaf_index)
        return About() if found is None else _lot(snapshot, found[1])._replace(certificate=found[0])
    if kind == OperationKind.CAMPAIGN_CANCELLED:
        found = snapshot.one(_CAMPAIGN_CERTIFICATE, row.leaf_index)
        return About() if found is None else About(certificate=found[0], campaign_code=found[1])
    if (found := snapshot.one(_BATCH, row.leaf_index)) is not None:
        return About(batch=found[0], activity_code=None if found[1] is None else _activity(snapshot, found[1]))
    return _lot(snapshot, subject)


def _lot(snapshot: Snapshot, lot_id: bytes) -> About:
    found = snapshot.one(_LOT, lot_id)
    if found is None:
        return About()
    activity = None if found[1] is None else _activity(snapshot, found[1])
    return About(lot_id=found[0], proposal_id=found[2], activity_code=activity)


def _proposal(snapshot: Snapshot, proposal_id: bytes) -> About:
    found = snapshot.one(_PROPOSAL, proposal_id)
    if found is None:
        return About()
    return About(proposal_id=found[0], proposer=found[1], activity_code=_activity(snapshot, found[2]))


def _activity(snapshot: Snapshot, activity_id: bytes) -> str | None:
    found = snapshot.one(_ACTIVITY, activity_id)
    return None if found is None else str(found[0])
