# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the zips of a case, told by Python's own reader of zips. Standard library only."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

MANIFEST = "manifest.json"

# Times in a zip are even seconds.
RESOLUTION = timedelta(seconds=2)


def archive_differences(entries: Mapping[str, bytes], times: Mapping[str, str], content: bytes) -> Iterator[str]:
    """Compare the bytes of a zip with its entries in their order, which the manifest follows; a line a difference.

    `times` are the times of last writing (UTC) of the entries for which they matter.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield from _entry_differences(entries, times, archive)
            yield from _manifest_differences(archive)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        yield f"is no zip of the contract: {error}"


def read_manifest(content: bytes) -> Any:
    """The manifest in the bytes of a zip, None if there is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return json.loads(archive.read(MANIFEST).decode("utf-8"))
    except (zipfile.BadZipFile, KeyError, ValueError):
        return None


def _entry_differences(
    entries: Mapping[str, bytes], times: Mapping[str, str], archive: zipfile.ZipFile
) -> Iterator[str]:
    wanted = [*entries, MANIFEST]
    if archive.namelist() != wanted:
        yield f"has the entries {archive.namelist()!r}, expected {wanted!r}"
        return
    for name, expected in entries.items():
        found, entry = archive.read(name), archive.getinfo(name)
        if found != expected:
            yield f"{name}: expected {_show(expected)}, found {_show(found)}"
        if found and entry.compress_type != zipfile.ZIP_DEFLATED:
            yield f"{name}: is not compressed with deflate"
        if name in times:
            written = datetime.fromisoformat(times[name][:19])
            if abs(datetime(*entry.date_time) - written) > RESOLUTION:
                yield f"{name}: was last written {written}, and in the zip {entry.date_time}"


def _manifest_differences(archive: zipfile.ZipFile) -> Iterator[str]:
    manifest = json.loads(archive.read(MANIFEST).decode("utf-8"))
    named = [entry["path"] for entry in manifest["files"]]
    if [*named, MANIFEST] != archive.namelist():
        yield f"manifest: names the entries {named!r}"
        return
    for entry in manifest["files"]:
        content = archive.read(entry["path"])
        told, true = (entry["size"], entry["sha256"]), (len(content), hashlib.sha256(content).hexdigest())
        if told != true:
            yield f"manifest: says {told} of {entry['path']}, which is {true}"


def _show(content: bytes) -> str:
    return f"{len(content)} bytes, {content[:80]!r}"
