# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CEIP option in ``CITRIX.opt``.

That the option lives in this file is documented; the line is not public. The emulator keeps it in a comment line of its
own, ``#EMULATOR CEIP=Diag``, and leaves every other byte of the file alone.
"""

from __future__ import annotations

import re
from pathlib import Path

from .store import write_bytes
from .web_services import LicensingError

_LINE = re.compile(rb"^#EMULATOR CEIP=([A-Za-z]+)(?=\r?$)", re.MULTILINE)
_UNSET = "None"


class OptionsFile:
    """The options file of one server as a store of the option, in the spelling that the cmdlet reads (``Diag``)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str:
        try:
            match = _LINE.search(self._path.read_bytes())
        except FileNotFoundError:
            return _UNSET
        return match.group(1).decode("ascii") if match else _UNSET

    def write(self, option: str) -> None:
        line = f"#EMULATOR CEIP={option}".encode("ascii")
        try:
            content = self._path.read_bytes()
            if _LINE.search(content):
                changed = _LINE.sub(line, content, count=1)
            else:
                gap = b"" if not content or content.endswith(b"\n") else b"\r\n"
                changed = content + gap + line + b"\r\n"
            if changed != content:
                write_bytes(self._path, changed)
        except FileNotFoundError as error:
            raise LicensingError("UnknownError", "The options file CITRIX.opt is missing.") from error
