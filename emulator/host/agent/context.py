# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the operations of one batch share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.winrm.session import AgentEndedError

from ..jobs import JobProcess
from ..machine import Machine
from ..snapin import CmdletError
from .request import Request


@dataclass
class Job:
    """The job that a batch runs in: its process, and where it says how far it is."""

    process: JobProcess
    report: Callable[[Mapping[str, Any]], None]


@dataclass
class Batch:
    """One running batch: the machine, the address asked for, and what earlier operations left behind.

    ``stopped`` are the services that the batch stopped, ``stopped_dependants`` those of them that were not named, in
    order; ``found_stopped`` those that were named and found stopped, which a start of the same batch leaves so.
    ``steps`` is how many points the batch has passed at which its host may die. ``run`` runs another request to its end
    and returns the document of its answer; ``job`` is the job that this batch runs in, if it is one.
    """

    machine: Machine
    requested_address: str | None
    run: Callable[[Request, Job], Mapping[str, Any]]
    job: Job | None = None
    stopped: set[str] = field(default_factory=set)
    stopped_dependants: list[str] = field(default_factory=list)
    found_stopped: set[str] = field(default_factory=set)
    steps: int = 0
    _changing: bool = False
    _certificate_hash: str | None = None

    def begin_changing(self, shared: bool) -> None:
        """Just before the first change; of something ``shared``, somebody else may forestall it. AgentEndedError."""
        if not self._changing:
            self._changing = True
            if shared:
                self._let_others_change()
            self.step()

    def step(self) -> None:
        """A point at which the host, or the agent, may die: AgentEndedError."""
        self.check()
        self.machine.changed()
        self.machine.reached(self.steps)
        self.steps += 1

    def check(self) -> None:
        """AgentEndedError if this is a job whose process has been ended."""
        if self.job is not None:
            self.job.process.check()

    def sleep(self, seconds: float) -> None:
        """Wait by the host's clock. AgentEndedError if this is a job whose process is ended meanwhile."""
        if self.job is None:
            self.machine.clock.sleep(seconds)
        else:
            self.job.process.sleep(self.machine.clock, seconds)

    def end_process_if_due(self, files: int) -> None:
        """AgentEndedError if the process is to end now that its archive has so many files."""
        if self.machine.troubles.job_killed(files):
            raise AgentEndedError

    def _let_others_change(self) -> None:
        change, installation = self.machine.troubles.foreign_change(), self.machine.installation()
        if change is not None and installation is not None:
            self.machine.files.append(f"{installation.install}\\{change.path}", change.appended)

    @property
    def admin_address(self) -> str:
        return self.requested_address or f"https://localhost:{self.machine.web_port()}"

    def certificate_hash(self) -> str | None:
        """The hash for -CertHash, asked for once a batch. CmdletError of Get-LicCertificate."""
        if self._certificate_hash is None:
            self._certificate_hash = self.machine.snapin.certificate_hash(self.admin_address)
        return self._certificate_hash


def error_detail(error: CmdletError, step: str) -> dict[str, object]:
    """The ``detail`` of an error of kind ``cmdlet``; ``step`` is ``certificate`` or ``cmdlet``."""
    return {"status": error.status, "exception": error.exception, "step": step}
