"""The OpenAPI document: complete (every route, answer, problem and header) and true (made from the objects that the
routes run on).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from api.files import JSON, TEXT, FileRoute
from api.parameters import id_parameter
from api.problems import INTERNAL_ERROR, every_problem, family_of, status_of
from api.reading import ReadRoute
from api.routes.writes import ROUTES as WRITE_ROUTES
from api.schemas.health import Live
from api.schemas.log import LogKeysAnswer
from api.schemas.problems import Problem, ProblemType
from api.schemas.writes import SendTransactionBody, WriteBody
from api.streams import StreamRoute
from api.writing import WriteRoute
from ledger.errors import TanpuhuiError
from ledger.ids import OperationId

DESCRIPTION = """
The ledger of voluntary emission reductions, as the public reads it and as the operating bodies write it.

Every answer is true as of one block, named in `as_of` and in the header `Tanpuhui-As-Of`. Quantities are whole grams
of CO2e as decimal strings (`quantity_gco2e`) beside exact tonnes (`quantity_tonnes`). Ids, hashes and addresses are 0x
and lower-case hexadecimal digits. Days are civil days in Shanghai. What goes wrong is answered as a problem document
(RFC 9457) whose `type` leads to its description.

Lists come in pages: follow `next` until it is null. Answers carry a strong `ETag`; ask again with `If-None-Match`.
Writes need an API key and an `Idempotency-Key`: the same request sent again has one effect and gets the same operation.
"""

_PROBLEM_REF = {"schema": {"$ref": "#/components/schemas/Problem"}}
_HEADERS: dict[str, Any] = {
    "Tanpuhui-As-Of": {
        "description": "Number, hash and time of the block as of which the answer is true.",
        "schema": {"type": "string"},
        "example": f'41;hash="0x{"c1" * 32}";timestamp=1763690000',
    },
    "ETag": {
        "description": "Strong validator of the body.",
        "schema": {"type": "string"},
        "example": f'"{"c1" * 8}-8d2-0f5ee1a9"',
    },
    "Cache-Control": {"description": "How long the answer may be kept.", "schema": {"type": "string"}},
    "RateLimit": {
        "description": "Requests that this caller has left, once less than half are.",
        "schema": {"type": "string"},
        "example": '"address";r=299',
    },
}
_LINK = {"Link": {"description": "The next page, where there is one.", "schema": {"type": "string"}}}
_RETRY = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}

# Always loaded, so that the document does not depend on what else a process has imported.
_EXAMPLE_MODULES = frozenset({"api.errors", "ledger.errors", "ledger.refusals"})
_EVERYWHERE = (414, 429, 431, 500)
_DESCRIPTIONS = {
    400: "The request is malformed.",
    401: "No API key or lookup token, or not a valid one.",
    403: "The API key, or the body whose key signs, may not do this.",
    404: "There is no such thing as of this block.",
    408: "The body did not arrive in time.",
    409: "The rules of the ledger forbid it, or the Idempotency-Key was used for another request.",
    411: "Content-Length is missing.",
    413: "The body is too large.",
    414: "Path and query are too long.",
    415: "The body is not JSON.",
    422: "A value breaks a rule; `errors` names field and rule.",
    429: "Too many requests.",
    431: "The headers are too large.",
    500: "Something went wrong here; `error_id` is in the log.",
    501: "This instance holds no key of the body that signs this.",
    503: "The index or the node cannot be used now.",
}


def problem_responses(statuses: Iterable[int]) -> dict[int | str, dict[str, Any]]:
    """The problem answers of a route, besides those that every route has."""
    found: dict[int | str, dict[str, Any]] = {}
    for status in sorted({*statuses, *_EVERYWHERE}):
        found[status] = {
            "description": _DESCRIPTIONS[status],
            "content": {"application/problem+json": {**_PROBLEM_REF, "example": problem_example(status)}},
        }
        if status in (429, 503):
            found[status]["headers"] = _RETRY
    return found


def read_responses(route: ReadRoute, *, listed: bool) -> dict[int | str, dict[str, Any]]:
    """Every answer of a reading route."""
    statuses = {422, 503, *({404} if route.may_be_missing else ())}
    return {
        200: {"description": route.summary + ".", "headers": {**_HEADERS, **(_LINK if listed else {})}},
        304: {
            "description": "Not changed since the ETag given in If-None-Match.",
            "headers": {"ETag": _HEADERS["ETag"]},
        },
        **problem_responses(statuses),
    }


def file_responses(route: FileRoute) -> dict[int | str, dict[str, Any]]:
    """Every answer of a route whose body is a file."""
    answers = read_responses(route, listed=False) | problem_responses(route.statuses)
    answers[200]["content"] = {route.content_type: _media(route)}
    return answers


def _media(route: FileRoute) -> dict[str, Any]:
    """What a file is, as far as OpenAPI can say it."""
    if route.content_type == JSON:
        return {"schema": {"type": "object"}, "example": {}}
    return {"schema": {"type": "string", **({} if route.content_type == TEXT else {"format": "binary"})}}


def stream_responses(route: StreamRoute) -> dict[int | str, dict[str, Any]]:
    """Every answer of a route that sends while it reads."""
    headers = {name: header for name, header in _HEADERS.items() if name != "ETag"}
    media = {content_type: {"schema": {"type": "string"}} for content_type in route.content_types}
    statuses = {422, 503, *({501} if route.needs_node else ())}
    answer = {"description": route.summary + ".", "headers": {**headers, **_LINK}, "content": media}
    return {200: answer, **problem_responses(statuses)}


def stream_extra(route: StreamRoute) -> dict[str, Any]:
    """Its parameters."""
    return {"parameters": [*(one.openapi() for one in route.parameters), _LANGUAGE]}


def person_responses(route: ReadRoute) -> dict[int | str, dict[str, Any]]:
    """Every answer of a route of one person."""
    statuses = {401, 422, 501, 503, *({404} if route.may_be_missing else ())}
    headers = {name: header for name, header in _HEADERS.items() if name != "ETag"}
    ok: dict[str, Any] = {"description": route.summary + ".", "headers": headers}
    if isinstance(route, FileRoute):
        ok["content"] = {route.content_type: _media(route)}
    return {200: ok, **problem_responses(statuses)}


def person_extra(route: ReadRoute) -> dict[str, Any]:
    """Parameters and credentials of a route of one person."""
    parameters = [one.openapi() for one in route.parameters]
    return {"parameters": [*parameters, _LANGUAGE], "security": [{"lookupToken": []}]}


_LANGUAGE = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "English or Chinese (zh) titles and details of problems.",
    "schema": {"type": "string"},
    "example": "zh",
}
CONDITION_PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "ETag of an answer that is kept; 304 while it is still good.",
        "schema": {"type": "string"},
    },
    _LANGUAGE,
]
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "1 to 255 visible ASCII characters. The same request with the same key has one effect.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "example": "5c1d0e0e-6b0c-4a55-9f5e-0a6a4c0ffee1",
}
_PREFER = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "`wait=N`: wait up to N seconds for the operation to end (RFC 7240), within the instance's bounds.",
    "schema": {"type": "string"},
    "example": "wait=10",
}
_LOCATION = {"Location": {"description": "Where to ask the status.", "schema": {"type": "string"}}}
_AS_OF = {"Tanpuhui-As-Of": _HEADERS["Tanpuhui-As-Of"]}
_WRITE_STATUSES = (400, 401, 403, 408, 409, 411, 413, 415, 422, 501, 503)
_STATUS_SCHEMA = {"schema": {"$ref": "#/components/schemas/StatusAnswer"}}
SECURITY: list[dict[str, list[str]]] = [{"apiKey": []}]
TRANSACTION_DESCRIPTION = (
    "The key stays with the holder. The transaction must call the ledger; its operation id stands in its calldata, and "
    "makes sending it twice harmless, so that no Idempotency-Key is needed. Needs the scope `transactions:send`."
)


_DONE = (
    "Done: its leaf is in the log, at `leaf_index`. A cancellation whose certificate the index does not have yet says "
    "`Retry-After`: ask its status."
)
_RETRY_AFTER = {
    "Retry-After": {"description": "Seconds after which to ask the status again.", "schema": {"type": "integer"}}
}


def write_description(route: WriteRoute) -> str:
    """Who may ask it, and who signs it."""
    body = " ".join((route.body.__doc__ or "").split())
    signed = route.role.label.replace("-", " ")
    return f"{body}\n\nNeeds the scope `{route.scope}`; signed with the key of the {signed}."


def write_responses() -> dict[int | str, dict[str, Any]]:
    """Every answer of a writing route."""
    return {
        201: {"description": _DONE, "headers": {**_LOCATION, **_AS_OF, **_RETRY_AFTER}},
        202: {
            "description": "Saved, and on its way, or done and its place in the log not known yet; ask its status.",
            "content": {"application/json": _STATUS_SCHEMA},
            "headers": {**_LOCATION, **_AS_OF},
        },
        **problem_responses(_WRITE_STATUSES),
    }


def write_extra(route: WriteRoute) -> dict[str, Any]:
    """Parameters, body and credentials of a writing route."""
    return {
        "parameters": [*(one.openapi() for one in route.parameters), _IDEMPOTENCY_KEY, _PREFER, _LANGUAGE],
        "requestBody": _body(route.body),
        "security": SECURITY,
    }


def transaction_responses() -> dict[int | str, dict[str, Any]]:
    """Every answer to a holder's transaction."""
    return {
        202: {"description": "The node took it.", "headers": {**_LOCATION, **_AS_OF}},
        **problem_responses(_WRITE_STATUSES),
    }


