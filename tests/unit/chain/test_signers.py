"""Key files, passwords and external signers, good and bad."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chain.keystores import KeystoreSigner, create_keystore, read_password, write_keystore
from chain.rpc import RpcAnswer, RpcError
from chain.signers import ExternalSigner, LocalSigner
from chain.transactions import Transaction
from ledger.errors import RpcFailure, SigningFailed, WrongKeyFile
from ledger.ids import Address

LIGHT = 4
SECRET = b"\x07" * 32
SIGNER = LocalSigner(SECRET)
TRANSACTION = Transaction(
    chain_id=31_337, nonce=1, gas_price=0, gas=600_000, to=Address(b"\x11" * 20), data=b"\x01\x02"
)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key.json"
    write_keystore(path, SECRET, "password", work=LIGHT)
    return path


@pytest.mark.parametrize(("kdf", "work"), [("scrypt", 4), ("pbkdf2", 2)])
def test_a_created_key_file_is_opened_by_its_password(tmp_path: Path, kdf: Any, work: int) -> None:
    path = tmp_path / "key.json"
    address = create_keystore(path, "contraseña 密码", kdf=kdf, work=work)
    signer = KeystoreSigner(path, "contraseña 密码")
    assert signer.address == address
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        create_keystore(path, "other", work=LIGHT)


def test_a_key_file_signs_as_its_key_does(key_file: Path) -> None:
    signer = KeystoreSigner(key_file, "password")
    assert signer.sign_transaction(TRANSACTION) == LocalSigner(SECRET).sign_transaction(TRANSACTION)
    assert SECRET.hex() not in repr(signer)


def changed(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def apply(path: Path) -> None:
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content))

    return apply


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: path.unlink(), "it cannot be read"),
        (lambda path: path.write_text("no json"), "version 3 .it must be JSON"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "version 3 .it must be UTF-8"),
        (lambda path: path.write_text("[" * 500_000), "version 3 .it must be nested at most 32 deep"),
        (lambda path: path.write_text("[]"), "no Web3 Secret Storage file of version 3"),
        (changed(lambda content: content.update(version=1)), "no Web3 Secret Storage file of version 3"),
        (changed(lambda content: content.pop("crypto")), "no Web3 Secret Storage file"),
        (changed(lambda content: content["crypto"].update(kdf="none")), "no Web3 Secret Storage file"),
        (changed(lambda content: content["crypto"].pop("kdfparams")), "no Web3 Secret Storage file"),
        (changed(lambda content: content["crypto"].update(mac="00" * 32)), "the password is wrong"),
        (changed(lambda content: content.update(address="11" * 20)), "names address 0x1111"),
    ],
)
def test_other_files_are_no_key_files(key_file: Path, spoil: Callable[[Path], None], reason: str) -> None:
    spoil(key_file)
    if key_file.exists():
        key_file.chmod(0o600)
    with pytest.raises(WrongKeyFile, match=reason) as caught:
        KeystoreSigner(key_file, "password")
    assert str(key_file) in caught.value.explain()


def test_a_wrong_password(key_file: Path) -> None:
    with pytest.raises(WrongKeyFile, match="the password is wrong"):
        KeystoreSigner(key_file, "Password")


def test_a_key_file_that_others_can_read_is_warned_of(key_file: Path) -> None:
    key_file.chmod(0o640)
    with pytest.warns(UserWarning, match="can be read by other users; run: chmod 600"):
        KeystoreSigner(key_file, "password")


def test_passwords_come_from_the_first_line_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.touch(mode=0o600)
    path.write_text(" with blanks \nsecond line\n")
    assert read_password(path) == " with blanks "
    path.write_text("\n")
    with pytest.raises(WrongKeyFile, match="empty"):
        read_password(path)
    path.write_bytes(b"\xff")
    with pytest.raises(WrongKeyFile, match="not UTF-8"):
        read_password(path)
    with pytest.raises(WrongKeyFile, match="cannot be read"):
        read_password(tmp_path / "none")


class SigningNode:
    """An external signer that answers as told."""

    url = "fake://signer"

    def __init__(self, answer: Callable[[dict[str, str]], RpcAnswer]) -> None:
        self._answer = answer

    def try_call(self, method: str, params: Any = ()) -> RpcAnswer:
        assert method == "eth_signTransaction"
        return self._answer(params[0])

    def call(self, method: str, params: Any = ()) -> Any:
        return self.try_call(method, params).unwrap()

    def batch(self, requests: Any) -> list[Any]:
        raise NotImplementedError

    def try_batch(self, requests: Any) -> list[RpcAnswer]:
        raise NotImplementedError


def honest(request: dict[str, str], signer: LocalSigner = SIGNER, **lies: Any) -> str:
    values: dict[str, Any] = {
        "chain_id": int(request["chainId"], 16),
        "nonce": int(request["nonce"], 16),
        "gas_price": int(request["gasPrice"], 16),
        "gas": int(request["gas"], 16),
        "to": Address.from_hex(request["to"]) if "to" in request else None,
        "value": int(request["value"], 16),
        "data": bytes.fromhex(request["data"][2:]),
    }
    return "0x" + signer.sign_transaction(Transaction(**{**values, **lies})).raw.hex()


def external(answer: Callable[[dict[str, str]], RpcAnswer]) -> ExternalSigner:
    return ExternalSigner(SigningNode(answer), LocalSigner(SECRET).address)


@pytest.mark.parametrize("to", [Address(b"\x11" * 20), None])
@pytest.mark.parametrize("wrap", [lambda raw: raw, lambda raw: {"raw": raw, "tx": {}}])
def test_an_external_signer_signs_what_it_is_asked(to: Address | None, wrap: Callable[[str], Any]) -> None:
    """Web3Signer answers the bytes, geth an object."""
    transaction = Transaction(chain_id=5, nonce=0, gas_price=0, gas=1, to=to, data=b"")
    signer = external(lambda request: RpcAnswer("eth_signTransaction", wrap(honest(request))))
    assert signer.sign_transaction(transaction) == LocalSigner(SECRET).sign_transaction(transaction)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda r: RpcAnswer("s", error=RpcError(-32000, "key not found")), "key not found"),
        (lambda r: RpcAnswer("s", honest(r, nonce=9)), "another transaction"),
        (lambda r: RpcAnswer("s", honest(r, to=Address(b"\x12" * 20))), "another transaction"),
        (lambda r: RpcAnswer("s", honest(r, value=1)), "another transaction"),
        (lambda r: RpcAnswer("s", honest(r, chain_id=1)), "another transaction"),
        (lambda r: RpcAnswer("s", honest(r, LocalSigner(b"\x08" * 32))), "signed with the key of 0x"),
        (lambda r: RpcAnswer("s", "0x02aa"), "legacy transaction"),
    ],
)
def test_a_signer_that_signs_something_else_is_refused(
    answer: Callable[[dict[str, str]], RpcAnswer], reason: str
) -> None:
    with pytest.raises(SigningFailed, match=reason):
        external(answer).sign_transaction(TRANSACTION)


def test_a_signer_that_answers_nonsense() -> None:
    with pytest.raises(RpcFailure, match="where data was expected"):
        external(lambda request: RpcAnswer("eth_signTransaction", None)).sign_transaction(TRANSACTION)
