# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host's files for programs that are not the agent: any path, in any spelling that Windows understands."""

from __future__ import annotations

import ntpath
import re

from .errors import OperationError
from .files import FileTree

_ABSOLUTE = re.compile(r"[A-Za-z]:\\[^:\0]*")


class ProgramFiles:
    """``RemoteFiles`` of the front: a file tree that no path leads out of, and that refuses with OSError."""

    def __init__(self, tree: FileTree) -> None:
        self._tree = tree

    def is_file(self, path: str) -> bool:
        return _is_absolute(path) and self._tree.is_file(_absolute(path))

    def is_folder(self, path: str) -> bool:
        return _is_absolute(path) and self._tree.is_folder(_absolute(path))

    def size(self, path: str) -> int:
        return self._tree.describe(_absolute(path)).size

    def read_range(self, path: str, offset: int, length: int) -> bytes:
        try:
            content = self._tree.read_range(_absolute(path), offset, length)
        except OperationError as error:
            raise PermissionError(error.message) from error
        if content is None:
            raise FileNotFoundError(f"Could not find file '{path}'.")
        return content


def _is_absolute(path: str) -> bool:
    """Whether a path begins at a drive and goes on as a path may."""
    return _ABSOLUTE.fullmatch(ntpath.normpath(path)) is not None


def _absolute(path: str) -> str:
    """An absolute path without detours. FileNotFoundError for another."""
    if not _is_absolute(path):
        raise FileNotFoundError(f"Could not find a part of the path '{path}'.")
    return ntpath.normpath(path)
