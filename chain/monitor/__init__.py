"""A monitor: follows the chain with a node of its own, and whatever is published of the log (docs/spec/07-log.md §7.7).

It believes nobody: every leaf hash is computed from the event's values, the tree is held against the contract's roots,
and every signed checkpoint against the tree. What it has seen it keeps, so that nothing can be taken back unseen.

- `chain.monitor.tree_files`: the tree of every leaf that was ever seen, on disk
- `chain.monitor.state`: what else is kept: how far the chain was followed, what each source said last
- `chain.monitor.following`: from the chain to the tree
- `chain.monitor.sources`: published checkpoints over HTTP
- `chain.monitor.judging`: checkpoints against the tree and against each other
- `chain.monitor.alarms`: what was found, as files
- `chain.monitor.monitor`: one look at everything
"""
