"""Deployment on a real node."""

from tests.integration.deployed import Deployed


def test_the_fixture_is_a_whole_deployment(deployed: Deployed) -> None:
    deployed.deployment.check(deployed.rpc)
