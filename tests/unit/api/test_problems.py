"""Every error has a problem document: a type of its own, titles in two languages, a status, and no secrets."""

import json
from dataclasses import Field, fields, is_dataclass
from typing import Any

import pytest

from api.errors import RequestRefused
from api.problems import Problems, every_problem, family_of, speaks_chinese, status_of
from indexer.errors import DatabaseUnusable
from ledger.errors import (
    InvalidQuantity,
    NodeUnreachable,
    RpcFailure,
    SignerNotConfigured,
    TanpuhuiError,
    Unavailable,
    WrongKeyFile,
)
from ledger.ids import Address, LotId, OperationId
from ledger.refusals import REFUSALS, ReductionLedger_LotFrozen
from ledger.vocabulary import Role
from tests.unit.api.client import Client

PROBLEMS = Problems("https://ledger.example/")


def document(error: Exception, language: bytes | None = None) -> dict[str, object]:
    found: dict[str, object] = json.loads(PROBLEMS.answer(error, language).body)
    return found


def test_every_class_of_the_tree_has_a_type_of_its_own() -> None:
    codes = [kind.code for kind in every_problem()]
    assert len(codes) == len(set(codes)) > 90


@pytest.mark.parametrize("kind", list(every_problem()), ids=lambda kind: kind.__name__)
def test_every_class_has_a_status_and_titles(kind: type[TanpuhuiError]) -> None:
    status, title, chinese = family_of(kind)
    assert 400 <= status <= 599
    assert title.isascii()
    assert any("一" <= character <= "鿿" for character in chinese)


def test_every_refusal_is_a_conflict_or_a_lack_of_right() -> None:
    assert {status_of(kind) for kind in REFUSALS.values()} == {403, 409}


def test_every_type_is_described_where_its_uri_leads(client: Client) -> None:
    for kind in every_problem():
        described = client.get(f"/problems/{kind.code}")
        assert described.status == 200
        assert described.json["status"] == status_of(kind)
    assert client.get("/problems/nonsense").status == 404


def test_a_refusal_gives_its_name_and_arguments() -> None:
    found = document(ReductionLedger_LotFrozen(LotId(b"\x12" * 32)))
    assert found["status"] == 409
    assert found["type"] == "https://ledger.example/problems/reduction-ledger-lot-frozen"
    assert found["refusal"] == {"name": "ReductionLedger_LotFrozen", "arguments": {"lot_id": "0x" + "12" * 32}}


def test_bad_input_gives_field_and_rule_and_not_the_value_in_errors() -> None:
    found = document(InvalidQuantity("quantity_gco2e", "be more than zero", "0"))
    assert found["status"] == 422
    assert found["errors"] == [{"field": "quantity_gco2e", "rule": "be more than zero"}]


@pytest.mark.parametrize(
    "error",
    [
        NodeUnreachable("http://10.1.2.3:8545", "refused"),
        RpcFailure("eth_call", -32000, "10.1.2.3 said no"),
        WrongKeyFile("/10.1.2.3/key.json", "wrong password"),
        DatabaseUnusable("postgresql://10.1.2.3/ledger", "no route"),
    ],
)
@pytest.mark.parametrize("language", [None, b"zh"])
def test_what_is_unavailable_shows_no_address_of_ours(error: Unavailable, language: bytes | None) -> None:
    answer = PROBLEMS.answer(error, language)
    assert answer.status == 503
    assert b"10.1.2.3" not in answer.body
    assert answer.header(b"retry-after") == b"5"


def test_a_missing_signer_names_the_body() -> None:
    found = document(SignerNotConfigured(Role.TECHNICAL_CENTRE))
    assert (found["status"], found["code"]) == (501, "signer-not-configured")
    assert "technical centre" in str(found["detail"])
    assert "KEYSTORE" not in str(found["detail"])


def some(member: Field[Any]) -> Any:
    """A value of a refusal's member, by the name of its type."""
    named = member.type if isinstance(member.type, str) else member.type.__name__
    given = {"int": 1, "Role": Role.PLATFORM, "Address": Address(bytes(20)), "OperationId": OperationId(b"\x01" * 32)}
    return given.get(named, ())


@pytest.mark.parametrize("kind", RequestRefused.__subclasses__(), ids=lambda kind: kind.__name__)
def test_every_refusal_at_the_edge_speaks_chinese(kind: Any) -> None:
    arguments = map(some, fields(kind)) if is_dataclass(kind) else ()
    made: RequestRefused = kind(*arguments)
    answer = PROBLEMS.answer(made, b"zh-Hans")
    assert answer.header(b"content-language") == b"zh"
    assert answer.header(b"vary") == b"Accept-Language"
    assert made.explain_chinese() != made.explain()


@pytest.mark.parametrize(
    ("header", "chinese"),
    [
        (None, False),
        (b"", False),
        (b"zh", True),
        (b"zh-CN,zh;q=0.9,en;q=0.8", True),
        (b"en,zh;q=0.9", False),
        (b"fr, zh;q=0.2", True),
        (b"fr", False),
        (b"*", False),
        (b"zh;q=0", False),
        (b"zh;q=x", False),
        (b"en;q=0.5,zh;q=0.6", True),
        (b"\xff\xfe", False),
    ],
)
def test_the_language_is_the_one_preferred(header: bytes | None, chinese: bool) -> None:
    assert speaks_chinese(header) is chinese
