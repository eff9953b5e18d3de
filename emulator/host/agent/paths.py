# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a root and a relative path to an absolute one, refusing everything that could leave the root."""

from __future__ import annotations

import re

from ..errors import OperationError
from ..machine import PROGRAM_DATA, Installation, Machine

_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"/|?*]')
_DEVICE = re.compile(r"(CON|PRN|AUX|NUL|(COM|LPT)[0-9¹²³]|CONIN\$|CONOUT\$) *(\..*)?", re.IGNORECASE)


def installation(machine: Machine) -> Installation:
    """The License Server's folders; OperationError ``not_installed``."""
    found = machine.installation()
    if found is None:
        raise OperationError("not_installed", "No License Server is installed on this host.")
    return found


def root_folder(machine: Machine, root: str) -> str:
    """The absolute folder of a root; OperationError ``not_installed`` or ``work_folder``."""
    if root == "work":
        folder = work_folder(machine)
        check_work_folder(machine)
        return folder
    found = installation(machine)
    return found.install if root == "install" else found.myfiles


def work_folder(machine: Machine) -> str:
    """The absolute path of the agent's own folder."""
    return f"{PROGRAM_DATA}\\citrixfleet.licensing"


def check_work_folder(machine: Machine) -> None:
    """OperationError ``work_folder`` if the folder is there but is not ours alone."""
    if machine.work_folder.state not in (None, "ours"):
        path = work_folder(machine)
        raise OperationError(
            "work_folder", "The work folder has another owner or looser access than it must.", path=path
        )


def resolve(machine: Machine, root: str, relative: str, root_allowed: bool = False) -> str:
    """The absolute path; OperationError ``confined``, ``not_installed`` or ``work_folder``."""
    if relative or not root_allowed:
        check_plain(relative)
    folder = root_folder(machine, root)
    if link_on_the_way(machine, folder, relative) is not None:
        raise confined(relative)
    return f"{folder}\\{relative}" if relative else folder


def check_plain(relative: str) -> None:
    """OperationError ``confined`` if a path is of a kind that could leave its root."""
    if not all(_is_plain(segment) for segment in relative.split("\\")):
        raise confined(relative)


def link_on_the_way(machine: Machine, folder: str, relative: str) -> str | None:
    """The first reparse point below a folder on the way to a path, that path included; None if there is none."""
    path = folder
    for segment in filter(None, relative.split("\\")):
        path = f"{path}\\{segment}"
        if machine.files.is_link(path):
            return path
    return None


def _is_plain(segment: str) -> bool:
    if not segment or segment[-1] in ". " or _FORBIDDEN.search(segment):
        return False
    return _DEVICE.fullmatch(segment) is None


def confined(path: str) -> OperationError:
    """The refusal of a path, to be raised."""
    return OperationError("confined", "The path leaves its root or is of a kind that is refused.", path=path)
