"""An import without a chain: the reference model stands for the contracts."""

import dataclasses
import datetime
import gzip
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chain.composer import Composer
from chain.operations import Operation, OperationState, OperationStatus
from ledger.encoding import activity_id, methodology_id
from ledger.errors import OperationConflict, TanpuhuiError
from ledger.ids import ActivityId, Address, MethodologyId, OperationId
from ledger.model import Contracts, LedgerModel
from ledger.records import DerivedSalts
from ledger.vocabulary import AccountStatus, ReductionClass, Role
from scripts.importing.actions import Step
from scripts.importing.check import ModelCheck
from scripts.importing.mapping import load_mapping
from scripts.importing.rows import RowPlan, RowReader, RowRefusal
from scripts.importing.runner import Tally, apply_rows, check_rows
from scripts.importing.sources import Source
from scripts.names import ActivityTerms, Directory, Names

CONTRACTS = Contracts(
    chain_id=31_337,
    account_registry=Address(b"\x01" * 20),
    methodology_registry=Address(b"\x02" * 20),
    activity_registry=Address(b"\x03" * 20),
    reduction_ledger=Address(b"\x04" * 20),
    provider_registry=Address(b"\x05" * 20),
    campaign_registry=Address(b"\x06" * 20),
    point_ledger=Address(b"\x07" * 20),
)
SENDERS = {
    Role.REGULATOR: Address(b"\x11" * 20),
    Role.TECHNICAL_CENTRE: Address(b"\x12" * 20),
    Role.PLATFORM: Address(b"\x13" * 20),
}
SALTS = DerivedSalts(b"k" * 32)
NOW = 1_795_000_000  # 2026-11
ROLES = {address: [role] for role, address in SENDERS.items()}


class ModelDirectory:
    """What is registered in a model."""

    def __init__(self, model: LedgerModel) -> None:
        self._model = model

    def account_exists(self, account: Address) -> bool:
        return self._model.account(account).status is not AccountStatus.UNKNOWN

    def methodology_class(self, methodology_id: MethodologyId) -> ReductionClass | None:
        found = self._model.methodology(methodology_id)
        return None if found is None else found.reduction_class

    def activity_terms(self, activity_id: ActivityId) -> ActivityTerms | None:
        found = self._model.activity(activity_id)
        return None if found is None else ActivityTerms(found.registration.methodology_id, found.reduction_class)


class Silent:
    """A watcher that counts."""

    def __init__(self) -> None:
        self.rows = 0

    def begin(self, what: str, total: int | None) -> None:
        self.rows = 0

    def advance(self, rows: int) -> None:
        self.rows += rows


@dataclass
class Ledger:
    """A ledger in memory: a model, what was sent to it, and how an import reaches it."""

    model: LedgerModel = field(default_factory=lambda: LedgerModel(CONTRACTS, ROLES, NOW))
    sent: list[tuple[Role, OperationId]] = field(default_factory=list)
    batches: list[tuple[Role, int]] = field(default_factory=list)
    steps: dict[OperationId, Step] = field(default_factory=dict)
    contents: dict[OperationId, bytes] = field(default_factory=dict)
    fail_after: int | None = None
    composer: Composer = field(default_factory=lambda: Composer(salts=SALTS, senders=SENDERS))

    # As a sender of an import:

    def send(self, role: Role, operations: Iterable[Operation]) -> Iterator[OperationStatus]:
        taken = list(operations)
        self.batches.append((role, len(taken)))
        for operation in taken:
            if self.fail_after is not None and len(self.sent) >= self.fail_after:
                raise KilledHereError
            self.sent.append((role, operation.id))
            step = self.steps[operation.id]
            error = ModelCheck(self.model).try_row([(step, operation)])
            if error is None:
                self.contents[operation.id] = operation.call.calldata
            yield status_of(operation, error)

    def standing(self, operations: Sequence[Operation]) -> dict[OperationId, TanpuhuiError | None]:
        used = [operation for operation in operations if self.model.was_applied(operation.id)]
        return {
            operation.id: None if self.contents.get(operation.id) == operation.call.calldata else conflict(operation)
            for operation in used
        }

    # Imports

    def reader(self, mapping: Path, file: Path, **constants: str) -> RowReader:
        read = load_mapping(mapping, constants)
        return RowReader(read, Source(file, read.file), names, ModelDirectory(self.model))

    def row_wise(self, mapping: Path, file: Path, **constants: str) -> tuple[Tally, list[RowRefusal]]:
        """As `--row-wise --unchecked`."""
        refused: list[RowRefusal] = []
        rows = self._learning(self.reader(mapping, file, **constants).rows())
        return apply_rows(rows, self.composer, self, Silent(), refused.append), refused

    def checked(self, mapping: Path, file: Path, **constants: str) -> tuple[Tally, list[RowRefusal]]:
        """As `--row-wise`."""
        refused: list[RowRefusal] = []
        rows = check_rows(
            self._learning(self.reader(mapping, file, **constants).rows()),
            self.composer,
            self._check(),
            self,
            Silent(),
        )
        return apply_rows(rows, self.composer, self, Silent(), refused.append), refused

    def whole(self, mapping: Path, file: Path, **constants: str) -> tuple[Tally | None, list[RowRefusal]]:
        """As the default: nothing is sent if a row would be refused."""
        reader = self.reader(mapping, file, **constants)
        checked = list(check_rows(reader.rows(), self.composer, self._check(), self, Silent()))
        refused = [row for row in checked if isinstance(row, RowRefusal)]
        if refused:
            return None, refused
        return apply_rows(self._learning(reader.rows()), self.composer, self, Silent(), refused.append), refused

    def _check(self) -> ModelCheck:
        # As out of the index: the ids of what was applied are asked for, not loaded.
        state = dataclasses.replace(self.model.state(), operations={})
        return ModelCheck(LedgerModel.load(CONTRACTS, state, NOW))

    def _learning(self, rows: Iterator[RowPlan | RowRefusal]) -> Iterator[RowPlan | RowRefusal]:
        for row in rows:
            if isinstance(row, RowPlan):
                self.steps.update({step.operation_id: step for step in row.steps})
            yield row


