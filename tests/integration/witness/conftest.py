"""Commands on a real chain, as the tests of the command line have them."""

from tests.integration.scripts.conftest import cli

__all__ = ["cli"]
