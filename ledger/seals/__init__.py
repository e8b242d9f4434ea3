"""Headers that the validators of a QBFT chain sealed, and receipts under them (docs/spec/08-certificates.md §8.6).

Needs coincurve, rlp, trie and safe-pysha3 (`pip install tanpuhui[seals]`). Nothing else in `ledger` imports it other
than `ledger.verifier`, and only when a proof of type `sealed-receipt` is verified, so that every other proof is
verified without.

`headers` reads a header and verifies its seals, `receipts` walks from its `receiptsRoot` to a receipt, `events` reads
the log's event in it; `canonical` is the RLP and the Keccak that they share. Nothing here asks anybody: what it is
given is bytes, and the validators that the caller pins.
"""

import os

# eth-hash, which py-trie uses, prefers pycryptodome where it is there, which is eight times slower.
os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")
