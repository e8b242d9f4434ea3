"""How Alembic runs here: on the connection that `indexer.database` hands over, inside its transaction."""

from alembic import context

from indexer.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes tables by making them anew.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
