"""Writing routes: from a request to one operation, whose end is waited for or asked for later.

In order: key, scope, and only then the body is read; `Idempotency-Key`, parameters, body, operation; whether this
instance signs for the body that must; outbox. Nothing is begun before all of it is right. Once an operation is saved
it ends, done or refused, whatever happens to this process; the answer says how far it has come: 201 done, with its
place in the log, 409 refused, 202 on its way or its place not known yet.
"""

import re
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import ValidationError

from api.answers import JSON_TYPE, Answer, Headers, encode_json
from api.auth import Authenticator, KeyScope
from api.caching import CacheRule
from api.errors import (
    BodyInvalid,
    FieldError,
    IdempotencyKeyReused,
    IndexEmpty,
    MediaTypeUnsupported,
    NodeNotConfigured,
)
from api.idempotency import RepeatedSalts, operation_id_of
from api.operations_port import OperationsPort
from api.parameters import Arguments, Parameter, parse_query
from api.problems import Problems
from api.repository.operations import outcome_of
from api.repository.snapshots import IndexUnavailable, Readers
from api.schemas.statuses import operation_path, status_document, status_links, status_path
from api.schemas.writes import RecordedBody, SendTransactionBody, WriteBody
from chain.composer import Composer
from chain.operations import Operation, OperationState, OperationStatus
from chain.reverts import refusal_of_status
from indexer.api_keys import ApiKey
from ledger.canonical import parse_strict
from ledger.errors import (
    InvalidJson,
    InvalidRecord,
    NotFound,
    OperationConflict,
    SignerNotConfigured,
)
from ledger.ids import ZERO_ADDRESS, Address, OperationId
from ledger.records import RandomSalts, Record, SaltSource
from ledger.vocabulary import OperationKind, Role

_DEEPEST_BODY = 16
_OK, _CREATED, _ACCEPTED = 200, 201, 202
_CERTIFIED = {OperationKind.REDUCTION_CANCELLED.label, OperationKind.CAMPAIGN_CANCELLED.label}
_RETRY = (b"retry-after", b"1")
_PREFER_WAIT = re.compile(r"(?:^|,)\s*wait\s*=\s*([0-9]{1,4})\s*(?:$|[,;])", re.ASCII)
_JSON_MEDIA = re.compile(r"application/json\s*(?:;\s*charset=\"?utf-8\"?\s*)?", re.IGNORECASE)

Compose = Callable[[Composer, OperationId, Arguments, Any], Operation]


class WriteRequest(NamedTuple):
    """What a writing route is asked, as HTTP carried it."""

    path: Mapping[str, str]
    query: bytes
    headers: Mapping[bytes, bytes]
    body: bytes

    def text(self, header: bytes) -> str | None:
        """A header as text."""
        value = self.headers.get(header)
        return None if value is None else value.decode("latin-1")


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRoute:
    """A POST route that makes one operation. `role` is the body whose key signs it."""

    path: str
    name: str
    summary: str
    tag: str
    scope: KeyScope
    role: Role
    body: type[RecordedBody]
    compose: Compose
    parameters: tuple[Parameter, ...] = ()
    description: str = ""


class Begun(NamedTuple):
    """A saved operation and its end, which is the status "done" or the refusal raised."""

    operation_id: OperationId
    end: "Future[OperationStatus]"


