"""As much of S3 as a batch store needs, in memory: put, also in parts, head, get with a range. Checks no signature."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


def _unchunked(stream: io.BufferedIOBase) -> bytes:
    content = b""
    while length := int(stream.readline().partition(b";")[0], 16):
        content += stream.read(length)
        stream.readline()
    return content


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_HEAD(self) -> None:
        self._give(self._object(), body=False)

    def do_GET(self) -> None:
        if "list-type" in self._query:
            self._answer(200, b"<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>")
            return
        self._give(self._object(), body=True)

    def do_PUT(self) -> None:
        content = self._body()
        if "uploadId" in self._query:
            parts = self.server.uploads[self._query["uploadId"][0]]
            parts[int(self._query["partNumber"][0])] = content
        elif not self.server.refuse:
            self.server.objects[self._path] = content
        self._answer(403 if self.server.refuse else 200, b"", {"ETag": '"etag"'})

    def do_POST(self) -> None:
        self._body()
        if "uploads" in self._query:
            name = str(len(self.server.uploads) + 1)
            self.server.uploads[name] = {}
            text = f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>"
            self._answer(200, text.encode())
            return
        parts = self.server.uploads[self._query["uploadId"][0]]
        self.server.objects[self._path] = b"".join(parts[number] for number in sorted(parts))
        self._answer(200, b"<CompleteMultipartUploadResult><ETag>etag</ETag></CompleteMultipartUploadResult>")

    def log_message(self, *_: object) -> None:
        """Nothing."""

    @property
    def _path(self) -> str:
        return urlsplit(self.path).path

    @property
    def _query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query, keep_blank_values=True)

    def _object(self) -> bytes | None:
        return self.server.objects.get(self._path)

    def _body(self) -> bytes:
        """The content, out of HTTP's chunks and out of those that the client signs one by one."""
        if self.headers.get("Transfer-Encoding") == "chunked":
            content = _unchunked(self.rfile)
            self.rfile.readline()
        else:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        signed = "aws-chunked" in self.headers.get("Content-Encoding", "")
        return _unchunked(io.BytesIO(content)) if signed else content

    def _give(self, content: bytes | None, *, body: bool) -> None:
        if content is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>" if body else b"")
            return
        status, whole = 200, len(content)
        headers = {"ETag": '"etag"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
        if given := self.headers.get("Range"):
            first, _, last = given.removeprefix("bytes=").partition("-")
            content, status = content[int(first) : int(last or whole) + 1], 206
            headers["Content-Range"] = f"bytes {first}-{int(first) + len(content) - 1}/{whole}"
        self._answer(status, content, headers, body=body)

    def _answer(self, status: int, content: bytes, headers: dict[str, str] | None = None, *, body: bool = True) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.refuse = False

    @property
    def endpoint(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server_port}"


@contextmanager
def s3_server() -> Iterator[_Server]:
    """A server for as long as the block lasts."""
    with _Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
