"""The four-eyes queue: issuances that the technical centre proposed and the regulator has not decided.

Whoever is logged in may look. Confirming and rejecting are acts like all others, with a preview of what will be signed;
nobody can confirm what the same key proposed (M11), which the contract refuses, and no API key can do both steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson

from api.pagination import DEFAULT_LIMIT
from api.parameters import id_parameter, number_parameter
from api.repository import issuances, outlook, records
from api.repository import operations as log_operations
from api.repository.activities import ActivityRow
from api.repository.issuances import IssuanceRow
from api.repository.outlook import Issued, Overlap
from api.repository.snapshots import Snapshot
from api.web.console.acts.history import Compared, compare, rate
from api.web.console.acts.outlook import activity_of, cap_left
from api.web.console.acts.words import argument_label
from api.web.console.routes import ConsoleRoute
from api.web.console.visits import Page, Visit
from api.web.texts import visible
from ledger.errors import NotFound
from ledger.ids import Address, OperationId
from ledger.vocabulary import ProposalStatus, Role

QUEUE: Final = "/console/queue"
_AFTER: Final = number_parameter("after", "Proposals made after this leaf of the log.")
_PROPOSAL: Final = id_parameter("proposal_id", OperationId, "Id of the operation that proposed it.")


@dataclass(frozen=True, slots=True)
class Waits:
    """A proposal as somebody who decides has to see it. `withheld_grams` would fill the deficit first."""

    proposal: IssuanceRow
    activity: ActivityRow
    operation: log_operations.OperationRow | None
    before: list[Issued]
    compared: Compared
    overlaps: list[Overlap]

    @property
    def cap_left_grams(self) -> int:
        """Of the activity's cap, as it is now."""
        return cap_left(self.activity)

    @property
    def withheld_grams(self) -> int:
        """What of it would fill the deficit of the activity's debtor."""
        return min(self.proposal.grams, self.activity.facility_deficit_grams)

    @property
    def days(self) -> int:
        """Of the monitoring period, both ends included."""
        return self.proposal.last_day - self.proposal.first_day + 1

    @property
    def grams_per_day(self) -> int:
        """Rounded down to the gram."""
        return int(rate(_issued(self.proposal)))


def show_queue(visit: Visit) -> Page:
    """All that waits, in the order in which it was proposed."""
    after = visit.arguments["after"]
    with visit.snapshot() as snapshot:
        rows = issuances.page(
            snapshot,
            status=int(ProposalStatus.PROPOSED),
            activity_id=None,
            after=-1 if after is None else after,
            limit=DEFAULT_LIMIT + 1,
        )
        found = [waits(snapshot, row) for row in rows[:DEFAULT_LIMIT]]
    values = {
        "found": found,
        "grams": sum(one.proposal.grams for one in found),
        "next": found[-1].proposal.proposed_leaf_index if len(rows) > DEFAULT_LIMIT else None,
        "after": after,
        "queue": QUEUE,
    }
    return Page("console/acts/queue.html", values, kept=False)


def show_proposal(visit: Visit) -> Page:
    """One of them: everything that is known of it, and the two ways on."""
    proposal_id = visit.arguments["proposal_id"]
    with visit.snapshot() as snapshot:
        row = issuances.by_id(snapshot, proposal_id)
        if row is None:
            raise NotFound("proposal", proposal_id.hex0x)
        found = waits(snapshot, row)
        said = _said_in_public(snapshot, found)
    actor = visit.actor
    signer = actor.address or visit.console.senders.get(Role.REGULATOR)
    values = {
        "one": found,
        "said": said,
        "status": ProposalStatus.from_number(row.status),
        "decides": actor.acting_as is Role.REGULATOR,
        "same_key": signer is not None and signer == Address(row.proposer),
        "label": lambda name: argument_label(visit.asked.words, name),
        "queue": QUEUE,
    }
    return Page("console/acts/proposal.html", values, kept=False)


def waits(snapshot: Snapshot, row: IssuanceRow) -> Waits:
    """A proposal with what stands around it. Its own days are no overlap."""
    activity = activity_of(snapshot, row.activity_id)
    assert activity is not None  # noqa: S101 - a proposal names an activity of the index
    before = outlook.issued(snapshot, row.activity_id)
    clashes = outlook.overlaps(snapshot, row.activity_id, activity.facility_id, row.first_day, row.last_day)
    return Waits(
        proposal=row,
        activity=activity,
        operation=log_operations.by_id(snapshot, row.proposal_id),
        before=before,
        compared=compare(_issued(row), before),
        overlaps=[one for one in clashes if bytes(one.id) != bytes(row.proposal_id)],
    )


def _issued(row: IssuanceRow) -> Issued:
    return Issued(row.first_day, row.last_day, row.grams)


def _said_in_public(snapshot: Snapshot, found: Waits) -> list[tuple[str, str]]:
    """The fields of the proposal's record that anyone may see; none where the record is not kept here."""
    if found.operation is None:
        return []
    document = records.public_record(snapshot, found.operation.record_hash)
    fields: list[dict[str, Any]] = [] if document is None else orjson.loads(orjson.dumps(document))["fields"]
    return [(one["name"], visible(one["value"])) for one in fields if "name" in one]


PAGES: Final = (
    ConsoleRoute(QUEUE, "queue", show_queue, parameters=(_AFTER,), menu=True),
    ConsoleRoute(f"{QUEUE}/{{proposal_id}}", "proposal", show_proposal, parameters=(_PROPOSAL,)),
)
