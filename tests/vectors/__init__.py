"""Vectors that Python and Solidity both must pass, and the tests that read them in Python."""
