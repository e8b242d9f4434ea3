"""Sources of checkpoints over HTTP, which may answer with anything."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chain.monitor.sources import HttpSource, SourceSilent
from ledger.errors import InvalidInput
from ledger.notes import MAX_NOTE_BYTES

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked has had enough
                answer(self)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _with(status: int, content: bytes = b"", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def _path(handler: BaseHTTPRequestHandler) -> None:
    _with(200, handler.path.encode())(handler)


@pytest.mark.parametrize("below", ["", "/", "/logs/ab", "/logs/ab/checkpoint", "/logs/ab/checkpoint/"])
def test_the_checkpoint_is_asked_for_below_the_url_or_at_it(below: str) -> None:
    with serving(_path) as url:
        asked = HttpSource(url + below).read()
    assert asked == (b"/logs/ab/checkpoint" if "logs" in below else b"/checkpoint")


def test_nothing_published_yet() -> None:
    with serving(_with(404)) as url:
        assert HttpSource(url).read() is None


@pytest.mark.parametrize("status", [204, 301, 302, 307, 403, 500, 503])
def test_other_answers_and_redirects_are_silence(status: int) -> None:
    answer = _with(status, Location="http://127.0.0.1:1/elsewhere")
    with serving(answer) as url, pytest.raises(SourceSilent, match=f"HTTP status {status}"):
        HttpSource(url).read()


def _endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(bytes(65_536))


def test_no_more_is_read_than_a_note_may_have() -> None:
    with serving(_endless) as url:
        content = HttpSource(url).read()
    assert content is not None
    assert MAX_NOTE_BYTES < len(content) <= MAX_NOTE_BYTES + 8_192


def _dripping_body(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"x")
        time.sleep(0.02)


def _dripping_head(handler: BaseHTTPRequestHandler) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 80 + b"\r\n\r\nnote":
        handler.wfile.write(bytes([byte]))
        time.sleep(0.02)


@pytest.mark.parametrize("answer", [_dripping_body, _dripping_head])
def test_it_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    monkeypatch.setattr("chain.monitor.sources._WHOLE_SECONDS", 0.2)
    with serving(answer) as url:
        source = HttpSource(url)
        started = time.monotonic()
        for _ in range(2):
            with pytest.raises(SourceSilent, match="takes longer"):
                source.read()
        assert time.monotonic() - started < 3.5
        assert sum(thread.name == "tanpuhui-source" for thread in threading.enumerate()) == 1
        monkeypatch.setattr("chain.monitor.sources._WHOLE_SECONDS", 20.0)
        assert source.read() in {b"x" * 100, b"note"}


def test_what_failed_once_is_asked_again() -> None:
    answers = [_with(500), _with(200, b"note"), _with(503), _with(404)]

    def next_one(handler: BaseHTTPRequestHandler) -> None:
        answers.pop(0)(handler)

    with serving(next_one) as url:
        source = HttpSource(url)
        for expected in (SourceSilent, b"note", SourceSilent, None):
            if expected is SourceSilent:
                with pytest.raises(SourceSilent):
                    source.read()
            else:
                assert source.read() == expected


def test_nobody_there() -> None:
    with pytest.raises(SourceSilent, match="does not answer"):
        HttpSource("http://127.0.0.1:9").read()


@pytest.mark.parametrize("url", ["", "x", "ftp://a.example", "http://", "https://user:secret@a.example"])
def test_only_plain_http_urls(url: str) -> None:
    with pytest.raises(InvalidInput, match="source must be an http or https URL"):
        HttpSource(url)
