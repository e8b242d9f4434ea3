"""The page that asks a wallet to sign an operation, and takes the hash of what the wallet sent.

Flow of an act by wallet: `acting.perform` composes the operation, keeps its record on the disk, remembers it
(`Console.signings`) and leads here. The page shows everything that will be signed; `static/console/wallet.js` hands
`transaction` to the wallet and sends the form with the hash that it answers. Without script the transaction may be sent
by any other means (`cast send`), and its hash typed in. What is taken is checked against the node first, so that a
wallet that sends something else is found out (`signing.check_sent`).
"""

from __future__ import annotations

from typing import Final

import orjson

from api.parameters import id_parameter
from api.web.console.acting import operation_path
from api.web.console.routes import ConsoleRoute
from api.web.console.signing import Signing, check_sent
from api.web.console.visits import Page, SeeOther, Visit
from ledger.ids import Hash32, OperationId

_OPERATION: Final = id_parameter("operation_id", OperationId, "Id of the operation.")


def show_signing(visit: Visit) -> Page | SeeOther:
    """What is to be signed; of what was sent already, how it goes."""
    signing = _own(visit)
    if signing.transaction_hash is not None:
        return SeeOther(visit.link(operation_path(signing.operation.id)))
    request = visit.console.chain.transaction_request(signing.operation)
    values = {
        "operation": signing.operation,
        "request": request,
        "transaction": orjson.dumps(dict(request)).decode(),
        "chain_id": visit.console.chain.chain_id,
    }
    return Page("console/sign.html", values)


def take_hash(visit: Visit) -> SeeOther:
    """Raises `NotFound` where our node does not know the transaction, and `TransactionDiffers`."""
    signing = _own(visit)
    transaction_hash = Hash32.from_hex(visit.form.text("transaction_hash"), "transaction_hash")
    to = visit.console.chain.transaction_request(signing.operation)["to"]
    check_sent(signing, transaction_hash, visit.console.chain, to)
    visit.console.signings.sent(signing, transaction_hash)
    return SeeOther(visit.link(operation_path(signing.operation.id)))


def _own(visit: Visit) -> Signing:
    return visit.console.signings.find(visit.arguments["operation_id"], visit.actor.identity)


PAGES: Final = (
    ConsoleRoute("/console/sign/{operation_id}", "sign", show_signing, take_hash, parameters=(_OPERATION,)),
)
