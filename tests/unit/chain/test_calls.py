"""Every call as the compiled contracts take it."""

from collections.abc import Callable
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from chain import calls
from chain.calls import BY_SELECTOR, LEDGER_FUNCTIONS, LedgerFunction
from chain.gas import gas_limit
from chain.operations import Call, ContractName
from chain.roles import LEDGERS, OPEN_TO_HOLDERS, role_table
from chain.views import VIEWS
from ledger.batches import BatchCommitment, FeedHeader
from ledger.errors import InvalidQuantity, OutOfRange
from ledger.ids import (
    ActivityId,
    Address,
    CampaignId,
    Hash32,
    IdentityCommitment,
    LotId,
    MethodologyId,
    OperationId,
    RecordHash,
)
from ledger.vocabulary import (
    AccountKind,
    ActivityKind,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    OperationKind,
    ProviderMode,
    ReductionClass,
)
from tests.unit.chain.abi import entries
from tests.unit.chain.test_feeds import headers
from tools.error_signatures import type_of

ID, HASH = OperationId(b"\x01" * 32), RecordHash(b"\x02" * 32)
NOT_OPERATIONS = {"multicall", "setAuthority", "addHoldingsSource", "recordIssuance", "recordCorrection"}
NOT_OPERATIONS |= {"recordEarning", "buyBack", "takeCertificateNumbers"}
CLOSED = {"safeTransferFrom", "safeBatchTransferFrom", "setApprovalForAll"}

words = st.binary(min_size=32, max_size=32)
ids = words.filter(any).map(OperationId)
hashes = words.map(RecordHash)
addresses = st.binary(min_size=20, max_size=20).map(Address)
lots = words.map(LotId)
grams = st.integers(0, 2**128 - 1)
days = st.integers(0, 2**32 - 1)
codes = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=80)


def built(function: LedgerFunction, build: Callable[..., Call], arguments: dict[str, Any], *abi_values: Any) -> None:
    """The call's calldata is what eth-abi makes of the values."""
    call = build(**arguments)
    expected = encode(function.function.types, [arguments["operation_id"], *abi_values, arguments["record_hash"]])
    assert call.calldata == function.function.selector + expected
    assert (call.contract, call.kind) == (function.contract, function.kind)
    assert function.record_hash_in(call.calldata) == arguments["record_hash"]


@given(
    operation_id=ids,
    account=addresses,
    kind=st.sampled_from(AccountKind),
    custody=st.sampled_from(Custody),
    commitment=words,
    record_hash=hashes,
)
def test_opening(
    *,
    operation_id: OperationId,
    account: Address,
    kind: AccountKind,
    custody: Custody,
    commitment: bytes,
    record_hash: RecordHash,
) -> None:
    built(
        calls.OPEN_ACCOUNT,
        calls.open_account,
        {
            "operation_id": operation_id,
            "account": account,
            "kind": kind,
            "custody": custody,
            "identity_commitment": IdentityCommitment(commitment),
            "record_hash": record_hash,
        },
        *(bytes(account), int(kind), int(custody), commitment),
    )


@pytest.mark.parametrize(
    ("function", "build"),
    [
        (calls.FREEZE_ACCOUNT, calls.freeze_account),
        (calls.UNFREEZE_ACCOUNT, calls.unfreeze_account),
        (calls.CLOSE_ACCOUNT, calls.close_account),
    ],
)
def test_steps_of_an_account(function: LedgerFunction, build: Callable[..., Call]) -> None:
    account = Address(b"\x07" * 20)
    built(function, build, {"operation_id": ID, "account": account, "record_hash": HASH}, bytes(account))


@pytest.mark.parametrize(
    ("function", "build", "name"),
    [
        (calls.WITHDRAW_METHODOLOGY, calls.withdraw_methodology, "methodology_id"),
        (calls.SUSPEND_ACTIVITY, calls.suspend_activity, "activity_id"),
        (calls.RESUME_ACTIVITY, calls.resume_activity, "activity_id"),
        (calls.CLOSE_ACTIVITY, calls.close_activity, "activity_id"),
        (calls.WITHDRAW_ACTIVITY, calls.withdraw_activity, "activity_id"),
        (calls.CONFIRM_ISSUANCE, calls.confirm_issuance, "proposal_id"),
        (calls.REJECT_ISSUANCE, calls.reject_issuance, "proposal_id"),
    ],
)
def test_steps_of_what_has_an_id(function: LedgerFunction, build: Callable[..., Call], name: str) -> None:
    subject = Hash32(b"\x07" * 32)
    built(function, build, {"operation_id": ID, name: subject, "record_hash": HASH}, bytes(subject))


