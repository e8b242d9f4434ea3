"""The fixed gas limits, at the places of the log where an append joins most subtrees."""

from collections.abc import Iterator
from typing import Any

import pytest

from chain.calls import LEDGER_FUNCTIONS
from chain.feeds import feed_operation_id, sign_feed
from chain.gas import gas_limit
from chain.hexes import to_data
from chain.operations import ContractName, Operation
from chain.signers import LocalSigner
from chain.views import ContractViews
from ledger import encoding
from ledger.batches import BatchCommitment, FeedHeader
from ledger.ids import ActivityId, Address, CampaignId, Hash32, IdentityCommitment, LotId, MethodologyId
from ledger.vocabulary import (
    ActivityKind,
    BatchKind,
    CancellationPurpose,
    MethodologyKind,
    ProviderMode,
    ReductionClass,
    Role,
)
from tests.integration.chain.bodies import Bodies, bodies_of, made, new_operation_id, submitter_of
from tests.integration.deployed import Deployed

LONG_CODE = "X" * 64
FIRST_DAY, LAST_DAY = 0, 30 * 365
SIZE_OFFSET_BYTES = 21
TONNE = 1_000_000
HOLDER = LocalSigner(b"\x33" * 32)


@pytest.fixture
def bodies(deployed: Deployed) -> Iterator[Bodies]:
    with bodies_of(deployed) as working:
        yield working


class Meter:
    """Submits each operation as the leaf that completes a subtree of `leaves` leaves, a power of two."""

    def __init__(self, bodies: Bodies, leaves: int) -> None:
        self.bodies = bodies
        self.used: dict[tuple[ContractName, str], int] = {}
        self._leaves = leaves
        self._holder = submitter_of(bodies.deployed, HOLDER, bodies.outbox)

    def submit(self, operation: Operation) -> None:
        rpc = self.bodies.deployed.rpc
        self._set_log_size(self._leaves - 1)
        submitter = self._holder if operation.sender == HOLDER.address else self.bodies.submitters[operation.sender]
        status = submitter.submit(operation)
        assert status.transaction_hash is not None
        receipt = rpc.call("eth_getTransactionReceipt", [to_data(status.transaction_hash)])
        self.used[operation.call.contract, operation.call.function] = int(receipt["gasUsed"], 16)

    def close(self) -> None:
        self._holder.close()

    def _set_log_size(self, size: int) -> None:
        rpc = self.bodies.deployed.rpc
        log = self.bodies.deployed.deployment.address(ContractName.TRANSPARENCY_LOG).hex0x
        slot = bytearray.fromhex(rpc.call("eth_getStorageAt", [log, "0x0", "latest"])[2:])
        end = 32 - SIZE_OFFSET_BYTES
        slot[end - 8 : end] = size.to_bytes(8, "big")
        rpc.call("anvil_setStorageAt", [log, to_data(bytes(32)), to_data(bytes(slot))])


@pytest.mark.parametrize("leaves", [2**20, 2**40])
def test_every_function_has_room(bodies: Bodies, leaves: int) -> None:
    meter = Meter(bodies, leaves)
    live(meter)
    meter.close()
    assert set(meter.used) == {(entry.contract, entry.function.name) for entry in LEDGER_FUNCTIONS}
    for (contract, function), used in meter.used.items():
        assert used <= 0.75 * gas_limit(contract, function), (contract, function, used)


