# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON files that are always whole: a reader, or a program killed half-way, finds the old state or the new one."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def write_json(path: Path, value: object) -> None:
    """Replace a file by this value in one step."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    write_bytes(path, text.encode("utf-8", "surrogatepass"))


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file by these bytes in one step."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    temporary.write_bytes(content)
    temporary.replace(path)


def read_json(path: Path) -> Any:
    """The value of a file; FileNotFoundError, ValueError."""
    return json.loads(path.read_bytes().decode("utf-8", "surrogatepass"))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file's lock against other processes and threads."""
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
