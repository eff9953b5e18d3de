# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The processes that jobs run in: threads of the emulator, which outlive the connection and not the emulator."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from emulator.winrm.session import AgentEndedError

from .clock import Clock, round_trip

_FIRST_PROCESS_ID, _PROCESS_ID_STEP = 40000, 4
_LOOKING_FOR_THE_END = 0.25
"""Seconds of the host's clock between two looks at whether a waiting process is to end."""
_ENDING = 10.0
"""Seconds that a process is waited for to end when its host is switched off."""


@dataclass
class JobProcess:
    """A process that runs a job. ``created`` is a round-trip time: ids are used again, times are not."""

    process_id: int
    created: str
    _ending: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def run(self, work: Callable[[], None], start_seconds: float) -> None:
        """Begin; ``work`` follows when the process has started, which takes some seconds of this computer."""
        self._thread = threading.Thread(target=self._live, args=(work, start_seconds), daemon=True, name="job")
        self._thread.start()

    def _live(self, work: Callable[[], None], start_seconds: float) -> None:
        if self._ending.wait(start_seconds):
            return
        with contextlib.suppress(AgentEndedError):
            work()

    @property
    def runs(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def check(self) -> None:
        """AgentEndedError if the process has been ended from outside."""
        if self._ending.is_set():
            raise AgentEndedError

    def sleep(self, clock: Clock, seconds: float) -> None:
        """Wait by the host's clock. AgentEndedError as soon as the process has been ended."""
        while seconds > 0:
            self.check()
            clock.sleep(min(_LOOKING_FOR_THE_END, seconds))
            seconds -= _LOOKING_FOR_THE_END

    def end(self, timeout: float | None = None) -> bool:
        """End the process and wait for that; whether it was running."""
        was_running = self.runs
        self._ending.set()
        if self._thread is not None:
            self._thread.join(timeout)
        return was_running


class Jobs:
    """The processes of jobs on one host.

    ``start_seconds`` is what the start of a process costs on it; ``on_start`` is called for each.
    """

    def __init__(self, start_seconds: float = 0.0) -> None:
        self.on_start: Callable[[], None] = lambda: None
        self._start_seconds = start_seconds
        self._process_ids = itertools.count(_FIRST_PROCESS_ID, _PROCESS_ID_STEP)
        self._processes: dict[int, JobProcess] = {}

    def create(self, now: datetime) -> JobProcess:
        """A process that does nothing yet."""
        return JobProcess(next(self._process_ids), round_trip(now))

    def start(self, process: JobProcess, work: Callable[[], None]) -> None:
        """Let a process begin."""
        self._processes = {known: one for known, one in self._processes.items() if one.runs}
        self._processes[process.process_id] = process
        self.on_start()
        process.run(work, self._start_seconds)

    def find(self, process_id: object, created: object) -> JobProcess | None:
        """The running process that has this id and was created then."""
        process = self._processes.get(process_id) if isinstance(process_id, int) else None
        return process if process is not None and process.created == created and process.runs else None

    def end_all(self) -> None:
        """The host is switched off."""
        for process in self._processes.values():
            process.end(_ENDING)
