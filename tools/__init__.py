"""Helpers of the build: setup, checks, generated files."""
