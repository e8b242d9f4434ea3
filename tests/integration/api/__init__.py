"""Tests of the API against a real node and PostgreSQL."""