def live(meter: Meter) -> None:
    """A life that calls every function of every ledger, at its dearest."""
    made_by = meter.bodies.composer
    account, other = opened(meter), opened(meter)
    meter.submit(meter.bodies.opening(HOLDER.address))
    methodology_id = published(meter)
    activity_id = registered(meter, account, methodology_id)
    meter.submit(made_by.suspend_activity(operation_id=new_operation_id(), activity_id=activity_id))
    meter.submit(made_by.resume_activity(operation_id=new_operation_id(), activity_id=activity_id))
    meter.submit(made_by.freeze_account(operation_id=new_operation_id(), account=other))
    meter.submit(made_by.unfreeze_account(operation_id=new_operation_id(), account=other))
    rejected = meter.bodies.proposal(activity_id, 10, FIRST_DAY, LAST_DAY)
    meter.submit(rejected)
    meter.submit(made_by.reject_issuance(operation_id=new_operation_id(), proposal_id=rejected.id))
    proposal = meter.bodies.proposal(activity_id, 10**12, FIRST_DAY, LAST_DAY)
    meter.submit(proposal)
    meter.submit(made_by.confirm_issuance(operation_id=new_operation_id(), proposal_id=proposal.id))
    lot_id = lot_of(meter, activity_id, methodology_id)
    move(meter, account, other, lot_id)
    meter.submit(made_by.correct(operation_id=new_operation_id(), lot_id=lot_id, grams=10))
    meter.submit(made_by.freeze_lot(operation_id=new_operation_id(), lot_id=lot_id))
    meter.submit(made_by.unfreeze_lot(operation_id=new_operation_id(), lot_id=lot_id))
    live_on_points(meter, account, methodology_id)
    closed = registered(meter, account, methodology_id, "Y" * 64)
    meter.submit(made_by.close_activity(operation_id=new_operation_id(), activity_id=closed))
    meter.submit(made_by.withdraw_activity(operation_id=new_operation_id(), activity_id=activity_id))
    meter.submit(made_by.withdraw_methodology(operation_id=new_operation_id(), methodology_id=methodology_id))
    meter.submit(made_by.close_account(operation_id=new_operation_id(), account=opened(meter)))


def live_on_points(meter: Meter, account: Address, methodology_id: MethodologyId) -> None:
    """Every function of providers, campaigns and points; a redemption with a buy-back."""
    made_by = meter.bodies.composer
    hashes: dict[str, Any] = {
        name: Hash32(made(name)) for name in ("application_hash", "evaluation_hash", "agreement_hash")
    }
    meter.submit(
        made_by.admit_provider(
            operation_id=new_operation_id(), account=account, mode=ProviderMode.THIRD_PARTY_MALL, **hashes
        )
    )
    meter.submit(made_by.suspend_provider(operation_id=new_operation_id(), account=account))
    meter.submit(made_by.resume_provider(operation_id=new_operation_id(), account=account))
    campaign_id = campaign(meter, account)
    feed(meter, registered(meter, account, methodology_id, "E" * 64), methodology_id)
    steps = published(meter, "S" * 64, MethodologyKind.SCENARIO)
    scenario = registered(meter, account, steps, "B" * 64, ActivityKind.BEHAVIOUR_SCENARIO)
    feed(meter, scenario, steps, BatchKind.BEHAVIOUR)
    given: dict[str, Any] = {"reduction_class": ReductionClass.I}
    for total in (10, TONNE):
        meter.submit(
            made_by.redeem_points(operation_id=new_operation_id(), provider=account, commitment=entries(total), **given)
        )
    meter.submit(
        made_by.donate_points(operation_id=new_operation_id(), campaign_id=campaign_id, commitment=entries(10), **given)
    )
    meter.submit(made_by.cancel_points(operation_id=new_operation_id(), commitment=entries(10), **given))
    meter.submit(made_by.cancel_campaign(operation_id=new_operation_id(), campaign_id=campaign_id, **given))
    meter.submit(
        made_by.correct_points(
            operation_id=new_operation_id(), batch_number=1, grams=20, reason="made", commitment=entries(10)
        )
    )
    left = entries(10 * TONNE - TONNE - 40)
    meter.submit(made_by.take_snapshot(operation_id=new_operation_id(), after_batch=7, commitment=left, **given))
    meter.submit(made_by.close_campaign(operation_id=new_operation_id(), campaign_id=campaign_id))
    meter.submit(made_by.close_provider(operation_id=new_operation_id(), account=account))


def entries(total: int) -> BatchCommitment:
    """A batch that nobody looks into."""
    return BatchCommitment(root=Hash32(made("root")), total=total, entry_count=1, file_hash=Hash32(made("file")))


