# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation that builds the zip of a support bundle."""

from __future__ import annotations

import base64
import contextlib
import errno
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from ..archives import Archive, new_archive, packed
from ..clock import parse, round_trip
from ..errors import OperationError
from ..files import FoundFile
from ..private_keys import BLOCK, UncheckedArchiveError, holds_private_key, is_key_name
from ..pseudonyms import GROWTH, Pseudonyms, is_text_name
from .context import Batch
from .paths import check_plain, link_on_the_way, resolve, root_folder
from .work import make_work_folder, named, parent, remove_empty_folders

Fields = Mapping[str, Any]
_MANIFEST, _MANIFEST_VERSION = "manifest.json", 1
_LONGEST_PATH = 259
"""Characters of a path that Windows PowerShell 5.1 can open: MAX_PATH without its end."""
_REASONS = ("access_denied", "sharing_violation", "confined", "path_too_long", "link", "missing")


class LeftOutError(Exception):
    """A file that is not put in, and why: a ``reason`` of the contract."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Wanted:
    """A file that was asked for: its entry's name and its absolute path; ``refusal`` is why it is not even opened."""

    name: str
    path: str
    size: int = 0
    refusal: LeftOutError | None = None


@dataclass
class Builder:
    """Puts files into a zip, one after the other, and keeps its manifest."""

    batch: Batch
    archive: Archive
    fields: Fields
    wanted: list[Wanted]
    pseudonyms: Pseudonyms | None
    included: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[dict[str, Any]] = field(default_factory=list)
    done: int = 0
    total: int = field(init=False)
    _taken: set[str] = field(default_factory=lambda: {_MANIFEST.upper()})

    def __post_init__(self) -> None:
        self.total = sum(one.size for one in self.wanted)

    def build(self) -> dict[str, Any]:
        """Put in all files, then the manifest, which is returned."""
        for number, one in enumerate(self.wanted):
            before = self.done
            self._reached(number, one.name)
            try:
                self.included.append(self._put(one))
            except LeftOutError as why:
                self.left_out.append({"path": one.name, "reason": why.reason, "message": str(why)})
            self.done = before + one.size
            self._linger(number + 1, one.name)
        if not self.wanted:
            self._linger(0, "")
        self._reached(len(self.wanted), _MANIFEST)
        now = self.batch.machine.clock.now()
        manifest = {
            "version": _MANIFEST_VERSION,
            "created": round_trip(now),
            "header": self.fields["header"],
            "files": self.included,
            "left_out": self.left_out,
        }
        text = json.dumps(manifest).encode()
        self.archive.add(_MANIFEST, now, len(text), [text])
        return manifest

    def _put(self, wanted: Wanted) -> dict[str, Any]:
        name = wanted.name.rpartition("/")[2]
        if wanted.refusal is not None:
            raise wanted.refusal
        checked = not self.fields["include_private_keys"]
        if wanted.name.upper() in self._taken:
            raise LeftOutError("failed", "There is an entry of that name already.")
        if not self.batch.machine.files.is_file(wanted.path):
            raise LeftOutError("missing", f"Could not find file '{wanted.path}'.")
        if checked and is_key_name(name):
            raise LeftOutError("private_key", "Its name is that of a private key.")
        with self._snapshot(wanted.path) as (found, copy):
            if checked:
                self._refuse_keys(copy)
            copy.seek(0)
            blocks, largest, rewriter = self._blocks(copy, wanted.name), found.size, None
            if self.pseudonyms is not None and is_text_name(name):
                rewriter = self.pseudonyms.rewriter()
                blocks, largest = rewriter.rewrite(blocks), found.size * GROWTH
            entry = self.archive.add(wanted.name, parse(found.modified), largest, blocks)
            self._taken.add(wanted.name.upper())
        return {
            "path": wanted.name,
            **asdict(entry),
            "modified": found.modified,
            "pseudonyms": 0 if rewriter is None else rewriter.count,
        }

    @contextlib.contextmanager
    def _snapshot(self, path: str) -> Iterator[tuple[FoundFile, IO[bytes]]]:
        """A file as it is now, read once: what is checked is what is put in, whoever writes to it meanwhile."""
        files = self.batch.machine.files
        with _left_out_if_it_fails(), contextlib.ExitStack() as stack:
            file = files.open(path)
            if file is None:
                raise LeftOutError("missing", f"Could not find file '{path}'.")
            with file:
                found = files.describe(path)
                copy = stack.enter_context(tempfile.TemporaryFile(dir=files.folder))
                left = found.size
                while left > 0 and (block := file.read(min(BLOCK, left))):
                    self.batch.check()
                    copy.write(block)
                    left -= len(block)
            keep = stack.pop_all()
        with keep:
            yield found, copy

    def _refuse_keys(self, copy: IO[bytes]) -> None:
        try:
            if holds_private_key(copy, self.batch.check):
                raise LeftOutError("private_key", "A private key is in it.")
        except UncheckedArchiveError as error:
            raise LeftOutError("unchecked_archive", str(error)) from error

    def _blocks(self, copy: IO[bytes], name: str) -> Iterator[bytes]:
        while block := copy.read(BLOCK):
            self.batch.check()
            yield block
            self.done += len(block)
            self._report(len(self.included) + len(self.left_out), name)

    def _reached(self, files: int, path: str) -> None:
        """So many files have been dealt with. AgentEndedError if that is the end of the process."""
        self.batch.end_process_if_due(files)
        self._report(files, path)

    def _report(self, files: int, path: str) -> None:
        if self.batch.job is not None:
            so_far = {"files": files, "bytes": self.done}
            total = {"total_files": len(self.wanted), "total_bytes": self.total}
            self.batch.job.report({**so_far, **total, "path": path})

    def _linger(self, number: int, path: str) -> None:
        """Take the time that a fault says, a share of it for each file."""
        seconds = self.batch.machine.troubles.archive_seconds() / max(1, len(self.wanted))
        while seconds > 0:
            self.batch.sleep(min(1.0, seconds))
            seconds -= 1.0
            self._reached(number, path)


