"""Reading routes that answer with a file, byte for byte: checkpoints, tiles, proofs, certificates."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import NamedTuple

from api.answers import Answer, Headers
from api.caching import CacheRule, matches
from api.parameters import Arguments, Parameter
from api.reading import Found, ReadRoute
from api.repository.snapshots import Snapshot
from api.schemas.common import Model

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
JSON = "application/json"
IMMUTABLE = b"public, max-age=31536000, immutable"


class File(NamedTuple):
    """What a route read. `immutable`: it has one content for ever, so that nobody need ask twice."""

    body: bytes
    immutable: bool


class FileRoute(ReadRoute):
    """A GET route whose body is a file of one media type. The as-of block stands in the header alone."""

    def __init__(
        self,
        path: str,
        read: Callable[[Snapshot, Arguments], File],
        *,
        summary: str,
        content_type: str,
        tag: str,
        parameters: tuple[Parameter, ...] = (),
        description: str = "",
        point: bool = True,
        statuses: tuple[int, ...] = (),
        draws: bool = False,
    ) -> None:
        super().__init__(
            path,
            self._unread,
            summary=summary,
            model=Model,
            tag=tag,
            parameters=parameters,
            description=description,
            point=point,
            may_be_missing=True,
            draws=draws,
        )
        self.content_type = content_type
        self.statuses = statuses
        """Problems that it answers with besides those of every such route."""
        self.read_file = read

    @staticmethod
    def _unread(snapshot: Snapshot, arguments: Arguments) -> Found:
        raise NotImplementedError("a file is no document")

    @property
    def read_name(self) -> str:
        """Name of the reading function, which is the operation's id in OpenAPI."""
        return self.read_file.__name__

    def _reply(
        self,
        snapshot: Snapshot,
        arguments: Arguments,
        path: Mapping[str, str],
        texts: Mapping[str, str],
        if_none_match: bytes | None,
    ) -> Answer:
        file = self.read_file(snapshot, arguments)
        as_of = snapshot.as_of
        etag = b'"%s"' % sha256(file.body).hexdigest()[:32].encode()
        rule = IMMUTABLE if file.immutable else CacheRule.REVALIDATED.value
        if as_of.halted:
            rule = CacheRule.NEVER.value
        headers: Headers = ((b"etag", etag), (b"cache-control", rule), (b"tanpuhui-as-of", as_of.header))
        if if_none_match is not None and matches(if_none_match, etag):
            return Answer(304, headers, b"")
        return Answer(200, ((b"content-type", self.content_type.encode()), *headers), file.body)
