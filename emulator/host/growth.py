# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""More files of a License Server, as many megabytes as asked for: what benchmarks collect."""

from __future__ import annotations

import ntpath
import random
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from .files import locate
from .state import INSTALL, files_folder, load_state
from .usage_files import daemon_line

MEGABYTE = 1024 * 1024
_LARGEST_FILE = 8 * MEGABYTE
_LINES = 2000
_RANDOM = ("LS\\resource\\usage", "grown_{:04d}.db")
_TEXT = ("LS\\logs", "grown_{:04d}.log")


def grow(state_dir: Path, server: str, size: int, file: str | None = None) -> list[str]:
    """Add files of ``size`` bytes in all to a server, and return their absolute Windows paths.

    Half of the bytes cannot be compressed and half can: in files of their own in ``LS\\resource\\usage`` and
    ``LS\\logs``, or turn by turn in one ``file``, a path below the install folder or from a drive on. ValueError for an
    unknown server and for a path that leads elsewhere.
    """
    folder = state_dir / "servers" / server
    try:
        load_state(folder)
    except FileNotFoundError as error:
        raise ValueError(f"there is no server {server!r} in {state_dir}") from error
    if file is not None:
        path = _absolute(file)
        _write(locate(files_folder(folder), path), size, is_random=None)
        return [path]
    half = size // 2
    return [*_add(folder, _RANDOM, size - half, is_random=True), *_add(folder, _TEXT, half, is_random=False)]


def _absolute(file: str) -> str:
    path = ntpath.normpath(ntpath.join(INSTALL, file))
    if not path[1:3] == ":\\" or not path[3:]:
        raise ValueError(f"{file!r} is no path of a file on the server")
    return path


def _add(folder: Path, kind: tuple[str, str], size: int, is_random: bool) -> Iterator[str]:
    parent, name = kind
    number = 0
    while size > 0:
        number += 1
        path = f"{INSTALL}\\{parent}\\{name.format(number)}"
        place = locate(files_folder(folder), path)
        if not place.exists():
            _write(place, min(size, _LARGEST_FILE), is_random)
            size -= _LARGEST_FILE
            yield path


def _write(place: Path, size: int, is_random: bool | None) -> None:
    """Write a file of random bytes (true), of text (false), or of both, a megabyte of each in turn (None)."""
    place.parent.mkdir(parents=True, exist_ok=True)
    source = random.Random(place.name)
    now = datetime.now(timezone.utc)
    text = "".join(f"{daemon_line(number, now)}\r\n" for number in range(_LINES)).encode()
    text *= MEGABYTE // len(text) + 1
    with place.open("wb") as file:
        for block in range(-(-size // MEGABYTE)):
            length = min(MEGABYTE, size - block * MEGABYTE)
            random_block = block % 2 == 0 if is_random is None else is_random
            file.write(source.randbytes(length) if random_block else text[:length])
