"""Files that last: a file appears under its name whole or not at all, even if the machine stops."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO


def open_private(path: Path) -> IO[bytes]:
    """Opens a file to write it anew, which nobody but its owner may read at any moment."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def unfinished(path: Path) -> Path:
    """Where a file is while it is written, beside where it will be."""
    return path.with_name(path.name + ".new")


def sync_file(file: IO[bytes]) -> None:
    """Makes what was written last through a power cut."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Makes names that were just given in `folder` last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def begin_file(path: Path, content: bytes) -> None:
    """Writes a file, its owner's alone, under its unfinished name; `end_file` gives it its own."""
    with open_private(unfinished(path)) as file:
        file.write(content)
        sync_file(file)


def end_file(path: Path, *, mode: int = 0o600) -> None:
    """Gives an unfinished file, which is synced, its name, in place of an older one."""
    if mode != 0o600:
        unfinished(path).chmod(mode)
    unfinished(path).rename(path)
    sync_folder(path.parent)


def write_whole(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Writes a file in place of an older one: whoever reads it finds the one or the other. One writer at a time."""
    begin_file(path, content)
    end_file(path, mode=mode)
