"""eth-account, imported without what it does to the whole process.

It reads key files with eth-keyfile, which imports py_ecc, and that raises Python's recursion limit to 100,000
(`py_ecc/__init__.py`; https://github.com/ethereum/py_ecc/issues/134 is a process that ends without a word). With such a
limit, what recurses too deep in C (json, repr) ends the process instead of raising `RecursionError`. py_ecc needs it
for BLS signatures, which key files of version 3 have none of.
"""

import sys

_limit = sys.getrecursionlimit()

from eth_account import Account  # noqa: E402 - between the two lines on purpose
from eth_account.messages import encode_typed_data  # noqa: E402

sys.setrecursionlimit(_limit)

__all__ = ["Account", "encode_typed_data"]
