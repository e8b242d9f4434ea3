"""`tanpuhui account …`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.routes.accounts import read_account, read_holdings
from chain.composer import Composer
from chain.operations import Operation
from ledger.errors import InvalidIdentifier, InvalidInput
from ledger.ids import Address, IdentityCommitment
from ledger.vocabulary import AccountKind, Custody, ReductionClass, Role
from scripts.command import command, group
from scripts.context import Context
from scripts.names import REFERENCE_PREFIX, reference_name
from scripts.operating import OperatingContext
from scripts.operations import perform
from scripts.options import AccountArgument, FieldOption, LimitOption, OperationIdOption, RecordOption, record_fields
from scripts.options import operation_id as read_operation_id
from scripts.output import Facts, Grams, Listing, Result, write_private
from scripts.points.home import PointsHome
from scripts.points.lookup import balance_of
from scripts.reads import read_list, read_one

app = group("account", "Accounts of institutions and persons (账户). Opened and closed by the platform.")


@command(app, "open")
def open_account(
    context: OperatingContext,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="ref:NAME, or the holder's own address.")],
    *,
    kind: Annotated[str, typer.Option(help="institution or personal.")] = "institution",
    identity: Annotated[
        str | None, typer.Option(help="Who holds it, for an address; only a salted commitment is published.")
    ] = None,
    identity_commitment: Annotated[
        str | None, typer.Option(metavar="0x…", help="The commitment itself, if it was made elsewhere.")
    ] = None,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Opens an account.

    `ref:NAME` opens one in the platform's custody: its address follows from a salted commitment to NAME, nobody has a
    key to it, and the same NAME is the same account in every command of this home folder. An address opens an account
    that its holder's own key moves.

    **Examples**

        tanpuhui account open ref:shanghai-solar-01 --field contact="desk 4"

        tanpuhui account open 0x5a…5a --kind personal --identity "the holder's identity document number"
    """
    custody = Custody.PLATFORM if account.startswith(REFERENCE_PREFIX) else Custody.HOLDER
    commitment = _commitment(context, account, identity, identity_commitment)
    identifier, fields = read_operation_id(operation_id), record_fields(record, field)
    address = context.names.account(account)

    def make(composer: Composer) -> Operation:
        return composer.open_account(
            operation_id=identifier,
            account=address,
            kind=AccountKind.from_label(kind, "kind"),
            custody=custody,
            identity_commitment=commitment,
            fields=fields,
        )

    return perform(context, Role.PLATFORM, identifier, make)


def _commitment(context: OperatingContext, account: str, identity: str | None, given: str | None) -> IdentityCommitment:
    if given is not None:
        return IdentityCommitment.from_hex(given, "identity_commitment")
    if account.startswith(REFERENCE_PREFIX):
        return context.names.commitment(reference_name(account))
    if not identity:
        raise InvalidInput("identity", "be given for an address: --identity or --identity-commitment", identity)
    return context.names.commitment(identity)


