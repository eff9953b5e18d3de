# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a private key is: by a file's name, in its bytes, and in the zips in it. Constant memory, whatever the size."""

from __future__ import annotations

import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from typing import IO

BLOCK = 1024 * 1024
"""Bytes that are read at once."""
_KEY_NAME = re.compile(r"\.(key|pfx|p12|pvk|jks|ppk)(\.|\Z)", re.IGNORECASE)
_BEGINNING_OF_ZIP = b"PK\x03\x04"
_DEEPEST = 3
_TEXT = "PRIVATE KEY-----"
_PATTERNS = tuple(_TEXT.encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
_OVERLAP = max(map(len, _PATTERNS)) - 1
_ENCRYPTED = 0x1


class UncheckedArchiveError(Exception):
    """A zip that cannot be looked into; the message says why."""


def is_key_name(name: str) -> bool:
    """Whether a file of this name is a private key, whatever is in it."""
    return _KEY_NAME.search(name) is not None


def holds_private_key(file: IO[bytes], check: Callable[[], None] = lambda: None) -> bool:
    """Whether a private key is in a seekable file, or in a zip in it. UncheckedArchiveError; what ``check`` raises."""
    return _holds(file, 0, check)


def _holds(file: IO[bytes], depth: int, check: Callable[[], None]) -> bool:
    file.seek(0)
    is_zip = file.read(len(_BEGINNING_OF_ZIP)) == _BEGINNING_OF_ZIP
    file.seek(0)
    if _is_found(file, check):
        return True
    return is_zip and _archive_holds(file, depth + 1, check)


def _is_found(file: IO[bytes], check: Callable[[], None]) -> bool:
    end = b""
    while block := file.read(BLOCK):
        check()
        window = end + block
        if any(pattern in window for pattern in _PATTERNS):
            return True
        end = window[-_OVERLAP:]
    return False


def _archive_holds(file: IO[bytes], depth: int, check: Callable[[], None]) -> bool:
    if depth > _DEEPEST:
        raise UncheckedArchiveError(f"There are more than {_DEEPEST} zips in one another.")
    try:
        with zipfile.ZipFile(file) as archive:
            return any(_entry_holds(archive, entry, depth, check) for entry in archive.infolist())
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise UncheckedArchiveError(f"The zip cannot be read: {error}") from error


def _entry_holds(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, depth: int, check: Callable[[], None]) -> bool:
    if is_key_name(entry.filename.replace("\\", "/").rpartition("/")[2]):
        return True
    if entry.flag_bits & _ENCRYPTED:
        raise UncheckedArchiveError("The zip is encrypted.")
    with archive.open(entry) as packed, tempfile.TemporaryFile() as unpacked:
        while block := packed.read(BLOCK):
            check()
            unpacked.write(block)
        return _holds(unpacked, depth, check)
