"""A person with a lookup token sees the own points and proofs; nobody else sees anything of a person."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from api.app import READ_ROUTES, create_app
from api.settings import ApiSettings
from api.web.certificate_pdf import make_pdf
from indexer.batch_files import BatchColumns
from indexer.database import Database, open_database
from indexer.persons import Persons, open_persons
from indexer.point_accounts import PointAccounts
from ledger.bulk.columns import Strings
from ledger.bundle import Bundle
from ledger.entries import EntryProof
from ledger.ids import Address, Hash32
from ledger.log_tree import root, verify_inclusion
from ledger.verifier import Level, Trust, verify
from ledger.vocabulary import AccountKind, BatchKind
from tests.unit.api.client import Client, Reply
from tests.unit.api.pdfs import links_of, text_of
from tests.unit.indexer.batches import make_batch, tags
from tests.unit.indexer.city import DAY, City

ACCOUNT = "/v1/points/account"


class Chain:
    """A node of the town's chain."""

    def __init__(self, town: "Town", bundle: Bundle) -> None:
        self.chain_id = bundle.deployment.chain_id
        self.genesis_hash = bundle.deployment.genesis_hash
        self.leaf_hashes = town.city.chain.head.leaf_hashes

    def root_at(self, log: Address, size: int) -> Hash32 | None:
        return Hash32(root(self.leaf_hashes[:size])) if size <= len(self.leaf_hashes) else None


