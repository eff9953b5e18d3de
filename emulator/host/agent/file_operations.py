# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations on files: bytes with their hashes, copies, and replacement in one step."""

from __future__ import annotations

import base64
import fnmatch
import re
from collections.abc import Mapping
from typing import Any

from ..errors import OperationError
from ..files import FoundFile, sha256
from .context import Batch
from .paths import confined, resolve
from .work import is_work, make_work_folder, named, parent, remove_empty_folders

Fields = Mapping[str, Any]
_LARGEST_LISTED_CONTENT = 1024 * 1024
_TEMPORARY_SUFFIX = ".citrixfleet.tmp"


def read_file(batch: Batch, fields: Fields) -> dict[str, Any]:
    files = batch.machine.files
    with named(fields["path"]):
        path = resolve(batch.machine, fields["root"], fields["path"])
        file = files.open(path)
    if file is None:
        keys = ("size", "sha256", "content", "created", "modified")
        return {"exists": False, **dict.fromkeys(keys)}
    with file:
        found, tail = files.describe(path), fields["tail"]
        whole = tail is None or found.size <= tail
        file.seek(0 if whole else found.size - tail)
        content = file.read(found.size if whole else tail)
    return {
        "exists": True,
        "size": found.size,
        "sha256": sha256(content) if whole else None,
        "content": base64.b64encode(content).decode("ascii"),
        "created": found.created,
        "modified": found.modified,
    }


def list_files(batch: Batch, fields: Fields) -> list[dict[str, Any]]:
    pattern = _pattern(fields["pattern"])
    with named(fields["path"]):
        folder = resolve(batch.machine, fields["root"], fields["path"], root_allowed=True)
        root = folder[: len(folder) - len(fields["path"])].rstrip("\\")
        listed = [
            _entry(batch, found, found.path[len(root) + 1 :], fields["content"])
            for found in batch.machine.files.walk(folder, fields["recurse"])
            if found.too_deep or pattern.fullmatch(found.path.rpartition("\\")[2])
        ]
    return sorted(listed, key=lambda entry: str(entry["path"]).upper())


def _entry(batch: Batch, found: FoundFile, relative: str, with_content: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "path": relative,
        "size": None if found.too_deep else found.size,
        "created": found.created,
        "modified": found.modified,
    }
    if with_content:
        listed = not found.too_deep and found.size <= _LARGEST_LISTED_CONTENT
        content = batch.machine.files.read(found.path) if listed else None
        entry["content"] = None if content is None else base64.b64encode(content).decode("ascii")
        entry["sha256"] = None if content is None else sha256(content)
    return entry


def _pattern(text: str) -> re.Pattern[str]:
    # "[" has no meaning of its own here.
    return re.compile(fnmatch.translate(text.replace("[", "[[]")), re.IGNORECASE)


def write_file(batch: Batch, fields: Fields) -> dict[str, Any]:
    with named(fields["path"]):
        path = resolve(batch.machine, fields["root"], fields["path"])
        return _put(batch, path, base64.b64decode(fields["content"]), fields["replaces"])


def copy_file(batch: Batch, fields: Fields) -> dict[str, Any]:
    machine = batch.machine
    with named(fields["path"]):
        source = resolve(machine, fields["root"], fields["path"])
        content = machine.files.read(source)
        _require(source, content, fields["sha256"])
    with named(fields["to_path"]):
        target = resolve(machine, fields["to_root"], fields["to_path"])
        kept = fields["keep"] is not None and _keep(batch, target, fields["keep"], fields["ours"])
        value = _put(batch, target, content or b"", fields["replaces"])
    return value if fields["keep"] is None else {**value, "kept": kept}


def _keep(batch: Batch, target: str, keep: str, ours: list[str]) -> bool:
    """Put aside what is about to be replaced, unless it is of our own making."""
    found = batch.machine.files.read(target)
    if found is None or sha256(found) in {one.lower() for one in ours}:
        return False
    _put(batch, resolve(batch.machine, "work", keep), found, ANYTHING)
    return True


ANYTHING = "any"
"""What ``file.copy`` replaces when it does not matter what is there."""


def _put(batch: Batch, path: str, content: bytes, replaces: str | None) -> dict[str, Any]:
    """Replace a file that is as ``replaces`` says, by way of a temporary one beside it."""
    files, folder = batch.machine.files, parent(path)
    if not is_work(batch.machine, path) and not files.is_folder(folder):
        raise OperationError("not_found", f"Could not find a part of the path '{path}'.", path=path)
    if replaces != ANYTHING:
        _require(path, files.read(path), replaces)
    temporary = path + _TEMPORARY_SUFFIX
    if files.is_link(temporary):
        raise confined(path)
    if is_work(batch.machine, path):
        make_work_folder(batch.machine, folder)
    files.write(temporary, content)
    batch.step()
    files.replace(temporary, path)
    return {"sha256": sha256(content)}


def delete_file(batch: Batch, fields: Fields) -> dict[str, Any]:
    files = batch.machine.files
    with named(fields["path"]):
        path = resolve(batch.machine, fields["root"], fields["path"])
        content = files.read(path)
        _require(path, content, fields["replaces"])
        files.delete(path)
    if fields["root"] == "work":
        remove_empty_folders(batch.machine, parent(path))
    return {"sha256": sha256(content or b"")}


def delete_folder(batch: Batch, fields: Fields) -> dict[str, Any]:
    files = batch.machine.files
    with named(fields["path"]):
        path = resolve(batch.machine, "work", fields["path"])
        if files.is_file(path):
            raise OperationError("not_found", f"'{path}' is not a folder.", path=path)
        if not files.is_folder(path):
            return {"deleted": False}
        files.delete_folder(path)
    remove_empty_folders(batch.machine, parent(path))
    return {"deleted": True}


def _require(path: str, content: bytes | None, wanted: str | None) -> None:
    found = None if content is None else sha256(content)
    if found != (wanted.lower() if wanted else None):
        raise OperationError("changed", "The file is not as the operation expected it.", path=path, sha256=found)
