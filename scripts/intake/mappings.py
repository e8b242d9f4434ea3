"""The mapping files that the console offers: those of one folder, by name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from api.intake_port import FileKind, MappingChoice
from ledger.errors import NotFound, TanpuhuiError
from scripts.importing.mapping import ImportMapping, load_mapping
from scripts.points.mapping import FeedMapping, load_feed_mapping

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


class MappingFolder:
    """The `*.toml` files of a folder. A name is looked up among them, and is never a path."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def choices(self) -> list[MappingChoice]:
        """What may be chosen, by name; a file that is none says why."""
        return [_choice(name, path) for name, path in sorted(self._files())]

    def path(self, name: str) -> Path:
        """The file of a name; `NotFound` where there is none."""
        for known, path in self._files():
            if known == name:
                return path
        raise NotFound("mapping", name)

    def tables(self, mapping: ImportMapping) -> dict[str, Path]:
        """Where the tables of a mapping are: in the same folder, whatever folder it names."""
        assert self._folder is not None  # noqa: S101 - the mapping is from there
        return {table.name: self._folder / Path(table.path).name for table in mapping.tables}

    def _files(self) -> Iterator[tuple[str, Path]]:
        if self._folder is None or not self._folder.is_dir():
            return
        for path in self._folder.glob("*.toml"):
            if _NAME.fullmatch(path.stem) and path.is_file():
                yield path.stem, path


def is_of_feed(path: Path) -> bool:
    """Whether a mapping makes entries of points; one that cannot be read is looked at as one of operations."""
    try:
        return "feed" in tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False


def _choice(name: str, path: Path) -> MappingChoice:
    try:
        return _of_feed(name, load_feed_mapping(path)) if is_of_feed(path) else _of_import(name, load_mapping(path, {}))
    except TanpuhuiError as error:
        return MappingChoice(name=name, kind=FileKind.OPERATIONS, refused=error.explain().replace(str(path), path.name))


def _of_feed(name: str, mapping: FeedMapping) -> MappingChoice:
    kind = FileKind.INSTRUCTIONS if mapping.kind.is_spending else FileKind.FEED
    return MappingChoice(name=name, kind=kind, batch_kind=mapping.kind, description=mapping.name)


def _of_import(name: str, mapping: ImportMapping) -> MappingChoice:
    actions = tuple(dict.fromkeys(template.action.label for template in mapping.operations))
    return MappingChoice(
        name=name, kind=FileKind.OPERATIONS, actions=actions, description=mapping.description or mapping.name
    )
