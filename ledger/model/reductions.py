"""Movement, cancellation, correction and freezing in the model, check by check as ReductionLedger has them."""

from __future__ import annotations

from dataclasses import replace

from ledger import encoding, refusals
from ledger.ids import ZERO_ADDRESS, Address, LotId, OperationId, RecordHash
from ledger.model.issuance import Issuance
from ledger.model.operations import operation
from ledger.model.state import Certificate, Leaf, Lot
from ledger.vocabulary import CancellationPurpose, Custody, OperationKind, Role, purpose_allowed


class Reductions(Issuance):
    """The half of ReductionLedger that moves and ends what was issued."""

    @operation(None)
    def transfer(
        self,
        *,
        sender: Address,
        operation_id: OperationId,
        to: Address,
        lot_id: LotId,
        grams: int,
        record_hash: RecordHash,
    ) -> Leaf:
        """Moves grams of a lot from the sender's account."""
        return self._transfer(sender, to, lot_id, grams, operation_id=operation_id, record_hash=record_hash)

    @operation(Role.PLATFORM)
    def transfer_for(
        self,
        *,
        sender: Address,
        operation_id: OperationId,
        from_account: Address,
        to: Address,
        lot_id: LotId,
        grams: int,
        record_hash: RecordHash,
    ) -> Leaf:
        """Moves grams of a lot from an account in the platform's custody."""
        self._require_platform_custody(from_account)
        return self._transfer(from_account, to, lot_id, grams, operation_id=operation_id, record_hash=record_hash)

    @operation(None)
    def cancel(
        self,
        *,
        sender: Address,
        operation_id: OperationId,
        lot_id: LotId,
        grams: int,
        purpose: CancellationPurpose,
        record_hash: RecordHash,
    ) -> Leaf:
        """Cancels grams of a lot held by the sender, for ever; gives the next certificate number."""
        return self._cancel(sender, lot_id, grams, purpose, operation_id=operation_id, record_hash=record_hash)

    @operation(Role.PLATFORM)
    def cancel_for(
        self,
        *,
        sender: Address,
        operation_id: OperationId,
        account: Address,
        lot_id: LotId,
        grams: int,
        purpose: CancellationPurpose,
        record_hash: RecordHash,
    ) -> Leaf:
        """Cancels grams of an account in the platform's custody."""
        self._require_platform_custody(account)
        return self._cancel(account, lot_id, grams, purpose, operation_id=operation_id, record_hash=record_hash)

    @operation(Role.REGULATOR)
    def correct(
        self, *, sender: Address, operation_id: OperationId, lot_id: LotId, grams: int, record_hash: RecordHash
    ) -> Leaf:
        """Takes back what the credited account still holds of the over-credited grams; the rest joins the deficit."""
        if grams == 0:
            raise refusals.ReductionLedger_ZeroQuantity
        lot = self._require_lot(lot_id)
        if lot.bought_back:
            raise refusals.ReductionLedger_LotBoughtBack(lot_id)
        uncorrected = lot.issued_grams - lot.corrected_grams
        if grams > uncorrected:
            raise refusals.ReductionLedger_CorrectionExceedsLot(lot_id, uncorrected, grams)
        leaf = self._append(
            ledger=self.contracts.reduction_ledger,
            kind=OperationKind.REDUCTION_CORRECTED,
            operation_id=operation_id,
            subject=lot_id,
            from_account=lot.credited_account,
            grams=grams,
            record_hash=record_hash,
        )
        taken = min(grams, self.balance(lot.credited_account, lot_id))
        self._books.lots[lot_id] = replace(
            lot,
            corrected_grams=lot.corrected_grams + grams,
            taken_back_grams=lot.taken_back_grams + taken,
        )
        self._add_totals(lot.reduction_class, held=-taken, taken_back=taken)
        self._move(lot.credited_account, ZERO_ADDRESS, lot_id, taken)
        self._record_correction(lot.activity_id, grams, grams - taken)
        return leaf

    @operation(Role.REGULATOR)
    def freeze_lot(self, *, sender: Address, operation_id: OperationId, lot_id: LotId, record_hash: RecordHash) -> Leaf:
        """Free -> Frozen."""
        lot = self._require_free_lot(lot_id)
        leaf = self._append_lot(OperationKind.LOT_FROZEN, operation_id, lot_id, record_hash)
        self._books.lots[lot_id] = replace(lot, frozen=True)
        return leaf

    @operation(Role.REGULATOR)
    def unfreeze_lot(
        self, *, sender: Address, operation_id: OperationId, lot_id: LotId, record_hash: RecordHash
    ) -> Leaf:
        """Frozen -> Free."""
        lot = self._require_lot(lot_id)
        if not lot.frozen:
            raise refusals.ReductionLedger_LotNotFrozen(lot_id)
        leaf = self._append_lot(OperationKind.LOT_UNFROZEN, operation_id, lot_id, record_hash)
        self._books.lots[lot_id] = replace(lot, frozen=False)
        return leaf

    def _transfer(
        self,
        giver: Address,
        receiver: Address,
        lot_id: LotId,
        grams: int,
        *,
        operation_id: OperationId,
        record_hash: RecordHash,
    ) -> Leaf:
        if grams == 0:
            raise refusals.ReductionLedger_ZeroQuantity
        if giver == receiver:
            raise refusals.ReductionLedger_SelfTransfer(giver)
        self._require_free_lot(lot_id)
        self._require_active(giver)
        self._require_active(receiver)
        self._require_balance(giver, lot_id, grams)
        leaf = self._append(
            ledger=self.contracts.reduction_ledger,
            kind=OperationKind.REDUCTION_TRANSFERRED,
            operation_id=operation_id,
            subject=lot_id,
            from_account=giver,
            to_account=receiver,
            grams=grams,
            record_hash=record_hash,
        )
        self._move(giver, receiver, lot_id, grams)
        return leaf

    def _cancel(
        self,
        account: Address,
        lot_id: LotId,
        grams: int,
        purpose: CancellationPurpose,
        *,
        operation_id: OperationId,
        record_hash: RecordHash,
    ) -> Leaf:
        lot = self._check_cancellation(account, lot_id, grams, purpose)
        certificate = Certificate(
            number=self.certificate_count + 1,
            lot_id=lot_id,
            account=account,
            purpose=purpose,
            grams=grams,
            first_serial=lot.first_serial + lot.cancelled_grams,
            operation_id=operation_id,
        )
        leaf = self._append(
            ledger=self.contracts.reduction_ledger,
            kind=OperationKind.REDUCTION_CANCELLED,
            operation_id=operation_id,
            subject=encoding.certificate_subject(
                certificate_number=certificate.number,
                lot_id=lot_id,
                purpose=purpose,
                first_serial=certificate.first_serial,
            ),
            from_account=account,
            grams=grams,
            record_hash=record_hash,
        )
        self._books.certificates[certificate.number] = certificate
        self._books.certificate_count = certificate.number
        self._books.lots[lot_id] = replace(lot, cancelled_grams=lot.cancelled_grams + grams)
        self._add_totals(lot.reduction_class, held=-grams, cancelled=grams)
        self._move(account, ZERO_ADDRESS, lot_id, grams)
        return leaf

    def _check_cancellation(self, account: Address, lot_id: LotId, grams: int, purpose: CancellationPurpose) -> Lot:
        if grams == 0:
            raise refusals.ReductionLedger_ZeroQuantity
        if purpose is CancellationPurpose.NONE:
            raise refusals.ReductionLedger_PurposeMissing
        lot = self._require_free_lot(lot_id)
        if not purpose_allowed(lot.reduction_class, purpose):
            raise refusals.ReductionLedger_PurposeNotAllowed(lot_id, lot.reduction_class, purpose)
        self._require_active(account)
        self._require_balance(account, lot_id, grams)
        return lot

    def _append_lot(
        self, kind: OperationKind, operation_id: OperationId, lot_id: LotId, record_hash: RecordHash
    ) -> Leaf:
        return self._append(
            ledger=self.contracts.reduction_ledger,
            kind=kind,
            operation_id=operation_id,
            subject=lot_id,
            record_hash=record_hash,
        )

    def _require_lot(self, lot_id: LotId) -> Lot:
        lot = self.lot(lot_id)
        if lot is None:
            raise refusals.ReductionLedger_UnknownLot(lot_id)
        return lot

    def _require_free_lot(self, lot_id: LotId) -> Lot:
        lot = self._require_lot(lot_id)
        if lot.frozen:
            raise refusals.ReductionLedger_LotFrozen(lot_id)
        return lot

    def _require_balance(self, account: Address, lot_id: LotId, grams: int) -> None:
        held = self.balance(account, lot_id)
        if held < grams:
            raise refusals.ReductionLedger_InsufficientBalance(account, lot_id, held, grams)

    def _require_platform_custody(self, account: Address) -> None:
        self._require_active(account)
        if self.account(account).custody is not Custody.PLATFORM:
            raise refusals.ReductionLedger_NotInPlatformCustody(account)
