"""Methodologies of the model, check by check as MethodologyRegistry has them."""

from __future__ import annotations

from dataclasses import replace

from ledger import encoding, refusals
from ledger.ids import Address, Hash32, MethodologyId, OperationId, RecordHash
from ledger.model.operations import Operations, operation
from ledger.model.state import Leaf, Methodology
from ledger.units import MAX_CIVIL_DAY
from ledger.vocabulary import MethodologyKind, MethodologyStatus, OperationKind, ReductionClass, Role


class Methodologies(Operations):
    """MethodologyRegistry."""

    def methodology(self, methodology_id: MethodologyId) -> Methodology | None:
        """The version as stored, or None if it was never published."""
        return self._books.methodologies.get(methodology_id)

    @operation(Role.REGULATOR)
    def publish_methodology(
        self,
        *,
        sender: Address,
        operation_id: OperationId,
        code: str,
        version: int,
        kind: MethodologyKind,
        reduction_class: ReductionClass,
        effective_first_day: int,
        effective_last_day: int,
        document_hash: Hash32,
        record_hash: RecordHash,
    ) -> Leaf:
        """Unknown -> Published."""
        methodology = Methodology(
            code=code,
            version=version,
            kind=kind,
            reduction_class=reduction_class,
            effective_first_day=effective_first_day,
            effective_last_day=effective_last_day,
            document_hash=document_hash,
        )
        self._check_publication(methodology)
        methodology_id = encoding.methodology_id(code=code, version=version)
        leaf = self._append_methodology(OperationKind.METHODOLOGY_PUBLISHED, operation_id, methodology_id, record_hash)
        self._books.methodologies[methodology_id] = methodology
        self._books.latest_version[code] = version
        return leaf

    @operation(Role.REGULATOR)
    def withdraw_methodology(
        self, *, sender: Address, operation_id: OperationId, methodology_id: MethodologyId, record_hash: RecordHash
    ) -> Leaf:
        """Published -> Withdrawn."""
        methodology = self._require_published(methodology_id)
        leaf = self._append_methodology(OperationKind.METHODOLOGY_WITHDRAWN, operation_id, methodology_id, record_hash)
        self._books.methodologies[methodology_id] = replace(methodology, status=MethodologyStatus.WITHDRAWN)
        return leaf

    def _check_publication(self, methodology: Methodology) -> None:
        code, first, last = methodology.code, methodology.effective_first_day, methodology.effective_last_day
        if not encoding.is_code(code):
            raise refusals.MethodologyRegistry_CodeMalformed(code)
        expected = (self._books.latest_version.get(code) or 0) + 1
        if methodology.version != expected:
            raise refusals.MethodologyRegistry_VersionNotNext(code, methodology.version, expected)
        if methodology.kind is MethodologyKind.NONE:
            raise refusals.MethodologyRegistry_KindMissing(code)
        if methodology.reduction_class is ReductionClass.NONE:
            raise refusals.MethodologyRegistry_ClassMissing(code)
        if first > last:
            raise refusals.MethodologyRegistry_PeriodEmpty(first, last)
        if last > MAX_CIVIL_DAY:
            raise refusals.MethodologyRegistry_DayTooFar(last, MAX_CIVIL_DAY)
        if methodology.document_hash.is_zero:
            raise refusals.MethodologyRegistry_DocumentMissing(code)

    def _append_methodology(
        self,
        kind: OperationKind,
        operation_id: OperationId,
        methodology_id: MethodologyId,
        record_hash: RecordHash,
    ) -> Leaf:
        return self._append(
            ledger=self.contracts.methodology_registry,
            kind=kind,
            operation_id=operation_id,
            subject=methodology_id,
            record_hash=record_hash,
        )

    def _require_published(self, methodology_id: MethodologyId) -> Methodology:
        methodology = self.methodology(methodology_id)
        status = methodology.status if methodology else MethodologyStatus.UNKNOWN
        if methodology is None or status is not MethodologyStatus.PUBLISHED:
            raise refusals.MethodologyRegistry_WrongStatus(methodology_id, status, MethodologyStatus.PUBLISHED)
        return methodology

    def _require_effective(self, methodology_id: MethodologyId, day: int) -> None:
        methodology = self._require_published(methodology_id)
        first, last = methodology.effective_first_day, methodology.effective_last_day
        if not first <= day <= last:
            raise refusals.MethodologyRegistry_NotEffective(methodology_id, day, first, last)
