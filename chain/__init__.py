"""Everything that talks to the EVM: compile, deploy, typed clients, signers, submitter, events, errors and proofs."""

import os

# eth-hash prefers pycryptodome, which eth-keyfile brings along and which is eight times slower.
os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")
