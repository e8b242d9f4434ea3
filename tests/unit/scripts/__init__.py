"""Tests of the command line and of the import of files."""
