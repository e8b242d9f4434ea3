"""The OpenAPI document: complete (every route, answer, problem and header) and true (made from the objects that the
routes run on).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.errors import RequestRefused
from api.problems import INTERNAL_ERROR, every_problem, family_of, status_of
from api.reading import ReadRoute
from api.schemas.health import Live
from api.schemas.problems import Problem, ProblemType
from ledger.errors import TanpuhuiError

DESCRIPTION = """
The ledger of voluntary emission reductions, as the public reads it and as the operating bodies write it.

Every answer is true as of one block, named in `as_of` and in the header `Tanpuhui-As-Of`. Quantities are whole grams of CO2e as decimal
strings (`quantity_gco2e`) beside exact tonnes (`quantity_tonnes`). Ids, hashes and addresses are 0x and lower-case hexadecimal digits. Days are
civil days in Shanghai. What goes wrong is answered as a problem document (RFC 9457) whose `type` leads to its description.

Lists come in pages: follow `next` until it is null. Answers carry a strong `ETag`; ask again with `If-None-Match`. Writes need an API key and an
`Idempotency-Key`: the same request sent again has one effect and gets the same operation.
"""

_PROBLEM_REF = {"schema": {"$ref": "#/components/schemas/Problem"}}
_HEADERS: dict[str, Any] = {
    "Tanpuhui-As-Of": {
        "description": "Number, hash and time of the block as of which the answer is true.",
        "schema": {"type": "string"},
        "example": f'41;hash="0x{"c1" * 32}";timestamp=1763690000',
    },
    "ETag": {"description": "Strong validator of the body.", "schema": {"type": "string"}, "example": f'"{"5f" * 12}"'},
    "Cache-Control": {"description": "How long the answer may be kept.", "schema": {"type": "string"}},
    "RateLimit": {
        "description": "Requests left for this caller, and seconds until there is one where none is left.",
        "schema": {"type": "string"},
        "example": '"address";r=299;t=0',
    },
}
_LINK = {"Link": {"description": "The next page, where there is one.", "schema": {"type": "string"}}}
_RETRY = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}

_EVERYWHERE = (414, 429, 431, 500)
_DESCRIPTIONS = {
    400: "The request is malformed.",
    401: "No API key, or not a valid one.",
    403: "The API key, or the body whose key signs, may not do this.",
    404: "There is no such thing as of this block.",
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


CONDITION_PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "ETag of an answer that is kept; 304 while it is still good.",
        "schema": {"type": "string"},
    },
    {
        "name": "Accept-Language",
        "in": "header",
        "required": False,
        "description": "English or Chinese (zh) titles and details of problems.",
        "schema": {"type": "string"},
        "example": "zh",
    },
]


def page_responses(path: str) -> dict[int | str, dict[str, Any]]:
    """Answers of what stands beside the ledger's own routes."""
    model = {"/v1/health/live": Live, "/problems/{code}": ProblemType}.get(path)
    if model is None:
        return {}
    statuses = (404,) if model is ProblemType else ()
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
        kinds = [kind for kind in every_problem() if status_of(kind) == status and kind is not RequestRefused]
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
    components["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    for name, schema in components["Problem"].pop("$defs", {}).items():
        components.setdefault(name, schema)
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    for operations in document["paths"].values():
        for operation in operations.values():
            _complete(operation, components)
    return document


def _complete(operation: dict[str, Any], components: Mapping[str, Any]) -> None:
    """Adds what FastAPI leaves out: examples of whole answers; and takes away what is not so: bodies of 304, 422 of
    its own.
    """
    for status, response in operation["responses"].items():
        content = response.get("content", {})
        if status in ("304", "204"):
            response.pop("content", None)
            continue
        media = content.get("application/json")
        if media and "application/problem+json" in content:
            del content["application/json"]
        elif media and "example" not in media and "schema" in media:
            media["example"] = example_of(media["schema"], components)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body and "example" not in body and "examples" not in body:
        body["example"] = example_of(body["schema"], components)


def example_of(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Any:
    """A value that the schema allows, from the examples of its parts."""
    if "$ref" in schema:
        return example_of(components[schema["$ref"].rpartition("/")[2]], components)
    for key in ("example", "const", "default"):
        if key in schema and schema[key] is not None:
            return schema[key]
    if schema.get("examples"):
        return schema["examples"][0]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return example_of(schema[key][0], components)
    match schema.get("type"):
        case "object" if "properties" in schema:
            return {name: example_of(member, components) for name, member in schema["properties"].items()}
        case "object":
            return {}
        case "array":
            return [example_of(schema["items"], components)]
        case "integer":
            return schema.get("minimum", 0)
        case "boolean":
            return False
        case "null":
            return None
        case _:
            return "…"
