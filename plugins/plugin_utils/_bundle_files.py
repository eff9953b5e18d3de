# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Support bundles as files of the controller: written whole or not at all, found again, and looked into."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import tempfile
import typing as t
import zipfile
import zlib

from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.destination import (
    DEFAULT_NAME,
    Names,
    fill,
    pattern_of,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError

MANIFEST = "manifest.json"

_BLOCK = 1024 * 1024

_DAMAGED = (OSError, zipfile.BadZipFile, zlib.error, KeyError, ValueError, NotImplementedError)


class Destination:
    """The place of one bundle. ``dest`` and ``force`` are as the task has them, ``names`` fill placeholders."""

    def __init__(self, dest: str, names: Names, force: bool) -> None:
        # A path of a folder that is not there yet has no suffix; that it ends in a slash is lost in a Path.
        is_folder = dest.endswith("/") or pathlib.Path(dest).is_dir() or not dest.casefold().endswith(".zip")
        absolute = pathlib.Path(dest).absolute()
        template = str(absolute / DEFAULT_NAME if is_folder else absolute)
        self.path = pathlib.Path(fill(template, names))
        self._pattern = pattern_of(template, names)
        self._force = force

    def require_free(self) -> None:
        """:raises LicenseError: there is a file already, and it is not to be replaced."""
        try:
            taken, folder = os.path.lexists(self.path), self.path.is_dir()
        except (OSError, ValueError) as error:
            raise LicenseError(f"dest is no path on the controller: {error}; nothing was collected.") from error
        if folder:
            raise LicenseError(f"{self.path} is a folder; nothing was collected.")
        if taken and not self._force:
            raise LicenseError(f"{self.path} exists; nothing was collected. Set force=true to replace it.")

    def make_folder(self) -> None:
        """Make the folder of the bundle. :raises LicenseError: it cannot be made, or not be written to."""
        folder = self.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LicenseError(f"{folder} cannot be made on the controller: {error.strerror}.") from error
        if not os.access(folder, os.W_OK):
            raise LicenseError(f"{folder} cannot be written to on the controller.")

    def require_room(self, size: int) -> None:
        """:raises LicenseError: the controller has no room for a bundle of this many bytes."""
        free = shutil.disk_usage(self.path.parent).free
        if free < size:
            raise LicenseError(f"{self.path.parent} on the controller has {free} bytes free, and the bundle {size}.")

    @contextlib.contextmanager
    def open(self) -> t.Iterator[t.BinaryIO]:
        """A new file beside the path, its owner's only, that takes its place when all is well and is gone when not."""
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(handle, "wb") as sink:
                yield sink
            if self._force:
                pathlib.Path(name).replace(self.path)
            else:
                # Never over a file that came in the meantime, from another host of this play or from another run.
                _put_new(pathlib.Path(name), self.path)
        except FileExistsError as error:
            raise LicenseError(
                f"{self.path} came into being while the bundle was collected, and stays as it is. With more than one "
                "host, dest needs {host}, or has to be a folder."
            ) from error
        except OSError as error:
            raise LicenseError(f"{self.path} cannot be written on the controller: {error.strerror}.") from error
        finally:
            pathlib.Path(name).unlink(missing_ok=True)

    def newest(self) -> pathlib.Path | None:
        """The newest bundle of the same host at this destination."""
        found = [path for path in self.path.parent.glob("*") if self._pattern.fullmatch(str(path)) and path.is_file()]
        return max(found, key=lambda path: path.stat().st_mtime, default=None)


def _put_new(source: pathlib.Path, path: pathlib.Path) -> None:
    """Give a file its name. :raises FileExistsError: somebody has it."""
    try:
        path.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links.
        path.open("xb").close()
        source.replace(path)


def read_manifest(path: pathlib.Path) -> dict[str, t.Any]:
    """The manifest in a bundle. :raises LicenseError: the file is not one."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest: dict[str, t.Any] = json.loads(archive.read(MANIFEST))
    except _DAMAGED as error:
        raise LicenseError(f"{path} is no support bundle of this collection: {error}") from error
    return manifest


def is_whole(path: pathlib.Path) -> bool:
    """Whether every file in a bundle has the checksum that it should have."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except _DAMAGED:
        return False


def sha256_of(path: pathlib.Path) -> str:
    """Lower-case hexadecimal, with little memory."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while block := source.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
