"""A small ledger written straight into the index's tables, with true leaves, tiles, records and totals."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert

from chain.operations import ContractName
from indexer import mirror, row_seals, schema
from indexer.database import Database
from indexer.schema import PERSONS, Book, LotStatus, PointBook
from indexer.tiles import TileBuilder
from ledger import encoding
from ledger.canonical import canonical_json
from ledger.checkpoints import Checkpoint
from ledger.entries import OPERATION_KINDS
from ledger.errors import Json
from ledger.ids import (
    ZERO_ADDRESS,
    ZERO_HASH,
    ActivityId,
    Address,
    CampaignId,
    Hash32,
    LotId,
    MethodologyId,
    OperationId,
)
from ledger.log_tree import CompactRange
from ledger.notes import KeyType, Note, SignerKey
from ledger.records import REQUIRED_FIELDS, DerivedSalts, Record, build_record
from ledger.vocabulary import (
    AccountKind,
    AccountStatus,
    ActivityKind,
    ActivityStatus,
    BatchKind,
    CampaignStatus,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    MethodologyStatus,
    OperationKind,
    ProposalStatus,
    ProviderMode,
    ProviderStatus,
    ReductionClass,
)

CHAIN_ID = 31337
SALTS = DerivedSalts(b"k" * 32)
FIRST_TIME = 1_763_000_000
RULES = "test rules"
LOG_SEED = b"\x01" * 32
WITNESS_KEY = SignerKey("witness.example/1", KeyType.WITNESS, b"\x02" * 32)


def address(number: int) -> Address:
    """An address that is easy to recognise."""
    return Address(number.to_bytes(20, "big"))


def contract(name: ContractName) -> Address:
    """Where the sample says that a contract stands."""
    return address(500 + list(ContractName).index(name))


def ledger_of(kind: OperationKind) -> Address:
    """The contract that appends leaves of this kind, as far as certificates are concerned (§8.2)."""
    of_points = {OperationKind.CAMPAIGN_CANCELLED, *OPERATION_KINDS.values()}
    return contract(ContractName.POINT_LEDGER if kind in of_points else ContractName.REDUCTION_LEDGER)


def hash32(number: int) -> Hash32:
    """A hash that is easy to recognise."""
    return Hash32(b"\xab" * 24 + number.to_bytes(8, "big"))


@dataclass
class SampleLedger:
    """Grows step by step; `save` writes all of it."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    log: CompactRange = field(default_factory=CompactRange)
    leaf_hashes: list[bytes] = field(default_factory=list)
    records: dict[int, Record] = field(default_factory=dict)
    next_serial: int = 1
    chain_id: int = CHAIN_ID
    written: dict[str, Json] = field(default_factory=lambda: {"event": "Half marathon"})
    """What whoever cancels writes into the record, and shows."""

    def __post_init__(self) -> None:
        self._completed: list[Any] = []
        self._held: dict[tuple[bytes, bytes], int] = {}

    def add(self, table: str, **values: Any) -> None:
        """One row."""
        self.rows.setdefault(table, []).append(values)

    def operation(
        self,
        kind: OperationKind,
        subject: bytes,
        fields: dict[str, Any],
        *,
        from_account: Address | None = None,
        to_account: Address | None = None,
        grams: int = 0,
        disclosed: tuple[str, ...] = ("rules",),
        keep_record: bool = True,
    ) -> int:
        """One leaf with its record and its block; gives its index."""
        index = self.log.size
        operation_id = OperationId(bytes(hash32(index + 1)))
        record = build_record(kind, operation_id, {"rules": RULES, **fields}, SALTS)
        block = 10 + index // 3
        timestamp = FIRST_TIME + block
        leaf_hash = encoding.log_leaf(
            chain_id=self.chain_id,
            ledger=ledger_of(kind),
            kind=kind,
            operation_id=operation_id,
            subject=subject,
            from_account=from_account or ZERO_ADDRESS,
            to_account=to_account or ZERO_ADDRESS,
            grams=grams,
            record_hash=record.hash,
            timestamp=timestamp,
        )
        self._completed += self.log.append(leaf_hash)
        self.leaf_hashes.append(leaf_hash)
        self.records[index] = record
        if index % 3 == 0:
            self.add(
                "blocks",
                number=block,
                hash=bytes(hash32(10_000 + block)),
                parent_hash=bytes(hash32(9_999 + block)),
                timestamp=timestamp,
            )
        self.add(
            "operations",
            leaf_index=index,
            operation_id=bytes(operation_id),
            kind=int(kind),
            ledger=bytes(ledger_of(kind)),
            subject=bytes(subject),
            from_account=from_account and bytes(from_account),
            to_account=to_account and bytes(to_account),
            quantity_gco2e=grams,
            record_hash=bytes(record.hash),
            timestamp=timestamp,
            leaf_hash=bytes(leaf_hash),
            block_number=block,
            transaction_hash=bytes(hash32(20_000 + index)),
            log_index=index % 3,
        )
        if keep_record:
            self.add(
                "records",
                record_hash=bytes(record.hash),
                kind=int(kind),
                document=record.to_bytes().decode(),
                public=canonical_json(record.disclose(disclosed).to_json()).decode(),
                saved_at=timestamp,
            )
        return index

    @property
    def origin(self) -> str:
        """Of the log."""
        names = (ContractName.TRANSPARENCY_LOG, ContractName.REDUCTION_LEDGER, ContractName.POINT_LEDGER)
        log, reductions, points = map(contract, names)
        deployment_id = encoding.deployment_id(
            chain_id=self.chain_id,
            genesis_hash=hash32(0),
            transparency_log=log,
            reduction_ledger=reductions,
            point_ledger=points,
        )
        return encoding.log_origin(chain_id=self.chain_id, deployment_id=deployment_id)

    def checkpoint(self, *, published: bool = True) -> None:
        """Signs the log as it is now, by the log and one witness."""
        text = Checkpoint(self.origin, self.log.size, Hash32(self.log.root())).text
        log_key = SignerKey(self.origin, KeyType.LOG, LOG_SEED)
        lines = (log_key.sign(text), WITNESS_KEY.sign(text, timestamp=FIRST_TIME))
        self.add(
            "checkpoints",
            size=self.log.size,
            root=bytes(self.log.root()),
            note=str(Note(text, lines)),
            signed_at=FIRST_TIME,
            published_at=FIRST_TIME + 1 if published else None,
        )

    def open_account(self, account: Address, kind: AccountKind = AccountKind.INSTITUTION) -> int:
        """An account in platform custody."""
        fields = {"account": account.hex0x, "account_kind": kind.label, "custody": Custody.PLATFORM.label}
        index = self.operation(OperationKind.ACCOUNT_OPENED, account.padded, fields)
        self.add(
            "accounts",
            account=bytes(account),
            kind=int(kind),
            custody=int(Custody.PLATFORM),
            identity_commitment=bytes(hash32(int.from_bytes(account, "big"))),
            status=int(AccountStatus.ACTIVE),
            opened_leaf_index=index,
            status_leaf_index=index,
        )
        return index

    def publish(
        self, code: str, reduction_class: ReductionClass, version: int = 1, *, quantification: Json = None
    ) -> bytes:
        """A project methodology."""
        methodology_id = encoding.methodology_id(code=code, version=version)
        fields: dict[str, Any] = {
            "code": code,
            "version": str(version),
            "methodology_kind": "project",
            "class": reduction_class.label,
            "effective_first_day": "2025-01-01",
            "effective_last_day": "2030-12-31",
            "document_hash": hash32(version).hex0x,
        }
        disclosed: tuple[str, ...] = ("rules",)
        if quantification is not None:
            fields["quantification"] = quantification
            disclosed += ("quantification",)
        index = self.operation(OperationKind.METHODOLOGY_PUBLISHED, methodology_id, fields, disclosed=disclosed)
        self.add(
            "methodologies",
            methodology_id=bytes(methodology_id),
            code=code,
            version=version,
            kind=int(MethodologyKind.PROJECT),
            reduction_class=int(reduction_class),
            effective_first_day=20_089,
            effective_last_day=22_279,
            document_hash=bytes(hash32(version)),
            status=int(MethodologyStatus.PUBLISHED),
            published_leaf_index=index,
            status_leaf_index=index,
        )
        return bytes(methodology_id)

    def register(self, code: str, methodology_id: bytes, reduction_class: ReductionClass, operator: Address) -> bytes:
        """A project."""
        activity_id = encoding.activity_id(code=code)
        fields = {
            "code": code,
            "activity_kind": "project",
            "methodology_id": "0x" + methodology_id.hex(),
            "operator_account": operator.hex0x,
            "crediting_first_day": "2025-01-01",
            "crediting_last_day": "2030-12-31",
            "cap_gco2e": "10000000000",
        }
        index = self.operation(OperationKind.ACTIVITY_REGISTERED, activity_id, fields)
        self.add(
            "activities",
            activity_id=bytes(activity_id),
            code=code,
            kind=int(ActivityKind.PROJECT),
            reduction_class=int(reduction_class),
            methodology_id=methodology_id,
            operator_account=bytes(operator),
            feed_signer=None,
            crediting_first_day=20_089,
            crediting_last_day=22_279,
            facility_id=bytes(hash32(index)),
            debtor_id=bytes(
                encoding.debtor_id(activity_id=activity_id, facility_id=hash32(index), reduction_class=reduction_class)
            ),
            pledge_hash=bytes(hash32(index + 1)),
            cap_gco2e=10_000_000_000,
            status=int(ActivityStatus.ACTIVE),
            registered_leaf_index=index,
            status_leaf_index=index,
        )
        return bytes(activity_id)

    def issue(  # noqa: PLR0917 - in the order of the story
        self,
        activity_id: bytes,
        methodology_id: bytes,
        reduction_class: ReductionClass,
        to: Address,
        grams: int,
        day: int,
    ) -> LotId:
        """A confirmed issuance of 30 days beginning at `day`."""
        proposed = self.operation(
            OperationKind.ISSUANCE_PROPOSED,
            activity_id,
            {
                "activity_id": "0x" + activity_id.hex(),
                "period_first_day": "2025-01-01",
                "period_last_day": "2025-01-30",
                "quantity_gco2e": str(grams),
            },
            grams=grams,
        )
        proposal_id = self.rows["operations"][proposed]["operation_id"]
        lot_id = encoding.lot_id(
            chain_id=self.chain_id,
            ledger=contract(ContractName.REDUCTION_LEDGER),
            activity_id=ActivityId(activity_id),
            methodology_id=MethodologyId(methodology_id),
            reduction_class=reduction_class,
            first_day=day,
            last_day=day + 29,
        )
        confirmed = self.operation(
            OperationKind.ISSUANCE_CONFIRMED,
            lot_id,
            {"proposal_id": "0x" + proposal_id.hex()},
            to_account=to,
            grams=grams,
        )
        self.add(
            "proposals",
            proposal_id=proposal_id,
            activity_id=activity_id,
            proposer=bytes(address(90)),
            first_day=day,
            last_day=day + 29,
            quantity_gco2e=grams,
            status=int(ProposalStatus.CONFIRMED),
            proposed_leaf_index=proposed,
            status_leaf_index=confirmed,
        )
        self.add(
            "lots",
            lot_id=bytes(lot_id),
            activity_id=activity_id,
            methodology_id=methodology_id,
            reduction_class=int(reduction_class),
            first_day=day,
            last_day=day + 29,
            credited_account=bytes(to),
            proposal_id=proposal_id,
            first_serial=self.next_serial,
            issued_gco2e=grams,
            withheld_gco2e=0,
            cancelled_gco2e=0,
            taken_back_gco2e=0,
            corrected_gco2e=0,
            status=int(LotStatus.FREE),
            issued_leaf_index=confirmed,
            status_leaf_index=confirmed,
        )
        self.next_serial += grams
        self._held[bytes(to), bytes(lot_id)] = grams
        return lot_id

    def transfer(self, lot_id: LotId, giver: Address, receiver: Address, grams: int) -> int:
        """Grams from one to another."""
        index = self.operation(
            OperationKind.REDUCTION_TRANSFERRED,
            lot_id,
            {
                "from_account": giver.hex0x,
                "to_account": receiver.hex0x,
                "lot_id": lot_id.hex0x,
                "quantity_gco2e": str(grams),
            },
            from_account=giver,
            to_account=receiver,
            grams=grams,
        )
        self._held[bytes(giver), bytes(lot_id)] -= grams
        self._held[bytes(receiver), bytes(lot_id)] = self._held.get((bytes(receiver), bytes(lot_id)), 0) + grams
        return index

    def cancel(self, lot_id: LotId, holder: Address, grams: int, *, keep_record: bool = True) -> int:
        """A cancellation for an event; gives the certificate's number."""
        number = len(self.rows.get("certificates", [])) + 1
        lot = next(row for row in self.rows["lots"] if row["lot_id"] == bytes(lot_id))
        first_serial = lot["first_serial"] + lot["cancelled_gco2e"]
        purpose = CancellationPurpose.EVENT_NEUTRALITY
        index = self.operation(
            OperationKind.REDUCTION_CANCELLED,
            encoding.certificate_subject(
                certificate_number=number, lot_id=lot_id, purpose=purpose, first_serial=first_serial
            ),
            {
                "account": holder.hex0x,
                "lot_id": lot_id.hex0x,
                "quantity_gco2e": str(grams),
                "purpose": purpose.label,
                "beneficiary": "kept back",
                **self.written,
            },
            from_account=holder,
            grams=grams,
            disclosed=("rules", "purpose", "quantity_gco2e", *self.written),
            keep_record=keep_record,
        )
        self.add(
            "certificates",
            number=number,
            leaf_index=index,
            lot_id=bytes(lot_id),
            account=bytes(holder),
            purpose=int(purpose),
            quantity_gco2e=grams,
            first_serial=first_serial,
        )
        lot["cancelled_gco2e"] += grams
        self._held[bytes(holder), bytes(lot_id)] -= grams
        return number

    def save(self, database: Database) -> None:
        """Writes everything into an empty, migrated database; may be done again, into another one."""
        if "chain_binding" not in self.rows:
            self._complete()
        with database.write() as connection:
            for table in schema.MIRROR:
                if rows := self.rows.get(table.name):
                    connection.execute(insert(table), rows)
            for table in schema.KEPT:
                row_seals.add(connection, table, self.rows.get(table.name, []))
            mirror.begin_generation(connection)

    def _complete(self) -> None:
        """What follows from all the rest: balances, tiles, cursor, binding."""
        for (owner, lot_id), grams in self._held.items():
            if grams:
                self.add("balances", book=int(Book.HELD), owner=owner, lot_id=lot_id, quantity_gco2e=grams)
        for lot in self.rows.get("lots", []):
            self.add(
                "balances",
                book=int(Book.ISSUED),
                owner=lot["credited_account"],
                lot_id=lot["lot_id"],
                quantity_gco2e=lot["issued_gco2e"],
            )
        for level, index, nodes in TileBuilder().extend(self._completed):
            self.add("log_tiles", level=level, tile_index=index, nodes=nodes)
        last_block = self.rows["blocks"][-1]
        self.add(
            "cursor",
            id=1,
            block_number=last_block["number"] + 5,
            block_hash=bytes(hash32(77)),
            block_timestamp=last_block["timestamp"] + 5,
            log_size=self.log.size,
            log_root=self.log.root(),
        )
        self.add(
            "chain_binding",
            id=1,
            chain_id=self.chain_id,
            genesis_hash=bytes(hash32(0)),
            first_block=1,
            parent_hash=bytes(hash32(0)),
            parent_timestamp=FIRST_TIME,
        )
        for number, name in enumerate(ContractName):
            self.add(
                "bound_contracts",
                name=name.value,
                address=bytes(contract(name)),
                code_hash=bytes(hash32(number)),
            )


