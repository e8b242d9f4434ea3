import inspect
import json
import pickle
from collections.abc import Iterator

import pytest

from ledger import errors
from ledger.errors import (
    CompilationFailed,
    DeploymentFileMissing,
    DeploymentIncomplete,
    InvalidInput,
    InvalidQuantity,
    KeyInUse,
    NodeUnreachable,
    NotANode,
    NotDeployed,
    NotEvidence,
    NotFound,
    NotMined,
    NotSealed,
    OperationConflict,
    PasswordFileUnusable,
    PasswordNotGiven,
    ProofError,
    ProofMismatch,
    RefusedMeanwhile,
    RpcFailure,
    SealsNotInstalled,
    SignerNotConfigured,
    SigningFailed,
    TanpuhuiError,
    Unauthorised,
    UnknownRefusal,
    WrongChain,
    WrongGenesis,
    WrongKeyFile,
    json_safe,
    kebab,
)
from ledger.ids import Address, LotId
from ledger.vocabulary import AccountStatus, Role

EXAMPLES: list[TanpuhuiError] = [
    InvalidInput("quantity", "be a whole number", 1.5),
    InvalidQuantity("quantity", "be more than zero", [0]),
    UnknownRefusal(b"\x01\x02"),
    UnknownRefusal(b"", "paused"),
    OperationConflict(b"\x01" * 32),
    NodeUnreachable("http://localhost:8545", "timed out"),
    NotANode("http://localhost:8545", "HTTP status 404, and the body is not JSON"),
    WrongChain(31_337, 1),
    WrongGenesis(31_337, 31_337, b"\x01" * 32, b"\x02" * 32),
    NotDeployed("reduction_ledger", b"\x01" * 20),
    CompilationFailed("no compiler"),
    SigningFailed(b"\x01" * 20, "locked"),
    SealsNotInstalled("trie"),
    KeyInUse(b"\x01" * 20, 7),
    RefusedMeanwhile(b"\x01" * 32),
    NotMined((b"\x01" * 32,), 60.0),
    NotSealed(7, "it is no canonical RLP"),
    DeploymentFileMissing("/home/deployment.json"),
    DeploymentIncomplete(("roles", "reduction_ledger")),
    WrongKeyFile("/keys/regulator.json", "wrong password"),
    PasswordFileUnusable("/keys/platform.password", "it is empty", "write the password into its first line"),
    PasswordNotGiven("/keys/platform.json", "no password is given", "set TANPUHUI_PASSWORD_FILE_PLATFORM"),
    SignerNotConfigured(Role.TECHNICAL_CENTRE),
    RpcFailure("eth_call", -32000, "no"),
    NotFound("certificate", 7),
    NotFound("lot", LotId(b"\x01" * 32)),
    Unauthorised("the scope issue:confirm"),
    NotEvidence("roots", "both checkpoints are of one log"),
    ProofMismatch("inclusion", "the proof leads to another root"),
]


def tree(base: type[TanpuhuiError] = TanpuhuiError) -> Iterator[type[TanpuhuiError]]:
    for member in base.__subclasses__():
        if member.__module__ == errors.__name__:
            yield member
            yield from tree(member)


def drawn_tree() -> list[tuple[int, str]]:
    """Depth and name of each error drawn in the module's docstring."""
    lines = inspect.cleandoc(errors.__doc__ or "").splitlines()
    drawn = []
    for line in lines:
        if "──" in line:
            before, after = line.split("── ", 1)
            drawn.append((len(before) // 4 - 1, after.split()[0]))
    return [(depth, name) for depth, name in drawn if not name.startswith("(")]


@pytest.mark.parametrize(
    ("value", "given", "said"),
    [
        ("0.5g", "0.5g", '"0.5g"'),
        (None, None, "nothing"),
        (True, True, "true"),
        (7, 7, "7"),
        (b"\x01", "0x01", '"0x01"'),
        (LotId(b"\x01" * 32), "0x" + "01" * 32, '"0x' + "01" * 32 + '"'),
        ({"a": None}, '{"a": null}', '{"a": null}'),
        (1.5, "1.5", "1.5"),
        (2**64, str(2**64), str(2**64)),
        (Role.PLATFORM, "platform", '"platform"'),
        ("\ud800\u202e", "\\ud800\\u202e", '"\\ud800\\u202e"'),
        ("x" * 300, "x" * 200 + "…", '"' + "x" * 199 + "…"),
    ],
)
def test_values_are_shown_without_pythons_notation(value: object, given: object, said: str) -> None:
    error = InvalidInput("quantity", "be right", value)
    assert error.details()["value"] == given
    assert error.explain() == f"quantity must be right, but is {said}."


def test_the_tree_is_drawn_in_the_docstring() -> None:
    expected = [(len(member.__mro__) - len(TanpuhuiError.__mro__) - 1, member.__name__) for member in tree()]
    assert sorted(drawn_tree()) == sorted(expected)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: error.code)
def test_every_error_explains_itself(error: TanpuhuiError) -> None:
    text = error.explain()
    assert text.endswith(".")
    assert text[0].isupper() or isinstance(error, InvalidInput)
    assert str(error) == text
    assert error.explain_chinese()
    assert json.loads(json.dumps(error.details())) == error.details()


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: error.code)
def test_errors_are_values(error: TanpuhuiError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert again == error
    assert type(again) is type(error)
    assert hash(again) == hash(error)
    assert error != InvalidInput("another", "", None)


def test_every_error_with_a_text_of_its_own_is_tried() -> None:
    own = {member for member in tree() if "explain" in vars(member)}
    assert own <= {type(error) for error in EXAMPLES} | {ProofError}


def test_codes_are_stable_and_unique() -> None:
    codes = [member.code for member in tree()]
    assert len(set(codes)) == len(codes)
    assert {"invalid-quantity", "rpc-failure", "invalid-json", "unknown-refusal"} <= set(codes)
    assert kebab("AccountRegistry_NotActive") == "account-registry-not-active"
    assert kebab("JSONThing2Big") == "json-thing2-big"


def test_exit_codes_by_family() -> None:
    by_name = {member.__name__: member.exit_code for member in tree()}
    families = {"InvalidInput": 2, "Refused": 1, "OperationConflict": 1, "Unavailable": 3, "NotFound": 4}
    assert by_name.items() >= {**families, "Unauthorised": 5, "ProofError": 6, "WrongKeyFile": 3}.items()


def test_values_are_cut_short() -> None:
    error = InvalidInput("note", "be short", "x" * 10_000)
    assert len(str(error)) < 300
    assert len(str(error.details()["value"])) < 300


def test_json_safe() -> None:
    assert json_safe("held_grams", 5) == "5"
    assert json_safe("size", 5) == 5
    assert json_safe("size", 2**53) == str(2**53)
    assert json_safe("account", Address(b"\x01" * 20)) == "0x" + "01" * 20
    assert json_safe("status", AccountStatus.FROZEN) == "frozen"
    assert json_safe("missing", ("a", 1)) == ["a", 1]
    assert json_safe("flag", value=True) is True
    assert json_safe("when", object) == "<class 'object'>"


def test_the_base_explains_nothing() -> None:
    with pytest.raises(NotImplementedError):
        TanpuhuiError().explain()
    assert TanpuhuiError().details() == {}
