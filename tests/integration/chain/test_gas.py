"""The fixed gas limits, at the places of the log where an append joins most subtrees."""

from collections.abc import Iterator

import pytest

from chain.calls import LEDGER_FUNCTIONS
from chain.gas import gas_limit
from chain.hexes import to_data
from chain.operations import ContractName, Operation
from chain.signers import LocalSigner
from ledger import encoding
from ledger.ids import ActivityId, Address, Hash32, IdentityCommitment, LotId, MethodologyId
from ledger.vocabulary import ActivityKind, CancellationPurpose, MethodologyKind, ReductionClass, Role
from tests.integration.chain.bodies import Bodies, bodies_of, made, new_operation_id, submitter_of
from tests.integration.deployed import Deployed

LONG_CODE = "X" * 64
FIRST_DAY, LAST_DAY = 0, 30 * 365
SIZE_OFFSET_BYTES = 21
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
    closed = registered(meter, account, methodology_id, "Y" * 64)
    meter.submit(made_by.close_activity(operation_id=new_operation_id(), activity_id=closed))
    meter.submit(made_by.withdraw_activity(operation_id=new_operation_id(), activity_id=activity_id))
    meter.submit(made_by.withdraw_methodology(operation_id=new_operation_id(), methodology_id=methodology_id))
    meter.submit(made_by.close_account(operation_id=new_operation_id(), account=opened(meter)))


def opened(meter: Meter) -> Address:
    commitment = IdentityCommitment(made("identity"))
    meter.submit(meter.bodies.custody_opening(commitment))
    return encoding.custody_address(commitment)


def published(meter: Meter) -> MethodologyId:
    operation = meter.bodies.composer.publish_methodology(
        operation_id=new_operation_id(),
        code=LONG_CODE,
        version=1,
        kind=MethodologyKind.PROJECT,
        reduction_class=ReductionClass.I,
        effective_first_day=0,
        effective_last_day=60_000,
        document_hash=Hash32(made("document")),
    )
    meter.submit(operation)
    return encoding.methodology_id(code=LONG_CODE, version=1)


def registered(meter: Meter, account: Address, methodology_id: MethodologyId, code: str = LONG_CODE) -> ActivityId:
    operation = meter.bodies.composer.register_activity(
        operation_id=new_operation_id(),
        code=code,
        kind=ActivityKind.PROJECT,
        methodology_id=methodology_id,
        operator_account=account,
        feed_signer=account,
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
    monkeypatch.setattr("chain.nonces.gas_limit", lambda function: 60_000)
    [status] = bodies.by(Role.PLATFORM).submit_many([bodies.opening()])
    assert status.error_code == "UnknownRefusal"
    assert status.error_arguments == {"data": "0x", "reason": "it ran out of gas"}
