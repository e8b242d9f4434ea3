"""Unit tests of `ledger`."""