@pytest.mark.parametrize(
    ("function", "build"), [(calls.FREEZE_LOT, calls.freeze_lot), (calls.UNFREEZE_LOT, calls.unfreeze_lot)]
)
def test_steps_of_a_lot(function: LedgerFunction, build: Callable[..., Call]) -> None:
    lot_id = LotId(b"\x07" * 32)
    built(function, build, {"operation_id": ID, "lot_id": lot_id, "record_hash": HASH}, lot_id.token_id)


@given(
    code=codes,
    version=days,
    kind=st.sampled_from(MethodologyKind),
    reduction_class=st.sampled_from(ReductionClass),
    first=days,
    last=days,
    document=words,
)
def test_publication(
    *,
    code: str,
    version: int,
    kind: MethodologyKind,
    reduction_class: ReductionClass,
    first: int,
    last: int,
    document: bytes,
) -> None:
    built(
        calls.PUBLISH_METHODOLOGY,
        calls.publish_methodology,
        {
            "operation_id": ID,
            "code": code,
            "version": version,
            "kind": kind,
            "reduction_class": reduction_class,
            "effective_first_day": first,
            "effective_last_day": last,
            "document_hash": Hash32(document),
            "record_hash": HASH,
        },
        (code, version, int(kind), int(reduction_class), first, last, document),
    )


@given(
    code=codes,
    kind=st.sampled_from(ActivityKind),
    methodology_id=words,
    operator=addresses,
    feed_signer=addresses,
    first=days,
    last=days,
    facility_id=words,
    pledge_hash=words,
    cap=grams,
)
def test_registration(
    *,
    code: str,
    kind: ActivityKind,
    methodology_id: bytes,
    operator: Address,
    feed_signer: Address,
    first: int,
    last: int,
    facility_id: bytes,
    pledge_hash: bytes,
    cap: int,
) -> None:
    built(
        calls.REGISTER_ACTIVITY,
        calls.register_activity,
        {
            "operation_id": ID,
            "code": code,
            "kind": kind,
            "methodology_id": MethodologyId(methodology_id),
            "operator_account": operator,
            "feed_signer": feed_signer,
            "crediting_first_day": first,
            "crediting_last_day": last,
            "facility_id": Hash32(facility_id),
            "pledge_hash": Hash32(pledge_hash),
            "cap_grams": cap,
            "record_hash": HASH,
        },
        (code, int(kind), methodology_id, operator, feed_signer, first, last, facility_id, pledge_hash, cap),
    )


@given(days, days, grams)
def test_proposal(first: int, last: int, quantity: int) -> None:
    activity_id = ActivityId(b"\x07" * 32)
    built(
        calls.PROPOSE_ISSUANCE,
        calls.propose_issuance,
        {
            "operation_id": ID,
            "activity_id": activity_id,
            "first_day": first,
            "last_day": last,
            "grams": quantity,
            "record_hash": HASH,
        },
        *(bytes(activity_id), first, last, quantity),
    )


@given(addresses, addresses, lots, grams, st.sampled_from(CancellationPurpose))
def test_movements(account: Address, to: Address, lot_id: LotId, quantity: int, purpose: CancellationPurpose) -> None:
    common = {"operation_id": ID, "lot_id": lot_id, "grams": quantity, "record_hash": HASH}
    lot = lot_id.token_id
    built(calls.TRANSFER, calls.transfer, {**common, "to": to}, bytes(to), lot, quantity)
    built(
        calls.TRANSFER_FOR,
        calls.transfer_for,
        {**common, "from_account": account, "to": to},
        *(bytes(account), bytes(to), lot, quantity),
    )
    built(calls.CANCEL, calls.cancel, {**common, "purpose": purpose}, lot, quantity, int(purpose))
    built(
        calls.CANCEL_FOR,
        calls.cancel_for,
        {**common, "account": account, "purpose": purpose},
        *(bytes(account), lot, quantity, int(purpose)),
    )
    built(calls.CORRECT, calls.correct, common, lot, quantity)


