# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The agent's own folder: made when it is first written to, gone when nothing is in it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ..errors import OperationError
from ..machine import Machine
from .paths import check_work_folder, work_folder


@contextlib.contextmanager
def named(path: str) -> Iterator[None]:
    """Let errors name the path as the operation does, and not where that leads."""
    try:
        yield
    except OperationError as error:
        if "path" in error.detail and error.kind != "work_folder":
            error.detail["path"] = path
        raise


def parent(path: str) -> str:
    """The folder that a file or folder lies in."""
    return path.rpartition("\\")[0]


def is_work(machine: Machine, path: str) -> bool:
    """Whether an absolute path lies below the work folder."""
    return path.startswith(work_folder(machine) + "\\")


def make_work_folder(machine: Machine, folder: str) -> None:
    """Make a folder at or below the work folder. OperationError ``work_folder``."""
    check_work_folder(machine)
    machine.files.make_folder(folder)
    machine.work_folder.state = "ours"


def remove_empty_folders(machine: Machine, folder: str) -> None:
    """Remove this folder and those above it that are empty then, the work folder included."""
    while machine.files.remove_if_empty(folder):
        if not is_work(machine, folder):
            machine.work_folder.state = None
            return
        folder = parent(folder)
