"""`tanpuhui import` on a real chain: all or nothing, row by row, twice, and killed in the middle."""

from __future__ import annotations

import csv
import signal
import time
from pathlib import Path

from chain.views import ContractViews
from ledger.vocabulary import ReductionClass
from tests.integration.scripts.conftest import Cli
from tests.unit.scripts.importing import ISSUANCE, ISSUED, RETIRED, RETIREMENT, write


def views(cli: Cli) -> ContractViews:
    return ContractViews(cli.deployed.rpc, cli.deployed.deployment)


def files(folder: Path) -> tuple[tuple[Path, Path], tuple[Path, Path]]:
    issuance = write(folder, "issuance.toml", ISSUANCE), write(folder, "issued.csv.gz", ISSUED, packed=True)
    return issuance, (write(folder, "retirement.toml", RETIREMENT), write(folder, "retired.csv", RETIRED))


def refused_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_whole_files_and_a_second_run(cli: Cli, tmp_path: Path) -> None:
    for mapping, file in files(tmp_path):
        done = cli.json("import", "--mapping", mapping, file)
        assert (done["rows"], done["applied"], done["refused"], done["operations_repeated"]) == (4, 4, 0, 0)
    size = views(cli).log_size()
    totals = views(cli).totals_of(ReductionClass.I)
    assert (totals.issued_grams, totals.cancelled_grams) == (701_500_000, 251_000_000)

    for mapping, file in files(tmp_path):
        again = cli.json("import", "--mapping", mapping, file)
        assert (again["applied"], again["operations"], again["without_operation"]) == (4, 0, 0)
        assert again["operations_repeated"] >= 8
    assert views(cli).log_size() == size
    assert cli.json("index", "status")["caught_up"] is True


def test_a_second_run_without_the_first_ones_outbox(cli: Cli, tmp_path: Path) -> None:
    """The ids follow from the file and the salts from the key, so that the chain itself says "already done"."""
    (mapping, file), _ = files(tmp_path)
    cli("import", "--mapping", mapping, file)
    size = views(cli).log_size()

    other = ("--database", f"sqlite:///{tmp_path / 'other.db'}")
    assert cli.json("import", "--mapping", mapping, file, *other)["applied"] == 4
    assert views(cli).log_size() == size


def test_a_dry_run_sends_nothing(cli: Cli, tmp_path: Path) -> None:
    (mapping, file), _ = files(tmp_path)
    size = views(cli).log_size()

    tried = cli.json("import", "--mapping", mapping, file, "--dry-run")
    assert (tried["rows"], tried["operations"], tried["dry_run"]) == (4, 0, True)
    assert views(cli).log_size() == size


def test_one_bad_row_and_nothing_is_sent(cli: Cli, tmp_path: Path) -> None:
    (mapping, _), _ = files(tmp_path)
    bad = write(tmp_path, "bad.csv", ISSUED.replace("PV-1,2022,300", "PV-1,2021,300").replace("0.5", "0"))
    size = views(cli).log_size()
    report = tmp_path / "refused.csv"

    document = cli.json("import", "--mapping", mapping, bad, "--refused", report, code=2)
    assert document["code"] == "rows-invalid"
    assert document["arguments"]["value"] == "2 of 4 rows"
    assert (document["arguments"]["rows"], document["arguments"]["refused"]) == (4, 2)
    first = document["arguments"]["first_refused"]
    assert [(row["line"], row["by"], row["field"], row["rule"]) for row in first] == [
        (3, "check", "", "activity-registry-period-overlap"),
        (4, "file", "tonnes", "invalid-quantity"),
    ]
    assert all(row["message"] for row in first)
    said = cli("import", "--mapping", mapping, bad, "--refused", report, code=2)
    assert "zero" in said.err
    assert said.err.splitlines()[-1].startswith("error: ")
    assert views(cli).log_size() == size
    rows = refused_rows(report)
    assert [(row["refused_line"], row["refused_by"], row["refused_code"]) for row in rows] == [
        ("3", "check", "activity-registry-period-overlap"),
        ("4", "file", "invalid-quantity"),
    ]
    assert rows[0]["owner"] == "alpha"


def test_row_by_row(cli: Cli, tmp_path: Path) -> None:
    (mapping, file), (retirement, _) = files(tmp_path)
    cli("import", "--mapping", mapping, file)
    more = write(tmp_path, "more.csv", RETIRED + "c9,alpha,PV-1,2021,99999\nc9,alpha,PV-1,2021,x\nc9,alpha,PV-1,2021\n")
    report = tmp_path / "refused.csv"
    words = ("import", "--mapping", retirement, more, "--row-wise", "--refused", report)

    unchecked = cli.json(*words, "--unchecked", code=1)
    assert (unchecked["rows"], unchecked["applied"], unchecked["refused"]) == (7, 4, 3)
    assert [row["by"] for row in unchecked["first_refused"]] == ["contract", "file", "file"]
    assert [row["refused_by"] for row in refused_rows(report)] == ["contract", "file", "file"]
    size = views(cli).log_size()

    checked = cli.json(*words, code=1)
    assert [row["by"] for row in checked["first_refused"]] == ["contract", "file", "file"]  # as the outbox has it
    assert views(cli).log_size() == size
    assert "insufficient" in cli(*words, code=1).out


