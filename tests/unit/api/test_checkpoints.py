"""A client of tiles: everything is computed from `/checkpoint`, `/tile` and `/tile/entries` alone.

The tree's arithmetic here is this file's own, written from RFC 6962: it agrees with `ledger.log_tree` only where
both are right.
"""

import base64
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from nacl.signing import VerifyKey

from api.app import create_app
from api.log_keys import LogKeys
from api.settings import ApiSettings
from indexer.database import open_database
from ledger.errors import InvalidInput
from ledger.ids import Address
from ledger.log_tree import verify_inclusion
from ledger.notes import KeyType, Note, SignerKey
from ledger.tlog_proof import TlogProof
from ledger.verifier.trust import Trust
from tests.unit.api.client import Client
from tests.unit.api.sample import BUYER, LOG_SEED, WITNESS_KEY, SampleLedger, address, make_sample

IMMUTABLE = "public, max-age=31536000, immutable"
SIZES = (1, 255, 256, 257, 300, 511, 512, 600)


@pytest.fixture(scope="module")
def large() -> SampleLedger:
    """Six hundred leaves, with checkpoints at sizes around whole tiles and one that is signed and not published."""
    sample = SampleLedger()
    for number in range(1, 621):
        sample.open_account(address(1_000 + number))
        if number in SIZES:
            sample.checkpoint()
    sample.checkpoint(published=False)
    return sample


