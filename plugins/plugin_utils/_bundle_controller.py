# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""This run on this controller: its name, whether others still run, the agent's text, and lines of progress."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import socket
import sys
import time
import uuid

from ansible.utils.display import Display
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.controller import Controller
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import AGENT_JOBS

_PLUGINS = pathlib.Path(__file__).parent.parent
_REQUIRED = re.compile(r"^#AnsibleRequires -PowerShell \.\.module_utils\.(\w+)\s*$", re.MULTILINE)

#: Seconds between two lines of progress for a host: for somebody who watches, and in a log.
_WATCHED, _LOGGED = 2.0, 15.0

#: Asked here, where Ansible loads us, since its workers have no terminal.
_TERMINAL = sys.stdout.isatty()


def this_controller(host: str) -> Controller:
    """A new run for one host of the inventory."""
    return Controller(
        owner=f"{_name()}/{os.getpid()}",
        job=str(uuid.uuid4()),
        agent_text=_agent_text(),
        is_gone=_is_gone,
        now=time.monotonic,
        sleep=time.sleep,
        report=_Progress(host).report,
    )


def _agent_text() -> str:
    """The agent's text as one, in the order in which its private module asks for its files."""
    entry = (_PLUGINS / "modules" / f"{AGENT_JOBS}.ps1").read_text(encoding="utf-8")
    return "\n".join(
        (_PLUGINS / "module_utils" / f"{name}.psm1").read_text(encoding="utf-8") for name in _REQUIRED.findall(entry)
    )


def _name() -> str:
    """A name for the space of process ids that we are in: containers may share the name of the computer."""
    space = ""
    with contextlib.suppress(OSError):
        boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = f"/{boot}/{pathlib.Path('/proc/self/ns/pid').stat().st_ino}"
    return f"{socket.gethostname()}{space}"


def _is_gone(owner: str) -> bool:
    """Whether a run, named as in :func:`this_controller`, was on this controller and has ended."""
    name, _slash, process = owner.rpartition("/")
    if name != _name() or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return _is_dead(int(process))


def _is_dead(process: int) -> bool:
    """Whether a process has ended and only nobody has taken notice, as in containers whose first process does not."""
    with contextlib.suppress(OSError, IndexError):
        state = pathlib.Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
        return state.rpartition(")")[2].split()[0] == "Z"
    return False


class _Progress:
    """Lines of progress for one host, not too many of them."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._pause = _WATCHED if _TERMINAL else _LOGGED
        self._next = time.monotonic() + self._pause
        self._step = ""

    def report(self, step: str, done: int, whole: int) -> None:
        """Say how far a step has come, if it is time to."""
        now = time.monotonic()
        if now < self._next and (step == self._step or not done):
            return
        self._next, self._step = now + self._pause, step
        part = f"{100 * done // whole:3d} %" if whole else "  0 %"
        unit, name = (1e6, "MB") if whole >= 1e6 else (1e3, "kB")
        Display().display(f"{self._host}: {step} {part} ({done / unit:.0f} of {whole / unit:.0f} {name})")