def feed(
    meter: Meter, activity_id: ActivityId, methodology_id: MethodologyId, kind: BatchKind = BatchKind.EARN
) -> None:
    """The first batch of an activity, over its whole crediting period."""
    deployment, composer = meter.bodies.deployed.deployment, meter.bodies.composer
    header = FeedHeader(
        kind=kind,
        activity_id=activity_id,
        methodology_id=methodology_id,
        reduction_class=ReductionClass.I,
        sequence=1,
        first_day=FIRST_DAY,
        last_day=LAST_DAY,
        root=Hash32(made("root")),
        total=10 * TONNE,
        entry_count=3,
        file_hash=Hash32(made("file")),
    )
    signature = sign_feed(header, deployment, HOLDER)
    assert ContractViews(meter.bodies.deployed.rpc, deployment).next_sequence(activity_id) == 1
    compose = composer.earn_points if kind is BatchKind.EARN else composer.record_behaviour
    operation_id = feed_operation_id(header, deployment)
    meter.submit(compose(operation_id=operation_id, header=header, signature=signature))


def campaign(meter: Meter, beneficiary: Address) -> CampaignId:
    code = "C" * 64
    meter.submit(
        meter.bodies.composer.open_campaign(
            operation_id=new_operation_id(),
            code=code,
            beneficiary=beneficiary,
            purpose=CancellationPurpose.EVENT_NEUTRALITY,
            last_day=60_000,
            document_hash=Hash32(made("document")),
        )
    )
    return encoding.campaign_id(code=code)


def opened(meter: Meter) -> Address:
    commitment = IdentityCommitment(made("identity"))
    meter.submit(meter.bodies.custody_opening(commitment))
    return encoding.custody_address(commitment)


def published(meter: Meter, code: str = LONG_CODE, kind: MethodologyKind = MethodologyKind.PROJECT) -> MethodologyId:
    operation = meter.bodies.composer.publish_methodology(
        operation_id=new_operation_id(),
        code=code,
        version=1,
        kind=kind,
        reduction_class=ReductionClass.I,
        effective_first_day=0,
        effective_last_day=60_000,
        document_hash=Hash32(made("document")),
    )
    meter.submit(operation)
    return encoding.methodology_id(code=code, version=1)


def registered(
    meter: Meter,
    account: Address,
    methodology_id: MethodologyId,
    code: str = LONG_CODE,
    kind: ActivityKind = ActivityKind.PROJECT,
) -> ActivityId:
    operation = meter.bodies.composer.register_activity(
        operation_id=new_operation_id(),
        code=code,
        kind=kind,
        methodology_id=methodology_id,
        operator_account=account,
        feed_signer=HOLDER.address,
        crediting_first_day=FIRST_DAY,
        crediting_last_day=LAST_DAY,
        facility_id=Hash32(made("facility")),
        pledge_hash=Hash32(made("pledge")),
        cap_grams=10**15,
    )
    meter.submit(operation)
    return encoding.activity_id(code=code)


def lot_of(meter: Meter, activity_id: ActivityId, methodology_id: MethodologyId) -> LotId:
    deployment = meter.bodies.deployed.deployment
    return encoding.lot_id(
        chain_id=deployment.chain_id,
        ledger=deployment.address(ContractName.REDUCTION_LEDGER),
        activity_id=activity_id,
        methodology_id=methodology_id,
        reduction_class=ReductionClass.I,
        first_day=FIRST_DAY,
        last_day=LAST_DAY,
    )


def move(meter: Meter, account: Address, other: Address, lot_id: LotId) -> None:
    """By the platform, then by a holder."""
    bodies, composer = meter.bodies, meter.bodies.composer
    meter.submit(bodies.transfer(account, other, lot_id, 1000))
    meter.submit(bodies.transfer(account, HOLDER.address, lot_id, 1000))
    meter.submit(bodies.cancellation(other, lot_id, 500))
    meter.submit(
        composer.transfer(
            operation_id=new_operation_id(),
            from_account=HOLDER.address,
            to_account=account,
            lot_id=lot_id,
            grams=10,
            by_holder=True,
        )
    )
    meter.submit(
        composer.cancel(
            operation_id=new_operation_id(),
            account=HOLDER.address,
            lot_id=lot_id,
            grams=10,
            purpose=CancellationPurpose.EVENT_NEUTRALITY,
            by_holder=True,
            fields={"event": "made"},
        )
    )


def test_a_limit_that_is_too_low_is_said_to_be_so(bodies: Bodies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chain.nonces.gas_limit", lambda contract, function: 60_000)
    [status] = bodies.by(Role.PLATFORM).submit_many([bodies.opening()])
    assert status.error_code == "UnknownRefusal"
    assert status.error_arguments == {"data": "0x", "reason": "it ran out of gas"}