class Writer:
    """Performs writes. `operations` is missing on an instance that only reads."""

    def __init__(
        self,
        *,
        operations: OperationsPort | None,
        authenticator: Authenticator,
        readers: Readers,
        problems: Problems,
        usual_wait_seconds: float,
        longest_wait_seconds: int,
    ) -> None:
        self._operations = operations
        self._authenticator = authenticator
        self._readers = readers
        self._problems = problems
        self._usual_wait_seconds = usual_wait_seconds
        self._longest_wait_seconds = longest_wait_seconds

    def admit(self, request: WriteRequest, scope: KeyScope) -> "ApiKey | Answer":
        """Whether the caller may ask that at all, before the body is read; blocks; never raises."""
        try:
            return self._authenticator.authorise(request.headers.get(b"authorization"), scope)
        except Exception as error:  # noqa: BLE001 - the edge: unknown ones become opaque 500s, logged with an id
            return self._problem(error, request)

    def begin(self, route: WriteRoute, request: WriteRequest, key: ApiKey) -> "Begun | Answer":
        """Everything up to the saved operation, or the problem that prevents it; blocks; never raises."""
        try:
            operation_id = operation_id_of(key.key_id, request.text(b"idempotency-key"))
            parse_query(request.query, {})
            arguments = {one.name: one.parse(request.path[one.name], one.name) for one in route.parameters}
            body = read_body(request, route.body)
            port = self._port(route, operation_id, arguments, body)
            return Begun(operation_id, self._save(port, route, operation_id, arguments, body))
        except Exception as error:  # noqa: BLE001 - as above
            return self._problem(error, request)

    def seconds_to_wait(self, request: WriteRequest) -> float:
        """As `Prefer: wait=N` asks, within bounds."""
        found = _PREFER_WAIT.search(request.text(b"prefer") or "")
        return min(int(found[1]), self._longest_wait_seconds) if found else self._usual_wait_seconds

    def finish(self, begun: "Begun", request: WriteRequest) -> Answer:
        """How far the operation has come by now; blocks; never raises."""
        try:
            status = begun.end.result(0)
        except (FutureTimeoutError, CancelledError):
            return self._on_its_way(begun.operation_id, request)
        except Exception as error:  # noqa: BLE001 - as above
            return self._problem(error, request, {"operation_id": begun.operation_id.hex0x})
        return self._status_answer(status, _CREATED)

    def _on_its_way(self, operation_id: OperationId, request: WriteRequest) -> Answer:
        try:
            status = self._any_port().status(operation_id)
            if status is None:
                raise NotFound("operation", operation_id.hex0x)
            if status.state is OperationState.REFUSED:
                raise refusal_of_status(status)
        except Exception as error:  # noqa: BLE001 - as above
            return self._problem(error, request, {"operation_id": operation_id.hex0x})
        return self._status_answer(status, _CREATED if status.state is OperationState.DONE else _ACCEPTED)

    def send_transaction(self, request: WriteRequest) -> Answer:
        """The whole answer of the route that takes a holder's signed transaction; blocks; never raises."""
        try:
            parse_query(request.query, {})
            body = read_body(request, SendTransactionBody)
            record = None if body.record is None else Record.from_json(body.record.model_dump())
            sent = self._any_port().send_raw(body.raw_transaction, record)
        except Exception as error:  # noqa: BLE001 - as above
            return self._problem(error, request)
        path = operation_path(sent.operation_id)
        document = {
            "operation_id": sent.operation_id.hex0x,
            "transaction_hash": "0x" + sent.transaction_hash.hex(),
            "links": {"operation": path},
        }
        return self._answer(_ACCEPTED, document, path)

    def status(self, request: WriteRequest) -> Answer:
        """The whole answer of the status route; blocks; never raises."""
        try:
            self._authenticator.authenticate(request.headers.get(b"authorization"))
            parse_query(request.query, {})
            operation_id = OperationId.from_hex(request.path["operation_id"], "operation_id")
            status = self._any_port().status(operation_id)
            if status is None:
                raise NotFound("operation of this instance", operation_id.hex0x)
        except Exception as error:  # noqa: BLE001 - as above
            return self._problem(error, request)
        return self._status_answer(status, _OK)

    # ------------------------------------------------------------------------------------------------ steps

    def _any_port(self) -> OperationsPort:
        if self._operations is None:
            raise NodeNotConfigured
        return self._operations

    def _port(
        self, route: WriteRoute, operation_id: OperationId, arguments: Arguments, body: RecordedBody
    ) -> OperationsPort:
        """The port, if it signs for the route. `SignerNotConfigured` only for what another instance would take: it is
        composed as if here, and thrown away.
        """
        if self._operations is not None and route.role in self._operations.senders:
            return self._operations
        compose(route, operation_id, arguments, body, senders={route.role: ZERO_ADDRESS}, salts=RandomSalts())
        raise SignerNotConfigured(route.role)

    def _save(
        self,
        port: OperationsPort,
        route: WriteRoute,
        operation_id: OperationId,
        arguments: Arguments,
        body: RecordedBody,
    ) -> "Future[OperationStatus]":
        """Composes and saves the operation. Of two equal requests at the same moment one saves first; the other
        begins again with its salts.
        """

        def composed() -> Operation:
            salts = RepeatedSalts.of(port.saved_record(operation_id), port.salts)
            return compose(route, operation_id, arguments, body, senders=port.senders, salts=salts)

        try:
            return port.submit(composed())
        except OperationConflict:
            again = composed()
        try:
            return port.submit(again)
        except OperationConflict as error:
            raise IdempotencyKeyReused from error

    # ---------------------------------------------------------------------------------------------- answers

    def _status_answer(self, status: OperationStatus, code: int) -> Answer:
        document = status_document(status)
        return self._answer(code, document, status_path(status.operation_id), status.operation_id)

    def _answer(self, code: int, document: dict[str, Any], location: str, indexed: OperationId | None = None) -> Answer:
        """With the as-of block, and what the index knows of the operation `indexed`, which goes before what was seen
        when it was done; both are left out while the index is empty. 201 becomes 202 while the place in the log is not
        known.
        """
        headers: Headers = ((b"content-type", JSON_TYPE), (b"cache-control", CacheRule.NEVER.value))
        document["as_of"] = None
        try:
            with self._readers.snapshot() as snapshot:
                document["as_of"] = snapshot.as_of.document
                headers = (*headers, (b"tanpuhui-as-of", snapshot.as_of.header))
                outcome = None if indexed is None else outcome_of(snapshot, indexed)
        except (IndexEmpty, IndexUnavailable):
            outcome = None
        if indexed is not None and outcome is not None:
            document["leaf_index"], document["certificate_number"] = outcome
            document["links"] = status_links(indexed, outcome[1])
        if _awaits_certificate(document):
            headers = (*headers, _RETRY)
        if code == _CREATED and document["leaf_index"] is None:
            code = _ACCEPTED
        if code != _OK:
            headers = (*headers, (b"location", location.encode()))
        return Answer(code, headers, encode_json(document))

    def _problem(self, error: Exception, request: WriteRequest, extra: dict[str, Any] | None = None) -> Answer:
        return self._problems.answer(error, request.headers.get(b"accept-language"), extra)