commitments = st.builds(
    BatchCommitment,
    root=words.map(Hash32),
    total=st.integers(0, 2**64 - 1),
    entry_count=st.integers(0, 2**64 - 1),
    file_hash=words.map(Hash32),
)
classes = st.sampled_from(ReductionClass)
uint64s = st.integers(0, 2**64 - 1)


def plain(commitment: BatchCommitment) -> tuple[bytes, int, int, bytes]:
    return (commitment.root, commitment.total, commitment.entry_count, commitment.file_hash)


@given(addresses, st.sampled_from(ProviderMode), words, words, words)
def test_providers(
    account: Address, mode: ProviderMode, application: bytes, evaluation: bytes, agreement: bytes
) -> None:
    hashes_of = {"application_hash": application, "evaluation_hash": evaluation, "agreement_hash": agreement}
    admission = {name: Hash32(value) for name, value in hashes_of.items()}
    common = {"operation_id": ID, "account": account, "record_hash": HASH}
    values = (int(mode), application, evaluation, agreement)
    built(calls.ADMIT_PROVIDER, calls.admit_provider, {**common, "mode": mode, **admission}, bytes(account), values)
    built(calls.SUSPEND_PROVIDER, calls.suspend_provider, common, bytes(account))
    built(calls.RESUME_PROVIDER, calls.resume_provider, common, bytes(account))
    built(calls.CLOSE_PROVIDER, calls.close_provider, common, bytes(account))


@given(codes, addresses, st.sampled_from(CancellationPurpose), days, words)
def test_campaigns(
    code: str, beneficiary: Address, purpose: CancellationPurpose, last_day: int, document: bytes
) -> None:
    content = {"code": code, "beneficiary": beneficiary, "purpose": purpose, "last_day": last_day}
    built(
        calls.OPEN_CAMPAIGN,
        calls.open_campaign,
        {"operation_id": ID, **content, "document_hash": Hash32(document), "record_hash": HASH},
        (code, bytes(beneficiary), int(purpose), last_day, document),
    )
    campaign = {"operation_id": ID, "campaign_id": CampaignId(document), "record_hash": HASH}
    built(calls.CLOSE_CAMPAIGN, calls.close_campaign, campaign, document)


@given(headers, st.binary(max_size=80))
def test_feeds(header: FeedHeader, signature: bytes) -> None:
    common = {"operation_id": ID, "header": header, "signature": signature, "record_hash": HASH}
    content = (
        *(int(header.kind), header.activity_id, header.methodology_id, int(header.reduction_class), header.sequence),
        *(header.first_day, header.last_day, *plain(header.commitment)),
    )
    built(calls.EARN_POINTS, calls.earn_points, common, content, signature)
    built(calls.RECORD_BEHAVIOUR, calls.record_behaviour, common, content, signature)


@given(
    reduction_class=classes,
    provider=addresses,
    campaign=words,
    commitment=commitments,
    number=uint64s,
    grams_of=uint64s,
)
def test_points(
    *,
    reduction_class: ReductionClass,
    provider: Address,
    campaign: bytes,
    commitment: BatchCommitment,
    number: int,
    grams_of: int,
) -> None:
    common = {"operation_id": ID, "reduction_class": reduction_class, "commitment": commitment, "record_hash": HASH}
    kind, entries_of = int(reduction_class), plain(commitment)
    built(calls.REDEEM_POINTS, calls.redeem_points, {**common, "provider": provider}, kind, bytes(provider), entries_of)
    campaign_id = {"campaign_id": CampaignId(campaign)}
    built(calls.DONATE_POINTS, calls.donate_points, {**common, **campaign_id}, kind, campaign, entries_of)
    built(calls.CANCEL_POINTS, calls.cancel_points, common, kind, entries_of)
    built(calls.TAKE_SNAPSHOT, calls.take_snapshot, {**common, "after_batch": number}, kind, number, entries_of)
    del common["commitment"]
    built(calls.CANCEL_CAMPAIGN, calls.cancel_campaign, {**common, **campaign_id}, campaign, kind)
    correction = {
        "operation_id": ID,
        "batch_number": number,
        "grams": grams_of,
        "commitment": commitment,
        "record_hash": HASH,
    }
    built(calls.CORRECT_POINTS, calls.correct_points, correction, number, grams_of, entries_of)


