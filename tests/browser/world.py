"""The ledger that pages are shown on: the demo's, with everything that `tanpuhui serve` has, in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from ledger.vocabulary import CancellationPurpose, Role
from scripts.acting import make_api_keys
from scripts.demo import ACTING, ServedDemo, serve_demo
from scripts.demo_points import SAMPLE_PERSON
from scripts.output import Output

PATIENCE_SECONDS = 60
STRANGE = "<script>document.title='taken'</script><b>bold</b>\u202e"
"""What somebody writes for a beneficiary: a program, markup, and a turn of the direction of writing."""
STRANGE_CERTIFICATE = 4
"""After the demo's cancellation, its campaign and its person."""


@dataclass(frozen=True)
class World:
    """One served ledger. Certificates: 1 of reductions, 2 of a campaign, 3 of a person, 4 with a strange name."""

    served: ServedDemo
    keys: dict[Role, str]
    token: str

    @property
    def url(self) -> str:
        """Where it is served."""
        return self.served.url

    def api(self, path: str) -> Any:
        """What the API answers."""
        return json.loads(self.fetch(path))

    def fetch(self, path: str, headers: dict[str, str] | None = None) -> bytes:
        """Whatever is answered."""
        with urlopen(Request(self.url + path, headers=headers or {}), timeout=60) as reply:  # noqa: S310 - of this machine
            content: bytes = reply.read()
            return content

    def wait_until_known(self, path: str) -> None:
        """Until the index has it."""
        until = monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.fetch(path)
            except HTTPError:
                assert monotonic() < until, f"{path} does not come"
                sleep(0.1)
            else:
                return

    @cached_property
    def entry_id(self) -> str:
        """An entry of the person whose token is here."""
        entries = self.fetch("/v1/points/account/entries", {"Authorization": f"Bearer {self.token}"})
        return str(json.loads(entries)["items"][0]["entry_id"])

    @cached_property
    def certificate(self) -> dict[str, Any]:
        """The first certificate, as the API lists it."""
        found: dict[str, Any] = self.api("/v1/certificates?limit=1")["items"][0]
        return found

    @cached_property
    def lot_id(self) -> str:
        """The lot that the demo's story is about."""
        assert self.served.demo.solar_lot is not None
        return self.served.demo.solar_lot.hex0x


@contextmanager
def made_world(home: Path) -> Iterator[World]:
    """Tells the demo's story and one cancellation more, and serves it."""
    with ExitStack() as stack:
        served = serve_demo(Output(as_json=True), stack, home=home, port=0)
        cancel_for_a_strange_name(served)
        served.context.bring_up()
        keys = {made.role: made.secret for made in make_api_keys(served.context, ACTING, "browser")}
        token = served.points.persons.issue_token(SAMPLE_PERSON).hex()
        yield World(served, keys, token)


def cancel_for_a_strange_name(served: ServedDemo) -> None:
    """A cancellation whose record shows what its writer wanted to be seen."""
    context, lot_id = served.context, served.demo.solar_lot
    assert lot_id is not None
    holder = context.names.account("ref:demo-marathon")
    cancelled = served.demo.perform(
        Role.PLATFORM,
        lambda composer, identifier: composer.cancel(
            operation_id=identifier,
            account=holder,
            lot_id=lot_id,
            grams=1_000_000,
            purpose=CancellationPurpose.EVENT_NEUTRALITY,
            fields={"event": STRANGE},
        ),
    )
    assert cancelled["certificate_number"] == STRANGE_CERTIFICATE
