# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program by which Ansible's winrm connection reads a part of a file.

Read in ansible-core's ``plugins/connection/winrm.py``, ``fetch_file``. Releases 2.17 and 2.18 encode a script with the
path and the numbers in it; releases 2.19 to 2.21 send ``winrm_fetch_file.ps1`` to the wrapper, with parameters.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass

from emulator.winrm.session import RemoteFiles
from emulator.winrm.shells import Outcome

_SCRIPT_NAME = "winrm_fetch_file.ps1"
_OPENS_AND_PRINTS = ("IO.FileStream($path, [IO.FileMode]::Open", "[System.Convert]::ToBase64String($bytes)")
_IN_SCRIPT = re.compile(
    r"\$path = '(?P<path>.*?)'\s*If \(Test-Path .*?\$buffer_size = (?P<length>\d+)\s+\$offset = (?P<offset>\d+)\s",
    re.DOTALL,
)
_DOUBLED_QUOTE = re.compile("(['\u2018\u2019\u201a\u201b])\\1")


@dataclass(frozen=True)
class Fetch:
    """A part of a file: absolute Windows path, where it begins, and how many bytes it has at most."""

    path: str
    offset: int
    length: int


def fetch_of_script(script: str) -> Fetch | None:
    """The fetch that a script of releases 2.17 and 2.18 is, None if it is another script."""
    found = _IN_SCRIPT.search(script) if all(part in script for part in _OPENS_AND_PRINTS) else None
    if found is None:
        return None
    return Fetch(_DOUBLED_QUOTE.sub(r"\1", found["path"]), int(found["offset"]), int(found["length"]))


def fetch_of_input(stdin: bytes) -> Fetch | None:
    """The fetch that the wrapper of releases 2.19 to 2.21 is sent, None if it is sent something else."""
    _wrapper, _separator, manifest = stdin.partition(b"\0\0\0\0")
    if _SCRIPT_NAME.encode() not in manifest:
        return None
    try:
        actions = json.loads(manifest.partition(b"\0")[0])["actions"]
        name, parameters = actions[0]["name"], actions[0]["params"]
        fetch = Fetch(str(parameters["Path"]), int(parameters["Offset"]), int(parameters["BufferSize"]))
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return fetch if name == _SCRIPT_NAME else None


def run_fetch(files: RemoteFiles, fetch: Fetch) -> Outcome:
    """What the program prints: the bytes in base64, or the words by which the connection knows a folder."""
    try:
        if files.is_file(fetch.path):
            content = files.read_range(fetch.path, fetch.offset, fetch.length)
            return Outcome(stdout=base64.b64encode(content) + b"\r\n" if content else b"")
        if files.is_folder(fetch.path):
            return Outcome(stdout=b"[DIR]\r\n")
    except OSError as error:
        return Outcome(stderr=f"{error}\r\n".encode(), exit_code=1)
    return Outcome(stderr=f"{fetch.path} does not exist\r\n".encode(), exit_code=1)