QUANTIFICATION: dict[str, Any] = {
    "format": 1,
    "formula": "metered-energy",
    "parameters": {"grams_per_kwh": "420"},
    "rounding": "half-up",
    "ranges": {"energy_wh": [1, 1_000_000], "nameplate_w": [1, 1_000_000]},
}
PLATFORM_HOLDER, BUYER, STRANGER = address(1), address(2), address(3)


def make_sample(
    cancellations: int = 3, *, chain_id: int = CHAIN_ID, written: dict[str, Json] | None = None
) -> SampleLedger:
    """Three accounts, two methodologies, two projects, three lots, transfers and cancellations."""
    sample = SampleLedger(chain_id=chain_id)
    sample.written.update(written or {})
    for account in (PLATFORM_HOLDER, BUYER, STRANGER):
        sample.open_account(account)
    first = sample.publish("SHCER-PV-001", ReductionClass.I)
    second = sample.publish("SHCER/HEAT-002", ReductionClass.II)
    sample.publish("SHCER-PV-001", ReductionClass.I, version=2, quantification=QUANTIFICATION)
    solar = sample.register("SH-PV-0001", first, ReductionClass.I, PLATFORM_HOLDER)
    heat = sample.register("SH-HEAT/0002", second, ReductionClass.II, PLATFORM_HOLDER)
    lot = sample.issue(solar, first, ReductionClass.I, PLATFORM_HOLDER, 462_000_000, 20_100)
    sample.issue(solar, first, ReductionClass.I, PLATFORM_HOLDER, 100_500_000, 20_200)
    sample.issue(heat, second, ReductionClass.II, PLATFORM_HOLDER, 7_000_001, 20_300)
    sample.transfer(lot, PLATFORM_HOLDER, BUYER, 200_000_000)
    sample.checkpoint()
    for number in range(cancellations):
        sample.cancel(lot, BUYER, 1_000_000 + number, keep_record=number != 1)
    sample.transfer(lot, PLATFORM_HOLDER, STRANGER, 5)
    add_points(sample, solar, first)
    sample.checkpoint()
    return sample


