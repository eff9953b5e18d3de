# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host's files: a real folder that stands for its drives, with Windows' manners.

``C:\\Program Files (x86)\\Citrix`` is ``<folder>/C/Program Files (x86)/Citrix``. Names are found without regard to
case and keep the case they were created with. What this computer's file system cannot say (creation times, a file held
open elsewhere, a reparse point) is kept in marks beside it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Protocol

from .clock import Clock, from_nanoseconds, round_trip, to_nanoseconds
from .errors import OperationError

_TEMPORARY_SUFFIX = ".emulator-tmp"
_LONGEST_FOLDER = 247
"""Characters of the path of a folder that Windows can still look into."""


@dataclass
class Mark:
    """What is known of a file beside its bytes: creation time (round-trip text), and what stands in a caller's way.

    ``locked`` is held open elsewhere, ``link`` a reparse point, ``denied`` closed to the caller by its access list.
    """

    created: str | None = None
    locked: bool = False
    link: bool = False
    denied: bool = False


@dataclass(frozen=True)
class FoundFile:
    """One file of a listing; ``path`` is the absolute Windows path, ``size`` in bytes, times in round-trip format.

    ``too_deep``: it is a folder that nobody can look into.
    """

    path: str
    size: int
    created: str
    modified: str
    too_deep: bool = False


@dataclass(frozen=True)
class DiskSpace:
    """A disk's free and total bytes."""

    free: int
    size: int


class Obstacles(Protocol):
    """What may stand in the way of a write or a read, asked each time."""

    def disk_full(self) -> bool: ...

    def disk_space(self) -> DiskSpace | None:
        """What the disk has, None if that is what this computer's has."""

    def access_denied(self, path: str) -> bool: ...


