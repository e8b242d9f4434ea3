"""Operations of the methodology registry."""

from chain import calls
from chain.composer.base import NO_FIELDS, BaseComposer, Fields, day_text
from chain.operations import Operation
from ledger.errors import Json
from ledger.ids import Hash32, MethodologyId, OperationId
from ledger.quantification import Quantification
from ledger.vocabulary import MethodologyKind, OperationKind, ReductionClass, Role


class MethodologyComposer(BaseComposer):
    """One method per operation of the methodology registry."""

    __slots__ = ()

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
        quantification: Quantification | None = None,
        fields: Fields = NO_FIELDS,
    ) -> Operation:
        """`quantification` stands in the record, and so under its hash; the contract knows nothing of it."""
        facts: dict[str, Json] = {
            "code": code,
            "version": str(version),
            "methodology_kind": kind.label,
            "class": reduction_class.label,
            "effective_first_day": day_text(effective_first_day),
            "effective_last_day": day_text(effective_last_day),
            "document_hash": document_hash.hex0x,
        }
        if quantification is not None:
            facts["quantification"] = quantification.to_json()
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
        self, *, operation_id: OperationId, methodology_id: MethodologyId, fields: Fields = NO_FIELDS
    ) -> Operation:
        facts = {"methodology_id": methodology_id.hex0x}
        record = self._record(OperationKind.METHODOLOGY_WITHDRAWN, operation_id, facts, fields)
        call = calls.withdraw_methodology(
            operation_id=operation_id, methodology_id=methodology_id, record_hash=record.hash
        )
        return self._by(Role.REGULATOR, call, record)
