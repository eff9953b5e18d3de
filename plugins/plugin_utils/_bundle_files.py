# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Support bundles as files of the controller: written whole or not at all, found again, and looked into."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import re
import shutil
import stat
import tempfile
import time
import typing as t
import zipfile
import zlib

from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.destination import (
    DEFAULT_NAME,
    Names,
    fill,
    pattern_of,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.manifest import BundleManifest, Header
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import ContractError

_MANIFEST = "manifest.json"

_BLOCK = 1024 * 1024

_DAMAGED = (OSError, zipfile.BadZipFile, zlib.error, KeyError, ValueError, RuntimeError)

#: Bundles that are being written; tempfile adds eight characters. One that was not written to for so many seconds is
#: of a run that was killed: the longest wait for a server that stays away is a few minutes.
_PREFIX = ".citrixfleet.license_bundle."
_TEMPORARY = re.compile(rf"{re.escape(_PREFIX)}[a-z0-9_]{{8}}")
_LEFT_BEHIND = 86400


@dataclasses.dataclass(frozen=True)
class EarlierBundle:
    """A bundle of an earlier run, with its manifest."""

    path: pathlib.Path
    manifest: BundleManifest

    @classmethod
    def read(cls, path: pathlib.Path) -> EarlierBundle | None:
        """The bundle in a file, None if it is none."""
        try:
            with zipfile.ZipFile(path) as archive:
                return cls(path, BundleManifest.parse(json.loads(archive.read(_MANIFEST))))
        except (*_DAMAGED, ContractError):
            return None

    @property
    def is_whole(self) -> bool:
        """Whether every file in it has the checksum that it should have."""
        try:
            with zipfile.ZipFile(self.path) as archive:
                return archive.testzip() is None
        except _DAMAGED:
            return False

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.path.stat().st_size

    @property
    def sha256(self) -> str:
        """Of the file, lower-case hexadecimal, with little memory."""
        digest = hashlib.sha256()
        with self.path.open("rb") as source:
            while block := source.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()


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

    def find_earlier(self, wanted: Header, max_age: int) -> EarlierBundle | None:
        """The newest whole bundle that does for one with the header ``wanted``; none if ``max_age`` is 0."""
        if not max_age:
            return None
        for path in self._earlier():
            bundle = EarlierBundle.read(path)
            if bundle is not None and bundle.manifest.header.serves(wanted, max_age) and bundle.is_whole:
                return bundle
        return None

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

    def prepare_folder(self) -> None:
        """Make the folder of the bundle, or rid it of what runs that were killed left.

        :raises LicenseError: it cannot be made, or not be written to.
        """
        folder = self.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LicenseError(f"{folder} cannot be made on the controller: {error.strerror}.") from error
        if not os.access(folder, os.W_OK):
            raise LicenseError(f"{folder} cannot be written to on the controller.")
        with contextlib.suppress(OSError):
            _delete_left_behind(folder)

    def require_room(self, size: int) -> None:
        """:raises LicenseError: the controller has no room for a bundle of this many bytes."""
        free = shutil.disk_usage(self.path.parent).free
        if free < size:
            raise LicenseError(f"{self.path.parent} on the controller has {free} bytes free, and the bundle {size}.")

    @contextlib.contextmanager
    def open(self) -> t.Iterator[t.BinaryIO]:
        """A new file beside the path, its owner's only, that takes its place when all is well and is gone when not."""
        try:
            with _temporary_file(self.path.parent) as temporary:
                with temporary.open("wb") as sink:
                    yield sink
                if self._force:
                    temporary.replace(self.path)
                else:
                    # Never over a file that came in the meantime, from another host of this play or from another run.
                    _put_new(temporary, self.path)
        except FileExistsError as error:
            raise LicenseError(
                f"{self.path} came into being while the bundle was collected, and stays as it is. With more than one "
                "host, dest needs {host}, or has to be a folder."
            ) from error
        except OSError as error:
            raise LicenseError(f"{self.path} cannot be written on the controller: {error.strerror}.") from error

    def _earlier(self) -> list[pathlib.Path]:
        """The files that may be earlier bundles of the same host, the newest first."""
        found = [path for path in self.path.parent.glob("*") if self._pattern.fullmatch(str(path)) and path.is_file()]
        return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


@contextlib.contextmanager
def _temporary_file(folder: pathlib.Path) -> t.Iterator[pathlib.Path]:
    """A new file, its owner's only, that is gone afterwards unless it was given another name."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=_PREFIX)
    os.close(handle)
    path = pathlib.Path(name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _delete_left_behind(folder: pathlib.Path) -> None:
    """Delete what our own runs left in a folder when they were killed, long ago."""
    oldest = time.time() - _LEFT_BEHIND
    for path in folder.iterdir():
        if not _TEMPORARY.fullmatch(path.name):
            continue
        with contextlib.suppress(OSError):
            found = path.lstat()
            if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_mtime < oldest:
                path.unlink()


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
