"""Runs the migrations under `indexer/migrations` with Alembic, on a connection of `indexer.database`.

Apart from it, since importing Alembic takes longer than most commands need for all they do, and a database is migrated
once.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

_MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Brings the schema to the newest version."""
    command.upgrade(_config(connection), "head")


def downgrade(connection: Connection, revision: str) -> None:
    """Takes the schema back to `revision`."""
    command.downgrade(_config(connection), revision)


def newest() -> str | None:
    """The newest version that there is a migration to."""
    return ScriptDirectory.from_config(_config(None)).get_current_head()


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
