# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Settings that are kept in files of the server: read, compared and edited as a profile's row places them.

A row is applied only if all of its places are found as counted and hold the same legal value; all of them are written,
or none (design, section 2.2).
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.formats import FORMATS, DocumentError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.license_file import STARTUP_FILE
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import FileList, FileRead, Operation
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import IllegalValueError, Place, Row, Value

LICENSE_FORMAT = "license_file"


class PlaceError(Exception):
    """A place that is not as its row says; one clause, with the file."""


def conceal(text: str) -> str:
    """A text of a document for people: what somebody wrote before an @ may be a password."""
    return re.sub(r"[^/]*@", "***@", text)


@dataclasses.dataclass(frozen=True)
class ServerFile:
    """A file as it was read: root and relative path, and its bytes."""

    root: str
    path: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Lower-case hexadecimal, as the agent writes it."""
        return hashlib.sha256(self.content).hexdigest()


@dataclasses.dataclass(frozen=True)
class FileEdit:
    """One place of one file to be given a value; ``text`` None takes it away."""

    file: ServerFile
    place: Place
    text: str | None

    def apply(self, content: bytes) -> bytes:
        """The file with the value in place.

        :raises PlaceError: the document cannot take it.
        """
        form, selector = FORMATS[self.place.format], self.place.selector
        try:
            found = form.find(content, selector)
            if self.text is None:
                return form.remove(content, selector) if found else content
            if not found and not self.place.insert:
                raise PlaceError(f"{self.file.path} ({selector}) is not there, and the row does not let it be inserted")
            if not found:
                return form.insert(content, selector, self.text)
            return form.replace(content, selector, [_put(self.place, whole, self.text) for whole in found])
        except DocumentError as error:
            raise PlaceError(f"{self.file.path} ({selector}): {error}") from error

    def holds(self, content: bytes) -> bool:
        """Whether the place has the value, and nothing else, in the finished file. :raises PlaceError: unreadable."""
        texts = _find(self.place, dataclasses.replace(self.file, content=content))
        return set(texts) == ({self.text} if self.text is not None else set())


@dataclasses.dataclass(frozen=True)
class Stored:
    """What the places of a row hold.

    ``value`` None where all are absent, and where the texts mean that. An absent place that can be inserted says
    nothing; it is made once the value has to change. ``edits`` gives the edits for a text, None to take it away.
    """

    value: Value | None
    edits: t.Callable[[str | None], tuple[FileEdit, ...]]


def read_operations(rows: t.Iterable[Row]) -> dict[str, Operation]:
    """The reads of all places of some rows, each file or pattern once, by a label of its own."""
    return {_label(place): _read(place) for row in rows for place in row.places}


def read_row(row: Row, value_of: t.Callable[[str], t.Any]) -> Stored:
    """What a row's places hold.

    :param value_of: gives the value of a read by its label.
    :raises PlaceError: a place is not found as counted, or the places hold different or illegal values.
    """
    places = [(place, _files(place, value_of(_label(place)))) for place in row.places]
    found: list[tuple[ServerFile, str]] = []
    absent: list[ServerFile] = []
    for place, files in places:
        texts = [(file, _find(place, file)) for file in files]
        present = [(file, text) for file, each in texts for text in each]
        missing = [file for file, each in texts if not each]
        if not place.every and len(present) > 1:
            where = ", ".join(file.path for file, _text in present)
            raise PlaceError(
                f"{place.file} ({place.selector}): found {len(present)} times where one is meant ({where})"
            )
        found += present
        if place.every or not present:
            absent += missing
            _may_be_absent(row, place, missing)
    return Stored(_common_value(row, found, absent), lambda text: _edits(places, text))


def _edits(places: t.Sequence[tuple[Place, t.Sequence[ServerFile]]], text: str | None) -> tuple[FileEdit, ...]:
    """One edit for each file that a place means: those where it is found, and those where it has to be inserted."""
    edits = []
    for place, files in places:
        holding = [file for file in files if _find(place, file)]
        meant = files if place.every or not holding else holding
        edits += [FileEdit(file, place, text) for file in meant]
    return tuple(edits)


def _label(place: Place) -> str:
    return f"file {place.root} {place.file}"


def _read(place: Place) -> Operation:
    if not place.has_wildcard:
        return FileRead(place.root, place.file)
    folder, _backslash, name = place.file.rpartition("\\")
    return FileList(place.root, folder, pattern=name, content=True)


def _files(place: Place, value: t.Any) -> list[ServerFile]:
    """The files of a place; of a wildcard those but the startup license. :raises PlaceError: there is none."""
    if not place.has_wildcard:
        if not value["exists"]:
            raise PlaceError(f"{place.file} does not exist")
        return [ServerFile(place.root, place.file, base64.b64decode(value["content"]))]
    files = []
    for item in value:
        if item["path"].rpartition("\\")[2].casefold() == STARTUP_FILE:
            # Citrix: "Do not edit the startup license file". A wildcard never means it.
            continue
        if item["content"] is None:
            raise PlaceError(f"{item['path']} is larger than 1 MiB")
        _refuse_license_file(place, item["path"])
        files.append(ServerFile(place.root, item["path"], base64.b64decode(item["content"])))
    if not files:
        raise PlaceError(f"there is no file {place.file}")
    if not place.every and len(files) > 1 and place.insert:
        raise PlaceError(f"{place.file} means {len(files)} files, where a place is to be inserted into one")
    return files


def _refuse_license_file(place: Place, path: str) -> None:
    """License files are edited as such alone: no other format knows which of their lines are signed."""
    if path.casefold().endswith(".lic") and place.format != LICENSE_FORMAT:
        raise PlaceError(f"{path} is a license file, which a row of the format {place.format} must not edit")


def _find(place: Place, file: ServerFile) -> tuple[str, ...]:
    """The values of a place in one file, reduced to the group of its pattern."""
    try:
        texts = FORMATS[place.format].find(file.content, place.selector)
    except DocumentError as error:
        raise PlaceError(f"{file.path}: {error}") from error
    if place.pattern is None:
        return texts
    matches = [place.pattern.fullmatch(text) for text in texts]
    for text, match in zip(texts, matches, strict=True):
        if match is None or match["value"] is None:
            raise PlaceError(f"{file.path} ({place.selector}): {conceal(text)!r} does not match the row's pattern")
    return tuple(match["value"] for match in matches if match is not None)


def _put(place: Place, whole: str, text: str) -> str:
    """The whole text of a place with the part that is the setting replaced."""
    match = place.pattern.fullmatch(whole) if place.pattern is not None else None
    return text if match is None else whole[: match.start("value")] + text + whole[match.end("value") :]


def _may_be_absent(row: Row, place: Place, missing: t.Sequence[ServerFile]) -> None:
    """Refuse a missing place that may neither be inserted nor stands for a value."""
    if missing and not place.insert and not row.absent_value:
        paths = ", ".join(file.path for file in missing)
        raise PlaceError(f"{place.selector} is not found in {paths}")


def _parse(row: Row, file: ServerFile, text: str) -> Value | None:
    try:
        return row.parse(text)
    except IllegalValueError as error:
        raise PlaceError(f"{file.path}: {error}") from error


def _common_value(row: Row, found: t.Sequence[tuple[ServerFile, str]], absent: t.Sequence[ServerFile]) -> Value | None:
    """The one value of all places. :raises PlaceError: there are several, or an illegal one."""
    values = [(f"{file.path}: {conceal(text)}", _parse(row, file, text)) for file, text in found]
    if absent and (row.absent_value or not found):
        value = row.absent_value[0] if row.absent_value else None
        values.append((f"{absent[0].path}: absent", value))
    if len({(type(value), value) for _where, value in values}) > 1:
        raise PlaceError(f"the places hold different values ({'; '.join(where for where, _value in values)})")
    return values[0][1]
