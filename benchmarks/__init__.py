"""Benchmarks: each module is a command that prints its figures, a JSON object on the last line."""