@pytest.fixture(scope="module")
def large_client(large: SampleLedger, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    yield from client_of(large, tmp_path_factory.mktemp("large"))


def client_of(sample: SampleLedger, folder: Path, keys: LogKeys | None = None) -> Iterator[Client]:
    url = f"sqlite:///{folder / 'index.db'}"
    database = open_database(url)
    database.migrate()
    sample.save(database)
    database.close()
    application = create_app(ApiSettings(database_url=url, rate_limits=False), log_keys=keys)
    yield Client(application)
    application.close()


# The client


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def tree_hash(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, as it is written there."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node(tree_hash(leaves[:split]), tree_hash(leaves[split:]))


def path_of(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 §2.1.1."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return [*path_of(index, leaves[:split]), tree_hash(leaves[split:])]
    return [*path_of(index - split, leaves[split:]), tree_hash(leaves[:split])]


def tile_path(level: int | str, index: int, width: int) -> str:
    """The path that tlog-tiles gives a tile of fewer than a million indices."""
    place = f"{index:03d}" if index < 1000 else f"x{index // 1000:03d}/{index % 1000:03d}"
    return f"/tile/{level}/{place}" + ("" if width == 256 else f".p/{width}")


def widths(count: int) -> list[tuple[int, int]]:
    """Index and width of the tiles of a level with so many hashes."""
    return [(index, min(256, count - 256 * index)) for index in range(-(-count // 256))]


def fetch(client: Client, level: int, size: int) -> list[bytes]:
    """Every hash of a level of the tree of a size."""
    hashes: list[bytes] = []
    for index, width in widths(size >> 8 * level):
        reply = client.get(tile_path(level, index, width))
        assert reply.status == 200, (level, index, width)
        assert reply.header("content-type") == "application/octet-stream"
        assert reply.header("cache-control") == IMMUTABLE
        assert len(reply.body) == 32 * width
        hashes += [reply.body[at : at + 32] for at in range(0, len(reply.body), 32)]
    return hashes


def checkpoint(note: str) -> tuple[int, bytes]:
    """Size and root, once the log's signature is verified, by hand."""
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    origin, size, root = text.split("\n")[:3]
    line = signatures.split("\n")[0]
    name, signature = line.removeprefix("— ").split(" ")
    assert name == origin
    public = SignerKey(origin, KeyType.LOG, LOG_SEED).verifier.public_key
    raw = base64.b64decode(signature)
    assert raw[:4] == sha256(origin.encode() + b"\n\x01" + public).digest()[:4]
    VerifyKey(public).verify(text.encode(), raw[4:])
    return int(size), base64.b64decode(root)


def test_the_newest_checkpoint_is_the_root_over_its_tiles(large_client: Client) -> None:
    reply = large_client.get("/checkpoint")
    assert reply.status == 200
    assert reply.header("content-type") == "text/plain; charset=utf-8"
    assert reply.header("cache-control") == "public, no-cache"
    size, root = checkpoint(reply.body.decode())
    assert size == 600
    assert tree_hash(fetch(large_client, 0, size)) == root
    again = large_client.get("/checkpoint", if_none_match=reply.header("etag") or "")
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("size", SIZES)
def test_every_published_size_has_its_tiles(large_client: Client, large: SampleLedger, size: int) -> None:
    noted, root = checkpoint(large_client.get(f"/v1/log/checkpoints/{size}").json["note"])
    assert noted == size
    leaves = fetch(large_client, 0, size)
    assert leaves == large.leaf_hashes[:size]
    assert tree_hash(leaves) == root
    upper = fetch(large_client, 1, size)
    assert upper == [tree_hash(leaves[at : at + 256]) for at in range(0, size // 256 * 256, 256)]


def test_entries_hash_to_the_leaves(large_client: Client, large: SampleLedger) -> None:
    found: list[bytes] = []
    for index, width in widths(600):
        reply = large_client.get(tile_path("entries", index, width))
        assert reply.status == 200
        assert reply.header("content-type") == "application/octet-stream"
        assert reply.header("cache-control") == IMMUTABLE
        body = reply.body
        while body:
            length = int.from_bytes(body[:2], "big")
            assert length == 191
            found.append(sha256(b"\x00" + body[2 : 2 + length]).digest())
            body = body[2 + length :]
    assert found == large.leaf_hashes[:600]


@pytest.mark.parametrize(
    "path",
    [
        "/tile/0/002",  # not full at any published size
        "/tile/0/002.p/108",  # leaves of the size that is signed and not published
        "/tile/0/002.p/87",  # of no published size
        "/tile/0/001.p/43",
        "/tile/0/000.p/256",
        "/tile/0/000.p/300",
        "/tile/0/000.p/0",
        "/tile/0/000.p/01",
        "/tile/0/000.p/",
        "/tile/0/000.p",
        "/tile/0/0",
        "/tile/0/0000",
        "/tile/0/x000/000",
        "/tile/0/001/000",
        "/tile/0/x001/x000",
        "/tile/0/" + "x999/" * 40 + "999",
        "/tile/0/-01",
        "/tile/1/000",
        "/tile/1/000.p/3",
        "/tile/1/001.p/1",
        "/tile/2/000.p/1",
        "/tile/7/000.p/1",
        "/tile/8/000",
        "/tile/63/000.p/1",
        "/tile/64/000",
        "/tile/00/000",
        "/tile/x/000",
        "/tile/entries/002",
        "/tile/entries/002.p/108",
        "/tile/entries/0",
        "/tile/0/٠٠٠",
    ],
)
def test_nothing_else_is_served(large_client: Client, path: str) -> None:
    reply = large_client.request("GET", path, check=False)
    assert reply.status == 404
    assert reply.json["code"] == "not-found"


def test_partial_tiles_of_upper_levels_belong_to_published_sizes(large_client: Client) -> None:
    assert large_client.get("/tile/1/000.p/1").status == 200  # of 256 up to 511
    assert large_client.get("/tile/1/000.p/2").status == 200  # of 512 and 600
    assert large_client.get("/tile/0/001.p/44").status == 200  # of 300, though the tile is full by now


def test_an_unknown_parameter_is_refused(large_client: Client) -> None:
    assert large_client.get("/tile/0/000?x=1").status == 422
    assert large_client.get("/checkpoint?x=1").status == 422


def test_nothing_is_published_yet(tmp_path: Path) -> None:
    sample = make_sample()
    sample.rows["checkpoints"] = []
    for client in client_of(sample, tmp_path):
        for target in ("/checkpoint", "/tile/0/000.p/1", "/tile/entries/000.p/1", "/v1/log/proof/tlog?leaf_index=0"):
            assert client.get(target).status == 404
        assert client.get("/v1/log/checkpoints").json["items"] == []
        assert client.get("/v1/log/checkpoints/15").status == 404


@pytest.mark.parametrize("change", ["root", "size"])
def test_an_index_that_is_not_what_was_published_serves_no_tiles(tmp_path: Path, change: str) -> None:
    """It is being rebuilt, or the chain took blocks back: tiles of another log must not be cached for ever."""
    sample = make_sample()
    published = sample.rows["checkpoints"][-1]
    published |= {"root": bytes(32)} if change == "root" else {"size": published["size"] + 1}
    for client in client_of(sample, tmp_path):
        for target in ("/tile/0/000.p/15", "/tile/entries/000.p/15"):
            reply = client.request("GET", target, check=False)
            assert (reply.status, reply.json["code"]) == (503, "log-not-as-published")
        assert client.get("/v1/log/proof/tlog?leaf_index=16").status == 503
        assert client.get("/checkpoint").status == 200


def test_what_a_halted_index_says_is_not_kept(halted_client: Client) -> None:
    reply = halted_client.get("/tile/0/000.p/15")
    assert (reply.status, reply.header("cache-control")) == (200, "no-store")


# Proof files and lists


@pytest.mark.parametrize(("index", "size"), [(0, 1), (1, 255), (254, 255), (255, 256), (299, 300), (599, 600)])
def test_a_proof_file_has_the_earliest_checkpoint_that_covers_the_leaf(
    large_client: Client, large: SampleLedger, index: int, size: int
) -> None:
    reply = large_client.get(f"/v1/log/proof/tlog?leaf_index={index}")
    assert reply.status == 200
    assert reply.header("cache-control") == IMMUTABLE
    head, _, note = reply.body.decode().partition("\n\n")
    header, index_line, *path = head.split("\n")
    assert (header, index_line) == ("c2sp.org/tlog-proof@v1", f"index {index}")
    noted, root = checkpoint(note)
    assert noted == size
    proof = [base64.b64decode(line) for line in path]
    assert proof == path_of(index, large.leaf_hashes[:size])
    verify_inclusion(leaf_hash=large.leaf_hashes[index], index=index, size=size, proof=proof, root=root)
    parsed = TlogProof.parse(reply.body.decode())
    assert (parsed.index, list(parsed.path), str(parsed)) == (index, proof, reply.body.decode())


def test_a_proof_file_by_operation(large_client: Client, large: SampleLedger) -> None:
    operation_id = large.rows["operations"][7]["operation_id"]
    by_operation = large_client.get(f"/v1/log/proof/tlog?operation_id=0x{operation_id.hex()}")
    assert by_operation.body == large_client.get("/v1/log/proof/tlog?leaf_index=7").body


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("leaf_index=600", 404),
        ("leaf_index=9999", 404),
        ("", 422),
        ("leaf_index=1&operation_id=0x" + "00" * 32, 422),
        ("operation_id=0x" + "77" * 32, 404),
        ("leaf_index=01", 422),
    ],
)
def test_proof_files_that_there_are_none_of(large_client: Client, query: str, status: int) -> None:
    assert large_client.get(f"/v1/log/proof/tlog?{query}").status == status


def test_the_list_is_newest_first_and_has_only_what_is_published(large: SampleLedger, large_client: Client) -> None:
    found = []
    target: str | None = "/v1/log/checkpoints?limit=3"
    while target:
        page = large_client.get(target).json
        found += page["items"]
        target = page["next"]
    assert [one["size"] for one in found] == sorted(SIZES, reverse=True)
    assert found[0]["signers"] == [large.origin, "witness.example/1"]
    assert WITNESS_KEY.verifier in Note.parse(found[0]["note"]).verify([WITNESS_KEY.verifier])
    assert large_client.get("/v1/log/checkpoints/620").status == 404
    assert large_client.get("/v1/log/checkpoints/0").status == 422


# Keys


def test_keys_are_said_as_a_trust_file(tmp_path: Path) -> None:
    sample = make_sample()
    log_key = SignerKey(sample.origin, KeyType.LOG, LOG_SEED).verifier
    keys = LogKeys(log_key=log_key, witnesses=(WITNESS_KEY.verifier,), quorum=1, validators=(Address(bytes(BUYER)),))
    for client in client_of(sample, tmp_path, keys):
        reply = client.get("/v1/log/keys")
        assert Trust.from_json(reply.json) == keys.trust
        assert reply.json == {
            "format": 1,
            "origin": sample.origin,
            "log_key": str(log_key),
            "witnesses": [str(WITNESS_KEY.verifier)],
            "quorum": 1,
            "validators": [BUYER.hex0x],
        }


def test_an_instance_without_keys_says_so(client: Client) -> None:
    assert (client.get("/v1/log/keys").status, client.get("/v1/log/keys").json["code"]) == (
        501,
        "log-keys-not-configured",
    )


@pytest.mark.parametrize("quorum", [0, 2])
def test_a_quorum_is_of_the_witnesses(quorum: int) -> None:
    log_key = SignerKey(SampleLedger().origin, KeyType.LOG, LOG_SEED).verifier
    with pytest.raises(InvalidInput, match="quorum"):
        LogKeys(log_key=log_key, witnesses=(WITNESS_KEY.verifier,), quorum=quorum)
