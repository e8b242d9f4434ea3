"""A witness: cosigns a log that continues what was cosigned before, and keeps proof of one that does not.

A small service with a key and a folder of its own, which needs nothing of the log's operator: it imports `ledger` and
an HTTP server, and nothing else of ours. It speaks C2SP tlog-witness (docs/spec/07-log.md §7.5).

- `witness.messages`: what a log sends, and what is answered
- `witness.state`: the newest checkpoint of each log, on disk
- `witness.evidence`: what was kept of logs that do not continue
- `witness.service`: the rules, without HTTP
- `witness.app`, `witness.server`: HTTP
"""
