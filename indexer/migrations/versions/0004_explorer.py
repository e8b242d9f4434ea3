"""Operations are found by the hash of their record, leaf or transaction; accounts are listed by kind and status."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INDEXES = (
    ("operations", "record_hash"),
    ("operations", "leaf_hash"),
    ("operations", "transaction_hash"),
    ("accounts", "kind", "opened_leaf_index"),
    ("accounts", "status", "opened_leaf_index"),
)


def upgrade() -> None:
    """Creates the indexes."""
    for table, *columns in INDEXES:
        op.create_index(f"ix_{table}_{columns[0]}", table, columns)


def downgrade() -> None:
    """Drops them."""
    for table, *columns in INDEXES:
        op.drop_index(f"ix_{table}_{columns[0]}", table)
