"""docs/spec/10-pages.md §10.12: where operations stand, and why they were refused."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete

from api.web.console.operations import PAGE_ROWS
from api.web.console.signing import MOST_OF_ONE, Signings
from chain.composer import Composer
from chain.operations import DoneOperation, Operation, RefusedOperation
from indexer.outbox import SqlOutbox
from indexer.schema import outbox as outbox_table
from ledger.ids import LotId, OperationId
from ledger.records import RandomSalts
from ledger.refusals import ReductionLedger_LotFrozen
from tests.unit.api.browsers import Browser
from tests.unit.api.client import Client
from tests.unit.api.conftest import ConsoleOffice
from tests.unit.api.fake_port import SENDERS

LOT = LotId(b"\xc1" * 32)


def freeze(number: int) -> Operation:
    composer = Composer(salts=RandomSalts(), senders=SENDERS)
    return composer.freeze_lot(
        operation_id=OperationId(number.to_bytes(32, "big")), lot_id=LOT, fields={"why": "a <b>"}
    )


@pytest.fixture
def outbox(console: ConsoleOffice) -> Iterator[SqlOutbox]:
    """The instance's, empty before and after."""
    yield SqlOutbox(console.database)
    with console.database.write() as connection:
        connection.execute(delete(outbox_table))


def test_one_person_who_never_signs_pushes_out_own_signings_and_nobody_elses() -> None:
    signings = Signings(most=MOST_OF_ONE + 2)
    signings.begin(freeze(1), "somebody")
    for number in range(2, 60):
        signings.begin(freeze(number), "another")
    signings.begin(freeze(59), "another")
    assert [one.operation.id for one in signings.of("somebody")] == [freeze(1).id]
    last = range(59, 59 - MOST_OF_ONE, -1)
    assert [one.operation.id for one in signings.of("another")] == [freeze(number).id for number in last]


def test_an_instance_that_was_asked_nothing_says_so(console: ConsoleOffice) -> None:
    page = console.browser("regulator").get("/console/operations")
    assert (page.status, "There are no such operations" in page.text) == (200, True)


def test_every_state_has_its_list_and_its_words(console: ConsoleOffice, outbox: SqlOutbox) -> None:
    outbox.save([freeze(1), freeze(2), freeze(3)])
    refusal = ReductionLedger_LotFrozen(LOT)
    refused = RefusedOperation(
        operation_id=freeze(2).id, error_code=type(refusal).__name__, error_arguments=refusal.details()
    )
    outbox.mark_refused([refused])
    done = DoneOperation(operation_id=freeze(3).id, transaction_hash=b"\x77" * 32, block_number=41, leaf_index=12)
    outbox.mark_done([done])
    browser = console.browser("regulator")
    for state, number in (("saved", 1), ("unfinished", 1), ("refused", 2), ("done", 3)):
        links = {one.partition("?")[0] for one in browser.get(f"/console/operations?state={state}").links}
        assert {one for one in links if "/operations/0x" in one} == {f"/console/operations/{freeze(number).id.hex0x}"}
    home = browser.get("/console").text
    assert "Operations that are not in the ledger yet: 1" in home
    assert "Refused by the ledger, among the last 10,000 operations: 1" in home
    told = browser.get(f"/console/operations/{freeze(2).id.hex0x}")
    assert "reduction-ledger-lot-frozen" in told.text
    assert refusal.explain() in told.text
    kept = browser.get(f"/console/operations/{freeze(1).id.hex0x}")
    assert "saved on this server and will be signed and sent by itself" in kept.text
    assert "In the log, at place 12" in browser.get(f"/console/operations/{freeze(3).id.hex0x}").text


def test_lists_go_on_where_a_page_ends(console: ConsoleOffice, outbox: SqlOutbox) -> None:
    outbox.save([freeze(number) for number in range(1, PAGE_ROWS + 2)])
    browser = console.browser("centre")
    first = browser.get("/console/operations")
    assert freeze(1).id.hex0x not in first.reply.body.decode()
    [more] = [one for one in first.links if "before=" in one]
    second = browser.get(more)
    assert freeze(1).id.hex0x in second.reply.body.decode()
    assert freeze(2).id.hex0x not in second.reply.body.decode()


def test_a_page_reloads_itself_only_where_somebody_asked_for_it(console: ConsoleOffice, outbox: SqlOutbox) -> None:
    outbox.save([freeze(1)])
    browser, path = console.browser("regulator"), f"/console/operations/{freeze(1).id.hex0x}"
    assert b'http-equiv="refresh"' not in browser.get(path).reply.body
    assert b'<meta http-equiv="refresh" content="5">' in browser.get(path + "?refresh=1").reply.body
    assert b'<meta http-equiv="refresh" content="5">' in browser.get("/console/operations?refresh=1").reply.body


def test_what_is_in_the_log_and_not_of_this_instance_is_the_explorers(console: ConsoleOffice) -> None:
    operation_id = "0x" + console.sample.rows["operations"][0]["operation_id"].hex()
    reply = console.browser("regulator").get(f"/console/operations/{operation_id}", follow=False).reply
    assert (reply.status, reply.header("location")) == (303, f"/explorer/operations/{operation_id}")


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (f"/console/operations/{'0x' + 'ee' * 32}", 404),
        ("/console/operations/nonsense", 422),
        ("/console/operations?state=lost", 422),
        ("/console/operations?before=0", 422),
        ("/console/operations?unknown=1", 422),
        (f"/console/sign/{'0x' + 'ee' * 32}", 404),
    ],
)
def test_what_there_is_not_is_said_on_a_page(console: ConsoleOffice, target: str, status: int) -> None:
    page = console.browser("regulator").get(target)
    assert (page.status, "Log out" in page.text) == (status, True)


def test_an_instance_without_a_node_has_no_console(client: Client) -> None:
    page = Browser(client).get("/console/login")
    assert (page.status, "console-not-served" in page.text) == (501, True)


def test_a_page_is_read_once_and_speaks_of_the_block_of_that_reading(
    console: ConsoleOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that asked again for its last line would name a block that came after what it shows."""
    readers: Any = type(console.client.application.context.readers)
    read, opened = readers.snapshot, []

    def counted(readers: Any) -> Any:
        opened.append(readers)
        return read(readers)

    browser = console.browser("regulator")
    monkeypatch.setattr(readers, "snapshot", counted)
    page = browser.get("/console/queue")
    assert (page.status, len(opened)) == (200, 1)
    assert "as of block 23" in page.text
