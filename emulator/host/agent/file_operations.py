# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations on files: bytes with their hashes, backups, and replacement in one step."""

from __future__ import annotations

import base64
import fnmatch
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..errors import OperationError
from ..files import FoundFile, sha256
from .context import Batch
from .paths import check_work_folder, resolve, work_folder

Fields = Mapping[str, Any]
_LARGEST_LISTED_CONTENT = 1024 * 1024
_MICROSECOND = timedelta(microseconds=1)


def read_file(batch: Batch, fields: Fields) -> dict[str, Any]:
    files = batch.machine.files
    path = resolve(batch.machine, fields["root"], fields["path"])
    content = files.read(path)
    if content is None:
        keys = ("size", "sha256", "content", "created", "modified")
        return {"exists": False, **dict.fromkeys(keys)}
    found, tail = files.describe(path), fields["tail"]
    whole = tail is None or len(content) <= tail
    shown = content if whole else content[len(content) - tail :]
    return {
        "exists": True,
        "size": len(content),
        "sha256": sha256(content) if whole else None,
        "content": base64.b64encode(shown).decode("ascii"),
        "created": found.created,
        "modified": found.modified,
    }


def list_files(batch: Batch, fields: Fields) -> list[dict[str, Any]]:
    folder = resolve(batch.machine, fields["root"], fields["path"], root_allowed=True)
    root = folder[: len(folder) - len(fields["path"])].rstrip("\\")
    pattern = _pattern(fields["pattern"])
    listed = [
        _entry(batch, found, found.path[len(root) + 1 :], fields["content"])
        for found in batch.machine.files.walk(folder, fields["recurse"])
        if pattern.fullmatch(found.path.rpartition("\\")[2])
    ]
    return sorted(listed, key=lambda entry: str(entry["path"]).upper())


def _entry(batch: Batch, found: FoundFile, relative: str, with_content: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "path": relative,
        "size": found.size,
        "created": found.created,
        "modified": found.modified,
    }
    if with_content:
        content = batch.machine.files.read(found.path) if found.size <= _LARGEST_LISTED_CONTENT else None
        entry["content"] = None if content is None else base64.b64encode(content).decode("ascii")
        entry["sha256"] = None if content is None else sha256(content)
    return entry


def _pattern(text: str) -> re.Pattern[str]:
    # "[" has no meaning of its own here.
    return re.compile(fnmatch.translate(text.replace("[", "[[]")), re.IGNORECASE)


def write_file(batch: Batch, fields: Fields) -> dict[str, Any]:
    files = batch.machine.files
    path = resolve(batch.machine, fields["root"], fields["path"])
    content = base64.b64decode(fields["content"])
    if fields["root"] == "work":
        _make_work_folder(batch, path.rpartition("\\")[0])
    elif not files.is_folder(path.rpartition("\\")[0]):
        raise OperationError("not_found", f"Could not find a part of the path '{path}'.", path=path)
    old = files.read(path)
    _require_unchanged(path, old, fields["replaces"])
    backup = None if old is None or fields["root"] == "work" else _back_up(batch, path)
    files.write(path, content)
    return {"sha256": sha256(content), "backup": backup}


def delete_file(batch: Batch, fields: Fields) -> dict[str, Any]:
    files = batch.machine.files
    path = resolve(batch.machine, fields["root"], fields["path"])
    _require_unchanged(path, files.read(path), fields["replaces"])
    backup = None if fields["root"] == "work" else _back_up(batch, path)
    files.delete(path)
    return {"backup": backup}


def _require_unchanged(path: str, content: bytes | None, replaces: str | None) -> None:
    found = None if content is None else sha256(content)
    if found != (replaces.lower() if replaces else None):
        raise OperationError("changed", "The file is not as the write expected it.", path=path, sha256=found)


def _back_up(batch: Batch, path: str) -> str:
    """Copy a file to the work folder; the path of the copy, relative to ``work``."""
    _make_work_folder(batch, f"{work_folder(batch.machine)}\\backup")
    moment, name = batch.machine.clock.now(), path.rpartition("\\")[2]
    while True:
        stamp = moment.strftime("%Y%m%dT%H%M%S%f") + "0Z"
        relative = f"backup\\{stamp}-{name}"
        copy = f"{work_folder(batch.machine)}\\{relative}"
        if not batch.machine.files.is_file(copy):
            batch.machine.files.copy(path, copy)
            return relative
        moment += _MICROSECOND


def _make_work_folder(batch: Batch, folder: str) -> None:
    check_work_folder(batch.machine)
    batch.machine.files.make_folder(folder)
    batch.machine.work_folder.state = "ours"
