"""`tanpuhui serve`: reads, and operators' writes for the bodies whose keys are here."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import urllib3

from chain.composer import Composer
from chain.operations import SentTransaction
from chain.transactions import Transaction
from indexer.database import open_database
from indexer.outbox import SqlOutbox
from ledger.encoding import custody_address
from ledger.ids import IdentityCommitment, OperationId
from ledger.records import RandomSalts
from ledger.vocabulary import AccountKind, Custody, Role
from tests.integration.scripts.conftest import Cli
from tests.integration.scripts.story import LOT, begin


def test_reading_and_writing(cli: Cli) -> None:
    confirmed = begin(cli)
    secret = cli.json("api-key", "create", "test", "--scope", "cancellations:write")["secret"]
    owner = confirmed["credited_account"]
    process = cli.start("serve", "--port", "0")
    try:
        assert process.stderr is not None
        line = next(line for line in process.stderr if "serving" in line)
        assert "regulator, technical-centre, exchange, platform" in line
        found = re.search(r"http://\S+", line)
        assert found
        url = found[0]
        body = {
            "account": owner,
            "lot_id": confirmed["lot_id"],
            "quantity_gco2e": "1500000",
            "purpose": "event-neutrality",
            "fields": {"event": "served"},
        }
        answer = _post(f"{url}/v1/cancellations", body, secret)
        assert answer["state"] == "done"
        assert isinstance(answer["leaf_index"], int)
        shown = cli.json("operation", "status", answer["operation_id"])
        assert shown["certificate_number"] == 1
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "ended; every operation that was taken is saved" in err
    cli("index", "run")
    assert cli.json("lot", "list", *LOT[:2])["items"][0]["cancelled"]["quantity_tonnes"] == "1.5"


def test_what_was_left_on_the_way_is_finished_once(cli: Cli) -> None:
    """One killed before it was signed, one before it was sent: done by `serve`, and not again by the next one."""
    begin(cli)
    left = _leave_on_the_way(cli)
    size = cli.json("index", "run")["log_size"]
    for _ in range(2):
        with _serving(cli) as url:
            _until_done(cli, left)
            assert urllib3.request("GET", f"{url}/v1/health/live").status == 200
        assert cli.json("index", "run")["log_size"] == size + len(left)
    assert [cli.json("operation", "status", one)["state"] for one in left] == ["done", "done"]
    assert cli.json("operation", "resume")["items"] == []


def _leave_on_the_way(cli: Cli) -> list[str]:
    """Two accounts to be opened: one saved, the other also signed for the platform's next nonce."""
    deployment = cli.deployed.deployment
    signer = cli.deployed.signers[Role.PLATFORM]
    composer = Composer(salts=RandomSalts(), senders={Role.PLATFORM: signer.address})
    operations = []
    for number in (1, 2):
        commitment = IdentityCommitment(bytes([200 + number]) * 32)
        operations.append(
            composer.open_account(
                operation_id=OperationId(bytes([100 + number]) * 32),
                account=custody_address(commitment),
                kind=AccountKind.INSTITUTION,
                custody=Custody.PLATFORM,
                identity_commitment=commitment,
            )
        )
    call = operations[1].call
    nonce = int(cli.deployed.rpc.call("eth_getTransactionCount", [signer.address.hex0x, "latest"]), 16)
    to = deployment.address(call.contract)
    unsent = signer.sign_transaction(
        Transaction(chain_id=deployment.chain_id, nonce=nonce, gas_price=0, gas=1_000_000, to=to, data=call.calldata)
    )
    database = open_database(f"sqlite:///{cli.home / 'tanpuhui.db'}")
    outbox = SqlOutbox(database)
    outbox.save(operations)
    outbox.mark_sent(
        [
            SentTransaction(
                operation_id=call.operation_id, nonce=nonce, transaction_hash=unsent.hash, raw_transaction=unsent.raw
            )
        ]
    )
    database.close()
    return [operation.id.hex0x for operation in operations]


@contextmanager
def _serving(cli: Cli) -> Iterator[str]:
    process = cli.start("serve", "--port", "0")
    try:
        assert process.stderr is not None
        line = next(line for line in process.stderr if "serving" in line)
        found = re.search(r"http://[^ ]+", line)
        assert found
        yield found[0]
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err


def _until_done(cli: Cli, operation_ids: list[str]) -> None:
    for _ in range(100):
        if all(cli.json("operation", "status", one)["state"] == "done" for one in operation_ids):
            return
        time.sleep(0.1)
    raise AssertionError("what was left was not finished")


def _post(url: str, body: dict[str, Any], secret: str) -> Any:
    headers = {"authorization": f"Bearer {secret}", "idempotency-key": "test-1", "prefer": "wait=20"}
    response = urllib3.request("POST", url, json=body, headers=headers, timeout=30.0)
    assert response.status == 201, response.data
    return response.json()
