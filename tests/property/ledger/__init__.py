"""Property tests of `ledger`."""