class Town:
    """Persons 1 and 2 earn; 1 donates and cancels; all of it is in a snapshot."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.city = city = City(folder, database)
        self.vault = open_persons(f"sqlite:///{folder / 'persons.db'}", bytes(32))
        real = self.vault.tags(Strings.from_list([b"one", b"two"]))
        self.tags = {1: bytes(real[0]), 2: bytes(real[1])}
        self.token = {1: self.vault.issue_token("one").hex(), 2: self.vault.issue_token("two").hex()}
        self.earned = self.batch([(1, 100), (2, 50)])
        self.donated = self.batch([(1, 30)], BatchKind.DONATE, 10)
        self.cancelled = self.batch([(1, 20), (2, 5)], BatchKind.CANCEL, 20)
        beneficiary = next(
            Address(key) for key, one in city.chain.head.state.accounts.items() if one.kind is AccountKind.INSTITUTION
        )
        earned, donated, cancelled = (city.commitment(one) for one in (self.earned, self.donated, self.cancelled))
        reduction_class = city.reduction_class
        city.mine(lambda p: p.earn(city.activity, earned, DAY, DAY))
        city.mine(lambda p: p.donate(reduction_class, p.open_campaign("MARATHON", beneficiary), donated))
        city.mine(lambda p: p.cancel(reduction_class, cancelled))
        self.campaign = next(iter(city.chain.head.points.campaigns))
        balances = city.commitment(self.batch([(1, 50), (2, 45)], BatchKind.SNAPSHOT, ids=True))
        city.mine(lambda p: p.take_snapshot(reduction_class, 3, balances))
        city.catch_up()
        assert [state for state, _ in city.states()] == ["checked"] * 4
        self.accounts = PointAccounts(self.vault, city.index, city.store, city.trees)

    def batch(
        self, entries: list[tuple[int, int]], kind: BatchKind = BatchKind.EARN, first: int = 0, *, ids: bool = False
    ) -> BatchColumns:
        """A batch of persons who are in the vault."""
        made = [self.tags[person] for person, _ in entries] if ids else None
        batch = make_batch(entries, kind=kind, reduction_class=self.city.reduction_class, first=first, ids=made)
        for person in (1, 2):
            places = (batch.account_tags == tags(person)).all(axis=1)
            changed = batch.account_tags.copy()
            changed[places] = list(self.tags[person])
            batch = replace(batch, account_tags=changed)
        if kind is BatchKind.EARN:
            details = [b'{"distance_m":%d}' % number for number in range(len(entries))]
            batch = replace(batch, details=Strings.from_list(details))
        return batch


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    database = open_database(f"sqlite:///{folder / 'index.db'}")
    database.migrate()
    yield Town(folder, database)
    database.close()


@pytest.fixture(scope="module")
def asking(town: Town) -> Iterator[Client]:
    settings = ApiSettings(database_url=str(town.city.database.engine.url), rate_limits=False)
    application = create_app(settings, point_accounts=town.accounts)
    yield Client(application)
    application.close()


def get(asking: Client, town: Town, path: str, person: int = 1) -> Any:
    reply = asking.get(path, Authorization=f"Bearer {town.token[person]}")
    assert reply.status == 200, reply.body
    assert reply.header("cache-control") == "no-store"
    return reply.json


def test_balance_by_class_and_by_batch(asking: Client, town: Town) -> None:
    account = get(asking, town, ACCOUNT)
    label = town.city.reduction_class.label
    assert {one["reduction_class"]: one["points"] for one in account["classes"]}[label] == "50"
    assert [(one["batch_number"], one["points"]) for one in account["batches"]] == [(3, "-20"), (2, "-30"), (1, "100")]
    other = get(asking, town, ACCOUNT, 2)
    assert [(one["batch_number"], one["points"]) for one in other["batches"]] == [(3, "-5"), (1, "50")]


def test_history_leads_donations_to_their_certificate(asking: Client, town: Town) -> None:
    items = get(asking, town, f"{ACCOUNT}/entries")["items"]
    assert [(one["kind"], one["points"]) for one in items] == [("earn", "100"), ("donate", "-30"), ("cancel", "-20")]
    assert items[1]["campaign"]["code"] == "MARATHON"
    assert items[1]["campaign"]["certificate_number"] is None
    certificate = asking.get(f"/v1/certificates/{items[2]['certificate_number']}").json
    assert certificate["batch"]["entry_index"] == items[2]["index"]
    first = get(asking, town, f"{ACCOUNT}/entries?limit=2")
    assert [one["kind"] for one in first["items"]] == ["earn", "donate"]
    rest = get(asking, town, first["next"])
    assert ([one["kind"] for one in rest["items"]], rest["next"]) == (["cancel"], None)


def test_the_proof_of_every_entry_leads_to_the_log(asking: Client, town: Town) -> None:
    for entry in get(asking, town, f"{ACCOUNT}/entries")["items"]:
        answer = get(asking, town, f"{ACCOUNT}/entries/{entry['entry_id']}/proof")
        proof, batch, leaf = EntryProof.from_json(answer["proof"]), answer["batch"], answer["leaf_proof"]
        assert proof.verify() == int(answer["offset"])
        assert (proof.root.hex0x, str(proof.total), proof.size) == (batch["root"], batch["total"], batch["entry_count"])
        assert bytes.fromhex(str(proof.entry.values["account"])[2:]) == town.tags[1]
        assert proof.entry.values["details"] == entry["details"]
        verify_inclusion(
            leaf_hash=bytes.fromhex(leaf["leaf_hash"][2:]),
            index=leaf["leaf_index"],
            size=leaf["tree_size"],
            proof=[bytes.fromhex(member[2:]) for member in leaf["path"]],
            root=bytes.fromhex(leaf["root"][2:]),
        )


def test_the_balance_in_the_snapshot_is_proved(asking: Client, town: Town) -> None:
    (one,) = get(asking, town, f"{ACCOUNT}/snapshot")["snapshots"]
    proof = EntryProof.from_json(one["proof"])
    proof.verify()
    assert (one["quantity_gco2e"], proof.entry.grams, one["batch"]["after_batch"]) == ("50", 50, 3)


def test_damaged_trees_are_made_again(asking: Client, town: Town) -> None:
    entry = get(asking, town, f"{ACCOUNT}/entries")["items"][0]
    nodes = town.city.folder / "trees" / f"{asking.get('/v1/batches/1').json['file_hash'][2:]}.nodes"
    damaged = bytearray(nodes.read_bytes())
    damaged[8] ^= 1  # hash of the first leaf
    damaged[48] ^= 1  # and of the second
    nodes.write_bytes(damaged)
    town.city.trees._open.clear()
    answer = get(asking, town, f"{ACCOUNT}/entries/{entry['entry_id']}/proof")
    EntryProof.from_json(answer["proof"]).verify()
    assert nodes.read_bytes() != damaged


def certificate_of(asking: Client, town: Town, person: int) -> int:
    items = get(asking, town, f"{ACCOUNT}/entries", person)["items"]
    return next(int(one["certificate_number"]) for one in items if one["kind"] == "cancel")


def bundle_of(asking: Client, town: Town, person: int, number: int, query: str = "") -> Reply:
    target = f"{ACCOUNT}/certificates/{number}/bundle{query}"
    return asking.get(target, Authorization=f"Bearer {town.token[person]}")


def test_a_person_gets_the_bundle_of_the_own_certificate(asking: Client, town: Town) -> None:
    for person, grams in ((1, 20), (2, 5)):
        number = certificate_of(asking, town, person)
        reply = bundle_of(asking, town, person, number)
        assert (reply.status, reply.header("cache-control")) == (200, "no-store")
        bundle = Bundle.from_bytes(reply.body)
        assert bundle.entry is not None
        assert (bundle.entry.entry.grams, bundle.entry.entry.values) == (grams, {})
        verdict = verify(reply.body, Trust(origin=bundle.deployment.origin), level=Level.NODE, node=Chain(town, bundle))
        assert verdict.verified, verdict
        assert verdict.facts is not None
        assert (verdict.facts.number, verdict.facts.grams) == (number, grams)


def test_the_bundle_shows_of_the_person_what_is_disclosed(asking: Client, town: Town) -> None:
    number = certificate_of(asking, town, 1)
    tag, details = town.tags[1].hex().encode(), b"reference"
    for query, shown in (
        ("", ()),
        ("?disclose=", ()),
        ("?disclose=details", (details,)),
        ("?disclose=account", (tag,)),
    ):
        data = bundle_of(asking, town, 1, number, query).body
        assert [secret for secret in (tag, details) if secret in data] == list(shown), query
    data = bundle_of(asking, town, 1, number, "?disclose=account,details").body
    bundle = Bundle.from_bytes(data)
    assert bundle.entry is not None
    assert bundle.entry.entry.values["account"] == f"0x{town.tags[1].hex()}"
    assert verify(data, Trust(origin=bundle.deployment.origin), level=Level.NODE, node=Chain(town, bundle)).verified
    refused = bundle_of(asking, town, 1, number, "?disclose=name")
    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "disclose")


def test_another_persons_bundle_is_not_there(asking: Client, town: Town) -> None:
    number = certificate_of(asking, town, 1)
    foreign, never = bundle_of(asking, town, 2, number), bundle_of(asking, town, 2, 9_999)
    assert (foreign.status, never.status) == (404, 404)
    assert foreign.json["detail"] == never.json["detail"].replace("9999", str(number))
    for headers in ({}, {"Authorization": "Bearer " + "1" * 64}):
        reply = asking.get(f"{ACCOUNT}/certificates/{number}/bundle", **headers)
        assert (reply.status, reply.json["code"]) == (401, "lookup-token-invalid")


def pdf_of(asking: Client, town: Town, person: int, number: int, query: str = "") -> Reply:
    target = f"{ACCOUNT}/certificates/{number}/certificate.pdf{query}"
    return asking.get(target, Authorization=f"Bearer {town.token[person]}")


@pytest.mark.parametrize("query", ["", "?disclose=details", "?disclose=account,details"])
def test_a_person_gets_the_own_certificate_on_paper(asking: Client, town: Town, query: str) -> None:
    for person, exactly, tonnes in ((1, "20 g", "0.00002 t"), (2, "5 g", "0.000005 t")):
        number = certificate_of(asking, town, person)
        reply, data = (asked(asking, town, person, number, query) for asked in (pdf_of, bundle_of))
        assert (reply.status, reply.header("content-type")) == (200, "application/pdf"), reply.body
        assert reply.header("cache-control") == "no-store"
        reader = PdfReader(BytesIO(reply.body))
        (attached,) = reader.attachments[f"certificate-{number}.json"]
        assert attached == data.body
        bundle = Bundle.from_bytes(attached)
        verdict = verify(attached, Trust(origin=bundle.deployment.origin), level=Level.NODE, node=Chain(town, bundle))
        assert verdict.verified, verdict
        said, digest = text_of(reader), sha256(attached).hexdigest()
        for part in (f"exactly {exactly}", f"{tonnes} CO2e", "个人", digest):
            assert part in said, (part, said)
        secrets = [town.tags[person].hex(), "reference", town.token[person]]
        assert [secret for secret in secrets if secret in said] == []
        assert {link.partition("/certificates/")[2] for link in links_of(reader)} == {f"{number}#bundle={digest}"}


def test_another_persons_paper_is_not_there(asking: Client, town: Town) -> None:
    number = certificate_of(asking, town, 1)
    assert pdf_of(asking, town, 1, number).status == 200  # and nobody else is given it from then on
    foreign, never = pdf_of(asking, town, 2, number), pdf_of(asking, town, 2, 9_999)
    assert (foreign.status, never.status) == (404, 404)
    assert foreign.json["detail"] == never.json["detail"].replace("9999", str(number))
    path = f"{ACCOUNT}/certificates/{number}/certificate.pdf"
    unknown = asking.get(ACCOUNT, Authorization="Bearer " + "1" * 64)
    for headers in ({}, {"Authorization": "Bearer " + "1" * 64}):
        reply = asking.get(path, **headers)
        assert (reply.status, reply.body, reply.headers) == (401, unknown.body, unknown.headers)
    in_the_url = asking.get(f"{path}?token={town.token[1]}")
    assert (in_the_url.status, in_the_url.json["code"]) == (401, "lookup-token-invalid")
    public = asking.get(f"/v1/certificates/{number}/certificate.pdf", Authorization=f"Bearer {town.token[1]}")
    assert (public.status, public.json["code"]) == (403, "certificate-is-personal")
    for query, field in (("?disclose=name", "disclose"), ("?hide=Event", "hide")):
        refused = pdf_of(asking, town, 1, number, query)
        assert (refused.status, refused.json["errors"][0]["field"]) == (422, field)


def test_a_persons_paper_is_drawn_apart_and_kept_nowhere(
    asking: Client, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []

    def made(*arguments: Any, **named: Any) -> bytes:
        threads.append(threading.current_thread().name)
        return make_pdf(*arguments, **named)

    monkeypatch.setattr("api.certificate_files.make_pdf", made)
    number = certificate_of(asking, town, 1)
    first, second = (pdf_of(asking, town, 1, number) for _ in range(2))
    assert (first.status, first.body) == (200, second.body)
    assert threads == ["tanpuhui-draw_0"] * 2


@pytest.mark.parametrize(
    ("statement", "step"),
    [
        ("UPDATE operations SET timestamp = timestamp + 1", "12 inclusion"),
        ("UPDATE operations SET quantity_gco2e = quantity_gco2e + 1", "10 entry"),
    ],
)
def test_no_paper_is_made_for_a_person_of_what_does_not_verify(tmp_path: Path, statement: str, step: str) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'index.db'}")
    database.migrate()
    town = Town(tmp_path, database)
    with database.write() as connection:
        connection.execute(text(statement))
    settings = ApiSettings(database_url=str(database.engine.url), rate_limits=False)
    application = create_app(settings, point_accounts=town.accounts)
    asking = Client(application)
    number = int(asking.get("/v1/batches/3").json["first_certificate"])
    target = f"{ACCOUNT}/certificates/{number}/certificate.pdf"
    reply = asking.get(target, Authorization=f"Bearer {town.token[1]}", Accept_Language="en")
    assert (reply.status, reply.json["code"]) == (503, "certificate-unverified"), reply.body
    assert f"(step {step})" in reply.json["detail"]
    assert reply.header("cache-control") == "no-store"
    application.close()
    database.close()


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer x", "Bearer " + "0" * 64, "Basic " + "0" * 64, "Bearer " + "0" * 63]
)
def test_every_wrong_token_gets_the_same_answer(asking: Client, town: Town, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    paths = [ACCOUNT, f"{ACCOUNT}/entries", f"{ACCOUNT}/snapshot", f"{ACCOUNT}/entries/0x{'1a' * 32}/proof"]
    unknown = asking.get(ACCOUNT, Authorization="Bearer " + "1" * 64)
    assert (unknown.status, unknown.json["code"]) == (401, "lookup-token-invalid")
    for path in paths:
        reply = asking.get(path, **headers)
        assert (reply.status, reply.body, reply.headers) == (401, unknown.body, unknown.headers)


def test_a_token_in_the_url_is_refused(asking: Client, town: Town) -> None:
    reply = asking.get(f"{ACCOUNT}?token={town.token[1]}")
    assert reply.status == 401
    assert town.token[1].encode() not in reply.body


def test_another_persons_entry_is_not_there(asking: Client, town: Town) -> None:
    (mine, *_) = get(asking, town, f"{ACCOUNT}/entries", 1)["items"]
    path = f"{ACCOUNT}/entries/{mine['entry_id']}/proof"
    reply = asking.get(path, Authorization=f"Bearer {town.token[2]}")
    nobodys = asking.get(f"{ACCOUNT}/entries/0x{'1a' * 32}/proof", Authorization=f"Bearer {town.token[2]}")
    assert (reply.status, nobodys.status) == (404, 404)


def test_an_instance_without_files_says_so(client: Client) -> None:
    reply = client.get(ACCOUNT, Authorization="Bearer " + "0" * 64)
    assert (reply.status, reply.json["code"]) == (501, "points-not-served")


def test_no_public_answer_holds_anything_of_a_person(asking: Client, town: Town) -> None:
    secrets = {tag.hex() for tag in town.tags.values()} | set(town.token.values())
    for batch in (town.earned, town.donated, town.cancelled):
        secrets |= {bytes(entry_id).hex() for entry_id in batch.entry_ids}
        secrets |= {text.decode() for text in batch.details.to_list()}
    number = asking.get("/v1/batches/3").json["first_certificate"]
    paths = ["/v1/batches", "/v1/campaigns/MARATHON", "/v1/points/totals", "/v1/operations?limit=200", "/v1/totals"]
    paths += [f"/v1/batches/{one}" for one in range(1, 5)] + [f"/v1/certificates/{number + one}" for one in (0, 1)]
    refused = [f"/v1/certificates/{number}/{file}" for file in ("bundle", "certificate.pdf")]
    pages = [f"/certificates/{number}", f"/certificates/{number}?lang=en"]
    assert len(READ_ROUTES) > len(paths)
    for path in refused:
        reply = asking.get(path, Authorization=f"Bearer {town.token[1]}")
        assert (reply.status, [secret for secret in secrets if secret in reply.body.decode()]) == (403, []), path
    paths += pages
    for path in paths:
        reply = asking.get(path, Authorization=f"Bearer {town.token[1]}")
        assert reply.status == 200, path
        assert not [secret for secret in secrets if secret in reply.body.decode()], path


def test_a_forgotten_person_has_no_token_any_more(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'index.db'}")
    database.migrate()
    town = Town(tmp_path, database)
    settings = ApiSettings(database_url=str(database.engine.url), rate_limits=False)
    application = create_app(settings, point_accounts=town.accounts)
    asking = Client(application)
    assert isinstance(town.vault, Persons)
    town.vault.forget(["one"])
    assert asking.get(ACCOUNT, Authorization=f"Bearer {town.token[1]}").json["code"] == "lookup-token-invalid"
    assert get(asking, town, ACCOUNT, 2)["batches"]
    application.close()
    database.close()
