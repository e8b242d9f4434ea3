"""All SQL of the API: reads only, parameterised, one snapshot per request.

Statements are written with `?` and hold for SQLite and PostgreSQL alike; each concept has a module, whose functions
take a `Snapshot`.
"""
