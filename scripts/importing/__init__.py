"""Import of operations from files: the mapping, the reader, rows that become operations, and how they are run."""
