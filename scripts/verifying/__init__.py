"""`tanpuhui verify` and `tanpuhui-verify`: reading what is to be verified, pinning, asking a node, the report.

`program` is a command of its own that runs with the base installation: nothing here imports more than the standard
library, `ledger` and what `ledger` needs (tests hold it to that).
"""
