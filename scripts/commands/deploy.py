"""`tanpuhui deploy`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chain.deploy import deploy as deploy_contracts
from chain.deployment import Deployment
from chain.verification import verify_deployment
from ledger.canonical import parse_strict
from ledger.errors import InvalidInput, WrongKeyFile
from ledger.ids import Address
from ledger.vocabulary import Role
from scripts.command import command, commands
from scripts.context import Context
from scripts.keys import open_keystore
from scripts.output import Facts, Result
from scripts.settings import DEPLOYER, KEYSTORE, KeySettings, default_keystore

app = commands()

AddressOption = Annotated[
    str | None, typer.Option(metavar="0x…", help="Key of this body; by default that of its key file.")
]


@command(app, "deploy")
def deploy(
    context: Context,
    *,
    administrator: AddressOption = None,
    regulator: AddressOption = None,
    technical_centre: AddressOption = None,
    exchange: AddressOption = None,
    platform: AddressOption = None,
    check: Annotated[bool, typer.Option("--check", help="Deploy nothing; verify code, wiring and roles.")] = False,
) -> Result:
    """Deploys and wires the contracts and writes the deployment file; done before, it only verifies.

    The deployer's key comes from TANPUHUI_KEYSTORE_DEPLOYER (or HOME/keys/deployer.json) and keeps no role. Killed
    anywhere and run again, it finishes the same deployment.

    **Example**

        tanpuhui deploy --rpc http://127.0.0.1:8545

        tanpuhui deploy --check
    """
    if check:
        deployment = Deployment.load(context.settings.deployment)
        verify_deployment(context.rpc, deployment)
        return _told(context, deployment, "verified")
    given = {
        Role.ADMINISTRATOR: administrator,
        Role.REGULATOR: regulator,
        Role.TECHNICAL_CENTRE: technical_centre,
        Role.EXCHANGE: exchange,
        Role.PLATFORM: platform,
    }
    holders = {role: address for role, text in given.items() if (address := _address(context, role, text)) is not None}
    deployer = open_keystore(_deployer(context))
    done = deploy_contracts(
        context.rpc, deployer, holders, context.settings.deployment, gas_price=context.settings.gas_price
    )
    return _told(context, done.deployment, "already deployed" if done.already_deployed else "deployed")


def _deployer(context: Context) -> KeySettings:
    """The deployer's key; `WrongKeyFile` names the place where it was looked for."""
    settings = context.settings.key(DEPLOYER)
    if settings.keystore is None:
        path = default_keystore(context.settings.home, DEPLOYER)
        remedy = (
            f"make it with `tanpuhui key create deployer --password-file FILE` or name it by {KEYSTORE}{DEPLOYER}; the "
            "bodies' keys are made alike, or only their addresses given: --administrator 0x… and so on"
        )
        raise WrongKeyFile(str(path), "there is no such file", remedy)
    return settings


def _address(context: Context, role: Role, text: str | None) -> Address | None:
    if text is not None:
        return Address.from_hex(text, role.label)
    settings = context.settings.key(role)
    if settings.signer_address is not None:
        return Address.from_hex(settings.signer_address, role.label)
    return None if settings.keystore is None else _address_in(settings, role)


def _address_in(settings: KeySettings, role: Role) -> Address:
    """The address that a key file names, which needs no password."""
    path = settings.keystore or Path()
    try:
        content: Any = parse_strict(path.read_bytes(), allow_floats=True)
        return Address.from_hex("0x" + str(content["address"]).removeprefix("0x"), role.label)
    except (OSError, KeyError, TypeError, InvalidInput):
        raise WrongKeyFile(str(path), "it names no address", f"give the address with --{role.label} 0x…") from None


def _told(context: Context, deployment: Deployment, state: str) -> Result:
    facts: dict[str, object] = {
        "state": state,
        "deployment": str(context.settings.deployment),
        "chain_id": deployment.chain_id,
        "genesis_hash": deployment.genesis_hash,
        "first_block": deployment.first_block,
        **{name.value: contract.address for name, contract in deployment.contracts.items()},
    }
    return Result(parts=[Facts("Deployment", facts)])
