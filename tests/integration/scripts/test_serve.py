"""`tanpuhui serve`: reads, and operators' writes for the bodies whose keys are here."""

from __future__ import annotations

import re
import signal
from typing import Any

import urllib3

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
        assert "regulator, technical-centre, platform" in line
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
        shown = cli.json("operation", "status", answer["operation_id"])
        assert shown["certificate_number"] == 1
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    cli("index", "run")
    assert cli.json("lot", "list", *LOT[:2])["items"][0]["cancelled"]["quantity_tonnes"] == "1.5"


def _post(url: str, body: dict[str, Any], secret: str) -> Any:
    headers = {"authorization": f"Bearer {secret}", "idempotency-key": "test-1", "prefer": "wait=20"}
    response = urllib3.request("POST", url, json=body, headers=headers, timeout=30.0)
    assert response.status == 201, response.data
    return response.json()
