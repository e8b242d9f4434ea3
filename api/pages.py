"""What is not under /v1: the start page, the machine description, and what each type of problem means."""

from hashlib import sha256
from html import escape
from typing import Any

from api.answers import JSON_TYPE, Answer, Headers, encode_json
from api.caching import CacheRule, matches, strong_etag
from api.errors import RouteUnknown
from api.problems import INTERNAL_ERROR, every_problem, family_of
from api.reading import Conditions
from ledger.errors import TanpuhuiError

_PAGE_SECURITY: Headers = (
    (b"content-security-policy", b"default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"),
    (b"referrer-policy", b"no-referrer"),
)
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code{font-size:.95em}td{padding:.2rem .8rem .2rem 0;vertical-align:top}"
)


def index_of_problems() -> dict[str, dict[str, Any]]:
    """Every type of problem by its code."""
    found: dict[str, dict[str, Any]] = {}
    for kind in every_problem():
        status, title, chinese = family_of(kind)
        meaning = " ".join((kind.__doc__ or title).split())
        if meaning.startswith(kind.__name__ + "("):  # a dataclass without a text of its own
            meaning = getattr(kind, "english", title)
        found[kind.code] = {
            "code": kind.code,
            "status": status,
            "title": title,
            "title_zh": chinese,
            "meaning": meaning,
        }
    status, title, chinese = family_of(TanpuhuiError)
    found[INTERNAL_ERROR] = {
        "code": INTERNAL_ERROR,
        "status": status,
        "title": title,
        "title_zh": chinese,
        "meaning": "Something of ours failed; the operator finds it in the log by its error_id.",
    }
    return dict(sorted(found.items()))


def static_answer(body: bytes, content_type: bytes, conditions: Conditions) -> Answer:
    """An answer that changes only with the program."""
    etag = strong_etag(sha256(body).hexdigest()[:16].encode(), body)
    headers: Headers = ((b"etag", etag), (b"cache-control", CacheRule.REVALIDATED.value))
    if content_type.startswith(b"text/html"):
        headers = (*headers, *_PAGE_SECURITY)
    if conditions.if_none_match is not None and matches(conditions.if_none_match, etag):
        return Answer(304, headers, b"")
    return Answer(200, ((b"content-type", content_type), *headers), body)


def problem_page(code: str, conditions: Conditions) -> Answer:
    """What a type of problem means."""
    found = index_of_problems().get(code)
    if found is None:
        raise RouteUnknown
    return static_answer(encode_json(found), JSON_TYPE, conditions)


def docs_page(document: dict[str, Any]) -> bytes:
    """All routes on one page, without scripts."""
    rows = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            rows.append(
                f"<tr><td><code>{method.upper()}</code></td><td><code>{escape(path)}</code></td>"
                f"<td>{escape(operation.get('summary', ''))}</td></tr>"
            )
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in document["info"]["description"].split("\n\n"))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tanpuhui Ledger API</title>'
        '<link rel="stylesheet" href="/docs.css"></head><body><h1>Tanpuhui Ledger API</h1>'
        f'{paragraphs}<p><a href="/openapi.json">OpenAPI document</a></p><table>{"".join(rows)}</table></body></html>'
    ).encode()


DOCS_STYLE = _STYLE.encode()


def live_answer() -> Answer:
    """The process answers."""
    return Answer(200, ((b"content-type", JSON_TYPE), (b"cache-control", CacheRule.NEVER.value)), b'{"status":"live"}')
