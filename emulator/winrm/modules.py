# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules of ansible.windows answer that Ansible's own actions call: their documented return values, no more."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from emulator.winrm.session import RemoteFiles

_BLOCK = 1024 * 1024
_ALGORITHMS = frozenset({"md5", "sha1", "sha256", "sha384", "sha512"})


class ModuleFailedError(Exception):
    """A module that fails; the message is its ``msg``."""


def stat(files: RemoteFiles, arguments: Mapping[str, object]) -> dict[str, object]:
    """``ansible.windows.win_stat``: what a path is, and a file's size and checksum. ModuleFailedError."""
    path = str(arguments.get("path", ""))
    algorithm = str(arguments.get("checksum_algorithm", "sha1"))
    if algorithm not in _ALGORITHMS:
        raise ModuleFailedError(f"value of checksum_algorithm must be one of: {', '.join(sorted(_ALGORITHMS))}")
    found: dict[str, object] = {"exists": False}
    try:
        if files.is_folder(path):
            found = {"exists": True, "path": path, "isdir": True, "isreg": False}
        elif files.is_file(path):
            found = {"exists": True, "path": path, "isdir": False, "isreg": True, "size": files.size(path)}
            if arguments.get("get_checksum", True):
                found["checksum"] = _checksum(files, path, algorithm)
    except OSError as error:
        raise ModuleFailedError(str(error)) from error
    return {"changed": False, "stat": found}


def slurp(files: RemoteFiles, arguments: Mapping[str, object]) -> dict[str, object]:
    """``ansible.windows.slurp``: a whole file. ModuleFailedError, in the words that Ansible's fetch knows."""
    path = str(arguments.get("src") or arguments.get("path") or "")
    try:
        if files.is_folder(path):
            raise ModuleFailedError(f"Path is a directory: {path}")
        if not files.is_file(path):
            raise ModuleFailedError(f"Path not found: {path}")
        content = files.read_range(path, 0, files.size(path))
    except OSError as error:
        raise ModuleFailedError(str(error)) from error
    return {"changed": False, "encoding": "base64", "content": base64.b64encode(content).decode()}


def _checksum(files: RemoteFiles, path: str, algorithm: str) -> str:
    digest, offset = hashlib.new(algorithm), 0
    while block := files.read_range(path, offset, _BLOCK):
        digest.update(block)
        offset += len(block)
    return digest.hexdigest()
