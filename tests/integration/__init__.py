"""Tests against real parts: anvil, PostgreSQL, the HTTP server."""
