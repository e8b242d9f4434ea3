"""`tanpuhui demo` from end to end, as a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

from tests.integration.scripts.conftest import ROOT, start

STEPS = (
    *("编译", "部署", "开户", "方法学发布", "登记", "评估", "确认", "划转", "注销", "拒绝"),
    *("积分准备", "积分签署", "积分上链", "积分证明", "兑换", "捐赠", "自愿注销"),
    *("索引", "检查点", "服务", "验证", "见证验证", "凭证网页"),
)


@contextmanager
def running(home: Path, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """The demo, whose temporary files go under `home`; killed at the end if it is still there."""
    process = start({"TMPDIR": str(home)}, "demo", "--port", "0", *arguments)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(text) for text in path.read_text().split()] if path.exists() else []


def is_gone(pid: int) -> bool:
    for _ in range(100):
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().split()[2] == "Z":
            return True
        time.sleep(0.05)
    return False


def served_url(process: subprocess.Popen[str]) -> str:
    """Reads progress until the demo says that it serves."""
    assert process.stderr is not None
    for line in process.stderr:
        found = re.search(r"serving (http://\S+)", line)
        if found:
            return found[1]
    raise AssertionError("the demo ended before it served")


def test_it_ends_by_itself(tmp_path: Path) -> None:
    with running(tmp_path, "--exit", "--json") as process:
        out, err = process.communicate(timeout=120)

    assert process.returncode == 0, err
    document = json.loads(out)
    assert document["certificate_number"] == 1
    assert document["certificate_holds"] is True
    assert document["certificate_url"].endswith("/v1/certificates/1")
    assert document["certificate_page"] == document["certificate_url"].replace("/v1/", "/")
    assert document["refused"] == "ReductionLedger_PurposeNotAllowed"
    assert [(row["class"], row["issued_gco2e"], row["cancelled_gco2e"]) for row in document["totals"]] == [
        ("I", "462000000", "120500000"),
        ("II", "25000000", "0"),
    ]
    assert document["points"][1] == {
        "class": "II",
        "issued_gco2e": "1271760",
        "personal_gco2e": "151360",
        "providers_gco2e": "400",
        "campaigns_gco2e": "0",
        "bought_back_gco2e": "1000000",
        "cancelled_gco2e": "120000",
    }
    assert (document["points_entries"], document["points_refused_rows"]) == (60, 2)
    assert (document["points_donation_certificate"], document["points_personal_certificate"]) == (2, 3)
    assert [step["step_zh"] for step in document["steps"] if step["step_zh"] in STEPS] == [
        step["step_zh"] for step in document["steps"]
    ]
    for step in STEPS:
        assert step in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_end(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path) as process:
        url = served_url(process)
        nodes = children(process.pid)
        certificate = urllib3.request("GET", f"{url}/v1/certificates/1").json()
        assert certificate["quantity_tonnes"] == "120.5"
        page = urllib3.request("GET", f"{url}/certificates/1?lang=en").data.decode()
        assert "independent witnesses cosigned" in page
        assert urllib3.request("GET", f"{url}/v1/certificates/1/certificate.pdf").data.startswith(b"%PDF-")
        process.send_signal(number)
        process.communicate(timeout=30)

    assert process.returncode == 0
    assert nodes
    assert all(is_gone(pid) for pid in nodes)
    assert list(tmp_path.iterdir()) == []


def test_interrupted_before_it_serves_it_says_so(tmp_path: Path) -> None:
    with running(tmp_path) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "部署" in line)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "error: Interrupted before it was done; its chain and its folder are gone" in err
    assert "`tanpuhui demo` may be started again" in err
    assert list(tmp_path.iterdir()) == []


def test_other_commands_work_on_it(tmp_path: Path) -> None:
    """With what it says while it serves, typed as it says it."""
    with running(tmp_path) as process:
        assert process.stderr is not None
        lines = iter(process.stderr)
        told = next(line for line in lines if "In another terminal" in line)
        commands = [next(lines).strip(), next(lines).strip()]
        found = re.search(r"`(\. \S+)`", told)
        assert found
        said = ""
        for command in (*commands, "tanpuhui index run", "tanpuhui certificate 4"):
            words = command.replace("tanpuhui ", f"{sys.executable} -c 'from scripts.cli import main; main()' ")
            code = 3 if command == "tanpuhui index run" else 0  # the demo itself follows the chain
            shell = ["sh", "-c", f"{found[1]} && {words}"]
            done = subprocess.run(shell, check=False, cwd=ROOT, capture_output=True, text=True)
            assert done.returncode == code, command + done.stdout + done.stderr
            said = done.stdout
        assert re.search(r"event +mine", said)
        assert "record hash" in said
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "ended: its chain and its folder are gone" in err


def test_killed_it_leaves_no_node_behind(tmp_path: Path) -> None:
    with running(tmp_path) as process:
        served_url(process)
        nodes = children(process.pid)
        process.kill()
        process.communicate()

    assert nodes
    assert all(is_gone(pid) for pid in nodes)


def test_a_home_folder_stays(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running(tmp_path, "--exit", "--home", home) as process:
        _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert (home / "tanpuhui.db").exists()
    assert {path.name for path in (home / "keys").glob("*.json")} >= {"regulator.json", "deployer.json"}

    with running(tmp_path, "--exit", "--home", home) as process:
        _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "a new or empty folder" in err


def test_it_ignores_what_is_configured(tmp_path: Path) -> None:
    env = {"TMPDIR": str(tmp_path), "TANPUHUI_RPC_URL": "http://127.0.0.1:9", "TANPUHUI_DATABASE_URL": "oracle://x"}
    process = start({**env, "TANPUHUI_DEPLOYMENT": os.devnull}, "demo", "--exit", "--port", "0")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