def transaction_extra() -> dict[str, Any]:
    """Body and credentials."""
    return {"parameters": [_LANGUAGE], "requestBody": _body(SendTransactionBody), "security": SECURITY}


def status_responses() -> dict[int | str, dict[str, Any]]:
    """Every answer of the status route."""
    return {
        200: {"description": "How far it has come.", "headers": _AS_OF},
        **problem_responses((401, 404, 422, 501, 503)),
    }


def status_extra() -> dict[str, Any]:
    """Parameters and credentials of the status route."""
    operation_id = id_parameter("operation_id", OperationId, "Id of the operation.")
    return {"parameters": [operation_id.openapi(), _LANGUAGE], "security": SECURITY}


def _body(model: type[WriteBody]) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def page_responses(path: str) -> dict[int | str, dict[str, Any]]:
    """Answers of what stands beside the ledger's own routes."""
    model = {"/v1/health/live": Live, "/problems/{code}": ProblemType, "/v1/log/keys": LogKeysAnswer}.get(path)
    if model is None:
        return {}
    statuses = {ProblemType: (404, 422), LogKeysAnswer: (422, 501)}.get(model, (422,))
    return {200: {"model": model, "description": "It does."}, **problem_responses(statuses)}


def page_parameters(path: str) -> list[dict[str, Any]]:
    """Parameters of the same."""
    if "{code}" not in path:
        return []
    return [{"name": "code", "in": "path", "required": True, "schema": {"type": "string"}, "example": "not-found"}]


