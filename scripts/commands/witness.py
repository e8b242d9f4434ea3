"""`tanpuhui witness …`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from ledger.errors import InvalidInput, NotEvidence
from ledger.key_files import read_signer_key, write_signer_key
from ledger.notes import KeyType, SignerKey, VerifierKey
from ledger.split_view import MAX_BYTES, SplitView, verify_evidence
from scripts.command import command, group
from scripts.context import Context
from scripts.interrupts import interruptible, until_interrupted
from scripts.listening import listen
from scripts.output import Facts, Listing, Result
from witness.app import create_app
from witness.server import WitnessServer
from witness.service import Witness, check_logs
from witness.state import StateFolder

app = group("witness", "A witness: cosigns the log's checkpoints if they continue, and keeps evidence if not (见证).")

DEFAULT_LISTEN: Final = "127.0.0.1:7380"
NOT_EVIDENCE_EXIT_CODE: Final = 1
"""As `tanpuhui verify` says of a bundle that it was refused."""

LogsOption = Annotated[
    list[str], typer.Option("--log", metavar="VKEY", help="Verifier key of a log that it cosigns.", show_default=False)
]
StateOption = Annotated[Path, typer.Option("--state", metavar="DIR", help="Folder of its state and of evidence.")]
KeyOption = Annotated[Path, typer.Option("--key", metavar="FILE", help="File of its key; mode 0600.")]


@command(app, "key")
def make_key(
    context: Context,
    *,
    name: Annotated[str, typer.Option(metavar="NAME", help="Its name, such as witness.example/one.")],
    key: KeyOption,
) -> Result:
    """Makes the key of a witness, and prints the verifier key that others pin.

    Give each witness a key and a name of its own. Keep a copy of the file in a safe place.

    **Example**

        tanpuhui witness key --name witness.example.org/one --key ~/witness/key
    """
    made = SignerKey.generate(name, KeyType.WITNESS)
    key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_signer_key(key, made)
    facts = {"name": name, "verifier_key": str(made.verifier), "key": str(key)}
    return Result(parts=[Facts("Witness", facts)], note="whoever trusts this witness pins the verifier key")


@command(app, "init")
def begin(context: Context, *, log: LogsOption, state: StateOption, key: KeyOption) -> Result:
    """Says, once for each log, that this witness never cosigned it. `witness run` begins no log by itself.

    A witness that lost its state and begins anew may cosign a fork: restore the newest copy, or make a new key.

    **Example**

        tanpuhui witness init --log 'tanpuhui/31337/…+…+…' --state ~/witness/state --key ~/witness/key
    """
    signer = read_signer_key(key, KeyType.WITNESS)
    logs = check_logs(signer.verifier, map(VerifierKey.parse, log))
    states = StateFolder(state, signer.verifier)
    with states.held():
        for one in logs:
            states.begin(one.name)
    rows = [[one.name, 0] for one in logs]
    return Result(parts=[Listing("Logs", "logs", ["origin", "size"], rows)])


@command(app, "run")
def run(
    context: Context,
    *,
    log: LogsOption,
    state: StateOption,
    key: KeyOption,
    address: Annotated[
        str, typer.Option("--listen", metavar="HOST:PORT", help="Address to listen on; port 0 takes any that is free.")
    ] = DEFAULT_LISTEN,
) -> None:
    """Serves a witness until Ctrl-C: POST /add-checkpoint of C2SP tlog-witness.

    It cosigns a checkpoint of a log only if the log signed it and it continues the last one that it cosigned; of a log
    that forks it keeps both checkpoints as evidence, served under /evidence. Put a proxy that ends TLS in front of it.

    **Example**

        tanpuhui witness run --log 'tanpuhui/31337/…+…+…' --state ~/witness/state --key ~/witness/key
    """
    remedy = "what was cosigned is in the state folder, and the same command may be run again"
    with interruptible(remedy):
        signer = read_signer_key(key, KeyType.WITNESS)
        states = StateFolder(state, signer.verifier)
        with states.held():
            witness = Witness(signer, [VerifierKey.parse(one) for one in log], states)
            with listen(*_address(address)) as listening, WitnessServer(create_app(witness), listening) as server:
                host, port = listening.getsockname()[:2]
                with until_interrupted():
                    context.output.note(f"witness {witness.key} at http://{host}:{port} until Ctrl-C")
                    server.wait()
        context.output.note(f"ended; {remedy}")


@command(app, "verify-evidence")
def verify(
    context: Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Evidence as a witness or a monitor keeps it.")],
    *,
    log_key: Annotated[str, typer.Option("--log-key", metavar="VKEY", help="The log's verifier key.")],
) -> Result:
    """Checks evidence of a split view: that the log's key signed two checkpoints which cannot be of one log.

    Needs neither node nor network. Exits 0 if it is evidence, 1 if it is not, 2 if it could not be checked.

    **Example**

        tanpuhui witness verify-evidence evidence.json --log-key 'tanpuhui/31337/…+…+…'
    """
    key = VerifierKey.parse(log_key)
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidInput("evidence", f"be a file that can be read ({error.strerror})", str(file)) from None
    try:
        found = verify_evidence(content, key)
    except NotEvidence as error:
        facts: dict[str, object] = {"evidence": False, "step": error.step, "reason": error.reason}
        return Result(parts=[Facts("No evidence", facts)], exit_code=NOT_EVIDENCE_EXIT_CODE)
    return Result(parts=[Facts("Evidence of a split view", {"evidence": True, **split_view_facts(found)})])


def split_view_facts(found: SplitView) -> dict[str, object]:
    """What evidence proves, by name."""
    return {
        "origin": found.origin,
        "first_size": found.first_size,
        "first_root": found.first_root,
        "other_root": found.other_root,
        "second_size": found.second_size,
        "second_root": found.second_root,
    }


def _address(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not separator or not port.isdecimal() or int(port) > 65_535:
        raise InvalidInput("listen", "be an address and a port, such as 127.0.0.1:7380", text)
    return host.strip("[]"), int(port)