def create_archive(batch: Batch, fields: Fields) -> dict[str, Any]:
    machine = batch.machine
    with named(fields["path"]):
        with machine.guard:
            path = resolve(machine, "work", fields["path"])
            wanted = _wanted(batch, fields)
            place = _make_room(batch, path, sum(one.size for one in wanted) + fields["reserve"])
        with _nothing_left(batch, path):
            with new_archive(place, machine.troubles.disk_full_after()) as archive:
                manifest = Builder(batch, archive, fields, wanted, _pseudonyms(fields["pseudonyms"])).build()
            machine.files.created(path)
        return {**asdict(packed(place)), "manifest": manifest}


def _make_room(batch: Batch, path: str, needed: int) -> Path:
    """Take the place of the zip, so that nobody else does. OperationError ``changed``, ``disk_full``, and others."""
    machine, files = batch.machine, batch.machine.files
    if files.is_file(path) or files.is_folder(path):
        raise OperationError("changed", "There is a file of that name already.", path=path)
    free = files.space().free
    if free < needed:
        raise OperationError("disk_full", "There is not enough space on the disk.", path=path, free=free, needed=needed)
    make_work_folder(machine, parent(path))
    with _nothing_left(batch, path):
        place = files.place_for(path)
        place.touch(exist_ok=False)
    return place


def _pseudonyms(given: Mapping[str, Any] | None) -> Pseudonyms | None:
    return None if given is None else Pseudonyms(base64.b64decode(given["key"]), given["domains"])


@contextlib.contextmanager
def _nothing_left(batch: Batch, path: str) -> Iterator[None]:
    """If the zip cannot be made, take away what there is of it. What ends the process, ends this as well."""
    try:
        yield
    except (OperationError, OSError) as error:
        machine = batch.machine
        with machine.guard:
            machine.files.locate(path).unlink(missing_ok=True)
            remove_empty_folders(machine, parent(path))
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise OperationError("disk_full", "There is not enough space on the disk.", path=path) from error
        raise


def _wanted(batch: Batch, fields: Fields) -> list[Wanted]:
    """The files that were asked for, each once. OperationError ``not_installed``."""
    found: dict[str, Wanted] = {}
    for one in fields["files"]:
        prefix = "MyFiles/" if one["root"] == "myfiles" else ""
        name, folder = prefix + one["path"].replace("\\", "/"), root_folder(batch.machine, one["root"])
        path = f"{folder}\\{one['path']}"
        found.setdefault(path.upper(), _look_at(batch, Wanted(name, path), folder, one["path"]))
    return list(found.values())


def _look_at(batch: Batch, wanted: Wanted, folder: str, relative: str) -> Wanted:
    files = batch.machine.files
    try:
        with _left_out_if_it_fails():
            check_plain(relative)
            if len(wanted.path) > _LONGEST_PATH:
                raise LeftOutError("path_too_long", f"The path has {len(wanted.path)} characters.")
            link = link_on_the_way(batch.machine, folder, relative)
            if link is not None:
                raise LeftOutError("link", f"'{link}' is a reparse point.")
            size = files.describe(wanted.path).size if files.is_file(wanted.path) else 0
            return Wanted(wanted.name, wanted.path, size)
    except LeftOutError as why:
        return Wanted(wanted.name, wanted.path, refusal=why)


@contextlib.contextmanager
def _left_out_if_it_fails() -> Iterator[None]:
    """LeftOutError for whatever keeps a file from being read."""
    try:
        yield
    except OperationError as error:
        raise LeftOutError(error.kind if error.kind in _REASONS else "failed", error.message) from error
    except (OSError, UnicodeError) as error:
        raise LeftOutError("failed", str(error)) from error