@pytest.mark.parametrize("total", [-1, 2**64, 1.0, True])
def test_totals_that_fit_no_calldata(total: Any) -> None:
    nothing: dict[str, Any] = {"root": Hash32(HASH), "entry_count": 1, "file_hash": Hash32(HASH)}
    with pytest.raises(OutOfRange, match="total must be a whole number from 0 to"):
        calls.cancel_points(
            operation_id=ID,
            reduction_class=ReductionClass.I,
            commitment=BatchCommitment(total=total, **nothing),
            record_hash=HASH,
        )


@pytest.mark.parametrize("quantity", [-1, 2**128, 1.0, True, "1"])
def test_quantities_that_fit_no_calldata(quantity: Any) -> None:
    with pytest.raises(InvalidQuantity, match="quantity_gco2e must be a whole number of grams"):
        calls.correct(operation_id=ID, lot_id=LotId(b"\x07" * 32), grams=quantity, record_hash=HASH)


@pytest.mark.parametrize("day", [-1, 2**32, 1.5, True])
def test_days_that_fit_no_calldata(day: Any) -> None:
    with pytest.raises(OutOfRange, match="period_last_day must be a whole number from 0 to"):
        calls.propose_issuance(
            operation_id=ID, activity_id=ActivityId(HASH), first_day=0, last_day=day, grams=1, record_hash=HASH
        )


# --------------------------------------------------------------------------------------- against the compiled contracts


def test_there_is_a_call_for_every_operation_of_the_contracts_and_no_other() -> None:
    compiled = {
        (contract, signature)
        for contract in LEDGERS
        for signature, entry in entries(contract, "function").items()
        if entry["stateMutability"] in {"nonpayable", "payable"} and entry["name"] not in NOT_OPERATIONS | CLOSED
    }
    assert {(entry.contract, entry.function.signature) for entry in LEDGER_FUNCTIONS} == compiled
    assert len(BY_SELECTOR) == len(LEDGER_FUNCTIONS)


def test_operation_id_comes_first_and_record_hash_last() -> None:
    for entry in LEDGER_FUNCTIONS:
        inputs = entries(entry.contract, "function")[entry.function.signature]["inputs"]
        assert (inputs[0]["name"], inputs[-1]["name"]) == ("operationId", "recordHash"), entry.function.signature


def test_every_restricted_function_has_a_role_and_every_role_a_function() -> None:
    """Whatever changes state is in the role table, open to holders on purpose, closed, or the manager's own."""
    table = role_table()
    for contract in ContractName:
        if contract is ContractName.ACCESS_MANAGER:
            continue
        changing = {
            signature
            for signature, entry in entries(contract, "function").items()
            if entry["stateMutability"] in {"nonpayable", "payable"} and entry["name"] not in CLOSED
        }
        open_to_all = {entry.function.signature for entry in OPEN_TO_HOLDERS if entry.contract is contract}
        open_to_all |= {"multicall(bytes[])", "setAuthority(address)"} & changing
        restricted = {function.signature for function in table.get(contract, {})}
        assert restricted == changing - open_to_all, contract


def test_views_are_those_of_the_contracts() -> None:
    for view in VIEWS:
        entry = entries(view.contract, "function")[view.function.signature]
        assert entry["stateMutability"] == "view"
        returned = [type_of(output) for output in entry["outputs"]]
        flat = [type_of(member) for output in entry["outputs"] for member in output.get("components", [output])]
        assert list(view.returns) in (returned, flat), view.function.signature


def test_every_operation_has_its_kind() -> None:
    """But for the buy-back, which a redemption sets off."""
    assert {entry.kind for entry in LEDGER_FUNCTIONS} == set(OperationKind) - {OperationKind.POINTS_BOUGHT_BACK}


def test_gas_limits_fit_into_a_block() -> None:
    assert all(100_000 < gas_limit(entry.contract, entry.function.name) <= 3_000_000 for entry in LEDGER_FUNCTIONS)