@dataclass
class FileTree:
    """Files by absolute Windows path. Every refusal is a :class:`OperationError` whose detail ``path`` is that path."""

    folder: Path
    clock: Clock
    obstacles: Obstacles
    marks: dict[str, Mark] = field(default_factory=dict)

    def mark(self, path: str) -> Mark:
        return self.marks.setdefault(path.upper(), Mark())

    def is_link(self, path: str) -> bool:
        known = self.marks.get(path.upper())
        return (known is not None and known.link) or self.locate(path).is_symlink()

    def is_file(self, path: str) -> bool:
        return self.locate(path).is_file()

    def is_folder(self, path: str) -> bool:
        return self.locate(path).is_dir()

    def locate(self, path: str) -> Path:
        """Where a Windows path lies on this computer; components that do not exist keep the case they are given in."""
        return locate(self.folder, path)

    def open(self, path: str) -> BinaryIO | None:
        """The file opened for reading while others read, write and delete it; None if there is no file."""
        place = self.locate(path)
        self._refuse_denied(path)
        if place.is_dir():
            raise _denied(path)
        if not place.is_file():
            return None
        self._refuse_locked(path)
        return place.open("rb")

    def read(self, path: str) -> bytes | None:
        """The file's bytes, None if there is no file."""
        file = self.open(path)
        if file is None:
            return None
        with file:
            return file.read()

    def read_range(self, path: str, offset: int, length: int) -> bytes | None:
        """The bytes of a part of a file, fewer or none at its end; None if there is no file."""
        file = self.open(path)
        if file is None:
            return None
        with file:
            file.seek(offset)
            return file.read(length)

    def folders(self, path: str) -> list[str]:
        """The names of the folders in a folder that are no reparse points; none if there is no such folder."""
        place = self.locate(path)
        if not place.is_dir():
            return []
        self._refuse_denied(path)
        return sorted(one.name for one in place.iterdir() if one.is_dir() and not self.is_link(f"{path}\\{one.name}"))

    def space(self) -> DiskSpace:
        """What the disk has; all folders are on the same one."""
        real = shutil.disk_usage(self.folder)
        return self.obstacles.disk_space() or DiskSpace(real.free, real.total)

    def describe(self, path: str) -> FoundFile:
        """Size and times of a file that exists."""
        place = self.locate(path)
        status = place.stat()
        modified = from_nanoseconds(status.st_mtime_ns)
        known = self.marks.get(path.upper())
        return FoundFile(path, status.st_size, (known.created if known else None) or modified, modified)

    def walk(self, folder: str, recurse: bool) -> Iterator[FoundFile]:
        """The files of a folder; reparse points are neither listed nor entered. Nothing if there is no such folder."""
        place = self.locate(folder)
        if not place.is_dir():
            return
        self._refuse_denied(folder)
        for entry in sorted(place.iterdir()):
            path = f"{folder}\\{entry.name}"
            if self.is_link(path):
                continue
            if entry.is_file() and not entry.name.endswith(_TEMPORARY_SUFFIX):
                yield self.describe(path)
            elif entry.is_dir() and recurse and len(path) > _LONGEST_FOLDER:
                yield replace(self.describe(path), too_deep=True)
            elif entry.is_dir() and recurse:
                yield from self.walk(path, recurse)

    def make_folder(self, path: str) -> None:
        # A folder takes next to no space: a full disk does not stand in its way.
        self._refuse_denied(path)
        self.locate(path).mkdir(parents=True, exist_ok=True)

    def write(self, path: str, content: bytes) -> None:
        """Replace or create a file in one step. Its folder must exist; an old file's creation time stays."""
        place = self.place_for(path)
        moment = round_trip(self.clock.now())
        existed = place.is_file()
        temporary = place.with_name(place.name + _TEMPORARY_SUFFIX)
        temporary.write_bytes(content)
        _set_times(temporary, moment)
        temporary.replace(place)
        if not existed:
            self.mark(path).created = moment

    def place_for(self, path: str) -> Path:
        """Where a file may be written now, on this computer."""
        place = self.locate(path)
        if place.is_dir():
            raise _denied(path)
        if not place.parent.is_dir():
            raise OperationError("not_found", f"Could not find a part of the path '{path}'.", path=path)
        self._refuse_write(path)
        self._refuse_locked(path)
        return place

    def created(self, path: str) -> None:
        """Note that a file that was written by other ways has been created now."""
        self.touch(path)
        self.mark(path).created = round_trip(self.clock.now())

    def touch(self, path: str) -> None:
        """Give a file that exists the time of now. It takes no space."""
        _set_times(self.locate(path), round_trip(self.clock.now()))

    def delete(self, path: str) -> None:
        """Remove a file that exists."""
        self._refuse_denied(path)
        self._refuse_locked(path)
        self.locate(path).unlink()
        self.marks.pop(path.upper(), None)

    def replace(self, source: str, target: str) -> None:
        """Give a file the place of another, or of none, in one step; an old file's creation time stays."""
        existed = self.is_file(target)
        self.locate(source).replace(self.locate(target))
        mark = self.marks.pop(source.upper(), Mark())
        if not existed:
            self.marks[target.upper()] = mark

    def append(self, path: str, content: bytes) -> None:
        """What another program does that nothing stands in the way of."""
        with self.locate(path).open("ab") as file:
            file.write(content)

    def delete_folder(self, folder: str) -> None:
        """Remove a folder that exists with all that is in it. A reparse point in it is removed and not entered."""
        place = self.locate(folder)
        for entry in sorted(place.iterdir()):
            path = f"{folder}\\{entry.name}"
            if entry.is_dir() and not self.is_link(path):
                self.delete_folder(path)
            else:
                self.delete(path)
        place.rmdir()

    def remove_if_empty(self, folder: str) -> bool:
        """Remove a folder if nothing is in it; whether it is gone now."""
        place = self.locate(folder)
        if any(place.iterdir()):
            return False
        place.rmdir()
        return True

    def _refuse_write(self, path: str) -> None:
        self._refuse_denied(path)
        if self.obstacles.disk_full():
            raise OperationError("disk_full", "There is not enough space on the disk.", path=path)

    def _refuse_denied(self, path: str) -> None:
        known = self.marks.get(path.upper())
        if self.obstacles.access_denied(path) or (known and known.denied):
            raise _denied(path)

    def _refuse_locked(self, path: str) -> None:
        known = self.marks.get(path.upper())
        if known and known.locked:
            message = f"The process cannot access the file '{path}' because it is being used by another process."
            raise OperationError("sharing_violation", message, path=path)


def locate(folder: Path, path: str) -> Path:
    """Where a Windows path lies in the folder that stands for a host's drives, as :meth:`FileTree.locate`."""
    drive, _separator, rest = path.partition(":\\")
    place = folder / drive.upper()
    for name in filter(None, rest.split("\\")):
        place = _child(place, name)
    return place


def _set_times(place: Path, moment: str) -> None:
    nanoseconds = to_nanoseconds(moment)
    os.utime(place, ns=(nanoseconds, nanoseconds))


def _denied(path: str) -> OperationError:
    return OperationError("access_denied", f"Access to the path '{path}' is denied.", path=path)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _child(folder: Path, name: str) -> Path:
    exact = folder / name
    if exact.exists() or not folder.is_dir():
        return exact
    upper = name.upper()
    return next((entry for entry in folder.iterdir() if entry.name.upper() == upper), exact)
