"""Tests: unit, property, integration, and the vectors that Python and Solidity share."""