class KilledHereError(Exception):
    """The process was killed at this point."""


def conflict(operation: Operation) -> OperationConflict:
    """As the outbox: an id with the content that was applied is done, and with any other is a conflict."""
    return OperationConflict(operation.id)


def names(directory: Directory) -> Names:
    return Names(chain_id=CONTRACTS.chain_id, ledger=CONTRACTS.reduction_ledger, salts=SALTS, directory=directory)


def status_of(operation: Operation, error: TanpuhuiError | None) -> OperationStatus:
    return OperationStatus(
        operation_id=operation.id,
        state=OperationState.DONE if error is None else OperationState.REFUSED,
        sender=operation.sender,
        contract=operation.call.contract,
        kind=operation.call.kind,
        calldata=operation.call.calldata,
        record_hash=operation.call.record_hash,
        error_code=None if error is None else type(error).__name__,
        error_arguments=None if error is None else error.details(),
    )


def write(folder: Path, name: str, text: str, *, packed: bool = False) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode(), mtime=0) if packed else text.encode())
    return path


def contents(row: RowPlan | RowRefusal) -> object:
    """What a row asks for, in a word; or why it is refused."""
    if isinstance(row, RowRefusal):
        return row.line, row.by, row.field, row.rule
    return row.line, [step.action.label for step in row.steps]


ISSUANCE = """
[mapping]
name = "test-issuance"

[clean]
"*" = ["strip"]

[[operation]]
do = "open-account"
ensure = true
account = "ref:{owner}"
kind = "institution"

[[operation]]
do = "publish-methodology"
ensure = true
code = "SH-PV"
version = 1
kind = "project"
class = "{class}"
effective_first_day = "2020-01-01"
effective_last_day = "2099-12-31"
document = "the methodology"

[[operation]]
do = "register-activity"
ensure = true
code = "{project}"
kind = "project"
methodology = "SH-PV@1"
operator = "ref:{owner}"
crediting_first_day = "2020-01-01"
crediting_last_day = "2029-12-31"
facility = "{project}"
pledge = "claimed here alone"
cap = "1000"

[[operation]]
do = "propose"
activity = "{project}"
first_day = "{year}-01-01"
last_day = "{year}-12-31"
quantity = "{tonnes}"
record = { source = "{project}/{year}", note = "{note}" }

[[operation]]
do = "confirm"
"""

ISSUED = """owner,project,year,tonnes,class,note
alpha,PV-1,2021,400,I,first
alpha,PV-1,2022,300,I,
beta, PV-2 ,2021,0.5,I,
beta,PV-2,2022,1,I,
"""

RETIREMENT = """
[mapping]
name = "test-retirement"

[[operation]]
do = "open-account"
ensure = true
account = "ref:{company}"
kind = "institution"

[[operation]]
do = "transfer"
from = "ref:{owner}"
to = "ref:{company}"
activity = "{project}"
first_day = "{year}-01-01"
last_day = "{year}-12-31"
quantity = "{tonnes}"

[[operation]]
do = "cancel"
account = "ref:{company}"
activity = "{project}"
first_day = "{year}-01-01"
last_day = "{year}-12-31"
quantity = "{tonnes}"
purpose = "ets-compliance"
record = { compliance_year = "2025" }
"""

RETIRED = """company,owner,project,year,tonnes
c1,alpha,PV-1,2021,100
c2,alpha,PV-1,2021,50
c1,alpha,PV-1,2021,100
c1,beta,PV-2,2022,1
"""


def held(ledger: Ledger, reference: str, project: str, year: int) -> int:
    """Grams that the account of a reference holds of a project's year."""
    every = names(ModelDirectory(ledger.model))
    lot = every.lot(
        activity_id=activity_id(code=project),
        first_day=_day(year, 1, 1),
        last_day=_day(year, 12, 31),
        methodology_id=methodology_id(code="SH-PV", version=1),
        reduction_class=ReductionClass.I,
    )
    return ledger.model.balance(every.account(f"ref:{reference}"), lot)


def _day(year: int, month: int, day: int) -> int:
    return (datetime.date(year, month, day) - datetime.date(1970, 1, 1)).days