@command(app, "freeze")
def freeze(
    context: OperatingContext,
    account: AccountArgument,
    *,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Freezes an account: nothing moves to it or from it, but a correction still takes back (the regulator).

    **Examples**

        tanpuhui account freeze ref:shanghai-solar-01 --field reason="case 2026-118"

        tanpuhui freeze account ref:shanghai-solar-01
    """
    identifier, fields = read_operation_id(operation_id), record_fields(record, field)
    address = context.names.account(account)
    return perform(
        context,
        Role.REGULATOR,
        identifier,
        lambda composer: composer.freeze_account(operation_id=identifier, account=address, fields=fields),
    )


@command(app, "unfreeze")
def unfreeze(
    context: OperatingContext,
    account: AccountArgument,
    *,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Lets a frozen account move again (the regulator).

    **Examples**

        tanpuhui account unfreeze ref:shanghai-solar-01

        tanpuhui unfreeze account ref:shanghai-solar-01
    """
    identifier, fields = read_operation_id(operation_id), record_fields(record, field)
    address = context.names.account(account)
    return perform(
        context,
        Role.REGULATOR,
        identifier,
        lambda composer: composer.unfreeze_account(operation_id=identifier, account=address, fields=fields),
    )


@command(app, "close")
def close(
    context: OperatingContext,
    account: AccountArgument,
    *,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Closes an account that holds nothing, for ever (the platform).

    **Example**

        tanpuhui account close ref:shanghai-solar-01
    """
    identifier, fields = read_operation_id(operation_id), record_fields(record, field)
    address = context.names.account(account)
    return perform(
        context,
        Role.PLATFORM,
        identifier,
        lambda composer: composer.close_account(operation_id=identifier, account=address, fields=fields),
    )


@command(app, "show")
def show(context: OperatingContext, account: AccountArgument, *, limit: LimitOption = 100) -> Result:
    """Shows an account and what it holds, from the index.

    **Example**

        tanpuhui account show ref:shanghai-solar-01
    """
    address = _known_address(context, account)
    shown = read_one(context, read_account, {"account": address}, "Account")
    held = read_list(
        context,
        read_holdings,
        {"account": address},
        title="Holdings",
        columns=["lot_id", "activity_code", "reduction_class", "first_day", "last_day", "quantity_gco2e"],
        limit=limit,
    )
    assert isinstance(shown.whole, dict)  # noqa: S101 - both are objects
    assert isinstance(held.whole, dict)  # noqa: S101
    whole = {**shown.whole, "holdings": held.whole["items"], "more": held.whole["more"]}
    return Result(parts=[*shown.parts, *held.parts], note=held.note, whole=whole)


@command(app, "token")
def token(
    context: Context,
    reference: Annotated[
        str, typer.Argument(metavar="REFERENCE", help="Whose points: as the feed has it (metro:card-7).")
    ],
    *,
    output: Annotated[
        Path, typer.Option("--output", metavar="FILE", help="New file for the token, its owner's alone.")
    ],
) -> Result:
    """Makes a lookup token for a person: with it they find their points and proofs without saying who they are.

    The ledger keeps its SHA-256 only. Hand the file to the person and delete it; a new token can be made at any time.

    **Example**

        tanpuhui account token metro:card-7 --output card-7.token
    """
    if output.exists():
        raise InvalidInput("output", "be a new file", str(output))
    with PointsHome(context.settings) as home:
        made = home.persons.issue_token(reference)
    write_private(output, made.hex() + "\n")
    return Result(parts=[Facts("Lookup token", {"file": str(output)})], note="points balance --token reads it")


@command(app, "forget")
def forget(
    context: Context,
    references: Annotated[list[str], typer.Argument(metavar="REFERENCE...", help="Whose, as the feed has it.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it: it cannot be undone.")] = False,
) -> Result:
    """Destroys a person's key and lookup tokens: nothing says any more whose their entries are (销户).

    Entries, batches and proofs stay valid. What is in the balance can no longer be spent, and a later entry under the
    same reference is a new person's. Copies of the vault must be destroyed as well.

    **Example**

        tanpuhui account forget metro:card-7 --yes
    """
    with PointsHome(context.settings) as home:
        if not yes:
            held = [[name, *_points_of(home, name)] for name in references]
            columns = ["reference", "class_I_gco2e", "class_II_gco2e"]
            told = Listing("What can no longer be spent", "persons", columns, held)
            return Result(parts=[told], note="nothing is forgotten yet: this command again with --yes")
        count = home.persons.forget(references)
    return Result(parts=[Facts("Forgotten", {"persons": count, "unknown": len(set(references)) - count})])


def _points_of(home: PointsHome, reference: str) -> list[Grams]:
    tag = home.persons.tag_of(reference)
    return [Grams(balance_of(home, tag, each)[0]) for each in (ReductionClass.I, ReductionClass.II)]


def _known_address(context: OperatingContext, account: str) -> Address:
    """An address is read without a node; only a reference needs the salts, and those of the home that opened it."""
    if account.startswith(REFERENCE_PREFIX):
        if not context.salts.kept:
            home = context.settings.home
            rule = f"be an address here: what ref:NAME means follows from a home's salt key, and {home} has none"
            raise InvalidIdentifier("account", rule, account)
        return context.names.account(account)
    return Address.from_hex(account, "account")
