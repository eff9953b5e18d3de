# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations on files: bytes with their hashes, copies, and replacement in one step."""

from __future__ import annotations

import base64
import contextlib
import fnmatch
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import OperationError
from ..files import FoundFile, sha256
from .context import Batch
from .paths import check_work_folder, confined, resolve, work_folder

Fields = Mapping[str, Any]
_LARGEST_LISTED_CONTENT = 1024 * 1024
_TEMPORARY_SUFFIX = ".citrixfleet.tmp"


def read_file(batch: Batch, fields: Fields) -> dict[str, Any]:
    files = batch.machine.files
    with _named(fields["path"]):
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
    pattern = _pattern(fields["pattern"])
    with _named(fields["path"]):
        folder = resolve(batch.machine, fields["root"], fields["path"], root_allowed=True)
        root = folder[: len(folder) - len(fields["path"])].rstrip("\\")
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
    with _named(fields["path"]):
        path = resolve(batch.machine, fields["root"], fields["path"])
        return _put(batch, path, base64.b64decode(fields["content"]), fields)


def copy_file(batch: Batch, fields: Fields) -> dict[str, Any]:
    machine = batch.machine
    with _named(fields["path"]):
        source = resolve(machine, fields["root"], fields["path"])
        content = machine.files.read(source)
        _require(source, content, fields["sha256"])
    with _named(fields["to_path"]):
        target = resolve(machine, fields["to_root"], fields["to_path"])
        return _put(batch, target, content or b"", fields)


def _put(batch: Batch, path: str, content: bytes, fields: Fields) -> dict[str, Any]:
    """Replace a file that is as ``replaces`` says, by way of a temporary one beside it."""
    files, folder = batch.machine.files, _parent(path)
    if not _is_work(batch, path) and not files.is_folder(folder):
        raise OperationError("not_found", f"Could not find a part of the path '{path}'.", path=path)
    _require(path, files.read(path), fields["replaces"])
    temporary = path + _TEMPORARY_SUFFIX
    if files.is_link(temporary):
        raise confined(path)
    if _is_work(batch, path):
        _make_work_folder(batch, folder)
    files.write(temporary, content)
    batch.step()
    files.replace(temporary, path)
    return {"sha256": sha256(content)}


def delete_file(batch: Batch, fields: Fields) -> dict[str, Any]:
    files = batch.machine.files
    with _named(fields["path"]):
        path = resolve(batch.machine, fields["root"], fields["path"])
        content = files.read(path)
        _require(path, content, fields["replaces"])
        files.delete(path)
    if fields["root"] == "work":
        _remove_empty_folders(batch, _parent(path))
    return {"sha256": sha256(content or b"")}


def delete_folder(batch: Batch, fields: Fields) -> dict[str, Any]:
    files = batch.machine.files
    with _named(fields["path"]):
        path = resolve(batch.machine, "work", fields["path"])
        if files.is_file(path):
            raise OperationError("not_found", f"'{path}' is not a folder.", path=path)
        if not files.is_folder(path):
            return {"deleted": False}
        files.delete_folder(path)
    _remove_empty_folders(batch, _parent(path))
    return {"deleted": True}


@contextlib.contextmanager
def _named(path: str) -> Iterator[None]:
    """Let errors name the path as the operation does, and not where that leads."""
    try:
        yield
    except OperationError as error:
        if "path" in error.detail and error.kind != "work_folder":
            error.detail["path"] = path
        raise


def _require(path: str, content: bytes | None, wanted: str | None) -> None:
    found = None if content is None else sha256(content)
    if found != (wanted.lower() if wanted else None):
        raise OperationError("changed", "The file is not as the operation expected it.", path=path, sha256=found)


def _parent(path: str) -> str:
    return path.rpartition("\\")[0]


def _is_work(batch: Batch, path: str) -> bool:
    return path.startswith(work_folder(batch.machine) + "\\")


def _make_work_folder(batch: Batch, folder: str) -> None:
    check_work_folder(batch.machine)
    batch.machine.files.make_folder(folder)
    batch.machine.work_folder.state = "ours"


def _remove_empty_folders(batch: Batch, folder: str) -> None:
    """Remove this folder and those above it that are empty then, the work folder included."""
    machine = batch.machine
    while machine.files.remove_if_empty(folder):
        if not _is_work(batch, folder):
            machine.work_folder.state = None
            return
        folder = _parent(folder)
