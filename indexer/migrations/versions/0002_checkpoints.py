"""What the log's key has signed, and what was published of it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CHECKPOINTS = """
CREATE TABLE checkpoints (
    size {integer} NOT NULL CONSTRAINT ck_checkpoints_size CHECK (size >= 1),
    root {bytes} NOT NULL CONSTRAINT ck_checkpoints_root CHECK (length(root) = 32),
    note TEXT NOT NULL,
    signed_at {integer} NOT NULL CONSTRAINT ck_checkpoints_signed_at CHECK (signed_at >= 0),
    published_at {integer} CONSTRAINT ck_checkpoints_published_at CHECK (published_at >= 0),
    CONSTRAINT pk_checkpoints PRIMARY KEY (size),
    CONSTRAINT ck_checkpoints_published_after_signed CHECK (published_at IS NULL OR published_at >= signed_at)
)
 {options}
"""
_WORDS = {
    "sqlite": {"integer": "INTEGER", "bytes": "BLOB", "options": "STRICT"},
    "postgresql": {"integer": "BIGINT", "bytes": "BYTEA", "options": ""},
}


def upgrade() -> None:
    """Creates the table."""
    op.execute(sa.text(_CHECKPOINTS.format_map(_WORDS[op.get_bind().dialect.name]).strip()))


def downgrade() -> None:
    """Drops it: what the key has signed is then known to nobody, so the key must not be used again."""
    op.drop_table("checkpoints")
