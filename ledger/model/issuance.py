"""Lots of the model: how they are issued, what is held of them, and their totals, as ReductionLedger has them."""

from __future__ import annotations

from dataclasses import replace

from ledger import encoding, refusals
from ledger.ids import (
    ZERO_ADDRESS,
    ZERO_HASH,
    ActivityId,
    Address,
    Hash32,
    LotId,
    MethodologyId,
    OperationId,
    RecordHash,
)
from ledger.model.activities import Activities
from ledger.model.operations import operation
from ledger.model.state import Certificate, ClassTotals, Leaf, Lot, Proposal
from ledger.units import MAX_GRAMS
from ledger.vocabulary import OperationKind, ProposalStatus, ReductionClass, Role

_NO_TOTALS = ClassTotals()


class Issuance(Activities):
    """The half of ReductionLedger that makes lots."""

    def proposal(self, proposal_id: Hash32) -> Proposal | None:
        """The proposal as stored, or None if it was never made."""
        return self._books.proposals.get(proposal_id)

    def lot(self, lot_id: LotId) -> Lot | None:
        """The lot as stored, or None if it was never issued."""
        return self._books.lots.get(lot_id)

    def balance(self, account: Address, lot_id: LotId) -> int:
        """What the account holds of the lot, in g CO2e."""
        return self._books.balances.get((account, lot_id)) or 0

    def totals(self, reduction_class: ReductionClass) -> ClassTotals:
        """Totals of a class, in g CO2e."""
        return self._books.totals.get(reduction_class) or _NO_TOTALS

    def certificate(self, number: int) -> Certificate | None:
        """A cancellation by its certificate's number."""
        return self._books.certificates.get(number)

    @property
    def certificate_count(self) -> int:
        """Certificates given so far; their numbers are 1 to this."""
        return self._books.certificate_count

    @property
    def next_serial(self) -> int:
        """The serial number that the next lot will start with."""
        return self._books.next_serial

    @operation(Role.TECHNICAL_CENTRE)
    def propose_issuance(
        self,
        *,
        sender: Address,
        operation_id: OperationId,
        activity_id: ActivityId,
        first_day: int,
        last_day: int,
        grams: int,
        record_hash: RecordHash,
    ) -> Leaf:
        """A proposal waits under the id of this operation."""
        self._check_issuance(activity_id, first_day, last_day, grams)
        leaf = self._append(
            ledger=self.contracts.reduction_ledger,
            kind=OperationKind.ISSUANCE_PROPOSED,
            operation_id=operation_id,
            subject=activity_id,
            grams=grams,
            record_hash=record_hash,
        )
        self._books.proposals[operation_id] = Proposal(
            activity_id=activity_id, first_day=first_day, last_day=last_day, grams=grams, proposer=sender
        )
        return leaf

    @operation(Role.REGULATOR)
    def confirm_issuance(
        self, *, sender: Address, operation_id: OperationId, proposal_id: Hash32, record_hash: RecordHash
    ) -> Leaf:
        """Proposed -> Confirmed; credits the activity's operator with a new lot, whose id is the leaf's subject."""
        proposal = self._require_proposed(proposal_id)
        if proposal.proposer == sender:
            raise refusals.ReductionLedger_SameProposerAndConfirmer(OperationId(proposal_id), sender)
        self._require_serials(proposal.grams)
        lot_id, lot = self._new_lot(proposal)
        leaf = self._append(
            ledger=self.contracts.reduction_ledger,
            kind=OperationKind.ISSUANCE_CONFIRMED,
            operation_id=operation_id,
            subject=lot_id,
            to_account=lot.credited_account,
            grams=proposal.grams,
            record_hash=record_hash,
        )
        self._books.proposals[proposal_id] = replace(proposal, status=ProposalStatus.CONFIRMED)
        self._issue(lot_id, lot)
        return leaf

    @operation(Role.REGULATOR)
    def reject_issuance(
        self, *, sender: Address, operation_id: OperationId, proposal_id: Hash32, record_hash: RecordHash
    ) -> Leaf:
        """Proposed -> Rejected."""
        proposal = self._require_proposed(proposal_id)
        leaf = self._append(
            ledger=self.contracts.reduction_ledger,
            kind=OperationKind.ISSUANCE_REJECTED,
            operation_id=operation_id,
            subject=proposal_id,
            record_hash=record_hash,
        )
        self._books.proposals[proposal_id] = replace(proposal, status=ProposalStatus.REJECTED)
        return leaf

    def _new_lot(self, proposal: Proposal) -> tuple[LotId, Lot]:
        terms = self._check_issuance(proposal.activity_id, proposal.first_day, proposal.last_day, proposal.grams)
        lot_id = encoding.lot_id(
            chain_id=self.contracts.chain_id,
            ledger=self.contracts.reduction_ledger,
            activity_id=proposal.activity_id,
            methodology_id=terms.methodology_id,
            reduction_class=terms.reduction_class,
            first_day=proposal.first_day,
            last_day=proposal.last_day,
        )
        lot = Lot(
            activity_id=proposal.activity_id,
            methodology_id=terms.methodology_id,
            reduction_class=terms.reduction_class,
            first_day=proposal.first_day,
            last_day=proposal.last_day,
            credited_account=terms.operator_account,
            first_serial=self.next_serial,
            issued_grams=proposal.grams,
            taken_back_grams=terms.withheld_grams,
        )
        return lot_id, lot

    def _issue(self, lot_id: LotId, lot: Lot) -> None:
        """Books a new lot, of which exactly what was withheld for the deficit is taken back."""
        withheld, credited = lot.taken_back_grams, lot.issued_grams - lot.taken_back_grams
        self._books.lots[lot_id] = lot
        self._books.next_serial += lot.issued_grams
        self._record_issuance(lot.activity_id, lot.first_day, lot.last_day, lot.issued_grams, withheld)
        self._add_totals(lot.reduction_class, issued=lot.issued_grams, held=credited, taken_back=withheld)
        self._move(ZERO_ADDRESS, lot.credited_account, lot_id, credited)

    def _move(self, giver: Address, receiver: Address, lot_id: LotId, grams: int) -> None:
        """Zero stands for "out of nothing" as giver and for "out of circulation" as receiver."""
        for account, change in ((giver, -grams), (receiver, grams)):
            if not account.is_zero:
                self._books.balances[account, lot_id] = self.balance(account, lot_id) + change
                self._books.held_grams[account] = self.held_grams(account) + change

    def _add_totals(
        self,
        reduction_class: ReductionClass,
        *,
        issued: int = 0,
        held: int = 0,
        cancelled: int = 0,
        taken_back: int = 0,
        bought_back: int = 0,
    ) -> None:
        totals = self.totals(reduction_class)
        self._books.totals[reduction_class] = ClassTotals(
            issued_grams=totals.issued_grams + issued,
            held_grams=totals.held_grams + held,
            cancelled_grams=totals.cancelled_grams + cancelled,
            taken_back_grams=totals.taken_back_grams + taken_back,
            bought_back_grams=totals.bought_back_grams + bought_back,
        )

    def _check_buy_back(
        self,
        redeem_id: OperationId,
        provider: Address,
        reduction_class: ReductionClass,
        grams: int,
        record_hash: RecordHash,
    ) -> None:
        """What `buyBack` and the log refuse of it. The provider's account is active: the redemption asked that."""
        self._require_serials(grams)
        operation_id = encoding.buy_back_operation_id(redeem_id=redeem_id)
        self._require_ids(operation_id, record_hash)
        if operation_id in self._books.operations:
            recorded = self._books.operations.get(operation_id) or ZERO_HASH
            given = self._buy_back_digest(redeem_id, provider, reduction_class, grams, record_hash)
            raise refusals.TransparencyLog_OperationConflict(operation_id, recorded, given)

    def _buy_back(
        self,
        redeem_id: OperationId,
        provider: Address,
        reduction_class: ReductionClass,
        grams: int,
        record_hash: RecordHash,
    ) -> Leaf:
        """Points of a provider's pool become a lot, under an operation of their own; after `_check_buy_back`."""
        operation_id = encoding.buy_back_operation_id(redeem_id=redeem_id)
        lot_id = encoding.buy_back_lot_id(
            chain_id=self.contracts.chain_id,
            ledger=self.contracts.reduction_ledger,
            operation_id=operation_id,
            reduction_class=reduction_class,
        )
        leaf = self._append(
            ledger=self.contracts.reduction_ledger,
            kind=OperationKind.POINTS_BOUGHT_BACK,
            operation_id=operation_id,
            subject=lot_id,
            to_account=provider,
            grams=grams,
            record_hash=record_hash,
        )
        self._books.lots[lot_id] = Lot(
            activity_id=ActivityId(ZERO_HASH),
            methodology_id=MethodologyId(ZERO_HASH),
            reduction_class=reduction_class,
            first_day=0,
            last_day=0,
            credited_account=provider,
            first_serial=self.next_serial,
            issued_grams=grams,
        )
        self._books.next_serial += grams
        self._add_totals(reduction_class, held=grams, bought_back=grams)
        self._move(ZERO_ADDRESS, provider, lot_id, grams)
        digest = self._buy_back_digest(redeem_id, provider, reduction_class, grams, record_hash)
        self._books.operations[operation_id] = digest
        return leaf

    def _buy_back_digest(
        self,
        redeem_id: OperationId,
        provider: Address,
        reduction_class: ReductionClass,
        grams: int,
        record_hash: RecordHash,
    ) -> Hash32:
        """Its content is the point ledger's call of `buyBack`."""
        return self._digest(
            "buy_back",
            {
                "sender": self.contracts.point_ledger,
                "redeem_id": redeem_id,
                "provider": provider,
                "reduction_class": reduction_class,
                "grams": grams,
                "record_hash": record_hash,
            },
        )

    def _require_serials(self, grams: int) -> None:
        if grams > MAX_GRAMS - self.next_serial:
            raise refusals.ReductionLedger_SerialsExhausted(self.next_serial, grams)

    def _require_proposed(self, proposal_id: Hash32) -> Proposal:
        proposal = self.proposal(proposal_id)
        status = proposal.status if proposal else ProposalStatus.UNKNOWN
        if proposal is None or status is not ProposalStatus.PROPOSED:
            raise refusals.ReductionLedger_ProposalWrongStatus(proposal_id, status, ProposalStatus.PROPOSED)
        return proposal
