"""Makes operations: from what somebody asks for to a record and a call, in one place for the command line and the API.

Each method of `Composer` is one operation of docs/spec/03-encodings.md §3.4. It writes what the operation does into the
record together with the caller's own `fields`, hashes it, and builds the call that carries the hash. Rules are not
checked here: the contract decides. What is checked is what a contract cannot see, the record's required fields.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chain import calls
from chain.operations import Call, Operation
from ledger.errors import SignerNotConfigured
from ledger.ids import ActivityId, Address, Hash32, IdentityCommitment, LotId, MethodologyId, OperationId
from ledger.records import CURRENT_RULES, Record, SaltSource, build_record
from ledger.units import date_of_civil_day
from ledger.vocabulary import (
    AccountKind,
    ActivityKind,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    OperationKind,
    ReductionClass,
    Role,
)

Fields = Mapping[str, Any]

_NO_FIELDS: Fields = {}


def _day(day: int) -> str:
    return date_of_civil_day(day).isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """`senders`: the key of each body that this process may sign for; `rules`: the version they are done under."""

    salts: SaltSource
    senders: Mapping[Role, Address] = field(default_factory=dict)
    rules: str = CURRENT_RULES

    def open_account(
        self,
        *,
        operation_id: OperationId,
        account: Address,
        kind: AccountKind,
        custody: Custody,
        identity_commitment: IdentityCommitment,
        fields: Fields = _NO_FIELDS,
    ) -> Operation:
        record = self._record(
            OperationKind.ACCOUNT_OPENED,
            operation_id,
            {"account": account.hex0x, "account_kind": kind.label, "custody": custody.label},
            fields,
        )
        call = calls.open_account(
            operation_id=operation_id,
            account=account,
            kind=kind,
            custody=custody,
            identity_commitment=identity_commitment,
            record_hash=record.hash,
        )
        return self._by(Role.PLATFORM, call, record)

    def freeze_account(self, *, operation_id: OperationId, account: Address, fields: Fields = _NO_FIELDS) -> Operation:
        record = self._record(OperationKind.ACCOUNT_FROZEN, operation_id, {"account": account.hex0x}, fields)
        call = calls.freeze_account(operation_id=operation_id, account=account, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def unfreeze_account(
        self, *, operation_id: OperationId, account: Address, fields: Fields = _NO_FIELDS
    ) -> Operation:
        record = self._record(OperationKind.ACCOUNT_UNFROZEN, operation_id, {"account": account.hex0x}, fields)
        call = calls.unfreeze_account(operation_id=operation_id, account=account, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def close_account(self, *, operation_id: OperationId, account: Address, fields: Fields = _NO_FIELDS) -> Operation:
        record = self._record(OperationKind.ACCOUNT_CLOSED, operation_id, {"account": account.hex0x}, fields)
        call = calls.close_account(operation_id=operation_id, account=account, record_hash=record.hash)
        return self._by(Role.PLATFORM, call, record)

    def publish_methodology(
        self,
        *,
        operation_id: OperationId,
        code: str,
        version: int,
        kind: MethodologyKind,
        reduction_class: ReductionClass,
        effective_first_day: int,
        effective_last_day: int,
        document_hash: Hash32,
        fields: Fields = _NO_FIELDS,
    ) -> Operation:
        facts = {
            "code": code,
            "version": str(version),
            "methodology_kind": kind.label,
            "class": reduction_class.label,
            "effective_first_day": _day(effective_first_day),
            "effective_last_day": _day(effective_last_day),
            "document_hash": document_hash.hex0x,
        }
        record = self._record(OperationKind.METHODOLOGY_PUBLISHED, operation_id, facts, fields)
        call = calls.publish_methodology(
            operation_id=operation_id,
            code=code,
            version=version,
            kind=kind,
            reduction_class=reduction_class,
            effective_first_day=effective_first_day,
            effective_last_day=effective_last_day,
            document_hash=document_hash,
            record_hash=record.hash,
        )
        return self._by(Role.REGULATOR, call, record)

    def withdraw_methodology(
        self, *, operation_id: OperationId, methodology_id: MethodologyId, fields: Fields = _NO_FIELDS
    ) -> Operation:
        facts = {"methodology_id": methodology_id.hex0x}
        record = self._record(OperationKind.METHODOLOGY_WITHDRAWN, operation_id, facts, fields)
        call = calls.withdraw_methodology(
            operation_id=operation_id, methodology_id=methodology_id, record_hash=record.hash
        )
        return self._by(Role.REGULATOR, call, record)

    def register_activity(
        self,
        *,
        operation_id: OperationId,
        code: str,
        kind: ActivityKind,
        methodology_id: MethodologyId,
        operator_account: Address,
        feed_signer: Address,
        crediting_first_day: int,
        crediting_last_day: int,
        facility_id: Hash32,
        pledge_hash: Hash32,
        cap_grams: int,
        fields: Fields = _NO_FIELDS,
    ) -> Operation:
        facts = {
            "code": code,
            "activity_kind": kind.label,
            "methodology_id": methodology_id.hex0x,
            "operator_account": operator_account.hex0x,
            "crediting_first_day": _day(crediting_first_day),
            "crediting_last_day": _day(crediting_last_day),
            "pledge_hash": pledge_hash.hex0x,
            "cap_gco2e": str(cap_grams),
        }
        record = self._record(OperationKind.ACTIVITY_REGISTERED, operation_id, facts, fields)
        call = calls.register_activity(
            operation_id=operation_id,
            code=code,
            kind=kind,
            methodology_id=methodology_id,
            operator_account=operator_account,
            feed_signer=feed_signer,
            crediting_first_day=crediting_first_day,
            crediting_last_day=crediting_last_day,
            facility_id=facility_id,
            pledge_hash=pledge_hash,
            cap_grams=cap_grams,
            record_hash=record.hash,
        )
        return self._by(Role.REGULATOR, call, record)

    def suspend_activity(
        self, *, operation_id: OperationId, activity_id: ActivityId, fields: Fields = _NO_FIELDS
    ) -> Operation:
        record = self._activity_record(OperationKind.ACTIVITY_SUSPENDED, operation_id, activity_id, fields)
        call = calls.suspend_activity(operation_id=operation_id, activity_id=activity_id, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def resume_activity(
        self, *, operation_id: OperationId, activity_id: ActivityId, fields: Fields = _NO_FIELDS
    ) -> Operation:
        record = self._activity_record(OperationKind.ACTIVITY_RESUMED, operation_id, activity_id, fields)
        call = calls.resume_activity(operation_id=operation_id, activity_id=activity_id, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def close_activity(
        self, *, operation_id: OperationId, activity_id: ActivityId, fields: Fields = _NO_FIELDS
    ) -> Operation:
        record = self._activity_record(OperationKind.ACTIVITY_CLOSED, operation_id, activity_id, fields)
        call = calls.close_activity(operation_id=operation_id, activity_id=activity_id, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def withdraw_activity(
        self, *, operation_id: OperationId, activity_id: ActivityId, fields: Fields = _NO_FIELDS
    ) -> Operation:
        record = self._activity_record(OperationKind.ACTIVITY_WITHDRAWN, operation_id, activity_id, fields)
        call = calls.withdraw_activity(operation_id=operation_id, activity_id=activity_id, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def propose_issuance(
        self,
        *,
        operation_id: OperationId,
        activity_id: ActivityId,
        first_day: int,
        last_day: int,
        grams: int,
        fields: Fields = _NO_FIELDS,
    ) -> Operation:
        facts = {
            "activity_id": activity_id.hex0x,
            "period_first_day": _day(first_day),
            "period_last_day": _day(last_day),
            "quantity_gco2e": str(grams),
        }
        record = self._record(OperationKind.ISSUANCE_PROPOSED, operation_id, facts, fields)
        call = calls.propose_issuance(
            operation_id=operation_id,
            activity_id=activity_id,
            first_day=first_day,
            last_day=last_day,
            grams=grams,
            record_hash=record.hash,
        )
        return self._by(Role.TECHNICAL_CENTRE, call, record)

    def confirm_issuance(
        self, *, operation_id: OperationId, proposal_id: OperationId, fields: Fields = _NO_FIELDS
    ) -> Operation:
        facts = {"proposal_id": proposal_id.hex0x}
        record = self._record(OperationKind.ISSUANCE_CONFIRMED, operation_id, facts, fields)
        call = calls.confirm_issuance(operation_id=operation_id, proposal_id=proposal_id, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def reject_issuance(
        self, *, operation_id: OperationId, proposal_id: OperationId, fields: Fields = _NO_FIELDS
    ) -> Operation:
        facts = {"proposal_id": proposal_id.hex0x}
        record = self._record(OperationKind.ISSUANCE_REJECTED, operation_id, facts, fields)
        call = calls.reject_issuance(operation_id=operation_id, proposal_id=proposal_id, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def transfer(
        self,
        *,
        operation_id: OperationId,
        from_account: Address,
        to_account: Address,
        lot_id: LotId,
        grams: int,
        by_holder: bool = False,
        fields: Fields = _NO_FIELDS,
    ) -> Operation:
        """Moves grams of a lot; `by_holder`: signed with the account's own key instead of the platform's."""
        facts = {
            "from_account": from_account.hex0x,
            "to_account": to_account.hex0x,
            "lot_id": lot_id.hex0x,
            "quantity_gco2e": str(grams),
        }
        record = self._record(OperationKind.REDUCTION_TRANSFERRED, operation_id, facts, fields)
        if by_holder:
            call = calls.transfer(
                operation_id=operation_id, to=to_account, lot_id=lot_id, grams=grams, record_hash=record.hash
            )
            return Operation(call=call, sender=from_account, record=record)
        call = calls.transfer_for(
            operation_id=operation_id,
            from_account=from_account,
            to=to_account,
            lot_id=lot_id,
            grams=grams,
            record_hash=record.hash,
        )
        return self._by(Role.PLATFORM, call, record)

    def cancel(
        self,
        *,
        operation_id: OperationId,
        account: Address,
        lot_id: LotId,
        grams: int,
        purpose: CancellationPurpose,
        by_holder: bool = False,
        fields: Fields = _NO_FIELDS,
    ) -> Operation:
        """Cancels grams of a lot for good; the purpose decides which `fields` are required (spec §1.3)."""
        facts = {
            "account": account.hex0x,
            "lot_id": lot_id.hex0x,
            "quantity_gco2e": str(grams),
            "purpose": purpose.label,
        }
        record = self._record(OperationKind.REDUCTION_CANCELLED, operation_id, facts, fields)
        if by_holder:
            call = calls.cancel(
                operation_id=operation_id, lot_id=lot_id, grams=grams, purpose=purpose, record_hash=record.hash
            )
            return Operation(call=call, sender=account, record=record)
        call = calls.cancel_for(
            operation_id=operation_id,
            account=account,
            lot_id=lot_id,
            grams=grams,
            purpose=purpose,
            record_hash=record.hash,
        )
        return self._by(Role.PLATFORM, call, record)

    def correct(
        self, *, operation_id: OperationId, lot_id: LotId, grams: int, fields: Fields = _NO_FIELDS
    ) -> Operation:
        facts = {"lot_id": lot_id.hex0x, "quantity_gco2e": str(grams)}
        record = self._record(OperationKind.REDUCTION_CORRECTED, operation_id, facts, fields)
        call = calls.correct(operation_id=operation_id, lot_id=lot_id, grams=grams, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def freeze_lot(self, *, operation_id: OperationId, lot_id: LotId, fields: Fields = _NO_FIELDS) -> Operation:
        record = self._record(OperationKind.LOT_FROZEN, operation_id, {"lot_id": lot_id.hex0x}, fields)
        call = calls.freeze_lot(operation_id=operation_id, lot_id=lot_id, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def unfreeze_lot(self, *, operation_id: OperationId, lot_id: LotId, fields: Fields = _NO_FIELDS) -> Operation:
        record = self._record(OperationKind.LOT_UNFROZEN, operation_id, {"lot_id": lot_id.hex0x}, fields)
        call = calls.unfreeze_lot(operation_id=operation_id, lot_id=lot_id, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def _by(self, role: Role, call: Call, record: Record) -> Operation:
        try:
            sender = self.senders[role]
        except KeyError:
            raise SignerNotConfigured(role=role) from None
        return Operation(call=call, sender=sender, record=record)

    def _activity_record(
        self, kind: OperationKind, operation_id: OperationId, activity_id: ActivityId, fields: Fields
    ) -> Record:
        return self._record(kind, operation_id, {"activity_id": activity_id.hex0x}, fields)

    def _record(self, kind: OperationKind, operation_id: OperationId, facts: Fields, fields: Fields) -> Record:
        """What the operation does wins over what the caller says it does."""
        return build_record(
            kind=kind,
            operation_id=operation_id,
            fields={"rules": self.rules, **fields, **facts},
            salts=self.salts,
        )
