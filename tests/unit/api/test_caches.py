"""What an instance keeps in memory is of one mirror: a rebuilt one and a database made anew are read anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.app import create_app
from api.settings import ApiSettings
from indexer.binding import unbind
from indexer.database import Database, open_database
from ledger.log_tree import verify_inclusion
from tests.unit.api.client import Client
from tests.unit.api.sample import CHAIN_ID, SampleLedger, make_sample

OTHER = CHAIN_ID + 1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index.db"


@pytest.fixture
def client(path: Path) -> Iterator[Client]:
    fill(path, make_sample())
    application = create_app(ApiSettings(database_url=f"sqlite:///{path}", rate_limits=False))
    client = Client(application)
    check(client, CHAIN_ID)
    yield client
    application.close()


def fill(path: Path, sample: SampleLedger) -> None:
    database = open_database(f"sqlite:///{path}")
    database.migrate()
    sample.save(database)
    database.close()


def check(client: Client, chain_id: int) -> None:
    """Chain, certificate and proof are of this chain: read in the event loop, and lists in a thread."""
    assert client.get("/v1/deployment").json["chain_id"] == chain_id
    leaf = client.get("/v1/log/leaves/3").json
    assert leaf["chain_id"] == chain_id
    expected = make_sample(chain_id=chain_id)
    [first, *_] = client.get("/v1/operations").json["items"]
    assert first["leaf_hash"] == "0x" + expected.leaf_hashes[0].hex()
    proof = client.get("/v1/log/proof/inclusion?leaf_index=3").json
    verify_inclusion(
        leaf_hash=bytes.fromhex(leaf["leaf_hash"][2:]),
        index=3,
        size=proof["tree_size"],
        proof=[bytes.fromhex(member[2:]) for member in proof["path"]],
        root=expected.log.root(),
    )
    certificate = client.get("/v1/certificates/1").json
    assert certificate["leaf_hash"] == "0x" + expected.leaf_hashes[certificate["leaf_index"]].hex()


def test_nothing_is_kept_beyond_a_rebuild(path: Path, client: Client) -> None:
    database: Database = open_database(f"sqlite:///{path}")
    with database.write() as connection:
        unbind(connection)
    assert client.get("/v1/log").status == 503
    other = make_sample(chain_id=OTHER)
    other.rows.pop("records")
    other.rows.pop("checkpoints")
    other.save(database)
    database.close()
    check(client, OTHER)


def test_nothing_is_kept_beyond_the_database(path: Path, client: Client) -> None:
    for file in path.parent.glob("index.db*"):
        file.unlink()
    assert client.get("/v1/log").status == 503
    fill(path, make_sample(chain_id=OTHER))
    check(client, OTHER)


def test_both_samples_differ() -> None:
    assert make_sample().leaf_hashes[0] != make_sample(chain_id=OTHER).leaf_hashes[0]
    assert make_sample().log.root() != make_sample(chain_id=OTHER).log.root()