def test_refused_rows_can_be_corrected_and_imported(cli: Cli, tmp_path: Path) -> None:
    (mapping, file), (retirement, _) = files(tmp_path)
    cli("import", "--mapping", mapping, file)
    report = tmp_path / "refused.csv"
    bad = write(tmp_path, "bad.csv", RETIRED.replace("PV-2,2022,1", "PV-2,2022,7"))
    cli("import", "--mapping", retirement, bad, "--row-wise", "--refused", report, code=1)

    corrected = write(tmp_path, "corrected.csv", report.read_text().replace("PV-2,2022,7", "PV-2,2022,1"))
    assert cli.json("import", "--mapping", retirement, corrected)["applied"] == 1
    assert views(cli).certificate_count() == 4


def test_killed_in_the_middle_and_run_again(cli: Cli, tmp_path: Path) -> None:
    (mapping, file), (retirement, _) = files(tmp_path)
    cli("import", "--mapping", mapping, file)
    before = views(cli).log_size()
    rows = "".join(f"c{number % 7},alpha,PV-1,2021,0.1\n" for number in range(1500))
    many = write(tmp_path, "many.csv", RETIRED.splitlines()[0] + "\n" + rows)
    words = ("import", "--mapping", retirement, many, "--row-wise", "--unchecked", "--json")

    for further in (300, 1200):
        process = cli.start(*words)
        while views(cli).log_size() < before + further and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    reached = views(cli).log_size()
    assert reached < before + 3007  # it was killed before the end

    done = cli.json(*words[:-1])
    assert (done["rows"], done["applied"], done["refused"]) == (1500, 1500, 0)
    assert views(cli).log_size() == before + 3007  # seven accounts, and a transfer and a cancellation for each row
    assert views(cli).certificate_count() == 1500
    assert views(cli).totals_of(ReductionClass.I).cancelled_grams == 150_000_000
    again = cli.json(*words[:-1])
    assert (again["applied"], again["operations"]) == (1500, 0)


def test_ids_that_were_used_with_other_content(cli: Cli, tmp_path: Path) -> None:
    """The same file by a mapping that says something else: the ids are those of the first import."""
    (mapping, file), _ = files(tmp_path)
    cli("import", "--mapping", mapping, file)
    size = views(cli).log_size()
    other = write(tmp_path, "other.toml", ISSUANCE.replace("{project}/{year}", "another source"))

    for way in (("--row-wise",), ("--row-wise", "--unchecked")):
        refused = cli.json("import", "--mapping", other, file, *way, code=1)
        assert {(row["by"], row["rule"]) for row in refused["first_refused"]} == {("outbox", "operation-conflict")}
    whole = cli.json("import", "--mapping", other, file, code=2)
    assert whole["code"] == "rows-invalid"
    assert views(cli).log_size() == size


def test_ids_that_only_the_log_knows_were_used_with_other_content(cli: Cli, tmp_path: Path) -> None:
    """Without the outbox of the first import, the digests that the chain keeps tell one content from another."""
    (mapping, file), _ = files(tmp_path)
    cli("import", "--mapping", mapping, file)
    size = views(cli).log_size()
    mapping_of_others = write(tmp_path, "other.toml", ISSUANCE.replace("{project}/{year}", "another source"))
    elsewhere = ("--database", f"sqlite:///{tmp_path / 'other.db'}")

    refused = cli.json("import", "--mapping", mapping_of_others, file, "--row-wise", *elsewhere, code=1)
    rules = {(row["by"], row["rule"]) for row in refused["first_refused"]}
    assert rules == {("contract", "transparency-log-operation-conflict")}
    whole = cli.json("import", "--mapping", mapping_of_others, file, *elsewhere, code=2)
    assert whole["arguments"]["value"] == "4 of 4 rows"
    assert cli.json("import", "--mapping", mapping, file, *elsewhere)["operations_repeated"] > 0
    assert views(cli).log_size() == size


def test_files_that_cannot_be_read(cli: Cli, tmp_path: Path) -> None:
    (mapping, file), _ = files(tmp_path)
    size = views(cli).log_size()
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(file.read_bytes()[:-9])
    for bad, field in (
        (cut, "gzip stream"),
        (write(tmp_path, "columns.csv", "owner,class,project\n"), "year"),
        (tmp_path / "none.csv", "file"),
    ):
        document = cli.json("import", "--mapping", mapping, bad, "--row-wise", code=2)
        assert document["code"] == "malformed-file"
        assert document["errors"][0]["field"] == field
        assert document["arguments"]["file"] == str(bad)
    document = cli.json("import", "--mapping", tmp_path / "none.toml", file, code=2)
    assert document["code"] == "invalid-mapping"
    assert cli.json("import", "--mapping", mapping, file, "--unchecked", code=2)["errors"][0]["field"] == "unchecked"
    assert views(cli).log_size() == size