def problem_example(status: int) -> dict[str, Any]:
    """One problem of this status."""
    if status == 500:
        code, title = INTERNAL_ERROR, family_of(TanpuhuiError)[1]
    else:
        kinds = [kind for kind in every_problem() if status_of(kind) == status and kind.__module__ in _EXAMPLE_MODULES]
        chosen = min(kinds, key=lambda kind: (kind.__module__ == "ledger.refusals", kind.__name__))
        code, title = chosen.code, family_of(chosen)[1]
    example: dict[str, Any] = {
        "type": f"https://ledger.example/problems/{code}",
        "title": title,
        "status": status,
        "detail": "One sentence that says what is wrong, then what to do next.",
        "code": code,
    }
    if status == 422:
        example["errors"] = [{"field": "limit", "rule": "be a whole number from 1 to 200"}]
    if status == 500:
        example["error_id"] = "5f" * 8
    return example


def build(app: FastAPI, *, version: str) -> dict[str, Any]:
    """The whole document."""
    document = get_openapi(
        title="Tanpuhui Ledger",
        version=version,
        summary="Shanghai's carbon inclusion ledger",
        description=DESCRIPTION.strip(),
        routes=app.routes,
    )
    components = document.setdefault("components", {}).setdefault("schemas", {})
    models: list[type[BaseModel]] = [Problem, *_bodies()]
    for model in models:
        _add_component(components, model)
    document["components"]["responses"] = {
        f"Problem{status}": response for status, response in problem_responses(_DESCRIPTIONS).items()
    }
    document["components"]["securitySchemes"] = {
        "apiKey": {"type": "http", "scheme": "bearer", "description": "An API key of this instance, with scopes."},
        "lookupToken": {
            "type": "http",
            "scheme": "bearer",
            "description": "The lookup token that a person was given: 64 hexadecimal digits. Never in a URL.",
        },
    }
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    for operations in document["paths"].values():
        for operation in operations.values():
            _complete(operation, components)
    return document


def _bodies() -> list[type[WriteBody]]:
    return list(dict.fromkeys([SendTransactionBody, *(route.body for route in WRITE_ROUTES)]))


def _add_component(components: dict[str, Any], model: type[BaseModel]) -> None:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    for name, member in schema.pop("$defs", {}).items():
        components.setdefault(name, member)
    components[model.__name__] = schema


def _complete(operation: dict[str, Any], components: Mapping[str, Any]) -> None:
    """Adds what FastAPI leaves out, examples of whole answers, and takes away what is not so, content where none is."""
    for status, response in operation["responses"].items():
        content = response.get("content", {})
        if status == "304":
            response.pop("content", None)
        elif "application/problem+json" in content:
            operation["responses"][status] = {"$ref": f"#/components/responses/Problem{status}"}
        else:
            _add_example(content.get("application/json"), components)
    _add_example(operation.get("requestBody", {}).get("content", {}).get("application/json"), components)


def _add_example(media: dict[str, Any] | None, components: Mapping[str, Any]) -> None:
    if media is not None and "example" not in media:
        media["example"] = example_of(media["schema"], components)


def example_of(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Any:
    """A value that the schema allows, from the examples of its parts."""
    if "$ref" in schema:
        return example_of(components[schema["$ref"].rpartition("/")[2]], components)
    given = [schema[key] for key in ("example", "const", "default") if schema.get(key) is not None]
    given += [schema[key][0] for key in ("examples", "enum") if schema.get(key)]
    if given:
        return given[0]
    if schema.get("anyOf"):
        return example_of(schema["anyOf"][0], components)
    match schema.get("type"):
        case "object":
            members = schema.get("properties", {})
            return {name: example_of(member, components) for name, member in members.items()}
        case "array":
            return [example_of(schema["items"], components)]
        case other:
            return _PLAIN_EXAMPLES.get(str(other), "…")


_PLAIN_EXAMPLES: dict[str, Any] = {"integer": 0, "boolean": False, "null": None}
