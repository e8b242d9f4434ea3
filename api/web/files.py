"""Files that pages load from this server: style, scripts, the checking page."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from api.answers import Answer
from api.errors import RouteUnknown
from api.pages import static_answer
from api.reading import Conditions

_TYPES: Final = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".svg": b"image/svg+xml",
}
"""What is served from `static`; everything else in it is not there for the public."""

VERIFY_PAGE: Final = "verify.html"


def static_file(path: str, conditions: Conditions) -> Answer:
    """The file of this path below `static`; `RouteUnknown` where there is none. Names are looked up, never joined."""
    found = _files().get(path)
    if found is None:
        raise RouteUnknown
    return static_answer(*found, conditions)


@cache
def _files() -> dict[str, tuple[bytes, bytes]]:
    """Content and type of every file by its path: they change with the program only."""
    return dict(_below(files("api.web") / "static", ""))


def _below(folder: Traversable, prefix: str) -> list[tuple[str, tuple[bytes, bytes]]]:
    found: list[tuple[str, tuple[bytes, bytes]]] = []
    for one in folder.iterdir():
        suffix = "." + one.name.rpartition(".")[2]
        if one.is_dir():
            found += _below(one, f"{prefix}{one.name}/")
        elif suffix in _TYPES and one.name != "package.json":
            found.append((prefix + one.name, (one.read_bytes(), _TYPES[suffix])))
    return found