CAMPAIGN_CODE = "MARATHON-2026"
CAMPAIGN = encoding.campaign_id(code=CAMPAIGN_CODE)


def add_points(sample: SampleLedger, activity_id: bytes, methodology_id: bytes) -> None:
    """A provider and a campaign; a batch of each kind that persons have a part in; a campaign cancelled."""
    admitted = _told(sample, OperationKind.PROVIDER_ADMITTED, STRANGER.padded)
    sample.add(
        "providers",
        account=bytes(STRANGER),
        status=int(ProviderStatus.ACTIVE),
        admitted_leaf_index=admitted,
        status_leaf_index=admitted,
    )
    sample.add(
        "provider_admissions",
        leaf_index=admitted,
        account=bytes(STRANGER),
        mode=int(ProviderMode.SUB_PLATFORM),
        application_hash=bytes(hash32(1)),
        evaluation_hash=bytes(hash32(2)),
        agreement_hash=bytes(hash32(3)),
    )
    opened = _told(sample, OperationKind.CAMPAIGN_OPENED, CAMPAIGN)
    sample.add(
        "campaigns",
        campaign_id=bytes(CAMPAIGN),
        code=CAMPAIGN_CODE,
        beneficiary=bytes(BUYER),
        purpose=int(CancellationPurpose.EVENT_NEUTRALITY),
        last_day=21_000,
        document_hash=bytes(hash32(4)),
        status=int(CampaignStatus.OPEN),
        opened_leaf_index=opened,
        status_leaf_index=opened,
    )
    feed = {"activity_id": activity_id, "methodology_id": methodology_id, "sequence": 1}
    days = {"first_day": 20_400, "last_day": 20_400}
    _batch(sample, OperationKind.POINTS_EARNED, BatchKind.EARN, 1_000, **feed, **days, personal_after_gco2e=1_000)
    redeemed = {"provider": bytes(STRANGER), "bought_back_gco2e": 0, "personal_after_gco2e": 700}
    _batch(sample, OperationKind.POINTS_REDEEMED, BatchKind.REDEEM, 300, **redeemed)
    _batch(sample, OperationKind.POINTS_DONATED, BatchKind.DONATE, 200, campaign_id=bytes(CAMPAIGN))
    first = len(sample.rows.get("certificates", [])) + 1
    _batch(sample, OperationKind.POINTS_CANCELLED, BatchKind.CANCEL, 100, first_certificate=first)
    subject = encoding.campaign_cancellation_subject(
        certificate_number=first + 2,
        campaign_id=CampaignId(CAMPAIGN),
        reduction_class=ReductionClass.I,
        purpose=CancellationPurpose.EVENT_NEUTRALITY,
    )
    cancelled = _told(sample, OperationKind.CAMPAIGN_CANCELLED, subject, 200)
    sample.add(
        "campaign_cancellations",
        certificate_number=first + 2,
        leaf_index=cancelled,
        campaign_id=bytes(CAMPAIGN),
        reduction_class=int(ReductionClass.I),
        purpose=int(CancellationPurpose.EVENT_NEUTRALITY),
        quantity_gco2e=200,
    )
    balances = [
        (PointBook.ISSUED, activity_id, 1_000),
        (PointBook.PERSONAL, PERSONS, 400),
        (PointBook.PROVIDER_POOL, bytes(STRANGER.padded), 300),
        (PointBook.CANCELLED, PERSONS, 100),
        (PointBook.CANCELLED, bytes(CAMPAIGN), 200),
    ]
    for book, owner, grams in balances:
        sample.add("point_balances", book=int(book), owner=owner, reduction_class=1, quantity_gco2e=grams)


