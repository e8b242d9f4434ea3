"""`tanpuhui export`: the same files as the API's, whole."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.integration.scripts.conftest import Cli
from tests.integration.scripts.story import begin


@pytest.mark.parametrize("name", ["leaves", "batches", "postings", "events"])
def test_both_formats_have_the_same_rows(cli: Cli, tmp_path: Path, name: str) -> None:
    begin(cli)
    cli("index", "run")
    lines, table = tmp_path / "rows.ndjson", tmp_path / "rows.parquet"
    said = cli.json("export", name, "--output", lines)
    cli("export", name, "--format", "parquet", "--output", table)
    rows = [json.loads(line) for line in lines.read_text().splitlines()]
    read = pq.read_table(table)
    assert read.num_rows == len(rows)
    assert (len(rows) > 0) is (name != "batches")
    assert said["bytes"] == lines.stat().st_size
    if name == "leaves":
        assert [row["leaf_index"] for row in rows] == list(range(said["last"] + 1))
    assert not list(tmp_path.glob("*.new"))


def test_what_cannot_be_exported(cli: Cli, tmp_path: Path) -> None:
    output = tmp_path / "rows"
    assert cli.json("export", "leaves", "--output", output, code=3)["code"] == "index-not-built"
    begin(cli)
    cli("index", "run")
    for arguments in (["--last", "9999"], ["--format", "csv"], ["--first", "3", "--last", "1"]):
        assert cli.json("export", "leaves", "--output", output, *arguments, code=2)["errors"]
    assert cli.json("export", "leaves", "--output", tmp_path / "no" / "rows", code=2)["errors"][0]["field"] == "output"
    assert not output.exists()
