"""Fakes that stand at a boundary in place of a node, a database or a signer."""
