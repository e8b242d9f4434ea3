"""The audit (docs/spec/09-audit.md): replays the chain from nothing and compares everything that is kept with it.

A part (`indexer.audit.parts`) is a function from an `AuditContext` to the findings that it makes, one after the other;
it never writes anything but into the work folder. `indexer.audit.run` runs the parts, and knows what was done already.
"""
