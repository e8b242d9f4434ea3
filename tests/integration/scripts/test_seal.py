"""`tanpuhui certificate seal`, on blocks of anvil that are sealed as QBFT seals them."""

from pathlib import Path

import pytest

from ledger.bundle import Bundle
from ledger.ids import Address
from tests.fakes.sealed_chain import ADDRESSES, SealedChain
from tests.integration.scripts.conftest import Cli
from tests.integration.scripts.story import begin


@pytest.fixture
def exported(cli: Cli, tmp_path: Path) -> Path:
    """The bundle of a cancellation, with a checkpoint that nobody signed."""
    lot = ("--lot", begin(cli)["lot_id"])
    cancel = ("cancel", "--account", "ref:owner", "--quantity", "1.5", "--purpose", "event-neutrality")
    cli.json(*cancel, *lot, "--field", "event=a marathon")
    cli("index", "run")
    path = tmp_path / "certificate.json"
    cli("certificate", "export", 1, "--output", path)
    return path


def validators(folder: Path, *addresses: Address) -> Path:
    """A file of validators."""
    path = folder / "validators.txt"
    path.write_text("".join(f"{address.hex0x}\n" for address in addresses))
    return path


def test_a_bundle_is_sealed_and_verifies_by_validators_alone(cli: Cli, exported: Path, tmp_path: Path) -> None:
    sealed = tmp_path / "sealed.json"
    with SealedChain(cli.deployed.rpc).served() as url:
        cli.env["TANPUHUI_RPC_URL"] = url
        said = cli.json("certificate", "seal", exported, "--output", sealed)
    assert said["sealed_by"] == ", ".join(address.hex0x for address in ADDRESSES[:3])
    assert said["quantity_gco2e"] == "1500000"
    pins = ("--validators", validators(tmp_path, *ADDRESSES), "--deployment", cli.deployed.path)
    verdict = cli.json("verify", sealed, *pins)
    assert (verdict["verified"], verdict["level"]) == (True, "sealed")
    strangers = ("--validators", validators(tmp_path, *ADDRESSES[1:], Address(bytes(20))), *pins[2:])
    refused = cli.json("verify", sealed, *strangers, code=1)
    assert refused["failed"] == {"step": 12, "name": "seals"}
    assert cli.json("verify", exported, *pins, code=1)["failed"] == {"step": 3, "name": "form"}
    before, after = Bundle.from_bytes(exported.read_bytes()), Bundle.from_bytes(sealed.read_bytes())
    assert (before.record, before.leaf, before.certificate) == (after.record, after.leaf, after.certificate)


def test_what_cannot_be_sealed_is_said(cli: Cli, exported: Path, tmp_path: Path) -> None:
    output = tmp_path / "sealed.json"
    plain = cli.json("certificate", "seal", exported, "--output", output, code=3)
    assert plain["code"] == "not-sealed"
    lying = tmp_path / "lying.json"
    lying.write_bytes(exported.read_bytes().replace(b'"timestamp":1', b'"timestamp":2'))
    with SealedChain(cli.deployed.rpc).served() as url:
        cli.env["TANPUHUI_RPC_URL"] = url
        refused = cli.json("certificate", "seal", lying, "--output", output, code=6)
        assert "step 14, event: the timestamp is 1" in refused["detail"]
        missing = cli.json("certificate", "seal", tmp_path / "none.json", "--output", output, code=2)
        assert missing["errors"][0]["field"] == "bundle"
    assert not output.exists()
