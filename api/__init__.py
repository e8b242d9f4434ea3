"""HTTP: the ledger's public reading and the operators' writing, under `/v1`."""
