"""The SQL mirror of the chain: schema, migrations, follower, projections, reconciliation and audit."""
