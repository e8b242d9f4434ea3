"""Asks an ASGI application directly and holds every answer against the OpenAPI document of that application."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

from api.app import Application
from tests.conftest import ROOT


@dataclass(frozen=True)
class Reply:
    """One response; header names in lower case, in the order sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value.decode() for key, value in self.headers if key == name.encode()), None)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@cache
def _document() -> dict[str, Any]:
    """The committed machine description; `make check` holds it to the routes."""
    found: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    return found


class Client:
    """`get` and `post` check each reply against what OpenAPI declares for the route."""

    def __init__(self, application: Application, *, host: str = "203.0.113.7") -> None:
        self.application = application
        self.host = host
        self._document = _document()

    def get(self, target: str, **headers: str) -> Reply:
        return self.request("GET", target, headers)

    def post(self, target: str, body: object, **headers: str) -> Reply:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.request("POST", target, {"content_type": "application/json", **headers}, raw)

    def request(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        check: bool = True,
    ) -> Reply:
        reply = asyncio.run(self.ask(method, target, headers or {}, body))
        if check:
            self.check(method, target, reply)
        return reply

    async def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """One request, one response."""
        path, _, query = target.partition("?")
        given = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
        if body:
            given.append((b"content-length", str(len(body)).encode()))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": given,
            "client": (self.host, 40_000),
            "server": ("testserver", 80),
            "scheme": "http",
        }
        sent: list[Any] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            if waiting:
                return waiting.pop()
            await asyncio.sleep(3600)
            raise AssertionError("unreachable")

        async def send(message: Any) -> None:
            sent.append(message)

        await self.application(scope, receive, send)
        start = sent[0]
        content = b"".join(message.get("body", b"") for message in sent[1:])
        return Reply(start["status"], list(start["headers"]), content)

    def check(self, method: str, target: str, reply: Reply) -> None:
        """The reply's status and media type are declared, and its body is as its schema says."""
        operation = self.operation(method, target)
        if operation is None:
            assert reply.status in (200, 204, 303, 304, 307, 404, 405, 422, 503), reply
            return
        declared = operation["responses"].get(str(reply.status))
        assert declared is not None, f"{method} {target}: status {reply.status} is not declared: {reply.body!r}"
        if "$ref" in declared:
            declared = self._document["components"]["responses"][declared["$ref"].rpartition("/")[2]]
        content = declared.get("content")
        if not content:
            assert reply.body == b""
            return
        media = (reply.header("content-type") or "").partition(";")[0]
        declared_media = {one.partition(";")[0]: body for one, body in content.items()}
        assert media in declared_media, f"{method} {target}: {media} is not declared for {reply.status}"
        if media not in {"application/json", "application/problem+json"}:
            return
        problems = list(
            violations(reply.json, declared_media[media]["schema"], self._document["components"]["schemas"])
        )
        assert not problems, f"{method} {target}: {problems}"

    def operation(self, method: str, target: str) -> dict[str, Any] | None:
        """What OpenAPI says of the route that this target leads to."""
        path = target.partition("?")[0]
        found: dict[str, Any] | None = None
        for template, operations in self._document["paths"].items():
            pattern = re.sub(r"\\{[a-z_]+\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, path) and method.lower() in operations and (found is None or "{" not in template):
                found = operations[method.lower()]
        return found


def violations(value: Any, schema: Mapping[str, Any], components: Mapping[str, Any], place: str = "$") -> Any:  # noqa: PLR0912
    """What in `value` the schema does not allow. Knows the keywords that our document uses, and refuses others."""
    known = {
        "$ref", "type", "properties", "required", "additionalProperties", "items", "anyOf", "const", "enum", "pattern",
        "minimum", "maximum", "description", "title", "examples", "example", "default",
    }  # fmt: skip
    assert set(schema) <= known, set(schema) - known
    if "$ref" in schema:
        yield from violations(value, components[schema["$ref"].rpartition("/")[2]], components, place)
        return
    if "anyOf" in schema:
        if not any(not list(violations(value, one, components, place)) for one in schema["anyOf"]):
            yield f"{place}: {value!r} is none of the allowed shapes"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{place}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place}: {value!r} is not one of {schema['enum']}"
    types: dict[str, Any] = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "boolean": bool,
        "null": type(None),
    }
    kind: Any = schema.get("type")
    if kind is None:
        return
    if not isinstance(value, types[kind]) or (kind == "integer" and isinstance(value, bool)):
        yield f"{place}: {value!r} is no {kind}"
        return
    if kind == "object":
        properties = schema.get("properties", {})
        yield from (f"{place}: {name} is missing" for name in schema.get("required", ()) if name not in value)
        for name, member in value.items():
            if name in properties:
                yield from violations(member, properties[name], components, f"{place}.{name}")
            elif schema.get("additionalProperties") is False:
                yield f"{place}: {name} is not declared"
            elif isinstance(schema.get("additionalProperties"), dict):
                yield from violations(member, schema["additionalProperties"], components, f"{place}.{name}")
    elif kind == "array":
        for index, member in enumerate(value):
            yield from violations(member, schema["items"], components, f"{place}[{index}]")
    elif kind == "string" and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{place}: {value!r} does not match {schema['pattern']}"
    elif kind == "integer" and value < schema.get("minimum", value):
        yield f"{place}: {value!r} is below {schema['minimum']}"
