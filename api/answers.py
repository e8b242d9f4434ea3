"""What a route answers with: status, headers and bytes, made once and sent unchanged whichever way the request came."""

from typing import Any, NamedTuple

import orjson

Headers = tuple[tuple[bytes, bytes], ...]

JSON_TYPE = b"application/json"
PROBLEM_TYPE = b"application/problem+json"


class Answer(NamedTuple):
    """A complete response. Header names are lower case; the edge adds what every response has."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: bytes) -> bytes | None:
        """The first header of this name."""
        return next((value for key, value in self.headers if key == name), None)


def encode_json(document: Any) -> bytes:
    """Compact UTF-8 JSON. Quantities are strings before they come here; no float is ever in a document."""
    return orjson.dumps(document)
