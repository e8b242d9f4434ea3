"""Tests of the API without a network."""
