"""Records and API keys."""

import pytest
from sqlalchemy import update

from indexer.api_keys import ApiKeyStore
from indexer.database import Database
from indexer.records import RecordStore
from indexer.schema import api_keys, records
from ledger.errors import InvalidInput, InvalidRecord, NotFound, Unauthorised
from ledger.ids import RecordHash
from ledger.records import Record
from ledger.vocabulary import OperationKind


def record(kind: OperationKind = OperationKind.LOT_FROZEN, **values: str) -> Record:
    return Record.of(kind, values, lambda _: bytes(16))


def test_a_record_is_kept_whole_and_shown_in_part(database: Database) -> None:
    store = RecordStore(database)
    one = record(rules="r", lot_id="0x01", officer="somebody")
    store.save([one, one])
    store.save([one])
    assert store.record(one.hash) == one
    shown = store.disclosure(one.hash)
    assert shown is not None
    assert shown.hash == one.hash
    names = ["field_names", "lot_id", "officer", "rules"]
    assert shown.values == {"rules": "r", "lot_id": "0x01", "field_names": names}
    store.disclose(one.hash, ["officer"])
    shown = store.disclosure(one.hash)
    assert shown is not None
    assert shown.values == {"officer": "somebody", "field_names": names}
    assert store.record(RecordHash(bytes(32))) is None
    assert store.disclosure(RecordHash(bytes(32))) is None


def test_what_another_purpose_requires_stays_back(database: Database) -> None:
    store = RecordStore(database)
    values = {"rules": "r", "event": "a race", "beneficiary": "x", "case_reference": "9", "organisation": "y"}
    race = record(OperationKind.REDUCTION_CANCELLED, purpose="event-neutrality", **values)
    court = record(OperationKind.REDUCTION_CANCELLED, purpose="ecological-restoration", **values)
    frozen = record(OperationKind.LOT_FROZEN, purpose="event-neutrality", event="e")
    store.save([race, court, frozen])
    shown = [store.disclosure(one.hash) for one in (race, court, frozen)]
    assert [sorted(one.values) for one in shown if one is not None] == [
        ["event", "field_names", "purpose", "rules"],
        ["case_reference", "field_names", "purpose", "rules"],
        ["field_names"],
    ]


def test_the_quantification_of_a_methodology_is_public(database: Database) -> None:
    store = RecordStore(database)
    published = record(OperationKind.METHODOLOGY_PUBLISHED, code="M-1", officer="somebody", quantification="q")
    frozen = record(OperationKind.LOT_FROZEN, lot_id="0x01", quantification="q")
    store.save([published, frozen])
    shown = [store.disclosure(one.hash) for one in (published, frozen)]
    assert [sorted(one.values) for one in shown if one is not None] == [
        ["code", "field_names", "quantification"],
        ["field_names", "lot_id"],
    ]


def test_unknown_fields_and_records_are_refused(database: Database) -> None:
    store = RecordStore(database)
    one = record(rules="r")
    with pytest.raises(InvalidRecord):
        store.save([one], {one.hash: ["nothing"]})
    assert store.record(one.hash) is None
    with pytest.raises(NotFound):
        store.disclose(one.hash, ["rules"])


def test_a_document_must_hash_to_its_key(database: Database) -> None:
    store = RecordStore(database)
    one = record(rules="r")
    with pytest.raises(InvalidRecord, match="hash to"):
        store.save_document(RecordHash(b"\x01" * 32), one.to_bytes())
    store.save_document(one.hash, one.to_bytes())
    changed = record(rules="s").to_bytes().decode()
    with database.write() as connection:
        connection.execute(update(records).values(document=changed))
    with pytest.raises(InvalidRecord, match="hash to"):
        store.record(one.hash)
    with database.write() as connection:
        connection.execute(update(records).values(public=changed))
    with pytest.raises(InvalidRecord, match="hash to"):
        store.disclosure(one.hash)


def test_a_key_is_shown_once_and_kept_as_a_hash(database: Database) -> None:
    store = ApiKeyStore(database)
    made = store.create("the exchange", ["operations:transfer"])
    assert made.secret not in repr(made)
    assert store.verify(made.secret) == made.key
    assert store.verify(made.secret, "operations:transfer") == made.key
    assert store.list() == [made.key]
    assert made.key.last_four == made.secret[-4:]
    with database.read() as connection:
        row = connection.execute(api_keys.select()).one()
    assert made.secret.encode() not in b" ".join(str(value).encode() for value in row)


def test_a_key_without_scope_unknown_or_revoked_is_unauthorised(database: Database) -> None:
    store = ApiKeyStore(database)
    made = store.create("the exchange", ["operations:transfer"])
    with pytest.raises(Unauthorised, match="scope operations:cancel"):
        store.verify(made.secret, "operations:cancel")
    with pytest.raises(Unauthorised, match="valid"):
        store.verify(made.secret[:-1])
    store.revoke(made.key.key_id)
    with pytest.raises(Unauthorised, match="valid"):
        store.verify(made.secret)
    with pytest.raises(NotFound):
        store.revoke(made.key.key_id)


@pytest.mark.parametrize(("name", "scopes"), [(" ", ["read"]), ("somebody", [])])
def test_a_key_needs_a_name_and_a_scope(database: Database, name: str, scopes: list[str]) -> None:
    with pytest.raises(InvalidInput):
        ApiKeyStore(database).create(name, scopes)
