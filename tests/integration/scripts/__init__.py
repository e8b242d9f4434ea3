"""The command line against a real node."""
