"""The domain, pure and without I/O: units, ids, records, canonical encodings, trees, proofs and errors."""
