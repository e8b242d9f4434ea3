"""The origin names the chain, its log and the ledgers that give certificate numbers, and nothing else."""

from dataclasses import replace

from chain.operations import ContractName
from ledger.ids import Address, Hash32
from tests.fakes.fake_node import DEPLOYMENT


def test_the_origin_is_that_of_the_encodings() -> None:
    expected = "tanpuhui/31337/"
    assert DEPLOYMENT.origin.startswith(expected)
    assert len(DEPLOYMENT.origin) == len(expected) + 64


def test_another_chain_log_or_ledger_has_another_origin() -> None:
    origins = {DEPLOYMENT.origin, replace(DEPLOYMENT, chain_id=1).origin}
    origins.add(replace(DEPLOYMENT, genesis_hash=Hash32(b"\x09" * 32)).origin)
    for name in (ContractName.TRANSPARENCY_LOG, ContractName.REDUCTION_LEDGER, ContractName.POINT_LEDGER):
        moved = replace(DEPLOYMENT.contracts[name], address=Address(b"\x09" * 20))
        origins.add(replace(DEPLOYMENT, contracts={**DEPLOYMENT.contracts, name: moved}).origin)
    assert len(origins) == 6


def test_the_other_contracts_do_not_matter() -> None:
    name = ContractName.ACCOUNT_REGISTRY
    moved = replace(DEPLOYMENT.contracts[name], address=Address(b"\x09" * 20))
    assert replace(DEPLOYMENT, contracts={**DEPLOYMENT.contracts, name: moved}).origin == DEPLOYMENT.origin