def _told(sample: SampleLedger, kind: OperationKind, subject: bytes, grams: int = 0) -> int:
    """An operation whose record has what it must have."""
    said: dict[str, Json] = {
        **dict.fromkeys(("account", "beneficiary_account", "provider_account"), STRANGER.hex0x),
        **dict.fromkeys(("campaign_last_day", "period_first_day", "period_last_day"), "2026-01-01"),
        "class": "I",
        "code": CAMPAIGN_CODE,
        **dict.fromkeys(("after_batch", "batch_number", "behaviour_value", "entry_count", "sequence"), "2"),
        "reason": "counted twice",
        "rules": RULES,
        "provider_mode": "sub-platform",
        "purpose": "event-neutrality",
        "quantity_gco2e": str(grams),
    }
    if kind is OperationKind.CAMPAIGN_CANCELLED:
        said["campaign_id"] = CampaignId(CAMPAIGN).hex0x
    fields = {name: said.get(name, hash32(6).hex0x) for name in REQUIRED_FIELDS[kind]}
    return sample.operation(kind, subject, fields, grams=grams)


_BATCH_COLUMNS = dict.fromkeys(
    [column.name for column in schema.batches.columns if column.nullable],
)


def _batch(sample: SampleLedger, kind: OperationKind, batch_kind: BatchKind, total: int, **values: Any) -> None:
    """A batch of two entries of class Ⅰ, which stand for no file."""
    number = len(sample.rows.get("batches", [])) + 1
    hashes = {"root": bytes(hash32(800 + number)), "file_hash": bytes(hash32(900 + number))}
    subject = hash32(700 + number)
    if batch_kind is BatchKind.CANCEL:
        subject = encoding.batch_subject(
            batch_number=number,
            kind=batch_kind,
            reduction_class=ReductionClass.I,
            party=ZERO_HASH,
            **hashes,
            total=total,
            entry_count=2,
            withheld_grams=0,
            first_certificate=values["first_certificate"],
        )
    index = _told(sample, kind, subject, total)
    row = {
        "batch_number": number,
        "leaf_index": index,
        "kind": int(batch_kind),
        "reduction_class": int(ReductionClass.I),
        "total": total,
        "entry_count": 2,
        "withheld_gco2e": 0,
    }
    sample.add("batches", **{**_BATCH_COLUMNS, **row, **hashes, **values})
