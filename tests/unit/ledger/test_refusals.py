"""The refusals and their agreement with the Solidity sources."""

import json
import pickle
import re
from pathlib import Path

import pytest

from ledger.ids import ActivityId, Address, CampaignId, Hash32, LotId, MethodologyId, OperationId
from ledger.refusals import REFUSALS, ContractRefusal, argument_types, refusal, refusal_from_details
from ledger.vocabulary import (
    AccountStatus,
    ActivityStatus,
    BatchKind,
    CampaignStatus,
    CancellationPurpose,
    MethodologyStatus,
    ProposalStatus,
    ProviderStatus,
    ReductionClass,
    Role,
)

ROOT = Path(__file__).parents[3] / "contracts"
FOLDERS = ("src/interfaces", "src/access")
SOURCES = "\n".join(
    path.read_text(encoding="utf-8") for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.sol"))
)
DECLARED: dict[str, list[tuple[str, str]]] = {
    name: [(part.split()[0], part.split()[1]) for part in arguments.split(",") if part.strip()]
    for name, arguments in re.findall(r"^\s*error (\w+)\(([^)]*)\);", SOURCES, re.MULTILINE)
}

FROM_OPENZEPPELIN = {
    "AccessManagedUnauthorized": [("address", "caller")],
    "AccessManagerUnauthorizedAccount": [("address", "msgsender"), ("uint64", "roleId")],
}

PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "address": (Address,),
    "IHoldings": (Address,),
    "bytes32": (Hash32,),
    "OperationId": (OperationId, Hash32),
    "MethodologyId": (MethodologyId,),
    "ActivityId": (ActivityId,),
    "LotId": (LotId,),
    "CivilDay": (int,),
    "string": (str,),
    "uint32": (int,),
    "uint64": (int, Role),
    "uint128": (int,),
    "uint256": (int,),
    "AccountStatus": (AccountStatus,),
    "MethodologyStatus": (MethodologyStatus,),
    "ActivityStatus": (ActivityStatus,),
    "ProposalStatus": (ProposalStatus,),
    "ReductionClass": (ReductionClass,),
    "CancellationPurpose": (CancellationPurpose,),
    "CampaignId": (CampaignId,),
    "BatchKind": (BatchKind,),
    "ProviderStatus": (ProviderStatus,),
    "CampaignStatus": (CampaignStatus,),
}

RENAMED = {"class": "reduction_class", "code": "public_code"}

RAW: dict[type, object] = {
    Address: "0x" + "ab" * 20,
    OperationId: b"\x01" * 32,
    Hash32: bytes(32),
    MethodologyId: b"\x02" * 32,
    ActivityId: b"\x03" * 32,
    LotId: 2**255 + 5,
    int: 20_393,
    str: "SH-PV-001",
    AccountStatus: 2,
    MethodologyStatus: 1,
    ActivityStatus: 0,
    ProposalStatus: 3,
    ReductionClass: 2,
    CancellationPurpose: 4,
    CampaignId: b"\x04" * 32,
    BatchKind: 1,
    ProviderStatus: 2,
    CampaignStatus: 1,
    Role: 1,
}


def snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", RENAMED.get(name, name)).lower()


def example(name: str) -> ContractRefusal:
    return refusal(name, [RAW[kind] for kind in argument_types(REFUSALS[name]).values()])


def test_every_error_of_the_contracts_has_its_exception_and_no_other() -> None:
    assert set(REFUSALS) == set(DECLARED) | set(FROM_OPENZEPPELIN)


@pytest.mark.parametrize("name", [*DECLARED, *FROM_OPENZEPPELIN])
def test_arguments_agree_in_name_order_and_type(name: str) -> None:
    declared = (DECLARED | FROM_OPENZEPPELIN)[name]
    types = argument_types(REFUSALS[name])
    assert list(types) == [snake_case(argument) for _, argument in declared]
    for (solidity, argument), python in zip(declared, types.values(), strict=True):
        assert python in PYTHON_TYPES[solidity], f"{name}.{argument}"


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals_explain_themselves_in_both_languages(name: str) -> None:
    error = example(name)
    assert error.explain().endswith(".")
    assert error.explain_chinese().endswith("。")
    assert "{" not in error.explain() + error.explain_chinese()
    assert str(error) == error.explain()
    assert error.exit_code == (5 if name.startswith("AccessManage") else 1)


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals_round_trip_through_json_and_pickle(name: str) -> None:
    error = example(name)
    details = json.loads(json.dumps(error.details()))
    assert refusal_from_details(name, details) == error
    assert pickle.loads(pickle.dumps(error)) == error  # noqa: S301 - our own bytes
    assert hash(refusal_from_details(name, details)) == hash(error)


def test_what_people_read() -> None:
    error = refusal("ReductionLedger_InsufficientBalance", ["0x" + "ab" * 20, 1, 1_500_000, 2_000_000])
    lot = "0x" + "00" * 31 + "01"
    assert str(error) == (
        f"Account 0x{'ab' * 20} holds 1.5 t of lot {lot}, less than 2 t; ask for no more than it holds."
    )
    assert error.details() == {
        "account": "0x" + "ab" * 20,
        "lot_id": lot,
        "held_grams": "1500000",
        "grams": "2000000",
    }
    later = refusal("ActivityRegistry_PeriodNotEnded", [20_400, 20_393])
    assert "2025-11-08" in str(later)
    assert "2025-11-01" in later.explain_chinese()
    purpose = refusal("ReductionLedger_PurposeNotAllowed", [1, 2, 4])
    assert "is class II and must not serve ets compliance" in str(purpose)
    assert "为Ⅱ类,不得用于配额履约清缴" in purpose.explain_chinese()


def test_days_beyond_the_calendar_are_shown_as_numbers() -> None:
    error = refusal("ActivityRegistry_PeriodEmpty", [2**32 - 1, 0])
    assert "from 4294967295 to 1970-01-01" in str(error)


def test_a_proposal_id_may_be_zero() -> None:
    """Whoever asks for proposal zero is told that it is unknown; the decoder must not stumble."""
    error = refusal("ReductionLedger_ProposalWrongStatus", [bytes(32), 0, 1])
    assert "is unknown, but this step needs it to be proposed" in str(error)


def test_unknown_names() -> None:
    with pytest.raises(KeyError):
        refusal("AccountRegistry_Nothing", [])
    with pytest.raises(ValueError, match="argument 2 is longer"):
        refusal("ReductionLedger_ZeroQuantity", [1])