def _awaits_certificate(document: Mapping[str, Any]) -> bool:
    """Whether a cancellation is done, and the index does not say yet which certificate it made."""
    done = document.get("state") == OperationState.DONE.value
    return done and document["kind"] in _CERTIFIED and document["certificate_number"] is None


def compose(
    route: WriteRoute,
    operation_id: OperationId,
    arguments: Arguments,
    body: RecordedBody,
    *,
    senders: Mapping[Role, Address],
    salts: SaltSource,
) -> Operation:
    """The operation that a route makes of path and body, whoever sends it: the API's own server, or a page's reader.

    Raises the `InvalidInput` of a value, and `InvalidRecord` for a field that says something else than the operation.
    """
    operation = route.compose(Composer(salts=salts, senders=senders), operation_id, arguments, body)
    values = operation.record.values
    for name, value in body.fields.items():
        if values[name] != value:
            raise InvalidRecord(f"fields.{name}", "not contradict what the operation itself says", value)
    return operation


def read_body(request: WriteRequest, model: type[WriteBody]) -> Any:
    """The body, read strictly. Raises `MediaTypeUnsupported`, `InvalidJson`, `BodyInvalid` or the `InvalidInput` of a
    field.
    """
    if not _JSON_MEDIA.fullmatch(request.text(b"content-type") or ""):
        raise MediaTypeUnsupported
    document = parse_strict(request.body, max_depth=_DEEPEST_BODY)
    if not isinstance(document, dict):
        raise InvalidJson("body", "be a JSON object", document)
    return validated(document, model)


def validated(document: Mapping[str, Any], model: type[WriteBody]) -> Any:
    """What a route is asked for, from its JSON object. Raises `BodyInvalid` or the `InvalidInput` of a field."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise BodyInvalid(tuple(_field_error(dict(one)) for one in error.errors())) from None


def _field_error(error: Mapping[str, Any]) -> FieldError:
    place = ".".join(str(part) for part in error["loc"]) or "body"
    match error["type"]:
        case "missing":
            return FieldError(place, "be given")
        case "extra_forbidden":
            return FieldError(place, "not be given: this route has no such field")
        case _:
            return FieldError(place, f"be valid ({error['msg']})")
