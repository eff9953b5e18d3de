# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The seam between the WinRM front and the host that stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Session:
    """Who runs a call, and how that account was logged on.

    ``user`` is spelt as in ``AgentHost.credentials`` (``ansible`` or ``CORP\\svc-ansible``) or, under become, as the
    task spelt it if it is none of those. ``logon_type`` is ``network`` for a WinRM log-on; under become it is
    ``interactive``, or what the become flag ``logon_type`` asks for (``network``, ``batch``, ``service``).
    """

    user: str
    logon_type: str = "network"


class AgentEndedError(Exception):
    """The process that ran the agent was ended before it answered."""


class RemoteFiles(Protocol):
    """A host's files as its own programs see them, by Windows path. OSError, in Windows' words, for what is refused."""

    def is_file(self, path: str) -> bool: ...

    def is_folder(self, path: str) -> bool: ...

    def size(self, path: str) -> int:
        """The bytes of a file that is there."""

    def read_range(self, path: str, offset: int, length: int) -> bytes:
        """The bytes of a part of a file, fewer or none at its end."""


class AgentHost(Protocol):
    """What the front needs of a host."""

    @property
    def name(self) -> str:
        """The inventory name, ``ls001``."""

    @property
    def address(self) -> str:
        """The loopback address the host's ports listen on."""

    @property
    def credentials(self) -> Mapping[str, str]:
        """The accounts that may log on over WinRM: user to password. Neither holds a colon or a line end."""

    @property
    def files(self) -> RemoteFiles:
        """What is on the host's disks."""

    def tell_process_starts(self, tell: Callable[[], None]) -> None:
        """Call this, in any thread, for each process that an agent starts by itself from now on."""

    def run_agent(self, request: str, session: Session) -> str:
        """Run one request of docs/agent-contract.md and return the one answer line.

        Called in a worker thread; two calls for one host may overlap. Raises AgentEndedError if there is no answer,
        and ValueError if the host knows nobody of the session's name, which only happens under become.
        """

    def fault(self, name: str) -> object | None:
        """The value of a fault that is set now, or None.

        The front asks for ``drop_connection`` (``{"operation": "Receive", "after": 1, "times": 1}``, all optional: the
        operation that it strikes, else any; how many of these go well first, else none; how often it strikes then, else
        for ever), ``slow_answers`` (seconds before each HTTP answer) and ``refuse_log_in`` (true).
        """

    def spend_fault(self, name: str) -> None:
        """Count one thing that a fault is set for: down in ``after`` while that is above nought, then in ``times``.

        ``times`` at nought clears the fault. A fault without these does not change.
        """
