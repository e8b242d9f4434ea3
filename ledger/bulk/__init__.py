"""Batches of entries by the million, as columns: the same bytes that `ledger.encoding` and `ledger.sum_tree` make.

Needs numpy and numba (`pip install tanpuhui[bulk]`). Nothing else in `ledger` imports it, so that a verifier needs
neither; tests hold it to the slow modules.

`columns` are the inputs and outputs, `sha256` and `kernels` the compiled loops, `hashing` shares them out among
threads; `entries` and `sum_tree` say what is hashed.
"""
