"""Rows that are kept carry the seal of each of their columns, and what is changed behind their back shows."""

from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Table, insert, select, text
from sqlalchemy.exc import IntegrityError

from indexer import row_seals
from indexer.api_keys import ApiKeyStore
from indexer.database import Database
from indexer.schema import KEPT, MIRROR, api_keys, records
from ledger.canonical import canonical_json, canonical_text
from ledger.encoding import row_seal, row_seal_key, row_seal_prefix
from ledger.errors import InvalidJson


def row_of(connection: Connection, table: Table) -> dict[str, Any]:
    return dict(connection.execute(select(table)).mappings().one())


def broken(database: Database, table: Table = api_keys) -> list[str]:
    with database.read() as connection:
        return [one.column for one in row_seals.broken_columns(table, row_of(connection, table))]


@pytest.fixture
def key(database: Database) -> str:
    return ApiKeyStore(database).create("a reader", ["read"]).key.key_id


def test_the_seal_is_the_specifications(database: Database, key: str) -> None:
    with database.read() as connection:
        row = row_of(connection, api_keys)
    parts = []
    for name in ("key_id", "name", "key_hash", "last_four", "scopes", "created_at", "revoked_at"):
        value = {"key_hash": "0x" + row["key_hash"].hex(), "created_at": str(row["created_at"])}.get(name, row[name])
        begin = b"\x48\x01" + len("api_keys").to_bytes(2) + b"api_keys" + len(name).to_bytes(2) + name.encode()
        sealed = canonical_json([key])
        sealed = sha256(begin + len(sealed).to_bytes(2) + sealed + canonical_json(value)).digest()[:8]
        parts.append(bytes(8) if value is None else sealed)
    body = b"".join(parts)
    begin = b"\x48\x01" + len("api_keys").to_bytes(2) + b"api_keys" + b"\x00\x04seal"
    closing = sha256(begin + b"\x00\x02[]" + canonical_json("0x" + body.hex())).digest()[:8]
    assert row["seal"] == body + closing


def test_one_value_is_eight_bytes_under_its_own_tag() -> None:
    prefix = row_seal_prefix(table="t", column="c")
    assert prefix == b"\x48\x01\x00\x01t\x00\x01c"
    sealed = row_seal(prefix, row_seal_key(b"[]"), b"1")
    assert sealed == sha256(prefix + b"\x00\x02[]1").digest()[:8]


def test_what_is_changed_rightly_stays_whole(database: Database, key: str) -> None:
    assert broken(database) == []
    ApiKeyStore(database).revoke(key)
    assert broken(database) == []


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ("name = 'a writer'", "name"),
        ("key_hash = x'" + "01" * 32 + "'", "key_hash"),
        ("created_at = created_at + 1", "created_at"),
        ("revoked_at = 5", "revoked_at"),
        ("key_id = 'other'", "key_id"),
        ("seal = x''", "seal"),
        ("seal = CAST(substr(seal, 1, 8) || x'00112233' || substr(seal, 13) AS BLOB)", "seal"),
    ],
)
def test_what_is_changed_by_hand_is_named(database: Database, key: str, change: str, column: str) -> None:
    with database.write() as connection:
        connection.execute(text(f"UPDATE api_keys SET {change}"))  # noqa: S608 - written above
    assert broken(database) == [column]


def test_a_later_change_does_not_heal_what_was_changed_by_hand(database: Database, key: str) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE api_keys SET name = 'a writer'"))
    ApiKeyStore(database).revoke(key)
    assert broken(database) == ["name"]


def test_every_kept_table_has_a_seal_and_no_other(database: Database) -> None:
    for table in KEPT:
        assert list(table.c.keys())[-1] == row_seals.SEAL
        assert not table.c[row_seals.SEAL].nullable
    assert not any(row_seals.SEAL in table.c for table in MIRROR)


def test_a_row_is_not_written_without_a_seal(database: Database) -> None:
    values: dict[str, Any] = {"record_hash": bytes(32), "kind": 1, "document": "{}", "public": "{}", "saved_at": 0}
    with pytest.raises(IntegrityError, match="NOT NULL"), database.write() as connection:
        connection.execute(insert(records).values(values))
    with database.write() as connection:
        row_seals.add(connection, records, [values])
    assert broken(database, records) == []


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_texts_are_sealed_in_canonical_form(value: str) -> None:
    assert canonical_text(value) == rfc8785.dumps(value)


def test_a_text_with_lone_surrogates_is_refused() -> None:
    with pytest.raises(InvalidJson, match="surrogates"):
        canonical_text("\ud800")
