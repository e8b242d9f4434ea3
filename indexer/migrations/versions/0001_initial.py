"""The first schema: the mirror of the chain and what the operator keeps, as plain SQL for each database."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Each after those that refer to it.
TABLES = (
    "point_balances",
    "point_postings",
    "campaign_cancellations",
    "batches",
    "balances",
    "postings",
    "certificates",
    "lots",
    "proposals",
    "campaigns",
    "provider_admissions",
    "providers",
    "activities",
    "methodologies",
    "accounts",
    "log_tiles",
    "operations",
    "blocks",
    "cursor",
    "bound_contracts",
    "chain_binding",
    "mirror_generation",
    "batch_files",
    "incidents",
    "api_keys",
    "records",
    "outbox",
)


def upgrade() -> None:
    """Creates every table and index."""
    script = Path(__file__).with_name(f"0001_initial.{op.get_bind().dialect.name}.sql")
    for statement in script.read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            op.execute(sa.text(statement))


def downgrade() -> None:
    """Drops every table."""
    for table in TABLES:
        op.drop_table(table)
