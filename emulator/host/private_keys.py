# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a private key is: by a file's name, in its bytes, and in archives. Bounded memory, whatever the size."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import IO, cast

BLOCK = 1024 * 1024
"""Bytes that are read at once."""
_KEY_NAME = re.compile(r"\.(key|pfx|p12|pvk|jks|ppk)(\.|\Z)", re.IGNORECASE)
_TEXTS = ("PRIVATE KEY-----", "PRIVATE KEY BLOCK-----", "PRIVATE KEY ----", "PuTTY-User-Key-File-")
_PATTERNS = tuple(text.encode(encoding) for text in _TEXTS for encoding in ("ascii", "utf-16-le", "utf-16-be"))
_ARCHIVES = (
    ("zip", 0, b"PK\x03\x04"),
    ("gzip", 0, b"\x1f\x8b\x08"),
    ("7z", 0, b"7z\xbc\xaf\x27\x1c"),
    ("rar", 0, b"Rar!\x1a\x07"),
    ("cab", 0, b"MSCF"),
    ("bzip2", 0, b"BZh"),
    ("xz", 0, b"\xfd7zXZ\x00"),
    ("tar", 257, b"ustar"),
)
"""Kinds of archives, and the bytes that tell them, with their place."""
_GZIP_MEMBER = re.compile(rb"\x1f\x8b\x08[\x00-\x1f].{4}[\x00\x02\x04][\x00-\x1f\xff]", re.DOTALL)
_END_OF_ZIP = b"PK\x05\x06"
_LONGEST_END_OF_ZIP = 22 + 0xFFFF
_DEEPEST = 3
_LARGEST_INSIDE = 32 * 1024 * 1024
_LARGEST_IN_GZIP = 2**32 - 1
_ENCRYPTED = 0x1

Check = Callable[[], None]


class UncheckedArchiveError(Exception):
    """An archive that cannot be looked into; the message says why."""


def is_key_name(name: str) -> bool:
    """Whether a file of this name is a private key, whatever is in it."""
    return _KEY_NAME.search(name) is not None


def holds_private_key(file: IO[bytes], check: Check = lambda: None) -> bool:
    """Whether a private key is in a seekable file, or in an archive. UncheckedArchiveError; what ``check`` raises."""
    return _holds(file, 0, check)


def _holds(file: IO[bytes], depth: int, check: Check) -> bool:
    file.seek(0)
    kind, end, size = "", b"", 0
    while block := file.read(BLOCK):
        check()
        kind = kind if size else _kind(block)
        window = end + block
        if any(pattern in window for pattern in _PATTERNS):
            return True
        if kind == "gzip" and _GZIP_MEMBER.search(window, 1):
            kind = "gzip of several members"
        end, size = window[-_LONGEST_END_OF_ZIP:], size + len(block)
    found = end.rfind(_END_OF_ZIP)
    if not kind and found >= 0 and size - len(end) + found > 0:
        kind = "zip that does not begin the file"
    return kind != "" and _archive_holds(file, kind, depth, size, check)


def _kind(beginning: bytes) -> str:
    return next((kind for kind, place, told in _ARCHIVES if beginning.startswith(told, place)), "")


def _archive_holds(file: IO[bytes], kind: str, depth: int, size: int, check: Check) -> bool:
    if depth == _DEEPEST:
        raise UncheckedArchiveError(f"There are more than {_DEEPEST} archives in one another.")
    if kind not in _OPENED:
        raise UncheckedArchiveError(f"This is not looked into: {kind}.")
    if depth > 0 and size > _LARGEST_INSIDE:
        raise UncheckedArchiveError(f"There is an archive of {size} bytes in it.")
    file.seek(0)
    try:
        return _OPENED[kind](io.BytesIO(file.read()) if depth else file, depth + 1, check)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise UncheckedArchiveError(f"The {kind} cannot be read: {error}") from error


def _zip_holds(file: IO[bytes], depth: int, check: Check) -> bool:
    with zipfile.ZipFile(file) as archive:
        return any(_entry_holds(archive, entry, depth, check) for entry in archive.infolist())


def _entry_holds(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, depth: int, check: Check) -> bool:
    if is_key_name(entry.filename.replace("\\", "/").rpartition("/")[2]):
        return True
    if entry.flag_bits & _ENCRYPTED:
        raise UncheckedArchiveError("The zip is encrypted.")
    with archive.open(entry) as unpacked:
        return _holds(unpacked, depth, check)


def _gzip_holds(file: IO[bytes], depth: int, check: Check) -> bool:
    with gzip.GzipFile(fileobj=file) as opened:
        unpacked = cast(IO[bytes], opened)
        if _holds(unpacked, depth, check):
            return True
        if unpacked.tell() > _LARGEST_IN_GZIP:
            raise UncheckedArchiveError("There are four GiB or more in it.")
        return False


_OPENED: Mapping[str, Callable[[IO[bytes], int, Check], bool]] = {"zip": _zip_holds, "gzip": _gzip_holds}
