# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The zip of a support bundle as it is written: entry by entry, in constant memory, on a disk that may become full."""

from __future__ import annotations

import contextlib
import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .errors import OperationError

_FASTEST = 1
"""The level of compression: the emulator is the floor that others are measured from."""
_WINDOWS = 0
_FIRST_YEAR, _LAST_YEAR = 1980, 2107


@dataclass(frozen=True)
class Packed:
    """What an entry holds: bytes and their SHA-256."""

    size: int
    sha256: str


class _Disk(io.FileIO):
    """The file of the zip. When the disk is full, or its writer has been ended, nothing reaches it any more."""

    def __init__(self, place: Path, room: int | None) -> None:
        super().__init__(place, "wb")
        self._room = room
        self._written = 0
        self.abandoned = False

    def write(self, data: Any) -> int:
        length = memoryview(data).nbytes
        if self.abandoned:
            return length
        self._written += length
        if self._room is not None and self._written > self._room:
            self.abandoned = True
            raise OperationError("disk_full", "There is not enough space on the disk.", path="")
        return super().write(data) or 0


class Archive:
    """A new zip in an empty file of this computer. ``room`` is how many bytes its disk takes, None: as many as come.

    OperationError ``disk_full`` from every method.
    """

    def __init__(self, place: Path, room: int | None) -> None:
        self._disk = _Disk(place, room)
        self._zip = zipfile.ZipFile(self._disk, "w", zipfile.ZIP_DEFLATED, compresslevel=_FASTEST)

    def add(self, name: str, modified: datetime, size: int, blocks: Iterable[bytes]) -> Packed:
        """Put in an entry of at most ``size`` bytes."""
        entry = zipfile.ZipInfo(name, _zip_time(modified))
        entry.compress_type, entry.create_system, entry.file_size = zipfile.ZIP_DEFLATED, _WINDOWS, size
        digest, length = hashlib.sha256(), 0
        with self._zip.open(entry, "w") as target:
            for block in blocks:
                digest.update(block)
                length += len(block)
                target.write(block)
        return Packed(length, digest.hexdigest())

    def close(self) -> None:
        """Write what comes last in a zip."""
        try:
            self._zip.close()
        finally:
            self._disk.close()

    def abandon(self) -> None:
        """Leave the file as it is."""
        self._disk.abandoned = True
        self.close()


@contextlib.contextmanager
def new_archive(place: Path, room: int | None) -> Iterator[Archive]:
    """A zip that is finished at the end of the ``with``, or, after an exception, is what an ended process leaves."""
    archive = Archive(place, room)
    try:
        yield archive
    except BaseException:
        archive.abandon()
        raise
    archive.close()


def packed(place: Path) -> Packed:
    """Size and hash of a finished file."""
    digest, size = hashlib.sha256(), 0
    with place.open("rb") as file:
        while block := file.read(1024 * 1024):
            digest.update(block)
            size += len(block)
    return Packed(size, digest.hexdigest())


def _zip_time(moment: datetime) -> tuple[int, int, int, int, int, int]:
    # A zip has no time zone; UTC here.
    utc = moment.astimezone(timezone.utc)
    if not _FIRST_YEAR <= utc.year <= _LAST_YEAR:
        return (_FIRST_YEAR, 1, 1, 0, 0, 0)
    return (utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second)
